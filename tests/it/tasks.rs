//! Tasks: work beside the services, supervised or owned by one of them.

use std::future::{Future, pending};
use std::task::Poll;
use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{ChildSpec, Restart, Strategy, SupervisorError, SupervisorSpec, Tasks};

supervisor! {
    supervisor Crew() {
        strategy: one_for_one,

        jobs: tasks { max_children: 3 },
    }
}

async fn jobs(cx: &TestContext) -> Tasks {
    cx.start::<Crew>(()).await.jobs()
}

/// Notes that it was dropped.
struct Guard(Journal<String>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.note("dropped");
    }
}

/// A future that waits for ever and tells of its end.
async fn wait(journal: Journal<String>) {
    let _guard = Guard(journal);
    pending::<()>().await;
}

async fn running(tasks: &Tasks) -> usize {
    tasks.supervisor().count_children().await.unwrap().active
}

#[scope::test]
async fn a_task_runs_beside_and_gives_its_result(cx: TestContext) {
    let jobs = jobs(&cx).await;
    let gate = Gate::default();
    let waits = gate.clone();
    let task = jobs.spawn(async move {
        waits.wait().await;
        42
    });
    let task = task.await.unwrap();
    assert_eq!(running(&jobs).await, 1);
    gate.open();
    assert_eq!(task.await.unwrap(), 42);
    settle().await;
    assert_eq!(running(&jobs).await, 0, "nothing of it is left");
}

#[scope::test]
async fn a_task_goes_on_when_nobody_waits_for_it(cx: TestContext) {
    let jobs = jobs(&cx).await;
    let (gate, journal) = (Gate::default(), Journal::<String>::default());
    let (waits, notes) = (gate.clone(), journal.clone());
    let task = jobs.spawn(async move {
        waits.wait().await;
        notes.note("done");
    });
    drop(task.await.unwrap());
    settle().await;
    gate.open();
    assert_eq!(journal.next().await, "done");
}

#[scope::test]
async fn a_crash_is_told_to_who_awaits_and_to_nobody_else(cx: TestContext) {
    let jobs = jobs(&cx).await;
    let before = jobs.supervisor().pid();
    let other = jobs.spawn(pending::<()>()).await.unwrap();
    let unwatched = jobs.spawn(async { panic!("nobody looks") }).await;
    drop(unwatched.unwrap());
    let task = jobs.spawn(async { panic!("no disk") }).await.unwrap();
    let reason = task.await.unwrap_err();
    assert_eq!(reason.to_string(), "panic: no disk");
    settle().await;
    assert_eq!(jobs.supervisor().pid(), before);
    assert_eq!(running(&jobs).await, 1, "the other one still runs");
    assert!(jobs.supervisor().restarts().is_empty());
    drop(other);
}

#[scope::test]
async fn an_aborted_task_is_dropped_and_says_so(cx: TestContext) {
    let jobs = jobs(&cx).await;
    let journal = Journal::default();
    let task = jobs.spawn(wait(journal.clone())).await.unwrap();
    settle().await;
    task.abort();
    assert!(matches!(task.await, Err(ExitReason::Killed)));
    assert_eq!(journal.take(), ["dropped"]);
}

#[scope::test]
async fn one_task_more_than_there_may_be_is_refused(cx: TestContext) {
    let jobs = jobs(&cx).await;
    let mut tasks = Vec::new();
    for _ in 0..3 {
        tasks.push(jobs.spawn(pending::<()>()).await.unwrap());
    }
    let refused = jobs.spawn(async {}).await;
    assert!(matches!(refused, Err(SupervisorError::MaxChildren)));
    tasks[0].abort();
    settle().await;
    drop(jobs.spawn(async {}).await.unwrap());
}

#[scope::test]
async fn all_tasks_are_dropped_with_the_tree(cx: TestContext) {
    let journal = Journal::default();
    let namespace = Namespace::tenant(cx.namespace().to_string());
    let crew = Crew::start_in(namespace.clone()).await.unwrap();
    let jobs = crew.jobs();
    let first = jobs.spawn(wait(journal.clone())).await.unwrap();
    let second = jobs.spawn(wait(journal.clone())).await.unwrap();
    settle().await;
    crew.shutdown().await;
    assert_eq!(journal.take(), ["dropped", "dropped"]);
    assert!(first.await.is_err() && second.await.is_err());
    assert_eq!(namespace.process_count(), 0);
    let refused = jobs.spawn(async {}).await;
    assert!(matches!(refused, Err(SupervisorError::NoProc)));
}

/// Owns tasks; each is told what to do by a gate that opens.
#[service(restart = temporary)]
#[derive(Debug)]
struct Owner {
    journal: Journal<String>,
}

/// What the task of an owner does when its gate opens.
#[derive(Clone, Copy, Debug)]
enum Work {
    Finish,
    Crash,
}

async fn work(gate: Gate, work: Work, journal: Journal<String>) {
    let _guard = Guard(journal);
    gate.wait().await;
    match work {
        Work::Finish => {}
        Work::Crash => panic!("no disk"),
    }
}

#[handlers]
impl Owner {
    #[init]
    fn init(journal: Journal<String>) -> Self {
        Self { journal }
    }

    #[call]
    async fn supervised(
        &mut self,
        tasks: Tasks,
        gate: Gate,
        what: Work,
        cx: &Context<Self>,
    ) -> Result<(), SupervisorError> {
        let work = work(gate, what, self.journal.clone());
        drop(tasks.spawn_linked(cx, work).await?);
        Ok(())
    }

    #[call]
    fn owned(&mut self, gate: Gate, what: Work, cx: &Context<Self>) {
        drop(cx.spawn(work(gate, what, self.journal.clone())));
    }

    #[call]
    async fn result(&mut self, cx: &Context<Self>) -> Result<u32, String> {
        let task = cx.spawn(async { 42 });
        task.await.map_err(|reason| reason.to_string())
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[terminate]
    fn close(&mut self, reason: &ExitReason) {
        self.journal.note(format!("closed: {reason}"));
    }
}

async fn owner(cx: &TestContext) -> (OwnerHandle, Journal<String>) {
    let journal = Journal::default();
    (cx.service::<Owner>((journal.clone(),)).await, journal)
}

#[scope::test]
async fn the_panic_of_a_linked_task_ends_its_owner(cx: TestContext) {
    let (jobs, gate) = (jobs(&cx).await, Gate::default());
    let (owner, journal) = owner(&cx).await;
    let started = owner.supervised(jobs.clone(), gate.clone(), Work::Crash);
    started.await.unwrap();
    gate.open();
    settle().await;
    assert!(!owner.is_alive());
    assert_eq!(journal.take(), ["dropped", "closed: panic: no disk"]);
    assert!(jobs.supervisor().pid().is_some(), "but not the supervisor");
}

#[scope::test]
async fn the_end_of_a_linked_task_does_not_touch_its_owner(cx: TestContext) {
    let (jobs, gate) = (jobs(&cx).await, Gate::default());
    let (owner, journal) = owner(&cx).await;
    let started = owner.supervised(jobs, gate.clone(), Work::Finish);
    started.await.unwrap();
    gate.open();
    settle().await;
    assert_eq!(journal.take(), ["dropped"]);
    assert!(owner.is_alive());
}

#[scope::test]
async fn a_linked_task_is_dropped_with_its_owner(cx: TestContext) {
    let (jobs, gate) = (jobs(&cx).await, Gate::default());
    let (owner, journal) = owner(&cx).await;
    let started = owner.supervised(jobs.clone(), gate, Work::Finish);
    started.await.unwrap();
    settle().await;
    owner.crash().await.unwrap();
    settle().await;
    let mut notes = journal.take();
    notes.sort();
    assert_eq!(notes, ["closed: panic: as it was told", "dropped"]);
    assert_eq!(running(&jobs).await, 0);
}

#[scope::test]
async fn a_linked_task_is_dropped_also_when_its_owner_is_killed(cx: TestContext) {
    let (jobs, gate) = (jobs(&cx).await, Gate::default());
    let (owner, journal) = owner(&cx).await;
    let started = owner.supervised(jobs.clone(), gate.clone(), Work::Finish);
    started.await.unwrap();
    owner.owned(gate, Work::Finish).await.unwrap();
    settle().await;
    owner.kill();
    settle().await;
    assert_eq!(journal.take(), ["dropped", "dropped"]);
}

#[scope::test]
async fn the_panic_of_an_own_task_ends_the_service(cx: TestContext) {
    let gate = Gate::default();
    let (owner, journal) = owner(&cx).await;
    owner.owned(gate.clone(), Work::Crash).await.unwrap();
    settle().await;
    let (down, ()) = tokio::join!(owner.down(), async { gate.open() });
    assert_eq!(down.reason.to_string(), "panic: no disk");
    assert_eq!(journal.take(), ["dropped", "closed: panic: no disk"]);
}

#[scope::test]
async fn an_own_task_is_dropped_with_the_service(cx: TestContext) {
    let gate = Gate::default();
    let (owner, journal) = owner(&cx).await;
    owner.owned(gate.clone(), Work::Crash).await.unwrap();
    settle().await;
    assert!(Owner::stop(cx.namespace()).await);
    settle().await;
    let mut notes = journal.take();
    notes.sort();
    assert_eq!(notes, ["closed: normal", "dropped"]);
    gate.open();
    settle().await;
    assert_eq!(journal.take(), Vec::<String>::new());
}

#[scope::test]
async fn a_service_awaits_the_result_of_its_task(cx: TestContext) {
    let (owner, _) = owner(&cx).await;
    assert_eq!(owner.result().await.unwrap(), 42);
}

#[scope::test]
async fn a_declared_task_that_fails_is_restarted_as_a_service_is(cx: TestContext) {
    let (journal, gate) = (Journal::<String>::default(), Gate::default());
    let (notes, waits) = (journal.clone(), gate.clone());
    let pump = ChildSpec::task("pump", move || {
        let (notes, waits) = (notes.clone(), waits.clone());
        async move {
            notes.note("pumping");
            if !waits.is_open() {
                waits.wait().await;
                return Err("no water");
            }
            pending().await
        }
    });
    let spec = SupervisorSpec::new(Strategy::OneForOne).child(pump.restart(Restart::Transient));
    let pumps = cx.start_spec("Pumps", spec).await;
    assert_eq!(journal.next().await, "pumping");
    gate.open();
    assert_eq!(journal.next().await, "pumping");
    assert_eq!(pumps.restarts()[0].reason.to_string(), "error: no water");
}

/// Spins until it is dropped, and takes its time about it.
struct Slow(Journal<String>);

impl Drop for Slow {
    fn drop(&mut self) {
        std::thread::sleep(Duration::from_millis(50));
        self.0.note("dropped");
    }
}

#[service(restart = temporary)]
#[derive(Debug)]
struct Linker {
    journal: Journal<String>,
}

#[handlers]
impl Linker {
    #[init]
    fn init(journal: Journal<String>) -> Self {
        Self { journal }
    }

    #[call]
    async fn link(&mut self, cx: &Context<Self>) {
        let (running, slow) = (Gate::default(), Slow(self.journal.clone()));
        let begun = running.clone();
        drop(cx.spawn(async move {
            let _slow = slow;
            begun.open();
            loop {
                tokio::task::yield_now().await;
            }
        }));
        running.wait().await;
    }

    #[call]
    async fn link_unawaited(&mut self, tasks: Tasks, cx: &Context<Self>) {
        let guard = Guard(self.journal.clone());
        let mut start = Box::pin(tasks.spawn_linked(cx, async move {
            let _guard = guard;
            pending::<()>().await;
        }));
        let polled = std::future::poll_fn(|task| Poll::Ready(start.as_mut().poll(task))).await;
        assert!(polled.is_pending(), "it is not asked again");
    }
}

#[scope::test(threads = 2)]
async fn an_owner_has_not_exited_before_its_tasks_are_dropped(cx: TestContext) {
    for killed in [false, true] {
        let journal = Journal::default();
        let spec = ChildSpec::service::<Linker>("linker", {
            let journal = journal.clone();
            move || (journal.clone(),)
        });
        let spec = SupervisorSpec::new(Strategy::OneForOne).child(spec);
        let tree = cx.start_spec(&format!("Linkers{killed}"), spec).await;
        let linker = Linker::via(tree.namespace());
        linker.link().await.unwrap();
        let pid = linker.pid().unwrap();
        if killed {
            pid.kill();
        } else {
            pid.stop(ExitReason::Shutdown);
        }
        pid.exited().await;
        assert_eq!(journal.take(), ["dropped"], "killed: {killed}");
    }
}

#[scope::test]
async fn a_task_is_linked_also_when_nobody_waits_for_its_start(cx: TestContext) {
    let (jobs, journal) = (jobs(&cx).await, Journal::default());
    let linker = cx.service::<Linker>((journal.clone(),)).await;
    linker.link_unawaited(jobs.clone()).await.unwrap();
    settle().await;
    assert_eq!(running(&jobs).await, 1);
    linker.kill();
    settle().await;
    assert_eq!(running(&jobs).await, 0);
    assert_eq!(journal.take(), ["dropped"]);
}
