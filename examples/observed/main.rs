//! A shop that can be watched: load runs, and every few seconds something crashes.
//!
//! ```text
//! cargo run --features observe --example observed           # until ctrl-c
//! cargo run --features observe --example observed -- 5      # for five seconds
//! SCOPE_HTTP_ADDR=127.0.0.1:8000 SCOPE_ALLOW_ACTIONS=true cargo run --features observe --example observed
//! ```
//!
//! **What it shows.** Neither the services nor the tree (`services.rs`) say anything of telemetry; two
//! have a `#[health]` check. The observer and its listener are three lines in `main`. They are not in
//! the tree, so that `/health/ready` says 503 from the first moment of its end.
//!
//! **What it prints.** The addresses to look at; to stderr, the log: a line for each restart and each
//! change of health. With a number of seconds, how the shop was at the end.
//!
//! `alerts.yml` has rules for Prometheus.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it shows what happens"
)]

mod load;
mod services;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use scope::observe::{Listener, Observer};
use scope::telemetry;

use crate::services::Shop;

/// Unless `SCOPE_HTTP_ADDR` says otherwise.
const ADDRESS: &str = "127.0.0.1:9464";

const USAGE: &str = "usage: observed [SECONDS]";

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let seconds: Option<u64> = match std::env::args().nth(1) {
        Some(seconds) => Some(seconds.parse().map_err(|_| USAGE)?),
        None => None,
    };
    one_line_panics();
    let logged = tracing_subscriber::fmt().with_writer(std::io::stderr);
    logged.with_max_level(tracing::Level::WARN).init();

    let observer = Observer::builder().release("1.2.0").from_env()?.start();
    let listener = match Listener::from_env(&observer).await? {
        Some(listener) => listener,
        None => Listener::bind(&observer, ADDRESS.parse()?).await?,
    };
    let address = listener.address();
    let serving = listener.spawn();
    for path in [
        "/health?verbose",
        "/health/ready",
        "/metrics",
        "/api/v1/tree",
        "/api/v1/services",
        "/api/v1/stats",
    ] {
        println!("http://{address}{path}");
    }
    println!("curl -N http://{address}/api/v1/events");

    let shop = Shop::start().await?;
    let view = Shop::clone(&shop);
    let sold = async {
        load::run(&view, seconds.map(Duration::from_secs)).await;
        summarise(&view).await;
    };
    let exit = tokio::select! {
        // First, so that a signal that comes at once is heard.
        biased;
        exit = shop.run_until_signal() => exit?.code(),
        () = sold => 0,
    };
    // Last of all: until here, the probes answer.
    serving.shutdown().await;
    Ok(ExitCode::from(exit))
}

async fn summarise(shop: &Shop) {
    println!("the shop is {}", shop.health().await);
    let statistics = telemetry::snapshot(shop.till().namespace());
    for service in &statistics.services {
        let (handled, restarts) = (service.handled(), service.restarts);
        println!(
            "{}: {handled} handled, {restarts} restarts",
            service.service
        );
    }
}

/// Panics are expected here: one line for each is enough.
fn one_line_panics() {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{}", panic.to_string().replace('\n', " "));
    }));
}
