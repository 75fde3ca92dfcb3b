//! One connection: HTTP/1.1 with limits.

use std::net::SocketAddr;
use std::pin::pin;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Limits;
use super::steady::Steady;

/// hyper reads with no smaller buffer.
const LEAST_BUFFER: usize = 8 * 1024;

/// Answers the requests of one client, until it leaves or the server stops.
pub(super) async fn serve(
    stream: TcpStream,
    peer: ConnectInfo<SocketAddr>,
    router: Router,
    limits: Limits,
    mut stopping: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let io = TokioIo::new(Steady::new(stream, limits.stall_timeout));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.header_bytes.max(LEAST_BUFFER))
        .serve_connection(io, service);
    let mut connection = pin!(connection);
    let mut told = false;
    let ended = loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => break ended,
            // Its sender lives as long as the server, and an error means the end, too.
            _ = stopping.wait_for(|stopping| *stopping), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(target: "scope", peer = %peer.0, %error, "a connection failed");
    }
}
