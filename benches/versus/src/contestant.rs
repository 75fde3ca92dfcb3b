//! What a contestant is: the same counter, ring and group of counters, written with one library.

use std::future::{Future, ready};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::request::Flavour;

/// One library's way to do what is measured.
///
/// Its counter holds an `i64`, adds to it on a call and answers the sum, adds to it on a cast. A method that answers
/// `None` says that the library has no such thing.
pub trait Contestant: Sized + Send + Sync + 'static {
    /// What runs it.
    type Host: Host;
    /// How messages reach a counter; obtained from the registry, where there is one.
    type Address: Clone + Send + Sync + 'static;
    /// A counter that nobody supervises.
    type Plain: Send + 'static;
    /// Services of which each passes a message on to the next.
    type Ring: Send + 'static;
    /// A supervisor with registered counters.
    type Group: Send + Sync + 'static;

    /// The runtime of this flavour.
    fn host(flavour: Flavour) -> Option<Self::Host>;

    /// Runs a future of the benchmark beside the actors.
    fn task<F>(future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        tokio::spawn(future)
    }

    /// Starts what all measures of one runtime share.
    fn new() -> impl Future<Output = Self> + Send;

    /// A supervised counter, where there are supervisors, found through the registry, where there is one.
    fn counter(&self) -> impl Future<Output = Self::Address> + Send;
    /// Adds, and gives the sum.
    fn call(address: &Self::Address, by: i64) -> impl Future<Output = i64> + Send;
    /// Adds, without an answer; waits for room.
    fn cast(address: &Self::Address, by: i64) -> impl Future<Output = ()> + Send;

    /// Starts a ring.
    fn ring(&self, size: usize) -> impl Future<Output = Self::Ring> + Send;
    /// Sends a message so many hops round the ring; who gets it at the last one calls [`ring_is_closed`].
    fn pass(ring: &Self::Ring, hops: u64) -> impl Future<Output = ()> + Send;

    /// Starts a counter that nobody supervises.
    fn plain(&self) -> impl Future<Output = Option<Self::Plain>> + Send;
    /// Stops it, and waits until it is gone.
    fn end(plain: Self::Plain) -> impl Future<Output = ()> + Send;

    // Who has no supervisors leaves the following as they are.

    /// Starts a supervisor, and below it a registered counter of each name.
    fn group(&self, _names: &[String]) -> impl Future<Output = Option<Self::Group>> + Send {
        ready(None)
    }
    /// Starts one more.
    fn add(_group: &Self::Group, _name: &String) -> impl Future<Output = ()> + Send {
        ready(())
    }
    /// Stops one, and waits until it is gone.
    fn remove(_group: &Self::Group, _name: &String) -> impl Future<Output = ()> + Send {
        ready(())
    }
    /// The address of the counter that runs under this name now.
    fn lookup(_group: &Self::Group, _name: &String) -> Option<Self::Address> {
        None
    }
    /// Tells the counter to panic.
    fn crash(_address: &Self::Address) -> impl Future<Output = ()> + Send {
        ready(())
    }
    /// A call that may find nobody.
    fn answer(_address: &Self::Address) -> impl Future<Output = Option<i64>> + Send {
        ready(None)
    }
    /// Stops the supervisor and all below it.
    fn close(_group: Self::Group) -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Looks at every service of a group, as an operator would; gives how many there are.
    fn survey(_group: &Self::Group) -> Option<usize> {
        None
    }

    /// Casts to a counter with room for so many, which handles none before all are there; what sending and handling
    /// took.
    fn flood(&self, _casts: usize) -> impl Future<Output = Option<[Duration; 2]>> + Send {
        ready(None)
    }
}

/// What runs futures.
pub trait Host {
    /// Runs one to its end.
    fn block_on<F: Future>(&self, future: F) -> F::Output;
}

impl Host for Runtime {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.block_on(future)
    }
}

impl Flavour {
    /// Tokio's runtime of this flavour, as `#[tokio::main]` makes it.
    ///
    /// # Panics
    /// If the system gives no threads.
    pub fn runtime(self) -> Runtime {
        let mut builder = match self {
            Self::CurrentThread => Builder::new_current_thread(),
            Self::TwoWorkers => Builder::new_multi_thread(),
        };
        let built = builder.worker_threads(2).enable_all().build();
        built.expect("the system gives threads")
    }
}

/// The name of a registered counter.
pub fn name(index: usize) -> String {
    format!("counter-{index}")
}

pub(crate) static RING: Notify = Notify::const_new();

/// Says that the message has come all the way.
pub fn ring_is_closed() {
    RING.notify_one();
}
