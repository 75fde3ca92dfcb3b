//! A contestant that runs, and answers requests.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::build::{Counts, program};
use crate::contestants::Contestant;
use versus::Request;

/// A running contestant. It ends when this is dropped.
pub(crate) struct Process {
    child: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    name: &'static str,
}

impl Process {
    pub(crate) fn start(contestant: Contestant, counts: Counts) -> Result<Self, String> {
        let name = contestant.name;
        let mut child = Command::new(program(contestant, counts)?)
            .arg(name)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{name} can't be started: {error}"))?;
        let (Some(requests), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{name} has no input or output"));
        };
        Ok(Self {
            child,
            requests,
            answers: BufReader::new(answers),
            name,
        })
    }

    /// The figures of one round; none, if the contestant has no such thing.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Option<Vec<f64>>, String> {
        let name = self.name;
        let mut answer = String::new();
        writeln!(self.requests, "{request}")
            .and_then(|()| self.answers.read_line(&mut answer))
            .map_err(|error| format!("{name} does not take `{request}`: {error}"))?;
        let figures: Result<Vec<f64>, _> = answer.split_whitespace().map(str::parse).collect();
        match (answer.trim(), figures) {
            ("-", _) => Ok(None),
            (text, Ok(figures)) if !text.is_empty() => Ok(Some(figures)),
            (text, _) => Err(format!("{name} answers `{text}` to `{request}`")),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
