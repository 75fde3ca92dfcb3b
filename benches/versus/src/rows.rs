//! The rows of the table.

use versus::{Flavour, Measure, Request};

use Unit::{Bytes, Count, Nanoseconds};

/// How a figure is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Nanoseconds,
    Bytes,
    Count,
}

/// Who measures it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Rounds that take turns; the best counts.
    Rounds,
    /// One round in a process of its own, as what ran before leaves memory behind.
    Fresh,
    /// One round of a build that counts allocations.
    Counting,
    /// Callgrind.
    Instructions,
}

/// What is asked for some rows, and the label of each of its figures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) source: Source,
    pub(crate) measure: Measure,
    pub(crate) size: usize,
    /// Rounds, as parts of those asked for: what takes long gets fewer.
    pub(crate) part: usize,
    pub(crate) rows: Rows,
}

/// The label and the unit of each figure of a question.
type Rows = &'static [(&'static str, Unit)];

const fn timed(measure: Measure, size: usize, part: usize, rows: Rows) -> Question {
    Question {
        source: Source::Rounds,
        measure,
        size,
        part,
        rows,
    }
}

const fn once(source: Source, measure: Measure, size: usize, rows: Rows) -> Question {
    Question {
        source,
        measure,
        size,
        part: usize::MAX,
        rows,
    }
}

/// All of them, in the order of the table.
pub(crate) const QUESTIONS: &[Question] = &[
    timed(Measure::Calls, 1, 1, &[("call round trip", Nanoseconds)]),
    timed(Measure::Calls, 64, 1, &[("call, 64 callers", Nanoseconds)]),
    timed(Measure::Casts, 1, 1, &[("cast, 1 producer", Nanoseconds)]),
    timed(Measure::Casts, 8, 1, &[("cast, 8 producers", Nanoseconds)]),
    timed(
        Measure::Ring,
        1_000,
        1,
        &[("ring of 1,000, a hop", Nanoseconds)],
    ),
    timed(
        Measure::Spawn,
        1_000,
        1,
        &[("spawn and stop, plain", Nanoseconds)],
    ),
    timed(
        Measure::SpawnSupervised,
        1_000,
        1,
        &[("spawn and stop, supervised", Nanoseconds)],
    ),
    timed(
        Measure::Among,
        10_000,
        5,
        &[
            ("call to one of 10,000", Nanoseconds),
            ("lookup among 10,000 and call", Nanoseconds),
            (
                "lookup among 10,000 and call, 2,000 of them in turn",
                Nanoseconds,
            ),
            ("crash among 10,000 to the next answer", Nanoseconds),
        ],
    ),
    timed(
        Measure::Children,
        10,
        1,
        &[
            ("supervisor of 10: start of a child", Nanoseconds),
            ("supervisor of 10: crash to the next answer", Nanoseconds),
            ("supervisor of 10: stop of a child", Nanoseconds),
        ],
    ),
    timed(
        Measure::Children,
        10_000,
        5,
        &[
            ("supervisor of 10,000: start of a child", Nanoseconds),
            (
                "supervisor of 10,000: crash to the next answer",
                Nanoseconds,
            ),
            ("supervisor of 10,000: stop of a child", Nanoseconds),
        ],
    ),
    once(
        Source::Fresh,
        Measure::Memory,
        200_000,
        &[("idle bytes, plain: process", Bytes)],
    ),
    once(
        Source::Counting,
        Measure::Memory,
        200_000,
        &[("idle bytes, plain: heap", Bytes)],
    ),
    once(
        Source::Fresh,
        Measure::MemorySupervised,
        200_000,
        &[("idle bytes, supervised: process", Bytes)],
    ),
    once(
        Source::Counting,
        Measure::MemorySupervised,
        200_000,
        &[("idle bytes, supervised: heap", Bytes)],
    ),
    once(
        Source::Counting,
        Measure::Allocations,
        900,
        &[
            ("allocations of a call", Count),
            ("bytes of a call", Bytes),
            ("allocations of a cast", Count),
            ("bytes of a cast", Bytes),
            ("allocations of a spawn, plain", Count),
            ("bytes of a spawn, plain", Bytes),
            ("allocations of a spawn, supervised", Count),
            ("bytes of a spawn, supervised", Bytes),
        ],
    ),
    once(
        Source::Instructions,
        Measure::Calls,
        2_000,
        &[("instructions of a call", Count)],
    ),
    once(
        Source::Instructions,
        Measure::Casts,
        900,
        &[("instructions of a cast", Count)],
    ),
    once(
        Source::Instructions,
        Measure::Spawn,
        500,
        &[("instructions of a spawn, plain", Count)],
    ),
    once(
        Source::Instructions,
        Measure::SpawnSupervised,
        500,
        &[("instructions of a spawn, supervised", Count)],
    ),
];

/// The rows of what grows.
pub(crate) const AMONG: Rows = &[
    ("call", Nanoseconds),
    ("lookup and call", Nanoseconds),
    ("lookup and call, 2,000 in turn", Nanoseconds),
    ("crash to the next answer", Nanoseconds),
    ("snapshot, for each service", Nanoseconds),
];

/// The rows of a mailbox that fills.
pub(crate) const DEPTH: Rows = &[
    ("cast to a busy service", Nanoseconds),
    ("handling of one that waited", Nanoseconds),
];

impl Question {
    /// What is sent to a contestant.
    pub(crate) fn request(&self, flavour: Flavour) -> Request {
        Request {
            measure: self.measure,
            flavour,
            size: self.size,
        }
    }

    /// On which runtimes it is asked: allocations, memory and instructions do not depend on it.
    pub(crate) fn flavours(&self) -> &'static [Flavour] {
        match self.source {
            Source::Rounds => &Flavour::ALL,
            _ => &[Flavour::CurrentThread],
        }
    }
}
