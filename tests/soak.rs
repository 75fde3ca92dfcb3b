//! A million messages, with crashes and kills in between: none is lost to the statistics.
//!
//! `SCOPE_SOAK` says how many; 100,000 without it.

#![expect(
    clippy::disallowed_methods,
    reason = "a test's own tasks are callers, owned by the test"
)]

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use scope::prelude::*;
use scope::telemetry::{ServiceStatistics, snapshot};
use scope::{CastErrorKind, ChildSpec, Intensity, Service, Strategy, SupervisorSpec};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

const SENDERS: u64 = 4;

/// What the handlers of one service say themselves.
#[derive(Clone, Debug, Default)]
struct Begun {
    handlers: Arc<AtomicU64>,
    crashes: Arc<AtomicU64>,
}

impl Begun {
    fn count(&self) -> u64 {
        count(&self.handlers)
    }
}

fn count(counter: &AtomicU64) -> u64 {
    // Relaxed: compared when all have ended.
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

/// What a sender sees of the services, which differ in their mailboxes.
trait Worker: Clone + Send + Sync + 'static {
    fn ask(&self, number: u64) -> impl Future<Output = Result<u64, CallError<String>>> + Send;
    fn note(&self, number: u64) -> impl Future<Output = Result<(), CastErrorKind>> + Send;
    fn note_now(&self, number: u64) -> Result<(), CastErrorKind>;
    fn kill(&self);
}

/// Makes a service with its own mailbox policy; they differ in nothing else.
macro_rules! worker {
    ($module:ident, $name:ident, $handle:ident, $($options:tt)*) => {
        mod $module {
            use super::*;

            #[service(mailbox($($options)*))]
            pub(super) struct $name {
                begun: Begun,
            }

            #[handlers]
            impl $name {
                #[init]
                fn init(begun: Begun) -> Self {
                    Self { begun }
                }

                #[call]
                async fn ask(&mut self, number: u64) -> Result<u64, String> {
                    self.begun.count();
                    if number.is_multiple_of(7) {
                        tokio::task::yield_now().await;
                    }
                    if number.is_multiple_of(11) {
                        return Err("not today".to_owned());
                    }
                    Ok(number)
                }

                #[cast]
                async fn note(&mut self, number: u64) {
                    let begun = self.begun.count();
                    if number.is_multiple_of(13) {
                        tokio::task::yield_now().await;
                    }
                    if begun.is_multiple_of(997) {
                        count(&self.begun.crashes);
                        // Without the line that a panic prints.
                        std::panic::resume_unwind(Box::new("a crash"));
                    }
                }
            }

            impl Worker for $handle {
                async fn ask(&self, number: u64) -> Result<u64, CallError<String>> {
                    self.ask(number).await
                }

                async fn note(&self, number: u64) -> Result<(), CastErrorKind> {
                    self.note(number).await.map_err(|error| error.kind)
                }

                fn note_now(&self, number: u64) -> Result<(), CastErrorKind> {
                    self.note(number).now().map_err(|error| error.kind)
                }

                fn kill(&self) {
                    (**self).kill();
                }
            }
        }
    };
}

worker!(waiting, Waiting, WaitingHandle, capacity = 32);
worker!(
    rejecting,
    Rejecting,
    RejectingHandle,
    capacity = 32,
    overload = reject
);
worker!(
    dropping,
    Dropping,
    DroppingHandle,
    capacity = 32,
    overload = drop_oldest
);
worker!(keeping, Keeping, KeepingHandle, capacity = 32, keep);
worker!(
    draining,
    Draining,
    DrainingHandle,
    capacity = 32,
    overload = reject,
    drain
);

/// What a sender knows of its messages: how many reached a mailbox, or found it full.
#[derive(Clone, Copy)]
enum Calls {
    /// Whoever waits for room gets a call back as one that ended in the queue: it sends casts only.
    None,
    Some,
}

fn was_cast(result: &Result<(), CastErrorKind>) -> u64 {
    match result {
        Ok(()) | Err(CastErrorKind::Overloaded) => 1,
        Err(_) => 0,
    }
}

/// Sends `messages`, and gives how many were sent by the definition of the statistics.
async fn send(worker: impl Worker, messages: u64, calls: Calls) -> u64 {
    let mut sent = 0;
    for number in 0..messages {
        sent += match (calls, number % 4) {
            (Calls::Some, 0) => {
                u64::from(!matches!(worker.ask(number).await, Err(CallError::NoProc)))
            }
            (Calls::Some, 1) => given_up(worker.ask(number)).await,
            (_, 2) => was_cast(&worker.note_now(number)),
            _ => was_cast(&worker.note(number).await),
        };
        if number.is_multiple_of(5_000) {
            worker.kill();
        }
        if number.is_multiple_of(64) {
            // Lets a successor start.
            tokio::task::yield_now().await;
        }
    }
    sent
}

/// Sends a call and gives it up; zero if nobody was there.
async fn given_up(call: impl Future<Output = Result<u64, CallError<String>>>) -> u64 {
    let mut call = pin!(call);
    let first = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx))).await;
    u64::from(!matches!(first, Poll::Ready(Err(CallError::NoProc))))
}

/// Loads one service, stops it, and compares what the statistics say with what was done.
fn soak<S: Service<Args = (Begun,)>>(messages: u64, calls: Calls)
where
    S::Handle: Worker,
{
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    let namespace = Namespace::test(format!("soak: {}", S::NAME));
    let begun = Begun::default();
    let args = begun.clone();
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .intensity(Intensity::new(u32::MAX, Duration::from_secs(1)))
        .child(ChildSpec::service::<S>("worker", move || (args.clone(),)));
    let root = runtime.block_on(spec.start("Soak", namespace.clone()));
    let root = root.expect("it starts");
    let sent = runtime.block_on(async {
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let worker = S::via(&namespace);
            senders.spawn(send(worker, messages / SENDERS, calls));
        }
        let watched = namespace.clone();
        let done = Arc::new(AtomicBool::new(false));
        let watcher = {
            let done = done.clone();
            tokio::spawn(async move { watch(&watched, S::NAME, &done).await })
        };
        let sent = senders.join_all().await.into_iter().sum::<u64>();
        done.store(true, Ordering::Relaxed);
        watcher.await.expect("it only reads");
        sent
    });
    runtime.block_on(root.stop(ExitReason::Shutdown));
    let snapshot = snapshot(&namespace);
    let service = snapshot.service(S::NAME).expect("it ran");
    compare(service, sent, &begun);
}

/// Reads the statistics all the time: no count ever falls.
async fn watch(namespace: &Namespace, service: &str, done: &AtomicBool) {
    let mut last = 0;
    while !done.load(Ordering::Relaxed) {
        let snapshot = snapshot(namespace);
        let handled = snapshot
            .service(service)
            .map_or(0, ServiceStatistics::handled);
        assert!(handled >= last, "{handled} after {last}");
        last = handled;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn compare(service: &ServiceStatistics, sent: u64, begun: &Begun) {
    let handled = begun.handlers.load(Ordering::Relaxed);
    assert_eq!(service.handled(), handled, "{service:#?}");
    assert_eq!(service.sent(), sent, "{service:#?}");
    assert_eq!(
        (service.length, service.in_progress),
        (0, 0),
        "{service:#?}"
    );
    assert!(service.restarts > 0, "{service:#?}");
    let panicked = service.handler("note").map_or(0, |note| note.panicked);
    let crashes = begun.crashes.load(Ordering::Relaxed);
    assert_eq!(panicked, crashes, "{service:#?}");
}

#[test]
fn no_message_is_lost_to_the_statistics() {
    let messages = std::env::var("SCOPE_SOAK")
        .ok()
        .and_then(|it| it.parse().ok());
    let each = messages.unwrap_or(100_000_u64) / 5;
    soak::<waiting::Waiting>(each, Calls::None);
    soak::<rejecting::Rejecting>(each, Calls::Some);
    soak::<dropping::Dropping>(each, Calls::Some);
    soak::<keeping::Keeping>(each, Calls::None);
    soak::<draining::Draining>(each, Calls::Some);
}
