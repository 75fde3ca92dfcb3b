//! Running services by name: what an operator acts on who does not know their types.

use std::fmt;

use crate::health::{self, HealthError, HealthReport};
use crate::inspect::Inspection;
use crate::namespace::Namespace;
use crate::pid::Pid;
use crate::registry::{running, stop_and_wait};
use crate::rt::Arc;
use crate::slot::{MailboxStatus, Slot};
use crate::supervisor::SupervisorError;

/// One running service, as [`Namespace::services`] lists it: a [`Handle`](crate::Handle) without a type.
///
/// Cheap to clone. What it does, it does to whoever runs under the name then: as a handle, it survives restarts. It
/// keeps nothing alive.
///
/// # Examples
/// ```no_run
/// use scope_runtime::{Namespace, SupervisorError};
///
/// # async fn example() -> Result<(), SupervisorError> {
/// let production = Namespace::production();
/// if let Some(cart) = production.service("Cart[7]") {
///     println!("{cart} has {} messages waiting", cart.mailbox().length);
///     cart.restart().await?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// # OTP
/// A name of `registered/0`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Registered {
    /// The service's name.
    pub service: &'static str,
    /// Its key, if it has one.
    pub key: Option<Arc<str>>,
    /// Who ran when it was listed.
    pub pid: Pid,
    slot: Arc<Slot>,
}

impl Registered {
    fn new(slot: Arc<Slot>, pid: Pid) -> Self {
        let spec = slot.spec();
        Self {
            service: spec.service.name,
            key: spec.key.clone(),
            pid,
            slot,
        }
    }

    /// The name that people read, such as `Ledger` or `Cart[7]`.
    pub fn label(&self) -> String {
        self.slot.label()
    }

    /// The namespace of the service.
    pub fn namespace(&self) -> &Namespace {
        &self.slot.spec().namespace
    }

    /// Looks at the mailbox, as [`Handle::mailbox`](crate::Handle::mailbox).
    pub fn mailbox(&self) -> MailboxStatus {
        self.slot.status()
    }

    /// Looks at the incarnation that runs now, as [`Handle::inspect`](crate::Handle::inspect); `None` if there is
    /// none.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn inspect(&self) -> Option<Inspection> {
        self.slot.inspect().await
    }

    /// How the incarnation that runs now is, as [`Handle::health`](crate::Handle::health).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn health(&self) -> Result<HealthReport, HealthError> {
        health::report(self.slot.clone()).await
    }

    /// Lets its messages wait, as [`Handle::suspend`](crate::Handle::suspend); false if nobody runs.
    pub fn suspend(&self) -> bool {
        self.slot.set_suspended(true)
    }

    /// Lets a suspended incarnation serve its messages again; false if nobody runs.
    pub fn resume(&self) -> bool {
        self.slot.set_suspended(false)
    }

    /// Stops the incarnation that runs now and waits until it is gone, as
    /// [`ServiceExt::stop`](crate::ServiceExt::stop); false if nobody ran.
    ///
    /// It ends as `Normal`: a permanent child is restarted by its supervisor.
    ///
    /// # Cancel safety
    /// It stops, once this was polled.
    pub async fn stop(&self) -> bool {
        let pid = self.slot.occupant().map(Pid::new);
        stop_and_wait(pid).await
    }

    /// Has its supervisor stop it and start it anew, as
    /// [`SupervisorHandle::restart_pid`](crate::SupervisorHandle::restart_pid); `None` if it ignored its start.
    ///
    /// # Errors
    /// As there; `NotFound` also if nobody runs.
    ///
    /// # Cancel safety
    /// Once polled, it is restarted, whether or not anybody waits.
    pub async fn restart(&self) -> Result<Option<Pid>, SupervisorError> {
        let pid = self.slot.occupant().map(Pid::new);
        let pid = pid.ok_or(SupervisorError::NotFound)?;
        let supervisor = pid.parent().ok_or(SupervisorError::NoProc)?;
        supervisor.restart_pid(&pid).await
    }
}

/// Its label.
impl fmt::Display for Registered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.slot.spec().fmt(f)
    }
}

impl Namespace {
    /// Every running service of this namespace, sorted by service and key.
    pub fn services(&self) -> Vec<Registered> {
        let mut services: Vec<_> = running(self)
            .into_iter()
            .map(|(slot, process)| Registered::new(slot, Pid::new(process)))
            .collect();
        services.sort_by(|a, b| {
            (a.service, &a.key, a.pid.incarnation()).cmp(&(b.service, &b.key, b.pid.incarnation()))
        });
        services
    }

    /// The running service with this [label](Registered::label); the oldest, if several have it.
    pub fn service(&self, label: &str) -> Option<Registered> {
        running(self)
            .into_iter()
            .find(|(slot, _)| slot.label() == label)
            .map(|(slot, process)| Registered::new(slot, Pid::new(process)))
    }
}
