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
use crate::timer::Timer;

/// The constants of a service.
pub(crate) struct Blueprint {
    type_id: fn() -> TypeId,
    pub(crate) name: &'static str,
    pub(crate) id: ServiceId,
    pub(crate) options: &'static Options,
    pub(crate) handlers: &'static [HandlerMeta],
    checks: &'static [HealthCheck],
    /// Makes a store for its messages.
    make_store: fn() -> Box<dyn Store>,
    /// The type of that.
    pub(crate) store: fn() -> TypeId,
    /// Its own timers, if it has some.
    pub(crate) timers: Option<Ticks>,
}

/// The timers of a service.
pub(crate) struct Ticks {
    /// How often the one with this index ticks.
    pub(crate) period: fn(usize) -> Option<Duration>,
    /// Puts its tick before all other messages. Gives the place of what travels with it.
    pub(crate) put: fn(usize, &mut dyn Store) -> Option<&mut Luggage>,
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
                make_store: || Box::new(Fifo::<S::Message>::EMPTY),
                store: TypeId::of::<Fifo<S::Message>>,
                // Nothing of it is compiled where there are no timers.
                timers: if S::TIMERS.is_empty() {
                    None
                } else {
                    Some(Ticks {
                        period: |timer| S::TIMERS.get(timer).map(Timer::period),
                        put: |timer, store| {
                            let tick = S::TIMERS.get(timer)?.tick();
                            store.push_front(&mut Berth::Holds(tick))
                        },
                    })
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
        let spec = SlotSpec {
            service: self.name,
            key,
            namespace: namespace.clone(),
            options: self.options,
            checks: self.checks,
        };
        Slot::new(spec, (self.make_store)())
    }
}
