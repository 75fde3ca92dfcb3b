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

use std::time::Duration;

use self::incarnation::Incarnation;
use self::life::Instance;
use crate::blueprint::Blueprint;
use crate::child_spec::{Child, ChildSettings, ChildSpec};
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
        let settings = Arc::new(ChildSettings::of(Blueprint::of::<S>()));
        service_spec::<S>(id.into(), settings, Place::of(key), args, None)
    }
}

/// Where the instances of a child are: their key, with its type forgotten.
pub(crate) struct Place(Box<Find>);

type Find = dyn Fn(&Blueprint, &Namespace) -> Arc<Slot> + Send + Sync;

impl Place {
    pub(crate) fn of<K: Key>(key: K) -> Self {
        Self(Box::new(move |service, namespace| {
            service_slot(service, namespace, &key)
        }))
    }
}

/// Lets an instance end after a time without messages, and start again with the next one.
#[derive(Clone)]
pub(crate) struct Passivation {
    pub(crate) after: Duration,
    /// Asks the supervisor for an instance.
    pub(crate) activate: Arc<dyn Fn(&Runtime) + Send + Sync>,
}

impl ChildSettings {
    /// What a service says of itself.
    pub(crate) fn of(service: &Blueprint) -> Self {
        Self {
            restart: service.options.restart,
            shutdown: service.options.shutdown,
            start_timeout: service.options.start_timeout,
            modules: service.id.module,
            ..Self::default()
        }
    }
}

pub(crate) fn service_spec<S: Service>(
    id: Arc<str>,
    settings: Arc<ChildSettings>,
    place: Place,
    args: impl Fn() -> S::Args + Send + Sync + 'static,
    passivation: Option<Passivation>,
) -> ChildSpec {
    let start = move |child: Child| -> ChildFuture {
        // A panic in an argument is a failed start: whoever makes the future contains it.
        let args = args();
        let slot = child.occupied(Blueprint::of::<S>(), &place, passivation.as_ref());
        let idle = passivation.as_ref().map(|passivation| passivation.after);
        let enter = move || Incarnation::<S>::enter(args, &child, slot, idle);
        Instance::future(Box::new(enter))
    };
    ChildSpec::with_settings(id, settings, Arc::new(start))
}

impl Child {
    /// The slot that it is to occupy.
    fn occupied(
        &self,
        service: &Blueprint,
        place: &Place,
        passivation: Option<&Passivation>,
    ) -> Arc<Slot> {
        let slot = self.carry().slot(&|| place.0(service, self.namespace()));
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
