//! What an operator reads in the default format of `tracing`.

use std::io;
use std::sync::{Arc, Mutex};

use scope::telemetry::{self, Event};
use scope::testing::{TestContext, settle};
use scope::{ChildSpec, Intensity, Shutdown, Strategy, SupervisorSpec};
use tokio::sync::watch;
use tracing::Level;

use super::*;

/// What was logged on this thread, in the default format but for the time.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    pub(super) fn start(level: Level) -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .without_time()
            .with_ansi(false)
            .with_max_level(level)
            .with_writer(move || writer.clone())
            .finish();
        (log, subscribe(subscriber))
    }

    /// The lines, with the test's namespace replaced.
    pub(super) fn take(&self, cx: &TestContext) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        let text = String::from_utf8(bytes).unwrap();
        text.replace(&cx.namespace().to_string(), "production")
    }
}

async fn library(cx: &TestContext, strategy: Strategy) {
    let spec = SupervisorSpec::new(strategy)
        .intensity(Intensity::new(1, Duration::from_secs(5)))
        .child(ChildSpec::service::<Shelf>("shelf", || (open(),)))
        .child(ChildSpec::task("dust", std::future::pending::<()>));
    cx.start_spec("Library", spec).await;
}

async fn crash(cx: &TestContext) {
    let shelf = Shelf::via(cx.namespace());
    assert!(matches!(shelf.find(13).await, Err(CallError::Exited(_))));
    settle().await;
}

#[scope::test]
async fn a_restart_and_a_give_up_are_a_line_each(cx: TestContext) {
    library(&cx, Strategy::OneForAll).await;
    let (log, _guard) = Log::start(Level::INFO);
    crash(&cx).await;
    crash(&cx).await;
    insta::assert_snapshot!(log.take(&cx));
}

mod small {
    use super::*;

    /// Makes a service with a mailbox of one, by its policy.
    macro_rules! small {
        ($name:ident, $policy:ident) => {
            #[service(mailbox(capacity = 1, overload = $policy))]
            #[derive(Debug)]
            pub(crate) struct $name {
                gate: Gate,
            }

            #[handlers]
            impl $name {
                #[init]
                fn new(gate: Gate) -> Self {
                    Self { gate }
                }

                #[cast]
                async fn put(&mut self) {
                    self.gate.wait().await;
                }
            }
        };
    }

    pub(super) mod waiting {
        use super::*;
        small!(Waiting, wait);
    }
    pub(super) mod rejecting {
        use super::*;
        small!(Rejecting, reject);
    }
    pub(super) mod dropping {
        use super::*;
        small!(Dropping, drop_oldest);
    }
}

#[scope::test]
async fn an_overload_is_a_line_that_says_what_follows(cx: TestContext) {
    let gate = Gate::default();
    let waiting = cx.service::<small::waiting::Waiting>((gate.clone(),)).await;
    let rejecting = cx.service::<small::rejecting::Rejecting>((gate.clone(),));
    let rejecting = rejecting.await;
    let dropping = cx
        .service::<small::dropping::Dropping>((gate.clone(),))
        .await;
    let (log, _guard) = Log::start(Level::INFO);
    for _ in 0..5 {
        // Refused or not: what is looked at is the log.
        drop(waiting.put().now());
        drop(rejecting.put().now());
        drop(dropping.put().now());
        settle().await;
    }
    insta::assert_snapshot!(log.take(&cx));
    gate.open();
}

#[scope::test]
async fn a_broken_telemetry_handler_is_a_line(cx: TestContext) {
    let (log, _guard) = Log::start(Level::INFO);
    let _attached = telemetry::attach("broken", |_| panic!("no\nsuch metric"));
    telemetry::execute(&Event::new("broken.order"));
    telemetry::execute(&Event::new("broken.order"));
    insta::assert_snapshot!(log.take(&cx));
}

#[scope::test]
async fn a_handler_that_takes_too_long_to_stop_is_a_line_with_its_name_and_age(cx: TestContext) {
    let gate = Gate::default();
    let closed = gate.clone();
    let shelf = ChildSpec::service::<Shelf>("shelf", move || (closed.clone(),));
    let shelf = shelf.shutdown(Shutdown::Timeout(Duration::from_secs(2)));
    let spec = SupervisorSpec::new(Strategy::OneForOne).child(shelf);
    let library = cx.start_spec("Library", spec).await;
    Shelf::via(cx.namespace()).put(1).await.unwrap();
    settle().await;
    let (log, _guard) = Log::start(Level::INFO);
    library.terminate_child("shelf").await.unwrap();
    insta::assert_snapshot!(log.take(&cx));
}

/// As well as it is told to be.
#[service]
#[derive(Debug)]
struct Patient {
    pain: watch::Receiver<u8>,
}

#[handlers]
impl Patient {
    #[init]
    fn new(pain: watch::Receiver<u8>) -> Self {
        Self { pain }
    }

    #[health]
    fn breathes(&self) -> Result<(), String> {
        let pain = *self.pain.borrow();
        if pain < 9 {
            return Ok(());
        }
        Err(format!("not\n  at {pain}"))
    }

    #[health(optional)]
    fn feels_well(&self) -> bool {
        *self.pain.borrow() < 5
    }
}

#[scope::test]
async fn a_change_of_health_is_a_line_and_a_report_is_none(cx: TestContext) {
    let (pain, seen) = watch::channel(0);
    let patient = cx.service::<Patient>((seen,)).await;
    let (log, _guard) = Log::start(Level::INFO);
    for level in [0, 5, 6, 9, 10, 0, 0, 9, 5] {
        pain.send(level).unwrap();
        patient.health().await.unwrap();
    }
    insta::assert_snapshot!(log.take(&cx));
}
