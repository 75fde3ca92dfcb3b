use std::time::Duration;

use crate::rt::Instant;
use crate::stats::durations::{Durations, Times};
use crate::stats::life::{Leave, Life};
use crate::stats::record::Ending;
use crate::stats::sampler::{Sampler, Stamp};

/// Numbers that look random and are the same each time.
fn numbers(seed: u64) -> impl Iterator<Item = u64> {
    std::iter::successors(Some(seed), |last| {
        let next = last ^ (last << 13);
        let next = next ^ (next >> 7);
        Some(next ^ (next << 17))
    })
}

/// Durations over many magnitudes: from 50 ns to some seconds, most of them short.
fn durations(count: usize) -> Vec<u64> {
    let spread = |number: u64| 50 + ((number >> 40) >> (number % 24)) * (1 + number % 200);
    numbers(0x2545_f491_4f6c_dd1d)
        .skip(1)
        .map(spread)
        .take(count)
        .collect()
}

#[test]
fn percentiles_are_within_one_percent_of_the_exact_ones() {
    for count in [1, 2, 3, 10, 99, 1_000, 100_000] {
        let mut exact = durations(count);
        let mut recorded = Durations::default();
        for nanos in &exact {
            recorded.record(*nanos, 1);
        }
        exact.sort_unstable();
        for share in [0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0] {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a small rank"
            )]
            let rank = (share * count as f64).ceil() as usize;
            let exact = Duration::from_nanos(exact[rank.max(1) - 1]).as_secs_f64();
            let told = recorded.quantile(share).as_secs_f64();
            assert!(
                (told / exact - 1.0).abs() < 0.01,
                "{count} {share}: {told} for {exact}"
            );
        }
        assert_eq!(recorded.count(), count as u64);
        let (told, exact) = (
            recorded.max().as_secs_f64(),
            Duration::from_nanos(exact[count - 1]).as_secs_f64(),
        );
        assert!((told / exact - 1.0).abs() < 0.01, "{told} for {exact}");
    }
}

#[test]
fn what_is_added_is_as_if_it_were_recorded_there() {
    let all = durations(10_000);
    let (mut whole, mut merged, mut part) = (
        Durations::default(),
        Durations::default(),
        Durations::default(),
    );
    for (number, nanos) in all.iter().enumerate() {
        whole.record(*nanos, 1);
        let half = if number % 2 == 0 {
            &mut merged
        } else {
            &mut part
        };
        half.record(*nanos, 1);
    }
    merged.add(&part);
    assert_eq!(format!("{merged:?}"), format!("{whole:?}"));
    assert_eq!(merged.total(), whole.total());
}

#[test]
fn a_weight_counts_as_often() {
    let mut durations = Durations::default();
    durations.record(1_000, 1);
    durations.record(9_000, 3);
    assert_eq!(durations.count(), 4);
    assert_eq!(durations.count_within(Duration::from_micros(1)), 1);
    assert!(durations.p50() > Duration::from_micros(8));
    let total = durations.total().as_secs_f64();
    assert!((total / 28e-6 - 1.0).abs() < 0.01, "{total}");
}

#[test]
fn all_buckets_at_once_are_as_one_by_one() {
    let mut recorded = Durations::default();
    for nanos in durations(10_000) {
        recorded.record(nanos, 1);
    }
    let bounds = [1e-9, 1e-6, 2.5e-6, 1e-3, 0.25, 1.0, 10.0, f64::INFINITY];
    let counts = recorded.counts_within(&bounds);
    for (bound, count) in bounds.into_iter().zip(&counts) {
        let limit = Duration::try_from_secs_f64(bound).unwrap_or(Duration::MAX);
        assert_eq!(*count, recorded.count_within(limit), "{bound}");
    }
    assert!(counts.is_sorted());
    assert_eq!((counts[0], counts[7]), (0, recorded.count()));
}

#[test]
fn each_ending_has_its_own_durations_and_together_they_are_all() {
    let times = Times::default();
    for (number, ending) in (1..).zip(Ending::ALL) {
        times.record((0, 1_000_000 * number), ending, 1);
    }
    let measured = times.read();
    for (number, ending) in (1..).zip(Ending::ALL) {
        let ran = measured.ran(ending);
        assert_eq!((ran.count(), ran.max().as_millis()), (1, number));
    }
    let all = measured.all_ran();
    assert_eq!((all.count(), all.max().as_millis()), (4, 4));
    assert_eq!(measured.queued.count(), 4);
}

#[test]
fn a_time_beyond_all_measure_is_an_hour() {
    let times = Times::default();
    times.record((u64::MAX, 0), Ending::Succeeded, 1);
    let measured = times.read();
    let longest = measured.queued.max().as_secs_f64();
    assert!((longest / 3600.0 - 1.0).abs() < 0.01, "{longest}");
    assert_eq!(measured.all_ran().max(), Duration::ZERO);
}

#[test]
fn the_first_messages_are_all_measured_and_then_one_of_sixteen() {
    let mut sampler = Sampler::default();
    assert!(!sampler.stamp().is_set(), "nobody runs yet");
    sampler.begin(1);
    let stamps: Vec<Stamp> = (0..256).map(|_| sampler.stamp()).collect();
    assert!(
        stamps
            .iter()
            .all(|stamp| stamp.is_set() && stamp.weight() == 1)
    );
    let later = 1_000_000;
    let weight: u32 = (0..later)
        .map(|_| sampler.stamp())
        .filter(|stamp| stamp.is_set())
        .map(Stamp::weight)
        .sum();
    let error = f64::from(weight) / f64::from(later) - 1.0;
    assert!(
        error.abs() < 0.01,
        "the weights stand for all messages: {error}"
    );
}

#[test]
fn many_places_share_the_first_messages_and_short_lives_are_sampled_as_long_ones() {
    let measured = |place, messages: usize| {
        let mut sampler = Sampler::default();
        sampler.begin(place);
        let stamps = (0..messages).map(|_| sampler.stamp());
        stamps
            .filter(|stamp| stamp.is_set())
            .map(Stamp::weight)
            .collect::<Vec<_>>()
    };
    assert_eq!(measured(2, 128), [1; 128]);
    assert_eq!(measured(256, 1), [1]);
    for messages in [1, 3, 10, 40] {
        let places = 257..60_257;
        let all = places.clone().count() * messages;
        let weight: u32 = places.flat_map(|place| measured(place, messages)).sum();
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let error = f64::from(weight) / all as f64 - 1.0;
        assert!(error.abs() < 0.05, "{messages} messages each: {error}");
    }
}

#[test]
fn a_sample_tells_what_all_would() {
    // A pattern that is in step with one of sixteen.
    let all: Vec<u64> = (0..500_000)
        .map(|number| if number % 16 == 0 { 10_000 } else { 1_000 })
        .collect();
    let mut sampler = Sampler::default();
    sampler.begin(1);
    let mut sampled = Durations::default();
    for nanos in all {
        let stamp = sampler.stamp();
        if stamp.is_set() {
            sampled.record(nanos, stamp.weight());
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let slow =
        1.0 - sampled.count_within(Duration::from_nanos(1_100)) as f64 / sampled.count() as f64;
    assert!(
        (slow * 16.0 - 1.0).abs() < 0.1,
        "one of sixteen is slow: {slow}"
    );
}

#[test]
fn a_life_is_up_and_down() {
    let begin = Instant::now();
    let at = |seconds| begin + Duration::from_secs(seconds);
    let mut life = Life::default();
    assert!(!life.is_alive());
    life.start(at(0));
    life.end(at(90), Leave::Ended);
    assert!(life.is_alive(), "a successor may come");
    assert_eq!(life.down(at(95)), Duration::from_secs(5));
    life.start(at(100));
    assert_eq!(
        (life.restarts(), life.age(at(101))),
        (1, Some(Duration::from_secs(1)))
    );
    life.end(at(110), Leave::Passivated);
    assert!(!life.is_alive(), "nobody misses it");
    life.start(at(200));
    assert_eq!(life.restarts(), 1, "it is there again, not restarted");
    life.end(at(210), Leave::Ended);
    life.give_up(|| at(211));
    assert!(!life.is_alive());
    let later = at(1_000);
    assert_eq!(
        (life.up(later), life.down(later)),
        (Duration::from_secs(110), Duration::from_secs(11))
    );
    assert_eq!(life.ended(), Some(at(210)));
}

#[test]
fn a_place_is_enlisted_once_by_each_record_of_its_service() {
    let place = crate::stats::Record::default();
    assert!(place.enlist(1));
    assert!(!place.enlist(1), "a restart looks at no list");
    // The first record was forgotten meanwhile.
    assert!(place.enlist(2));
}
