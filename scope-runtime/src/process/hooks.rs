//! What runs when a process has ended.

use std::collections::BTreeMap;
use std::mem;

use crate::process::ExitHook;

/// Hooks in the order in which they were added.
#[derive(Default)]
pub(super) struct Hooks {
    /// The number of the next one.
    next: u64,
    /// Mostly there are only the two of the runtime, which need no map.
    first: [Option<(u64, ExitHook)>; 2],
    more: BTreeMap<u64, ExitHook>,
}

impl Hooks {
    /// Gives the hook's number.
    pub(super) fn add(&mut self, hook: ExitHook) -> u64 {
        let number = self.reserve();
        match self.first.iter_mut().find(|place| place.is_none()) {
            Some(place) => *place = Some((number, hook)),
            None => {
                self.more.insert(number, hook);
            }
        }
        number
    }

    /// A number that no hook has.
    pub(super) fn reserve(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn remove(&mut self, number: u64) -> Option<ExitHook> {
        let taken = self
            .first
            .iter_mut()
            .find_map(|place| place.take_if(|(first, _)| *first == number));
        match taken {
            Some((_, hook)) => Some(hook),
            None => self.more.remove(&number),
        }
    }

    /// Takes all that are there.
    pub(super) fn take(&mut self) -> Vec<ExitHook> {
        let first = mem::take(&mut self.first).into_iter().flatten();
        let mut hooks: Vec<_> = first.chain(mem::take(&mut self.more)).collect();
        hooks.sort_unstable_by_key(|(number, _)| *number);
        hooks.into_iter().map(|(_, hook)| hook).collect()
    }
}
