//! Scenarios: read strictly, so that an unknown field fails instead of being skipped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value};

/// A supervisor of a scenario.
#[derive(Debug)]
pub(crate) struct Sup {
    pub(crate) strategy: String,
    pub(crate) intensity: i64,
    pub(crate) period_secs: i64,
    pub(crate) auto_shutdown: String,
    pub(crate) children: Vec<Arc<Node>>,
    pub(crate) script: Script,
}

/// A child of a scenario; its script goes on where it was, whoever starts it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) restart: String,
    pub(crate) shutdown: Value,
    pub(crate) child_type: String,
    pub(crate) significant: bool,
    pub(crate) nested: Option<Arc<Sup>>,
    pub(crate) script: Script,
    pub(crate) on_terminate: OnTerminate,
    pub(crate) traps_exit: bool,
}

#[derive(Debug)]
pub(crate) struct Script {
    entries: Vec<Entry>,
    next: AtomicUsize,
}

#[derive(Clone, Debug)]
pub(crate) enum Entry {
    Ok,
    Error,
    Raise,
    Ignore,
    OkExit(String),
    Gate(String, Box<Self>),
}

#[derive(Clone, Debug)]
pub(crate) enum OnTerminate {
    Nothing,
    Sleep(u64),
    Hang,
    Panic,
    Gate(String),
}

impl Script {
    pub(crate) fn next(&self) -> Entry {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        self.entries[turn.min(self.entries.len() - 1)].clone()
    }

    fn read(value: Option<&Value>) -> Self {
        let entries = match value {
            None => vec![Entry::Ok],
            Some(value) => list(value).iter().map(entry).collect(),
        };
        assert!(!entries.is_empty(), "an empty start script");
        Self {
            entries,
            next: AtomicUsize::new(0),
        }
    }
}

/// The fields of an object, of which only those in `known` may be there.
pub(crate) fn object<'a>(value: &'a Value, what: &str, known: &[&str]) -> &'a Map<String, Value> {
    let object = value
        .as_object()
        .unwrap_or_else(|| panic!("{what} is no object: {value}"));
    for key in object.keys() {
        assert!(
            known.contains(&key.as_str()),
            "unknown field `{key}` in {what}: {value}"
        );
    }
    object
}

pub(crate) fn text(value: Option<&Value>, what: &str) -> String {
    let text = value
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text for {what}"));
    text.to_owned()
}

pub(crate) fn list(value: &Value) -> &Vec<Value> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("no list: {value}"))
}

fn word(value: Option<&Value>, default: &str, known: &[&str]) -> String {
    let word = value.map_or_else(|| default.to_owned(), |value| text(Some(value), "a word"));
    assert!(
        known.contains(&word.as_str()),
        "unknown word `{word}`, not one of {known:?}"
    );
    word
}

fn number(value: Option<&Value>, default: i64) -> i64 {
    value.map_or(default, |value| {
        value
            .as_i64()
            .unwrap_or_else(|| panic!("no number: {value}"))
    })
}

fn flag(value: Option<&Value>, default: bool) -> bool {
    value.map_or(default, |value| {
        value
            .as_bool()
            .unwrap_or_else(|| panic!("no flag: {value}"))
    })
}

pub(crate) fn sup(value: &Value) -> Arc<Sup> {
    let known = [
        "strategy",
        "intensity",
        "period_s",
        "auto_shutdown",
        "children",
        "start",
    ];
    let fields = object(value, "a supervisor", &known);
    let strategies = [
        "one_for_one",
        "one_for_all",
        "rest_for_one",
        "simple_one_for_one",
    ];
    let shutdowns = ["never", "any_significant", "all_significant"];
    Arc::new(Sup {
        strategy: word(fields.get("strategy"), "one_for_one", &strategies),
        intensity: number(fields.get("intensity"), 1),
        period_secs: number(fields.get("period_s"), 5),
        auto_shutdown: word(fields.get("auto_shutdown"), "never", &shutdowns),
        children: fields
            .get("children")
            .map(|children| list(children).iter().map(node).collect())
            .unwrap_or_default(),
        script: Script::read(fields.get("start")),
    })
}

pub(crate) fn node(value: &Value) -> Arc<Node> {
    let known = [
        "id",
        "restart",
        "shutdown",
        "type",
        "significant",
        "supervisor",
        "start",
        "on_terminate",
        "trap_exit",
    ];
    let fields = object(value, "a child", &known);
    let child_type = word(fields.get("type"), "worker", &["worker", "supervisor"]);
    let shutdown = match (fields.get("shutdown"), child_type.as_str()) {
        (Some(shutdown), _) => shutdown.clone(),
        (None, "supervisor") => Value::from("infinity"),
        (None, _) => Value::from(5000),
    };
    Arc::new(Node {
        id: text(fields.get("id"), "an id"),
        restart: word(
            fields.get("restart"),
            "permanent",
            &["permanent", "transient", "temporary"],
        ),
        shutdown,
        child_type,
        significant: flag(fields.get("significant"), false),
        nested: fields.get("supervisor").map(sup),
        script: Script::read(fields.get("start")),
        on_terminate: on_terminate(fields.get("on_terminate")),
        traps_exit: flag(fields.get("trap_exit"), true),
    })
}

impl Sup {
    /// What the instances are made from, if it is `simple_one_for_one`.
    pub(crate) fn template(&self) -> Option<&Arc<Node>> {
        self.children
            .first()
            .filter(|_| self.strategy == "simple_one_for_one")
    }
}

impl Node {
    /// An instance of this template; `start` and `on_terminate` replace the template's.
    pub(crate) fn instance(
        &self,
        id: &str,
        start: Option<&Value>,
        own_terminate: Option<&Value>,
    ) -> Arc<Self> {
        let script = Script {
            entries: self.script.entries.clone(),
            next: AtomicUsize::new(0),
        };
        Arc::new(Self {
            id: id.to_owned(),
            restart: self.restart.clone(),
            shutdown: self.shutdown.clone(),
            child_type: self.child_type.clone(),
            significant: self.significant,
            nested: self.nested.clone(),
            script: start.map_or(script, |start| Script::read(Some(start))),
            on_terminate: own_terminate
                .map_or_else(|| self.on_terminate.clone(), |own| on_terminate(Some(own))),
            traps_exit: self.traps_exit,
        })
    }
}

fn entry(value: &Value) -> Entry {
    if let Some(word) = value.as_str() {
        return match word {
            "ok" => Entry::Ok,
            "error" => Entry::Error,
            "raise" => Entry::Raise,
            "ignore" => Entry::Ignore,
            other => panic!("unknown start entry `{other}`"),
        };
    }
    let fields = object(value, "a start entry", &["ok_exit", "gate", "then"]);
    if let Some(reason) = fields.get("ok_exit") {
        assert_eq!(fields.len(), 1, "mixed start entry: {value}");
        return Entry::OkExit(text(Some(reason), "a reason"));
    }
    let then = fields.get("then").map_or(Entry::Ok, entry);
    Entry::Gate(text(fields.get("gate"), "a gate"), Box::new(then))
}

fn on_terminate(value: Option<&Value>) -> OnTerminate {
    let Some(value) = value else {
        return OnTerminate::Nothing;
    };
    let fields = object(
        value,
        "on_terminate",
        &["sleep_ms", "hang", "panic", "gate"],
    );
    assert!(fields.len() <= 1, "mixed on_terminate: {value}");
    match fields.iter().next() {
        None => OnTerminate::Nothing,
        Some((key, value)) => match key.as_str() {
            "sleep_ms" => OnTerminate::Sleep(number(Some(value), 0).unsigned_abs()),
            "hang" => OnTerminate::Hang,
            "panic" => OnTerminate::Panic,
            _ => OnTerminate::Gate(text(Some(value), "a gate")),
        },
    }
}
