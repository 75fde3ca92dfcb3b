//! Where a tree runs, and where that runs which it requires of its surroundings.

use std::any::TypeId;

use crate::namespace::Namespace;
use crate::rt::Arc;
use crate::service::Service;
use crate::tree::Declaration;

/// The namespace of a tree, and of what its surroundings provide. Every process of the tree has it from its parent.
#[derive(Clone)]
pub(crate) struct Home {
    pub(crate) namespace: Namespace,
    parent: Option<Arc<Parent>>,
}

struct Parent {
    namespace: Namespace,
    provides: &'static [Declaration],
}

impl From<Namespace> for Home {
    fn from(namespace: Namespace) -> Self {
        Self {
            namespace,
            parent: None,
        }
    }
}

impl Home {
    /// A home in `namespace`, where all that the tree requires runs in `parent`.
    pub(crate) fn within(
        namespace: Namespace,
        parent: Namespace,
        provides: &'static [Declaration],
    ) -> Self {
        let parent = (!provides.is_empty()).then(|| {
            Arc::new(Parent {
                namespace: parent,
                provides,
            })
        });
        Self { namespace, parent }
    }

    /// Where a service looks for one that it requires.
    pub(crate) fn of<S: Service>(&self) -> &Namespace {
        let is_it = |it: &Declaration| (it.type_id)() == TypeId::of::<S>();
        match &self.parent {
            Some(parent) if parent.provides.iter().any(is_it) => &parent.namespace,
            _ => &self.namespace,
        }
    }
}

/// Whether it is known where that runs which a tree requires of its surroundings; see
/// [`Starting::with_parent`](crate::Starting::with_parent).
#[diagnostic::on_unimplemented(
    message = "this tree requires services of its surroundings, and does not know where they run",
    label = "write `.with_parent(&namespace)` before this",
    note = "the namespace is the one in which they run, such as `Namespace::production()`"
)]
pub trait Surrounded {}

/// It is known, or the tree requires nothing.
#[derive(Clone, Copy, Debug)]
pub struct Provided;

/// It is not known yet.
#[derive(Clone, Copy, Debug)]
pub struct Unprovided;

impl Surrounded for Provided {}
