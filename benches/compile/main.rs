//! What the macros cost the compiler: a crate of 100 services with 5 handlers each, and the same actors written by
//! hand on tokio.
//!
//! Run it with `cargo bench --bench compile`; it takes a few minutes, needs no network, and leaves everything under
//! `target/compile/`. It prints a Markdown table. The two sides take turns, each time is the median of several
//! rounds, in processor time of the compiler where the system tells it: on a shared machine trust the ratios.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod generate;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use generate::{Side, source};
use tokio::time::Instant;

const SERVICES: usize = 100;
const ROUNDS: usize = 5;

fn main() {
    // `cargo test --benches` runs it too, and is not meant.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let crates = [Side::Scope, Side::ByHand].map(Project::generate);
    for project in &crates {
        // The dependencies, which are not measured.
        project.check(Mode::Whole);
        project.check(Mode::Incremental);
    }
    let mut times = [(); 2].map(|()| (Vec::new(), Vec::new()));
    for round in 0..ROUNDS {
        for (project, (whole, again)) in crates.iter().zip(&mut times) {
            project.edit(round);
            whole.push(project.check(Mode::Whole));
            again.push(project.check(Mode::Incremental));
        }
    }
    let [scope, by_hand] = &mut times;
    println!(
        "| {SERVICES} services, 5 handlers each | Scope | by hand | ratio |\n| --- | --- | --- | --- |"
    );
    let seconds = |times: &mut Vec<Duration>| median(times).as_secs_f64();
    row(
        "`cargo check`",
        " s",
        seconds(&mut scope.0),
        seconds(&mut by_hand.0),
    );
    row(
        "the same after a change in one service",
        " s",
        seconds(&mut scope.1),
        seconds(&mut by_hand.1),
    );
    let [scope, by_hand] = &crates;
    row("lines written", "", scope.lines(), by_hand.lines());
    row(
        "lines that the compiler sees",
        "",
        scope.expanded_lines(),
        by_hand.expanded_lines(),
    );
}

fn row(what: &str, unit: &str, scope: f64, by_hand: f64) {
    let (ratio, digits) = (scope / by_hand, if unit.is_empty() { 0 } else { 2 });
    println!("| {what} | {scope:.digits$}{unit} | {by_hand:.digits$}{unit} | {ratio:.2} |");
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
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

/// How the crate is checked.
#[derive(Clone, Copy)]
enum Mode {
    /// All of it anew.
    Whole,
    /// What has changed since the last time.
    Incremental,
}

/// One of the two crates.
struct Project {
    side: Side,
    path: PathBuf,
}

impl Project {
    fn generate(side: Side) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = root.join("target/compile").join(side.name());
        fs::create_dir_all(path.join("src")).expect("`target/` is writable");
        let project = Self { side, path };
        project.write("Cargo.toml", &side.manifest(root));
        // So that nothing is looked up.
        let lock =
            fs::read_to_string(root.join("Cargo.lock")).expect("the workspace has a lock file");
        project.write("Cargo.lock", &lock);
        let modules: Vec<String> = (0..SERVICES)
            .map(|number| format!("pub mod service_{number};"))
            .collect();
        project.write("src/lib.rs", &modules.join("\n"));
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
    fn edit(&self, round: usize) {
        self.write("src/service_7.rs", &source(self.side, 7, round + 1));
    }

    fn check(&self, mode: Mode) -> Duration {
        let (directory, incremental) = match mode {
            Mode::Whole => ("whole", "0"),
            Mode::Incremental => ("incremental", "1"),
        };
        let mut command = self.cargo(directory);
        command
            .args(["check", "--offline", "--quiet"])
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

    /// The lines of its source that are not empty.
    #[expect(clippy::cast_precision_loss, reason = "it is no such number")]
    fn lines(&self) -> f64 {
        let texts = (0..SERVICES).map(|number| source(self.side, number, 0));
        texts.map(|text| count(&text)).sum::<usize>() as f64
    }

    /// The lines after the expansion of all macros, derives among them, as rustc prints them.
    #[expect(clippy::cast_precision_loss, reason = "it is no such number")]
    fn expanded_lines(&self) -> f64 {
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

fn count(text: &str) -> usize {
    text.lines().filter(|line| !line.trim().is_empty()).count()
}
