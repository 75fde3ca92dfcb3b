//! What the macros cost the compiler: a program of 100 services with 5 handlers each, and the same actors written by
//! hand on tokio. Both start every one, and send it every message.
//!
//! `cargo bench --bench compile` takes half an hour, needs no network, and leaves everything under
//! `target/compile/`; `cargo bench --bench compile -- check size` prints these rows only. It prints a Markdown table.
//! The two sides take turns, each time is the median of several rounds, in processor time of the compiler where the
//! system tells it: on a shared machine trust the ratios.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

mod generate;
mod project;

use std::time::Duration;

use generate::Side;
use project::{Measure, Project};

const SERVICES: usize = 100;

/// A row of the table.
struct Row {
    /// What it is called on the command line.
    name: &'static str,
    title: &'static str,
    what: What,
}

enum What {
    /// How long something takes, in so many rounds.
    Time(Measure, usize),
    /// A number of the crate.
    Number(fn(&Project) -> f64),
}

const ROWS: &[Row] = &[
    Row {
        name: "check",
        title: "`cargo check`",
        what: What::Time(Measure::Check, 5),
    },
    Row {
        name: "edit",
        title: "the same after a change in one service",
        what: What::Time(Measure::Edit, 5),
    },
    Row {
        name: "build",
        title: "`cargo build`",
        what: What::Time(Measure::Build, 3),
    },
    Row {
        name: "release",
        title: "`cargo build --release`",
        what: What::Time(Measure::Release, 1),
    },
    Row {
        name: "size",
        title: "kB of that program, stripped",
        what: What::Number(Project::size),
    },
    Row {
        name: "written",
        title: "lines written",
        what: What::Number(Project::lines),
    },
    Row {
        name: "expanded",
        title: "lines that the compiler sees",
        what: What::Number(Project::expanded_lines),
    },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs it too, and is not meant.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let wanted: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let rows = ROWS
        .iter()
        .filter(|row| wanted.is_empty() || wanted.iter().any(|name| *name == row.name));
    let crates = [Side::Scope, Side::ByHand].map(Project::generate);
    println!("| {SERVICES} services, 5 handlers each | Scope | by hand | ratio |");
    println!("| --- | --- | --- | --- |");
    for row in rows {
        let (unit, digits, [scope, by_hand]) = match row.what {
            What::Time(measure, rounds) => (" s", 2, times(&crates, measure, rounds)),
            What::Number(number) => ("", 0, crates.each_ref().map(number)),
        };
        let (title, ratio) = (row.title, scope / by_hand);
        println!("| {title} | {scope:.digits$}{unit} | {by_hand:.digits$}{unit} | {ratio:.2} |");
    }
}

/// The median of each, in seconds; they take turns.
fn times(crates: &[Project; 2], measure: Measure, rounds: usize) -> [f64; 2] {
    for project in crates {
        // The dependencies, which are not measured, and what an edit starts from.
        project.compile(measure);
    }
    let mut times = [(); 2].map(|()| Vec::new());
    for round in 0..rounds {
        for (project, times) in crates.iter().zip(&mut times) {
            project.edit(round);
            times.push(project.compile(measure));
        }
    }
    times.map(|mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    })
}
