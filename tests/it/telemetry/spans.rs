//! Spans: who caused what, across mailboxes, timers and tasks.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use scope::testing::{TestContext, settle};
use scope::{Strategy, SupervisorSpec};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::{Context as LayerContext, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use super::*;

/// Everything that a subscriber was told on this thread.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Span>>>);

/// How many spans are open, the most that ever were, and how many follow from another one.
#[derive(Clone, Default)]
struct Open(Arc<Mutex<(usize, usize, usize)>>);

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Open {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: LayerContext<'_, S>) {
        let mut open = self.0.lock().unwrap();
        open.0 += 1;
        open.1 = open.1.max(open.0);
    }

    fn on_follows_from(&self, _: &Id, _: &Id, _: LayerContext<'_, S>) {
        self.0.lock().unwrap().2 += 1;
    }

    fn on_close(&self, _: Id, _: LayerContext<'_, S>) {
        self.0.lock().unwrap().0 -= 1;
    }
}

#[derive(Clone, Debug, Default)]
struct Span {
    id: u64,
    /// Its ancestors' names and its own, outermost first.
    way: String,
    fields: BTreeMap<&'static str, String>,
    closed: bool,
    /// What was logged inside.
    lines: usize,
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name(), value.to_owned());
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: LayerContext<'_, S>) {
        let scope = cx.span_scope(id).unwrap().from_root();
        let names: Vec<_> = scope.map(|span| short(span.name())).collect();
        let mut span = Span {
            id: id.into_u64(),
            way: names.join("/"),
            ..Span::default()
        };
        attributes.record(&mut span);
        self.0.lock().unwrap().push(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, _: LayerContext<'_, S>) {
        self.change(id, |span| values.record(span));
    }

    fn on_event(&self, event: &tracing::Event<'_>, cx: LayerContext<'_, S>) {
        if let Some(span) = cx.event_span(event) {
            self.change(&span.id(), |span| span.lines += 1);
        }
    }

    fn on_close(&self, id: Id, _: LayerContext<'_, S>) {
        self.change(&id, |span| span.closed = true);
    }
}

fn short(name: &str) -> &str {
    name.trim_start_matches("scope.")
}

impl Seen {
    fn start() -> (Self, DefaultGuard) {
        let seen = Self::default();
        let subscriber = Registry::default().with(seen.clone());
        (seen, subscribe(subscriber))
    }

    /// Numbers are used again: the last one is meant.
    fn change(&self, id: &Id, change: impl FnOnce(&mut Span)) {
        let mut spans = self.0.lock().unwrap();
        let mut same = spans.iter_mut().rev();
        change(same.find(|span| span.id == id.into_u64()).unwrap());
    }

    /// What was seen since the last time; all of it has ended.
    async fn take(&self) -> Vec<Span> {
        settle().await;
        let spans = std::mem::take(&mut *self.0.lock().unwrap());
        for span in &spans {
            assert!(span.closed, "it never ends: {span:?}");
        }
        spans
    }

    async fn ways(&self) -> Vec<String> {
        let spans = self.take().await;
        spans.into_iter().map(|span| span.way).collect()
    }
}

/// Passes on what it gets, in every way there is.
#[service(requires(Shelf))]
#[derive(Debug)]
struct Desk;

struct Slip;

/// So many more times to oneself.
struct Again(u32);

#[derive(Clone)]
struct Closing;

#[handlers]
impl Desk {
    #[init]
    fn new(cx: &Context<Self>) -> Self {
        cx.subscribe::<Closing>();
        Self
    }

    #[call]
    async fn ask(&self, book: u32, cx: &Context<Self>) -> bool {
        cx.service::<Shelf>().find(book).await.is_ok()
    }

    #[call]
    async fn pass(&self, cx: &Context<Self>) {
        cx.service::<Shelf>().put(1).await.unwrap();
        cx.service::<Shelf>().put(2).now().unwrap();
        cx.myself().info(Slip).unwrap();
    }

    #[call]
    fn later(&self, cx: &Context<Self>) {
        cx.send_after(Duration::from_secs(60), Slip);
    }

    #[call]
    fn aside(&self, cx: &Context<Self>) {
        let shelf = cx.service::<Shelf>();
        drop(cx.spawn(async move { shelf.find(1).await.is_ok() }));
    }

    #[call]
    fn close(&self, cx: &Context<Self>) {
        cx.publish(&Closing);
    }

    #[info]
    fn on_slip(&self, _: Slip) {}

    #[info]
    fn on_again(&self, again: Again, cx: &Context<Self>) {
        if let Some(left) = again.0.checked_sub(1) {
            cx.myself().info(Again(left)).unwrap();
        }
    }

    #[info]
    fn on_closing(&self, _: Closing) {
        tracing::debug!("closing");
    }
}

#[service(requires(Shelf))]
#[derive(Debug)]
struct Clock;

#[handlers]
impl Clock {
    #[init]
    fn new() -> Self {
        Self
    }

    #[every("10s")]
    async fn tick(&mut self, cx: &Context<Self>) {
        cx.service::<Shelf>().put(1).await.unwrap();
    }
}

supervisor! {
    supervisor Library() {
        strategy: one_for_one,

        shelf: Shelf(open()),
        desk: Desk(),
        jobs: tasks {},
    }
}

#[scope::test]
async fn a_callers_span_is_the_handlers_parent_across_mailboxes(cx: TestContext) {
    let library = cx.start::<Library>(()).await;
    let (seen, _guard) = Seen::start();
    let ask = library.desk().ask(1).instrument(info_span!("user"));
    assert!(ask.await.unwrap());
    let expected = [
        "user",
        "user/call",
        "user/call/handle",
        "user/call/handle/call",
        "user/call/handle/call/handle",
    ];
    assert_eq!(seen.ways().await, expected);
}

#[scope::test]
async fn casts_and_infos_have_the_span_they_were_sent_in(cx: TestContext) {
    let library = cx.start::<Library>(()).await;
    let (seen, _guard) = Seen::start();
    library.desk().pass().await.unwrap();
    let mut ways = seen.ways().await;
    ways.sort();
    let expected = [
        "call",
        "call/handle",
        "call/handle/cast",
        "call/handle/cast",
        "call/handle/cast",
        "call/handle/cast/handle",
        "call/handle/cast/handle",
        "call/handle/cast/info",
    ];
    assert_eq!(ways, expected);
}

#[scope::test]
async fn a_message_that_comes_later_has_the_span_it_was_sent_in(cx: TestContext) {
    let library = cx.start::<Library>(()).await;
    let (seen, _guard) = Seen::start();
    library.desk().later().await.unwrap();
    tokio::time::sleep(Duration::from_secs(61)).await;
    let ways = seen.ways().await;
    assert_eq!(ways, ["call", "call/handle", "call/handle/info"]);
}

#[scope::test]
async fn a_tick_begins_what_it_causes(cx: TestContext) {
    let shelf = cx.service::<Shelf>((open(),)).await;
    let _clock = cx.service::<Clock>(()).await;
    let (seen, _guard) = Seen::start();
    tokio::time::sleep(Duration::from_secs(11)).await;
    assert_eq!(seen.ways().await, ["info", "info/cast", "info/cast/handle"]);
    assert!(shelf.is_alive());
}

#[scope::test]
async fn a_task_runs_in_the_span_it_was_started_in(cx: TestContext) {
    let library = cx.start::<Library>(()).await;
    let (seen, _guard) = Seen::start();
    library.desk().aside().await.unwrap();
    let expected = [
        "call",
        "call/handle",
        "call/handle/call",
        "call/handle/call/handle",
    ];
    assert_eq!(seen.ways().await, expected);
    let (jobs, shelf) = (library.jobs(), library.shelf());
    let job = jobs.spawn(async move { shelf.find(1).await.is_ok() });
    let job = job.instrument(info_span!("user")).await.unwrap();
    assert!(job.await.unwrap());
    let expected = ["user", "user/call", "user/call/handle"];
    assert_eq!(seen.ways().await, expected);
}

#[scope::test]
async fn a_published_event_has_the_publishers_span(cx: TestContext) {
    let library = cx.start::<Library>(()).await;
    let (seen, _guard) = Seen::start();
    library.desk().close().await.unwrap();
    let spans = seen.take().await;
    assert_eq!(spans[2].way, "call/handle/info");
    assert_eq!(spans[2].lines, 1, "what a handler logs is inside");
}

#[scope::test]
async fn the_fields_say_what_was_called_and_how_it_went(cx: TestContext) {
    let library = cx.start::<Library>(()).await;
    let (seen, _guard) = Seen::start();
    let shelf = library.shelf();
    shelf.find(1).await.unwrap();
    let spans = seen.take().await;
    let fields = |span: &Span| {
        let fields = span.fields.iter();
        let fields = fields.map(|(name, value)| format!("{name} = {value}\n"));
        let text = fields.collect::<String>();
        let number = format!("incarnation = {}", shelf.pid().unwrap().incarnation());
        text.replace(&cx.namespace().to_string(), "production")
            .replace(&number, "incarnation = 7")
    };
    insta::assert_snapshot!(format!("{}\n{}", fields(&spans[0]), fields(&spans[1])));
    let outcome = |span: &Span| {
        let field = |name| span.fields.get(name).cloned().unwrap_or_default();
        format!("{} {}", field("otel.status_code"), field("error.type"))
    };
    assert!(shelf.find(0).await.is_err());
    assert!(shelf.find(13).await.is_err());
    shelf.find(1).timeout(Duration::ZERO).await.unwrap_err();
    let outcomes: Vec<_> = seen.take().await.iter().map(outcome).collect();
    let expected = [
        "ERROR _OTHER",
        "ERROR _OTHER",
        "ERROR exited",
        "ERROR panic",
    ];
    assert_eq!(outcomes[..4], expected);
    assert!(
        outcomes.contains(&"ERROR timeout".to_owned()),
        "{outcomes:?}"
    );
}

#[scope::test]
async fn the_life_of_a_service_has_spans(cx: TestContext) {
    let (seen, _guard) = Seen::start();
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .child(scope::ChildSpec::service::<Shelf>("shelf", || (open(),)));
    cx.start_spec("Library", spec).await;
    assert_eq!(seen.ways().await, ["init"]);
    let shelf = Shelf::via(cx.namespace());
    assert!(shelf.find(13).await.is_err());
    let ways = seen.ways().await;
    assert_eq!(
        ways,
        ["call", "call/handle", "terminate", "restart", "init"]
    );
}

#[scope::test]
async fn two_subscribers_do_not_mix_their_spans_up(cx: TestContext) {
    let library = cx.start::<Library>(()).await;
    let (services, _guard) = Seen::start();
    let callers = Seen::default();
    let subscriber = Registry::default().with(callers.clone());
    let dispatch = tracing::Dispatch::new(subscriber);
    let user = tracing::dispatcher::with_default(&dispatch, || info_span!("user"));
    // Enough of its own that its numbers mean nothing to the other one.
    let call = async {
        let spans: Vec<_> = (0..100).map(|_| info_span!("other")).collect();
        let asked = library.desk().ask(1).await;
        drop(spans);
        asked
    };
    let call = tracing::instrument::WithSubscriber::with_subscriber(call, dispatch);
    assert!(call.instrument(user).await.unwrap());
    let mut ways = callers.ways().await;
    ways.retain(|way| !way.contains("other"));
    // A trace is one subscriber's, though handlers run where there is another one.
    let expected = [
        "user",
        "user/call",
        "user/call/handle",
        "user/call/handle/call",
        "user/call/handle/call/handle",
    ];
    assert_eq!(ways, expected);
    assert_eq!(services.ways().await, Vec::<String>::new());
}

#[scope::test]
async fn a_subscriber_that_wants_less_gets_nothing(cx: TestContext) {
    let library = cx.start::<Library>(()).await;
    let seen = Seen::default();
    let level = tracing::level_filters::LevelFilter::INFO;
    let subscriber = Registry::default().with(seen.clone().with_filter(level));
    let _guard = tracing::subscriber::set_default(subscriber);
    assert!(library.desk().ask(1).await.unwrap());
    assert_eq!(seen.ways().await, Vec::<String>::new());
}

#[scope::test]
async fn a_chain_of_messages_without_an_end_keeps_few_spans(cx: TestContext) {
    let library = cx.start::<Library>(()).await;
    let open = Open::default();
    let _guard = subscribe(Registry::default().with(open.clone()));
    library.desk().info(Again(1_000)).await.unwrap();
    settle().await;
    while library.desk().mailbox().length > 0 {
        settle().await;
    }
    let (left, most, followed) = *open.0.lock().unwrap();
    assert_eq!(left, 0);
    assert!((64..=140).contains(&most), "{most}");
    assert!(followed >= 7, "{followed}");
}

/// A subscriber that fails where a message is begun.
struct Fragile;

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Fragile {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: LayerContext<'_, S>) {
        assert!(attributes.metadata().name() != "scope.handle", "fragile");
    }
}

#[service(mailbox(keep))]
struct Keeping {
    journal: scope::testing::Journal<u32>,
}

#[handlers]
impl Keeping {
    #[init]
    fn new(journal: scope::testing::Journal<u32>) -> Self {
        Self { journal }
    }

    #[cast]
    fn note(&self, number: u32) {
        self.journal.note(number);
    }
}

supervisor! {
    supervisor Keepers(journal: scope::testing::Journal<u32>) {
        strategy: one_for_one,

        keeping: Keeping(journal.clone()),
    }
}

#[scope::test]
async fn a_message_at_which_a_subscriber_panics_is_not_handled_again(cx: TestContext) {
    let journal = scope::testing::Journal::default();
    let keepers = cx.start::<Keepers>((journal.clone(),)).await;
    let guard = subscribe(Registry::default().with(Fragile));
    keepers.keeping().note(1).await.unwrap();
    settle().await;
    drop(guard);
    keepers.keeping().note(2).await.unwrap();
    settle().await;
    assert_eq!(journal.take(), [2]);
}
