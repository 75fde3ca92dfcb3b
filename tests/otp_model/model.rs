//! The model: processes, their queues, and what is noted of them.
//!
//! Everything happens in one place and one after the other: a supervisor that starts or stops a
//! child calls the function that does it. Only what is sent waits, in the queues. Where two things
//! would go on at once and OTP leaves their order open, the model gives up: see [`End`].

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use serde_json::{Value, json};

use super::spec::{self, ChildSpec, SupSpec};

/// Why a run is over before its schedule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The schedule ended while a start function was blocked at a gate.
    Blocked,
    /// What follows depends on timing; the step in which that happened is not in the trace.
    Undefined(&'static str),
}

pub(crate) type Run<T = ()> = Result<T, End>;
pub(crate) type Pid = usize;

/// Where the steps come from. A step may depend on what the model has become by now.
pub(crate) trait Schedule {
    fn next(&mut self, model: &Model) -> Option<Value>;
}

pub(crate) struct Proc {
    pub(crate) path: String,
    pub(crate) n: u64,
    pub(crate) alive: bool,
    /// Its start has succeeded.
    pub(crate) started: bool,
    pub(crate) parent: Option<Pid>,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Worker(Rc<ChildSpec>),
    Supervisor(Sup),
}

pub(crate) struct Sup {
    pub(crate) spec: Rc<SupSpec>,
    /// In start order.
    pub(crate) children: Vec<Child>,
    pub(crate) restarts: Vec<Moment>,
    pub(crate) queue: VecDeque<Message>,
    /// In the middle of something.
    pub(crate) busy: bool,
}

pub(crate) struct Child {
    pub(crate) key: usize,
    pub(crate) spec: Rc<ChildSpec>,
    pub(crate) state: State,
    /// Its last process.
    pub(crate) last: Option<Pid>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Running(Pid),
    Undefined,
    Restarting,
}

pub(crate) enum Message {
    Exit(Pid, String),
    Retry(usize),
    Stop(String),
    Ask(usize, Request),
}

pub(crate) enum Request {
    Start(Rc<ChildSpec>),
    TerminatePid(Pid),
    Terminate(String),
    Restart(String),
    Delete(String),
    Which,
    Count,
    Spec(String),
}

/// A time, and how far the runner's clock may be from it by now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moment {
    pub(crate) millis: u64,
    pub(crate) doubt: u64,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) procs: Vec<Proc>,
    pub(crate) now: Moment,
    /// At which start functions are blocked, the last one innermost.
    pub(crate) gates: Vec<String>,
    /// Workers that will end by themselves as soon as their supervisor is idle.
    pub(crate) dying: Vec<(Pid, String)>,
    pub(crate) steps: Vec<Value>,
    pub(crate) replies: Vec<Option<Value>>,
    /// The steps whose answers came in this step.
    pub(crate) answered: Vec<usize>,
    /// The steps that wait for the end of the root.
    pub(crate) stopping: Vec<usize>,
    pub(crate) keys: usize,
    attempts: BTreeMap<String, u64>,
    events: Vec<Value>,
    /// Where an unordered group is being collected, and how deep we are in it.
    group: Option<(usize, usize)>,
    unordered: bool,
    root_exit: Option<String>,
    trace: Vec<Value>,
    schedule: Option<Box<dyn Schedule>>,
}

/// A scenario that was made up while it ran, and its trace.
pub(crate) struct Outcome {
    pub(crate) steps: Vec<Value>,
    pub(crate) trace: Value,
    pub(crate) end: Option<End>,
}

impl Outcome {
    /// The trace with events in one order of those that are possible.
    pub(crate) fn ordered(&self) -> Value {
        let mut trace = self.trace.clone();
        for record in trace["steps"].as_array_mut().unwrap() {
            let events = record["events"].as_array().unwrap().clone();
            record["events"] = json!(flat(events));
        }
        trace
    }
}

/// Runs a tree; `supervisor` is as in a scenario.
pub(crate) fn run(supervisor: &Value, schedule: Box<dyn Schedule>) -> Outcome {
    let mut model = Model {
        schedule: Some(schedule),
        ..Model::default()
    };
    let end = model.play(&spec::sup(supervisor)).err();
    let mut trace = model.trace.into_iter();
    let start = trace.next().unwrap_or(Value::Null);
    let records: Vec<_> = trace.collect();
    model.steps.truncate(records.len());
    Outcome {
        steps: model.steps,
        trace: json!({"start": start, "steps": records}),
        end,
    }
}

impl Model {
    fn play(&mut self, root: &Rc<SupSpec>) -> Run {
        let reply = self.start_root(root)?;
        self.drain()?;
        self.record(&json!(reply));
        while let Some(step) = self.next_step() {
            self.issue(&step)?;
            self.drain()?;
            self.record_step();
        }
        Ok(())
    }

    fn next_step(&mut self) -> Option<Value> {
        let mut schedule = self.schedule.take()?;
        let step = schedule.next(self);
        self.schedule = Some(schedule);
        self.steps.push(step.clone()?);
        self.replies.push(None);
        step
    }

    /// Blocks at a gate: the schedule goes on until somebody releases it.
    pub(crate) fn wait_at(&mut self, gate: &str) -> Run {
        if self.trace.is_empty() || self.gates.iter().any(|one| one == gate) {
            return Err(End::Undefined("a gate that the model does not support"));
        }
        self.gates.push(gate.to_owned());
        loop {
            self.drain()?;
            self.record_step();
            let step = self.next_step().ok_or(End::Blocked)?;
            self.issue(&step)?;
            if step["op"] == "release" && step["gate"] == gate {
                self.gates.pop();
                return Ok(());
            }
        }
    }

    /// Lets everything happen that happens now.
    fn drain(&mut self) -> Run {
        loop {
            let ready = self.ready();
            match (self.dying.len(), ready.as_slice()) {
                (0, []) => return Ok(()),
                (1, []) => {
                    let (pid, reason) = self.dying.remove(0);
                    self.end_worker(pid, &reason)?;
                }
                (0, &[pid]) => self.handle(pid)?,
                _ => return Err(End::Undefined("two things at once")),
            }
        }
    }

    /// The supervisors that would do something if they could.
    fn ready(&self) -> Vec<Pid> {
        let ready = |&pid: &Pid| match &self.procs[pid].body {
            Body::Supervisor(sup) => self.procs[pid].alive && !sup.busy && !sup.queue.is_empty(),
            Body::Worker(_) => false,
        };
        (0..self.procs.len()).filter(ready).collect()
    }

    pub(crate) fn attempt(&mut self, path: &str) -> u64 {
        let count = self.attempts.entry(path.to_owned()).or_default();
        *count += 1;
        *count
    }

    pub(crate) fn note(&mut self, kind: &str, path: &str, n: u64, detail: &str) -> Run {
        if !self.dying.is_empty() {
            return Err(End::Undefined("a worker ends while its supervisor works"));
        }
        if !self.ready().is_empty() {
            return Err(End::Undefined("two things at once"));
        }
        if self.events.len() > 500 {
            return Err(End::Undefined("endless"));
        }
        self.events.push(json!([kind, path, n, detail]));
        Ok(())
    }

    /// Time goes by inside a step: how the runner waits for the end of the step is not exact.
    pub(crate) fn pass(&mut self, millis: u64) {
        self.now.millis += millis;
        self.now.doubt += 2;
    }

    /// The order of what follows is not defined.
    pub(crate) fn begin_group(&mut self) {
        match &mut self.group {
            Some((_, depth)) => *depth += 1,
            None => self.group = Some((self.events.len(), 1)),
        }
    }

    pub(crate) fn end_group(&mut self) {
        match self.group.take() {
            Some((from, 1)) => {
                let group = flat(self.events.split_off(from));
                if !group.is_empty() {
                    self.events.push(json!({ "unordered": group }));
                }
            }
            Some((from, depth)) => self.group = Some((from, depth - 1)),
            None => {}
        }
    }

    /// No order is defined in this whole step.
    pub(crate) fn unordered(&mut self) {
        self.unordered = true;
    }

    /// A process is gone; its supervisor is told if it did not bring that about.
    pub(crate) fn gone(&mut self, pid: Pid, reason: &str) -> Run {
        let (path, n) = (self.procs[pid].path.clone(), self.procs[pid].n);
        self.note("exit", &path, n, reason)?;
        self.procs[pid].alive = false;
        if self.procs[pid].parent.is_none() {
            self.root_exit = Some(reason.to_owned());
            for step in std::mem::take(&mut self.stopping) {
                self.answer(step, json!("ok"));
            }
        }
        Ok(())
    }

    pub(crate) fn tell_parent(&mut self, pid: Pid, reason: &str) {
        if let Some(parent) = self.procs[pid].parent {
            self.send(parent, Message::Exit(pid, reason.to_owned()));
        }
    }

    pub(crate) fn send(&mut self, pid: Pid, message: Message) {
        if self.procs[pid].alive {
            self.sup_mut(pid).queue.push_back(message);
        }
    }

    pub(crate) fn answer(&mut self, step: usize, reply: Value) {
        self.replies[step] = Some(reply);
        self.answered.push(step);
    }

    pub(crate) fn sup(&self, pid: Pid) -> &Sup {
        match &self.procs[pid].body {
            Body::Supervisor(sup) => sup,
            Body::Worker(_) => panic!("{} is no supervisor", self.procs[pid].path),
        }
    }

    pub(crate) fn sup_mut(&mut self, pid: Pid) -> &mut Sup {
        match &mut self.procs[pid].body {
            Body::Supervisor(sup) => sup,
            Body::Worker(_) => panic!("no supervisor"),
        }
    }

    pub(crate) fn is_supervisor(&self, pid: Pid) -> bool {
        matches!(self.procs[pid].body, Body::Supervisor(_))
    }

    /// Who lives at `path`.
    pub(crate) fn live(&self, path: &str) -> Option<Pid> {
        (0..self.procs.len()).rev().find(|&pid| {
            let proc = &self.procs[pid];
            proc.alive && proc.started && proc.path == path
        })
    }

    fn record_step(&mut self) {
        let last = self.steps.len() - 1;
        let reply = self.replies[last].clone();
        if self.unordered {
            self.steps[last]["unordered"] = json!(true);
        }
        self.record(&reply.unwrap_or_else(|| json!("pending")));
    }

    /// Ends the step. Settling takes the runner two milliseconds.
    fn record(&mut self, reply: &Value) {
        let last = self.steps.len().wrapping_sub(1);
        let mut record = json!({ "reply": reply });
        self.answered.sort_unstable();
        let late: Vec<Value> = std::mem::take(&mut self.answered)
            .into_iter()
            .filter(|&step| step != last)
            .map(|step| json!([step, self.replies[step]]))
            .collect();
        if !late.is_empty() {
            record["late"] = json!(late);
        }
        let mut events = std::mem::take(&mut self.events);
        if std::mem::take(&mut self.unordered) && !events.is_empty() {
            events = vec![json!({ "unordered": flat(events) })];
        }
        record["events"] = json!(events);
        let root = self.live("root");
        record["status"] = match (root, &self.root_exit) {
            (Some(_), _) => json!("alive"),
            (None, Some(reason)) => json!(format!("exited:{reason}")),
            (None, None) => json!("not_started"),
        };
        record["sups"] = match root {
            Some(_) if !self.gates.is_empty() => Value::Null,
            Some(root) => json!(self.snapshot(root)),
            None => json!([]),
        };
        self.trace.push(record);
        self.now.millis += 2;
    }

    fn snapshot(&self, pid: Pid) -> Vec<Value> {
        let mut sups = vec![json!({
            "path": self.procs[pid].path,
            "children": self.rows(pid),
            "counts": self.counts(pid),
        })];
        let mut running: Vec<Pid> = self.running(pid);
        if self.is_simple(pid) {
            running.sort_by_key(|&pid| self.procs[pid].path.clone());
        } else {
            running.reverse();
        }
        for pid in running {
            if self.is_supervisor(pid) {
                sups.extend(self.snapshot(pid));
            }
        }
        sups
    }
}

/// Without groups, as it happened in the model.
pub(crate) fn flat(events: Vec<Value>) -> Vec<Value> {
    let ungroup = |event: Value| match event.get("unordered") {
        Some(group) => group.as_array().unwrap().clone(),
        None => vec![event],
    };
    events.into_iter().flat_map(ungroup).collect()
}
