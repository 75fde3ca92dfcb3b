//! The tree, in start order: what comes later needs what comes before.

use scope::prelude::*;

use crate::services::{Customer, Ledger, Pricer, Till};

supervisor! {
    /// The shop.
    ///
    /// Without the ledger nothing else means anything, hence `rest_for_one`. The till believes
    /// the pricer's quotes, so at the desk both go down together: `one_for_all`. Customers have
    /// nothing to do with each other. The feed runs as `lanes`, last, so that a stop ends it first.
    pub(crate) supervisor Shop {
        strategy: rest_for_one,
        intensity: 3 in "5s",

        ledger: Ledger(),
        desk: supervisor {
            strategy: one_for_all,
            intensity: 100 in "5s",
            till: Till(),
            pricer: Pricer(),
        },
        customers: dynamic Customer(name) by name: String {
            max_children: 1_000,
            idle: "500ms",
            intensity: 100 in "5s",
        },
        lanes: tasks { max_children: 8 },
    }
}
