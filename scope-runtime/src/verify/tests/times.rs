//! Times to stop, delays and intensities.

use super::*;

#[test]
fn children_stop_one_after_another_and_instances_together() {
    let seconds = |seconds| Shutdown::Timeout(Duration::from_secs(seconds));
    let children = || {
        vec![
            Node::service("a", plain(A)).shutdown(seconds(3)),
            Node::dynamic("b", plain(B)).shutdown(seconds(4)),
            Node::partition("c", plain(C), 2).shutdown(seconds(2)),
            Node::service("d", plain(OTHER_A)).shutdown(Shutdown::BrutalKill),
            Node::tasks("jobs"),
            Node::task("pump"),
        ]
    };
    let web = |own| inner("web", Strategy::OneForOne, children()).shutdown(seconds(own));
    check(shop(vec![web(11)]), &[]);
    check(
        shop(vec![web(10)]),
        &[
            "`web` has 10s to stop, and its children may take 11s one after another: write `shutdown: \"11s\"`, or leave it out",
        ],
    );
}

#[test]
fn a_nested_supervisor_counts_with_its_own_time() {
    let seconds = |seconds| Shutdown::Timeout(Duration::from_secs(seconds));
    let inside = inner(
        "inside",
        Strategy::OneForOne,
        vec![Node::service("a", plain(A)).shutdown(Shutdown::Infinity)],
    );
    check(
        shop(vec![
            inner("web", Strategy::OneForOne, vec![inside]).shutdown(seconds(1)),
        ]),
        &[
            "`web` has 1s to stop, and its children may take as long as they need: leave its `shutdown` out, or give the children an end",
        ],
    );
}

#[test]
fn a_backoff_may_just_meet_the_intensity() {
    let millis = Duration::from_millis;
    let shop = |period| {
        let node = Node::service("a", plain(A)).backoff(millis(100), millis(800));
        let tree = tree("Shop", Strategy::OneForOne, vec![node]);
        leak(tree.intensity(Intensity::new(3, period)))
    };
    // 100 before the first restart, then 200, and half of the longest: 400, 400.
    check(shop(millis(1000)), &[]);
    check(
        shop(millis(999)),
        &[
            "`a` waits at least 1s from the first to the last of 4 restarts, so an intensity of `3 in \"999ms\"` is never reached and a crash loop would go on for ever: write a period above 1s, or shorter delays",
        ],
    );
}

#[test]
fn a_child_that_is_never_restarted_needs_no_intensity() {
    let seconds = Duration::from_secs;
    let node = Node::service("a", plain(A)).backoff(seconds(10), seconds(20));
    check(shop(vec![node.restart(Restart::Temporary)]), &[]);
}

#[cfg(feature = "retry")]
#[test]
fn delays_are_never_shorter_than_the_proof_says() {
    use crate::backoff::{Backoff, Delays};
    let (shortest, longest) = (Duration::from_millis(100), Duration::from_secs(10));
    let now = crate::rt::Instant::now();
    for count in 0..20 {
        let mut delays = Delays::new(Backoff::new(shortest, longest));
        // Before the first restart of the window.
        delays.next(now);
        let waited: Duration = (0..count).map(|_| delays.next(now)).sum();
        let least = limits::delays(shortest, longest, count);
        assert!(waited >= least, "{count}: {waited:?} < {least:?}");
    }
}

#[test]
fn a_supervisor_behind_a_child_has_an_intensity_over_some_time() {
    let none = Intensity::new(1, Duration::ZERO);
    check(
        shop(vec![Node::tasks("jobs").intensity(none)]),
        &["the intensity of `jobs` is over zero seconds: write a period, as in `3 in \"5s\"`"],
    );
}

#[test]
fn an_intensity_is_over_some_time() {
    let tree = tree("Shop", Strategy::OneForOne, vec![]);
    check(
        leak(tree.intensity(Intensity::new(3, Duration::ZERO))),
        &["the intensity of `Shop` is over zero seconds: write a period, as in `3 in \"5s\"`"],
    );
}
