//! What is proved of a tree is what it does.

use std::time::Duration;

use scope::testing::TestContext;
use scope::{Intensity, Node, Strategy, Tree, TreeBuilder};
use tokio::time::timeout;

/// A task that crashes at once, and comes back after exactly four seconds each time.
const LOOP: &[Node] =
    &[Node::task("crashes").backoff(Duration::from_secs(4), Duration::from_secs(4))];

const fn crash_loop(restarts: u32, millis: u64) -> Tree {
    let intensity = Intensity::new(restarts, Duration::from_millis(millis));
    Tree::new("Loop", Strategy::OneForOne)
        .intensity(intensity)
        .children(LOOP)
}

fn crashes() -> bool {
    true
}

#[scope::test]
async fn a_crash_loop_ends_where_no_flaw_is_found(cx: TestContext) {
    const TREES: &[Tree] = &[
        crash_loop(0, 1),
        crash_loop(1, 4000),
        crash_loop(1, 3999),
        crash_loop(3, 12_000),
        crash_loop(3, 11_999),
    ];
    for (number, tree) in TREES.iter().enumerate() {
        let spec = TreeBuilder::new(tree, ())
            .task("crashes", |()| async {
                assert!(!crashes(), "as it does each time");
            })
            .build();
        let root = spec
            .start(&format!("Loop{number}"), cx.namespace().clone())
            .await
            .unwrap();
        let ended = timeout(Duration::from_secs(10_000), root.exited()).await;
        assert_eq!(
            ended.is_ok(),
            tree.flaws().is_empty(),
            "{number}: {ended:?}, {:?}",
            tree.flaws()
        );
        root.stop(scope::ExitReason::Shutdown).await;
    }
}
