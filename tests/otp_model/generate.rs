//! Random trees, and what random steps are drawn from.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Union;
use serde_json::{Value, json};

/// A tree and a schedule for it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) tree: Value,
    pub(crate) steps: Vec<Step>,
}

/// A step whose targets are chosen when its turn has come: a number means one of those that are
/// there, modulo their number.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    ExitWorker(u8, &'static str),
    ExitSupervisor(u8, &'static str),
    /// Of a new child, or of one whose id is taken.
    Start(u8, u8, Value),
    Terminate(u8, u8),
    Restart(u8, u8),
    Delete(u8, u8),
    Which(u8),
    Count(u8),
    Spec(u8, u8),
    Sleep(u64),
    /// Until the restarts of a supervisor leave its period, and so much longer or shorter.
    SleepPeriod(u8, i8),
    Stop(&'static str),
    Release,
}

const REASONS: [&str; 6] = [
    "normal",
    "shutdown",
    "shutdown:why",
    "error",
    "panic",
    "kill",
];

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    (sup(), vec(step(), 1..40)).prop_map(|(mut tree, steps)| {
        let mut names = Names::default();
        names.finish_sup(&mut tree, true);
        Case { tree, steps }
    })
}

fn step() -> impl Strategy<Value = Step> {
    let reason = || prop::sample::select(&REASONS[..]);
    let any = any::<u8>;
    prop_oneof![
        24 => (any(), prop_oneof![2 => Just("error"), 3 => reason()])
            .prop_map(|(who, reason)| Step::ExitWorker(who, reason)),
        4 => (any(), reason()).prop_map(|(who, reason)| Step::ExitSupervisor(who, reason)),
        12 => (any(), any(), child()).prop_map(|(sup, id, child)| Step::Start(sup, id, child)),
        8 => (any(), any()).prop_map(|(sup, child)| Step::Terminate(sup, child)),
        8 => (any(), any()).prop_map(|(sup, child)| Step::Restart(sup, child)),
        6 => (any(), any()).prop_map(|(sup, child)| Step::Delete(sup, child)),
        2 => any().prop_map(Step::Which),
        2 => any().prop_map(Step::Count),
        2 => (any(), any()).prop_map(|(sup, child)| Step::Spec(sup, child)),
        2 => (1u64..4000).prop_map(Step::Sleep),
        4 => (any(), -1i8..=1).prop_map(|(sup, more)| Step::SleepPeriod(sup, more)),
        1 => prop::sample::select(&REASONS[..5]).prop_map(Step::Stop),
        10 => Just(Step::Release),
    ]
}

const DEPTH: u32 = 2;

fn sup() -> impl Strategy<Value = Value> {
    tree(DEPTH)
}

fn tree(depth: u32) -> BoxedStrategy<Value> {
    // An empty tree has nothing to show; nested ones may be empty.
    let least = usize::from(depth == DEPTH);
    let children = vec(child_at(depth), least..5);
    let shape = (
        prop_oneof![
            Just("one_for_one"),
            Just("one_for_all"),
            Just("rest_for_one"),
            Just("simple_one_for_one"),
        ],
        prop_oneof![1 => Just(0), 2 => Just(1), 3 => Just(2), 3 => Just(4), 1 => Just(9)],
        prop_oneof![Just(1), Just(2), Just(3600)],
        prop_oneof![
            2 => Just("never"),
            1 => Just("any_significant"),
            2 => Just("all_significant"),
        ],
    );
    (shape, children)
        .prop_map(|((strategy, intensity, period, auto), children)| {
            json!({
                "strategy": strategy,
                "intensity": intensity,
                "period_s": period,
                "auto_shutdown": auto,
                "children": children,
            })
        })
        .boxed()
}

fn child() -> impl Strategy<Value = Value> {
    child_at(1)
}

fn child_at(depth: u32) -> BoxedStrategy<Value> {
    let worker = Just(Value::Null).boxed();
    let nested = match depth {
        0 => worker,
        _ => Union::new_weighted(vec![(3, worker), (2, tree(depth - 1))]).boxed(),
    };
    let policy = (
        prop_oneof![Just("permanent"), Just("transient"), Just("temporary")],
        prop_oneof![
            4 => Just(Value::Null),
            1 => Just(json!("infinity")),
            1 => Just(json!("brutal_kill")),
            1 => Just(json!(50)),
        ],
        any::<bool>(),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.1),
    );
    let on_terminate = option::weighted(
        0.15,
        prop_oneof![
            2 => Just(json!({"panic": true})),
            1 => Just(json!({"sleep_ms": 10})),
            1 => Just(json!({"sleep_ms": 70})),
            1 => Just(json!({"hang": true})),
        ],
    );
    let script = prop_oneof![3 => Just(vec![]), 2 => vec(entry(), 1..5)];
    (policy, on_terminate, script, nested)
        .prop_map(|(policy, on_terminate, script, nested)| {
            let (restart, shutdown, significant, traps_exit, odd) = policy;
            let mut child = json!({"restart": restart, "start": script});
            let mut put = |key: &str, value: Value| child[key] = value;
            if !shutdown.is_null() {
                put("shutdown", shutdown);
            }
            if significant {
                put("significant", json!(true));
            }
            if nested.is_null() {
                put("trap_exit", json!(traps_exit));
                if let Some(how) = on_terminate {
                    if how.get("hang").is_some() {
                        // Waiting for less is faster.
                        put("shutdown", json!(50));
                    }
                    put("on_terminate", how);
                }
            } else {
                put("supervisor", nested);
            }
            // `type` is only a label.
            if odd != child.get("supervisor").is_some() {
                child["type"] = json!("supervisor");
            }
            child
        })
        .boxed()
}

fn entry() -> impl Strategy<Value = Value> {
    let plain = || {
        prop_oneof![
            5 => Just(json!("ok")),
            4 => Just(json!("error")),
            1 => Just(json!("raise")),
            1 => Just(json!("ignore")),
        ]
    };
    prop_oneof![
        8 => plain(),
        1 => prop::sample::select(&REASONS[..]).prop_map(|reason| json!({"ok_exit": reason})),
        5 => plain().prop_map(|then| json!({"gate": "", "then": then})),
    ]
}

/// Gives names, and makes most of what was drawn valid.
#[derive(Debug, Default)]
pub(crate) struct Names {
    next: usize,
}

impl Names {
    /// For what is added later: other names than those of the tree.
    pub(crate) fn added() -> Self {
        Self { next: 1000 }
    }

    pub(crate) fn fresh(&mut self, first: &str) -> String {
        self.next += 1;
        format!("{first}{}", self.next)
    }

    fn finish_sup(&mut self, sup: &mut Value, declared: bool) {
        let simple = sup["strategy"] == "simple_one_for_one";
        if simple {
            // Rule 62: releases of OTP differ.
            sup["auto_shutdown"] = json!("never");
        }
        let auto = sup["auto_shutdown"].as_str().unwrap().to_owned();
        let children = sup["children"].as_array_mut().unwrap();
        if simple {
            children.truncate(1);
            if children.is_empty() {
                children.push(json!({"restart": "permanent", "start": []}));
            }
        }
        for child in children {
            let first = if child.get("supervisor").is_some() {
                "s"
            } else {
                "w"
            };
            child["id"] = json!(self.fresh(first));
            self.finish_child(child, &auto, declared && !simple);
        }
    }

    /// `declared`: its first attempt is part of a larger start.
    pub(crate) fn finish_child(&mut self, child: &mut Value, auto: &str, declared: bool) {
        if child["significant"] == true && auto == "all_significant" {
            // It takes several of them to see anything.
            if child["restart"] == "permanent" {
                child["restart"] = json!("transient");
            }
        }
        let allowed = auto != "never" && child["restart"] != "permanent";
        if child["significant"] == true && !allowed {
            child.as_object_mut().unwrap().remove("significant");
        }
        let nested = child.get("supervisor").is_some();
        let mut start = child["start"].as_array().unwrap().clone();
        if declared {
            // Most trees should start, and a recorder cannot release a gate in between.
            start.insert(0, json!("ok"));
        }
        if start.is_empty() {
            start.push(json!("ok"));
        }
        for entry in &mut start {
            if nested && entry.get("ok_exit").is_some() {
                *entry = json!("ok");
            }
            if entry.get("gate").is_some() {
                entry["gate"] = json!(self.fresh("g"));
            }
        }
        child["start"] = json!(start);
        if let Some(sup) = child.get_mut("supervisor") {
            self.finish_sup(sup, true);
        }
    }
}
