//! Running a tree until the operating system says stop.

use std::future::Future;
use std::time::Duration;

use crate::exit::ExitReason;
use crate::rt::{select, signal, sleep};
use crate::running::{Error, Exit, Running, Starting, report_own_end};

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
        let mut signals = Signals::new()?;
        Ok(signals.run(self).await)
    }

    /// Stops the tree in order.
    async fn drain(self) -> Exit {
        let pid = self.pid().clone();
        match self.shutdown().await {
            ExitReason::Shutdown if pid.process().has_finished() => Exit::Finished,
            ExitReason::Shutdown => {
                tracing::info!(target: "scope", "stopped in order");
                Exit::Drained
            }
            reason => {
                report_own_end(&pid, &reason);
                Exit::GaveUp
            }
        }
    }
}

impl<T> Starting<T> {
    /// Starts the tree and runs it until a signal, see [`Running::run_until_signal`]. A tree that is
    /// still starting when the signal comes is stopped as soon as it has started.
    ///
    /// # Errors
    /// As there; also [`Error::Start`], but for a service that is missing in the surroundings: that is the exit
    /// [`Exit::MissingRequirement`].
    pub async fn run(mut self) -> Result<Exit, Error> {
        let mut signals = Signals::new()?;
        let signal = select! {
            biased;
            signal = signals.next() => signal,
            running = &mut self => {
                return match running {
                    Ok(running) => Ok(signals.run(running).await),
                    Err(error) => Exit::of_start(error),
                };
            }
        };
        tracing::info!(target: "scope", signal, "stopping: a signal came during the start");
        let end = async {
            match self.await {
                Ok(running) => Ok(running.drain().await),
                Err(error) => Exit::of_start(error),
            }
        };
        signals.limit(end).await.unwrap_or_else(Ok)
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
    /// How long a shutdown may take.
    shutdown: Duration,
    #[cfg(unix)]
    interrupt: signal::unix::Signal,
    #[cfg(unix)]
    terminate: signal::unix::Signal,
}

impl Signals {
    fn new() -> Result<Self, Error> {
        let shutdown = shutdown_timeout(std::env::var("SCOPE_SHUTDOWN_TIMEOUT").ok())?;
        Self::listen(shutdown).map_err(Error::Signals)
    }

    #[cfg(unix)]
    fn listen(shutdown: Duration) -> std::io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self {
            shutdown,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(not(unix))]
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
    fn listen(shutdown: Duration) -> std::io::Result<Self> {
        Ok(Self { shutdown })
    }

    /// Lets a tree run until a signal comes, and then stops it.
    async fn run<T>(&mut self, running: Running<T>) -> Exit {
        select! {
            biased;
            signal = self.next() => {
                tracing::info!(target: "scope", signal, "stopping: a signal came");
            }
            reason = running.exited() => return running.own_end(&reason),
        }
        self.limit(running.drain())
            .await
            .unwrap_or_else(|exit| exit)
    }

    /// Waits for the end of a shutdown, unless it takes too long or another signal comes.
    async fn limit<E>(&mut self, end: impl Future<Output = E>) -> Result<E, Exit> {
        let limit = self.shutdown;
        select! {
            biased;
            signal = self.next() => {
                tracing::error!(target: "scope", signal, "a second signal: not waiting any longer");
                Err(Exit::Forced(signal))
            }
            end = end => Ok(end),
            () = sleep(limit) => {
                tracing::error!(target: "scope", ?limit, "the shutdown took too long");
                Err(Exit::DeadlinePassed)
            }
        }
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
