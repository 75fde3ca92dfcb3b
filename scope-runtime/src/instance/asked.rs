//! What a service answers beside its mailbox, between two messages.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use super::life::{Actor, Guarded};
use super::next::Desk;
use crate::exit::{contain, contain_drop};
use crate::health::{CheckOutcome, HealthCheck};
use crate::inspect::Inside;
use crate::message::HandlerMeta;
use crate::process::Ask;
use crate::ring;
use crate::rt::oneshot;
use crate::waking::waking;

/// Answers; a panic in what the user wrote is part of the answer.
pub(super) async fn answer(ask: Ask, actor: &mut dyn Actor) {
    match ask {
        Ask::Check(asked, answer) => {
            // A stop leaves the question open.
            if let Some(outcome) = check(asked, actor).await {
                reply(answer, outcome);
            }
        }
        Ask::Memory(answer) => {
            reply(answer, contain(|| actor.memory()).unwrap_or_default());
        }
        Ask::Inside(answer) => {
            let (links, monitors) = actor.desk().core.ties();
            reply(answer, Inside::new(actor.debug(), links, monitors));
        }
    }
}

/// Runs a check within its time; `None` if the service is to stop meanwhile.
async fn check(check: &HealthCheck, actor: &mut dyn Actor) -> Option<CheckOutcome> {
    // It is nobody's message: it has no deadline, and holds no caller up.
    actor.desk().core.slot().waits.serve(None);
    ring::attribute(None);
    let meta = HandlerMeta::health(check.name);
    let Desk { vitals, core, .. } = actor.desk();
    core.handler = Some(meta);
    vitals.attributed = false;
    vitals.recorder.begin(meta.name, meta.kind);
    vitals.recorder.wait();
    let done = {
        let process = vitals.process().clone();
        let run = Guarded::new(|| actor.check(meta.name));
        let mut run = run.within(Some(check.timeout));
        let done = poll_fn(|task| match process.poll_signal(task) {
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => Pin::new(&mut run).poll(task).map(Some),
        })
        .await;
        if let Err(panic) = contain_drop(run) {
            let process = process.path();
            tracing::error!(target: "scope", %process, check = check.name, %panic, "a destructor panicked in a check");
        }
        done
    };
    actor.desk().vitals.recorder.end();
    actor.desk().end.delayed();
    let core = actor.desk().core;
    core.take_failed();
    core.slot().waits.end_all();
    Some(match done? {
        Some(Ok(outcome)) => outcome,
        Some(Err(panic)) => CheckOutcome::Panicked(panic.text()),
        None => CheckOutcome::TimedOut(check.timeout),
    })
}

fn reply<T>(answer: oneshot::Sender<T>, value: T) {
    if waking(|| answer.send(value)).is_some_and(|it| it.is_err()) {
        tracing::trace!("whoever asked has gone");
    }
}
