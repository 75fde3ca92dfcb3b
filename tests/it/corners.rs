//! Corners that no single feature owns: what happens when two things meet.

use std::future::Future;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{CallError, ChildSpec, Strategy, SupervisorSpec};

async fn poll_once<F: Future + Unpin>(future: &mut F) -> bool {
    std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx).is_ready())).await
}

#[service(restart = temporary)]
struct Suicide {
    journal: Journal,
}

#[handlers]
impl Suicide {
    #[init]
    fn init(journal: Journal) -> Self {
        Self { journal }
    }

    #[cast]
    fn die(&mut self, cx: &Context<Self>) {
        cx.pid().kill();
    }

    #[cast]
    fn live(&mut self) {
        self.journal.note("handled");
    }

    #[terminate]
    fn terminate(&mut self, reason: &ExitReason) {
        self.journal.note(format!("terminate {reason}"));
    }
}

#[scope::test]
async fn a_kill_from_within_a_handler_runs_nothing_more(cx: TestContext) {
    let journal = Journal::new();
    let suicide = cx.service::<Suicide>((journal.clone(),)).await;
    let down = suicide.down();
    suicide.die().await.unwrap();
    suicide.live().await.unwrap();
    assert!(matches!(down.await.reason, ExitReason::Killed));
    settle().await;
    assert_eq!(journal.take(), Vec::<String>::new());
}

#[service(call_timeout = "50ms")]
struct Slow;

#[handlers]
impl Slow {
    #[init]
    fn init() -> Self {
        Self
    }

    #[call]
    async fn never(&mut self) {
        std::future::pending::<()>().await;
    }
}

#[test]
fn deadlines_hold_on_a_second_runtime_after_the_first_has_gone() {
    let namespace = Namespace::test("a second runtime");
    // It outlives the first runtime, and so does the place it refers to.
    let slow = Slow::via(&namespace);
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let root = SupervisorSpec::new(Strategy::OneForOne)
                .child(ChildSpec::service::<Slow>("slow", || ()))
                .start("Root", namespace.clone())
                .await
                .unwrap();
            let limit = Duration::from_secs(5);
            let answer = tokio::time::timeout(limit, slow.never()).await;
            assert!(matches!(answer, Ok(Err(CallError::Timeout))), "{answer:?}");
            slow.kill();
            root.stop(ExitReason::Shutdown).await;
        });
    }
}

#[service(mailbox = 1)]
struct Busy {
    gate: Gate,
    journal: Journal<u32>,
}

#[handlers]
impl Busy {
    #[init]
    fn init(gate: Gate, journal: Journal<u32>) -> Self {
        Self { gate, journal }
    }

    #[cast]
    async fn work(&mut self, number: u32) {
        self.gate.wait().await;
        self.journal.note(number);
    }
}

#[scope::test]
async fn a_cast_that_stops_waiting_says_what_became_of_it(cx: TestContext) {
    let (gate, journal) = (Gate::new(), Journal::new());
    let busy = cx.service::<Busy>((gate.clone(), journal.clone())).await;
    busy.work(1).await.unwrap();
    settle().await;
    busy.work(2).await.unwrap();
    let mut waiting = busy.work(3);
    assert!(!poll_once(&mut waiting).await);
    let error = waiting.now().unwrap_err();
    assert!(
        matches!(error.message, BusyMessage::Work(3)),
        "it comes back"
    );
    gate.open();
    settle().await;
    assert_eq!(journal.take(), [1, 2]);
}

/// Asks `Back`, in ways that are no certain wait.
#[service]
struct Asker {
    gate: Gate,
}

#[service]
struct Back {
    gate: Gate,
    journal: Journal,
    restarted: bool,
}

#[handlers]
impl Asker {
    #[init]
    fn init(gate: Gate) -> Self {
        Self { gate }
    }

    #[call]
    fn ping(&mut self) -> u32 {
        1
    }

    /// Begins to wait, and then leaves the call to a task.
    #[call]
    async fn hand_over(&mut self, cx: &Context<Self>) {
        let mut call = Back::via(cx.namespace()).ask_back();
        assert!(!poll_once(&mut call).await);
        drop(cx.spawn(call));
    }

    /// Has a call refused, and goes on with something else.
    #[call]
    async fn not_look_at_it_again(&mut self, cx: &Context<Self>) {
        let mut call = Back::via(cx.namespace()).ask_back();
        assert!(!poll_once(&mut call).await);
        self.gate.wait().await;
    }
}

#[handlers]
impl Back {
    #[init]
    async fn init(gate: Gate, journal: Journal, starts: Journal, cx: &Context<Self>) -> Self {
        let restarted = !starts.take().is_empty();
        starts.note("started");
        if restarted {
            let answer = Asker::via(cx.namespace())
                .ping()
                .timeout(Duration::from_secs(1))
                .await;
            journal.note(format!("{answer:?}"));
        }
        Self {
            gate,
            journal,
            restarted,
        }
    }

    #[call]
    async fn ask_back(&mut self, cx: &Context<Self>) {
        self.gate.wait().await;
        let answer = Asker::via(cx.namespace()).ping().await;
        self.journal.note(format!("{answer:?} {}", self.restarted));
    }

    #[call]
    async fn hold(&mut self) {
        self.gate.wait().await;
    }
}

#[scope::test]
async fn a_call_that_its_handler_left_to_a_task_is_no_edge(cx: TestContext) {
    let (gate, journal) = (Gate::new(), Journal::new());
    let asker = cx.service::<Asker>((Gate::new(),)).await;
    cx.service::<Back>((gate.clone(), journal.clone(), Journal::new()))
        .await;
    asker.hand_over().await.unwrap();
    gate.open();
    assert_eq!(journal.next().await, "Ok(1) false");
}

#[scope::test]
async fn a_call_that_was_refused_is_no_edge(cx: TestContext) {
    let (gate, journal, released) = (Gate::new(), Journal::new(), Gate::new());
    let asker = cx.service::<Asker>((released.clone(),)).await;
    let back = cx
        .service::<Back>((gate.clone(), journal.clone(), Journal::new()))
        .await;
    let held = tokio::spawn(back.hold());
    settle().await;
    let asking = tokio::spawn(asker.not_look_at_it_again());
    settle().await;
    back.kill();
    // The successor asks the one whose call was refused, while that has not noticed.
    assert_eq!(
        journal.next().await,
        "Err(Timeout)",
        "it is busy, but there is no ring"
    );
    released.open();
    asking.await.unwrap().unwrap();
    assert!(held.await.unwrap().is_err());
}

#[service(mailbox(capacity = 8, keep))]
struct Keeper {
    gate: Gate,
}

#[handlers]
impl Keeper {
    #[init]
    fn init(gate: Gate) -> Self {
        Self { gate }
    }

    #[cast]
    async fn crash(&mut self) {
        self.gate.wait().await;
        panic!("first");
    }

    #[call]
    fn lose(&mut self, reply: ReplyTo<u32>) {
        drop(reply);
    }
}

#[scope::test]
async fn a_reply_that_a_successor_drops_is_not_blamed_on_its_predecessor(cx: TestContext) {
    let gate = Gate::new();
    let keeper = cx.service::<Keeper>((gate.clone(),)).await;
    keeper.crash().await.unwrap();
    let lost = tokio::spawn(keeper.lose());
    settle().await;
    gate.open();
    assert!(matches!(lost.await.unwrap(), Err(CallError::NoReply)));
}

/// An error that looks at the mailbox of the service that failed with it, when it is dropped.
#[derive(Debug, thiserror::Error)]
#[error("nosy")]
struct Nosy(FailingHandle, mpsc::Sender<usize>);

impl Drop for Nosy {
    fn drop(&mut self) {
        // Where the test is over, nobody has to know.
        self.1.send(self.0.mailbox().length).unwrap_or_default();
    }
}

#[service(restart = temporary)]
struct Failing {
    looks: mpsc::Sender<usize>,
}

#[handlers]
impl Failing {
    #[init]
    fn init(looks: mpsc::Sender<usize>) -> Self {
        Self { looks }
    }

    #[cast]
    fn fail(&mut self, cx: &Context<Self>) {
        let nosy = Nosy(Self::via(cx.namespace()), self.looks.clone());
        cx.stop(ExitReason::error(nosy));
    }
}

#[scope::test]
async fn an_exit_reason_may_look_at_its_service_when_it_is_dropped(cx: TestContext) {
    let (sender, looks) = mpsc::channel();
    let supervisor = cx
        .start_spec("Failing", SupervisorSpec::new(Strategy::OneForOne))
        .await;
    let failing = Failing::via(cx.namespace());
    // Temporary, so that no log of restarts holds the reason; the place does, until the next one.
    for _ in 0..2 {
        let sender = sender.clone();
        let spec = ChildSpec::service::<Failing>("failing", move || (sender.clone(),));
        supervisor.start_child(spec).await.unwrap();
        failing.fail().await.unwrap();
        settle().await;
    }
    assert_eq!(
        looks.try_iter().collect::<Vec<_>>(),
        [0],
        "the first was dropped, and could look"
    );
}

#[scope::test]
async fn a_child_that_says_it_started_after_its_end_stays_dead(cx: TestContext) {
    let spec = ChildSpec::new("late", async |child: scope::Child| {
        child.started();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(5)).await;
            child.started();
        });
        ExitReason::Normal
    })
    .restart(scope::Restart::Temporary);
    let supervisor = cx
        .start_spec("Late", SupervisorSpec::new(Strategy::OneForOne))
        .await;
    let pid = supervisor.start_child(spec).await.unwrap().unwrap();
    pid.exited().await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert!(!pid.is_alive());
    assert!(matches!(pid.exited().await, ExitReason::Normal));
}

#[service(mailbox(capacity = 8, drain))]
struct Drained {
    gate: Gate,
}

#[handlers]
impl Drained {
    #[init]
    fn init(_id: u64, gate: Gate) -> Self {
        Self { gate }
    }

    #[call]
    fn ping(&mut self) -> u32 {
        1
    }

    #[terminate]
    async fn terminate(&mut self) {
        self.gate.wait().await;
    }
}

supervisor! {
    supervisor Drains(gate: Gate) {
        strategy: one_for_one,
        drains: dynamic Drained(id, gate.clone()) by id: u64 { idle: "1s" },
    }
}

#[scope::test]
async fn what_comes_while_a_draining_instance_passivates_is_for_its_successor(cx: TestContext) {
    let gate = Gate::new();
    let tree = cx.start::<Drains>((gate.clone(),)).await;
    let drained = tree.drains().get_or_start(1).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let call = tokio::spawn(drained.ping());
    settle().await;
    gate.open();
    assert_eq!(call.await.unwrap().unwrap(), 1);
}
