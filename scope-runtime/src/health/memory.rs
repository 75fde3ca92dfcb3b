//! The memory of the process, which the runtime does not know: somebody else measures it.

use crate::exit::contain;
use crate::rt::{Mutex, global, lock};

type Reader = fn() -> Option<u64>;

global! { static READER: Mutex<Option<Reader>> = Mutex::default(); }

/// Installs what tells how many bytes the process uses; the last one installed counts.
///
/// With it, services with a threshold, `#[service(health(process_memory = "512 MiB"))]`, have the check
/// `process_memory` in their reports. It is called for each such report, so it is quick, and gives `None` where it
/// does not know: then there is no such check, and never a made-up number. Neither is there if it panics.
///
/// # Examples
/// ```
/// use std::fs;
///
/// scope_runtime::measure_process_memory(|| {
///     // Linux says it in pages.
///     let pages = fs::read_to_string("/proc/self/statm").ok()?;
///     let resident: u64 = pages.split(' ').nth(1)?.parse().ok()?;
///     Some(resident * 4096)
/// });
/// ```
pub fn measure_process_memory(reader: fn() -> Option<u64>) {
    *lock(&READER) = Some(reader);
}

/// True if somebody has installed what [`measure_process_memory`] takes.
pub fn is_process_memory_measured() -> bool {
    lock(&READER).is_some()
}

/// The bytes that the process uses, if anybody knows.
pub(super) fn process_memory() -> Option<u64> {
    let reader = *lock(&READER);
    contain(reader?).ok().flatten()
}
