//! Where the routes are served.

use axum::Router;
use scope_observe::{ListenError, Listener, Observer, serve};
use scope_runtime::{ChildSpec, Namespace, Strategy, SupervisorSpec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::client::Server;

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let server = Server::start(&Namespace::test("taken")).await;
    let error = Listener::bind(&server.observer, server.address())
        .await
        .expect_err("it is taken");
    let address = server.address();
    assert_eq!(
        error.to_string(),
        format!(
            "`{address}` is in use; stop the program that listens there, or choose another address with `SCOPE_HTTP_ADDR`"
        )
    );
    let strange = "192.0.2.1:80".parse().expect("an address");
    let error = Listener::bind(&server.observer, strange)
        .await
        .expect_err("not ours");
    assert!(matches!(error, ListenError::Bind { .. }), "{error}");
}

#[tokio::test]
async fn a_stopped_server_is_gone() {
    let server = Server::start(&Namespace::test("gone")).await;
    let address = server.address();
    assert_eq!(server.get("/health/live").await.status, 200);
    server.serving.shutdown().await;
    assert!(TcpStream::connect(address).await.is_err());
}

async fn get(address: std::net::SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

#[tokio::test]
async fn it_can_be_a_child_of_a_tree() {
    // A port that was free just now.
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = free.local_addr().expect("its address");
    drop(free);
    let namespace = Namespace::test("child");
    let observer = Observer::builder().ready_with(&namespace).start();
    let http = ChildSpec::task("http", move || serve(observer.clone(), address));
    let tree = SupervisorSpec::new(Strategy::OneForOne).child(http);
    let root = tree.start("Web", namespace).await.expect("it starts");
    let answer = loop {
        // It has started once it listens.
        if let Some(answer) = get(address, "/health/ready").await {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    root.stop(scope_runtime::ExitReason::Shutdown).await;
    assert_eq!(get(address, "/health/ready").await, None);
}

#[tokio::test]
async fn the_routes_are_part_of_another_server() {
    let observer = Observer::builder()
        .ready_with(&Namespace::test("mounted"))
        .start();
    let app: Router = Router::new()
        .route("/orders", axum::routing::get(async || "none"))
        .nest("/internal", observer.router())
        .merge(observer.router());
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = socket.local_addr().expect("its address");
    let mut servers = JoinSet::new();
    servers.spawn(async move { axum::serve(socket, app).await });
    for (path, expected) in [
        ("/orders", "none"),
        ("/health/live", "\"status\":\"pass\""),
        ("/internal/health/live", "\"status\":\"pass\""),
        ("/internal/metrics", "# EOF"),
        ("/internal/api/v1/info", "scope_version"),
    ] {
        let answer = get(address, path).await.expect("an answer");
        assert!(answer.contains(expected), "{path}: {answer}");
        // Who is connected is not known, so nobody sees details.
        assert!(!answer.contains("\"checks\""), "{path}: {answer}");
    }
}
