//! What a child spec keeps from one incarnation to the next.

use std::collections::HashMap;
use std::fmt;

use crate::rt::{Arc, Mutex, lock};
use crate::slot::{Control, Slot};

/// What stays with a child spec from one incarnation to the next: the slot that its handles hold,
/// and for a supervisor the same of its declared children.
///
/// A supervisor keeps it as long as it keeps the spec.
#[derive(Clone)]
pub(crate) enum Carry {
    /// Of an instance that somebody asked for: its slot was there first.
    Slot(Arc<Slot>),
    Kept(Arc<Mutex<Kept>>),
}

#[derive(Default)]
pub(crate) struct Kept {
    slot: Option<Arc<Slot>>,
    /// Of a supervisor only.
    children: Option<Box<Offspring>>,
}

/// What the declared children of a supervisor keep.
#[derive(Default)]
struct Offspring {
    by_id: HashMap<Arc<str>, Carry>,
}

impl Default for Carry {
    fn default() -> Self {
        Self::Kept(Arc::default())
    }
}

impl Carry {
    /// The slot of this child, made at its first start.
    pub(crate) fn slot(&self, make: &dyn Fn() -> Arc<Slot>) -> Arc<Slot> {
        if let Some(slot) = self.known_slot() {
            return slot;
        }
        // Made outside of the lock: it may look into the registry.
        let made = make();
        match self {
            Self::Slot(slot) => slot.clone(),
            Self::Kept(kept) => lock(kept).slot.get_or_insert(made).clone(),
        }
    }

    /// What a child of this supervisor left to its successor.
    pub(crate) fn child(&self, id: &Arc<str>) -> Self {
        let Self::Kept(kept) = self else {
            // A service has no children.
            return Self::default();
        };
        let mut kept = lock(kept);
        let children = kept.children.get_or_insert_default();
        children.by_id.entry(id.clone()).or_default().clone()
    }

    /// Messages for a virtual instance wait for its restart, which is due.
    pub(crate) fn await_restart(&self) {
        if let Some(slot) = self.known_slot() {
            slot.with_control(Control::await_restart);
        }
    }

    /// Says that no message brings a successor either, and no other will come.
    pub(crate) fn dismiss(&self) {
        let (slot, children) = self.parts();
        if let Some(slot) = slot {
            let activator = slot.with_control(Control::take_activator);
            drop(activator);
            slot.abandon(None);
        }
        children.iter().for_each(Self::abandon);
    }

    /// Says that no successor will come: messages that waited for one are handed back.
    pub(crate) fn abandon(&self) {
        let (slot, children) = self.parts();
        if let Some(slot) = slot {
            slot.abandon(None);
        }
        children.iter().for_each(Self::abandon);
    }

    fn known_slot(&self) -> Option<Arc<Slot>> {
        match self {
            Self::Slot(slot) => Some(slot.clone()),
            Self::Kept(kept) => lock(kept).slot.clone(),
        }
    }

    fn parts(&self) -> (Option<Arc<Slot>>, Vec<Self>) {
        let kept = match self {
            Self::Slot(slot) => return (Some(slot.clone()), Vec::new()),
            Self::Kept(kept) => lock(kept),
        };
        let children = kept
            .children
            .iter()
            .flat_map(|children| children.by_id.values());
        (kept.slot.clone(), children.cloned().collect())
    }
}

impl fmt::Debug for Carry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carry")
    }
}
