//! Virtual instances: they end for want of messages, and come back with the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use scope::CastErrorKind;
use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use tokio::time::{Instant, sleep};

#[derive(Clone, Debug, Default)]
struct Setup {
    journal: Journal<String>,
    /// Holds `terminate` up, where it is closed.
    gate: Gate,
    fails: Arc<AtomicBool>,
}

impl Setup {
    /// One whose gate is open.
    fn open() -> Self {
        let setup = Self::default();
        setup.gate.open();
        setup
    }
}

#[service(mailbox = 2)]
#[derive(Debug)]
struct Cart {
    id: u32,
    items: u32,
    setup: Setup,
}

#[handlers]
impl Cart {
    #[init]
    fn init(id: u32, setup: Setup) -> Result<Self, String> {
        if setup.fails.load(Ordering::Relaxed) {
            return Err("no paper".to_owned());
        }
        setup.journal.note(format!("open {id}"));
        let items = 0;
        Ok(Self { id, items, setup })
    }

    #[call]
    fn add(&mut self, items: u32) -> u32 {
        self.items += items;
        self.items
    }

    #[cast]
    fn put(&mut self, items: u32) {
        self.items += items;
    }

    #[terminate]
    async fn close(&mut self) {
        self.setup.gate.wait().await;
        self.setup.journal.note(format!("close {}", self.id));
    }
}

supervisor! {
    supervisor Store(setup: Setup) {
        strategy: one_for_one,
        intensity: 10 in "1s",

        carts: dynamic Cart(id, setup.clone()) by id: u32 { idle: "5m", max_children: 2 },
    }

    supervisor Hasty(setup: Setup) {
        strategy: one_for_one,

        carts: dynamic Cart(id, setup.clone()) by id: u32 { idle: "1ms" },
    }
}

const MINUTE: Duration = Duration::from_secs(60);

async fn active(store: &Store) -> usize {
    let counts = store.carts().supervisor().count_children().await;
    counts.unwrap().active
}

#[scope::test]
async fn an_instance_ends_after_its_time_without_messages(cx: TestContext) {
    let setup = Setup::open();
    let store = cx.start::<Store>((setup.clone(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    sleep(4 * MINUTE).await;
    assert_eq!(cart.add(1).await.unwrap(), 1);
    sleep(4 * MINUTE).await;
    assert!(cart.is_alive(), "four minutes without messages");
    sleep(MINUTE + Duration::from_secs(1)).await;
    assert!(!cart.is_alive());
    assert_eq!(active(&store).await, 0);
    assert_eq!(setup.journal.take(), ["open 7", "close 7"]);
    assert!(store.restarts().is_empty(), "that is no crash");
}

#[scope::test]
async fn the_next_message_brings_it_back_with_fresh_state(cx: TestContext) {
    let setup = Setup::open();
    let store = cx.start::<Store>((setup.clone(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    cart.add(5).await.unwrap();
    for message in 0..3 {
        sleep(6 * MINUTE).await;
        assert!(!cart.is_alive());
        if message % 2 == 0 {
            assert_eq!(cart.add(1).await.unwrap(), 1);
        } else {
            cart.put(2).await.unwrap();
            assert_eq!(cart.add(0).await.unwrap(), 2);
        }
    }
    assert_eq!(
        setup.journal.take(),
        [
            "open 7", "close 7", "open 7", "close 7", "open 7", "close 7", "open 7"
        ],
        "never two at once"
    );
}

#[scope::test]
async fn get_or_start_brings_it_back_too(cx: TestContext) {
    let store = cx.start::<Store>((Setup::open(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    cart.add(5).await.unwrap();
    sleep(6 * MINUTE).await;
    assert!(store.carts().lookup(&7).is_none());
    let again = store.carts().get_or_start(7).await.unwrap();
    assert_eq!(again.pid(), cart.pid());
    assert_eq!(cart.add(1).await.unwrap(), 1);
}

#[scope::test]
async fn messages_during_passivation_reach_the_successor(cx: TestContext) {
    let setup = Setup::default();
    let store = cx.start::<Store>((setup.clone(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    cart.add(5).await.unwrap();
    sleep(5 * MINUTE + Duration::from_secs(1)).await;
    assert!(cart.is_alive(), "it runs `terminate`");
    cart.put(1).await.unwrap();
    cart.put(1).await.unwrap();
    // Two fit: the next ones wait for room.
    let waiting = tokio::spawn(cart.put(1));
    let call = tokio::spawn(cart.add(1));
    settle().await;
    assert_eq!(setup.journal.take(), ["open 7"]);
    setup.gate.open();
    waiting.await.unwrap().unwrap();
    assert_eq!(call.await.unwrap().unwrap(), 4, "in their order, and fresh");
    assert_eq!(setup.journal.take(), ["close 7", "open 7"]);
    assert_eq!(active(&store).await, 1);
}

#[scope::test]
async fn an_instance_that_is_slow_to_end_holds_up_no_other(cx: TestContext) {
    let setup = Setup::default();
    let store = cx.start::<Store>((setup.clone(),)).await;
    let carts = store.carts();
    let seven = carts.get_or_start(7).await.unwrap();
    sleep(6 * MINUTE).await;
    let wanted = tokio::spawn(async move { carts.get_or_start(7).await });
    settle().await;
    let begun = Instant::now();
    let eight = store.carts().get_or_start(8).await.unwrap();
    assert_eq!(eight.add(1).await.unwrap(), 1);
    assert_eq!(begun.elapsed(), Duration::ZERO);
    setup.gate.open();
    assert_eq!(wanted.await.unwrap().unwrap().pid(), seven.pid());
    assert_eq!(seven.add(1).await.unwrap(), 1);
}

#[scope::test]
async fn a_failed_start_hands_the_waiting_messages_back(cx: TestContext) {
    let setup = Setup::open();
    let store = cx.start::<Store>((setup.clone(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    sleep(6 * MINUTE).await;
    setup.fails.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    let error = cart.add(1).await.unwrap_err();
    assert!(
        matches!(&error, CallError::Exited(reason) if reason.to_string() == "error: no paper"),
        "{error:?}"
    );
    assert_eq!(begun.elapsed(), Duration::ZERO, "at once");
    // The next message tries again.
    setup.fails.store(false, Ordering::Relaxed);
    assert_eq!(cart.add(1).await.unwrap(), 1);
}

#[scope::test]
async fn messages_come_back_where_there_is_no_place_for_the_instance(cx: TestContext) {
    let store = cx.start::<Store>((Setup::open(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    sleep(6 * MINUTE).await;
    for other in [1, 2] {
        store.carts().get_or_start(other).await.unwrap();
    }
    let begun = Instant::now();
    assert!(cart.add(1).await.is_err());
    assert_eq!(begun.elapsed(), Duration::ZERO);
    store.carts().stop(&1).await.unwrap();
    assert_eq!(cart.add(1).await.unwrap(), 1);
}

#[scope::test]
async fn a_stopped_instance_does_not_come_back_by_itself(cx: TestContext) {
    let store = cx.start::<Store>((Setup::open(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    assert!(store.carts().stop(&7).await.unwrap());
    assert!(matches!(cart.add(1).await, Err(CallError::NoProc)));
    store.carts().get_or_start(7).await.unwrap();
    sleep(6 * MINUTE).await;
    assert_eq!(cart.add(1).await.unwrap(), 1, "but as it did before");
}

#[scope::test]
async fn a_stopped_passive_instance_does_not_come_back_by_itself(cx: TestContext) {
    let store = cx.start::<Store>((Setup::open(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    sleep(6 * MINUTE).await;
    assert!(!store.carts().stop(&7).await.unwrap(), "it does not run");
    assert!(matches!(cart.add(1).await, Err(CallError::NoProc)));
}

#[scope::test]
async fn messages_for_the_successor_of_an_instance_that_is_stopped_come_back(cx: TestContext) {
    let setup = Setup::default();
    let store = cx.start::<Store>((setup.clone(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    sleep(5 * MINUTE + Duration::from_secs(1)).await;
    assert!(cart.is_alive(), "it runs `terminate`");
    let call = tokio::spawn(cart.add(1).no_timeout());
    cart.put(1).await.unwrap();
    let in_line = tokio::spawn(cart.put(1));
    settle().await;
    let carts = store.carts();
    let stopped = tokio::spawn(async move { carts.stop(&7).await });
    settle().await;
    setup.gate.open();
    assert!(stopped.await.unwrap().unwrap());
    let call = call.await.unwrap();
    assert!(matches!(call, Err(CallError::Exited(ExitReason::Shutdown))));
    let in_line = in_line.await.unwrap().unwrap_err();
    assert!(matches!(in_line.kind, CastErrorKind::Exited(_)));
    assert_eq!(cart.mailbox().counters.undelivered, 2);
    assert!(matches!(cart.add(1).await, Err(CallError::NoProc)));
}

#[scope::test]
async fn a_message_finds_an_instance_also_after_its_supervisor_was_restarted(cx: TestContext) {
    let store = cx.start::<Store>((Setup::open(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    cart.add(5).await.unwrap();
    let supervisor = store.carts().supervisor().pid().unwrap();
    supervisor.kill();
    supervisor.exited().await;
    settle().await;
    assert_eq!(active(&store).await, 0);
    assert_eq!(cart.add(1).await.unwrap(), 1);
    assert_eq!(active(&store).await, 1);
}

#[scope::test(threads = 2)]
async fn no_message_is_lost_while_instances_come_and_go(cx: TestContext) {
    let setup = Setup::open();
    let store = cx.start::<Hasty>((setup.clone(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    let senders: Vec<_> = (0..4_u64)
        .map(|sender| {
            let cart = cart.clone();
            tokio::spawn(async move {
                for round in 0..100_u64 {
                    cart.put(1).await.unwrap();
                    cart.add(1).await.unwrap();
                    // About as long as an instance waits: to meet it at all moments of its end.
                    sleep(Duration::from_micros(500 + 97 * ((sender + round) % 16))).await;
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let notes = setup.journal.take();
    assert!(notes.len() > 2, "it never ended: {notes:?}");
    for (index, note) in notes.iter().enumerate() {
        let expected = ["open 7", "close 7"][index % 2];
        assert_eq!(note, expected, "never two at once");
    }
}

/// Has unfinished work, or fails.
#[service(restart = permanent, call_timeout = "1h")]
#[derive(Debug)]
struct Till {
    setup: Setup,
}

#[derive(Debug)]
struct Reminder;

#[handlers]
impl Till {
    #[init]
    fn init(_id: u32, setup: Setup) -> Self {
        setup.journal.note("open".to_owned());
        Self { setup }
    }

    #[call]
    fn ping(&self) -> u32 {
        1
    }

    #[call]
    fn later(&mut self, reply: ReplyTo<u32>, cx: &Context<Self>) {
        drop(cx.spawn(async move {
            sleep(Duration::from_secs(150)).await;
            reply.answer(7);
        }));
    }

    #[cast]
    fn remind(&mut self, cx: &Context<Self>) {
        cx.send_after(Duration::from_secs(150), Reminder);
    }

    #[info]
    fn reminder(&mut self, reminder: Reminder) {
        let Reminder = reminder;
        self.setup.journal.note("reminded".to_owned());
    }

    #[cast]
    fn fail(&mut self, cx: &Context<Self>) {
        cx.stop(ExitReason::error("no coins"));
    }

    #[terminate]
    fn close(&mut self) {
        self.setup.journal.note("close".to_owned());
    }
}

supervisor! {
    supervisor Market(setup: Setup) {
        strategy: one_for_one,

        tills: dynamic Till(id, setup.clone()) by id: u32 { idle: "1m", max_children: 1 },
        patient: dynamic Till(id.into(), setup.clone()) by id: u16 { idle: "1m", backoff: "1s..1s" },
    }
}

#[scope::test]
async fn an_instance_with_unfinished_work_is_not_idle(cx: TestContext) {
    let setup = Setup::open();
    let market = cx.start::<Market>((setup.clone(),)).await;
    let till = market.tills().get_or_start(1).await.unwrap();
    assert_eq!(till.later().await.unwrap(), 7, "its task runs");
    till.remind().await.unwrap();
    sleep(3 * MINUTE).await;
    assert_eq!(setup.journal.take(), ["open", "reminded"]);
    sleep(3 * MINUTE).await;
    assert_eq!(setup.journal.take(), ["close"], "now nothing is left to do");
}

#[scope::test]
async fn who_waits_learns_why_an_instance_does_not_come(cx: TestContext) {
    let market = cx.start::<Market>((Setup::open(),)).await;
    let till = market.tills().get_or_start(1).await.unwrap();
    sleep(3 * MINUTE).await;
    market.tills().get_or_start(2).await.unwrap();
    let refused = till.ping().await;
    assert!(matches!(refused, Err(CallError::Overloaded)), "{refused:?}");
}

#[scope::test]
async fn messages_wait_for_an_instance_that_is_being_restarted(cx: TestContext) {
    let market = cx.start::<Market>((Setup::open(),)).await;
    let till = market.patient().get_or_start(1).await.unwrap();
    till.fail().await.unwrap();
    settle().await;
    assert!(!till.is_alive());
    assert_eq!(till.ping().await.unwrap(), 1);
}

#[scope::test]
async fn a_stop_calls_the_restart_off(cx: TestContext) {
    let setup = Setup::open();
    let market = cx.start::<Market>((setup.clone(),)).await;
    let till = market.patient().get_or_start(1).await.unwrap();
    till.fail().await.unwrap();
    settle().await;
    let waits = tokio::spawn(till.ping().into_future());
    settle().await;
    assert!(market.patient().stop(&1).await.unwrap());
    assert!(waits.await.unwrap().is_err());
    sleep(MINUTE).await;
    assert_eq!(setup.journal.take(), ["open", "close"]);
    assert!(matches!(till.ping().await, Err(CallError::NoProc)));
    assert!(!market.patient().stop(&1).await.unwrap());
}

#[scope::test]
async fn nothing_is_queued_for_an_instance_of_a_tree_that_ended(cx: TestContext) {
    let tree = Market::start_in(Namespace::test("ended"), Setup::open());
    let market = tree.await.unwrap();
    let till = market.tills().get_or_start(1).await.unwrap();
    drop(cx);
    market.shutdown().await;
    let refused = till.remind().await.unwrap_err();
    assert!(matches!(refused.kind, CastErrorKind::NoProc), "{refused}");
}

/// Sends itself a message from the last of its timers.
#[service]
struct Reminded {
    began: Instant,
    journal: Journal<Duration>,
}

#[handlers]
impl Reminded {
    #[init]
    fn init(_id: u32, journal: Journal<Duration>, cx: &Context<Self>) -> Self {
        cx.send_after(Duration::from_millis(250), Reminder);
        let began = Instant::now();
        Self { began, journal }
    }

    #[info]
    fn remind(&self, _: Reminder, cx: &Context<Self>) {
        cx.myself().poke().unwrap();
    }

    #[cast]
    fn poke(&mut self) {}

    #[terminate]
    fn close(&mut self, _: &ExitReason) {
        self.journal.note(self.began.elapsed());
    }
}

supervisor! {
    supervisor Reminders(journal: Journal<Duration>) {
        strategy: one_for_one,

        all: dynamic Reminded(id, journal.clone()) by id: u32 { idle: "300ms" },
    }
}

#[scope::test]
async fn a_message_that_is_served_right_after_another_counts_as_one(cx: TestContext) {
    let journal = Journal::default();
    let reminders = cx.start::<Reminders>((journal.clone(),)).await;
    reminders.all().get_or_start(1).await.unwrap();
    assert_eq!(journal.next().await, Duration::from_millis(550));
}

#[scope::test]
async fn a_sender_whose_runtime_ends_at_once_brings_it_back_too(cx: TestContext) {
    let store = cx.start::<Store>((Setup::open(),)).await;
    let cart = store.carts().get_or_start(7).await.unwrap();
    sleep(6 * MINUTE).await;
    assert!(!cart.is_alive());
    let sender = cart.clone();
    let sent = std::thread::spawn(move || {
        let short = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        short.block_on(async { sender.put(2).now().is_ok() })
    });
    assert!(sent.join().unwrap());
    assert_eq!(cart.add(1).await.unwrap(), 3);
}
