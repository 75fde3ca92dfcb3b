//! What a message allocates: one reply slot for a call, nothing for a cast.

use allocation_counter::{AllocationInfo, measure};
use scope::prelude::*;
use scope::{ChildSpec, Strategy, SupervisorSpec};
use tokio::runtime::{Builder, Runtime};

/// Less than the mailbox holds.
const MESSAGES: u64 = 1_000;

/// Its last messages are remembered, for no allocation more.
#[service(debug)]
#[derive(Debug)]
struct Counter {
    value: i64,
}

#[derive(Debug, thiserror::Error, ServiceError)]
#[error("it overflows")]
#[fault(fatal)]
struct Overflow;

#[handlers]
impl Counter {
    #[init]
    fn new() -> Self {
        Self { value: 0 }
    }

    #[call]
    fn add(&mut self, by: i64) -> i64 {
        self.value += by;
        self.value
    }

    #[call]
    fn try_add(&mut self, by: i64) -> Result<i64, Overflow> {
        self.value = self.value.checked_add(by).ok_or(Overflow)?;
        Ok(self.value)
    }

    #[cast]
    fn note(&mut self, by: i64) {
        self.value += by;
    }
}

/// What one round allocates, once the runtime and the mailbox have what they keep.
fn steady_state(name: &str, round: &impl AsyncFn(&CounterHandle)) -> AllocationInfo {
    let runtime: Runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let namespace = Namespace::test(name);
    let spec = SupervisorSpec::new(Strategy::OneForOne)
        .child(ChildSpec::service::<Counter>("counter", || ()));
    let root = runtime
        .block_on(spec.start("Root", namespace.clone()))
        .expect("it starts");
    let counter = Counter::via(&namespace);
    let rounds = |rounds: u64| {
        measure(|| {
            runtime.block_on(async {
                for _ in 0..rounds {
                    round(&counter).await;
                }
            });
        })
    };
    rounds(2);
    // Each `block_on` of tokio's has a list of its own for tasks that used up their budget. A
    // message that takes longer than any before makes a histogram grow: not three times in a row.
    let steady = |count| {
        let attempts = [rounds(count), rounds(count), rounds(count)];
        let least = attempts.into_iter().min_by_key(|info| info.count_total);
        least.expect("there are three")
    };
    let (one, two) = (steady(1), steady(2));
    runtime.block_on(root.stop(ExitReason::Shutdown));
    AllocationInfo {
        count_total: two.count_total - one.count_total,
        bytes_total: two.bytes_total - one.bytes_total,
        ..two
    }
}

#[test]
fn a_call_allocates_its_reply_slot_and_nothing_else() {
    let info = steady_state("calls", &async |counter| {
        for _ in 0..MESSAGES {
            counter.add(1).await.unwrap();
        }
    });
    assert_eq!(info.count_total, MESSAGES, "{info:?}");
    assert!(info.bytes_total <= 64 * MESSAGES, "{info:?}");
    assert_eq!(info.bytes_current, 0, "{info:?}");
}

#[test]
fn a_call_that_may_fail_for_good_allocates_no_more() {
    let info = steady_state("fallible calls", &async |counter| {
        for _ in 0..MESSAGES {
            counter.try_add(1).await.unwrap();
        }
    });
    assert_eq!(info.count_total, MESSAGES, "{info:?}");
    assert!(info.bytes_total <= 64 * MESSAGES, "{info:?}");
    assert_eq!(info.bytes_current, 0, "{info:?}");
}

#[test]
fn a_call_that_waits_for_ever_allocates_no_more() {
    let info = steady_state("patient calls", &async |counter| {
        for _ in 0..MESSAGES {
            counter.add(1).no_timeout().await.unwrap();
        }
    });
    assert_eq!(info.count_total, MESSAGES, "{info:?}");
    assert!(info.bytes_total <= 64 * MESSAGES, "{info:?}");
}

#[test]
fn a_cast_allocates_nothing() {
    let info = steady_state("casts", &async |counter| {
        for _ in 0..MESSAGES {
            counter.note(1).await.unwrap();
        }
        // The call that waits until all are handled is the one allocation.
        counter.add(0).await.unwrap();
    });
    assert_eq!(info.count_total, 1, "{info:?}");
}

#[test]
fn a_cast_that_does_not_wait_allocates_nothing() {
    let info = steady_state("casts now", &async |counter| {
        for _ in 0..MESSAGES {
            counter.note(1).now().unwrap();
        }
        counter.add(0).await.unwrap();
    });
    assert_eq!(info.count_total, 1, "{info:?}");
}

/// What statistics take of each namespace with one service, of which two handlers were used.
const BYTES: u64 = 40 * 1024;

#[test]
fn two_thousand_namespaces_take_what_is_said() {
    const NAMESPACES: u64 = 2_000;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let spaces: Vec<_> = (0..NAMESPACES)
        .map(|number| Namespace::tenant(format!("bytes {number}")))
        .collect();
    let mut roots = Vec::new();
    for namespace in &spaces {
        let spec = SupervisorSpec::new(Strategy::OneForOne)
            .child(ChildSpec::service::<Counter>("counter", || ()));
        let root = runtime.block_on(spec.start("Root", namespace.clone()));
        roots.push(root.expect("it starts"));
    }
    let counters: Vec<_> = spaces.iter().map(Counter::via).collect();
    let round = || {
        measure(|| {
            runtime.block_on(async {
                for counter in &counters {
                    counter.note(1).await.unwrap();
                    counter.add(1).await.unwrap();
                }
            });
        })
    };
    let (first, second) = (round(), round());
    let bytes = u64::try_from(first.bytes_current).expect("they are kept");
    // Four histograms, and what the mailboxes keep.
    let each = bytes / NAMESPACES;
    println!("{bytes} bytes for {NAMESPACES} namespaces, {each} for each");
    assert!((8 * 1024..BYTES).contains(&each), "{each}");
    // A histogram grows where a message took longer than any before, which a busy machine makes some do.
    let more = u64::try_from(second.bytes_current).expect("they are kept") / NAMESPACES;
    assert!(each + more < BYTES, "{each} and {more}");
    for root in roots {
        runtime.block_on(root.stop(ExitReason::Shutdown));
    }
}
