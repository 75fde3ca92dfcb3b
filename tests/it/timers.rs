//! Timers: `#[every]`, and messages to oneself later.

use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{ChildSpec, Restart, Strategy, SupervisorSpec, TimerRef};
use tokio::time::{Instant, sleep};

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn texts(durations: impl IntoIterator<Item = u64>) -> Vec<String> {
    durations.into_iter().map(|it| it.to_string()).collect()
}

/// Notes the milliseconds since the start of the test at each tick.
#[service]
#[derive(Debug)]
struct Clock {
    journal: Journal<String>,
    began: Instant,
}

#[handlers]
impl Clock {
    #[init]
    fn init(journal: Journal<String>, began: Instant) -> Self {
        Self { journal, began }
    }

    #[every("100ms")]
    fn tick(&mut self) {
        self.journal
            .note(self.began.elapsed().as_millis().to_string());
    }

    #[call]
    async fn wait(&mut self, gate: Gate) {
        gate.wait().await;
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }
}

async fn clock(cx: &TestContext) -> (ClockHandle, Journal<String>) {
    let journal = Journal::default();
    let args = (journal.clone(), Instant::now());
    (cx.service::<Clock>(args).await, journal)
}

#[scope::test]
async fn a_timer_ticks_exactly(cx: TestContext) {
    let (_clock, journal) = clock(&cx).await;
    sleep(ms(1_050)).await;
    assert_eq!(journal.take(), texts((1..=10).map(|tick| tick * 100)));
    sleep(Duration::from_secs(3_600)).await;
    assert_eq!(journal.take().len(), 36_000, "nothing drifts away");
}

#[scope::test]
async fn ticks_missed_while_busy_are_skipped_and_counted(cx: TestContext) {
    let (clock, journal) = clock(&cx).await;
    let gate = Gate::default();
    sleep(ms(150)).await;
    let busy = tokio::spawn(clock.wait(gate.clone()));
    sleep(ms(500)).await;
    assert_eq!(journal.take(), texts([100]), "it is busy");
    gate.open();
    busy.await.unwrap().unwrap();
    settle().await;
    assert_eq!(journal.take(), texts([650]), "one of the five comes late");
    assert_eq!(clock.mailbox().counters.missed_ticks, 4);
    sleep(ms(199)).await;
    assert_eq!(
        journal.take(),
        texts([700, 800]),
        "and then it is in step again"
    );
    assert_eq!(clock.mailbox().counters.missed_ticks, 4);
}

#[scope::test]
async fn ticks_end_with_the_service(cx: TestContext) {
    let (clock, journal) = clock(&cx).await;
    sleep(ms(150)).await;
    clock.crash().await.unwrap();
    sleep(ms(300)).await;
    assert_eq!(
        journal.take(),
        texts([100, 250, 350]),
        "only the successor's, a period after its start"
    );
}

#[scope::test]
async fn a_stopped_service_ticks_no_more(cx: TestContext) {
    let journal = Journal::default();
    let args = (journal.clone(), Instant::now());
    let spec = ChildSpec::service::<Clock>("clock", move || args.clone());
    let spec = SupervisorSpec::new(Strategy::OneForOne).child(spec.restart(Restart::Temporary));
    let supervisor = cx.start_spec("Clocks", spec).await;
    sleep(ms(150)).await;
    supervisor.terminate_child("clock").await.unwrap();
    sleep(ms(1_000)).await;
    assert_eq!(journal.take(), texts([100]));
}

/// Its tick takes longer than its period: one is always due.
#[service]
#[derive(Debug)]
struct Rushed {
    journal: Journal<String>,
}

#[handlers]
impl Rushed {
    #[init]
    fn init(journal: Journal<String>) -> Self {
        Self { journal }
    }

    #[every("1ms")]
    async fn tick(&mut self) {
        sleep(ms(10)).await;
        self.journal.note("tick");
    }

    #[cast]
    fn work(&mut self) {
        self.journal.note("work");
    }
}

#[scope::test]
async fn a_timer_that_is_always_due_takes_turns_with_the_mailbox(cx: TestContext) {
    let journal = Journal::default();
    let rushed = cx.service::<Rushed>((journal.clone(),)).await;
    sleep(ms(5)).await;
    for _ in 0..4 {
        rushed.work().await.unwrap();
    }
    sleep(ms(56)).await;
    let notes = journal.take();
    let turns = ["tick", "work"].repeat(4);
    assert_eq!(notes[..8], turns, "neither starves");
    assert!(notes.len() > 8, "and it goes on ticking: {notes:?}");
}

/// Notes what it sent to itself, and when it came.
#[service]
#[derive(Debug)]
struct Later {
    journal: Journal<String>,
    began: Instant,
}

struct Note(&'static str);

#[handlers]
impl Later {
    #[init]
    fn init(journal: Journal<String>) -> Self {
        Self {
            journal,
            began: Instant::now(),
        }
    }

    #[call]
    fn send_all(&mut self, all: Vec<(u64, &'static str)>, cx: &Context<Self>) -> Vec<TimerRef> {
        all.into_iter()
            .map(|(delay, text)| cx.send_after(ms(delay), Note(text)))
            .collect()
    }

    #[call]
    fn send_at_the_end_of_time(&mut self, cx: &Context<Self>) {
        cx.send_after(Duration::MAX, Note("never"));
    }

    #[call]
    fn cancel(&mut self, timer: TimerRef, cx: &Context<Self>) {
        cx.cancel(timer);
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[info]
    fn note(&mut self, note: Note) {
        let at = self.began.elapsed().as_millis();
        self.journal.note(format!("{} {at}", note.0));
    }
}

async fn later(cx: &TestContext) -> (LaterHandle, Journal<String>) {
    let journal = Journal::default();
    (cx.service::<Later>((journal.clone(),)).await, journal)
}

#[scope::test]
async fn later_messages_come_at_their_time_and_in_the_order_of_sending(cx: TestContext) {
    let (later, journal) = later(&cx).await;
    let all = vec![(30, "c"), (10, "a"), (20, "b1"), (20, "b2"), (0, "now")];
    later.send_all(all).await.unwrap();
    sleep(ms(50)).await;
    assert_eq!(journal.take(), ["now 0", "a 10", "b1 20", "b2 20", "c 30"]);
}

#[scope::test]
async fn a_cancelled_message_does_not_come(cx: TestContext) {
    let (later, journal) = later(&cx).await;
    let timers = later.send_all(vec![(10, "a"), (20, "b"), (30, "c")]).await;
    let timers = timers.unwrap();
    later.cancel(timers[1]).await.unwrap();
    sleep(ms(50)).await;
    assert_eq!(journal.take(), ["a 10", "c 30"]);
    // Too late, and twice: nothing else is hit by it.
    later.cancel(timers[0]).await.unwrap();
    later.cancel(timers[1]).await.unwrap();
    later.send_all(vec![(10, "d")]).await.unwrap();
    sleep(ms(50)).await;
    assert_eq!(journal.take(), ["d 60"]);
}

#[scope::test]
async fn many_cancelled_messages_leave_the_others(cx: TestContext) {
    let (later, journal) = later(&cx).await;
    let timers = later.send_all(vec![(10, "x"); 100]).await.unwrap();
    later.send_all(vec![(10, "kept")]).await.unwrap();
    for timer in timers {
        later.cancel(timer).await.unwrap();
    }
    sleep(ms(50)).await;
    assert_eq!(journal.take(), ["kept 10"]);
}

#[scope::test]
async fn a_message_beyond_the_end_of_time_never_comes(cx: TestContext) {
    let (later, journal) = later(&cx).await;
    later.send_at_the_end_of_time().await.unwrap();
    later.send_all(vec![(10, "a")]).await.unwrap();
    sleep(Duration::from_secs(3_600)).await;
    assert_eq!(journal.take(), ["a 10"]);
}

#[scope::test]
async fn later_messages_end_with_the_incarnation(cx: TestContext) {
    let (later, journal) = later(&cx).await;
    later.send_all(vec![(10, "a")]).await.unwrap();
    later.crash().await.unwrap();
    sleep(ms(50)).await;
    assert!(later.is_alive(), "it was restarted");
    assert_eq!(journal.take(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_tree_that_runs_moves_no_paused_time() {
    let root = SupervisorSpec::new(Strategy::OneForOne)
        .child(ChildSpec::task("idle", std::future::pending::<()>))
        .start("Root", Namespace::test("paused"));
    let root = root.await.unwrap();
    let began = Instant::now();
    let (send, sent) = tokio::sync::oneshot::channel();
    let work = std::thread::spawn(|| {
        // What takes its time on another thread, where the time is not paused.
        std::thread::sleep(ms(20));
        send.send(()).unwrap();
    });
    sent.await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    work.join().unwrap();
    root.stop(ExitReason::Shutdown).await;
}
