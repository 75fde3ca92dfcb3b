//! The memory of the process, where somebody measures it.

use std::sync::atomic::AtomicU64;

use super::*;

/// What the process is said to use; nobody knows, if it is zero.
static USED: AtomicU64 = AtomicU64::new(0);

#[service(health(process_memory = "512 MiB"))]
#[derive(Default)]
struct Modest;

#[handlers]
impl Modest {}

#[scope::test]
async fn the_memory_of_the_process_is_looked_at_if_somebody_knows_it(cx: TestContext) {
    let modest = cx.service::<Modest>(()).await;
    let other = cx.service::<Teller>((World::new(),)).await;
    let found = async || {
        let report = modest.health().await.unwrap();
        let check = report.check("process_memory").cloned();
        check.map(|check| (check.status, check.outcome))
    };
    assert_eq!(found().await, None, "nobody measures it");
    scope::measure_process_memory(|| match USED.load(Ordering::Relaxed) {
        0 => None,
        1 => panic!("cannot measure"),
        used => Some(used),
    });
    assert_eq!(found().await, None, "who measures it does not know");
    USED.store(512 << 20, Ordering::Relaxed);
    let well = (Health::Healthy, CheckOutcome::Passed);
    assert_eq!(found().await, Some(well));
    USED.store((512 << 20) + (1 << 19), Ordering::Relaxed);
    let much = "the process uses 512.5 MiB, more than 512.0 MiB";
    let failed = (Health::Degraded, CheckOutcome::Failed(much.into()));
    assert_eq!(found().await, Some(failed));
    let report = other.health().await.unwrap();
    assert!(report.check("process_memory").is_none(), "no threshold");
    USED.store(1, Ordering::Relaxed);
    assert_eq!(found().await, None);
}
