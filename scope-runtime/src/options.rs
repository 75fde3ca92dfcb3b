//! The options of a service: what `#[service(...)]` declares.

use std::time::Duration;

use crate::child_spec::{Restart, Shutdown};
use crate::health::Thresholds;
use crate::verify::same;

/// What a full mailbox does with one more message.
///
/// | policy | a call or cast | `.now()` and casts to oneself |
/// | --- | --- | --- |
/// | `Wait` | waits for room, first come, first served | fails with `Overloaded` |
/// | `Reject` | fails with `Overloaded` | fails with `Overloaded` |
/// | `DropOldest` | takes the place of the oldest, which fails or is counted | the same |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overload {
    /// The sender waits.
    #[default]
    Wait,
    /// The message comes back.
    Reject,
    /// The oldest message goes; it is counted, and its caller learns of it.
    DropOldest,
}

/// The layer of a service; it may require its own layer and those below.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Configuration, events, telemetry.
    Foundation,
    /// Databases, gateways.
    Infrastructure,
    /// The rules of the business.
    Business,
    /// What faces the user; the default.
    #[default]
    Application,
}

/// Names a service type at compile time: its module and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServiceId {
    /// The path of the module that declares it.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its layer.
    pub layer: Layer,
    /// Whether it stands for a family of types: a service with type parameters.
    pub generic: bool,
    /// Tells most others apart at once: proofs compare every service of a tree with every other one.
    pub(crate) hash: u64,
}

impl Layer {
    /// As it is written: `business`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Foundation => "foundation",
            Self::Infrastructure => "infrastructure",
            Self::Business => "business",
            Self::Application => "application",
        }
    }
}

impl ServiceId {
    /// Makes an id; `#[service]` passes `module_path!()` and the struct's name.
    pub const fn new(module: &'static str, name: &'static str, layer: Layer) -> Self {
        Self {
            module,
            name,
            layer,
            generic: false,
            hash: hash(hash(SEED, module), name),
        }
    }

    /// Says that the service has type parameters: its id stands for all of its types.
    #[must_use = "gives the changed id"]
    pub const fn generic(mut self) -> Self {
        self.generic = true;
        self
    }

    /// Whether both name the same service; `==`, for const.
    pub(crate) const fn is(&self, other: &Self) -> bool {
        self.hash == other.hash && same(self.name, other.name) && same(self.module, other.module)
    }
}

/// What a [`hash`] begins with.
pub(crate) const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, as the hashers of std are not const.
pub(crate) const fn hash(mut hash: u64, text: &str) -> u64 {
    let text = text.as_bytes();
    let mut index = 0;
    while index < text.len() {
        hash = (hash ^ text[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    hash
}

/// The options of a service.
///
/// | option | default |
/// | --- | --- |
/// | `name` | the struct's name |
/// | `restart` | `Permanent` |
/// | `shutdown` | 5 s |
/// | `capacity` | 1,024 messages |
/// | `overload` | `Wait` |
/// | `keep`, `drain` | off |
/// | `call_timeout` | 5 s |
/// | `start_timeout` | 60 s |
/// | `health` | see [`Thresholds`] |
/// | `debug` | off |
///
/// # Examples
/// ```
/// use scope_runtime::{Options, Restart};
///
/// const OPTIONS: Options = Options::DEFAULT.restart(Restart::Transient).capacity(16);
/// assert_eq!(OPTIONS.capacity, 16);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// The name that people read; `None` for the struct's own.
    pub name: Option<&'static str>,
    /// When it is started again.
    pub restart: Restart,
    /// How it is stopped.
    pub shutdown: Shutdown,
    /// How many messages may wait.
    pub capacity: usize,
    /// What happens to one more.
    pub overload: Overload,
    /// Whether queued messages wait for the successor after a crash.
    pub keep: bool,
    /// Whether queued messages are served before a stop, within the shutdown time.
    pub drain: bool,
    /// How long a call waits for its answer; `None` for ever.
    pub call_timeout: Option<Duration>,
    /// How long a start may take; `None` for ever.
    pub start_timeout: Option<Duration>,
    /// From where on its automatic health checks find something.
    pub health: Thresholds,
    /// Whether the last messages are remembered, for [`Handle::inspect`](crate::Handle::inspect).
    pub debug: bool,
}

impl Options {
    /// The options of a service that declares none.
    pub const DEFAULT: Self = Self {
        name: None,
        restart: Restart::Permanent,
        shutdown: Shutdown::Timeout(Duration::from_secs(5)),
        capacity: 1024,
        overload: Overload::Wait,
        keep: false,
        drain: false,
        call_timeout: Some(Duration::from_secs(5)),
        start_timeout: Some(Duration::from_secs(60)),
        health: Thresholds::DEFAULT,
        debug: false,
    };

    /// Sets the name that people read, in logs and lists.
    #[must_use = "gives the changed options"]
    pub const fn name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Sets when it is started again.
    #[must_use = "gives the changed options"]
    pub const fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Sets how it is stopped.
    #[must_use = "gives the changed options"]
    pub const fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = shutdown;
        self
    }

    /// Sets how many messages may wait.
    ///
    /// # Panics
    /// If `capacity` is zero: nothing could ever be sent. In a const, that is a compile error.
    #[must_use = "gives the changed options"]
    pub const fn capacity(mut self, capacity: usize) -> Self {
        assert!(capacity > 0, "a mailbox holds at least one message");
        self.capacity = capacity;
        self
    }

    /// Sets what happens to a message that finds the mailbox full.
    #[must_use = "gives the changed options"]
    pub const fn overload(mut self, overload: Overload) -> Self {
        self.overload = overload;
        self
    }

    /// Lets queued messages wait for the successor after a crash.
    #[must_use = "gives the changed options"]
    pub const fn keep(mut self) -> Self {
        self.keep = true;
        self
    }

    /// Serves queued messages before a stop, within the shutdown time.
    #[must_use = "gives the changed options"]
    pub const fn drain(mut self) -> Self {
        self.drain = true;
        self
    }

    /// Sets how long a call waits for its answer.
    #[must_use = "gives the changed options"]
    pub const fn call_timeout(mut self, limit: Duration) -> Self {
        self.call_timeout = Some(limit);
        self
    }

    /// Lets calls wait for ever.
    #[must_use = "gives the changed options"]
    pub const fn no_call_timeout(mut self) -> Self {
        self.call_timeout = None;
        self
    }

    /// Sets how long a start may take.
    #[must_use = "gives the changed options"]
    pub const fn start_timeout(mut self, limit: Duration) -> Self {
        self.start_timeout = Some(limit);
        self
    }

    /// Sets from where on the automatic health checks find something.
    #[must_use = "gives the changed options"]
    pub const fn health(mut self, thresholds: Thresholds) -> Self {
        self.health = thresholds;
        self
    }

    /// Remembers the last messages.
    #[must_use = "gives the changed options"]
    pub const fn debug(mut self) -> Self {
        self.debug = true;
        self
    }

    /// Lets a start take as long as it needs.
    #[must_use = "gives the changed options"]
    pub const fn no_start_timeout(mut self) -> Self {
        self.start_timeout = None;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::DEFAULT
    }
}
