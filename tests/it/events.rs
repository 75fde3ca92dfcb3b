//! Events: published to whoever subscribed in the same namespace.

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{ChildSpec, Intensity, Restart, Root, Strategy, SupervisorSpec};

#[derive(Clone, Debug)]
struct PriceChanged(u32);

#[derive(Clone, Debug)]
struct Restocked;

/// Subscribed to prices from its start, and to the rest on request.
#[service(mailbox = 2)]
#[derive(Debug)]
struct Listener {
    journal: Journal<String>,
}

#[handlers]
impl Listener {
    #[init]
    fn init(journal: Journal<String>, cx: &Context<Self>) -> Self {
        cx.subscribe::<PriceChanged>();
        Self { journal }
    }

    #[call]
    fn subscribe_to_all(&mut self, cx: &Context<Self>) {
        cx.subscribe::<PriceChanged>();
        cx.subscribe::<Restocked>();
    }

    #[call]
    fn publish(&mut self, price: u32, cx: &Context<Self>) -> usize {
        cx.publish(&PriceChanged(price))
    }

    #[cast]
    async fn wait(&mut self, gate: Gate) {
        gate.wait().await;
    }

    #[cast]
    fn crash(&mut self) {
        panic!("as it was told");
    }

    #[info]
    fn price(&mut self, PriceChanged(price): PriceChanged) {
        self.journal.note(format!("price {price}"));
    }

    #[info]
    fn stock(&mut self, _: Restocked) {
        self.journal.note("restocked");
    }

    #[info]
    fn lagged(&mut self, lagged: Lagged) {
        self.journal.note(format!("lagged {}", lagged.0));
    }
}

async fn listener(cx: &TestContext) -> (ListenerHandle, Journal<String>) {
    let journal = Journal::default();
    (cx.service::<Listener>((journal.clone(),)).await, journal)
}

/// Listeners under keys, each with a journal.
async fn listeners(cx: &TestContext, keys: &[&'static str]) -> Vec<Journal<String>> {
    let journals: Vec<_> = keys.iter().map(|_| Journal::default()).collect();
    let children = keys.iter().zip(journals.clone()).map(|(key, journal)| {
        ChildSpec::keyed_service::<Listener, _>(*key, *key, move || (journal.clone(),))
    });
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .intensity(Intensity::new(100, std::time::Duration::from_secs(1)))
        .children(children);
    cx.start_spec("Listeners", spec).await;
    journals
}

#[scope::test]
async fn everybody_who_subscribed_gets_the_event(cx: TestContext) {
    let journals = listeners(&cx, &["a", "b", "c"]).await;
    assert_eq!(cx.namespace().publish(&PriceChanged(7)), 3);
    settle().await;
    for journal in journals {
        assert_eq!(journal.take(), ["price 7"]);
    }
}

#[scope::test]
async fn events_are_told_apart_by_type(cx: TestContext) {
    let (listener, journal) = listener(&cx).await;
    assert_eq!(cx.namespace().publish(&Restocked), 0);
    listener.subscribe_to_all().await.unwrap();
    assert_eq!(cx.namespace().publish(&Restocked), 1);
    settle().await;
    assert_eq!(journal.take(), ["restocked"]);
}

#[scope::test]
async fn who_subscribes_twice_gets_an_event_once(cx: TestContext) {
    let (listener, journal) = listener(&cx).await;
    listener.subscribe_to_all().await.unwrap();
    listener.subscribe_to_all().await.unwrap();
    assert_eq!(cx.namespace().publish(&PriceChanged(1)), 1);
    settle().await;
    assert_eq!(journal.take(), ["price 1"]);
}

#[scope::test]
async fn a_service_publishes_also_to_itself(cx: TestContext) {
    let (listener, journal) = listener(&cx).await;
    assert_eq!(listener.publish(3).await.unwrap(), 1);
    settle().await;
    assert_eq!(journal.take(), ["price 3"]);
}

#[scope::test]
async fn an_event_stays_in_its_namespace(cx: TestContext) {
    let (_here, journal) = listener(&cx).await;
    let tenant = Namespace::tenant(cx.namespace().to_string());
    let there = Journal::default();
    let root = elsewhere(&tenant, &there).await;
    assert_eq!(tenant.publish(&PriceChanged(1)), 1);
    assert_eq!(cx.namespace().publish(&PriceChanged(2)), 1);
    settle().await;
    assert_eq!(there.take(), ["price 1"]);
    assert_eq!(journal.take(), ["price 2"]);
    root.stop(ExitReason::Shutdown).await;
}

async fn elsewhere(namespace: &Namespace, journal: &Journal<String>) -> Root {
    let journal = journal.clone();
    let spec = ChildSpec::service::<Listener>("listener", move || (journal.clone(),));
    let spec = SupervisorSpec::new(Strategy::OneForOne).child(spec);
    spec.start("Listeners", namespace.clone()).await.unwrap()
}

#[scope::test]
async fn a_full_subscriber_loses_events_and_is_told_how_many(cx: TestContext) {
    let (listener, journal) = listener(&cx).await;
    let gate = Gate::default();
    listener.wait(gate.clone()).await.unwrap();
    settle().await;
    let got: Vec<_> = (0..5)
        .map(|price| cx.namespace().publish(&PriceChanged(price)))
        .collect();
    assert_eq!(got, [1, 1, 0, 0, 0]);
    assert_eq!(listener.mailbox().counters.rejected, 3);
    gate.open();
    settle().await;
    assert_eq!(journal.take(), ["price 0", "price 1"]);
    assert_eq!(cx.namespace().publish(&PriceChanged(5)), 1);
    settle().await;
    assert_eq!(journal.take(), ["lagged 3", "price 5"]);
    assert_eq!(cx.namespace().publish(&PriceChanged(6)), 1);
    settle().await;
    assert_eq!(journal.take(), ["price 6"], "it is told once");
}

#[scope::test]
async fn a_full_subscriber_holds_up_nobody_else(cx: TestContext) {
    let journals = listeners(&cx, &["slow", "fast"]).await;
    let gate = Gate::default();
    let slow = Listener::via_key(cx.namespace(), &"slow");
    slow.wait(gate.clone()).await.unwrap();
    settle().await;
    for price in 0..10 {
        cx.namespace().publish(&PriceChanged(price));
        settle().await;
    }
    assert_eq!(journals[1].take().len(), 10);
    gate.open();
    settle().await;
    assert_eq!(journals[0].take(), ["price 0", "price 1"]);
}

#[scope::test]
async fn a_subscription_ends_with_the_incarnation(cx: TestContext) {
    let (listener, journal) = listener(&cx).await;
    listener.subscribe_to_all().await.unwrap();
    listener.crash().await.unwrap();
    settle().await;
    assert!(listener.is_alive(), "it was restarted");
    assert_eq!(
        cx.namespace().publish(&Restocked),
        0,
        "the successor did not ask for it"
    );
    assert_eq!(cx.namespace().publish(&PriceChanged(1)), 1);
    settle().await;
    assert_eq!(journal.take(), ["price 1"], "and once for its own");
}

#[scope::test]
async fn nobody_gets_an_event_after_the_end(cx: TestContext) {
    let spec = ChildSpec::service::<Listener>("listener", || (Journal::default(),));
    let spec = SupervisorSpec::new(Strategy::OneForOne).child(spec.restart(Restart::Temporary));
    let supervisor = cx.start_spec("Listeners", spec).await;
    assert_eq!(cx.namespace().publish(&PriceChanged(1)), 1);
    supervisor.terminate_child("listener").await.unwrap();
    assert_eq!(cx.namespace().publish(&PriceChanged(2)), 0);
}

/// Has room for one message, and no handler for `Lagged`.
#[service(mailbox = 1)]
#[derive(Debug)]
struct Narrow {
    journal: Journal<String>,
    gate: Gate,
}

#[handlers]
impl Narrow {
    #[init]
    fn init(journal: Journal<String>, gate: Gate, cx: &Context<Self>) -> Self {
        cx.subscribe::<PriceChanged>();
        Self { journal, gate }
    }

    #[info]
    async fn price(&mut self, change: PriceChanged) {
        self.gate.wait().await;
        self.journal.note(format!("price {}", change.0));
    }
}

/// As `Narrow`, but wants to know what it lost.
#[service(mailbox = 1)]
#[derive(Debug)]
struct Curious {
    journal: Journal<String>,
    gate: Gate,
}

#[handlers]
impl Curious {
    #[init]
    fn init(journal: Journal<String>, gate: Gate, cx: &Context<Self>) -> Self {
        cx.subscribe::<PriceChanged>();
        Self { journal, gate }
    }

    #[info]
    async fn price(&mut self, change: PriceChanged) {
        self.gate.wait().await;
        self.journal.note(format!("price {}", change.0));
    }

    #[info]
    fn lagged(&mut self, lagged: Lagged) {
        self.journal.note(format!("lagged {}", lagged.0));
    }
}

async fn overrun(cx: &TestContext, journal: &Journal<String>, gate: &Gate) {
    for price in 0..4 {
        cx.namespace().publish(&PriceChanged(price));
        settle().await; // 0 is being handled, 1 waits, the others are lost
    }
    gate.open();
    settle().await;
    assert_eq!(journal.take(), ["price 0", "price 1"]);
    assert_eq!(cx.namespace().publish(&PriceChanged(4)), 1);
    settle().await;
}

#[scope::test]
async fn who_does_not_ask_is_not_told_what_it_lost(cx: TestContext) {
    let (journal, gate) = (Journal::default(), Gate::default());
    cx.service::<Narrow>((journal.clone(), gate.clone())).await;
    overrun(&cx, &journal, &gate).await;
    assert_eq!(journal.take(), ["price 4"]);
}

#[scope::test]
async fn a_mailbox_of_one_has_room_for_the_event_after_the_loss(cx: TestContext) {
    let (journal, gate) = (Journal::default(), Gate::default());
    cx.service::<Curious>((journal.clone(), gate.clone())).await;
    overrun(&cx, &journal, &gate).await;
    assert_eq!(journal.take(), ["lagged 2", "price 4"]);
}
