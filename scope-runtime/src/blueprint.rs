//! The blueprint of a service: what its place and its records need of its type.
//!
//! Passed as a value, it keeps those who work with it free of the type: they are compiled once, not for each service.

use std::any::TypeId;

use crate::health::HealthCheck;
use crate::message::HandlerMeta;
use crate::namespace::Namespace;
use crate::options::{Options, ServiceId};
use crate::rt::Arc;
use crate::service::Service;
use crate::slot::{Slot, SlotSpec};

/// The constants of a service.
pub(crate) struct Blueprint {
    type_id: fn() -> TypeId,
    pub(crate) name: &'static str,
    pub(crate) id: ServiceId,
    pub(crate) options: &'static Options,
    pub(crate) handlers: &'static [HandlerMeta],
    checks: &'static [HealthCheck],
    make: fn(SlotSpec) -> Arc<Slot>,
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
