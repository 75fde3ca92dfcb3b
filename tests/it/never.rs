//! What was measured in an existing framework, and must never happen here: each name is read after
//! the word `never`.

use std::time::Duration;

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{
    AutoShutdown, CastErrorKind, ChildSpec, Intensity, Restart, Shutdown, Strategy,
    SupervisorHandle, SupervisorSpec,
};
use tokio::time::{Instant, sleep};

use crate::support::pid_of;

/// Notes all that happens to it.
#[service(mailbox = 16)]
#[derive(Debug)]
struct Member {
    id: &'static str,
    state: u32,
    journal: Journal<String>,
    /// Holds `terminate` and `wait` up, where it is closed.
    gate: Gate,
}

#[handlers]
impl Member {
    #[init]
    fn init(id: &'static str, journal: Journal<String>, gate: Gate) -> Self {
        journal.note(format!("{id} up"));
        Self {
            id,
            state: 0,
            journal,
            gate,
        }
    }

    #[call]
    fn add(&mut self, by: u32) -> u32 {
        self.state += by;
        self.state
    }

    #[call]
    fn fail_call(&mut self) -> Result<(), String> {
        Err("as it was told".to_owned())
    }

    #[cast]
    fn fail_cast(&mut self) -> Result<(), String> {
        Err("as it was told".to_owned())
    }

    #[cast]
    async fn wait(&mut self) {
        self.gate.wait().await;
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[cast]
    fn finish(&mut self, cx: &Context<Self>) {
        cx.stop(ExitReason::Normal);
    }

    #[terminate]
    async fn close(&mut self) {
        self.journal.note(format!("{} ends", self.id));
        self.gate.wait().await;
        self.journal.note(format!("{} down", self.id));
    }
}

/// A supervisor of members, and what it takes to watch them.
#[derive(Debug)]
struct Group {
    supervisor: SupervisorHandle,
    namespace: Namespace,
    journal: Journal<String>,
    gate: Gate,
}

const IDS: [&str; 4] = ["a", "b", "c", "d"];

impl Group {
    fn member(&self, id: &'static str) -> MemberHandle {
        Member::via_key(&self.namespace, &id)
    }

    /// What happened, without the beginnings of ends.
    fn notes(&self) -> Vec<String> {
        let mut notes = self.journal.take();
        notes.retain(|note| !note.ends_with(" ends"));
        notes
    }
}

fn child(id: &'static str, journal: &Journal<String>, gate: &Gate) -> ChildSpec {
    let (journal, gate) = (journal.clone(), gate.clone());
    let args = move || (id, journal.clone(), gate.clone());
    ChildSpec::keyed_service::<Member, _>(id, id, args)
}

/// Four members, started in order; `change` makes each child's spec.
async fn group(
    cx: &TestContext,
    spec: SupervisorSpec,
    change: impl Fn(ChildSpec) -> ChildSpec,
) -> Group {
    let (journal, gate) = (Journal::default(), Gate::default());
    let children = IDS.map(|id| change(child(id, &journal, &gate)));
    let supervisor = cx.start_spec("Group", spec.children(children)).await;
    assert_eq!(journal.take(), ["a up", "b up", "c up", "d up"]);
    let namespace = cx.namespace().clone();
    Group {
        supervisor,
        namespace,
        journal,
        gate,
    }
}

/// One whose members end at once.
async fn open(cx: &TestContext, strategy: Strategy) -> Group {
    let intensity = Intensity::new(100, Duration::from_secs(1));
    let spec = SupervisorSpec::new(strategy).intensity(intensity);
    let group = group(cx, spec, |child| child).await;
    group.gate.open();
    group
}

#[scope::test]
async fn a_successor_starts_while_the_old_one_still_terminates(cx: TestContext) {
    let spec = SupervisorSpec::new(Strategy::OneForOne);
    let group = group(&cx, spec, |child| child).await;
    group.member("a").crash().await.unwrap();
    sleep(Duration::from_secs(3_600)).await;
    assert_eq!(group.journal.take(), ["a ends"], "an hour later");
    group.gate.open();
    settle().await;
    assert_eq!(group.journal.take(), ["a down", "a up"]);
}

#[scope::test]
async fn the_window_of_the_intensity_starts_over_instead_of_sliding(cx: TestContext) {
    let namespace = Namespace::tenant(cx.namespace().to_string());
    let (journal, gate) = (Journal::default(), Gate::default());
    gate.open();
    let root = SupervisorSpec::new(Strategy::OneForOne)
        .intensity(Intensity::new(2, Duration::from_secs(10)))
        .child(child("a", &journal, &gate))
        .start("Group", namespace.clone())
        .await
        .unwrap();
    let member = Member::via_key(&namespace, &"a");
    let begun = Instant::now();
    // Windows that start over at 10 s would see two restarts each.
    for at in [0, 9, 11, 12] {
        sleep(Duration::from_secs(at).saturating_sub(begun.elapsed())).await;
        assert!(member.crash().await.is_ok(), "still there at {at} s");
        settle().await;
        if !root.pid().is_alive() {
            break;
        }
    }
    assert_eq!(begun.elapsed().as_secs(), 12);
    assert!(!root.pid().is_alive(), "9, 11 and 12 are three in ten");
    assert_eq!(root.handle().restarts().len(), 3);
}

#[scope::test]
async fn members_of_a_group_are_restarted_in_random_order(cx: TestContext) {
    let group = open(&cx, Strategy::OneForAll).await;
    for _ in 0..20 {
        group.member("b").crash().await.unwrap();
        settle().await;
        assert_eq!(
            group.notes(),
            [
                "b down", "d down", "c down", "a down", "a up", "b up", "c up", "d up"
            ]
        );
    }
}

#[scope::test]
async fn the_rest_is_restarted_in_random_order_or_with_its_predecessors(cx: TestContext) {
    let group = open(&cx, Strategy::RestForOne).await;
    for _ in 0..20 {
        group.member("b").crash().await.unwrap();
        settle().await;
        assert_eq!(
            group.notes(),
            ["b down", "d down", "c down", "b up", "c up", "d up"]
        );
    }
}

#[scope::test]
async fn siblings_are_killed_without_terminate_when_their_group_restarts(cx: TestContext) {
    let group = open(&cx, Strategy::OneForAll).await;
    group.member("a").kill();
    settle().await;
    assert_eq!(
        group.notes(),
        ["d down", "c down", "b down", "a up", "b up", "c up", "d up"],
        "only the killed one has no time to end"
    );
}

#[scope::test]
async fn a_group_stops_in_start_order(cx: TestContext) {
    let namespace = Namespace::tenant(cx.namespace().to_string());
    let (journal, gate) = (Journal::<String>::default(), Gate::default());
    gate.open();
    let root = SupervisorSpec::new(Strategy::OneForOne)
        .children(IDS.map(|id| child(id, &journal, &gate)))
        .start("Group", namespace)
        .await
        .unwrap();
    journal.take();
    root.stop(ExitReason::Shutdown).await;
    let mut ends = Vec::new();
    for id in ["d", "c", "b", "a"] {
        ends.extend([format!("{id} ends"), format!("{id} down")]);
    }
    assert_eq!(journal.take(), ends, "one after the other");
}

#[scope::test]
async fn a_hung_child_blocks_a_shutdown_for_ever(cx: TestContext) {
    let namespace = Namespace::tenant(cx.namespace().to_string());
    let (journal, gate, open) = (Journal::default(), Gate::default(), Gate::default());
    open.open();
    let limit = Shutdown::Timeout(Duration::from_secs(2));
    let root = SupervisorSpec::new(Strategy::OneForOne)
        .child(child("a", &journal, &open))
        .child(child("b", &journal, &gate).shutdown(limit))
        .child(child("c", &journal, &open))
        .start("Group", namespace.clone())
        .await
        .unwrap();
    journal.take();
    let begun = Instant::now();
    root.stop(ExitReason::Shutdown).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(2));
    assert_eq!(
        journal.take(),
        ["c ends", "c down", "b ends", "a ends", "a down"],
        "the others end in order"
    );
    assert_eq!(namespace.process_count(), 0);
}

#[scope::test]
async fn a_name_is_lost_on_a_restart(cx: TestContext) {
    let group = open(&cx, Strategy::OneForOne).await;
    for _ in 0..20 {
        group.member("a").crash().await.unwrap();
        settle().await;
        let found = Member::lookup_key(cx.namespace(), &"a").unwrap();
        assert_eq!(found.pid(), pid_of(&group.supervisor, "a").await);
        assert_eq!(found.add(1).await.unwrap(), 1);
    }
}

#[scope::test]
async fn an_error_after_a_cast_ends_the_service(cx: TestContext) {
    let group = open(&cx, Strategy::OneForOne).await;
    let member = group.member("a");
    member.add(1).await.unwrap();
    member.fail_cast().await.unwrap();
    let error = member.fail_call().await.unwrap_err();
    assert_eq!(error.service().unwrap(), "as it was told");
    assert_eq!(member.add(1).await.unwrap(), 2, "its state is still there");
    assert_eq!(group.journal.take(), Vec::<String>::new());
}

/// Two tests that run at once, and each want the only member called `a`.
async fn claim_the_name(cx: TestContext) {
    let group = open(&cx, Strategy::OneForOne).await;
    for sum in 1..100 {
        assert_eq!(group.member("a").add(1).await.unwrap(), sum);
        tokio::task::yield_now().await;
    }
    assert_eq!(cx.namespace().services().len(), 4);
}

#[scope::test]
async fn two_parallel_tests_clash_over_a_name(cx: TestContext) {
    let other = std::thread::spawn(|| {
        let settings = scope::testing::Settings::new(module_path!());
        scope::testing::run(settings, claim_the_name);
    });
    claim_the_name(cx).await;
    other.join().unwrap();
}

#[scope::test]
async fn a_slow_service_accepts_messages_without_end(cx: TestContext) {
    let group = group(&cx, SupervisorSpec::new(Strategy::OneForOne), |child| child).await;
    let member = group.member("a");
    member.wait().await.unwrap();
    settle().await;
    let mut accepted = 0;
    while member.crash().now().is_ok() {
        accepted += 1;
        assert!(accepted < 1_000, "no push-back");
    }
    assert_eq!(accepted, 16, "its mailbox, and no more");
    let error = member.add(1).timeout(Duration::from_millis(10)).await;
    assert!(matches!(error, Err(CallError::Timeout)));
    let error = member.fail_cast().now().unwrap_err();
    assert!(matches!(error.kind, CastErrorKind::Overloaded));
    let status = member.mailbox();
    assert_eq!((status.length, status.high_water), (16, 16));
    group.gate.open();
}

#[scope::test]
async fn a_supervisor_ends_because_its_child_did(cx: TestContext) {
    let (journal, gate) = (Journal::<String>::default(), Gate::default());
    gate.open();
    let children = IDS.map(|id| child(id, &journal, &gate).restart(Restart::Temporary));
    let spec = SupervisorSpec::new(Strategy::OneForAll).children(children);
    let supervisor = cx.start_spec("Group", spec).await;
    let before = supervisor.pid();
    Member::via_key(cx.namespace(), &"a").crash().await.unwrap();
    Member::via_key(cx.namespace(), &"b")
        .finish()
        .await
        .unwrap();
    Member::via_key(cx.namespace(), &"c").kill();
    settle().await;
    assert_eq!(supervisor.pid(), before);
    assert_eq!(supervisor.count_children().await.unwrap().active, 1);
    supervisor.terminate_child("d").await.unwrap();
    settle().await;
    assert_eq!(supervisor.pid(), before, "nor for want of children");
}

#[scope::test]
async fn all_significant_acts_on_the_first(cx: TestContext) {
    let namespace = Namespace::tenant(cx.namespace().to_string());
    let (journal, gate) = (Journal::<String>::default(), Gate::default());
    gate.open();
    let significant = |id| {
        let child = child(id, &journal, &gate);
        child.restart(Restart::Transient).significant(true)
    };
    let root = SupervisorSpec::new(Strategy::OneForOne)
        .auto_shutdown(AutoShutdown::AllSignificant)
        .children([
            significant("a"),
            child("b", &journal, &gate),
            significant("c"),
        ])
        .start("Group", namespace.clone())
        .await
        .unwrap();
    journal.take();
    Member::via_key(&namespace, &"a").finish().await.unwrap();
    settle().await;
    assert!(root.pid().is_alive(), "the first of two");
    // A crash is no end: it is restarted.
    Member::via_key(&namespace, &"c").crash().await.unwrap();
    settle().await;
    assert!(root.pid().is_alive());
    Member::via_key(&namespace, &"c").finish().await.unwrap();
    assert!(matches!(root.exited().await, ExitReason::Shutdown));
    let mut notes = journal.take();
    notes.retain(|note| !note.ends_with(" ends"));
    assert_eq!(notes, ["a down", "c down", "c up", "c down", "b down"]);
}

#[scope::test]
async fn state_survives_a_restart(cx: TestContext) {
    let group = open(&cx, Strategy::OneForOne).await;
    let (a, b) = (group.member("a"), group.member("b"));
    assert_eq!(a.add(5).await.unwrap(), 5);
    assert_eq!(b.add(7).await.unwrap(), 7);
    a.crash().await.unwrap();
    settle().await;
    assert_eq!(a.add(0).await.unwrap(), 0);
    assert_eq!(b.add(0).await.unwrap(), 7, "a sibling's own stays");
}
