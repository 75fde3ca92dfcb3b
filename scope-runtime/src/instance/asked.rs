//! What a service answers beside its mailbox, between two messages.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::{Body, guard};
use crate::exit::contain;
use crate::health::{CheckOutcome, HealthCheck};
use crate::inspect::Inside;
use crate::message::HandlerMeta;
use crate::process::Ask;
use crate::ring;
use crate::rt::oneshot;
use crate::service::Service;
use crate::supervisor::within;

impl<S: Service> Body<S> {
    /// Answers; a panic in what the user wrote is part of the answer.
    pub(super) async fn answer(&mut self, ask: Ask, state: &mut S) {
        match ask {
            Ask::Check(check, answer) => {
                // A stop leaves the question open.
                if let Some(outcome) = self.check(check, state).await {
                    reply(answer, outcome);
                }
            }
            Ask::Memory(answer) => {
                reply(answer, contain(|| state.memory()).unwrap_or_default());
            }
            Ask::Inside(answer) => {
                let (links, monitors) = self.cx.ties();
                reply(answer, Inside::new(state.debug(), links, monitors));
            }
        }
    }

    /// Runs a check within its time; `None` if the service is to stop meanwhile.
    async fn check(&mut self, check: &HealthCheck, state: &mut S) -> Option<CheckOutcome> {
        // It is nobody's message: it has no deadline, and holds no caller up.
        self.attributed = false;
        self.receiver.slot().waits.serve(None);
        ring::attribute(None);
        let meta = HandlerMeta::health(check.name);
        self.cx.handler = Some(meta);
        self.recorder.begin(meta.name, meta.kind);
        self.recorder.wait();
        let done = {
            let run = guard(state.check(check.name, &mut self.cx));
            let mut run = pin!(within(Some(check.timeout), run));
            poll_fn(|task| match self.process.poll_signal(task) {
                Poll::Ready(_) => Poll::Ready(None),
                Poll::Pending => run.as_mut().poll(task).map(Some),
            })
            .await
        };
        self.recorder.end();
        self.receiver.delayed();
        self.cx.take_failed();
        self.receiver.slot().waits.end_all();
        Some(match done? {
            Some(Ok(outcome)) => outcome,
            Some(Err(panic)) => CheckOutcome::Panicked(panic.text()),
            None => CheckOutcome::TimedOut(check.timeout),
        })
    }
}

fn reply<T>(answer: oneshot::Sender<T>, value: T) {
    if answer.send(value).is_err() {
        tracing::trace!("whoever asked has gone");
    }
}
