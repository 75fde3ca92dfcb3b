//! The families of the process, as the operating system sees it.

use std::sync::Mutex;
use std::time::Duration;

use prometheus_client::registry::Unit;
use scope_runtime::{is_process_memory_measured, measure_process_memory};
use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};
use tokio::time::Instant;

use super::family::{Family, Labels};
use super::services::level;
use crate::lock::lock;

/// So old may figures be: every service with a limit of memory asks in each report.
const FRESH: Duration = Duration::from_secs(1);

static LAST: Mutex<Option<Last>> = Mutex::new(None);

struct Last {
    system: System,
    figures: Option<Figures>,
    read: Instant,
}

/// What the operating system says of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    pub(crate) resident: u64,
    pub(crate) virtual_memory: u64,
    pub(crate) cpu: Duration,
    /// Seconds since 1970.
    pub(crate) started: u64,
    pub(crate) open_files: Option<usize>,
}

/// Lets services with a limit of the process's memory see that.
pub(crate) fn measure_memory() {
    // What the program measures by itself, such as a container's share, stays.
    if !is_process_memory_measured() {
        measure_process_memory(|| figures().map(|figures| figures.resident));
    }
}

/// What the operating system says; nothing, if it does not say.
pub(crate) fn figures() -> Option<Figures> {
    let mut last = lock(&LAST);
    let now = Instant::now();
    if let Some(last) = &*last
        && now.saturating_duration_since(last.read) < FRESH
    {
        return last.figures;
    }
    let mut system = last.take().map_or_else(System::new, |last| last.system);
    let figures = read(&mut system);
    *last = Some(Last {
        system,
        figures,
        read: now,
    });
    figures
}

fn read(system: &mut System) -> Option<Figures> {
    let pid = sysinfo::get_current_pid().ok()?;
    let kind = ProcessRefreshKind::nothing().with_memory().with_cpu();
    let own = ProcessesToUpdate::Some(&[pid]);
    system.refresh_processes_specifics(own, false, kind.without_tasks());
    let process = system.process(pid)?;
    Some(Figures {
        resident: process.memory(),
        virtual_memory: process.virtual_memory(),
        cpu: Duration::from_millis(process.accumulated_cpu_time()),
        started: process.start_time(),
        open_files: process.open_files(),
    })
}

pub(super) fn families() -> Vec<Family> {
    let Some(figures) = figures() else {
        return Vec::new();
    };
    let gauge = |name, help, unit, value| {
        let mut family = Family::gauge(name, help).unit(unit);
        family.level(Labels::default(), float(value));
        family
    };
    let mut cpu = Family::counter("process_cpu", "Processor time used").unit(Unit::Seconds);
    cpu.total(Labels::default(), figures.cpu.as_secs_f64());
    let (resident, reserved) = (figures.resident, figures.virtual_memory);
    let since = "When the process started, since 1970";
    let mut families = vec![
        cpu,
        gauge(
            "process_resident_memory",
            "Memory in use",
            Unit::Bytes,
            resident,
        ),
        gauge(
            "process_virtual_memory",
            "Memory reserved",
            Unit::Bytes,
            reserved,
        ),
        gauge("process_start_time", since, Unit::Seconds, figures.started),
    ];
    if let Some(count) = figures.open_files {
        let mut files = Family::gauge("process_open_fds", "Open files");
        files.level(Labels::default(), level(count));
        families.push(files);
    }
    families
}

#[expect(clippy::cast_precision_loss, reason = "2^53 are enough")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_knows_itself() {
        let figures = figures().expect("it runs");
        assert!(figures.resident > 100_000, "{figures:?}");
        assert!(figures.started > 1_700_000_000, "{figures:?}");
    }
}
