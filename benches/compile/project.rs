//! A generated crate on the disk, and what is measured of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::time::Instant;

use crate::SERVICES;
use crate::generate::{Side, program, source};

/// How the crate is compiled.
#[derive(Clone, Copy)]
pub(crate) enum Measure {
    /// All of it is checked anew.
    Check,
    /// What has changed since the last time is checked.
    Edit,
    Build,
    Release,
}

/// One of the two crates.
pub(crate) struct Project {
    side: Side,
    path: PathBuf,
}

impl Project {
    pub(crate) fn generate(side: Side) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = root.join("target/compile").join(side.name());
        fs::create_dir_all(path.join("src")).expect("`target/` is writable");
        let project = Self { side, path };
        project.write("Cargo.toml", &side.manifest(root));
        // So that nothing is looked up.
        let lock =
            fs::read_to_string(root.join("Cargo.lock")).expect("the workspace has a lock file");
        project.write("Cargo.lock", &lock);
        project.write("src/main.rs", &program(side, SERVICES));
        for number in 0..SERVICES {
            project.write(
                &format!("src/service_{number}.rs"),
                &source(side, number, 0),
            );
        }
        project
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path.join(file), text).expect("`target/` is writable");
    }

    /// Changes a number in the body of one handler.
    pub(crate) fn edit(&self, round: usize) {
        self.write("src/service_7.rs", &source(self.side, 7, round + 1));
    }

    /// Compiles what has changed; gives the processor time of `cargo`, `rustc` and the linker.
    pub(crate) fn compile(&self, measure: Measure) -> Duration {
        let (directory, incremental) = match measure {
            Measure::Edit => ("incremental", "1"),
            Measure::Check | Measure::Build | Measure::Release => ("whole", "0"),
        };
        let arguments: &[&str] = match measure {
            Measure::Check | Measure::Edit => &["check"],
            Measure::Build => &["build"],
            Measure::Release => &["build", "--release"],
        };
        let mut command = self.cargo(directory);
        command
            .args(arguments)
            .args(["--offline", "--quiet"])
            .env("CARGO_INCREMENTAL", incremental);
        let (from, before) = (Instant::now(), children_time());
        let status = command.status().expect("cargo runs");
        let time = match (before, children_time()) {
            (Some(before), Some(after)) => after.saturating_sub(before),
            _ => from.elapsed(),
        };
        assert!(
            status.success(),
            "the generated crate does not compile: {}",
            self.path.display()
        );
        time
    }

    fn cargo(&self, directory: &str) -> Command {
        let mut command = Command::new(env!("CARGO"));
        command
            .current_dir(&self.path)
            .env("CARGO_TARGET_DIR", self.path.join(directory));
        command
    }

    /// The kilobytes of the optimised program, without its symbols.
    #[expect(clippy::cast_precision_loss, reason = "it is no such number")]
    pub(crate) fn size(&self) -> f64 {
        self.compile(Measure::Release);
        let program = self.path.join("whole/release").join(self.side.name());
        let status = Command::new(&program).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "each service gets an answer"
        );
        let stripped = self.path.join("stripped");
        let status = Command::new("strip")
            .arg("-o")
            .args([&stripped, &program])
            .status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "`strip` is there"
        );
        let bytes = fs::metadata(stripped).map_or(0, |file| file.len());
        bytes as f64 / 1000.0
    }

    /// The lines of its services that are not empty.
    #[expect(clippy::cast_precision_loss, reason = "it is no such number")]
    pub(crate) fn lines(&self) -> f64 {
        let texts = (0..SERVICES).map(|number| source(self.side, number, 0));
        texts.map(|text| count(&text)).sum::<usize>() as f64
    }

    /// The lines after the expansion of all macros, derives among them, as rustc prints them.
    #[expect(clippy::cast_precision_loss, reason = "it is no such number")]
    pub(crate) fn expanded_lines(&self) -> f64 {
        // Only a wrapper reaches rustc for this crate alone; with another environment its dependencies are built anew.
        let wrapper = self.path.join("rustc.sh");
        self.write("rustc.sh", "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec \"$@\"\n");
        let status = Command::new("chmod").arg("+x").arg(&wrapper).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "`{}` is a script",
            wrapper.display()
        );
        let mut command = self.cargo("whole");
        command
            .args([
                "rustc",
                "--offline",
                "--quiet",
                "--profile",
                "check",
                "--",
                "-Zunpretty=expanded",
            ])
            .env("CARGO_INCREMENTAL", "0")
            .env("RUSTC_WORKSPACE_WRAPPER", wrapper);
        let output = command.output().expect("cargo runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        count(&String::from_utf8_lossy(&output.stdout)) as f64
    }
}

/// The processor time of all processes that this one has waited for, in Linux's hundredths of a second.
fn children_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // `cutime` and `cstime`; the name of the process, before them, may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: Vec<u64> = fields
        .split_whitespace()
        .skip(13)
        .take(2)
        .flat_map(str::parse)
        .collect();
    Some(Duration::from_millis(10 * ticks.iter().sum::<u64>()))
}

fn count(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}
