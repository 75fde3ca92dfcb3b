//! Builds the contestants' programs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::contestants::Contestant;

/// Whether a program counts its allocations, which takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Counts {
    No,
    Allocations,
}

/// Where the program of a contestant is, once it is built.
pub(crate) fn program(contestant: Contestant, counts: Counts) -> Result<PathBuf, String> {
    let Contestant {
        program, feature, ..
    } = contestant;
    let suffix = if counts == Counts::Allocations {
        "-count"
    } else {
        ""
    };
    Ok(target()?
        .join("contestants")
        .join(format!("{program}-{feature}{suffix}")))
}

/// The directory into which Cargo builds.
fn target() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = own.ancestors().nth(2).map(Path::to_owned);
    target.ok_or_else(|| "this program is in no target directory".to_owned())
}

/// Builds all that is needed, and keeps it beside this program.
///
/// All contestants share one build, and so the same dependencies with the same features, but for Scope without its
/// features: that one comes first, as the build of the others replaces it.
pub(crate) fn build(contestants: &[Contestant], counts: Counts) -> Result<(), String> {
    let is_bare = |contestant: &&Contestant| contestant.feature == "scope";
    let (bare, others): (Vec<_>, Vec<_>) = contestants.iter().partition(is_bare);
    for group in [bare, others] {
        if !group.is_empty() {
            build_together(&group, counts)?;
        }
    }
    Ok(())
}

fn build_together(contestants: &[&Contestant], counts: Counts) -> Result<(), String> {
    let target = target()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut features: Vec<&str> = contestants
        .iter()
        .map(|contestant| contestant.feature)
        .collect();
    if counts == Counts::Allocations {
        features.push("count");
    }
    let mut command = Command::new(cargo);
    command
        .args(["build", "--release", "--locked", "--no-default-features"])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .arg("--target-dir")
        .arg(&target)
        .args(["--features", &features.join(",")]);
    for contestant in contestants {
        command.args(["--bin", contestant.program]);
    }
    let status = command
        .status()
        .map_err(|error| format!("cargo can't be started: {error}"))?;
    if !status.success() {
        return Err("a contestant does not build".to_owned());
    }
    contestants
        .iter()
        .try_for_each(|contestant| keep(**contestant, counts, &target))
}

/// Puts a program where the next build does not replace it; another one may run there still.
fn keep(contestant: Contestant, counts: Counts, target: &Path) -> Result<(), String> {
    let built = target.join("release").join(contestant.program);
    let kept = program(contestant, counts)?;
    let copy = kept.with_extension("new");
    fs::create_dir_all(target.join("contestants"))
        .and_then(|()| fs::copy(built, &copy))
        .and_then(|_| fs::rename(&copy, &kept))
        .map_err(|error| format!("{} can't be kept: {error}", kept.display()))
}
