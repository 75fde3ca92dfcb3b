//! How the model's supervisors start, restart and stop their children. The numbers are those of
//! the rules that were read off the recordings.

use std::collections::VecDeque;
use std::rc::Rc;

use super::model::{Body, Child, End, Message, Model, Pid, Proc, Run, State, Sup};
use super::spec::{
    AutoShutdown, ChildSpec, Entry, OnTerminate, Restart, Shutdown, Strategy, SupSpec,
};

/// How a start went.
pub(crate) enum Start {
    Ok(Pid),
    Ignore,
    Fails,
}

impl Model {
    pub(crate) fn start_root(&mut self, spec: &Rc<SupSpec>) -> Run<String> {
        let n = self.attempt("root");
        if spec.ignores {
            self.note("start", "root", n, "ignore")?;
            return Ok("ignore".to_owned());
        }
        if let Some(refusal) = spec.refusal() {
            self.note("start", "root", n, "error")?;
            return Ok(refusal.to_owned());
        }
        Ok(match self.start_sup(None, spec, "root", n)? {
            Ok(_) => "ok".to_owned(),
            Err(id) => format!("error:failed_to_start_child:{id}"),
        })
    }

    pub(crate) fn start(&mut self, sup: Pid, spec: &Rc<ChildSpec>) -> Run<Start> {
        let path = format!("{}/{}", self.procs[sup].path, spec.id);
        let n = self.attempt(&path);
        let mut entry = spec.script.next();
        while let Entry::Gate(gate, then) = entry {
            self.wait_at(&gate)?;
            entry = *then;
        }
        let end = match entry {
            Entry::Ok => None,
            Entry::OkExit(reason) => Some(reason),
            Entry::Fails | Entry::Gate(..) => {
                self.note("start", &path, n, "error")?;
                return Ok(Start::Fails);
            }
            Entry::Ignore => {
                self.note("start", &path, n, "ignore")?;
                return Ok(Start::Ignore);
            }
        };
        if let Some(nested) = &spec.nested {
            return Ok(match self.start_sup(Some(sup), nested, &path, n)? {
                Ok(pid) => Start::Ok(pid),
                Err(_) => Start::Fails,
            });
        }
        self.note("start", &path, n, "ok")?;
        self.procs.push(Proc {
            path,
            n,
            alive: true,
            started: true,
            parent: Some(sup),
            body: Body::Worker(spec.clone()),
        });
        let pid = self.procs.len() - 1;
        if let Some(reason) = end {
            self.dying.push((pid, reason));
        }
        Ok(Start::Ok(pid))
    }

    /// Rules 3 to 8: all children, one after the other, or none. Gives the id of who failed.
    fn start_sup(
        &mut self,
        parent: Option<Pid>,
        spec: &Rc<SupSpec>,
        path: &str,
        n: u64,
    ) -> Run<Result<Pid, String>> {
        if spec.refusal().is_some() {
            self.note("start", path, n, "error")?;
            return Ok(Err(String::new()));
        }
        self.procs.push(Proc {
            path: path.to_owned(),
            n,
            alive: true,
            started: false,
            parent,
            body: Body::Supervisor(Sup {
                spec: spec.clone(),
                children: vec![],
                restarts: vec![],
                queue: VecDeque::new(),
                busy: true,
            }),
        });
        let pid = self.procs.len() - 1;
        if spec.strategy != Strategy::Simple {
            for child in &spec.children {
                if let Start::Fails = self.add(pid, child)? {
                    self.stop_children(pid)?;
                    self.procs[pid].alive = false;
                    self.note("start", path, n, "error")?;
                    return Ok(Err(child.id.clone()));
                }
            }
        }
        self.note("start", path, n, "ok")?;
        if !self.sup(pid).queue.is_empty() {
            // It works on that while whoever started it goes on.
            return Err(End::Undefined("two things at once"));
        }
        self.procs[pid].started = true;
        self.sup_mut(pid).busy = false;
        Ok(Ok(pid))
    }

    /// Starts a new last child. Rule 6: who ignored is kept, unless temporary; rule 45: who failed
    /// is not; rule 55: an instance neither way.
    pub(crate) fn add(&mut self, sup: Pid, spec: &Rc<ChildSpec>) -> Run<Start> {
        let start = self.start(sup, spec)?;
        let (state, keep) = match start {
            Start::Ok(pid) => (State::Running(pid), true),
            Start::Ignore => {
                let keep = spec.restart != Restart::Temporary && !self.is_simple(sup);
                (State::Undefined, keep)
            }
            Start::Fails => (State::Undefined, false),
        };
        if keep {
            self.keys += 1;
            let child = Child {
                key: self.keys,
                spec: spec.clone(),
                state: State::Undefined,
                last: None,
            };
            self.sup_mut(sup).children.push(child);
            let last = self.sup(sup).children.len() - 1;
            self.set(sup, last, state);
        }
        Ok(start)
    }

    pub(crate) fn set(&mut self, sup: Pid, place: usize, state: State) {
        let child = &mut self.sup_mut(sup).children[place];
        child.state = state;
        if let State::Running(pid) = state {
            child.last = Some(pid);
        }
    }

    /// The next message of an idle supervisor.
    pub(crate) fn handle(&mut self, sup: Pid) -> Run {
        self.sup_mut(sup).busy = true;
        match self.sup_mut(sup).queue.pop_front() {
            Some(Message::Exit(pid, reason)) => self.on_exit(sup, pid, &reason)?,
            Some(Message::Retry(key)) => {
                let children = &self.sup(sup).children;
                let place = children.iter().position(|child| child.key == key);
                if let Some(place) = place
                    && children[place].state == State::Restarting
                {
                    self.restart(sup, place)?;
                }
            }
            Some(Message::Stop(reason)) => {
                self.stop_sup(sup, &reason)?;
                self.tell_parent(sup, &reason);
            }
            Some(Message::Ask(step, request)) => {
                let reply = self.serve(sup, request)?;
                self.answer(step, reply);
            }
            None => {}
        }
        self.sup_mut(sup).busy = false;
        Ok(())
    }

    /// Rules 12 to 15 and 63 to 66.
    fn on_exit(&mut self, sup: Pid, pid: Pid, reason: &str) -> Run {
        let children = &self.sup(sup).children;
        let Some(place) = children
            .iter()
            .position(|child| child.state == State::Running(pid))
        else {
            return Ok(());
        };
        let spec = children[place].spec.clone();
        let clean = reason == "normal" || reason.starts_with("shutdown");
        match spec.restart {
            Restart::Permanent => return self.restart(sup, place),
            Restart::Transient if !clean => return self.restart(sup, place),
            Restart::Transient if !self.is_simple(sup) => self.set(sup, place, State::Undefined),
            Restart::Transient | Restart::Temporary => {
                self.sup_mut(sup).children.remove(place);
            }
        }
        let others = self.sup(sup).children.iter();
        let mut others = others.filter(|child| child.spec.significant);
        let ends = match self.sup(sup).spec.auto_shutdown {
            AutoShutdown::Never => false,
            AutoShutdown::Any => spec.significant,
            AutoShutdown::All => {
                spec.significant && others.all(|child| child.state == State::Undefined)
            }
        };
        if ends { self.give_up(sup) } else { Ok(()) }
    }

    fn give_up(&mut self, sup: Pid) -> Run {
        self.stop_sup(sup, "shutdown")?;
        self.tell_parent(sup, "shutdown");
        Ok(())
    }

    /// Rules 16 to 25 and 28 to 36.
    fn restart(&mut self, sup: Pid, place: usize) -> Run {
        let now = self.now;
        let period = self.sup(sup).spec.period_millis.unsigned_abs();
        for at in &self.sup(sup).restarts {
            let doubt = now.doubt - at.doubt;
            if doubt > 0 && (now.millis - at.millis).abs_diff(period) <= doubt {
                return Err(End::Undefined("too close to the end of the period"));
            }
        }
        let this = self.sup_mut(sup);
        this.restarts.retain(|at| now.millis - at.millis <= period);
        this.restarts.push(now);
        this.children[place].state = State::Undefined;
        if i64::try_from(this.restarts.len()).unwrap() > this.spec.intensity {
            return self.give_up(sup);
        }
        let first = match this.spec.strategy {
            Strategy::OneForOne | Strategy::Simple => {
                self.start_again(sup, place)?;
                return Ok(());
            }
            Strategy::OneForAll => 0,
            Strategy::RestForOne => place,
        };
        for place in (first..self.sup(sup).children.len()).rev() {
            self.stop_child(sup, place)?;
            if self.sup(sup).children[place].spec.restart == Restart::Temporary {
                self.sup_mut(sup).children.remove(place);
            }
        }
        for place in first..self.sup(sup).children.len() {
            if !self.start_again(sup, place)? {
                break;
            }
        }
        Ok(())
    }

    /// One attempt; false if it failed and will be repeated.
    fn start_again(&mut self, sup: Pid, place: usize) -> Run<bool> {
        let child = &self.sup(sup).children[place];
        let (spec, key) = (child.spec.clone(), child.key);
        match self.start(sup, &spec)? {
            Start::Ok(pid) => self.set(sup, place, State::Running(pid)),
            Start::Ignore if self.is_simple(sup) => {
                // Rule 62.
                return Err(End::Undefined("an instance that ignores its restart"));
            }
            Start::Ignore => self.set(sup, place, State::Undefined),
            Start::Fails => {
                self.set(sup, place, State::Restarting);
                self.send(sup, Message::Retry(key));
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Rules 38 to 43; whatever it was, it is down afterwards.
    pub(crate) fn stop_child(&mut self, sup: Pid, place: usize) -> Run {
        let child = &self.sup(sup).children[place];
        let shutdown = child.spec.shutdown;
        let state = child.state;
        self.set(sup, place, State::Undefined);
        match state {
            State::Running(pid) if self.procs[pid].alive => self.stop_proc(pid, shutdown),
            _ => Ok(()),
        }
    }

    fn stop_proc(&mut self, pid: Pid, shutdown: Shutdown) -> Run {
        let spec = match &self.procs[pid].body {
            Body::Worker(spec) => spec.clone(),
            Body::Supervisor(_) => return self.stop_nested(pid, shutdown),
        };
        if shutdown == Shutdown::BrutalKill {
            return self.gone(pid, "killed");
        }
        if !spec.traps_exit {
            return self.gone(pid, "shutdown");
        }
        let (path, n) = (self.procs[pid].path.clone(), self.procs[pid].n);
        self.note("terminate", &path, n, "shutdown")?;
        let takes = match spec.on_terminate {
            OnTerminate::Nothing => return self.gone(pid, "shutdown"),
            OnTerminate::Panic => return self.gone(pid, "panic"),
            OnTerminate::Sleep(millis) => millis,
            OnTerminate::Hang => u64::MAX,
        };
        let limit = match shutdown {
            Shutdown::Millis(limit) => limit.unsigned_abs(),
            _ => u64::MAX,
        };
        if takes.abs_diff(limit) <= 2 {
            return Err(End::Undefined("the time to stop is just enough"));
        }
        self.pass(takes.min(limit));
        self.gone(pid, if takes < limit { "shutdown" } else { "killed" })
    }

    fn stop_nested(&mut self, pid: Pid, shutdown: Shutdown) -> Run {
        if shutdown == Shutdown::BrutalKill {
            return self.kill_sup(pid);
        }
        if self.sup(pid).busy {
            return Err(End::Undefined("a busy supervisor is stopped"));
        }
        let from = self.now.millis;
        self.stop_sup(pid, "shutdown")?;
        match shutdown {
            Shutdown::Millis(limit) if self.now.millis - from + 2 >= limit.unsigned_abs() => {
                Err(End::Undefined("a supervisor is killed while it stops"))
            }
            _ => Ok(()),
        }
    }

    /// Rules 9 and 59.
    pub(crate) fn stop_sup(&mut self, pid: Pid, reason: &str) -> Run {
        self.stop_children(pid)?;
        self.end_sup(pid, reason)
    }

    fn stop_children(&mut self, pid: Pid) -> Run {
        if !self.is_simple(pid) {
            for place in (0..self.sup(pid).children.len()).rev() {
                self.stop_child(pid, place)?;
            }
            return Ok(());
        }
        self.begin_group();
        let (from, mut until) = (self.now, self.now);
        for place in 0..self.sup(pid).children.len() {
            self.now = from;
            self.stop_child(pid, place)?;
            until.millis = until.millis.max(self.now.millis);
            until.doubt = until.doubt.max(self.now.doubt);
        }
        self.now = until;
        self.end_group();
        Ok(())
    }

    fn end_sup(&mut self, pid: Pid, reason: &str) -> Run {
        self.gone(pid, reason)?;
        let this = self.sup_mut(pid);
        this.children.clear();
        for message in std::mem::take(&mut this.queue) {
            if let Message::Ask(step, _) = message {
                self.answer(step, "error:supervisor_exited".into());
            }
        }
        Ok(())
    }

    /// Rule 43: its children go with it, in no order.
    pub(crate) fn kill_sup(&mut self, pid: Pid) -> Run {
        if self.sup(pid).busy {
            return Err(End::Undefined("a busy supervisor is killed"));
        }
        self.unordered();
        let from = self.now.millis;
        for child in self.running(pid) {
            let Body::Worker(spec) = &self.procs[child].body else {
                if self.sup(child).busy {
                    return Err(End::Undefined("a busy supervisor is stopped"));
                }
                self.stop_sup(child, "killed")?;
                continue;
            };
            let spec = spec.clone();
            match (spec.traps_exit, spec.on_terminate) {
                (false, _) => self.gone(child, "killed")?,
                (true, OnTerminate::Sleep(_) | OnTerminate::Hang) => self.pass(1),
                (true, how) => {
                    let (path, n) = (self.procs[child].path.clone(), self.procs[child].n);
                    self.note("terminate", &path, n, "killed")?;
                    let panics = how == OnTerminate::Panic;
                    self.gone(child, if panics { "panic" } else { "killed" })?;
                }
            }
        }
        if self.now.millis > from {
            return Err(End::Undefined("somebody outlives a killed supervisor"));
        }
        self.end_sup(pid, "killed")
    }

    /// A worker ends by itself, or is killed from outside.
    pub(crate) fn end_worker(&mut self, pid: Pid, reason: &str) -> Run {
        let Body::Worker(spec) = &self.procs[pid].body else {
            return Ok(());
        };
        let (spec, path, n) = (
            spec.clone(),
            self.procs[pid].path.clone(),
            self.procs[pid].n,
        );
        let reason = match (reason, spec.on_terminate) {
            ("kill", _) => "killed",
            (reason, how) => {
                self.note("terminate", &path, n, reason)?;
                match how {
                    OnTerminate::Nothing => reason,
                    OnTerminate::Panic => "panic",
                    OnTerminate::Hang => return Err(End::Undefined("a worker never ends")),
                    OnTerminate::Sleep(millis) => {
                        self.pass(millis);
                        reason
                    }
                }
            }
        };
        self.gone(pid, reason)?;
        self.tell_parent(pid, reason);
        Ok(())
    }
}
