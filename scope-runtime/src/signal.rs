//! Running a tree until the operating system says stop.

use std::time::Duration;

use crate::exit::ExitReason;
use crate::rt::{select, signal, sleep};
use crate::running::{Error, Exit, Running, Starting};

/// How long a shutdown after a signal may take, unless `SCOPE_SHUTDOWN_TIMEOUT` says otherwise.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(30);

const SIGINT: u8 = 2;
const SIGTERM: u8 = 15;

impl<T> Running<T> {
    /// Waits for SIGTERM, ctrl-c or the end of the tree; after a signal, stops the tree in order.
    ///
    /// The stop may take `SCOPE_SHUTDOWN_TIMEOUT` (a duration such as `500ms`; default `30s`). A
    /// second signal ends it at once.
    ///
    /// # Errors
    /// [`Error::Signals`] if signals cannot be received, [`Error::Environment`] if
    /// `SCOPE_SHUTDOWN_TIMEOUT` is no such duration.
    ///
    /// # Cancel safety
    /// Dropping the future stops the tree, in order, in the background.
    pub async fn run_until_signal(self) -> Result<Exit, Error> {
        let limit = shutdown_timeout(std::env::var("SCOPE_SHUTDOWN_TIMEOUT").ok())?;
        let mut signals = Signals::new().map_err(Error::Signals)?;
        select! {
            biased;
            signal = signals.next() => {
                tracing::info!(signal, "stopping: a signal came");
            }
            reason = self.exited() => {
                tracing::error!(%reason, "the tree ended by itself");
                return Ok(Exit::GaveUp);
            }
        }
        select! {
            biased;
            signal = signals.next() => {
                tracing::error!(signal, "a second signal: not waiting any longer");
                Ok(Exit::Forced(signal))
            }
            reason = self.shutdown() => Ok(match reason {
                ExitReason::Shutdown => {
                    tracing::info!("stopped in order");
                    Exit::Drained
                }
                reason => {
                    tracing::error!(%reason, "the tree ended by itself");
                    Exit::GaveUp
                }
            }),
            () = sleep(limit) => {
                tracing::error!(?limit, "the shutdown took too long");
                Ok(Exit::DeadlinePassed)
            }
        }
    }
}

impl<T> Starting<T> {
    /// Starts the tree and runs it until a signal, see [`Running::run_until_signal`].
    ///
    /// # Errors
    /// As there; also [`Error::Start`].
    pub async fn run(self) -> Result<Exit, Error> {
        self.await?.run_until_signal().await
    }
}

fn shutdown_timeout(value: Option<String>) -> Result<Duration, Error> {
    let Some(value) = value else {
        return Ok(SHUTDOWN_TIMEOUT);
    };
    humantime::parse_duration(&value).map_err(|_| Error::Environment {
        name: "SCOPE_SHUTDOWN_TIMEOUT",
        value,
        expected: "write a duration, such as `30s` or `500ms`",
    })
}

/// SIGINT and SIGTERM; elsewhere than on Unix, ctrl-c.
struct Signals {
    #[cfg(unix)]
    interrupt: signal::unix::Signal,
    #[cfg(unix)]
    terminate: signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> std::io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    /// The number of the next signal.
    #[cfg(unix)]
    async fn next(&mut self) -> u8 {
        select! {
            biased;
            _ = self.interrupt.recv() => SIGINT,
            _ = self.terminate.recv() => SIGTERM,
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> u8 {
        // Without a console there is no ctrl-c, and nothing to wait for.
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        SIGINT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: Option<Duration>) {
        assert_eq!(
            shutdown_timeout(Some(value.to_owned())).ok(),
            expected,
            "{value}"
        );
    }

    #[test]
    fn the_shutdown_timeout_is_read_from_the_environment() {
        assert_eq!(shutdown_timeout(None).ok(), Some(SHUTDOWN_TIMEOUT));
        check("5s", Some(Duration::from_secs(5)));
        check("500ms", Some(Duration::from_millis(500)));
        for bad in ["", "5", "s", "-5s", "soon"] {
            check(bad, None);
        }
    }
}
