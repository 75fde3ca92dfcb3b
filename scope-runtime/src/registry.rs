//! The registry: (namespace, service, key) to the slot of an instance.
//!
//! An entry is a weak reference to a slot. Handles and the supervisor hold the slot, so a handle
//! obtained once survives restarts; a name that nobody holds any more costs nothing and is swept
//! out when its table grows. Whether somebody *runs* under a name is asked of the slot: an entry
//! cannot outlive its incarnation, and cannot remove its successor's.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::num::NonZeroU64;

use crate::blueprint::Blueprint;
use crate::exit::ExitReason;
use crate::handle::Handle;
use crate::health::{self, HealthError, HealthReport};
use crate::joined::displayed;
use crate::namespace::{Namespace, Space};
use crate::pid::Pid;
use crate::process::Process;
use crate::ring::with_current;
use crate::rt::{Arc, Weak, read, write};
use crate::service::Service;
use crate::slot::Slot;

/// What a service instance may be registered under.
///
/// People read its `Debug` form, which must differ for different keys: a keyed supervisor tells
/// its children apart by it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the key of a service; derive `Clone`, `Debug`, `PartialEq`, `Eq` and `Hash`, and own all data",
    label = "not a key"
)]
pub trait Key: Hash + Eq + Clone + fmt::Debug + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<K: Hash + Eq + Clone + fmt::Debug + Send + Sync + 'static> Key for K {}

/// The tables of one namespace: one for each pair of service type and key type.
#[derive(Default)]
pub(crate) struct Tables {
    tables: HashMap<(TypeId, TypeId), Box<dyn AnyTable>, BuildHasherDefault<Hashed>>,
}

/// The hash of what is a hash already, such as that of a type.
#[derive(Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, hash: u64) {
        // The same two types the other way round are another table.
        self.0 = self.0.rotate_left(1) ^ hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

trait AnyTable: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn live(&self) -> Vec<Arc<Slot>>;
}

/// So few names are not worth a sweep. More would keep the memory of as many dropped slots from the next ones.
const FEW: usize = 8;

struct Table<K> {
    entries: HashMap<K, Entry>,
    /// At this size, entries of dropped slots are swept out.
    sweep_at: usize,
}

#[derive(Clone)]
struct Entry {
    slot: Weak<Slot>,
    /// Set where an instance registered itself under a further key: it ends with that incarnation.
    only: Option<NonZeroU64>,
}

impl Entry {
    fn of(slot: &Arc<Slot>) -> Self {
        Self {
            slot: Arc::downgrade(slot),
            only: None,
        }
    }

    /// The slot that this name stands for, whether or not somebody runs there.
    fn place(&self) -> Option<Arc<Slot>> {
        match self.only {
            None => self.slot.upgrade(),
            Some(_) => self.live(),
        }
    }

    /// True while the name is an instance's own that ended: a successor may come.
    fn is_kept(&self) -> bool {
        let slot = self.slot.upgrade().filter(|_| self.only.is_none());
        slot.is_some_and(|slot| slot.with_control(|control| control.last_exit.is_some()))
    }

    /// The slot, if somebody runs there under this entry's name.
    fn live(&self) -> Option<Arc<Slot>> {
        let slot = self.slot.upgrade()?;
        let occupant = slot.occupant()?;
        self.only
            .is_none_or(|only| only.get() == occupant.id())
            .then_some(slot)
    }
}

impl<K: Key> Table<K> {
    fn insert(&mut self, key: K, entry: Entry) {
        self.entries.insert(key, entry);
        if self.entries.len() >= self.sweep_at {
            self.entries.retain(|_, entry| match entry.only {
                None => entry.slot.strong_count() > 0,
                Some(_) => entry.live().is_some(),
            });
            self.sweep_at = (self.entries.len() * 2).max(FEW);
        }
    }
}

impl<K: Key> AnyTable for Table<K> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn live(&self) -> Vec<Arc<Slot>> {
        self.entries.values().filter_map(Entry::live).collect()
    }
}

impl Tables {
    fn table<K: Key>(&self, service: TypeId) -> Option<&Table<K>> {
        self.tables
            .get(&(service, TypeId::of::<K>()))?
            .as_any()
            .downcast_ref()
    }

    fn table_mut<K: Key>(&mut self, service: TypeId) -> Option<&mut Table<K>> {
        self.tables
            .entry((service, TypeId::of::<K>()))
            .or_insert_with(|| {
                Box::new(Table::<K> {
                    entries: HashMap::new(),
                    sweep_at: FEW,
                })
            })
            .as_any_mut()
            .downcast_mut()
    }
}

/// The slot of a name, whether or not somebody runs there; `make` makes it the first time. As all here, it is not
/// compiled for each service, but for each type of keys.
pub(crate) fn slot<K: Key>(
    namespace: &Namespace,
    service: TypeId,
    key: &K,
    make: &dyn Fn() -> Arc<Slot>,
) -> Arc<Slot> {
    let Space { tables, book, .. } = namespace.space();
    let known = book.lookups.count(|| {
        let tables = read(tables);
        let entry = tables.table::<K>(service)?.entries.get(key)?;
        entry.place()
    });
    if let Some(slot) = known {
        return slot;
    }
    let made = make();
    let mut tables = write(tables);
    let Some(table) = tables.table_mut::<K>(service) else {
        return made;
    };
    if let Some(slot) = table.entries.get(key).and_then(Entry::place) {
        return slot;
    }
    table.insert(key.clone(), Entry::of(&made));
    made
}

/// The slot of a name under which somebody runs.
pub(crate) fn find<K: Key>(namespace: &Namespace, service: TypeId, key: &K) -> Option<Arc<Slot>> {
    let Space { tables, book, .. } = namespace.space();
    book.lookups.count(|| {
        let entry = read(tables).table::<K>(service)?.entries.get(key)?.clone();
        entry.live()
    })
}

/// Registers a running instance under one more key, until it ends.
pub(crate) fn register<K: Key>(
    namespace: &Namespace,
    service: TypeId,
    key: K,
    slot: &Arc<Slot>,
    incarnation: u64,
) -> Result<(), RegisterError> {
    let mut tables = write(&namespace.space().tables);
    let Some(table) = tables.table_mut::<K>(service) else {
        return Ok(());
    };
    let known = table.entries.get(&key);
    let other = known.and_then(Entry::live);
    if other.is_some() || known.is_some_and(Entry::is_kept) {
        let pid = other.and_then(|other| other.occupant()).map(Pid::new);
        return Err(RegisterError::AlreadyRegistered {
            key: format!("{key:?}"),
            pid,
        });
    }
    table.insert(
        key,
        Entry {
            slot: Arc::downgrade(slot),
            only: NonZeroU64::new(incarnation),
        },
    );
    Ok(())
}

/// The slot of a service under `key`.
pub(crate) fn service_slot<K: Key>(
    service: &'static Blueprint,
    namespace: &Namespace,
    key: &K,
) -> Arc<Slot> {
    slot(namespace, service.type_id(), key, &|| {
        service.slot(namespace, label_of(key))
    })
}

/// The slot of a service under a `key` that nobody has had before, and which people read so.
pub(crate) fn new_service_slot<K: Key>(
    service: &'static Blueprint,
    namespace: &Namespace,
    key: &K,
    label: Arc<str>,
) -> Arc<Slot> {
    let made = service.slot(namespace, Some(label));
    let mut tables = write(&namespace.space().tables);
    if let Some(table) = tables.table_mut::<K>(service.type_id()) {
        table.insert(key.clone(), Entry::of(&made));
    }
    made
}

/// How people read a key; a service without one has the key `()`.
pub(crate) fn label_of<K: Key>(key: &K) -> Option<Arc<str>> {
    if TypeId::of::<K>() == TypeId::of::<()>() {
        return None;
    }
    let any: &dyn Any = key;
    let text = any.downcast_ref::<&'static str>().copied();
    let text = text.or_else(|| any.downcast_ref::<String>().map(String::as_str));
    Some(text.map_or_else(|| displayed(format_args!("{key:?}")), Arc::from))
}

/// Why an instance could not be registered.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// Another instance runs under this key, or it is the own key of one that ended and may come
    /// back.
    #[error("the key {key} is already registered")]
    AlreadyRegistered {
        /// The key.
        key: String,
        /// Who has it; `None` if it does not run now.
        pid: Option<Pid>,
    },
}

#[cfg(feature = "stats")]
impl Namespace {
    /// The number of names under which something runs.
    pub(crate) fn registered(&self) -> usize {
        let tables = read(&self.space().tables);
        tables.tables.values().map(|table| table.live().len()).sum()
    }
}

/// Every running service of a namespace and its place, oldest first.
pub(crate) fn running(namespace: &Namespace) -> Vec<(Arc<Slot>, Arc<Process>)> {
    let slots: Vec<_> = read(&namespace.space().tables)
        .tables
        .values()
        .flat_map(|table| table.live())
        .collect();
    let occupied = slots.into_iter().filter_map(|slot| {
        let process = slot.occupant()?;
        // A supervisor is found by its path, but is no service.
        (!process.is_supervisor()).then_some((slot, process))
    });
    let mut running: Vec<_> = occupied.collect();
    running.sort_by_key(|(_, process)| process.id());
    // An instance registered under several keys is one service.
    running.dedup_by_key(|(_, process)| process.id());
    running
}

/// Stops an incarnation as `Normal` and waits until it is gone, unless its own handler does that; false if there is
/// none.
pub(crate) async fn stop_and_wait(pid: Option<Pid>) -> bool {
    let Some(pid) = pid else { return false };
    pid.stop(ExitReason::Normal);
    let own = with_current(|current| {
        current.is_some_and(|current| {
            current.slot.is_some() && current.incarnation == pid.incarnation()
        })
    });
    if !own {
        pid.exited().await;
    }
    true
}

/// What every service type can do: find its instances.
///
/// In the prelude; a function of the user's with the same name wins.
pub trait ServiceExt: Service {
    /// The handle of the instance in `namespace`, or of the next one: it resolves at each use.
    ///
    /// # Examples
    /// A call through it fails with [`CallError::NoProc`](crate::CallError::NoProc) while nobody
    /// runs, and works again after a restart.
    ///
    /// # OTP
    /// A `{:via, Registry, ...}` name.
    fn via(namespace: &Namespace) -> Self::Handle {
        Self::via_key(namespace, &())
    }

    /// The handle of the instance under `key`: a child's `key`, a dynamic child's id, a
    /// partition's index.
    ///
    /// A further key, see [`Context::register`](crate::Context::register), is to be looked up after
    /// the registration: the handle stays with the place that the key stood for then.
    fn via_key<K: Key>(namespace: &Namespace, key: &K) -> Self::Handle {
        Handle::of_slot(service_slot(Blueprint::of::<Self>(), namespace, key)).into()
    }

    /// The handle of the instance that runs in `namespace` now, if there is one.
    ///
    /// # OTP
    /// `whereis/1`.
    fn lookup(namespace: &Namespace) -> Option<Self::Handle> {
        Self::lookup_key(namespace, &())
    }

    /// The handle of the instance that runs under `key` now, if there is one.
    fn lookup_key<K: Key>(namespace: &Namespace, key: &K) -> Option<Self::Handle> {
        find(namespace, TypeId::of::<Self>(), key).map(|slot| Handle::of_slot(slot).into())
    }

    /// How the instance in `namespace` is: the automatic checks, and its own `#[health]` methods.
    ///
    /// It takes no longer than the longest time of its checks before the first one, and their times;
    /// also where the service is stuck, or its mailbox is full. While a handler runs, the automatic
    /// checks answer, and its own say that it is busy when their time is up.
    ///
    /// # Errors
    /// `ServiceUnavailable` if nobody runs. `ServiceTimeout` if somebody is there, but neither
    /// answers nor handles a message: it starts, or it ends.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing; a check that runs goes on within its time.
    fn health_check(
        namespace: &Namespace,
    ) -> impl Future<Output = Result<HealthReport, HealthError>> + Send {
        Self::health_check_key(namespace, &())
    }

    /// How the instance under `key` is, see [`health_check`](Self::health_check).
    fn health_check_key<K: Key>(
        namespace: &Namespace,
        key: &K,
    ) -> impl Future<Output = Result<HealthReport, HealthError>> + Send + use<Self, K> {
        let slot = find(namespace, TypeId::of::<Self>(), key);
        async move { health::report(slot.ok_or(HealthError::ServiceUnavailable)?).await }
    }

    /// Stops the instance in `namespace` and waits until it is gone; false if nobody ran.
    ///
    /// It ends as `Normal`: a permanent child is restarted by its supervisor. A handler that
    /// stops its own instance does not wait: it ends after the handler.
    ///
    /// # OTP
    /// `gen_server:stop/1`.
    fn stop(namespace: &Namespace) -> impl Future<Output = bool> + Send {
        let slot = find(namespace, TypeId::of::<Self>(), &());
        stop_and_wait(slot.and_then(|slot| slot.occupant()).map(Pid::new))
    }
}

impl<S: Service> ServiceExt for S {}
