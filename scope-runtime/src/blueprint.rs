//! The blueprint of a service: what its place and its records need of its type.
//!
//! Passed as a value, it keeps those who work with it free of the type: they are compiled once, not for each service.

use std::any::TypeId;

use crate::child_spec::ChildSettings;
use crate::health::HealthCheck;
use crate::message::{HandlerMeta, Message};
use crate::namespace::Namespace;
use crate::options::{Options, ServiceId};
use crate::rt::Arc;
use crate::service::Service;
use crate::slot::{Slot, SlotSpec};
use crate::store::{self, Store};

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
    messages: fn() -> TypeId,
    store: fn() -> Box<dyn Store>,
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
                messages: TypeId::of::<S::Message>,
                store: store::new::<S::Message>,
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
            messages: TypeId::of::<M>,
            store: store::new::<M>,
        }
    }

    /// The service's type.
    pub(crate) fn type_id(&self) -> TypeId {
        (self.type_id)()
    }

    /// True if its messages are of this type.
    pub(crate) fn takes<M: Message>(&self) -> bool {
        (self.messages)() == TypeId::of::<M>()
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
