//! What the figures depend on.

use std::process::Command;

/// A line for people: processors, compiler, versions.
pub(crate) fn conditions() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let rustc = Command::new("rustc").arg("--version").output().ok();
    let rustc = rustc
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    let processor = processor().unwrap_or_else(|| "an unknown processor".to_owned());
    let versions: Vec<String> = ["tokio", "kameo", "ractor", "actix", "xtra"]
        .into_iter()
        .filter_map(version)
        .collect();
    format!(
        "{cores} cores of {processor}, {}, release with thin LTO, {}",
        rustc.trim(),
        versions.join(", ")
    )
}

fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    line.split_once(':').map(|(_, name)| name.trim().to_owned())
}

/// The version of a dependency, as locked.
fn version(name: &str) -> Option<String> {
    let lock = include_str!("../Cargo.lock");
    let (_, package) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    let (version, _) = package.split_once('"')?;
    Some(format!("{name} {version}"))
}
