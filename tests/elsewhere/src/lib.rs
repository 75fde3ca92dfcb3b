//! Services and a supervisor of another crate.

use scope::prelude::*;

/// What others are configured by.
#[service(layer = foundation)]
#[derive(Debug, Default)]
pub struct Config;

#[handlers]
impl Config {}

/// Faces the user.
#[service(layer = application)]
#[derive(Debug, Default)]
pub struct Page;

#[handlers]
impl Page {}

/// Keeps books.
#[service(layer = business, requires(Config))]
#[derive(Debug, Default)]
pub struct Ledger;

#[handlers]
impl Ledger {}

/// Writes down what the configuration was.
#[service(layer = business, requires(Config), follows(Config))]
#[derive(Debug, Default)]
pub struct Audit;

#[handlers]
impl Audit {}

supervisor! {
    /// The books, which need a configuration around them.
    pub supervisor Books requires(Config) {
        strategy: one_for_one,
        ledger: Ledger(),
    }

    /// A trail of the configuration, which needs one around it and is restarted with it.
    pub supervisor Trail requires(Config) {
        strategy: one_for_one,
        audit: Audit(),
    }
}
