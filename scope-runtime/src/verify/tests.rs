use std::time::Duration;

use super::*;
use crate::namespace::Namespace;
use crate::options::{Layer, Options};
use crate::{AutoShutdown, Intensity, Restart, Shutdown, Strategy};

mod times;

const A: ServiceId = ServiceId::new("here", "A", Layer::Application);
const B: ServiceId = ServiceId::new("here", "B", Layer::Application);
const C: ServiceId = ServiceId::new("here", "C", Layer::Application);
/// Another service of the same name.
const OTHER_A: ServiceId = ServiceId::new("there", "A", Layer::Application);

const fn plain(id: ServiceId) -> Declaration {
    Declaration {
        id,
        name: id.name,
        options: Options::DEFAULT,
        requires: &[],
        follows: &[],
        type_id: std::any::TypeId::of::<()>,
        runs_in: |_: &Namespace| false,
    }
}

const fn requiring(id: ServiceId, requires: &'static [ServiceId]) -> Declaration {
    Declaration {
        requires,
        ..plain(id)
    }
}

const fn following(id: ServiceId, follows: &'static [ServiceId]) -> Declaration {
    Declaration {
        follows,
        ..plain(id)
    }
}

/// A tree made while the test runs.
fn tree(name: &'static str, strategy: Strategy, children: Vec<Node>) -> Tree {
    Tree::new(name, strategy).children(children.leak())
}

fn leak(tree: Tree) -> &'static Tree {
    Box::leak(Box::new(tree))
}

fn shop(children: Vec<Node>) -> &'static Tree {
    leak(tree("Shop", Strategy::OneForOne, children))
}

fn inner(id: &'static str, strategy: Strategy, children: Vec<Node>) -> Node {
    Node::supervisor(id, leak(tree(id, strategy, children)))
}

#[track_caller]
fn check(tree: &'static Tree, expected: &[&str]) {
    let found = tree.flaws();
    let found: Vec<_> = found.as_str().lines().collect();
    assert_eq!(found, expected);
}

#[test]
fn a_service_of_the_same_name_from_elsewhere_is_another_one() {
    check(
        shop(vec![
            Node::service("a", plain(OTHER_A)),
            Node::service("b", requiring(B, &[A])),
        ]),
        &[
            "`B` requires `A`, which `Shop` does not start: add it as a child above `b`, or let the surroundings provide it with `requires(A)` on `Shop`",
        ],
    );
}

#[test]
fn what_stands_in_an_earlier_supervisor_is_there() {
    let core = vec![Node::service("a", plain(A))];
    let edge = vec![Node::service("b", requiring(B, &[A]))];
    check(
        shop(vec![
            inner("core", Strategy::OneForOne, core),
            inner("edge", Strategy::OneForOne, edge),
        ]),
        &[],
    );
}

#[test]
fn what_the_surroundings_provide_is_there() {
    let books = tree(
        "Books",
        Strategy::OneForOne,
        vec![Node::service("b", requiring(B, &[A]))],
    );
    check(leak(books.requires(const { &[plain(A)] })), &[]);
}

#[test]
fn a_sure_instance_counts_before_a_doubtful_one() {
    check(
        shop(vec![
            Node::dynamic("some", plain(A)),
            Node::service("a", plain(A)),
            Node::service("b", requiring(B, &[A])),
        ]),
        &[],
    );
}

#[test]
fn a_transient_child_is_there() {
    check(
        shop(vec![
            Node::service("a", plain(A)).restart(Restart::Transient),
            Node::service("b", requiring(B, &[A])),
        ]),
        &[],
    );
}

#[test]
fn only_the_first_member_reports_a_ring() {
    check(
        shop(vec![
            Node::service("b", requiring(B, &[A])),
            Node::service("a", requiring(A, &[C])),
            Node::service("c", requiring(C, &[B])),
        ]),
        &[
            "`B` requires `A`, which requires `C`, which requires `B`: no order can start them, so let one subscribe to events of the other instead",
        ],
    );
}

#[test]
fn what_leads_into_a_ring_is_in_no_ring() {
    check(
        shop(vec![
            Node::service("a", requiring(A, &[B])),
            Node::service("b", requiring(B, &[C])),
            Node::service("c", requiring(C, &[B])),
        ]),
        &[
            "`A` requires `B`, which `Shop` starts after it: move `b` above `a`",
            "`B` requires `C`, which requires `B`: no order can start them, so let one subscribe to events of the other instead",
        ],
    );
}

#[test]
fn a_required_and_followed_service_is_missed_once() {
    let both = Declaration {
        requires: &[A],
        ..following(B, &[A])
    };
    check(
        shop(vec![Node::service("b", both)]),
        &[
            "`B` requires `A`, which `Shop` does not start: add it as a child above `b`, or let the surroundings provide it with `requires(A)` on `Shop`",
        ],
    );
}

#[test]
fn a_supervisor_without_restarts_hands_failures_on() {
    let follower = || Node::service("b", following(B, &[A]));
    let core = |restarts| {
        let core = tree(
            "core",
            Strategy::OneForOne,
            vec![Node::service("a", plain(A))],
        );
        let core = core.intensity(Intensity::new(restarts, Duration::from_secs(5)));
        Node::supervisor("core", leak(core))
    };
    let rest = |children| leak(tree("Shop", Strategy::RestForOne, children));
    check(rest(vec![core(0), follower()]), &[]);
    check(
        rest(vec![core(1), follower()]),
        &[
            "`B` follows `A`, which `core` restarts on its own: put `b` into the same supervisor, with `strategy: rest_for_one`",
        ],
    );
}

#[test]
fn a_follower_inside_of_a_restarted_supervisor_is_restarted() {
    let edge = inner(
        "edge",
        Strategy::OneForOne,
        vec![Node::service("b", following(B, &[A]))],
    );
    let children = vec![Node::service("a", plain(A)), edge];
    check(leak(tree("Shop", Strategy::RestForOne, children)), &[]);
}

#[test]
fn every_instance_of_a_followed_service_counts() {
    check(
        leak(tree(
            "Shop",
            Strategy::RestForOne,
            vec![
                Node::service("a", plain(A)),
                Node::service("b", following(B, &[A])),
                Node::service("c", plain(A)).key("second"),
            ],
        )),
        &[
            "`B` follows `A`, but `Shop` is `rest_for_one` and restarts `c` without `b`: move `c` above it, or write `strategy: one_for_all`",
        ],
    );
}

#[test]
fn types_of_a_generic_service_are_not_told_apart() {
    let generic = plain(A.generic());
    check(
        shop(vec![
            Node::service("one", generic),
            Node::service("two", generic),
        ]),
        &[],
    );
}

#[test]
fn a_generic_service_keeps_to_its_layer() {
    let low = ServiceId::new("here", "Low", Layer::Foundation).generic();
    check(
        shop(vec![
            Node::service("a", plain(A)),
            Node::service("low", requiring(low, &[A])),
        ]),
        &[
            "`Low` is `foundation` and can't require `A`, which is `application`: a service requires its own layer and those below",
        ],
    );
}

#[test]
fn two_children_have_two_ids() {
    check(
        shop(vec![Node::tasks("jobs"), Node::task("jobs")]),
        &["`Shop` has two children `jobs`: choose another id for one of them"],
    );
}

#[test]
fn instances_of_two_children_have_different_keys() {
    let carts = |id| Node::dynamic(id, plain(A)).keyed("CartId");
    check(
        shop(vec![carts("one"), carts("two")]),
        &[
            "`A` is already the child `one`, and their instances would have the same keys: keep one of the two",
        ],
    );
    check(
        shop(vec![
            Node::dynamic("one", plain(A)),
            Node::dynamic("two", plain(A)),
        ]),
        &[],
    );
}

#[test]
fn what_the_surroundings_provide_is_not_here_too() {
    let books = tree(
        "Books",
        Strategy::OneForOne,
        vec![Node::service("a", plain(A))],
    );
    check(
        leak(books.requires(const { &[plain(A)] })),
        &[
            "`A` is a child of `Books`, which also requires it of its surroundings: take one of the two away",
        ],
    );
}

#[test]
fn a_follower_in_a_temporary_supervisor_is_not_restarted() {
    let edge = inner(
        "edge",
        Strategy::OneForOne,
        vec![Node::service("b", following(B, &[A]))],
    );
    let children = vec![
        Node::service("a", plain(A)),
        edge.restart(Restart::Temporary),
    ];
    check(
        leak(tree("Shop", Strategy::RestForOne, children)),
        &["`B` follows `A`, but `edge` is temporary, and never restarted: make it `permanent`"],
    );
}

#[test]
fn a_temporary_child_is_followed_in_vain() {
    check(
        shop(vec![
            Node::service("a", plain(A)).restart(Restart::Temporary),
            Node::service("b", following(B, &[A])),
        ]),
        &[],
    );
}

#[test]
fn instances_outside_of_a_tree_count_also_if_there_is_one_inside() {
    let inside = tree(
        "In",
        Strategy::RestForOne,
        vec![
            Node::service("a", plain(A)),
            Node::service("b", following(B, &[A])),
        ],
    );
    let children = vec![
        Node::service("other", plain(A)).key("other"),
        Node::subtree("inside", leak(inside)),
    ];
    let shop = leak(tree("Shop", Strategy::OneForOne, children));
    let failed = std::panic::catch_unwind(|| shop.prove_child(&["inside"])).unwrap_err();
    assert_eq!(
        failed.downcast_ref::<String>().map(String::as_str),
        Some(
            "`B` follows `A`, but `Shop` is `one_for_one` and restarts `other` without `inside`: write `strategy: rest_for_one`"
        )
    );
}

#[test]
fn a_significant_child_that_ends_the_tree_is_there_while_the_tree_is() {
    let children = vec![
        Node::service("a", plain(A))
            .restart(Restart::Temporary)
            .significant(),
        Node::service("b", requiring(B, &[A])),
    ];
    let shop = tree("Shop", Strategy::OneForOne, children);
    check(leak(shop.auto_shutdown(AutoShutdown::AnySignificant)), &[]);
}

#[test]
fn a_significant_child_may_end_its_supervisor() {
    let child = || Node::service("a", plain(A)).significant();
    let ends = |child| {
        let tree = tree("Shop", Strategy::OneForOne, vec![child]);
        leak(tree.auto_shutdown(AutoShutdown::AnySignificant))
    };
    check(ends(child().restart(Restart::Transient)), &[]);
    check(
        ends(child()),
        &[
            "`a` is significant, but a permanent child is always restarted: write `restart: transient` or `temporary`",
        ],
    );
}

#[test]
fn one_child_is_proved_by_its_path() {
    const TREE: &Tree = &Tree::new("Shop", Strategy::OneForOne).children(&[Node::supervisor(
        "edge",
        &Tree::new("edge", Strategy::OneForOne).children(&[
            Node::service("b", requiring(B, &[A])),
            Node::service("c", plain(C)),
        ]),
    )]);
    const _: () = TREE.prove_child(&["edge"]);
    const _: () = TREE.prove_child(&["edge", "c"]);
    let failed = std::panic::catch_unwind(|| TREE.prove_child(&["edge", "b"]));
    let text = failed.unwrap_err();
    let text = text.downcast_ref::<String>().map_or("", String::as_str);
    assert!(
        text.starts_with("`B` requires `A`, which `Shop` does not start"),
        "{text}"
    );
}

#[test]
fn a_tree_that_was_proved_elsewhere_is_proved_for_its_place() {
    let trail = tree(
        "Trail",
        Strategy::OneForOne,
        vec![Node::service("b", following(B, &[A]))],
    )
    .requires(const { &[plain(A)] });
    let shop = |strategy| {
        let children = vec![
            Node::service("a", plain(A)),
            Node::subtree("trail", leak(trail)),
        ];
        leak(tree("Shop", strategy, children))
    };
    let flaw = "`B` follows `A`, but `Shop` is `one_for_one` and restarts `a` without `trail`: write `strategy: rest_for_one`";
    let failed =
        std::panic::catch_unwind(|| shop(Strategy::OneForOne).prove_child(&["trail"])).unwrap_err();
    assert_eq!(
        failed.downcast_ref::<String>().map(String::as_str),
        Some(flaw)
    );
    shop(Strategy::RestForOne).prove_child(&["trail"]);
}

/// A tree of a thousand services, each of which requires the one before it.
#[test]
fn a_large_tree_is_proved() {
    let names: Vec<&'static str> = (0..1000)
        .map(|number| &*format!("S{number}").leak())
        .collect();
    let id = |index: usize| ServiceId::new("here", names[index], Layer::Application);
    let children = (0..1000).map(|index| {
        let requires: &'static [ServiceId] = match index {
            0 => &[],
            _ => vec![id(index - 1)].leak(),
        };
        Node::service(names[index], requiring(id(index), requires))
    });
    check(shop(children.collect()), &[]);
}
