//! Debug information of a running service, as OTP's `sys` gives it.
//!
//! What can be seen from outside is seen whatever the service does. What only itself knows, it is
//! asked for on its system lane, like a health check.

use std::fmt::Debug;

use crate::activity::Busy;
use crate::exit::Contained;
use crate::handle::Handle;
use crate::health::{self, Answer, HealthError, HealthReport, PATIENCE, ask};
use crate::message::HandlerMeta;
use crate::pid::Pid;
use crate::process::Ask;
use crate::rt::Arc;
use crate::slot::{MailboxStatus, Slot};

/// A look at a running service, see [`Handle::inspect`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inspection {
    /// The incarnation.
    pub pid: Pid,
    /// The handler that runs, and for how long.
    pub busy: Option<Busy>,
    /// The last 32 messages, oldest first; empty without `#[service(debug)]`.
    pub messages: Vec<HandlerMeta>,
    /// Its mailbox.
    pub mailbox: MailboxStatus,
    /// Whether its mailbox is suspended.
    pub suspended: bool,
    /// What only itself can see; `None` if it did not come to that within 5 s.
    pub inside: Option<Inside>,
}

/// What only the service itself can see.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Inside {
    /// The `Debug` form of its state; `None` without `#[service(debug)]`.
    pub state: Option<String>,
    /// How many linked tasks run.
    pub links: usize,
    /// The paths of those that it monitors.
    pub monitors: Vec<Arc<str>>,
}

impl Inside {
    pub(crate) fn new(state: Option<&dyn Debug>, links: usize, monitors: Vec<Arc<str>>) -> Self {
        let state = state.map(|state| Contained(format_args!("{state:?}")).to_string());
        Self {
            state,
            links,
            monitors,
        }
    }
}

impl<S> Handle<S> {
    /// Looks at the incarnation that runs now: what it does, what it did last, what waits; `None`
    /// if there is none.
    ///
    /// A running handler delays what only the service itself can see, by 5 s at most.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    ///
    /// # OTP
    /// `sys:get_status/1` and `sys:get_state/1`.
    pub async fn inspect(&self) -> Option<Inspection> {
        self.slot().inspect().await
    }

    /// How the incarnation that runs now is, see
    /// [`ServiceExt::health_check`](crate::ServiceExt::health_check).
    ///
    /// # Errors
    /// As there.
    ///
    /// # Cancel safety
    /// As there.
    pub async fn health(&self) -> Result<HealthReport, HealthError> {
        health::report(self.slot().clone()).await
    }

    /// Lets the messages of the incarnation that runs now wait, from after the running handler
    /// until [`resume`](Self::resume); false if there is none.
    ///
    /// Timers wait too. It still stops, is still inspected, and its health checks still run; they
    /// say that it is suspended. Whoever calls it waits, until their time is up.
    ///
    /// # OTP
    /// `sys:suspend/1`, but it does not wait for the running handler.
    pub fn suspend(&self) -> bool {
        self.slot().set_suspended(true)
    }

    /// Lets a suspended incarnation serve its messages again; false if there is none.
    ///
    /// # OTP
    /// `sys:resume/1`.
    pub fn resume(&self) -> bool {
        self.slot().set_suspended(false)
    }
}

impl Slot {
    /// A look at whoever is here; `None` if nobody is.
    pub(crate) async fn inspect(&self) -> Option<Inspection> {
        let process = self.occupant()?;
        let (busy, messages) = (process.activity().now(), process.activity().recent());
        let inside = match ask(&process, PATIENCE, Ask::Inside).await {
            Answer::Got(inside) => Some(inside),
            Answer::Busy(_) | Answer::Late => None,
            Answer::Gone => return None,
        };
        Some(Inspection {
            busy,
            messages,
            mailbox: self.status(),
            suspended: process.is_suspended(),
            pid: Pid::new(process),
            inside,
        })
    }

    /// Lets the messages of whoever is here wait, or not; false if nobody is.
    pub(crate) fn set_suspended(&self, suspended: bool) -> bool {
        let process = self.occupant();
        process
            .inspect(|process| process.suspend(suspended))
            .is_some()
    }
}
