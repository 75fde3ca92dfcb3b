//! Do the numbers of the options fit together?

use std::time::Duration;

use crate::child_spec::{Restart, Shutdown};
use crate::supervisor::{AutoShutdown, Intensity};
use crate::text::Text;
use crate::tree::{Node, NodeKind, Tree};

/// What concerns a supervisor by itself.
pub(super) const fn tree(tree: &Tree, text: &mut Text) {
    if tree.intensity.period().is_zero() {
        zero_period(tree.name, text);
    }
}

/// What concerns a child and its supervisor.
pub(super) const fn node(tree: &Tree, node: &Node, text: &mut Text) {
    significant(tree, node, text);
    counts(node, text);
    period(node, text);
    shutdown(node, text);
    backoff(tree, node, text);
}

const fn significant(tree: &Tree, node: &Node, text: &mut Text) {
    if !node.significant {
        return;
    }
    if matches!(tree.auto_shutdown, AutoShutdown::Never) {
        text.sentence()
            .code(node.id)
            .push(" is significant, but ")
            .code(tree.name)
            .push(" never ends with a significant child: write `auto_shutdown: any_significant` or `all_significant` in it");
    }
    if matches!(node.effective_restart(), Restart::Permanent) {
        text.sentence().code(node.id).push(
            " is significant, but a permanent child is always restarted: write `restart: transient` or `temporary`",
        );
    }
}

const fn counts(node: &Node, text: &mut Text) {
    if let NodeKind::Partition(_, 0) = node.kind {
        text.sentence()
            .code(node.id)
            .push(" needs at least one partition, and `partitions` is zero");
    }
    if let Some(0) = node.max_children {
        text.sentence()
            .code(node.id)
            .push(" needs room for at least one child, and `max_children` is zero");
    }
}

/// The supervisor behind a dynamic, tasks or partition child has an intensity of its own.
const fn period(node: &Node, text: &mut Text) {
    if let Some(intensity) = node.intensity
        && intensity.period().is_zero()
    {
        zero_period(node.id, text);
    }
}

const fn zero_period(name: &str, text: &mut Text) {
    text.sentence()
        .push("the intensity of ")
        .code(name)
        .push(" is over zero seconds: write a period, as in `3 in \"5s\"`");
}

/// How long a stop may take.
#[derive(Clone, Copy)]
enum Stop {
    Within(Duration),
    Forever,
}

impl Stop {
    /// One after the other.
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Within(one), Self::Within(other)) => Self::Within(one.saturating_add(other)),
            _ => Self::Forever,
        }
    }
}

/// A supervisor stops its children one after another, so it needs the sum of their times.
const fn shutdown(node: &Node, text: &mut Text) {
    let (NodeKind::Supervisor(tree), Some(Shutdown::Timeout(own))) = (&node.kind, node.shutdown)
    else {
        return;
    };
    let needed = match of_children(tree) {
        Stop::Within(needed) if needed.as_nanos() <= own.as_nanos() => return,
        needed => needed,
    };
    let text = text
        .sentence()
        .code(node.id)
        .push(" has ")
        .time(own)
        .push(" to stop, and its children ");
    match needed {
        Stop::Within(needed) => text
            .push("may take ")
            .time(needed)
            .push(" one after another: write `shutdown: \"")
            .time(needed)
            .push("\"`, or leave it out"),
        Stop::Forever => text.push(
            "may take as long as they need: leave its `shutdown` out, or give the children an end",
        ),
    };
}

const fn of_children(tree: &Tree) -> Stop {
    let mut sum = Stop::Within(Duration::ZERO);
    let mut index = 0;
    while index < tree.children.len() {
        sum = sum.and(of_node(&tree.children[index]));
        index += 1;
    }
    sum
}

const fn of_node(node: &Node) -> Stop {
    match &node.kind {
        // They end by being dropped.
        NodeKind::Tasks | NodeKind::Task => Stop::Within(Duration::ZERO),
        NodeKind::Supervisor(tree) => match node.shutdown {
            Some(Shutdown::Timeout(time)) => Stop::Within(time),
            _ => of_children(tree),
        },
        // Its instances stop together.
        NodeKind::Service(service) | NodeKind::Dynamic(service, _) => {
            of_shutdown(node, service.options.shutdown)
        }
        NodeKind::Partition(service, parts) => match of_shutdown(node, service.options.shutdown) {
            Stop::Within(time) => Stop::Within(times(time, *parts)),
            Stop::Forever => Stop::Forever,
        },
    }
}

const fn of_shutdown(node: &Node, own: Shutdown) -> Stop {
    let shutdown = match node.shutdown {
        Some(shutdown) => shutdown,
        None => own,
    };
    match shutdown {
        Shutdown::BrutalKill => Stop::Within(Duration::ZERO),
        Shutdown::Timeout(time) => Stop::Within(time),
        Shutdown::Infinity => Stop::Forever,
    }
}

const fn times(time: Duration, count: usize) -> Duration {
    if count > u32::MAX as usize {
        return Duration::MAX;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it was looked at above")]
    time.saturating_mul(count as u32)
}

/// A child that crashes at once again and again must reach the intensity, or it would be restarted for ever.
const fn backoff(tree: &Tree, node: &Node, text: &mut Text) {
    let Some((shortest, longest)) = node.backoff else {
        return;
    };
    if node.is_temporary() {
        return;
    }
    let intensity = match (&node.kind, node.intensity) {
        (NodeKind::Dynamic(..) | NodeKind::Partition(..) | NodeKind::Tasks, None) => {
            Intensity::DEFAULT
        }
        (_, Some(intensity)) => intensity,
        (_, None) => tree.intensity,
    };
    let restarts = intensity.max_restarts();
    let waited = delays(shortest, longest, restarts);
    if waited.as_nanos() <= intensity.period().as_nanos() {
        return;
    }
    text.sentence()
        .code(node.id)
        .push(" waits at least ")
        .time(waited)
        .push(" from the first to the last of ")
        .number(restarts as u128 + 1)
        .push(" restarts, so an intensity of `")
        .number(restarts as u128)
        .push(" in \"")
        .time(intensity.period())
        .push("\"` is never reached and a crash loop would go on for ever: write a period above ")
        .time(waited)
        .push(", or shorter delays");
}

/// The time from one restart to the one `count` later, if the child crashes at once each time and the delays, of which
/// the first has passed, are as short as they can be: jitter only adds to them, for which the longest leaves half of
/// itself.
pub(super) const fn delays(shortest: Duration, longest: Duration, count: u32) -> Duration {
    let longest = match longest.checked_div(2) {
        Some(half) if half.as_nanos() > shortest.as_nanos() => half,
        _ => shortest,
    };
    if shortest.is_zero() {
        return shortest;
    }
    let mut sum = Duration::ZERO;
    let mut delay = shortest.saturating_mul(2);
    let mut left = count;
    while left > 0 && delay.as_nanos() < longest.as_nanos() {
        sum = sum.saturating_add(delay);
        delay = delay.saturating_mul(2);
        left -= 1;
    }
    sum.saturating_add(longest.saturating_mul(left))
}
