//! Runs the steps of a scenario and records what OTP's recorder would have.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use scope_runtime::{ChildSpec, Root, StartError, SupervisorHandle};
use serde_json::{Map, Value, json};

use super::answers::{counts, describe, done, refusal, rows, spec_error, started};
use super::scenario::{self, Sup, object, text};
use super::tree::{child_spec, impossible, impossible_child, init, reason_in};
use super::world::{Instance, Observer, World};

type Answer = Pin<Box<dyn Future<Output = Value>>>;

/// Replays one scenario; gives its trace.
pub(crate) fn replay(scenario: &Value) -> Value {
    let fields = object(
        scenario,
        "a scenario",
        &["name", "why", "settle_ms", "supervisor", "steps"],
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let world = World::new(&text(fields.get("name"), "the name"));
    let _observed = tracing::subscriber::set_default(Observer(world.clone()));
    let settle = fields
        .get("settle_ms")
        .and_then(Value::as_u64)
        .unwrap_or(0)
        .max(1);
    let sup = scenario::sup(&fields["supervisor"]);
    runtime.block_on(async {
        let mut replay = Replay {
            world,
            settle: Duration::from_millis(settle),
            root: None,
            pending: Vec::new(),
        };
        let start = replay.start(&sup).await;
        let mut steps = Vec::new();
        for (index, step) in scenario::list(&fields["steps"]).iter().enumerate() {
            steps.push(replay.step(index, step).await);
        }
        json!({ "start": start, "steps": steps })
    })
}

struct Replay {
    world: World,
    settle: Duration,
    root: Option<Root>,
    pending: Vec<(usize, Answer)>,
}

impl Replay {
    async fn start(&mut self, sup: &Arc<Sup>) -> Value {
        let world = &self.world;
        let n = world.attempt("root");
        let reply = match (sup.script.next(), impossible(sup)) {
            (scenario::Entry::Ignore, _) => self.start_root(sup, Some(n)).await,
            (scenario::Entry::Ok, None) => self.start_root(sup, None).await,
            (scenario::Entry::Ok, Some(refusal)) => {
                world.note("start", "root", n, "error");
                refusal.to_owned()
            }
            (other, _) => panic!("no start entry for the root: {other:?}"),
        };
        self.settle().await;
        self.record(json!(reply), &[]).await
    }

    async fn start_root(&mut self, sup: &Arc<Sup>, ignore: Option<u64>) -> String {
        let world = self.world.clone();
        world.declare_supervisor("root", sup);
        let init = match ignore {
            Some(_) => scope_runtime::SupervisorInit::Ignore,
            None => init(&world, sup, "root"),
        };
        match init.start("root", world.namespace.clone()).await {
            Ok(root) => {
                self.root = Some(root);
                "ok".to_owned()
            }
            Err(StartError::Ignored { .. }) => {
                world.note("start", "root", 1, "ignore");
                "ignore".to_owned()
            }
            Err(error) => {
                world.note("start", "root", 1, "error");
                let first = format!("{}/root/", world.namespace);
                match &error {
                    StartError::Child { path, .. } | StartError::Spec { path, .. }
                        if path.starts_with(&first) =>
                    {
                        let id = path[first.len()..].split('/').next().unwrap();
                        format!("error:failed_to_start_child:{id}")
                    }
                    StartError::Spec { error, .. } => spec_error(error).to_owned(),
                    other => panic!("unexpected: {other}"),
                }
            }
        }
    }

    /// A timer fires only when every task is idle, as the clock is paused.
    async fn settle(&self) {
        tokio::time::sleep(self.settle).await;
        for _ in 0..100_000 {
            if !self.world.anybody_terminating() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    async fn step(&mut self, index: usize, step: &Value) -> Value {
        let answer = match self.issue(step) {
            Issued::Done(reply) => Some(Box::pin(async move { json!(reply) }) as Answer),
            Issued::Sent(answer) => Some(answer),
            Issued::Sleep(millis) => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                Some(Box::pin(async { json!("ok") }) as Answer)
            }
        };
        // The first poll sends the request.
        let mut answer = answer.map(|mut answer| (now(&mut answer), answer));
        if let Some((reply, future)) = &mut answer {
            *reply = match reply.take() {
                Some(reply) => Some(reply),
                None => poll_once(future).await,
            };
        }
        self.settle().await;
        let mut late = Vec::new();
        for (index, mut future) in std::mem::take(&mut self.pending) {
            match poll_once(&mut future).await {
                Some(reply) => late.push(json!([index, reply])),
                None => self.pending.push((index, future)),
            }
        }
        let reply = match answer {
            Some((Some(reply), _)) => reply,
            Some((None, mut future)) => match poll_once(&mut future).await {
                Some(reply) => reply,
                None => {
                    self.pending.push((index, future));
                    json!("pending")
                }
            },
            None => json!("ok"),
        };
        self.record(reply, &late).await
    }

    fn issue(&mut self, step: &Value) -> Issued {
        let op = text(step.get("op"), "op");
        let known: &[&str] = match op.as_str() {
            "exit" => &["op", "unordered", "child", "reason"],
            "start_child" => &[
                "op",
                "unordered",
                "sup",
                "spec",
                "as",
                "start",
                "on_terminate",
            ],
            "terminate_child" => &["op", "unordered", "sup", "child", "by"],
            "restart_child" | "delete_child" | "get_childspec" => {
                &["op", "unordered", "sup", "child"]
            }
            "which_children" | "count_children" => &["op", "unordered", "sup"],
            "stop" => &["op", "unordered", "reason"],
            "sleep_ms" => &["op", "unordered", "ms"],
            "release" => &["op", "unordered", "gate"],
            other => panic!("unknown step `{other}`"),
        };
        let fields = object(step, "a step", known);
        match op.as_str() {
            "sleep_ms" => Issued::Sleep(fields["ms"].as_u64().unwrap()),
            "release" if self.world.release(&text(fields.get("gate"), "gate")) => {
                Issued::Done("ok")
            }
            "release" => Issued::Done("error:no_gate"),
            "exit" => Issued::Done(self.exit(fields)),
            "stop" => self.stop(fields),
            _ => {
                let path = text(fields.get("sup"), "sup");
                let live = self
                    .world
                    .live(&path)
                    .and_then(|instance| instance.pid.supervisor());
                match live {
                    Some(handle) => Issued::Sent(self.request(&op, handle, path, fields)),
                    None => Issued::Done("error:noproc"),
                }
            }
        }
    }

    fn exit(&self, fields: &Map<String, Value>) -> &'static str {
        let reason = text(fields.get("reason"), "reason");
        let Some(instance) = self.world.live(&text(fields.get("child"), "child")) else {
            return "error:not_running";
        };
        match (instance.orders, reason.as_str()) {
            (_, "kill") => instance.pid.kill(),
            (Some(orders), _) => orders.try_send(reason).unwrap(),
            (None, _) => instance.pid.stop(reason_in(&reason)),
        }
        "ok"
    }

    fn stop(&mut self, fields: &Map<String, Value>) -> Issued {
        let reason = reason_in(&text(fields.get("reason"), "reason"));
        match (&self.root, self.world.live("root")) {
            (Some(root), Some(_)) => {
                let pid = root.pid().clone();
                pid.stop(reason);
                Issued::Sent(Box::pin(async move {
                    pid.exited().await;
                    json!("ok")
                }))
            }
            _ => Issued::Done("error:noproc"),
        }
    }

    fn request(
        &self,
        op: &str,
        handle: SupervisorHandle,
        path: String,
        fields: &Map<String, Value>,
    ) -> Answer {
        let world = self.world.clone();
        let child = fields.get("child").map(|child| text(Some(child), "child"));
        let child = move || child.clone().expect("the step names a child");
        match op {
            "start_child" => self.start_child(handle, &path, fields),
            "restart_child" => {
                Box::pin(async move { started(&world, handle.restart_child(&child()).await) })
            }
            "delete_child" => Box::pin(async move { done(&handle.delete_child(&child()).await) }),
            "terminate_child" => {
                let by_id = match fields.get("by").map(|by| text(Some(by), "by")).as_deref() {
                    None => false,
                    Some("id") => true,
                    Some(other) => panic!("unknown `by`: {other}"),
                };
                let last = world.last(&format!("{path}/{}", child()));
                match last.filter(|_| world.is_simple(&path) && !by_id) {
                    Some(Instance { pid, .. }) => {
                        Box::pin(async move { done(&handle.terminate_pid(&pid).await) })
                    }
                    None => Box::pin(async move { done(&handle.terminate_child(&child()).await) }),
                }
            }
            "which_children" => Box::pin(async move {
                match handle.which_children().await {
                    Ok(children) => rows(&world, &path, &children),
                    Err(error) => json!(refusal(&error)),
                }
            }),
            "count_children" => Box::pin(async move { counts(&handle).await }),
            "get_childspec" => match self.template(&path, &child()) {
                Some(spec) => Box::pin(async move {
                    // The template is the scenario's; the request keeps its place in the queue.
                    match handle.count_children().await {
                        Ok(_) => describe(&spec),
                        Err(error) => json!(refusal(&error)),
                    }
                }),
                None => Box::pin(async move {
                    match handle.child_spec(&child()).await {
                        Ok(spec) => describe(&spec),
                        Err(error) => json!(refusal(&error)),
                    }
                }),
            },
            other => panic!("unknown request `{other}`"),
        }
    }

    /// The template with this id of the supervisor at `path`, if that is one of instances.
    fn template(&self, path: &str, id: &str) -> Option<ChildSpec> {
        let node = self.world.template(path).filter(|node| node.id == id)?;
        Some(child_spec(&self.world, &node, path))
    }

    fn start_child(
        &self,
        handle: SupervisorHandle,
        path: &str,
        fields: &Map<String, Value>,
    ) -> Answer {
        let world = self.world.clone();
        let node = match (fields.get("spec"), fields.get("as")) {
            (Some(spec), None) => {
                assert!(!fields.contains_key("start") && !fields.contains_key("on_terminate"));
                scenario::node(spec)
            }
            (None, Some(name)) => {
                let template = world.template(path);
                let template = template.unwrap_or_else(|| panic!("no template at {path}"));
                let (start, on_terminate) = (fields.get("start"), fields.get("on_terminate"));
                template.instance(&text(Some(name), "as"), start, on_terminate)
            }
            _ => panic!("start_child needs `spec` or `as`: {fields:?}"),
        };
        if let Some(refusal) = impossible_child(&node) {
            // Another request keeps its place in the queue.
            return Box::pin(async move {
                match handle.count_children().await {
                    Ok(_) => json!(refusal),
                    Err(error) => json!(super::answers::refusal(&error)),
                }
            });
        }
        let spec = child_spec(&world, &node, path);
        Box::pin(async move { started(&world, handle.start_child(spec).await) })
    }

    async fn record(&self, reply: Value, late: &[Value]) -> Value {
        let mut record = Map::new();
        record.insert("reply".to_owned(), reply);
        if !late.is_empty() {
            record.insert("late".to_owned(), json!(late));
        }
        record.insert("events".to_owned(), json!(self.world.take_events()));
        let (status, sups) = match (self.world.live("root"), self.world.root_exit()) {
            (Some(_), _) if self.world.anybody_blocked() => ("alive".to_owned(), Value::Null),
            (Some(root), _) => ("alive".to_owned(), json!(snapshot(&self.world, root).await)),
            (None, Some(reason)) => (format!("exited:{reason}"), json!([])),
            (None, None) => ("not_started".to_owned(), json!([])),
        };
        record.insert("status".to_owned(), json!(status));
        record.insert("sups".to_owned(), sups);
        Value::Object(record)
    }
}

enum Issued {
    Done(&'static str),
    Sent(Answer),
    Sleep(u64),
}

/// Polls without a waker of its own.
fn now(future: &mut Answer) -> Option<Value> {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match future.as_mut().poll(&mut cx) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

async fn poll_once(future: &mut Answer) -> Option<Value> {
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

async fn snapshot(world: &World, root: Instance) -> Vec<Value> {
    let mut sups = Vec::new();
    let mut waiting = vec![root];
    while let Some(instance) = waiting.pop() {
        let handle = instance.pid.supervisor().expect("it is a supervisor");
        let children = handle.which_children().await.expect("it lives");
        sups.push(json!({
            "path": instance.path,
            "children": rows(world, &instance.path, &children),
            "counts": counts(&handle).await,
        }));
        let running = children.iter().filter_map(|child| child.state.pid());
        let mut nested: Vec<Instance> = running
            .filter(|pid| pid.supervisor().is_some())
            .map(|pid| world.instance(pid))
            .collect();
        if world.is_simple(&instance.path) {
            nested.sort_by(|one, other| one.path.cmp(&other.path));
        }
        waiting.extend(nested.into_iter().rev());
    }
    sups
}
