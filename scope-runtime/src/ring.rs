//! Rings of calls: found when the ring closes, instead of hanging until a deadline.
//!
//! # Protocol
//! Around each poll of an instance's task, the thread-local *current* instance is set. A call or a
//! waiting cast that is polled there, in a handler, is an edge: this instance, which serves nobody
//! else meanwhile, waits for that one. The edge is published before the walk along the edges begins,
//! and each edge list has its own lock: of two calls that close a ring at the same time, at
//! least one sees the other's edge.
//!
//! An edge is over when it was answered, when its reply was deferred, when its message was refused,
//! when its deadline passed, when its future was dropped, or when the handler that began it ended. An instance with two edges at once may go on when either is
//! answered, so it is no part of a certain ring. What a handler awaits *beside* a call, such as a
//! timer in a `select!`, is not seen: a call that is raced against something counts as a wait.

use std::cell::Cell;
use std::fmt;

use crate::deadline::{Left, Ticket};
use crate::rt::{
    Arc, AtomicBool, AtomicU64, Instant, Mutex, OnceLock, Ordering, Weak, lock, thread_local,
};
use crate::slot::Slot;

type Edges = Mutex<Vec<Arc<Wait>>>;

/// The edges out of one instance.
#[derive(Default)]
pub(crate) struct Waits {
    /// False while there are none: looked at after each message.
    any: AtomicBool,
    /// The ticket of the caller whose message is being handled, until the handler waits. Only the instance's own task
    /// writes and reads it.
    serving: AtomicU64,
    /// Made for the first of them.
    edges: OnceLock<Box<Edges>>,
}

impl Waits {
    /// Says whose message is being handled from now on.
    #[inline]
    pub(crate) fn serve(&self, ticket: Option<Ticket>) {
        let number = ticket.map_or(0, Ticket::to_bits);
        self.serving.store(number, Ordering::Relaxed);
    }

    fn serving(&self) -> Option<Ticket> {
        Ticket::from_bits(self.serving.load(Ordering::Relaxed))
    }

    /// Its handler has ended: whatever it began to wait for does not hold it up any more.
    #[inline]
    pub(crate) fn end_all(&self) {
        if self.any.load(Ordering::Relaxed) {
            self.any.store(false, Ordering::Relaxed);
            let edges = self
                .edges
                .get()
                .map(|edges| std::mem::take(&mut *lock(edges)));
            for wait in edges.iter().flatten() {
                wait.end();
            }
        }
    }
}

/// One edge: an instance waits for `target`.
pub(crate) struct Wait {
    from: Weak<Slot>,
    target: Weak<Slot>,
    deadline: Option<Instant>,
    over: AtomicBool,
}

impl Wait {
    /// The one who waits can go on, whether or not it has noticed.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
    }

    fn is_live(&self, now: Instant) -> bool {
        !self.over.load(Ordering::SeqCst) && self.deadline.is_none_or(|deadline| now < deadline)
    }

    /// Takes the edge out of the graph.
    pub(crate) fn remove(self: &Arc<Self>) {
        self.end();
        if let Some(from) = self.from.upgrade()
            && let Some(edges) = from.waits.edges.get()
        {
            lock(edges).retain(|wait| !Arc::ptr_eq(wait, self));
        }
    }
}

/// An edge that travels with its message. It ends when the message does: handled, refused, or
/// dropped with a killed handler.
pub(crate) struct Held(Arc<Wait>);

impl Held {
    pub(crate) fn new(wait: &Arc<Wait>) -> Self {
        Self(wait.clone())
    }

    pub(crate) fn wait(&self) -> &Arc<Wait> {
        &self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The names along a ring of calls; the last waits for the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(Arc<[String]>);

impl Cycle {
    /// The services along the ring, beginning with the one whose call closed it.
    pub fn services(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for service in self.0.iter() {
            write!(f, "{service} -> ")?;
        }
        f.write_str(self.0.first().map_or("", String::as_str))
    }
}

/// The instance whose task is being polled on this thread.
pub(crate) struct Current {
    /// The instance; a task that only inherits a deadline has none, and is no edge of a ring.
    pub(crate) slot: Option<Arc<Slot>>,
    pub(crate) incarnation: u64,
    /// Until when its own calls may take. `None` also where the slot knows whose message is being handled.
    pub(crate) time: Option<Instant>,
    /// The edge of the caller whose call is being handled.
    pub(crate) caller: Option<Arc<Wait>>,
}

impl Current {
    /// Until when its own calls may take: as long as the caller whose message is being handled waits.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.time.or_else(|| self.slot.as_ref()?.left())
    }
}

impl Slot {
    /// What is left of the time of the caller whose message is being handled.
    fn left(&self) -> Option<Instant> {
        let ticket = self.waits.serving()?;
        match self.deadlines()?.left(ticket) {
            Left::Until(deadline) => Some(deadline),
            Left::Nothing => Some(Instant::now()),
            Left::Endless => None,
        }
    }
}

thread_local! {
    static CURRENT: Cell<Option<Box<Current>>> = const { Cell::new(None) };
}

/// Runs `body` with `current` set on this thread.
pub(crate) fn scope<R>(current: &mut Option<Box<Current>>, body: impl FnOnce() -> R) -> R {
    /// Puts back what was there before, also when `body` unwinds.
    struct Restore<'a> {
        current: &'a mut Option<Box<Current>>,
        outer: Option<Box<Current>>,
    }

    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            *self.current = CURRENT.with(|cell| cell.replace(self.outer.take()));
        }
    }

    let outer = CURRENT.with(|cell| cell.replace(current.take()));
    let _restore = Restore { current, outer };
    body()
}

/// Says who waits for the current instance from now on, and looks up until when: the caller may be gone when it
/// matters.
pub(crate) fn attribute(caller: Option<&Arc<Wait>>) {
    with_current(|current| {
        if let Some(current) = current {
            current.caller = caller.cloned();
            current.time = current.slot.as_ref().and_then(|slot| slot.left());
        }
    });
}

/// Looks at the instance whose task is being polled on this thread.
pub(crate) fn with_current<R>(look: impl FnOnce(Option<&mut Current>) -> R) -> R {
    let Ok(Some(mut current)) = CURRENT.try_with(Cell::take) else {
        return look(None);
    };
    let result = look(Some(&mut current));
    // Nothing is lost if the thread is just ending.
    let restored = CURRENT.try_with(|cell| cell.set(Some(current)));
    debug_assert!(restored.is_ok(), "a thread that ends runs no handler");
    result
}

/// Runs `body` with nothing but a deadline to inherit.
pub(crate) fn with_deadline<R>(deadline: Option<Instant>, body: impl FnOnce() -> R) -> R {
    let Some(deadline) = deadline else {
        return body();
    };
    let mut current = Some(Box::new(Current {
        slot: None,
        incarnation: 0,
        time: Some(deadline),
        caller: None,
    }));
    scope(&mut current, body)
}

/// Publishes that the handler of `from` waits for `target`.
///
/// # Errors
/// The ring that this wait would close.
pub(crate) fn wait_for(
    from: &Arc<Slot>,
    target: &Arc<Slot>,
    deadline: Option<Instant>,
) -> Result<Arc<Wait>, Cycle> {
    let wait = Arc::new(Wait {
        from: Arc::downgrade(from),
        target: Arc::downgrade(target),
        deadline,
        over: AtomicBool::new(false),
    });
    let edges = from.waits.edges.get_or_init(Box::default);
    lock(edges).push(wait.clone());
    from.waits.any.store(true, Ordering::Relaxed);
    match find_ring(from) {
        None => Ok(wait),
        Some(cycle) => {
            wait.remove();
            Err(cycle)
        }
    }
}

/// Follows the only edge out of each instance until it comes back to `start`, or ends.
fn find_ring(start: &Arc<Slot>) -> Option<Cycle> {
    let now = Instant::now();
    let mut current = only_target(start, now)?;
    // A ring further on that does not come back to us is for its own members to report: a mark
    // that is left behind at growing distances notices it, without a list of all that was passed.
    let (mut mark, mut steps, mut limit) = (current.clone(), 0_usize, 1_usize);
    while !Arc::ptr_eq(&current, start) {
        current = only_target(&current, now)?;
        if Arc::ptr_eq(&current, &mark) {
            return None;
        }
        steps += 1;
        if steps == limit {
            (mark, steps, limit) = (current.clone(), 0, limit * 2);
        }
    }
    let mut names = vec![start.label()];
    let mut current = only_target(start, now)?;
    while !Arc::ptr_eq(&current, start) {
        names.push(current.label());
        current = only_target(&current, now)?;
    }
    Some(Cycle(names.into()))
}

fn only_target(slot: &Slot, now: Instant) -> Option<Arc<Slot>> {
    let waits = lock(slot.waits.edges.get()?);
    let mut live = waits.iter().filter(|wait| wait.is_live(now));
    let only = live.next()?;
    if live.next().is_some() {
        None
    } else {
        only.target.upgrade()
    }
}
