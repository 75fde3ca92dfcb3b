//! Scenario trees, built through the public API.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use scope_runtime::{
    AutoShutdown, Child, ChildSpec, ChildType, ExitReason, Intensity, Restart, Shutdown, Strategy,
    SupervisorInit, SupervisorSpec,
};
use serde_json::Value;
use tokio::sync::mpsc;

use super::scenario::{Entry, Node, OnTerminate, Sup};
use super::world::{Instance, Kind, World};

/// What the types of the runtime make impossible, as OTP's refusal.
pub(crate) fn impossible(sup: &Sup) -> Option<&'static str> {
    if sup.intensity < 0 {
        return Some("error:supervisor_data:invalid_intensity");
    }
    if sup.period_secs < 0 {
        return Some("error:supervisor_data:invalid_period");
    }
    if sup.period_secs > 0 && sup.strategy == "simple_one_for_one" && sup.children.len() != 1 {
        return Some("error:bad_start_spec");
    }
    let bad = sup
        .children
        .iter()
        .find_map(|child| impossible_child(child));
    (sup.period_secs > 0)
        .then_some(bad)
        .flatten()
        .map(|_| "error:start_spec:invalid_shutdown")
}

pub(crate) fn impossible_child(node: &Node) -> Option<&'static str> {
    let negative = node.shutdown.as_i64().is_some_and(|millis| millis < 0);
    negative.then_some("error:bad_spec:invalid_shutdown")
}

/// The init of the supervisor at `path`.
pub(crate) fn init(world: &World, sup: &Arc<Sup>, path: &str) -> SupervisorInit {
    if impossible(sup).is_some() {
        return SupervisorInit::Fail(ExitReason::error("a value that the types make impossible"));
    }
    let simple = sup.strategy == "simple_one_for_one";
    world.declare_supervisor(path, sup);
    let spec = match sup.strategy.as_str() {
        "one_for_one" => SupervisorSpec::new(Strategy::OneForOne),
        "one_for_all" => SupervisorSpec::new(Strategy::OneForAll),
        "rest_for_one" => SupervisorSpec::new(Strategy::RestForOne),
        _ => SupervisorSpec::dynamic(),
    };
    let max = u32::try_from(sup.intensity).unwrap();
    let period = Duration::from_secs(sup.period_secs.unsigned_abs());
    let spec = spec.intensity(Intensity::new(max, period)).auto_shutdown(
        match sup.auto_shutdown.as_str() {
            "any_significant" => AutoShutdown::AnySignificant,
            "all_significant" => AutoShutdown::AllSignificant,
            _ => AutoShutdown::Never,
        },
    );
    let spec = if simple {
        spec
    } else {
        spec.children(
            sup.children
                .iter()
                .map(|child| child_spec(world, child, path)),
        )
    };
    SupervisorInit::Supervise(spec)
}

/// The spec of a child of the supervisor at `sup_path`.
pub(crate) fn child_spec(world: &World, node: &Arc<Node>, sup_path: &str) -> ChildSpec {
    let path: Arc<str> = format!("{sup_path}/{}", node.id).into();
    let world = world.clone();
    let child = node.clone();
    let spec = match &node.nested {
        None => ChildSpec::new(node.id.as_str(), move |process| {
            worker(world.clone(), child.clone(), path.clone(), process)
        }),
        Some(sup) => {
            let sup = sup.clone();
            ChildSpec::supervisor_with(node.id.as_str(), move || {
                nested(world.clone(), child.clone(), sup.clone(), path.clone())
            })
        }
    };
    spec.restart(match node.restart.as_str() {
        "permanent" => Restart::Permanent,
        "transient" => Restart::Transient,
        _ => Restart::Temporary,
    })
    .shutdown(match (&node.shutdown, node.shutdown.as_str()) {
        (_, Some("infinity")) => Shutdown::Infinity,
        (_, Some("brutal_kill")) => Shutdown::BrutalKill,
        (millis, None) => Shutdown::Timeout(Duration::from_millis(
            millis
                .as_u64()
                .unwrap_or_else(|| panic!("no shutdown: {millis}")),
        )),
        (other, _) => panic!("unknown shutdown {other}"),
    })
    .child_type(match node.child_type.as_str() {
        "worker" => ChildType::Worker,
        _ => ChildType::Supervisor,
    })
    .significant(node.significant)
}

/// Goes through the gates of a start entry.
async fn pass_gates(world: &World, mut entry: Entry) -> Entry {
    while let Entry::Gate(gate, then) = entry {
        world.wait_at(gate).await;
        entry = *then;
    }
    entry
}

async fn nested(world: World, node: Arc<Node>, sup: Arc<Sup>, path: Arc<str>) -> SupervisorInit {
    world.attempt(&path);
    world.declare(&path, Kind::Supervisor);
    match pass_gates(&world, node.script.next()).await {
        Entry::Ok => init(&world, &sup, &path),
        Entry::Error => SupervisorInit::Fail(ExitReason::error("a start error")),
        Entry::Raise => panic!("boom"),
        Entry::Ignore => SupervisorInit::Ignore,
        other => panic!("no start entry for a supervisor: {other:?}"),
    }
}

async fn worker(world: World, node: Arc<Node>, path: Arc<str>, child: Child) -> ExitReason {
    let n = world.attempt(&path);
    world.declare(&path, Kind::Worker);
    let entry = pass_gates(&world, node.script.next()).await;
    let die_at_once = match entry {
        Entry::Ok => None,
        Entry::OkExit(reason) => Some(reason),
        Entry::Error => {
            world.note("start", &path, n, "error");
            return ExitReason::error("a start error");
        }
        Entry::Raise => {
            world.note("start", &path, n, "error");
            panic!("boom");
        }
        Entry::Ignore => {
            world.note("start", &path, n, "ignore");
            child.ignored();
            return ExitReason::Normal;
        }
        Entry::Gate(..) => unreachable!("gates were passed"),
    };
    let (orders, mut inbox) = mpsc::channel(16);
    let pid = child.pid();
    world.add_instance(Instance {
        path: path.to_string(),
        n,
        pid,
        orders: Some(orders),
    });
    world.note("start", &path, n, "ok");
    child.started();
    let order = match die_at_once {
        Some(reason) => Err(reason),
        None => tokio::select! {
            biased;
            reason = child.stopped() => Ok(reason),
            Some(order) = inbox.recv() => Err(order),
        },
    };
    if matches!(&order, Err(reason) if reason == "kill") {
        child.pid().kill();
        return pending().await;
    }
    let reason = match order {
        Ok(reason) if !node.traps_exit => return reason,
        Ok(reason) => reason,
        Err(order) => reason_in(&order),
    };
    world.note("terminate", &path, n, &reason_out(&reason));
    terminate(&world, &node.on_terminate).await;
    assert!(!matches!(reason, ExitReason::Panic(_)), "boom");
    reason
}

async fn terminate(world: &World, how: &OnTerminate) {
    match how {
        OnTerminate::Nothing => {}
        OnTerminate::Sleep(millis) => {
            let _terminating = world.terminating();
            tokio::time::sleep(Duration::from_millis(*millis)).await;
        }
        OnTerminate::Hang => {
            let _terminating = world.terminating();
            pending::<()>().await;
        }
        OnTerminate::Panic => panic!("boom"),
        OnTerminate::Gate(gate) => world.wait_at(gate.clone()).await,
    }
}

pub(crate) fn reason_in(text: &str) -> ExitReason {
    match text.split_once(':') {
        Some(("shutdown", why)) => ExitReason::shutdown_with(why),
        _ => match text {
            "normal" => ExitReason::Normal,
            "shutdown" => ExitReason::Shutdown,
            "error" => ExitReason::error("worker error"),
            "panic" => ExitReason::Panic("boom".into()),
            other => panic!("unknown reason `{other}`"),
        },
    }
}

pub(crate) fn reason_out(reason: &ExitReason) -> String {
    match reason {
        ExitReason::Normal => "normal".to_owned(),
        ExitReason::Shutdown => "shutdown".to_owned(),
        ExitReason::ShutdownWith(why) => format!("shutdown:{why}"),
        ExitReason::Killed => "killed".to_owned(),
        ExitReason::Error(_) => "error".to_owned(),
        ExitReason::Panic(_) => "panic".to_owned(),
        other => panic!("not a reason of OTP's: {other}"),
    }
}

/// A shutdown policy as `get_childspec` shows it.
pub(crate) fn shutdown_out(shutdown: Shutdown) -> Value {
    match shutdown {
        Shutdown::BrutalKill => "brutal_kill".into(),
        Shutdown::Infinity => "infinity".into(),
        Shutdown::Timeout(limit) => u64::try_from(limit.as_millis()).unwrap().into(),
    }
}
