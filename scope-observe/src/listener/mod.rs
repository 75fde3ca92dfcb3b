//! The stand-alone server.
//!
//! It runs beside the trees, so that it can say that they stop: nothing of it is in a tree unless
//! somebody puts it there.
//!
//! # Protocol
//! A connection takes one of a bounded number of places *before* it is accepted; when all are
//! taken, the next ones wait in the backlog of the operating system. It loses its place by ending,
//! by leaving a request unfinished for too long, or by not reading what it asked for. At the end the
//! server accepts nothing more, ends the streams of events, lets answers that are on their way
//! arrive, and drops what is left after a time of grace. Dropping its future ends all at once.

mod connection;
mod error;
mod steady;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::Observer;
use crate::environment::EnvironmentError;
use crate::problem::no_such_path;
use crate::settings::Actions;
use crate::task::Owned;

pub use self::error::ListenError;

/// Where it listens by default.
const ADDRESS: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 9464);

/// The variable that turns it on.
const VARIABLE: &str = "SCOPE_HTTP_ADDR";

/// How long it waits after an accept that failed: for want of files, mostly.
const PAUSE: Duration = Duration::from_millis(100);

/// What a client may take up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many connections there may be: 512. More wait.
    pub connections: usize,
    /// How long a client may take to send the head of a request, or to send the next one: 10 s.
    pub header_timeout: Duration,
    /// How many bytes the head may have: 16 KiB, and no less than 8.
    pub header_bytes: usize,
    /// How long a client may read nothing of an answer: 30 s.
    pub stall_timeout: Duration,
    /// How long answers may take to arrive when the server stops: 5 s.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            header_timeout: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            stall_timeout: Duration::from_secs(30),
            grace: Duration::from_secs(5),
        }
    }
}

/// A server for the routes of an [`Observer`], bound to its address.
///
/// # Examples
/// ```
/// use scope_observe::{Listener, Observer};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let observer = Observer::start();
/// let listener = Listener::bind(&observer, "127.0.0.1:0".parse()?).await?;
/// println!("http://{}/health", listener.address());
/// let serving = listener.spawn();
/// // Start the tree, let it run, stop it: meanwhile the probes answer.
/// serving.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is served before `serve` or `spawn`"]
pub struct Listener {
    observer: Observer,
    socket: TcpListener,
    address: SocketAddr,
    limits: Limits,
}

/// Serves the routes of an observer until it is dropped: as a task of a tree, for one.
///
/// In a tree, it goes with the tree, and can't tell that that stops: a probe then finds nobody. Where
/// that is not enough, [`spawn`](Listener::spawn) it beside the tree.
///
/// # Errors
/// As [`Listener::bind`]. There is no other end.
pub async fn serve(observer: Observer, address: SocketAddr) -> Result<(), ListenError> {
    Listener::bind(&observer, address).await?.serve().await;
    Ok(())
}

impl Listener {
    /// Binds an address; port 0 means any that is free.
    ///
    /// # Errors
    /// [`ListenError::InUse`] if somebody else listens there, [`ListenError::Bind`] for any other
    /// reason why it can't be bound.
    pub async fn bind(observer: &Observer, address: SocketAddr) -> Result<Self, ListenError> {
        let bound = async {
            let socket = TcpListener::bind(address).await?;
            let address = socket.local_addr()?;
            Ok((socket, address))
        };
        let (socket, bound) = bound
            .await
            .map_err(|error| ListenError::of(address, error))?;
        tracing::info!(target: "scope", "observing at http://{bound}");
        if observer.settings().actions == Actions::Allowed && !bound.ip().is_loopback() {
            tracing::warn!(
                target: "scope",
                "whoever reaches {bound} can stop services: actions are allowed, and it is not this machine's own address"
            );
        }
        Ok(Self {
            observer: observer.clone(),
            socket,
            address: bound,
            limits: Limits::default(),
        })
    }

    /// Binds the address in `SCOPE_HTTP_ADDR`, or `127.0.0.1:9464` if that says `on`; `None` if it
    /// is not set, is empty, or says `off`.
    ///
    /// # Errors
    /// As [`bind`](Self::bind); [`ListenError::Environment`] if it is no address.
    pub async fn from_env(observer: &Observer) -> Result<Option<Self>, ListenError> {
        match address(std::env::var(VARIABLE).ok().as_deref())? {
            Some(address) => Self::bind(observer, address).await.map(Some),
            None => Ok(None),
        }
    }

    /// Sets what clients may take up.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until it is dropped, and every connection with it.
    pub async fn serve(self) {
        // Kept: dropped, it would mean the end.
        let (_stop, stopped) = oneshot::channel();
        self.run(stopped).await;
    }

    /// Serves in a task of its own.
    pub fn spawn(self) -> Serving {
        let (stop, stopped) = oneshot::channel();
        let address = self.address;
        Serving {
            address,
            stop: Some(stop),
            task: Owned::spawn(self.run(stopped)),
        }
    }

    async fn run(self, mut stopped: oneshot::Receiver<()>) {
        let router: Router = self.observer.router().fallback(no_such_path);
        let (stopping, _) = watch::channel(false);
        let places = Arc::new(Semaphore::new(self.limits.connections));
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                _ = &mut stopped => break,
                Some(_) = connections.join_next() => {}
                (stream, peer, place) = self.next(&places) => {
                    let router = router.clone();
                    let stopping = stopping.subscribe();
                    let limits = self.limits;
                    connections.spawn(async move {
                        connection::serve(stream, ConnectInfo(peer), router, limits, stopping).await;
                        drop(place);
                    });
                }
            }
        }
        let grace = self.limits.grace;
        drop(self.socket);
        stopping.send_replace(true);
        self.observer.close_streams();
        let arrived = async { while connections.join_next().await.is_some() {} };
        if timeout(grace, arrived).await.is_err() {
            tracing::debug!(target: "scope", "dropped {} connections", connections.len());
        }
    }

    /// The next client, once there is a place for it.
    async fn next(&self, places: &Arc<Semaphore>) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        loop {
            let Ok(place) = places.clone().acquire_owned().await else {
                // It is never closed.
                std::future::pending().await
            };
            match self.socket.accept().await {
                Ok((stream, peer)) => return (stream, peer, place),
                Err(error) => {
                    tracing::debug!(target: "scope", %error, "a connection was not accepted");
                    sleep(PAUSE).await;
                }
            }
        }
    }
}

/// A server that runs. Dropping it ends it, and every connection with it.
#[derive(Debug)]
#[must_use = "dropping it ends the server"]
pub struct Serving {
    address: SocketAddr,
    /// Dropped to stop it.
    stop: Option<oneshot::Sender<()>>,
    task: Owned,
}

impl Serving {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts nothing more, ends the streams, lets answers arrive, and ends.
    ///
    /// # Cancel safety
    /// Dropping the future ends it at once.
    pub async fn shutdown(mut self) {
        // Dropped, it tells as much.
        self.stop = None;
        self.task.ended().await;
    }
}

fn address(value: Option<&str>) -> Result<Option<SocketAddr>, EnvironmentError> {
    match value {
        None | Some("" | "off") => Ok(None),
        Some("on") => Ok(Some(ADDRESS)),
        Some(value) => value.parse().map(Some).map_err(|_| EnvironmentError {
            name: VARIABLE,
            value: value.to_owned(),
            expected: "write an address such as `127.0.0.1:9464`, `on`, or `off`",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_off_unless_the_environment_says_where() {
        let check = |value: Option<&str>, expected: Option<&str>| {
            let expected = expected.map(|it| it.parse().expect("an address"));
            let found = address(value).expect("it is readable");
            assert_eq!(found, expected, "{value:?}");
        };
        check(None, None);
        check(Some(""), None);
        check(Some("off"), None);
        check(Some("on"), Some("127.0.0.1:9464"));
        check(Some("0.0.0.0:80"), Some("0.0.0.0:80"));
        check(Some("[::1]:9464"), Some("[::1]:9464"));
        for bad in ["9464", "localhost:9464", "127.0.0.1"] {
            let error = address(Some(bad)).expect_err("no address");
            assert_eq!(
                error.to_string(),
                format!(
                    "`SCOPE_HTTP_ADDR` is `{bad}`; write an address such as `127.0.0.1:9464`, `on`, or `off`"
                )
            );
        }
    }
}
