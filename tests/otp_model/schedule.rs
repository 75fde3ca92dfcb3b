//! Where the model's steps come from.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::generate::{Names, Step};
use super::model::{Model, Pid, Schedule};

/// The steps of a recorded scenario.
pub(crate) struct Fixed(VecDeque<Value>);

impl Fixed {
    pub(crate) fn new(steps: Vec<Value>) -> Self {
        Self(steps.into())
    }
}

impl Schedule for Fixed {
    fn next(&mut self, _: &Model) -> Option<Value> {
        self.0.pop_front()
    }
}

/// Random steps, aimed at what the model has by then.
pub(crate) struct Random {
    steps: VecDeque<Step>,
    names: Names,
    /// Ids that were given to added children, by supervisor.
    added: Vec<(Pid, String)>,
}

impl Random {
    pub(crate) fn new(steps: Vec<Step>) -> Self {
        Self {
            steps: steps.into(),
            names: Names::added(),
            added: Vec::new(),
        }
    }

    fn resolve(&mut self, model: &Model, step: Step) -> Option<Value> {
        let on_sup = |op: &str, sup: u8| Some(json!({"op": op, "sup": path(model, sup)?}));
        let on_child = |op: &str, sup: u8, child: u8| {
            let ids = child_names(model, pick(&sups(model), sup)?);
            let id = pick(&ids, child)?;
            Some(json!({"op": op, "sup": path(model, sup)?, "child": id}))
        };
        match step {
            Step::ExitWorker(who, reason) => {
                let pid = pick(&workers(model), who)?;
                Some(json!({"op": "exit", "child": model.procs[pid].path, "reason": reason}))
            }
            Step::ExitSupervisor(who, reason) => {
                // The root mostly lives on.
                let nested = sups(model).into_iter();
                let nested: Vec<Pid> = nested
                    .filter(|&pid| model.procs[pid].parent.is_some() || who == 0)
                    .collect();
                let pid = pick(&nested, who)?;
                Some(json!({"op": "exit", "child": model.procs[pid].path, "reason": reason}))
            }
            Step::Start(sup, id, child) => self.start(model, pick(&sups(model), sup)?, id, child),
            Step::Terminate(sup, child) => on_child("terminate_child", sup, child),
            Step::Restart(sup, child) => on_child("restart_child", sup, child),
            Step::Delete(sup, child) => on_child("delete_child", sup, child),
            Step::Which(sup) => on_sup("which_children", sup),
            Step::Count(sup) => on_sup("count_children", sup),
            Step::Spec(sup, child) => on_child("get_childspec", sup, child),
            Step::Sleep(millis) => Some(json!({"op": "sleep_ms", "ms": millis})),
            Step::SleepPeriod(who, more) => sleep_period(model, who, more),
            Step::Stop(reason) => Some(json!({"op": "stop", "reason": reason})),
            Step::Release => release(model),
        }
    }

    fn start(&mut self, model: &Model, sup: Pid, id: u8, mut child: Value) -> Option<Value> {
        let path = &model.procs[sup].path;
        let spec = &model.sup(sup).spec;
        if model.is_simple(sup) {
            let name = self.names.fresh("p");
            let nested = spec.children.first()?.nested.is_some();
            self.names.finish_child(&mut child, "never", false);
            let exits = child["start"].as_array()?;
            let exits = exits.iter().any(|entry| entry.get("ok_exit").is_some());
            let mut step = json!({"op": "start_child", "sup": path, "as": name});
            // Half of them take the template's script.
            if id.is_multiple_of(2) && !(nested && exits) {
                step["start"] = child["start"].clone();
            }
            return Some(step);
        }
        let first = if child.get("supervisor").is_some() {
            "s"
        } else {
            "w"
        };
        let auto = match spec.auto_shutdown {
            super::spec::AutoShutdown::Never if id != 0 => "never",
            // One in many is refused.
            _ => "any_significant",
        };
        // Of the same kind at the same place, as the recorder tells by the place what starts.
        let before = self.added.iter().filter(|(at, _)| *at == sup);
        let before: Vec<&String> = before
            .map(|(_, id)| id)
            .filter(|id| id.starts_with(first))
            .collect();
        let name = match pick(&before, id / 4) {
            Some(name) if id.is_multiple_of(4) => name.clone(),
            _ => self.names.fresh(first),
        };
        child["id"] = json!(name);
        self.names.finish_child(&mut child, auto, false);
        self.added.push((sup, name));
        Some(json!({"op": "start_child", "sup": path, "spec": child}))
    }
}

impl Schedule for Random {
    fn next(&mut self, model: &Model) -> Option<Value> {
        while let Some(step) = self.steps.pop_front() {
            if let Some(step) = self.resolve(model, step) {
                return Some(step);
            }
        }
        // Whoever is still blocked goes on, so that what it was doing is compared.
        release(model)
    }
}

fn release(model: &Model) -> Option<Value> {
    let gate = model.gates.last()?;
    Some(json!({"op": "release", "gate": gate}))
}

fn pick<T: Clone>(all: &[T], number: u8) -> Option<T> {
    let place = usize::from(number).checked_rem(all.len())?;
    Some(all[place].clone())
}

/// The living workers; those whose supervisor is busy several times, as their exits have to wait.
fn workers(model: &Model) -> Vec<Pid> {
    let mut workers: Vec<Pid> = model.alive().filter(|&pid| model.is_worker(pid)).collect();
    let waits = |&pid: &Pid| {
        let parent = model.procs[pid].parent;
        parent.is_some_and(|parent| model.sup(parent).busy)
    };
    let waiting: Vec<Pid> = workers.iter().copied().filter(waits).collect();
    for _ in 0..3 {
        workers.extend(&waiting);
    }
    workers
}

/// The living supervisors; those that are busy several times, as they are the interesting ones.
fn sups(model: &Model) -> Vec<Pid> {
    let mut sups: Vec<Pid> = model.alive().filter(|&pid| !model.is_worker(pid)).collect();
    let busy: Vec<Pid> = sups
        .iter()
        .copied()
        .filter(|&pid| model.sup(pid).busy)
        .collect();
    for _ in 0..3 {
        sups.extend(&busy);
    }
    sups
}

fn path(model: &Model, sup: u8) -> Option<String> {
    Some(model.procs[pick(&sups(model), sup)?].path.clone())
}

/// The names of children that requests can have, and one that does not exist.
fn child_names(model: &Model, sup: Pid) -> Vec<String> {
    let mut names = model.ids(sup);
    if model.is_simple(sup) {
        let prefix = format!("{}/", model.procs[sup].path);
        let here = model.procs.iter();
        let here = here.filter_map(|proc| proc.path.strip_prefix(&prefix));
        names.extend(here.filter(|name| !name.contains('/')).map(str::to_owned));
    }
    if names.len().is_multiple_of(4) {
        names.push("nobody".to_owned());
    }
    names
}

fn sleep_period(model: &Model, who: u8, more: i8) -> Option<Value> {
    let with_restarts: Vec<Pid> = sups(model)
        .into_iter()
        .filter(|&pid| !model.sup(pid).restarts.is_empty())
        .collect();
    let sup = model.sup(pick(&with_restarts, who)?);
    let first = sup.restarts.first()?.millis;
    let due = first + sup.spec.period_millis.unsigned_abs();
    // Settling after the sleep takes two milliseconds.
    let millis = due
        .checked_add_signed(more.into())?
        .checked_sub(model.now.millis + 2)?;
    Some(json!({"op": "sleep_ms", "ms": millis}))
}
