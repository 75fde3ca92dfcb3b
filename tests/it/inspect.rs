//! Debug information: what a service does, did and holds; suspending it.

use std::time::Duration;

use scope::CallError;
use scope::prelude::*;
use scope::testing::{Gate, TestContext, settle};
use tokio::time::sleep;

#[service(debug)]
#[derive(Debug)]
struct Printer {
    pages: u32,
    #[expect(dead_code, reason = "only its `Debug` is looked at")]
    model: &'static str,
    gate: Gate,
}

#[handlers]
impl Printer {
    #[init]
    fn init(gate: Gate) -> Self {
        Self {
            pages: 0,
            model: "LPT1",
            gate,
        }
    }

    #[call]
    fn print(&mut self, pages: u32) -> u32 {
        self.pages += pages;
        self.pages
    }

    #[call(timeout = infinity)]
    async fn warm_up(&mut self) {
        self.gate.wait().await;
    }

    #[cast]
    fn watch(&mut self, plain: PlainHandle, cx: &Context<Self>) {
        cx.monitor(&plain);
        let gate = self.gate.clone();
        drop(cx.spawn(async move { gate.wait().await }));
    }

    #[info]
    fn down(&mut self, _down: Down) {}

    #[every("10s")]
    fn tick(&mut self) {
        self.pages += 100;
    }

    #[health]
    fn has_paper(&self) -> bool {
        true
    }
}

/// Shows nothing of itself.
#[service(restart = temporary)]
#[derive(Default)]
struct Plain;

#[handlers]
impl Plain {
    #[cast]
    fn note(&mut self) {}
}

#[scope::test]
async fn a_look_at_an_idle_service(cx: TestContext) {
    let gate = Gate::new();
    let printer = cx.service::<Printer>((gate.clone(),)).await;
    let plain = cx.service::<Plain>(()).await;
    for _ in 0..40 {
        printer.print(1).await.unwrap();
    }
    printer.watch(plain.clone()).await.unwrap();
    settle().await;
    // Its checks come at intervals: they are no messages.
    assert!(printer.health().await.unwrap().check("has_paper").is_some());
    let look = printer.inspect().await.unwrap();
    assert_eq!(Some(look.pid), printer.pid());
    assert_eq!(look.busy, None);
    let names: Vec<_> = look.messages.iter().map(|message| message.name).collect();
    assert_eq!(names.len(), 32);
    assert_eq!(names[30..], ["print", "watch"]);
    assert_eq!(look.mailbox.length, 0);
    let inside = look.inside.unwrap();
    let state = inside.state.unwrap();
    assert!(
        state.starts_with("Printer { pages: 40, model: \"LPT1\""),
        "{state}"
    );
    assert_eq!(inside.links, 1);
    let monitored = plain.pid().unwrap();
    assert_eq!(inside.monitors, [monitored.path().into()]);
    gate.open();
}

#[scope::test]
async fn a_service_shows_its_state_only_if_it_says_so(cx: TestContext) {
    let plain = cx.service::<Plain>(()).await;
    plain.note().await.unwrap();
    settle().await;
    let look = plain.inspect().await.unwrap();
    assert!(look.messages.is_empty());
    assert_eq!(look.inside.unwrap().state, None);
    plain.kill();
    settle().await;
    assert!(plain.inspect().await.is_none(), "nobody is there");
    assert!(!plain.suspend() && !plain.resume());
}

#[scope::test]
async fn a_busy_service_is_looked_at_from_outside(cx: TestContext) {
    let gate = Gate::new();
    let printer = cx.service::<Printer>((gate.clone(),)).await;
    let warm = tokio::spawn({
        let printer = printer.clone();
        async move { printer.warm_up().await }
    });
    gate.reached().await;
    sleep(Duration::from_secs(3)).await;
    let look = printer.inspect().await.unwrap();
    let busy = look.busy.unwrap();
    assert_eq!(busy.handler.name, "warm_up");
    assert_eq!(busy.age.as_secs(), 3);
    assert!(look.inside.is_none());
    gate.open();
    warm.await.unwrap().unwrap();
    let look = printer.inspect().await.unwrap();
    assert!(look.busy.is_none() && look.inside.is_some());
}

#[scope::test]
async fn a_suspended_service_serves_nobody_but_answers(cx: TestContext) {
    let printer = cx.service::<Printer>((Gate::new(),)).await;
    assert!(printer.suspend());
    let late = printer.print(1).timeout(Duration::from_secs(60)).await;
    assert!(matches!(late, Err(CallError::Timeout)), "{late:?}");
    let waiting = tokio::spawn({
        let printer = printer.clone();
        async move { printer.print(2).await }
    });
    settle().await;
    let look = printer.inspect().await.unwrap();
    assert!(look.suspended);
    let state = look.inside.unwrap().state.unwrap();
    assert!(
        state.starts_with("Printer { pages: 0,"),
        "timers wait too: {state}"
    );
    let report = Printer::health_check(cx.namespace()).await.unwrap();
    assert_eq!(
        report.to_string(),
        "Printer is unhealthy: suspended: no message is served"
    );
    assert!(printer.resume());
    // A tick was due first; the expired call is not run.
    assert_eq!(waiting.await.unwrap().unwrap(), 102);
    assert!(!printer.inspect().await.unwrap().suspended);
    let report = Printer::health_check(cx.namespace()).await.unwrap();
    assert_eq!(report.to_string(), "Printer is healthy");
}

#[scope::test]
async fn a_suspended_service_stops(cx: TestContext) {
    let printer = cx.service::<Printer>((Gate::new(),)).await;
    printer.suspend();
    settle().await;
    let down = printer.down();
    printer.stop(ExitReason::Shutdown);
    assert!(matches!(down.await.reason, ExitReason::Shutdown));
}
