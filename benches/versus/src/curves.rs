//! What grows with the number of services, and of messages that wait.

use crate::Options;
use crate::build::{Counts, build};
use crate::contestants::chosen;
use crate::report::{Report, Row};
use crate::rounds::Crowd;
use crate::rows::{AMONG, DEPTH, Unit};
use versus::{Flavour, Measure, Request};

const SERVICES: [usize; 3] = [10, 1_000, 100_000];
const WAITING: [usize; 6] = [1, 10, 100, 1_000, 10_000, 100_000];

/// Measures Scope and `raw`, unless others are asked for.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let names = if options.only.is_empty() {
        &["scope".to_owned()][..]
    } else {
        &options.only
    };
    let contestants = chosen(names)?;
    build(&contestants, Counts::No)?;
    let mut crowd = Crowd::start(&contestants)?;
    let mut report = Report::new(&contestants);
    let flavour = options.runtime.unwrap_or(Flavour::CurrentThread);
    for (measure, sizes, rows, what) in [
        (Measure::Among, &SERVICES[..], AMONG, "services"),
        (Measure::Depth, &WAITING[..], DEPTH, "waiting"),
    ] {
        if !rows.iter().any(|(label, _)| options.wants(label, flavour)) {
            continue;
        }
        for &size in sizes {
            let rounds = if size >= 10_000 {
                options.rounds.div_ceil(5)
            } else {
                options.rounds
            };
            let figures = crowd.best(
                Request {
                    measure,
                    flavour,
                    size,
                },
                rounds,
            )?;
            let row = |(place, &(label, unit)): (usize, &(&str, Unit))| Row {
                label: format!("{label}, {size} {what}"),
                flavour,
                unit,
                figures: figures
                    .iter()
                    .map(|all| all.as_ref()?.get(place).copied())
                    .collect(),
            };
            report.add(rows.iter().enumerate().map(row).collect());
        }
    }
    report.finish(options)
}
