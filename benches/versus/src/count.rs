//! Instructions, as callgrind counts them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::build::{Counts, program};
use crate::contestants::Contestant;
use versus::Request;

/// Less is the frame of a measure that the contestant does not have.
const FRAME: f64 = 10.0;

/// Whether valgrind is installed.
pub(crate) fn is_there() -> bool {
    let version = Command::new("valgrind")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    version.is_ok_and(|status| status.success())
}

/// The instructions of one: the difference between twice as many and so many.
pub(crate) fn instructions(
    contestant: Contestant,
    counts: Counts,
    request: Request,
) -> Result<Option<Vec<f64>>, String> {
    let program = program(contestant, counts)?;
    let few = run(contestant, &program, request, request.size)?;
    let many = run(contestant, &program, request, 2 * request.size)?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "no count here comes near to 2^52"
    )]
    let one = (many - few.min(many)) as f64 / request.size as f64;
    Ok((one > FRAME).then(|| vec![one]))
}

fn run(
    contestant: Contestant,
    program: &PathBuf,
    request: Request,
    count: usize,
) -> Result<u64, String> {
    let name = contestant.name;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        // Neither the start nor the warming up.
        .arg("--toggle-collect=*counted_section*")
        .arg(program)
        .args([name, &request.measure.to_string(), &count.to_string()])
        .output()
        .map_err(|error| format!("valgrind can't be started: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    let line = told.lines().find_map(|line| line.split_once("Collected :"));
    let collected = line.and_then(|(_, count)| count.trim().parse().ok());
    collected.ok_or_else(|| format!("callgrind counts nothing of {name}: {told}"))
}
