//! What the probes look at: whether the program lives, has started, and is ready.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use scope_runtime::{Namespace, Stage, SupervisorHandle};
use tokio::time::{Instant, timeout};

use super::board::{Board, Report};
use super::document::{Check, Checks, Status};
use super::{checks, findings};
use crate::Observer;
use crate::lock::lock;
use crate::trees::{self, PATIENCE};

/// A supervisor that answers nothing for so long is not busy, but dead.
const DEAD_AFTER: Duration = Duration::from_secs(60);

/// So long a report can take while a supervisor is busy.
const ROUND: Duration = Duration::from_secs(5);

/// What the probes remember.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// All trees were up at one moment.
    started: AtomicBool,
    /// Since when a supervisor leaves a question open, by its path.
    silent: Mutex<HashMap<String, Instant>>,
}

impl Memory {
    /// Looks whether all trees are up; once they were, it stays so.
    pub(crate) fn has_started(&self, namespaces: &[Namespace]) -> bool {
        // Relaxed: nothing else is read because of it.
        if self.started.load(Ordering::Relaxed) {
            return true;
        }
        let are_up = expected(namespaces)
            .iter()
            .all(|(_, check)| check.status == Status::Pass);
        if are_up {
            self.started.store(true, Ordering::Relaxed);
        }
        are_up
    }

    /// For how long this supervisor has said nothing.
    fn silence(&self, path: &str, answered: bool) -> Duration {
        let mut silent = lock(&self.silent);
        if answered {
            silent.remove(path);
            return Duration::ZERO;
        }
        let now = Instant::now();
        let since = *silent.entry(path.to_owned()).or_insert(now);
        now - since + PATIENCE
    }
}

/// Every service, and the trees that there have to be.
pub(crate) async fn whole(observer: &Observer) -> Checks {
    let mut checks = services(observer, observer.program(), Status::Warn).await;
    checks.extend(expected(&observer.settings().deciding()));
    checks
}

/// Whether messages may come. While a tree starts or stops, it does not ask the services.
pub(crate) async fn ready(observer: &Observer) -> Checks {
    let namespaces = observer.settings().deciding();
    let trees = expected(&namespaces);
    if trees.iter().any(|(_, check)| check.status != Status::Pass) {
        return trees;
    }
    let mut checks = services(observer, observer.deciding(), Status::Fail).await;
    // One may have begun to stop meanwhile.
    checks.extend(expected(&namespaces));
    checks
}

/// Whether all trees have been up.
pub(crate) fn started(observer: &Observer) -> Checks {
    let namespaces = observer.settings().deciding();
    let check = if observer.memory().has_started(&namespaces) {
        tree("", Status::Pass)
    } else {
        tree("", Status::Fail).says("not all trees are up yet")
    };
    vec![("tree:started".to_owned(), check)]
}

/// Whether the supervisors at the top answer. It asks nobody else.
pub(crate) async fn live(observer: &Observer) -> Checks {
    let namespaces = observer.settings().deciding();
    let has_started = observer.memory().has_started(&namespaces);
    let trees: Vec<_> = namespaces.iter().flat_map(trees::of).collect();
    if trees.is_empty() {
        let check = if has_started {
            tree("", Status::Fail).says("all trees have ended")
        } else {
            tree("", Status::Pass).says("no tree runs yet")
        };
        return vec![("tree:stage".to_owned(), check)];
    }
    let trees = trees.into_iter();
    join_all(trees.map(|(root, stage)| answers(observer, root, stage))).await
}

async fn answers(observer: &Observer, root: SupervisorHandle, stage: Stage) -> (String, Check) {
    let name = format!("{}:answers", last(root.path()));
    if stage != Stage::Running {
        let says = format!("it is {}", trees::word(stage));
        return (name, tree(root.path(), Status::Pass).says(says));
    }
    let answer = timeout(PATIENCE, root.count_children()).await;
    let silence = observer.memory().silence(root.path(), answer.is_ok());
    let status = match answer {
        Ok(_) => return (name, tree(root.path(), Status::Pass)),
        Err(_) if silence < DEAD_AFTER => Status::Warn,
        Err(_) => Status::Fail,
    };
    let says = format!("no answer for {silence:.0?}: a child starts or stops");
    (name, tree(root.path(), status).says(says))
}

/// The stages of the trees that are here, of which there has to be one in each namespace.
fn expected(namespaces: &[Namespace]) -> Checks {
    let mut checks = Checks::new();
    for namespace in namespaces {
        let found = stages(namespace);
        if found.is_empty() {
            let nothing = tree(&namespace.to_string(), Status::Fail).says("no tree runs");
            checks.push(("tree:stage".to_owned(), nothing));
        }
        checks.extend(found);
    }
    checks
}

fn stages(namespace: &Namespace) -> Checks {
    let trees = trees::of(namespace).into_iter();
    let checks = trees.map(|(root, stage)| {
        let check = match stage {
            Stage::Running => tree(root.path(), Status::Pass),
            stage => tree(root.path(), Status::Fail).says(trees::word(stage)),
        };
        (format!("{}:stage", last(root.path())), check)
    });
    checks.collect()
}

/// A check of a tree, or of all of them.
fn tree(path: &str, status: Status) -> Check {
    Check::new(path, "system", status, Timestamp::now())
}

/// What a new report says, or what is known without one; `late` if that is not much.
async fn services(observer: &Observer, board: &Board, late: Status) -> Checks {
    match board.fresh(observer.settings().patience).await {
        Ok(report) => checks::of_services(&report.services, report.at),
        Err(last) => {
            // Those of the program are made also while no probe asks.
            let reports = last.into_iter().chain(observer.program().last());
            let newest = reports.max_by_key(|report| report.begun);
            known(board, newest.as_deref(), observer, late)
        }
    }
}

/// What an old report says of who still runs.
fn known(board: &Board, report: Option<&Report>, observer: &Observer, late: Status) -> Checks {
    let (mut checks, reports) = match report {
        Some(report) => {
            let mut services = findings::now(&report.services);
            services.retain(|service| board.is_about(&service.namespace));
            let age = age(report, observer.settings().health_interval, late);
            (checks::of_services(&services, report.at), age)
        }
        None => {
            let says = "the first reports on the services are not there yet";
            (Checks::new(), tree("", Status::Fail).says(says))
        }
    };
    checks.push(("tree:reports".to_owned(), reports));
    checks
}

/// How old a report is that was not asked for. One that is made at an interval is at most two old.
fn age(report: &Report, interval: Duration, late: Status) -> Check {
    let age = report.begun.elapsed();
    let is_late = age > 2 * interval.max(ROUND);
    let status = if is_late { late } else { Status::Pass };
    tree("", status).says(format!("the last report is {} s old", age.as_secs()))
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}
