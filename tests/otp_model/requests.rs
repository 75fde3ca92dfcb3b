//! Steps, and what the model's supervisors answer to requests.

use std::rc::Rc;

use serde_json::{Value, json};

use super::model::{Body, Message, Model, Pid, Request, Run, State};
use super::spec::{self, ChildSpec, Restart, Shutdown, Strategy};
use super::supervisor::Start;

impl Model {
    pub(crate) fn issue(&mut self, step: &Value) -> Run {
        let index = self.replies.len() - 1;
        let word = |field: &str| step[field].as_str().unwrap_or_default().to_owned();
        match word("op").as_str() {
            "sleep_ms" => {
                self.now.millis += step["ms"].as_u64().unwrap();
                self.answer(index, json!("ok"));
            }
            "release" => {
                let released = self.release(&word("gate"))?;
                self.answer(index, json!(released));
            }
            "exit" => {
                let Some(pid) = self.live(&word("child")) else {
                    self.answer(index, json!("error:not_running"));
                    return Ok(());
                };
                self.answer(index, json!("ok"));
                self.exit(pid, &word("reason"))?;
            }
            "stop" => match self.live("root") {
                Some(root) => {
                    self.stopping.push(index);
                    self.send(root, Message::Stop(word("reason")));
                }
                None => self.answer(index, json!("error:noproc")),
            },
            _ => match self.live(&word("sup")) {
                Some(sup) => {
                    let request = self.request(sup, step);
                    self.send(sup, Message::Ask(index, request));
                }
                None => self.answer(index, json!("error:noproc")),
            },
        }
        Ok(())
    }

    fn release(&self, gate: &str) -> Run<&'static str> {
        match self.gates.last() {
            Some(last) if last == gate => Ok("ok"),
            _ if self.gates.iter().any(|one| one == gate) => Err(super::model::End::Undefined(
                "a gate is released while another is closed",
            )),
            _ => Ok("error:no_gate"),
        }
    }

    fn exit(&mut self, pid: Pid, reason: &str) -> Run {
        if !self.is_supervisor(pid) {
            return self.end_worker(pid, reason);
        }
        if reason != "kill" {
            self.send(pid, Message::Stop(reason.to_owned()));
            return Ok(());
        }
        self.kill_sup(pid)?;
        self.tell_parent(pid, "killed");
        Ok(())
    }

    fn request(&self, sup: Pid, step: &Value) -> Request {
        let child = || step["child"].as_str().unwrap().to_owned();
        match step["op"].as_str().unwrap() {
            "start_child" if self.is_simple(sup) => {
                Request::Start(spec::instance(&self.sup(sup).spec.children[0], step))
            }
            "start_child" => Request::Start(spec::child(&step["spec"])),
            "restart_child" => Request::Restart(child()),
            "delete_child" => Request::Delete(child()),
            "terminate_child" => {
                let path = format!("{}/{}", self.procs[sup].path, child());
                let last = self
                    .procs
                    .iter()
                    .rposition(|proc| proc.started && proc.path == path);
                match last {
                    Some(pid) if self.is_simple(sup) && step["by"] != "id" => {
                        Request::TerminatePid(pid)
                    }
                    _ => Request::Terminate(child()),
                }
            }
            "which_children" => Request::Which,
            "count_children" => Request::Count,
            "get_childspec" => Request::Spec(child()),
            other => panic!("unknown step `{other}`"),
        }
    }

    /// Rules 44 to 50 and 54 to 60.
    pub(crate) fn serve(&mut self, sup: Pid, request: Request) -> Run<Value> {
        let reply = match request {
            Request::Start(spec) => return self.start_child(sup, &spec),
            Request::Which => return Ok(self.rows(sup)),
            Request::Count => return Ok(self.counts(sup)),
            Request::Spec(id) => return Ok(self.describe(sup, &id)),
            Request::TerminatePid(pid) => self.terminate_pid(sup, pid)?,
            _ if self.is_simple(sup) => "error:simple_one_for_one",
            Request::Terminate(id) => match self.place(sup, &id) {
                None => "error:not_found",
                Some(place) => {
                    self.stop_child(sup, place)?;
                    if self.sup(sup).children[place].spec.restart == Restart::Temporary {
                        self.sup_mut(sup).children.remove(place);
                    }
                    "ok"
                }
            },
            Request::Restart(id) => match self.down(sup, &id) {
                Err(refusal) => refusal,
                Ok(place) => return self.restart_child(sup, place),
            },
            Request::Delete(id) => match self.down(sup, &id) {
                Err(refusal) => refusal,
                Ok(place) => {
                    self.sup_mut(sup).children.remove(place);
                    "ok"
                }
            },
        };
        Ok(json!(reply))
    }

    fn start_child(&mut self, sup: Pid, spec: &Rc<ChildSpec>) -> Run<Value> {
        if !self.is_simple(sup) {
            if let Some(refusal) = spec.refusal(self.sup(sup).spec.auto_shutdown) {
                return Ok(json!(format!("error:bad_spec:{refusal}")));
            }
            if let Some(place) = self.place(sup, &spec.id) {
                return Ok(json!(match self.sup(sup).children[place].state {
                    State::Running(_) => "error:already_started",
                    State::Undefined | State::Restarting => "error:already_present",
                }));
            }
        }
        let start = self.add(sup, spec)?;
        Ok(self.started(&start))
    }

    fn restart_child(&mut self, sup: Pid, place: usize) -> Run<Value> {
        let spec = self.sup(sup).children[place].spec.clone();
        let start = self.start(sup, &spec)?;
        if let Start::Ok(pid) = start {
            self.set(sup, place, State::Running(pid));
        }
        Ok(self.started(&start))
    }

    fn started(&self, start: &Start) -> Value {
        match start {
            Start::Ok(pid) => json!(format!("ok:{}", self.procs[*pid].n)),
            Start::Ignore => json!("ok:undefined"),
            Start::Fails => json!("error:start_failed"),
        }
    }

    fn terminate_pid(&mut self, sup: Pid, pid: Pid) -> Run<&'static str> {
        let children = &self.sup(sup).children;
        let Some(place) = children.iter().position(|child| child.last == Some(pid)) else {
            let alive = self.procs[pid].alive;
            return Ok(if alive { "error:not_found" } else { "ok" });
        };
        self.stop_child(sup, place)?;
        self.sup_mut(sup).children.remove(place);
        Ok("ok")
    }

    fn place(&self, sup: Pid, id: &str) -> Option<usize> {
        let children = &self.sup(sup).children;
        children.iter().position(|child| child.spec.id == id)
    }

    /// A child without a process.
    fn down(&self, sup: Pid, id: &str) -> Result<usize, &'static str> {
        let place = self.place(sup, id).ok_or("error:not_found")?;
        match self.sup(sup).children[place].state {
            State::Running(_) => Err("error:running"),
            State::Restarting => Err("error:restarting"),
            State::Undefined => Ok(place),
        }
    }

    fn describe(&self, sup: Pid, id: &str) -> Value {
        let spec = if self.is_simple(sup) {
            self.sup(sup).spec.children.first().cloned()
        } else {
            let place = self.place(sup, id);
            place.map(|place| self.sup(sup).children[place].spec.clone())
        };
        let Some(spec) = spec.filter(|spec| spec.id == id) else {
            return json!("error:not_found");
        };
        json!({
            "id": spec.id,
            "restart": match spec.restart {
                Restart::Permanent => "permanent",
                Restart::Transient => "transient",
                Restart::Temporary => "temporary",
            },
            "shutdown": match spec.shutdown {
                Shutdown::BrutalKill => json!("brutal_kill"),
                Shutdown::Infinity => json!("infinity"),
                Shutdown::Millis(millis) => json!(millis),
            },
            "type": spec.child_type,
            "significant": spec.significant,
        })
    }

    pub(crate) fn is_simple(&self, sup: Pid) -> bool {
        self.sup(sup).spec.strategy == Strategy::Simple
    }

    /// Its living children, in start order.
    pub(crate) fn running(&self, sup: Pid) -> Vec<Pid> {
        let states = self.sup(sup).children.iter().map(|child| child.state);
        let pids = states.filter_map(|state| match state {
            State::Running(pid) => Some(pid),
            State::Undefined | State::Restarting => None,
        });
        pids.filter(|&pid| self.procs[pid].alive).collect()
    }

    pub(crate) fn rows(&self, sup: Pid) -> Value {
        let simple = self.is_simple(sup);
        let children = self.sup(sup).children.iter().rev();
        let mut rows: Vec<Value> = children
            .map(|child| {
                let (state, n) = match child.state {
                    State::Running(pid) => ("running", json!(self.procs[pid].n)),
                    State::Undefined => ("undefined", Value::Null),
                    State::Restarting => ("restarting", Value::Null),
                };
                let nameless = simple && n.is_null();
                let id = if nameless {
                    Value::Null
                } else {
                    json!(child.spec.id)
                };
                json!([id, child.spec.child_type, state, n])
            })
            .collect();
        if simple {
            rows.sort_by_key(Value::to_string);
        }
        json!(rows)
    }

    pub(crate) fn counts(&self, sup: Pid) -> Value {
        let children = &self.sup(sup).children;
        let simple = self.is_simple(sup);
        let active = children.iter().filter(|child| match child.state {
            // OTP asks whether the process lives, but not for instances: rules 50 and 60.
            State::Running(pid) => simple || self.procs[pid].alive,
            State::Undefined | State::Restarting => false,
        });
        let of_type = |child_type: &str| {
            let children = children.iter();
            children
                .filter(|child| child.spec.child_type == child_type)
                .count()
        };
        json!([
            if simple { 1 } else { children.len() },
            active.count(),
            of_type("supervisor"),
            of_type("worker"),
        ])
    }

    /// All that live, with their paths, in the order of their starts.
    pub(crate) fn alive(&self) -> impl Iterator<Item = Pid> {
        (0..self.procs.len()).filter(|&pid| self.procs[pid].alive && self.procs[pid].started)
    }

    /// What is known of the specs of a supervisor's children, for making up steps.
    pub(crate) fn ids(&self, sup: Pid) -> Vec<String> {
        let children = self.sup(sup).children.iter();
        children.map(|child| child.spec.id.clone()).collect()
    }

    pub(crate) fn is_worker(&self, pid: Pid) -> bool {
        matches!(self.procs[pid].body, Body::Worker(_))
    }
}
