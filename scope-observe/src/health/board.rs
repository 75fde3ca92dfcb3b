//! Boards: the last report on some services, made at an interval and on request.
//!
//! One task makes one report at a time, so that a hundred probes cost the services no more than one.
//! Who asks gets a report that was begun after the question, if that is ready in time, and the last
//! one otherwise: a service that is stuck lets nobody wait. There is a board for the whole program,
//! and one for what decides whether it is ready, which no tenant can delay.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use scope_runtime::Namespace;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::children;
use super::findings::{self, Finding};

/// Whose services a board reports on.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// Everybody's.
    Program,
    /// Those of some namespaces.
    Namespaces(Vec<Namespace>),
}

/// What was found at one moment.
#[derive(Debug)]
pub(crate) struct Report {
    pub(super) begun: Instant,
    pub(crate) at: Timestamp,
    pub(crate) services: Vec<Finding>,
    /// How many children of each supervisor nobody expects to run, if it answered.
    pub(super) undefined: HashMap<String, usize>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Board {
    reach: Reach,
    latest: watch::Sender<Option<Arc<Report>>>,
    asked: Notify,
}

impl Board {
    pub(crate) fn new(reach: Reach) -> Self {
        Self {
            reach,
            latest: watch::Sender::new(None),
            asked: Notify::new(),
        }
    }

    /// Whether its reports have the services of this namespace.
    pub(super) fn is_about(&self, namespace: &Namespace) -> bool {
        match &self.reach {
            Reach::Program => true,
            Reach::Namespaces(namespaces) => namespaces.contains(namespace),
        }
    }

    /// Makes a report.
    pub(crate) async fn renew(&self) {
        let report = Report::make(&self.reach, self.last()).await;
        self.latest.send_replace(Some(Arc::new(report)));
    }

    /// Waits until somebody asks for a report, or until `next`.
    pub(crate) async fn wait(&self, next: Instant) {
        tokio::select! {
            biased;
            () = self.asked() => {}
            () = sleep_until(next) => {}
        }
    }

    /// Waits until somebody asks for a report.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// The last report, if there is one.
    pub(crate) fn last(&self) -> Option<Arc<Report>> {
        self.latest.borrow().clone()
    }

    /// A report that is begun now; the last one as an error, if that is not ready within `patience`.
    pub(crate) async fn fresh(
        &self,
        patience: Duration,
    ) -> Result<Arc<Report>, Option<Arc<Report>>> {
        let asked = Instant::now();
        let mut reports = self.latest.subscribe();
        self.asked.notify_one();
        let is_new = |report: &Option<Arc<Report>>| {
            report.as_ref().is_some_and(|report| report.begun >= asked)
        };
        let new = timeout(patience, reports.wait_for(is_new)).await;
        let new = new.ok().and_then(|it| it.ok()?.clone());
        new.ok_or_else(|| self.last())
    }
}

impl Reach {
    fn namespaces(&self) -> Vec<Namespace> {
        match self {
            Self::Program => Namespace::all(),
            Self::Namespaces(namespaces) => namespaces.clone(),
        }
    }
}

impl Report {
    async fn make(reach: &Reach, earlier: Option<Arc<Self>>) -> Self {
        let (begun, at) = (Instant::now(), Timestamp::now());
        let namespaces = reach.namespaces();
        let summaries = join_all(namespaces.iter().map(Namespace::health));
        let undefined = children::undefined(&namespaces);
        let (summaries, undefined) = tokio::join!(biased; summaries, undefined);
        let earlier = earlier.as_ref().map_or(&[][..], |report| &report.services);
        Self {
            begun,
            at,
            services: findings::of(namespaces.into_iter().zip(summaries), earlier),
            undefined,
        }
    }
}
