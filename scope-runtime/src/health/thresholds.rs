//! From where on the automatic checks find something.

use std::time::Duration;

/// From where on the automatic checks of a service find something: `#[service(health(...))]`.
///
/// | check | finds something | default | then the service is |
/// | --- | --- | --- | --- |
/// | `queue` | when this share of the mailbox is full | 0.8 | degraded |
/// | `stuck` | when a handler runs for so long | 10 s | unhealthy |
/// | `restarts` | after so many restarts within the last minute | 3 | degraded |
/// | `suspended` | while the service is suspended | – | unhealthy |
/// | `process_memory` | when the process uses more than this, see [`measure_process_memory`](crate::measure_process_memory) | none | degraded |
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use scope_runtime::{Options, Thresholds};
///
/// const OPTIONS: Options =
///     Options::DEFAULT.health(Thresholds::DEFAULT.queue(0.5).stuck(Duration::from_secs(1)));
/// assert_eq!(OPTIONS.health.messages(1024), 512);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Thresholds {
    /// Parts of a million, so that options can be compared.
    queue: u32,
    /// How long a handler may run.
    pub stuck: Duration,
    /// So many restarts within the last minute are too many.
    pub restarts: usize,
    /// How many bytes the process may use; `None` if that is not looked at.
    pub process_memory: Option<u64>,
}

const MILLION: u32 = 1_000_000;

impl Thresholds {
    /// Those of a service that declares none.
    pub const DEFAULT: Self = Self {
        queue: MILLION / 10 * 8,
        stuck: Duration::from_secs(10),
        restarts: 3,
        process_memory: None,
    };

    /// Sets which share of the mailbox may be full.
    ///
    /// # Panics
    /// Unless `share` is above zero and at most one. In a const, that is a compile error.
    #[must_use = "gives the changed thresholds"]
    pub const fn queue(mut self, share: f64) -> Self {
        assert!(
            share > 0.0 && share <= 1.0,
            "a share of the mailbox is above 0 and at most 1"
        );
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is between zero and a million"
        )]
        let parts = (share * MILLION as f64 + 0.5) as u32;
        self.queue = parts;
        self
    }

    /// Sets how long a handler may run.
    #[must_use = "gives the changed thresholds"]
    pub const fn stuck(mut self, limit: Duration) -> Self {
        self.stuck = limit;
        self
    }

    /// Sets how many restarts within the last minute are too many.
    #[must_use = "gives the changed thresholds"]
    pub const fn restarts(mut self, count: usize) -> Self {
        self.restarts = count;
        self
    }

    /// Sets how many bytes the process may use.
    #[must_use = "gives the changed thresholds"]
    pub const fn process_memory(mut self, bytes: u64) -> Self {
        self.process_memory = Some(bytes);
        self
    }

    /// How many waiting messages are too many for a mailbox of this capacity; one at least.
    pub fn messages(&self, capacity: usize) -> usize {
        let parts = capacity as u128 * u128::from(self.queue);
        let messages = parts.div_ceil(u128::from(MILLION)).max(1);
        usize::try_from(messages).unwrap_or(usize::MAX)
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::DEFAULT
    }
}
