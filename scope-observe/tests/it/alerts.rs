//! The rules of `examples/observed/alerts.yml`.

use std::path::Path;
use std::process::Command;

use crate::metrics::NAMES;

const RULES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../examples/observed/alerts.yml"
);

/// What a rule calls the parts of a histogram.
const PARTS: [&str; 3] = ["_bucket", "_count", "_sum"];

#[test]
fn alerts_are_about_metrics_that_there_are() {
    let rules = std::fs::read_to_string(RULES).expect("the file");
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = rules.split(|letter: char| !is_part(letter));
    let prefixes = ["scope_", "process_", "tokio_"];
    let named: Vec<_> = words
        .filter(|word| prefixes.iter().any(|it| word.starts_with(it)))
        .collect();
    for name in &named {
        let whole = PARTS.iter().find_map(|part| name.strip_suffix(part));
        assert!(
            NAMES.contains(&whole.unwrap_or(name)),
            "nothing exports `{name}`"
        );
    }
    assert!(named.len() > 10, "{named:?}");
}

/// Debian's package `prometheus` has it.
#[test]
fn prometheus_understands_the_rules() {
    assert!(Path::new(RULES).is_file());
    let checked = Command::new("promtool")
        .args(["check", "rules", RULES])
        .output();
    let Ok(output) = checked else {
        println!("skipped: there is no promtool; Debian's package `prometheus` has it");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("SUCCESS"),
        "{said}"
    );
}
