//! What a scenario says, in the model's own types.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    OneForOne,
    OneForAll,
    RestForOne,
    Simple,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AutoShutdown {
    Never,
    Any,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restart {
    Permanent,
    Transient,
    Temporary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shutdown {
    BrutalKill,
    Infinity,
    Millis(i64),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Ok,
    Fails,
    Ignore,
    OkExit(String),
    Gate(String, Box<Self>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnTerminate {
    Nothing,
    Sleep(u64),
    Hang,
    Panic,
}

pub(crate) struct SupSpec {
    pub(crate) strategy: Strategy,
    pub(crate) intensity: i64,
    pub(crate) period_millis: i64,
    pub(crate) auto_shutdown: AutoShutdown,
    pub(crate) children: Vec<Rc<ChildSpec>>,
    pub(crate) ignores: bool,
}

pub(crate) struct ChildSpec {
    pub(crate) id: String,
    pub(crate) restart: Restart,
    pub(crate) shutdown: Shutdown,
    pub(crate) child_type: String,
    pub(crate) significant: bool,
    pub(crate) nested: Option<Rc<SupSpec>>,
    pub(crate) script: Script,
    pub(crate) on_terminate: OnTerminate,
    pub(crate) traps_exit: bool,
}

/// Start attempts; the place belongs to the spec and survives restarts of whoever uses it.
pub(crate) struct Script {
    entries: Vec<Entry>,
    used: Cell<usize>,
}

impl Script {
    pub(crate) fn next(&self) -> Entry {
        let turn = self.used.get();
        self.used.set(turn + 1);
        self.entries[turn.min(self.entries.len() - 1)].clone()
    }

    fn read(value: &Value) -> Self {
        let entries = match value.as_array() {
            Some(entries) => entries.iter().map(entry).collect(),
            None => vec![Entry::Ok],
        };
        Self {
            entries,
            used: Cell::new(0),
        }
    }
}

pub(crate) fn sup(value: &Value) -> Rc<SupSpec> {
    Rc::new(SupSpec {
        strategy: match value["strategy"].as_str() {
            None | Some("one_for_one") => Strategy::OneForOne,
            Some("one_for_all") => Strategy::OneForAll,
            Some("rest_for_one") => Strategy::RestForOne,
            Some("simple_one_for_one") => Strategy::Simple,
            Some(other) => panic!("unknown strategy `{other}`"),
        },
        intensity: value["intensity"].as_i64().unwrap_or(1),
        period_millis: value["period_s"].as_i64().unwrap_or(5) * 1000,
        auto_shutdown: match value["auto_shutdown"].as_str() {
            None | Some("never") => AutoShutdown::Never,
            Some("any_significant") => AutoShutdown::Any,
            Some("all_significant") => AutoShutdown::All,
            Some(other) => panic!("unknown automatic shutdown `{other}`"),
        },
        children: match value["children"].as_array() {
            Some(children) => children.iter().map(child).collect(),
            None => vec![],
        },
        ignores: value["start"][0] == "ignore",
    })
}

pub(crate) fn child(value: &Value) -> Rc<ChildSpec> {
    let child_type = value["type"].as_str().unwrap_or("worker").to_owned();
    let nested = value.get("supervisor").map(sup);
    Rc::new(ChildSpec {
        id: value["id"].as_str().unwrap().to_owned(),
        restart: match value["restart"].as_str() {
            None | Some("permanent") => Restart::Permanent,
            Some("transient") => Restart::Transient,
            Some("temporary") => Restart::Temporary,
            Some(other) => panic!("unknown restart type `{other}`"),
        },
        shutdown: match (&value["shutdown"], child_type.as_str()) {
            (Value::Null, "supervisor") => Shutdown::Infinity,
            (Value::Null, _) => Shutdown::Millis(5000),
            (Value::String(word), _) if word == "infinity" => Shutdown::Infinity,
            (Value::String(word), _) if word == "brutal_kill" => Shutdown::BrutalKill,
            (millis, _) => Shutdown::Millis(millis.as_i64().unwrap()),
        },
        child_type,
        significant: value["significant"].as_bool().unwrap_or(false),
        nested,
        script: Script::read(&value["start"]),
        on_terminate: on_terminate(&value["on_terminate"]),
        traps_exit: value["trap_exit"].as_bool().unwrap_or(true),
    })
}

/// An instance of a template. Its script is its own, the scripts further down are shared.
pub(crate) fn instance(template: &ChildSpec, step: &Value) -> Rc<ChildSpec> {
    let script = match step.get("start") {
        Some(start) => Script::read(start),
        None => Script {
            entries: template.script.entries.clone(),
            used: Cell::new(0),
        },
    };
    Rc::new(ChildSpec {
        id: step["as"].as_str().unwrap().to_owned(),
        restart: template.restart,
        shutdown: template.shutdown,
        child_type: template.child_type.clone(),
        significant: template.significant,
        nested: template.nested.clone(),
        script,
        on_terminate: match step.get("on_terminate") {
            Some(own) => on_terminate(own),
            None => template.on_terminate,
        },
        traps_exit: template.traps_exit,
    })
}

fn entry(value: &Value) -> Entry {
    match value.as_str() {
        Some("ok") => Entry::Ok,
        Some("error" | "raise") => Entry::Fails,
        Some("ignore") => Entry::Ignore,
        Some(other) => panic!("unknown start entry `{other}`"),
        None if value["ok_exit"].is_string() => {
            Entry::OkExit(value["ok_exit"].as_str().unwrap().to_owned())
        }
        None => {
            let then = value.get("then").map_or(Entry::Ok, entry);
            Entry::Gate(value["gate"].as_str().unwrap().to_owned(), Box::new(then))
        }
    }
}

fn on_terminate(value: &Value) -> OnTerminate {
    if let Some(millis) = value["sleep_ms"].as_u64() {
        return OnTerminate::Sleep(millis);
    }
    if value["hang"] == true {
        return OnTerminate::Hang;
    }
    if value["panic"] == true {
        return OnTerminate::Panic;
    }
    assert!(value["gate"].is_null(), "no gates in terminate callbacks");
    OnTerminate::Nothing
}

impl SupSpec {
    /// Rules 3, 54 and 63: what is wrong with it.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        if self.intensity < 0 {
            return Some("error:supervisor_data:invalid_intensity");
        }
        if self.period_millis <= 0 {
            return Some("error:supervisor_data:invalid_period");
        }
        if self.strategy == Strategy::Simple {
            return (self.children.len() != 1).then_some("error:bad_start_spec");
        }
        for (place, child) in self.children.iter().enumerate() {
            match child.refusal(self.auto_shutdown) {
                Some("invalid_shutdown") => return Some("error:start_spec:invalid_shutdown"),
                Some(_) => return Some("error:start_spec:bad_combination"),
                None => {}
            }
            if self.children[..place].iter().any(|one| one.id == child.id) {
                return Some("error:start_spec:duplicate_child_name");
            }
        }
        None
    }
}

impl ChildSpec {
    pub(crate) fn refusal(&self, auto_shutdown: AutoShutdown) -> Option<&'static str> {
        if matches!(self.shutdown, Shutdown::Millis(millis) if millis < 0) {
            return Some("invalid_shutdown");
        }
        let allowed = auto_shutdown != AutoShutdown::Never && self.restart != Restart::Permanent;
        (self.significant && !allowed).then_some("bad_combination")
    }
}
