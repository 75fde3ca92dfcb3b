//! Awaits several futures at once, without a crate for it.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

use crate::rt::{Arc, Mutex, lock};

pub(super) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

pub(super) fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> Boxed<'a, T> {
    Box::pin(future)
}

/// Awaits all futures at once. Each is polled when it was woken, however many the others are.
pub(super) async fn together<T>(futures: Vec<Boxed<'_, T>>) -> Vec<T> {
    let woken = Arc::new(Woken::default());
    let mut running: Vec<_> = futures.into_iter().map(Some).collect();
    lock(&woken.indices).extend(0..running.len());
    let mut done = Vec::with_capacity(running.len());
    poll_fn(|task| {
        let before = lock(&woken.task).replace(task.waker().clone());
        drop(before);
        // Whoever is woken from here on wakes the task once more.
        let indices = mem::take(&mut *lock(&woken.indices));
        for index in indices {
            let (waker, Some(place)) = (woken.waker(index), running.get_mut(index)) else {
                continue;
            };
            let poll = place.as_mut().map(|future| {
                let mut task = Context::from_waker(&waker);
                future.as_mut().poll(&mut task)
            });
            if let Some(Poll::Ready(output)) = poll {
                done.push(output);
                *place = None;
            }
        }
        if done.len() == running.len() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
    done
}

/// Which of several futures were woken.
#[derive(Default)]
struct Woken {
    indices: Mutex<Vec<usize>>,
    /// Whoever awaits them all.
    task: Mutex<Option<Waker>>,
}

/// Wakes one of them.
struct WakeOne {
    woken: Arc<Woken>,
    index: usize,
}

impl Woken {
    fn waker(self: &Arc<Self>, index: usize) -> Waker {
        let woken = self.clone();
        Waker::from(Arc::new(WakeOne { woken, index }))
    }
}

impl Wake for WakeOne {
    fn wake(self: Arc<Self>) {
        lock(&self.woken.indices).push(self.index);
        let task = lock(&self.woken.task).clone();
        if let Some(task) = task {
            task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::oneshot;

    use super::{boxed, together};

    #[tokio::test]
    async fn each_future_is_polled_when_it_is_woken_and_not_with_the_others() {
        let polls = AtomicUsize::new(0);
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..100).map(|_| oneshot::channel()).unzip();
        let futures = receivers.into_iter().map(|receiver| {
            let (polls, mut receiver) = (&polls, receiver);
            boxed(std::future::poll_fn(move |cx| {
                polls.fetch_add(1, Ordering::Relaxed);
                std::pin::Pin::new(&mut receiver)
                    .poll(cx)
                    .map(Result::unwrap)
            }))
        });
        let all = together(futures.collect());
        let answer = async {
            for (number, sender) in senders.into_iter().enumerate().rev() {
                sender.send(number).unwrap();
                tokio::task::yield_now().await;
            }
        };
        let (answers, ()) = tokio::join!(all, answer);
        assert_eq!(answers.len(), 100);
        assert_eq!(answers.iter().sum::<usize>(), 4950);
        assert_eq!(polls.into_inner(), 200);
    }
}
