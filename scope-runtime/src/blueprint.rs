//! The blueprint of a service: what its place and its records need of its type.
//!
//! Passed as a value, it keeps those who work with it free of the type: they are compiled once, not for each service.

use std::any::TypeId;
use std::time::Duration;

use crate::berth::Berth;
use crate::child_spec::ChildSettings;
use crate::health::HealthCheck;
use crate::luggage::Luggage;
use crate::message::{HandlerMeta, Message};
use crate::namespace::Namespace;
use crate::options::{Options, ServiceId};
use crate::rt::Arc;
use crate::service::Service;
use crate::slot::{Slot, SlotSpec};
use crate::store::{self, Store};
use crate::timer::Timer;

/// The constants of a service.
pub(crate) struct Blueprint {
    type_id: fn() -> TypeId,
    pub(crate) name: &'static str,
    #[cfg_attr(
        not(feature = "stats"),
        expect(dead_code, reason = "statistics are kept by it")
    )]
    pub(crate) id: ServiceId,
    pub(crate) options: &'static Options,
    pub(crate) handlers: &'static [HandlerMeta],
    pub(crate) checks: &'static [HealthCheck],
    /// What a child of it begins with.
    pub(crate) settings: ChildSettings,
    store: fn() -> Box<dyn Store>,
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
                settings: ChildSettings::of(&S::OPTIONS, S::ID),
                store: store::new::<S::Message>,
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

    /// The one of something that is no service, but takes messages in a place.
    pub(crate) const fn of_place<M: Message>(id: ServiceId) -> Self {
        Self {
            type_id: TypeId::of::<M>,
            name: id.name,
            id,
            options: &Options::DEFAULT,
            handlers: &[],
            checks: &[],
            settings: ChildSettings::of(&Options::DEFAULT, id),
            store: store::new::<M>,
            timers: None,
        }
    }

    /// The service's type.
    pub(crate) fn type_id(&self) -> TypeId {
        (self.type_id)()
    }

    /// Where its messages are kept.
    pub(crate) fn store(&self) -> Box<dyn Store> {
        (self.store)()
    }

    /// A new place for the service.
    pub(crate) fn slot(&'static self, namespace: &Namespace, key: Option<Arc<str>>) -> Arc<Slot> {
        Slot::new(SlotSpec {
            service: self,
            key,
            namespace: namespace.clone(),
        })
    }
}
