//! What is lost with an incarnation: a caller whose reply goes down with it is to learn how that ended, whoever serves
//! by then.

use std::cell::Cell;

use crate::ring::with_current;
use crate::rt::{panicking, thread_local};

thread_local! {
    /// The incarnation of which nothing is left but what is being dropped on this thread; zero for none.
    static REMAINS: Cell<u64> = const { Cell::new(0) };
}

/// Runs `bury`, which drops what is left of an incarnation, and does not unwind: what is lost there is lost with it.
pub(crate) fn with_remains<R>(incarnation: u64, bury: impl FnOnce() -> R) -> R {
    let replace = |number| {
        let before = REMAINS.try_with(|cell| cell.replace(number));
        before.unwrap_or(0)
    };
    let outer = replace(incarnation);
    let result = bury();
    replace(outer);
    result
}

/// The incarnation with which something is lost that is dropped on this thread now: one of which nothing is left, or
/// that panics. A task's panic is not its owner's yet: nobody knows what that will end with.
pub(crate) fn lost_with() -> Option<u64> {
    let remains = REMAINS.try_with(Cell::get).unwrap_or(0);
    let current = with_current(|current| current.map_or(0, |current| current.incarnation));
    // A destructor may poll other instances.
    let is_buried = remains > 0 && (current == 0 || current == remains);
    let number = match (is_buried, panicking()) {
        (true, _) => remains,
        (false, true) => current,
        (false, false) => 0,
    };
    (number > 0).then_some(number)
}
