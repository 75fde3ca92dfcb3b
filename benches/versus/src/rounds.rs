//! The main command: everyone, in turn.

use crate::Options;
use crate::build::{Counts, build};
use crate::contestants::Contestant;
use crate::count;
use crate::process::Process;
use crate::report::{Report, Row};
use crate::rows::{QUESTIONS, Question, Source};
use versus::{Flavour, Request};

/// Measures all rows that are asked for.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let contestants = options.contestants()?;
    let wanted = |source: Source| wants(options, |question| question.source == source);
    build(&contestants, Counts::No)?;
    if wanted(Source::Counting) {
        build(&contestants, Counts::Allocations)?;
    }
    let valgrind = !wanted(Source::Instructions) || count::is_there();
    if !valgrind {
        eprintln!("valgrind is not there: no instructions are counted");
    }
    let mut crowd = Crowd::start(&contestants)?;
    let mut report = Report::new(&contestants);
    for question in QUESTIONS {
        if question.source == Source::Instructions && !valgrind {
            continue;
        }
        for &flavour in question.flavours() {
            if question
                .rows
                .iter()
                .any(|(label, _)| options.wants(label, flavour))
            {
                let figures = figures(&mut crowd, question, flavour, options.rounds)?;
                report.add(rows(question, flavour, &figures));
            }
        }
    }
    report.finish(options)
}

fn wants(options: &Options, of: impl Fn(&Question) -> bool) -> bool {
    QUESTIONS
        .iter()
        .filter(|question| of(question))
        .any(|question| {
            let mut labels = question.rows.iter();
            labels.any(|(label, _)| {
                question
                    .flavours()
                    .iter()
                    .any(|&on| options.wants(label, on))
            })
        })
}

/// Each contestant's figures.
type Figures = Vec<Option<Vec<f64>>>;

fn figures(
    crowd: &mut Crowd,
    question: &Question,
    flavour: Flavour,
    rounds: usize,
) -> Result<Figures, String> {
    let request = question.request(flavour);
    let rounds = (rounds / question.part).max(1);
    match question.source {
        Source::Rounds => crowd.best(request, rounds),
        Source::Fresh => crowd.fresh(request, Counts::No),
        Source::Counting => crowd.fresh(request, Counts::Allocations),
        Source::Instructions => {
            let contestants = crowd.contestants.iter();
            contestants
                .map(|&contestant| count::instructions(contestant, Counts::No, request))
                .collect()
        }
    }
}

fn rows(question: &Question, flavour: Flavour, figures: &Figures) -> Vec<Row> {
    let row = |(place, &(label, unit)): (usize, &(&'static str, _))| Row {
        label: label.to_owned(),
        flavour,
        unit,
        figures: figures
            .iter()
            .map(|all| {
                all.as_ref()?
                    .get(place)
                    .copied()
                    .filter(|figure| !figure.is_nan())
            })
            .collect(),
    };
    question.rows.iter().enumerate().map(row).collect()
}

/// All contestants, which run and wait.
pub(crate) struct Crowd {
    contestants: Vec<Contestant>,
    processes: Vec<Process>,
}

impl Crowd {
    pub(crate) fn start(contestants: &[Contestant]) -> Result<Self, String> {
        let start = |&contestant: &Contestant| Process::start(contestant, Counts::No);
        let processes: Result<_, _> = contestants.iter().map(start).collect();
        Ok(Self {
            contestants: contestants.to_vec(),
            processes: processes?,
        })
    }

    /// The best of several rounds, in which all take turns. Who fails is asked no more.
    pub(crate) fn best(&mut self, request: Request, rounds: usize) -> Result<Figures, String> {
        let mut best: Figures = vec![None; self.processes.len()];
        let mut failed = vec![false; self.processes.len()];
        for _ in 0..rounds {
            for (place, process) in self.processes.iter_mut().enumerate() {
                if failed[place] {
                    continue;
                }
                match process.ask(request) {
                    Ok(now) => best[place] = lower(best[place].take(), now),
                    Err(error) => {
                        eprintln!("{error}");
                        (best[place], failed[place]) = (None, true);
                        *process = Process::start(self.contestants[place], Counts::No)?;
                    }
                }
            }
        }
        Ok(best)
    }

    /// One round each, in processes that did nothing before.
    fn fresh(&self, request: Request, counts: Counts) -> Result<Figures, String> {
        let ask = |&contestant: &Contestant| Process::start(contestant, counts)?.ask(request);
        self.contestants.iter().map(ask).collect()
    }
}

/// The lower ones of the figures.
fn lower(best: Option<Vec<f64>>, now: Option<Vec<f64>>) -> Option<Vec<f64>> {
    match (best, now) {
        (Some(best), Some(now)) => Some(best.into_iter().zip(now).map(|(a, b)| a.min(b)).collect()),
        (best, now) => best.or(now),
    }
}
