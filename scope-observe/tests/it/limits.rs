//! Clients that mean no good, and a great many of those that do.

use std::time::Duration;

use scope_observe::Limits;
use scope_runtime::Namespace;
use scope_runtime::telemetry::{Event, execute};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, yield_now};
use tokio::time::timeout;

use crate::client::{LIMIT, Server, builder};

async fn server(change: impl FnOnce(&mut Limits)) -> Server {
    let mut limits = Limits::default();
    change(&mut limits);
    Server::with(builder(&Namespace::test("limits")), limits).await
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let server = server(|_| ()).await;
    for bytes in [
        b"\0\0\0\0\r\n\r\n".as_slice(),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost localhost\r\n\r\n",
        b"GET /health HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: nonsense\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = server.send(bytes).await;
        assert!(matches!(answer.status, 0 | 400), "{answer:?}");
        assert_eq!(server.get("/health/live").await.status, 200);
    }
}

#[tokio::test]
async fn a_head_has_a_limit() {
    let server = server(|limits| limits.header_bytes = 8192).await;
    let long = "x".repeat(20_000);
    for request in [
        format!("GET /health HTTP/1.1\r\nhost: localhost\r\nx: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        format!("GET /health HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(200)),
    ] {
        let answer = server.send(request.as_bytes()).await;
        assert!(matches!(answer.status, 0 | 414 | 431), "{answer:?}");
        assert_eq!(server.get("/health/live").await.status, 200);
    }
}

#[tokio::test]
async fn who_does_not_finish_loses_the_place() {
    let server = server(|limits| {
        limits.connections = 1;
        limits.header_timeout = Duration::from_millis(50);
    })
    .await;
    for begin in [
        b"".as_slice(),
        b"GET /hea",
        b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n",
        b"POST /health/live HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf",
    ] {
        let mut slow = TcpStream::connect(server.address())
            .await
            .expect("a connection");
        slow.write_all(begin).await.expect("it reads");
        // There is one place, and it is taken until the time is up.
        assert_eq!(server.get("/health/live").await.status, 200);
        let mut rest = Vec::new();
        let ended = timeout(LIMIT, slow.read_to_end(&mut rest)).await;
        assert!(ended.is_ok(), "it is still open");
    }
}

#[tokio::test]
async fn who_does_not_read_loses_the_place() {
    let builder = builder(&Namespace::test("limits")).events("flood");
    let mut limits = Limits::default();
    limits.connections = 1;
    limits.stall_timeout = Duration::from_millis(50);
    let server = Server::with(builder, limits).await;
    let deaf = server.listen("/api/v1/events?prefix=flood", "").await;
    let water = "x".repeat(10_000);
    let flood = async {
        loop {
            execute(&Event::new("flood").with_metadata(&[("water", &water)]));
            yield_now().await;
        }
    };
    // The one place is free once the flood was not read for long enough.
    tokio::select! {
        () = flood => {}
        answer = server.get("/health/live") => assert_eq!(answer.status, 200),
    }
    drop(deaf);
}

#[tokio::test]
async fn connections_are_bounded_and_the_others_wait() {
    let server = server(|limits| limits.connections = 2).await;
    let first = server.listen("/api/v1/events", "").await;
    let second = server.listen("/api/v1/events", "").await;
    let mut third = Box::pin(server.get("/health/live"));
    let waited = timeout(Duration::from_millis(100), &mut third).await;
    assert!(waited.is_err(), "there was no place for it");
    drop(first);
    // The server sees an end when it next writes, or at once.
    assert_eq!(third.await.status, 200);
    drop(second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_scrapes_at_once_are_answered() {
    let server = std::sync::Arc::new(server(|_| ()).await);
    let mut scrapes = JoinSet::new();
    for _ in 0..1000 {
        let server = server.clone();
        scrapes.spawn(async move { server.get("/metrics").await });
    }
    while let Some(answer) = scrapes.join_next().await {
        let answer = answer.expect("no panic");
        assert_eq!(answer.status, 200);
        assert!(answer.body.ends_with("# EOF\n"));
    }
}
