//! Events: typed messages to everybody in a namespace who subscribed.
//!
//! Publishing never waits. A subscriber whose mailbox is full loses the event; it is counted, and
//! the next event it gets is preceded by a [`Lagged`], if it has an `#[info]` handler for that.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::berth::{Berth, Outbox};
use crate::namespace::Namespace;
use crate::rt::{Arc, AtomicU64, Ordering, RwLock, Weak, read, write};
use crate::service::{Accepts, AnyInfo};
use crate::slot::Slot;

/// An event that can be published: cheap enough to clone for each subscriber.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be published: each subscriber gets a clone; derive `Clone`, and use fields that are `Send` and `Sync`",
    label = "not an event"
)]
pub trait Event: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Clone + Send + Sync + 'static> Event for E {}

/// Tells a subscriber how many events it lost since the last one it got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lagged(pub u64);

/// The subscribers of one namespace, by event type.
#[derive(Default)]
pub(crate) struct Topics {
    topics: RwLock<HashMap<TypeId, Topic>>,
}

/// The subscribers of one event, by incarnation: who came first gets it first.
type Topic = BTreeMap<u64, Subscriber>;

#[derive(Clone)]
struct Subscriber {
    slot: Weak<Slot>,
    lost: Arc<AtomicU64>,
    deliver: fn(&Self, (&Slot, u64), &dyn Any) -> Delivery,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Delivery {
    Delivered,
    Lost,
}

impl Topics {
    /// Sends a clone of `event` to every subscriber; gives how many got it.
    pub(crate) fn publish<E: Event>(&self, event: &E) -> usize {
        // Cloned, so that no user code runs under the lock.
        let Some(topic) = read(&self.topics).get(&TypeId::of::<E>()).cloned() else {
            return 0;
        };
        let deliver = |(incarnation, subscriber): &(&u64, &Subscriber)| {
            let delivery = subscriber.slot.upgrade().and_then(|slot| {
                // For an early look; whether it is there is asked again under the queue's lock.
                let here = slot.with_control(|control| control.takes(**incarnation));
                here.then(|| (subscriber.deliver)(subscriber, (&slot, **incarnation), event))
            });
            delivery == Some(Delivery::Delivered)
        };
        topic.iter().filter(deliver).count()
    }

    /// Subscribes an incarnation to `E`; a second time changes nothing. Gives the topic.
    pub(crate) fn subscribe<S: Accepts<E>, E: Event>(
        &self,
        slot: &Arc<Slot>,
        incarnation: u64,
    ) -> TypeId {
        let topic = TypeId::of::<E>();
        let subscriber = || Subscriber {
            slot: Arc::downgrade(slot),
            lost: Arc::default(),
            deliver: deliver::<S, E>,
        };
        let mut topics = write(&self.topics);
        topics
            .entry(topic)
            .or_default()
            .entry(incarnation)
            .or_insert_with(subscriber);
        topic
    }

    /// Takes an incarnation out of the topics that it subscribed to.
    pub(crate) fn leave(&self, incarnation: u64, subscribed: &BTreeSet<TypeId>) {
        if subscribed.is_empty() {
            return;
        }
        let mut topics = write(&self.topics);
        for topic in subscribed {
            if let Some(subscribers) = topics.get_mut(topic) {
                subscribers.remove(&incarnation);
                if subscribers.is_empty() {
                    topics.remove(topic);
                }
            }
        }
    }
}

fn deliver<S: Accepts<E>, E: Event>(
    to: &Subscriber,
    (slot, incarnation): (&Slot, u64),
    event: &dyn Any,
) -> Delivery {
    let Some(event) = event.downcast_ref::<E>() else {
        return Delivery::Lost;
    };
    let mut message = Berth::Holds(S::message(event.clone()));
    let push = |outboxes: &mut [&mut dyn Outbox]| {
        slot.queue.try_push_to(&slot.spec, incarnation, outboxes)
    };
    let lost = to.lost.swap(0, Ordering::Relaxed);
    let delivered = if lost == 0 {
        push(&mut [&mut message])
    } else {
        match S::info(AnyInfo::new(Lagged(lost))) {
            Ok(lagged) => push(&mut [&mut Berth::Holds(lagged), &mut message]),
            Err(_) => {
                let delivered = push(&mut [&mut message]);
                if delivered {
                    tracing::warn!(target: "scope", service = %slot.label(), lost, "a subscriber was too slow for its events");
                }
                delivered
            }
        }
    };
    if delivered {
        Delivery::Delivered
    } else {
        to.lost.fetch_add(lost + 1, Ordering::Relaxed);
        Delivery::Lost
    }
}

impl Namespace {
    /// Sends a clone of `event` to every service of this namespace that subscribed to its type;
    /// gives how many got it. Never waits.
    pub fn publish<E: Event>(&self, event: &E) -> usize {
        self.space().topics.publish(event)
    }
}
