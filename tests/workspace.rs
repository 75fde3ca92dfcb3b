//! What holds for the workspace as a whole: dependencies, profiles.

#![expect(clippy::unwrap_used, reason = "what cannot be run is a failed test")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The crates that `scope-runtime` is built from with `features`, itself included.
fn runtime_crates(features: &str) -> BTreeSet<String> {
    crates(
        "scope-runtime",
        &["--no-default-features", "--features", features],
    )
}

/// The crates that a package is built from, itself included.
fn crates(package: &str, options: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args([
            "tree",
            "--offline",
            "--locked",
            "--package",
            package,
            "--edges",
            "normal",
        ])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(options)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines()
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

const RUNTIME: &[&str] = &[
    "once_cell",
    "oneshot",
    "pin-project-lite",
    "proc-macro2",
    "quote",
    "scope-runtime",
    "syn",
    "thiserror",
    "thiserror-impl",
    "tokio",
    "tokio-macros",
    "tracing",
    "tracing-core",
    "unicode-ident",
];

#[test]
fn the_runtime_stays_lean() {
    let allowed: BTreeSet<_> = RUNTIME.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(runtime_crates(""), allowed);
}

#[test]
fn retry_adds_two_crates() {
    let added: Vec<_> = runtime_crates("retry")
        .into_iter()
        .filter(|name| !RUNTIME.contains(&&**name))
        .collect();
    assert_eq!(added, ["backon", "fastrand"]);
}

#[test]
fn statistics_add_eight_crates() {
    let added: Vec<_> = runtime_crates("stats")
        .into_iter()
        .filter(|name| !RUNTIME.contains(&&**name))
        .collect();
    let clock = ["bitflags", "libc", "portable-atomic", "quanta", "raw-cpuid"];
    let histogram = ["byteorder", "hdrhistogram", "num-traits"];
    let mut expected = [&clock[..], &histogram].concat();
    expected.sort_unstable();
    assert_eq!(added, expected);
    assert!(runtime_crates("retry,stats").len() <= 26);
}

/// It stands beside the facade, and has one version of each crate.
#[test]
fn the_observer_is_a_sister_of_the_facade() {
    let all = crates("scope-observe", &[]);
    assert!(
        all.contains("scope-runtime") && !all.contains("scope-rs"),
        "{all:?}"
    );
    assert!(!all.contains("scope-macros"), "{all:?}");
    assert!(all.len() <= 75, "{} crates: {all:?}", all.len());
    let twice = crates("scope-observe", &["--duplicates"]);
    assert_eq!(twice, BTreeSet::new());
}

/// `lib.rs` says itself what it is.
#[test]
fn the_map_of_the_code_names_each_file() {
    let map = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for package in ["scope-runtime", "scope-observe"] {
        let files = std::fs::read_dir(root().join(package).join("src")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let missing = names
            .filter(|name| name.strip_suffix(".rs").is_some_and(|stem| stem != "lib"))
            .filter(|name| !map.contains(&format!("`{name}`")));
        assert_eq!(missing.collect::<Vec<_>>(), [""; 0], "of {package}");
    }
}

#[test]
fn a_profile_that_aborts_on_panic_is_refused() {
    let output = Command::new("rustc")
        .current_dir(root())
        .args([
            "--edition",
            "2024",
            "--crate-type",
            "lib",
            "-C",
            "panic=abort",
        ])
        .args(["--emit", "metadata", "-o", "-", "scope-runtime/src/lib.rs"])
        .output()
        .unwrap();
    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("remove it from the profile"), "{errors}");
}
