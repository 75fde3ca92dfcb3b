//! The blueprint of a service: what its place and its records need of its type.
//!
//! Passed as a value, it keeps those who work with it free of the type: they are compiled once, not for each service.

use std::any::TypeId;
use std::time::Duration;

use crate::berth::Berth;
use crate::fifo::Fifo;
use crate::health::HealthCheck;
use crate::luggage::Luggage;
use crate::message::HandlerMeta;
use crate::namespace::Namespace;
use crate::options::{Options, ServiceId};
use crate::rt::Arc;
use crate::service::Service;
use crate::slot::{Slot, SlotSpec};
use crate::store::Store;

/// The constants of a service.
pub(crate) struct Blueprint {
    type_id: fn() -> TypeId,
    pub(crate) name: &'static str,
    pub(crate) id: ServiceId,
    pub(crate) options: &'static Options,
    pub(crate) handlers: &'static [HandlerMeta],
    checks: &'static [HealthCheck],
    make: fn(SlotSpec) -> Arc<Slot>,
    /// Where its messages lie.
    pub(crate) store: fn() -> TypeId,
    /// How often the timer with this index ticks.
    pub(crate) period: fn(usize) -> Option<Duration>,
    /// Puts a tick of that timer before all other messages. Gives the place of what travels with it.
    pub(crate) tick: fn(usize, &mut dyn Store) -> Option<&mut Luggage>,
}

impl Blueprint {
    /// The one of `S`.
    pub(crate) fn of<S: Service>() -> &'static Self {
        const {
            &Self {
                type_id: TypeId::of::<S>,
                name: S::NAME,
                id: S::ID,
                options: &S::OPTIONS,
                handlers: S::HANDLERS,
                checks: S::CHECKS,
                make: Slot::new::<S::Message>,
                store: TypeId::of::<Fifo<S::Message>>,
                period: |timer| Some(S::TIMERS.get(timer)?.period()),
                tick: |timer, store| {
                    let tick = S::TIMERS.get(timer)?.tick();
                    store.push_front(&mut Berth::Holds(tick))
                },
            }
        }
    }

    /// The service's type.
    pub(crate) fn type_id(&self) -> TypeId {
        (self.type_id)()
    }

    /// A new place for the service.
    pub(crate) fn slot(&self, namespace: &Namespace, key: Option<Arc<str>>) -> Arc<Slot> {
        (self.make)(SlotSpec {
            service: self.name,
            key,
            namespace: namespace.clone(),
            options: self.options,
            checks: self.checks,
        })
    }
}
