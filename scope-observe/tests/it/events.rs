//! The stream of events.

use std::time::Duration;

use scope_observe::{EventRecord, Limits, Listener, Observer};
use scope_runtime::Namespace;
use scope_runtime::telemetry::{Event, execute};

use crate::client::{Events, Server, builder};
use crate::services::market;

/// A server that keeps so many events, those of a test.
async fn server(prefix: &str, kept: usize) -> Server {
    let builder = builder(&Namespace::test("events"));
    let builder = builder.events(prefix).kept_events(kept);
    Server::with(builder, Limits::default()).await
}

async fn next(events: &mut Events) -> (String, EventRecord) {
    let fields = events.next().await.expect("an event");
    let field = |name| {
        fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    assert_eq!(field("event"), None, "{fields:?}");
    let data = field("data").expect("data");
    let record = serde_json::from_str(&data).expect("JSON");
    (field("id").expect("an id"), record)
}

#[tokio::test]
async fn a_crash_is_told_as_it_happens() {
    let (namespace, market) = market("told").await;
    let server = Server::start(&namespace).await;
    let mut events = server
        .listen("/api/v1/events?prefix=scope.supervisor", "")
        .await;
    market.till().crash().await.expect("it runs");
    loop {
        let (_, event) = next(&mut events).await;
        // Other tests have crashes, too.
        if event.metadata.namespace.as_deref() == Some("test:told") {
            assert_eq!(event.name, "scope.supervisor.restart");
            assert_eq!(event.measurements.count, Some(1));
            assert_eq!(
                event.metadata.child.as_deref(),
                Some("test:told/Market/till")
            );
            assert_eq!(event.metadata.reason.as_deref(), Some("panic: no change"));
            break;
        }
    }
    market.shutdown().await;
}

#[tokio::test]
async fn who_comes_back_misses_nothing() {
    let server = server("back", 1024).await;
    let path = "/api/v1/events?prefix=back.";
    let mut events = server.listen(path, "").await;
    let wares =
        |name: &'static str| execute(&Event::new(name).with_measurements(&[("price", 2.5)]));
    wares("back.a");
    wares("back.b");
    let (first, event) = next(&mut events).await;
    assert_eq!(
        (&*event.name, event.measurements.more["price"]),
        ("back.a", 2.5)
    );
    drop(events);
    wares("back.c");
    for (path, header) in [
        (path.to_owned(), format!("last-event-id: {first}\r\n")),
        (format!("{path}&after={first}"), String::new()),
    ] {
        let mut events = server.listen(&path, &header).await;
        assert_eq!(next(&mut events).await.1.name, "back.b");
        assert_eq!(next(&mut events).await.1.name, "back.c");
    }
    // Of an earlier process: everything there is.
    let mut events = server.listen(path, "last-event-id: 1-1\r\n").await;
    assert_eq!(next(&mut events).await.1.name, "back.a");
}

#[tokio::test]
async fn who_is_too_late_is_told_what_was_missed() {
    let builder = Observer::builder().events("late").kept_events(2);
    let server = Server::with(builder, Limits::default()).await;
    for name in ["late.a", "late.b", "late.c", "late.d", "late.e"] {
        execute(&Event::new(name));
    }
    let mut events = server
        .listen("/api/v1/events", "last-event-id: 0-0\r\n")
        .await;
    let lagged = events.next().await.expect("an event");
    assert!(
        lagged.contains(&("event".to_owned(), "lagged".to_owned())),
        "{lagged:?}"
    );
    let missed = lagged
        .iter()
        .find(|(name, _)| name == "data")
        .expect("data");
    let missed: serde_json::Value = serde_json::from_str(&missed.1).expect("JSON");
    assert!(missed["missed"].as_u64() >= Some(3), "{missed}");
}

#[tokio::test]
async fn messages_are_told_only_to_who_asks_for_them() {
    let (namespace, market) = market("asked").await;
    let quiet = Server::start(&namespace).await;
    let loud = server("scope.message", 1024).await;
    let path = "/api/v1/events?prefix=scope.message.stop";
    let mut events = loud.listen(path, "").await;
    market.till().sell(1).await.expect("there is room");
    loop {
        let (_, event) = next(&mut events).await;
        if event.metadata.namespace.as_deref() == Some("test:asked") {
            assert_eq!(event.metadata.handler.expect("a handler").name, "sell");
            assert_eq!(event.metadata.result.as_deref(), Some("ok"));
            assert!(event.measurements.duration.is_some());
            break;
        }
    }
    // Had the other one kept it, it would come before this.
    let mut events = quiet
        .listen("/api/v1/events", "last-event-id: 0-0\r\n")
        .await;
    market.till().crash().await.expect("it runs");
    loop {
        let (_, event) = next(&mut events).await;
        assert!(!event.name.starts_with("scope.message"), "{event:?}");
        let is_last = event.name == "scope.supervisor.restart";
        if is_last && event.metadata.namespace.as_deref() == Some("test:asked") {
            break;
        }
    }
    market.shutdown().await;
}

/// Nobody asks for a report.
#[tokio::test]
async fn a_change_of_health_is_told_by_itself() {
    let (namespace, market) = market("changes").await;
    let observer = Observer::builder().ready_with(&namespace);
    let observer = observer.health_interval(Duration::from_millis(100)).start();
    let any = "127.0.0.1:0".parse().expect("an address");
    let serving = Listener::bind(&observer, any)
        .await
        .expect("a free port")
        .spawn();
    let server = Server { observer, serving };
    let mut events = server
        .listen("/api/v1/events?prefix=scope.health", "")
        .await;
    market
        .till()
        .fall_ill(Some("a cold".to_owned()))
        .await
        .expect("it runs");
    loop {
        let (_, event) = next(&mut events).await;
        if event.metadata.namespace.as_deref() == Some("test:changes") {
            assert_eq!(event.name, "scope.health.change");
            assert_eq!(event.metadata.service.as_deref(), Some("Till"));
            let change = (event.metadata.from.as_deref(), event.metadata.to.as_deref());
            assert_eq!(change, (Some("healthy"), Some("degraded")));
            break;
        }
    }
    market.shutdown().await;
}

#[tokio::test]
async fn a_stream_ends_with_its_server() {
    let server = server("ends", 10).await;
    let mut events = server.listen("/api/v1/events?prefix=ends", "").await;
    server.serving.shutdown().await;
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn only_so_many_may_listen() {
    let server = server("many", 10).await;
    let mut listening = Vec::new();
    for _ in 0..64 {
        listening.push(server.listen("/api/v1/events", "").await);
    }
    let answer = server.get("/api/v1/events").await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(server.get("/health/live").await.status, 200);
}

#[tokio::test]
async fn several_prefixes_select_the_events_of_all() {
    let server = server("several", 1024).await;
    let path = "/api/v1/events?prefix=several.a,several.c";
    let mut events = server.listen(path, "").await;
    for name in ["several.a", "several.b", "several.c"] {
        execute(&Event::new(name));
    }
    assert_eq!(next(&mut events).await.1.name, "several.a");
    assert_eq!(next(&mut events).await.1.name, "several.c");
}

#[tokio::test]
async fn a_prefix_of_which_nothing_is_kept_is_a_mistake() {
    let server = server("kept", 1024).await;
    let answer = server.get("/api/v1/events?prefix=kept,scope.message").await;
    assert_eq!(answer.status, 400);
    assert!(
        answer
            .body
            .contains("no events under `scope.message` are kept"),
        "{}",
        answer.body
    );
}
