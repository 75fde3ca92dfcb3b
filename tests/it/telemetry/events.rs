//! Events: what the runtime executes, and what becomes of those who listen.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use scope::telemetry::{self, Attached, Event};
use scope::testing::{Journal, TestContext, settle};
use scope::{ChildSpec, Intensity, Strategy, SupervisorSpec};

use super::*;

/// Notes the events of a test's own namespace, each as one line.
fn listen(cx: &TestContext, prefix: &str) -> (Journal<String>, Attached) {
    let (journal, namespace) = (Journal::new(), cx.namespace().clone());
    let notes = journal.clone();
    let attached = telemetry::attach(prefix, move |event| {
        if event.metadata.namespace == Some(&namespace) {
            notes.note(line(event));
        }
    });
    (journal, attached)
}

fn line(event: &Event<'_>) -> String {
    let Event {
        name,
        measurements,
        metadata,
        ..
    } = event;
    let mut words = vec![name.trim_start_matches("scope.").to_owned()];
    let mut add = |word: &str| words.push(word.to_owned());
    metadata.service.into_iter().for_each(&mut add);
    metadata.handler.into_iter().for_each(|it| add(it.name));
    if let Some(child) = metadata.child {
        add(child.rsplit('/').next().unwrap());
    }
    match metadata.result {
        Some(Ok(())) => add("ok"),
        Some(Err(error)) => add(error),
        None => {}
    }
    if let Some(reason) = metadata.reason {
        add(&format!("({reason})").replace('\n', ""));
    }
    if let Some(length) = measurements.queue_length {
        add(&format!("queue={length}"));
    }
    if let (Some(from), Some(to)) = (metadata.from, metadata.to) {
        add(&format!("{from}->{to}"));
    }
    if let Some(bytes) = measurements.memory_usage {
        add(&format!("memory={bytes}"));
    }
    if let Some(count) = measurements.count {
        add(&format!("count={count}"));
    }
    if let Some(duration) = measurements.duration {
        add(&format!("{duration:?}"));
    }
    words.join(" ")
}

#[scope::test]
async fn a_message_is_told_of_before_and_after(cx: TestContext) {
    let shelf = cx.service::<Shelf>((open(),)).await;
    let (journal, _attached) = listen(&cx, "scope.message");
    shelf.find(1).await.unwrap();
    assert!(matches!(shelf.find(0).await, Err(CallError::Service(_))));
    shelf.put(1).await.unwrap();
    settle().await;
    let expected = [
        "message.start Shelf find queue=0",
        "message.stop Shelf find ok queue=0 0ns",
        "message.start Shelf find queue=0",
        "message.stop Shelf find _OTHER queue=0 0ns",
        "message.start Shelf put queue=0",
        "message.stop Shelf put ok queue=0 0ns",
    ];
    assert_eq!(journal.take(), expected);
}

#[scope::test]
async fn a_duration_is_the_handlers_and_those_behind_it_are_counted(cx: TestContext) {
    let gate = Gate::default();
    let shelf = cx.service::<Shelf>((gate.clone(),)).await;
    let (journal, _attached) = listen(&cx, "scope.message");
    for book in 1..=3 {
        shelf.put(book).await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    gate.open();
    settle().await;
    let stops: Vec<_> = journal.take();
    assert_eq!(stops[1], "message.stop Shelf put ok queue=2 2s");
    assert_eq!(stops[5], "message.stop Shelf put ok queue=0 0ns");
}

#[scope::test]
async fn a_panic_is_an_exception_and_a_restart(cx: TestContext) {
    let (journal, _attached) = listen(&cx, "scope");
    let shelf = cx.service::<Shelf>((open(),)).await;
    assert!(matches!(shelf.find(13).await, Err(CallError::Exited(_))));
    shelf.find(1).await.unwrap_or_default();
    settle().await;
    let told = journal.take();
    let expected = [
        "service.start Shelf 0ns",
        "message.start Shelf find queue=0",
        "message.exception Shelf find panic (panic: unlucky:  13) queue=0 0ns",
        "service.stop Shelf panic (panic: unlucky:  13) queue=0 0ns",
        "supervisor.restart Shelf (panic: unlucky:  13) count=1",
        "service.start Shelf 0ns",
    ];
    assert_eq!(told[..6], expected);
}

#[scope::test]
async fn a_killed_handler_ends_in_an_exception(cx: TestContext) {
    let shelf = cx.service::<Shelf>((Gate::default(),)).await;
    let (journal, _attached) = listen(&cx, "scope");
    shelf.put(1).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(shelf.kill());
    settle().await;
    let told = journal.take();
    let expected = [
        "message.start Shelf put queue=0",
        "message.exception Shelf put exited (killed) queue=0 1s",
        "service.stop Shelf exited (killed) queue=0 1s",
    ];
    assert_eq!(told[..3], expected);
}

#[scope::test]
async fn a_supervisor_that_gives_up_says_for_which_child(cx: TestContext) {
    let (journal, _attached) = listen(&cx, "scope.supervisor");
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .intensity(Intensity::new(1, Duration::from_secs(5)))
        .child(ChildSpec::service::<Shelf>("shelf", || (open(),)));
    let root = cx.start_spec("Library", spec).await;
    let shelf = Shelf::via(cx.namespace());
    for _ in 0..2 {
        assert!(matches!(shelf.find(13).await, Err(CallError::Exited(_))));
        settle().await;
    }
    assert!(root.pid().is_none(), "it has given up");
    let expected = [
        "supervisor.restart shelf (panic: unlucky:  13) count=1",
        "supervisor.giveup shelf (panic: unlucky:  13) count=1",
    ];
    assert_eq!(journal.take(), expected);
}

/// Whoever counts restarts can't tell apart all instances that will ever be.
#[scope::test]
async fn a_restart_has_the_key_of_a_dynamic_supervisors_instance(cx: TestContext) {
    let (journal, namespace) = (
        Journal::<(String, Option<String>)>::new(),
        cx.namespace().clone(),
    );
    let notes = journal.clone();
    let _attached = telemetry::attach("scope.supervisor.restart", move |event| {
        if event.metadata.namespace == Some(&namespace) {
            let path = event.metadata.child.unwrap_or_default();
            let child = path.rsplit('/').next().unwrap_or_default();
            notes.note((child.to_owned(), event.metadata.key.map(str::to_owned)));
        }
    });
    let library = cx.start_spec("Library", SupervisorSpec::dynamic()).await;
    let spec = ChildSpec::service::<Shelf>("shelf", || (open(),));
    library.start_keyed("k7", spec).await.unwrap();
    let shelf = Shelf::via(cx.namespace());
    assert!(matches!(shelf.find(13).await, Err(CallError::Exited(_))));
    settle().await;
    assert_eq!(journal.take(), [("k7".to_owned(), Some("k7".to_owned()))]);
}

mod small {
    use super::*;

    #[service(mailbox(capacity = 2, overload = reject))]
    #[derive(Debug)]
    pub(super) struct Small {
        gate: Gate,
    }

    #[handlers]
    impl Small {
        #[init]
        fn new(gate: Gate) -> Self {
            Self { gate }
        }

        #[cast]
        async fn put(&mut self) {
            self.gate.wait().await;
        }
    }
}

#[scope::test]
async fn an_overload_is_told_once_until_it_is_over(cx: TestContext) {
    let gate = Gate::default();
    let small = cx.service::<small::Small>((gate.clone(),)).await;
    let (journal, _attached) = listen(&cx, "scope.mailbox");
    for _ in 0..10 {
        // Those that find no room are what this is about.
        drop(small.put().await);
        settle().await;
    }
    let overloaded = ["mailbox.overloaded Small overloaded queue=2"];
    assert_eq!(journal.take(), overloaded);
    gate.open();
    settle().await;
    assert_eq!(small.mailbox().length, 0);
    let overload = || {
        for _ in 0..3 {
            // As above.
            drop(small.put().now());
        }
    };
    overload();
    settle().await;
    assert_eq!(
        journal.take(),
        Vec::<String>::new(),
        "it was told of just now"
    );
    tokio::time::sleep(Duration::from_secs(10)).await;
    overload();
    assert_eq!(journal.take(), overloaded, "it is another one");
}

mod ill {
    use super::*;

    #[service]
    #[derive(Debug)]
    pub(super) struct Ill {
        is_ill: Arc<AtomicBool>,
    }

    #[handlers]
    impl Ill {
        #[init]
        fn new(is_ill: Arc<AtomicBool>) -> Self {
            Self { is_ill }
        }

        #[health]
        fn is_well(&self) -> bool {
            !self.is_ill.load(Ordering::Relaxed)
        }

        #[memory]
        fn bytes(&self) -> u64 {
            7
        }
    }
}

#[scope::test]
async fn a_change_of_health_is_told_once_with_what_it_was(cx: TestContext) {
    let is_ill = Arc::new(AtomicBool::new(false));
    let service = cx.service::<ill::Ill>((is_ill.clone(),)).await;
    let (journal, _attached) = listen(&cx, "scope.health");
    let incarnations = Journal::<u64>::new();
    let notes = incarnations.clone();
    let namespace = cx.namespace().clone();
    let _second = telemetry::attach("scope.health.change", move |event| {
        if event.metadata.namespace == Some(&namespace) {
            notes.note(event.metadata.incarnation.unwrap());
        }
    });
    service.health().await.unwrap();
    assert!(journal.take().is_empty(), "being well is no news");
    is_ill.store(true, Ordering::Relaxed);
    service.health().await.unwrap();
    cx.namespace().health().await;
    assert_eq!(
        journal.take(),
        ["health.change Ill queue=0 healthy->unhealthy memory=7 0ns"]
    );
    // The place is remembered, not the incarnation: the next one has to prove itself.
    service.stop(ExitReason::Normal);
    settle().await;
    service.health().await.unwrap();
    assert!(journal.take().is_empty());
    is_ill.store(false, Ordering::Relaxed);
    service.health().await.unwrap();
    assert_eq!(
        journal.take(),
        ["health.change Ill queue=0 unhealthy->healthy memory=7 0ns"]
    );
    let [ill, well] = incarnations.take()[..] else {
        panic!("two changes");
    };
    assert!(ill < well);
    assert_eq!(Some(well), service.pid().map(|pid| pid.incarnation()));
}

#[scope::test]
async fn a_handler_that_panics_is_detached_and_hurts_nobody(cx: TestContext) {
    let shelf = cx.service::<Shelf>((open(),)).await;
    let (journal, _attached) = listen(&cx, "scope.message.stop");
    let (calls, namespace) = (Arc::new(AtomicUsize::new(0)), cx.namespace().clone());
    let seen = calls.clone();
    let broken = telemetry::attach("scope.message", move |event| {
        if event.metadata.namespace == Some(&namespace) {
            seen.fetch_add(1, Ordering::Relaxed);
            panic!("broken");
        }
    });
    shelf.find(1).await.unwrap();
    shelf.find(1).await.unwrap();
    settle().await;
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    assert_eq!(journal.take().len(), 2, "the other one goes on");
    assert!(!telemetry::detach(broken.id()), "it is detached already");
}

#[test]
fn a_prefix_ends_at_a_dot() {
    let check = |prefix: &str, name: &str, expected: usize| {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = count.clone();
        // Other tests execute the runtime's events meanwhile.
        let attached = telemetry::attach(prefix, move |event| {
            seen.fetch_add(
                usize::from(event.name.starts_with("dots")),
                Ordering::Relaxed,
            );
        });
        telemetry::execute(&Event::new(name));
        drop(attached);
        telemetry::execute(&Event::new(name));
        assert_eq!(count.load(Ordering::Relaxed), expected, "{prefix} {name}");
    };
    check("dots.a", "dots.a", 1);
    check("dots.a", "dots.a.b", 1);
    check("dots.a", "dots.ab", 0);
    check("dots.a.b", "dots.a", 0);
    check("", "dots.a", 1);
}

#[test]
fn a_kept_handler_is_detached_by_its_id() {
    let journal = Journal::<f64>::new();
    let notes = journal.clone();
    let id = telemetry::attach("kept", move |event| {
        notes.note(event.measurements.get("total").unwrap_or_default());
    })
    .keep();
    let event = Event::new("kept.order").with_measurements(&[("total", 12.5)]);
    telemetry::execute(&event);
    assert!(telemetry::detach(id));
    assert!(!telemetry::detach(id));
    telemetry::execute(&event);
    assert_eq!(journal.take(), [12.5]);
}

#[test]
fn a_handler_does_not_hear_what_it_causes_but_others_do() {
    let (journal, slot) = (Journal::<String>::new(), Arc::new(Mutex::new(None)));
    let (first, second) = (journal.clone(), journal.clone());
    let echo = telemetry::attach("echo", move |event| {
        first.note(format!("first {}", event.name));
        telemetry::execute(&Event::new("echo.again"));
    });
    let inner = slot.clone();
    let other = telemetry::attach("echo.again", move |event| {
        second.note(format!("second {}", event.name));
        // No lock is held: it may attach and detach.
        *inner.lock().unwrap() = Some(telemetry::attach("echo.never", |_| {}));
    });
    telemetry::execute(&Event::new("echo"));
    assert_eq!(journal.take(), ["first echo", "second echo.again"]);
    drop((echo, other));
    assert!(slot.lock().unwrap().take().is_some());
}

#[scope::test]
async fn a_handler_may_look_at_the_service_it_hears_of(cx: TestContext) {
    let shelf = cx.service::<Shelf>((open(),)).await;
    let (journal, namespace) = (Journal::<String>::new(), cx.namespace().clone());
    let (notes, seen) = (journal.clone(), shelf.clone());
    let _attached = telemetry::attach("scope.message.start", move |event| {
        if event.metadata.namespace == Some(&namespace) {
            let told = format!("{} {}", seen.mailbox().length, namespace.process_count());
            notes.note(told);
        }
    });
    shelf.find(1).await.unwrap();
    assert_eq!(journal.take(), ["0 2"]);
}
