//! The observer: what it remembers, and the task that keeps it up to date.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use scope_runtime::Namespace;
use scope_runtime::telemetry::Attached;
use tokio::runtime::{Handle, RuntimeMetrics};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use crate::desk::Desk;
use crate::events::{Ring, Streams};
use crate::health::{Board, Memory, Reach};
use crate::metrics::{Metrics, Pages, process};
use crate::settings::{ObserverBuilder, Settings};
use crate::task::Owned;

/// Observes the program: its services, trees and events.
///
/// Cheap to clone; it observes until the last clone is dropped, and with it the last router and
/// listener. It only looks: no service waits for it.
///
/// # Examples
/// As part of a server that is there already:
/// ```
/// use scope_observe::Observer;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let observer = Observer::builder().service_id("orders").release("1.2.0").start();
/// let app: axum::Router = axum::Router::new().nest("/internal", observer.router());
/// # drop(app);
/// # }
/// ```
#[derive(Clone)]
pub struct Observer {
    parts: Arc<Parts>,
}

struct Parts {
    settings: Settings,
    since: Timestamp,
    runtime: RuntimeMetrics,
    program: Arc<Board>,
    deciding: Arc<Board>,
    memory: Arc<Memory>,
    desk: Arc<Desk>,
    pages: Pages,
    ring: Arc<Ring>,
    streams: Streams,
    /// How often streams were closed.
    closed: watch::Sender<u64>,
    _tasks: [Owned; 4],
    _attached: Vec<Attached>,
}

impl Observer {
    /// Settings to start one with.
    pub fn builder() -> ObserverBuilder {
        ObserverBuilder::default()
    }

    /// Begins to observe, on the current runtime, with the default settings.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use = "observes until it is dropped"]
    pub fn start() -> Self {
        Self::builder().start()
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let (runtime, since) = (Handle::current().metrics(), Timestamp::now());
        process::measure_memory();
        let program = Arc::new(Board::new(Reach::Program));
        let deciding = Reach::Namespaces(settings.deciding());
        let deciding = Arc::new(Board::new(deciding));
        let (memory, desk) = (Arc::new(Memory::default()), Arc::new(Desk::new()));
        let metrics = Metrics::new(program.clone(), runtime.clone());
        let metrics = Arc::new(metrics);
        let ring = Ring::new(settings.kept_events);
        let interval = settings.health_interval;
        let tasks = [
            Owned::spawn(report(program.clone(), interval)),
            Owned::spawn(answer(deciding.clone())),
            Owned::spawn(remember(memory.clone(), settings.deciding(), interval)),
            Owned::spawn(add_up(desk.clone(), metrics.clone(), interval)),
        ];
        let parts = Parts {
            runtime,
            program,
            deciding,
            memory,
            desk,
            pages: Pages::new(metrics.registry()),
            streams: Streams::new(format!("{:x}", since.as_millisecond())),
            closed: watch::Sender::new(0),
            _tasks: tasks,
            _attached: ring.attach(&settings.prefixes),
            ring,
            since,
            settings,
        };
        Self {
            parts: Arc::new(parts),
        }
    }

    /// Ends the streams of events that clients listen to. A server that waits for its connections at
    /// its end has to do that: they would never end. A [`Listener`](crate::Listener) does it by
    /// itself.
    pub fn close_streams(&self) {
        self.parts.closed.send_modify(|times| *times += 1);
    }

    /// Changes when streams are to end.
    pub(crate) fn closed(&self) -> watch::Receiver<u64> {
        self.parts.closed.subscribe()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    pub(crate) fn since(&self) -> Timestamp {
        self.parts.since
    }

    pub(crate) fn runtime(&self) -> &RuntimeMetrics {
        &self.parts.runtime
    }

    /// Reports on everybody.
    pub(crate) fn program(&self) -> &Board {
        &self.parts.program
    }

    /// Reports on those that decide whether the program is ready.
    pub(crate) fn deciding(&self) -> &Board {
        &self.parts.deciding
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.parts.memory
    }

    pub(crate) fn desk(&self) -> &Desk {
        &self.parts.desk
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.parts.pages
    }

    pub(crate) fn ring(&self) -> &Arc<Ring> {
        &self.parts.ring
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.parts.streams
    }
}

/// Makes a report at an interval, and when somebody asks.
#[expect(clippy::infinite_loop, reason = "it runs until its owner is dropped")]
async fn report(board: Arc<Board>, interval: Duration) {
    loop {
        let next = Instant::now() + interval;
        board.renew().await;
        board.wait(next).await;
    }
}

/// Makes a report when somebody asks.
#[expect(clippy::infinite_loop, reason = "it runs until its owner is dropped")]
async fn answer(board: Arc<Board>) {
    loop {
        board.asked().await;
        board.renew().await;
    }
}

/// Notices that the trees are up, also where no probe asks.
#[expect(clippy::infinite_loop, reason = "it runs until its owner is dropped")]
async fn remember(memory: Arc<Memory>, namespaces: Vec<Namespace>, interval: Duration) {
    loop {
        memory.has_started(&namespaces);
        sleep(interval).await;
    }
}

/// Reads what may be gone by the next scrape.
#[expect(clippy::infinite_loop, reason = "it runs until its owner is dropped")]
async fn add_up(desk: Arc<Desk>, metrics: Arc<Metrics>, interval: Duration) {
    loop {
        let metrics = metrics.clone();
        // If it failed, the next scrape would tell.
        drop(desk.work(move || metrics.keep_up()).await);
        sleep(interval).await;
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observer")
            .field("settings", &self.parts.settings)
            .finish_non_exhaustive()
    }
}
