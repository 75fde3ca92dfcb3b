//! Events: a name, what was measured, and what it was about.

use std::time::Duration;

use crate::exit::ExitReason;
use crate::message::HandlerMeta;
use crate::namespace::Namespace;

/// What happened. It borrows: a handler that keeps something clones it.
///
/// # Examples
/// ```
/// use scope_runtime::telemetry::Event;
///
/// let event = Event::new("shop.order.placed")
///     .with_measurements(&[("total", 12.5)])
///     .with_metadata(&[("customer", "c7")]);
/// assert_eq!(event.measurements.get("total"), Some(12.5));
/// assert_eq!(event.metadata.get("customer"), Some("c7"));
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
#[must_use = "an event goes nowhere until it is executed"]
pub struct Event<'a> {
    /// Its name: words with dots between, the general ones first.
    pub name: &'a str,
    /// What was measured.
    pub measurements: Measurements<'a>,
    /// What it was about.
    pub metadata: Metadata<'a>,
}

/// What was measured. What an event does not measure is `None`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Measurements<'a> {
    /// How long it took.
    pub duration: Option<Duration>,
    /// How many messages waited in the mailbox.
    pub queue_length: Option<usize>,
    /// What the service says that it uses, in bytes.
    pub memory_usage: Option<u64>,
    /// How many of what the event is about: restarts within the supervisor's period.
    pub count: Option<u64>,
    /// What a program measured besides, by name, in base units.
    pub more: &'a [(&'a str, f64)],
}

/// What an event was about. What does not apply is `None`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Metadata<'a> {
    /// The name of the service.
    pub service: Option<&'a str>,
    /// The key of the instance, where the service has many.
    pub key: Option<&'a str>,
    /// Where it runs.
    pub namespace: Option<&'a Namespace>,
    /// The number of the incarnation, as in [`Pid::incarnation`](crate::Pid::incarnation).
    pub incarnation: Option<u64>,
    /// The handler, and what it answers to.
    pub handler: Option<HandlerMeta>,
    /// How it went: the error is an `error_type`, such as `panic`, of which there are few.
    pub result: Option<Result<(), &'a str>>,
    /// What it was before: a word of which there are few, such as `healthy`.
    pub from: Option<&'a str>,
    /// What it is now.
    pub to: Option<&'a str>,
    /// The path of the supervisor, such as `production/Shop`.
    pub supervisor: Option<&'a str>,
    /// The path of the child.
    pub child: Option<&'a str>,
    /// Why it ended.
    pub reason: Option<&'a ExitReason>,
    /// What a program says besides, by name.
    pub more: &'a [(&'a str, &'a str)],
}

impl<'a> Event<'a> {
    /// Makes an event with nothing but a name. Those of the runtime begin with `scope.`.
    pub fn new(name: &'a str) -> Self {
        Self {
            name,
            measurements: Measurements::default(),
            metadata: Metadata::default(),
        }
    }

    /// Says how long it took.
    pub fn with_duration(mut self, duration: Duration) -> Self {
        self.measurements.duration = Some(duration);
        self
    }

    /// Adds measurements of the program's own.
    pub fn with_measurements(mut self, more: &'a [(&'a str, f64)]) -> Self {
        self.measurements.more = more;
        self
    }

    /// Adds metadata of the program's own.
    pub fn with_metadata(mut self, more: &'a [(&'a str, &'a str)]) -> Self {
        self.metadata.more = more;
        self
    }
}

impl Measurements<'_> {
    /// The program's own measurement of this name.
    pub fn get(&self, name: &str) -> Option<f64> {
        let found = self.more.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }
}

impl<'a> Metadata<'a> {
    /// The program's own metadata of this name.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let found = self.more.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    }
}
