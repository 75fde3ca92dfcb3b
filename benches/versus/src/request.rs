//! What the driver asks a contestant: one line, `measure flavour size`.

use std::fmt;
use std::str::FromStr;

/// The runtime that a round runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavour {
    /// One thread does everything.
    CurrentThread,
    /// Two worker threads.
    TwoWorkers,
}

/// What one round measures. Times are nanoseconds for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Calls from as many callers as the size says, each waiting for its answer.
    Calls,
    /// Casts from as many producers as the size says, until all are handled.
    Casts,
    /// A message that goes round a ring of as many services as the size says: one hop.
    Ring,
    /// Start and stop of an unsupervised actor, where there is such a thing.
    Spawn,
    /// Start and stop of a supervised and registered one.
    SpawnSupervised,
    /// As many supervised and registered services as the size says: a call to one of them; a lookup by name and a
    /// call; a crash until the next answer; the view of them all, for each.
    Among,
    /// A supervisor with as many children as the size says: its start for each child; one crash until the next answer;
    /// its stop for each child.
    Children,
    /// Casts to a service that is busy until as many wait as the size says: for one, to send and to handle it.
    Depth,
    /// The bytes of an idle actor among as many as the size says: of the process, or of the heap if the build counts.
    Memory,
    /// The same for a supervised and registered one.
    MemorySupervised,
    /// Allocations and their bytes for a call, a cast, a spawn, and a supervised spawn. Needs the feature `count`.
    Allocations,
}

impl Measure {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Calls,
        Self::Casts,
        Self::Ring,
        Self::Spawn,
        Self::SpawnSupervised,
        Self::Among,
        Self::Children,
        Self::Depth,
        Self::Memory,
        Self::MemorySupervised,
        Self::Allocations,
    ];

    fn word(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Casts => "casts",
            Self::Ring => "ring",
            Self::Spawn => "spawn",
            Self::SpawnSupervised => "spawn-supervised",
            Self::Among => "among",
            Self::Children => "children",
            Self::Depth => "depth",
            Self::Memory => "memory",
            Self::MemorySupervised => "memory-supervised",
            Self::Allocations => "allocations",
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|measure| measure.word() == text);
        known.ok_or_else(|| format!("there is no measure `{text}`"))
    }
}

impl Flavour {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::CurrentThread, Self::TwoWorkers];
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CurrentThread => "ct",
            Self::TwoWorkers => "mt",
        })
    }
}

impl FromStr for Flavour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL
            .into_iter()
            .find(|flavour| flavour.to_string() == text);
        known.ok_or_else(|| format!("there is no runtime `{text}`; write `ct` or `mt`"))
    }
}

/// One round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// What.
    pub measure: Measure,
    /// On which runtime.
    pub flavour: Flavour,
    /// How many of what the measure says.
    pub size: usize,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.measure, self.flavour, self.size)
    }
}

impl FromStr for Request {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [measure, flavour, size] = words[..] else {
            return Err(format!("`{line}` is not `measure flavour size`"));
        };
        Ok(Self {
            measure: measure.parse()?,
            flavour: flavour.parse()?,
            size: size
                .parse()
                .map_err(|_| format!("`{size}` is not a number"))?,
        })
    }
}
