//! Builds the contestants, runs them in turn, and prints how they compare. See `README.md`.

mod build;
mod check;
mod conditions;
mod contestants;
mod count;
mod curves;
mod process;
mod report;
mod rounds;
mod rows;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use contestants::Contestant;
use versus::Flavour;

/// Compares Scope with hand-written tokio, kameo, ractor, actix and xtra.
#[derive(Parser)]
#[command(name = "versus")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// What a call, a crash, a lookup and a view of all cost as services or waiting messages grow.
    Curves,
    /// Fails if a call, a cast or a spawn of Scope's takes more instructions or allocations than recorded.
    Check {
        /// Records what is measured now as the new limits.
        #[arg(long)]
        record: bool,
    },
}

#[derive(clap::Args)]
struct Options {
    /// Only these contestants, and `raw`.
    #[arg(long, global = true, value_delimiter = ',')]
    only: Vec<String>,
    /// Only rows whose label contains one of these.
    #[arg(long, global = true, value_delimiter = ',')]
    rows: Vec<String>,
    /// Only this runtime: `ct` or `mt`.
    #[arg(long, global = true)]
    runtime: Option<Flavour>,
    /// So many rounds of each row; the best one counts.
    #[arg(long, global = true, default_value_t = 50)]
    rounds: usize,
    /// Where the figures go as JSON.
    #[arg(long, global = true, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/target/versus.json"))]
    json: PathBuf,
}

impl Options {
    fn contestants(&self) -> Result<Vec<Contestant>, String> {
        contestants::chosen(&self.only)
    }

    fn wants(&self, label: &str, flavour: Flavour) -> bool {
        let row = self.rows.is_empty() || self.rows.iter().any(|part| label.contains(&**part));
        row && self.runtime.is_none_or(|only| only == flavour)
    }
}

fn main() -> ExitCode {
    let Arguments { command, options } = Arguments::parse();
    let done = match command {
        None => rounds::run(&options),
        Some(Command::Curves) => curves::run(&options),
        Some(Command::Check { record }) => check::run(record),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
