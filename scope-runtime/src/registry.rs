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
use crate::rt::{Arc, RwLock, Weak, read, write};
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
    /// All entries, to be looked at when the lock is free.
    fn entries(&self) -> Vec<Entry>;
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
        self.slot.upgrade().filter(|slot| self.is_for(slot))
    }

    /// True if the name still stands for its `slot`.
    fn is_for(&self, slot: &Slot) -> bool {
        self.only.is_none() || self.is_live_in(slot)
    }

    /// True while the name is an instance's own that ended: a successor may come.
    fn is_kept_in(&self, slot: &Slot) -> bool {
        self.only.is_none() && slot.with_control(|control| control.last_exit.is_some())
    }

    /// The slot, if somebody runs there under this entry's name.
    fn live(&self) -> Option<Arc<Slot>> {
        self.slot.upgrade().filter(|slot| self.is_live_in(slot))
    }

    fn is_live_in(&self, slot: &Slot) -> bool {
        let occupant = slot.with_control(|control| control.occupied_by());
        occupant.is_some_and(|occupant| self.only.is_none_or(|only| only.get() == occupant))
    }
}

/// What was swept out, and what had to be held meanwhile: code of the user's, to be dropped when the lock is free.
struct Swept<K> {
    _keys: Vec<K>,
    _slots: Vec<Arc<Slot>>,
}

impl<K: Key> Table<K> {
    /// Adds an entry under a key that has none.
    fn add(&mut self, key: K, entry: Entry) -> Option<Swept<K>> {
        self.entries.insert(key, entry);
        (self.entries.len() >= self.sweep_at).then(|| self.sweep())
    }

    #[cold]
    fn sweep(&mut self) -> Swept<K> {
        let mut slots = Vec::new();
        let gone = self.entries.extract_if(|_, entry| {
            if entry.only.is_none() {
                return entry.slot.strong_count() == 0;
            }
            let slot = entry.slot.upgrade();
            let is_live = slot.as_ref().is_some_and(|slot| entry.is_live_in(slot));
            slots.extend(slot);
            !is_live
        });
        let keys = gone.map(|(key, _)| key).collect();
        self.sweep_at = (self.entries.len() * 2).max(FEW);
        Swept {
            _keys: keys,
            _slots: slots,
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

    fn entries(&self) -> Vec<Entry> {
        self.entries.values().cloned().collect()
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
    let known = (book.lookups).count(|| known(tables, service, key)?.place());
    if let Some(slot) = known {
        return slot;
    }
    let (made, key) = (make(), key.clone());
    // Dropped after the lock, as is the key.
    let (seen, _swept);
    let mut tables = write(tables);
    let Some(table) = tables.table_mut::<K>(service) else {
        return made;
    };
    match table.entries.get_mut(&key) {
        Some(entry) => {
            seen = entry.slot.upgrade();
            if let Some(slot) = seen.as_ref().filter(|slot| entry.is_for(slot)) {
                return slot.clone();
            }
            *entry = Entry::of(&made);
        }
        None => _swept = table.add(key, Entry::of(&made)),
    }
    made
}

/// What is known of a name; looked at when the lock is free again.
fn known<K: Key>(tables: &RwLock<Tables>, service: TypeId, key: &K) -> Option<Entry> {
    read(tables).table::<K>(service)?.entries.get(key).cloned()
}

/// The slot of a name under which somebody runs.
pub(crate) fn find<K: Key>(namespace: &Namespace, service: TypeId, key: &K) -> Option<Arc<Slot>> {
    let Space { tables, book, .. } = namespace.space();
    (book.lookups).count(|| known(tables, service, key)?.live())
}

/// Registers a running instance under one more key, until it ends.
pub(crate) fn register<K: Key>(
    namespace: &Namespace,
    service: TypeId,
    key: K,
    slot: &Arc<Slot>,
    incarnation: u64,
) -> Result<(), RegisterError> {
    let mine = Entry {
        slot: Arc::downgrade(slot),
        only: NonZeroU64::new(incarnation),
    };
    // Dropped after the lock, as is the key.
    let (seen, _swept);
    {
        let mut tables = write(&namespace.space().tables);
        let Some(table) = tables.table_mut::<K>(service) else {
            return Ok(());
        };
        let Some(entry) = table.entries.get_mut(&key) else {
            _swept = table.add(key, mine);
            return Ok(());
        };
        seen = entry.slot.upgrade();
        let is_taken = |slot: &Arc<Slot>| entry.is_live_in(slot) || entry.is_kept_in(slot);
        if !seen.as_ref().is_some_and(is_taken) {
            *entry = mine;
            return Ok(());
        }
    }
    let occupant = seen.and_then(|slot| slot.occupant());
    Err(RegisterError::AlreadyRegistered {
        key: format!("{key:?}"),
        pid: occupant.map(Pid::new),
    })
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
    let (made, key) = (service.slot(namespace, Some(label)), key.clone());
    // Dropped after the lock.
    let _swept;
    let mut tables = write(&namespace.space().tables);
    if let Some(table) = tables.table_mut::<K>(service.type_id()) {
        _swept = table.add(key, Entry::of(&made));
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
        live(self).count()
    }
}

/// The places of all names under which something runs.
fn live(namespace: &Namespace) -> impl Iterator<Item = Arc<Slot>> {
    let tables = read(&namespace.space().tables);
    let entries = tables.tables.values().flat_map(|table| table.entries());
    let entries: Vec<_> = entries.collect();
    drop(tables);
    entries.into_iter().filter_map(|entry| entry.live())
}

/// Every running service of a namespace and its place, oldest first.
pub(crate) fn running(namespace: &Namespace) -> Vec<(Arc<Slot>, Arc<Process>)> {
    let occupied = live(namespace).filter_map(|slot| {
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

#[cfg(test)]
mod tests;
