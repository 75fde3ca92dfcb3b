use std::future::poll_fn;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Duration;

use super::places::Places;
use super::table::{Found, Left, Limit, Owner, Table, Ticket};
use super::{Deadlines, MANY, TICK};
use crate::rt::{Instant, Runtime, lock};

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

fn waker() -> (Arc<Nobody>, Waker) {
    let nobody = Arc::new(Nobody);
    (nobody.clone(), nobody.into())
}

/// Where nobody runs.
fn table() -> Table {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let here = runtime.unwrap().block_on(async { Runtime::current() });
    Table::on(&here.unwrap())
}

const MINUTE: Limit = Limit::Within(Duration::from_secs(60));

fn put(table: &mut Table, places: &Places, limit: Limit, waker: &Waker) -> Ticket {
    table.put(places, limit, waker).ticket
}

#[test]
fn a_task_finds_its_place_again_and_no_waker_is_cloned() {
    let (mut table, places) = (table(), Places::new());
    let (nobody, waker) = waker();
    let first = put(&mut table, &places, MINUTE, &waker);
    assert!(places.give_back(first));
    let clones = Arc::strong_count(&nobody);
    for _ in 0..10 {
        let again = put(&mut table, &places, MINUTE, &waker);
        assert_eq!(again.index(), first.index());
        assert_ne!(again, first, "a ticket is given out once");
        assert!(places.give_back(again));
    }
    assert_eq!(Arc::strong_count(&nobody), clones);
}

#[test]
fn a_look_drops_the_wakers_of_who_is_gone() {
    let (mut table, places) = (table(), Places::new());
    let (nobody, waker) = waker();
    let ticket = put(&mut table, &places, MINUTE, &waker);
    places.give_back(ticket);
    drop(waker);
    assert_eq!(Arc::strong_count(&nobody), 2);
    let mut found = Found::default();
    table.begin_fresh(&places, Instant::now(), &mut found);
    found.wake();
    assert_eq!(Arc::strong_count(&nobody), 1);
}

#[test]
fn who_waits_keeps_a_place_that_nobody_else_gets() {
    let (mut table, places) = (table(), Places::new());
    let (_nobody, waker) = waker();
    // All of one task: they would all like the same place.
    let tickets: Vec<Ticket> = (0..1_000)
        .map(|_| put(&mut table, &places, MINUTE, &waker))
        .collect();
    let mut indices: Vec<usize> = tickets.iter().map(|ticket| ticket.index()).collect();
    indices.sort_unstable();
    indices.dedup();
    assert_eq!(indices.len(), 1_000);
    assert!(
        indices.iter().all(|index| *index < 2_048),
        "it is as large as they are many"
    );
    for ticket in tickets {
        assert!(places.give_back(ticket));
    }
    for _ in 0..10_000 {
        let ticket = put(&mut table, &places, MINUTE, &waker);
        assert!(ticket.index() < 2_048, "places are used again");
        places.give_back(ticket);
    }
}

#[test]
fn time_that_has_begun_is_given_back_under_the_lock() {
    let (mut table, places) = (table(), Places::new());
    let (nobody, waker) = waker();
    let ticket = put(&mut table, &places, MINUTE, &waker);
    assert!(matches!(table.left(&places, ticket), Left::Until(_)));
    assert!(!places.give_back(ticket), "the table knows of it");
    assert!(table.take_back(&places, ticket).is_some());
    assert!(places.is_done(ticket));
    assert_eq!(table.left(&places, ticket), Left::Endless);
    drop(waker);
    assert_eq!(Arc::strong_count(&nobody), 1);
}

#[test]
fn a_place_that_is_given_back_while_its_time_begins_keeps_no_waker() {
    let (mut table, places) = (table(), Places::new());
    let (nobody, waker) = waker();
    let (now, mut found) = (Instant::now(), Found::default());
    let ticket = put(&mut table, &places, MINUTE, &waker);
    table.begin_fresh(&places, now, &mut found);
    // As who looked at the place before.
    places.end(ticket);
    drop(waker);
    table.take_due(&places, now + Duration::from_secs(61), &mut found);
    found.wake();
    assert_eq!(Arc::strong_count(&nobody), 1);
}

#[test]
fn whoever_gives_back_while_times_begin_leaves_nothing_behind() {
    let (mut table, places) = (table(), Places::new());
    let (nobody, waker) = waker();
    let now = Instant::now();
    for _ in 0..2_000 {
        let ticket = put(&mut table, &places, MINUTE, &waker);
        let begun = std::thread::scope(|threads| {
            let given_back = threads.spawn(|| places.give_back(ticket));
            table.begin_fresh(&places, now, &mut Found::default());
            !given_back.join().unwrap()
        });
        if begun {
            drop(table.take_back(&places, ticket));
        }
    }
    drop(waker);
    let mut found = Found::default();
    table.take_due(&places, now + Duration::from_secs(61), &mut found);
    found.wake();
    assert_eq!(Arc::strong_count(&nobody), 1);
}

#[test]
fn a_ticket_that_was_given_back_does_not_begin() {
    let (mut table, places) = (table(), Places::new());
    let (_nobody, waker) = waker();
    let ticket = put(&mut table, &places, MINUTE, &waker);
    places.give_back(ticket);
    assert!(!places.begin(ticket));
    assert_eq!(table.left(&places, ticket), Left::Endless);
    assert!(table.is_over(&places, ticket));
}

#[test]
fn it_is_remembered_whose_time_was_up_until_the_place_is_used_again() {
    let (mut table, places) = (table(), Places::new());
    let (_nobody, waker) = waker();
    let now = Instant::now();
    let ticket = put(&mut table, &places, Limit::Until(now), &waker);
    let mut found = Found::default();
    table.take_due(&places, now, &mut found);
    assert_eq!(found.due.len(), 1);
    table.take_back(&places, ticket);
    assert_eq!(table.left(&places, ticket), Left::Nothing);
    let used_again =
        (0..1_000).any(|_| put(&mut table, &places, MINUTE, &waker).index() == ticket.index());
    assert!(used_again);
    assert_eq!(table.left(&places, ticket), Left::Endless);
}

#[test]
fn after_a_burst_only_those_who_wait_are_waited_for() {
    let (mut table, places) = (table(), Places::new());
    let (_nobody, waker) = waker();
    let now = Instant::now();
    let until = |seconds| Limit::Until(now + Duration::from_secs(seconds));
    let burst: Vec<Ticket> = (1..=1_000)
        .map(|second| put(&mut table, &places, until(second), &waker))
        .collect();
    let last = put(&mut table, &places, until(2_000), &waker);
    for ticket in burst {
        drop(table.take_back(&places, ticket));
    }
    let mut found = Found::default();
    table.take_due(&places, now, &mut found);
    let end = now + Duration::from_secs(2_000);
    assert_eq!(table.earliest(), Some(end));
    table.take_due(&places, end, &mut found);
    assert_eq!(found.due.len(), 1);
    assert!(table.is_over(&places, last));
    assert_eq!(table.earliest(), None);
}

#[test]
fn a_look_begins_the_times_that_an_overdue_sweeper_can_not_begin() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let deadlines = Deadlines::of_this_runtime(None).unwrap();
        let (_nobody, waker) = waker();
        let many = (0..MANY).map(|_| deadlines.add(MINUTE, &waker));
        assert_eq!(many.count(), 64);
        while !lock(&deadlines.table).ticking {
            tokio::task::yield_now().await;
        }
        let (ticket, owner) = deadlines.add(Limit::Within(Duration::from_millis(1)), &waker);
        assert_eq!(owner, Owner::Here);
        #[expect(
            clippy::disallowed_methods,
            reason = "a handler that does not yield: the sweeper would run on its thread"
        )]
        let handle = || std::thread::sleep(2 * TICK);
        handle();
        deadlines.wake_due();
        handle();
        deadlines.wake_due();
        assert!(deadlines.is_expired(ticket));
    });
}

#[test]
fn a_runtime_without_timers_is_found_out_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let polls = runtime.unwrap().block_on(async {
        let deadlines = Deadlines::of_this_runtime(None).unwrap();
        let limit = Limit::Within(Duration::from_millis(50));
        let (ticket, _) = deadlines.add(limit, Waker::noop());
        let mut polls = 0;
        poll_fn(|cx| {
            polls += 1;
            deadlines.poll_expired(ticket, cx)
        })
        .await;
        polls
    });
    // At first, when the sweeper had panicked, and when the time was up.
    assert!(polls <= 3, "woken {polls} times");
}

#[tokio::test]
async fn where_the_owner_of_a_waker_runs_is_known() {
    let (_nobody, waker) = waker();
    let elsewhere = Deadlines::of_guests().unwrap();
    let (ticket, owner) = elsewhere.add(MINUTE, &waker);
    assert_eq!(owner, Owner::Elsewhere);
    elsewhere.remove(ticket);
    let here = Deadlines::of_this_runtime(None).unwrap();
    assert_eq!(here.add(MINUTE, &waker).1, Owner::Here);
    let other = std::thread::scope(|threads| {
        let on_no_runtime = threads.spawn(|| here.add(MINUTE, Waker::noop()).1);
        on_no_runtime.join().unwrap()
    });
    assert_eq!(other, Owner::Elsewhere);
}

#[test]
fn every_place_has_a_cell_of_its_own() {
    let places = Places::new();
    for len in [16, 32, 64, 128] {
        places.prepare(len);
    }
    let ticket = |index: usize| Ticket::new(index, NonZeroU32::MIN);
    for index in 0..128 {
        assert!(places.is_done(ticket(index)), "{index} is free");
        places.give_out(ticket(index), false);
        assert!(!places.is_done(ticket(index)));
    }
    for index in (0..128).step_by(2) {
        assert!(places.give_back(ticket(index)));
        assert!(places.is_done(ticket(index)), "{index} is free again");
        assert!(!places.is_done(ticket(index + 1)), "the next one is not");
    }
}
