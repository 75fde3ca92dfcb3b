//! The life of one incarnation of a service.
//!
//! # Protocol
//! `init`, then *started*, then `after_init`, then messages one at a time, then `terminate`, then
//! the state is dropped, then the process exits (see `process.rs`). A signal in the lane is served
//! before the mailbox. A panic anywhere ends the incarnation, and `terminate` runs after it as
//! after a stop; only a kill, which aborts the task, runs nothing more.

mod asked;
mod incarnation;
mod life;
mod next;
mod turn;
mod vitals;

use std::future::ready;
use std::time::Duration;

use self::incarnation::Incarnation;
use crate::blueprint::Blueprint;
use crate::child_spec::{Child, ChildSpec, Settings};
use crate::exit::ExitReason;
use crate::namespace::Namespace;
use crate::process::ChildFuture;
use crate::registry::{Key, service_slot};
use crate::rt::{Arc, Runtime};
use crate::service::Service;
use crate::slot::{Activator, Slot};

impl ChildSpec {
    /// The spec of a service: `args` makes the arguments of `init`, anew for every incarnation.
    ///
    /// Restart, shutdown and start timeout are those of `#[service(...)]`; what is set on the
    /// spec overrides them.
    pub fn service<S: Service>(
        id: impl Into<Arc<str>>,
        args: impl Fn() -> S::Args + Send + Sync + 'static,
    ) -> Self {
        Self::keyed_service::<S, ()>(id, (), args)
    }

    /// The spec of a service that is registered under a key.
    pub fn keyed_service<S: Service, K: Key>(
        id: impl Into<Arc<str>>,
        key: K,
        args: impl Fn() -> S::Args + Send + Sync + 'static,
    ) -> Self {
        let settings = Settings::Of(&Blueprint::of::<S>().settings);
        service_spec::<S, _>(id.into(), settings, Under(key), move |_| args(), None)
    }
}

/// Where the instances of a child are.
pub(crate) trait Place: Send + Sync + 'static {
    fn slot(&self, service: &'static Blueprint, namespace: &Namespace) -> Arc<Slot>;
}

/// Under a key.
pub(crate) struct Under<K>(pub(crate) K);

impl<K: Key> Place for Under<K> {
    fn slot(&self, service: &'static Blueprint, namespace: &Namespace) -> Arc<Slot> {
        service_slot(service, namespace, &self.0)
    }
}

/// Under the key that a tree declares, if it does.
pub(crate) struct Declared(pub(crate) Option<&'static str>);

impl Place for Declared {
    fn slot(&self, service: &'static Blueprint, namespace: &Namespace) -> Arc<Slot> {
        match self.0 {
            None => service_slot(service, namespace, &()),
            Some(key) => service_slot(service, namespace, &key),
        }
    }
}

/// Lets an instance end after a time without messages, and start again with the next one.
#[derive(Clone)]
pub(crate) struct Passivation {
    pub(crate) after: Duration,
    /// Asks the supervisor for an instance.
    pub(crate) activate: Arc<dyn Fn(&Runtime) + Send + Sync>,
}

/// The spec of a service; `args` is given its place.
// One object has all that its incarnations are made from.
pub(crate) fn service_spec<S: Service, P: Place>(
    id: Arc<str>,
    settings: Settings,
    place: P,
    args: impl Fn(&P) -> S::Args + Send + Sync + 'static,
    passivation: Option<Box<Passivation>>,
) -> ChildSpec {
    let start = move |child: Child| -> ChildFuture {
        // A panic in an argument is a failed start: whoever makes the future contains it.
        let args = args(&place);
        let slot = child.occupied(Blueprint::of::<S>(), &place, passivation.as_deref());
        let idle = passivation.as_ref().map(|passivation| passivation.after);
        match Incarnation::<S>::enter(args, &child, slot, idle) {
            Ok(actor) => life::future(actor),
            Err(taken) => Box::pin(ready(ExitReason::error(taken))),
        }
    };
    ChildSpec::with_settings(id, settings, Arc::new(start))
}

impl Child {
    /// The slot that it is to occupy.
    fn occupied(
        &self,
        service: &'static Blueprint,
        place: &dyn Place,
        passivation: Option<&Passivation>,
    ) -> Arc<Slot> {
        let slot = (self.carry()).slot(&|| place.slot(service, self.namespace()));
        if let (Some(passivation), Some(runtime)) = (passivation, Runtime::current()) {
            let activator = Activator {
                start: passivation.activate.clone(),
                tree: self.tree().cloned(),
                runtime,
            };
            let before = slot.with_control(|control| control.set_activator(activator));
            drop(before);
        }
        slot
    }
}
