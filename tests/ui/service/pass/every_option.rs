use std::fmt::Debug;

use scope::prelude::*;

#[service]
#[derive(Default)]
struct Config;

#[handlers]
impl Config {}

#[service(
    restart = transient,
    shutdown = "1m 30s",
    mailbox(capacity = 16, overload = drop_oldest, keep, drain),
    call_timeout = "250us",
    start_timeout = infinity,
    health(queue = 0.5, stuck = "1s", restarts = 2),
    debug,
    name = "Books",
    handle = Books,
    layer = business,
    requires(Config),
    crate = ::scope,
)]
#[derive(Debug, Default)]
pub struct Ledger<T: Debug + Default = u8>
where
    T: Send + 'static,
{
    pub entries: Vec<T>,
}

#[handlers]
impl<T: Debug + Default + Send + 'static> Ledger<T> {}

fn main() {}
