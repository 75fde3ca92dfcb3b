//! A contestant's side: reads requests, runs a round for each, and answers with its figures.

use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;
use std::sync::Arc;

use crate::contestant::{Contestant, Host};
use crate::measures;
use crate::request::{Flavour, Measure, Request};

/// What a counter that is told to crash panics with.
pub const CRASH: &str = "told to";

/// Which contestant this process is, of the several that one program may be.
pub fn variant() -> String {
    std::env::args().nth(1).unwrap_or_default()
}

/// Answers the requests of standard input, a line of figures for each, `-` for what there is not.
///
/// With `count calls 1000` behind the variant, it runs so many messages once, for a profiler.
pub fn serve<C: Contestant>() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        // Crashes on request are part of the benchmark.
        if panic.payload_as_str() != Some(CRASH) {
            eprintln!("{panic}");
        }
    }));
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    let answered = match &arguments[..] {
        [] => answer_all::<C>(),
        [measure, count] => once::<C>(measure, count),
        _ => Err("a variant, and perhaps a measure and a number".to_owned()),
    };
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// A runtime, and what all its measures share.
struct World<C: Contestant> {
    contestant: Arc<C>,
    host: C::Host,
}

impl<C: Contestant> World<C> {
    fn new(flavour: Flavour) -> Option<Self> {
        let host = C::host(flavour)?;
        let contestant = Arc::new(host.block_on(C::new()));
        Some(Self { contestant, host })
    }
}

fn answer_all<C: Contestant>() -> Result<(), String> {
    let mut worlds = Vec::new();
    for line in stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let request: Request = line.parse()?;
        let known = worlds
            .iter()
            .position(|(flavour, _)| *flavour == request.flavour);
        let place = known.unwrap_or_else(|| {
            worlds.push((request.flavour, World::<C>::new(request.flavour)));
            worlds.len() - 1
        });
        let figures = worlds[place]
            .1
            .as_ref()
            .and_then(|world| round(world, request));
        let text = figures.map_or_else(
            || "-".to_owned(),
            |figures| {
                let texts: Vec<String> = figures.iter().map(f64::to_string).collect();
                texts.join(" ")
            },
        );
        let mut answers = stdout().lock();
        let written = writeln!(answers, "{text}").and_then(|()| answers.flush());
        written.map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn round<C: Contestant>(world: &World<C>, request: Request) -> Option<Vec<f64>> {
    match request.measure {
        Measure::Allocations => measures::allocations(&world.host, &world.contestant, request.size),
        Measure::Memory | Measure::MemorySupervised => {
            let supervised = request.measure == Measure::MemorySupervised;
            measures::memory(&world.host, &world.contestant, supervised, request.size)
        }
        _ => {
            let contestant = world.contestant.clone();
            // In a task of its own: on two workers the thread that waits for it is not one of them.
            let task = async move { C::task(measures::timed(contestant, request)).await };
            world
                .host
                .block_on(task)
                .expect("the measure does not panic")
        }
    }
}

fn once<C: Contestant>(measure: &str, count: &str) -> Result<(), String> {
    let count = count
        .parse()
        .map_err(|_| format!("`{count}` is not a number"))?;
    let world = World::<C>::new(Flavour::CurrentThread).ok_or("it has no such runtime")?;
    measures::once(&world.host, &world.contestant, measure.parse()?, count);
    Ok(())
}
