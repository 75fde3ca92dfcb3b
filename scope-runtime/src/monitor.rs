//! Monitors: a message when an incarnation ends.

use crate::exit::ExitReason;
use crate::process::Process;
use crate::rt::{Arc, Numbers};
use crate::service::Accepts;
use crate::slot::Slot;

/// Says that an incarnation has ended, once per monitor.
///
/// # OTP
/// `{'DOWN', Ref, process, Pid, Reason}`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Down {
    /// The service, such as `Ledger` or `Cart[7]`.
    pub service: Arc<str>,
    /// The number of the incarnation; zero if there was none.
    pub incarnation: u64,
    /// Why it ended; `NoProc` if it did not run when the monitor was set.
    pub reason: ExitReason,
    /// The monitor that fired.
    pub monitor: MonitorRef,
}

/// Names one monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MonitorRef(u64);

impl MonitorRef {
    pub(crate) fn next() -> Self {
        static NEXT: Numbers = Numbers::new();
        Self(NEXT.next())
    }
}

pub(crate) fn down(slot: &Slot, incarnation: u64, reason: ExitReason) -> Down {
    Down {
        service: slot.spec().shared_label(),
        incarnation,
        reason,
        monitor: MonitorRef::next(),
    }
}

pub(crate) fn no_proc(slot: &Slot) -> Down {
    down(slot, 0, ExitReason::NoProc)
}

/// Delivers a `Down` to the second slot's occupant `watching` when the first slot's ends; now, if
/// there is none. Gives the process and the hook that will do it.
///
/// It is queued only while the incarnation that set the monitor is there, and beyond the capacity: there
/// are never more than there were monitors, and none may be lost.
pub(crate) fn watch<S: Accepts<Down>>(
    (watched, watcher): (&Arc<Slot>, &Arc<Slot>),
    watching: u64,
    monitor: MonitorRef,
    is_wanted: impl Fn(MonitorRef) -> bool + Send + 'static,
) -> Option<(Arc<Process>, u64)> {
    let watcher = Arc::downgrade(watcher);
    let deliver = move |down: Down| {
        let Some(watcher) = watcher.upgrade() else {
            return;
        };
        if is_wanted(down.monitor) {
            // Refused only if the watcher ends: then nobody waits for it.
            watcher.push_system_to(watching, S::message(down));
        }
    };
    let Some(process) = watched.occupant() else {
        deliver(Down {
            monitor,
            ..no_proc(watched)
        });
        return None;
    };
    let (incarnation, service) = (process.id(), watched.spec().shared_label());
    let hook = process.on_exit(Box::new(move |reason| {
        deliver(Down {
            service,
            incarnation,
            reason: reason.clone(),
            monitor,
        });
    }));
    Some((process, hook))
}
