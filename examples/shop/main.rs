//! A small shop: orders from a file go through a tree of services, two of which have bugs.
//!
//! ```text
//! cargo run --example shop                   # the orders in examples/shop/orders.csv
//! cargo run --example shop -- FILE           # other orders; `-` reads them from stdin
//! cargo run --example shop -- --slow [FILE]  # slow enough to press ctrl-c
//! ```
//!
//! **What it shows.** A tree of two strategies, with a nested and a dynamic supervisor and tasks
//! (`tree.rs`). Some orders make a worker panic: the supervisors restart it, and work goes on. A
//! restarted worker begins anew, as in OTP: *what must survive is kept by a service that does
//! nothing that could crash*, here the ledger (`services.rs`). Who calls a worker that crashes is
//! told so, and decides what to do: the feed tries again, and after the second crash has the order
//! rejected (`feed.rs`). So no order is lost, and none is counted twice.
//!
//! **What it prints.** To stdout: the tree; which orders were rejected; what was restarted, and
//! why; the totals; and, if a plain loop over the file arrives at the same totals, `totals agree`.
//! To stderr, as it happens: lines that are not orders, panics, and which services stop.
//!
//! **How it ends.** With 0 if the totals agree and 1 if not. Ctrl-C and SIGTERM stop the tree in
//! order, last child first, and end it with the code that [`scope::Exit`] documents: 0 when all
//! stopped in order, 130 if ctrl-c is pressed again meanwhile. If more orders crash workers than
//! the tree's intensity allows, it gives up with 70.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it shows what happens"
)]

mod feed;
mod orders;
mod services;
mod totals;
mod tree;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Read;
use std::process::ExitCode;
use std::time::Duration;

use scope::{Exit, RestartRecord};

use crate::feed::Feed;
use crate::orders::Order;
use crate::totals::Totals;
use crate::tree::Shop;

const ORDERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/shop/orders.csv");
const USAGE: &str = "usage: shop [--slow] [FILE]   (`-` for stdin)";

/// With it, each lane sells at most fifty orders in a second.
const SLOW: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (mut pace, mut path) = (Duration::ZERO, None);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--slow" => pace = SLOW,
            "-" => path = Some(argument),
            _ if argument.starts_with('-') || path.is_some() => return Err(USAGE.into()),
            _ => path = Some(argument),
        }
    }
    let text = input(path.as_deref().unwrap_or(ORDERS))?;
    let (orders, malformed) = orders::read(&text);
    for line in &malformed {
        eprintln!("{line}");
    }
    one_line_panics();
    sell(orders, pace).await
}

fn input(path: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    if path != "-" {
        return std::fs::read(path).map_err(|error| format!("{path}: {error}").into());
    }
    let mut text = Vec::new();
    std::io::stdin().read_to_end(&mut text)?;
    Ok(text)
}

/// Panics are expected here: one line for each is enough.
fn one_line_panics() {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("{}", panic.to_string().replace('\n', " "));
    }));
}

async fn sell(orders: Vec<Order>, pace: Duration) -> Result<ExitCode, Box<dyn Error>> {
    println!("{}", Shop::TREE);
    let expected = Totals::sum(&orders);
    let running = Shop::start().await?;
    let (root, shop) = (running.pid().clone(), Shop::clone(&running));
    let feed = Feed {
        shop: shop.clone(),
        orders: orders.into(),
        pace,
    };
    let fed = async {
        eprintln!("feeding {} orders; ctrl-c stops", feed.orders.len());
        feed.run().await?;
        Outcome::of(&shop).await
    };
    let outcome = tokio::select! {
        // First, so that a signal that comes with the first order is heard.
        biased;
        exit = running.run_until_signal() => {
            let exit = exit?;
            match exit {
                Exit::Drained => println!("interrupted: all stopped in order"),
                Exit::GaveUp => println!("the shop gave up"),
                _ => println!("interrupted: {exit:?}"),
            }
            return Ok(ExitCode::from(exit.code()));
        }
        outcome = fed => outcome?,
    };
    // The other branch owned the tree, and with its end the tree stops.
    root.exited().await;
    outcome.print();
    if outcome.totals == expected {
        println!("totals agree");
        return Ok(ExitCode::SUCCESS);
    }
    println!("totals differ; a loop over the file gives:\n{expected}");
    Ok(ExitCode::FAILURE)
}

/// What there is to tell when all orders are decided.
struct Outcome {
    totals: Totals,
    rejected: BTreeMap<u64, String>,
    restarts: Vec<RestartRecord>,
}

impl Outcome {
    async fn of(shop: &Shop) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            totals: shop.ledger().totals().await?,
            rejected: shop.ledger().rejected().await?,
            restarts: shop.restarts(),
        })
    }

    fn print(&self) {
        for (order, why) in &self.rejected {
            println!("order {order} rejected: {why}");
        }
        for record in &self.restarts {
            println!("restarted {}: {}", record.path, record.reason);
        }
        println!("\n{}", self.totals);
    }
}
