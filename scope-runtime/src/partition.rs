//! Partitions: one service in several instances, among which keys are divided.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};
use std::marker::PhantomData;

use crate::namespace::Namespace;
use crate::registry::ServiceExt;
use crate::service::Service;

/// The instances of a partitioned service, among which keys are divided.
///
/// # OTP
/// Elixir's `PartitionSupervisor`.
#[derive(Debug)]
pub struct Partition<S> {
    namespace: Namespace,
    partitions: usize,
    service: PhantomData<fn() -> S>,
}

impl<S> Partition<S> {
    pub(crate) fn new(namespace: Namespace, partitions: usize) -> Self {
        Self {
            namespace,
            partitions,
            service: PhantomData,
        }
    }
}

impl<S: Service> Partition<S> {
    /// The instance for a key: always the same one for the same key, also after restarts.
    pub fn of(&self, key: &(impl Hash + ?Sized)) -> S::Handle {
        // Without a seed, so that every process of one build divides alike.
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(key);
        let index = hash % (self.partitions as u64).max(1);
        self.handle(usize::try_from(index).unwrap_or(0))
    }

    /// The instance with this index, if there is one.
    pub fn at(&self, index: usize) -> Option<S::Handle> {
        (index < self.partitions).then(|| self.handle(index))
    }

    /// All instances, by index.
    pub fn iter(&self) -> impl Iterator<Item = S::Handle> {
        (0..self.partitions).map(|index| self.handle(index))
    }

    /// How many there are; at least one.
    #[expect(
        clippy::len_without_is_empty,
        reason = "there is at least one partition"
    )]
    pub fn len(&self) -> usize {
        self.partitions
    }

    fn handle(&self, index: usize) -> S::Handle {
        S::via_key(&self.namespace, &index)
    }
}

impl<S> Clone for Partition<S> {
    fn clone(&self) -> Self {
        Self {
            namespace: self.namespace.clone(),
            partitions: self.partitions,
            service: PhantomData,
        }
    }
}
