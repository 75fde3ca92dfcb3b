//! What happens during a replay: noted by the workers themselves, and observed from outside in
//! the runtime's own log lines, which come at once and in order.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use scope_runtime::{Namespace, Pid};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tracing::field::{Field, Visit};
use tracing::span;

use super::scenario::{Node, Sup};

/// One replay.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) namespace: Namespace,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    events: Vec<Raw>,
    attempts: HashMap<String, u64>,
    instances: HashMap<u64, Instance>,
    gone: HashSet<u64>,
    gates: Vec<(String, oneshot::Sender<()>)>,
    supervisors: HashSet<String>,
    /// The templates of those that are `simple_one_for_one`.
    simple: HashMap<String, Arc<Node>>,
    root_exit: Option<String>,
    /// Terminate callbacks that take their time.
    terminating: usize,
}

enum Raw {
    Noted(Value),
    Exit(u64, String),
}

/// What starts at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Supervisor,
    Worker,
}

/// A process that has started.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) path: String,
    pub(crate) n: u64,
    pub(crate) pid: Pid,
    /// A worker's line for orders; a supervisor has none.
    pub(crate) orders: Option<mpsc::Sender<String>>,
}

impl World {
    pub(crate) fn new(name: &str) -> Self {
        let namespace = Namespace::test(format!("otp-{name}"));
        Self {
            namespace,
            inner: Arc::default(),
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Counts an attempt to start at `path`.
    pub(crate) fn attempt(&self, path: &str) -> u64 {
        let mut inner = self.inner();
        let count = inner.attempts.entry(path.to_owned()).or_default();
        *count += 1;
        *count
    }

    pub(crate) fn note(&self, kind: &str, path: &str, n: u64, detail: &str) {
        self.inner()
            .events
            .push(Raw::Noted(json!([kind, path, n, detail])));
    }

    pub(crate) fn add_instance(&self, instance: Instance) {
        self.inner()
            .instances
            .insert(instance.pid.incarnation(), instance);
    }

    /// Says what is being started at `path`.
    pub(crate) fn declare(&self, path: &str, kind: Kind) {
        let mut inner = self.inner();
        inner.simple.remove(path);
        match kind {
            Kind::Supervisor => inner.supervisors.insert(path.to_owned()),
            Kind::Worker => inner.supervisors.remove(path),
        };
    }

    /// Says that a supervisor made from `sup` starts at `path`.
    pub(crate) fn declare_supervisor(&self, path: &str, sup: &Sup) {
        self.declare(path, Kind::Supervisor);
        if let Some(template) = sup.template() {
            let mut inner = self.inner();
            inner.simple.insert(path.to_owned(), template.clone());
        }
    }

    pub(crate) fn is_simple(&self, path: &str) -> bool {
        self.template(path).is_some()
    }

    /// The template of the supervisor at `path`, if that is `simple_one_for_one`.
    pub(crate) fn template(&self, path: &str) -> Option<Arc<Node>> {
        self.inner().simple.get(path).cloned()
    }

    /// The number of the instance that runs as `pid`, and its place.
    pub(crate) fn instance(&self, pid: &Pid) -> Instance {
        self.inner().instances[&pid.incarnation()].clone()
    }

    /// Who lives at `path`.
    pub(crate) fn live(&self, path: &str) -> Option<Instance> {
        let inner = self.inner();
        let here = inner.instances.values().filter(|instance| {
            instance.path == path && !inner.gone.contains(&instance.pid.incarnation())
        });
        here.max_by_key(|instance| instance.n).cloned()
    }

    /// Who was the last to live at `path`.
    pub(crate) fn last(&self, path: &str) -> Option<Instance> {
        let inner = self.inner();
        let here = inner
            .instances
            .values()
            .filter(|instance| instance.path == path);
        here.max_by_key(|instance| instance.n).cloned()
    }

    pub(crate) fn root_exit(&self) -> Option<String> {
        self.inner().root_exit.clone()
    }

    /// Counts a terminate callback that takes its time, until the guard is dropped.
    pub(crate) fn terminating(&self) -> Terminating {
        self.inner().terminating += 1;
        Terminating(self.clone())
    }

    pub(crate) fn anybody_terminating(&self) -> bool {
        self.inner().terminating > 0
    }

    /// Blocks until the gate is released.
    pub(crate) async fn wait_at(&self, gate: String) {
        let (release, released) = oneshot::channel();
        self.inner().gates.push((gate, release));
        // A replay that ends with somebody still at a gate drops the gates.
        let _ended = released.await;
    }

    /// Lets everyone at the gate go on; false if nobody was there.
    pub(crate) fn release(&self, gate: &str) -> bool {
        let mut inner = self.inner();
        let (here, rest): (Vec<_>, Vec<_>) =
            inner.gates.drain(..).partition(|(name, _)| name == gate);
        inner.gates = rest;
        let released = here
            .into_iter()
            .map(|(_, release)| release.send(()).is_ok());
        released.filter(|&released| released).count() > 0
    }

    pub(crate) fn anybody_blocked(&self) -> bool {
        self.inner()
            .gates
            .iter()
            .any(|(_, release)| !release.is_closed())
    }

    /// What happened since the last look.
    pub(crate) fn take_events(&self) -> Vec<Value> {
        let mut inner = self.inner();
        let raw = std::mem::take(&mut inner.events);
        let mut events = Vec::new();
        for event in raw {
            match event {
                Raw::Noted(event) => events.push(event),
                Raw::Exit(incarnation, reason) => {
                    // Whose start had not succeeded is not noted.
                    let Some(instance) = inner.instances.get(&incarnation) else {
                        continue;
                    };
                    events.push(json!(["exit", instance.path, instance.n, reason]));
                    if instance.path == "root" {
                        inner.root_exit = Some(reason);
                    }
                }
            }
        }
        events
    }

    /// The path in the scenario of a path in the runtime: without namespace, and with the names of
    /// instances instead of their generated ids.
    fn scenario_path(&self, path: &str) -> Option<String> {
        let path = path.strip_prefix(&format!("{}/", self.namespace))?;
        let inner = self.inner();
        let mut known = String::new();
        for part in path.split('/') {
            let name = match part.rsplit_once('-') {
                Some((name, _)) if inner.simple.contains_key(&known) => name,
                _ => part,
            };
            if !known.is_empty() {
                known.push('/');
            }
            known.push_str(name);
        }
        Some(known)
    }

    fn on_line(&self, line: &Line) {
        let Some(path) = line
            .child
            .as_deref()
            .and_then(|path| self.scenario_path(path))
        else {
            return;
        };
        if line.message == "exited" {
            let mut inner = self.inner();
            inner.gone.insert(line.incarnation);
            inner
                .events
                .push(Raw::Exit(line.incarnation, reason_of(&line.reason)));
            return;
        }
        let (supervisor, n) = {
            let inner = self.inner();
            (
                inner.supervisors.contains(&path),
                inner.attempts.get(&path).copied(),
            )
        };
        let (true, Some(n)) = (supervisor, n) else {
            return;
        };
        match line.message.as_str() {
            "started" => {
                let processes = self.namespace.processes();
                let pid = processes
                    .into_iter()
                    .find(|pid| pid.incarnation() == line.incarnation);
                if let Some(pid) = pid {
                    self.add_instance(Instance {
                        path: path.clone(),
                        n,
                        pid,
                        orders: None,
                    });
                }
                self.note("start", &path, n, "ok");
            }
            "ignored its start" => self.note("start", &path, n, "ignore"),
            "failed to start" => self.note("start", &path, n, "error"),
            _ => {}
        }
    }
}

fn reason_of(text: &str) -> String {
    match text.split_once(": ") {
        Some(("shutdown", why)) => format!("shutdown:{why}"),
        Some((kind, _)) => kind.to_owned(),
        None => text.to_owned(),
    }
}

pub(crate) struct Terminating(World);

impl Drop for Terminating {
    fn drop(&mut self) {
        self.0.inner().terminating -= 1;
    }
}

/// Hands the log lines of the supervisors to a world.
pub(crate) struct Observer(pub(crate) World);

#[derive(Default)]
struct Line {
    message: String,
    child: Option<String>,
    incarnation: u64,
    reason: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "child" => self.child = Some(format!("{value:?}")),
            "reason" => self.reason = format!("{value:?}"),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "incarnation" {
            self.incarnation = value;
        }
    }
}

impl tracing::Subscriber for Observer {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with("scope_runtime::supervisor")
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        self.0.on_line(&line);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
