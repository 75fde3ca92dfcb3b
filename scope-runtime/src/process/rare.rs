//! What few processes have, and the others have no room for: hooks, questions, a reason that is held back.

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use super::lane::Ask;
use super::{ExitHook, Hold, Phase, Process, State};
use crate::activity::Doing;
use crate::exit::ExitReason;
use crate::rt::{Arc, lock};

#[derive(Default)]
pub(super) struct Rare {
    /// The number of the last hook.
    last: u64,
    /// What runs when it has ended, in the order in which it was added.
    pub(super) hooks: BTreeMap<u64, ExitHook>,
    /// What runs when its supervisor has been told.
    pub(super) afterwards: Vec<ExitHook>,
    /// What it is asked, see `lane.rs`.
    pub(super) asked: VecDeque<Ask>,
    /// Its future is gone, for this reason; its linked tasks are not.
    held: Option<ExitReason>,
}

impl State {
    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

impl Process {
    /// Runs `hook` when this process has ended; now, if it has. Gives the hook's number.
    pub(crate) fn on_exit(&self, hook: ExitHook) -> u64 {
        let mut state = lock(&self.state);
        let exited = match &state.phase {
            Phase::Exited(reason) => Some(reason.clone()),
            _ => None,
        };
        let rare = state.rare();
        rare.last += 1;
        let number = rare.last;
        match exited {
            Some(reason) => {
                drop(state);
                hook(&reason);
            }
            None => {
                rare.hooks.insert(number, hook);
            }
        }
        number
    }

    /// Takes a hook back.
    pub(crate) fn remove_hook(&self, number: u64) {
        let mut state = lock(&self.state);
        let rare = state.rare.as_mut();
        let hook = rare.and_then(|rare| rare.hooks.remove(&number));
        drop(state);
        // Dropped outside of the lock: it holds values of the user's.
        drop(hook);
    }

    /// Runs `hook` when the supervisor has been told of the exit; now, if it has.
    pub(crate) fn after_report(&self, hook: ExitHook) {
        let mut state = lock(&self.state);
        match &state.phase {
            Phase::Exited(reason) if state.reported => {
                let reason = reason.clone();
                drop(state);
                hook(&reason);
            }
            _ => state.rare().afterwards.push(hook),
        }
    }

    /// Its supervisor has been told: gives what was to run then.
    pub(super) fn reported(&self) -> Vec<ExitHook> {
        let mut state = lock(&self.state);
        state.reported = true;
        let rare = state.rare.as_mut();
        rare.map(|rare| mem::take(&mut rare.afterwards))
            .unwrap_or_default()
    }

    /// Puts its exit off until the hold is dropped.
    pub(crate) fn hold(self: &Arc<Self>) -> Hold {
        lock(&self.state).holds += 1;
        Hold {
            process: self.clone(),
        }
    }

    /// One hold less: gives the reason that was held back, if that was the last one.
    pub(super) fn release(&self) -> Option<ExitReason> {
        let mut state = lock(&self.state);
        state.holds -= 1;
        if state.holds > 0 {
            return None;
        }
        state.rare.as_mut()?.held.take()
    }

    /// Its future is dropped: gives the reason back if nobody holds it.
    pub(super) fn unheld(&self, reason: ExitReason) -> Option<ExitReason> {
        let mut state = lock(&self.state);
        if state.holds == 0 {
            return Some(reason);
        }
        state.rare().held = Some(reason);
        self.activity.enter(Doing::LinkedTask);
        None
    }
}
