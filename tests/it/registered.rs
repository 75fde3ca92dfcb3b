//! Services by name: what an operator does to them without knowing their types.

use scope::prelude::*;
use scope::testing::{Gate, Journal, TestContext, settle};
use scope::{
    ChildSpec, Health, HealthError, Intensity, Registered, Restart, Root, Strategy,
    SupervisorError, SupervisorSpec,
};

#[service]
#[derive(Debug)]
struct Pump {
    gate: Gate,
    journal: Journal<String>,
}

#[handlers]
impl Pump {
    #[init]
    fn init(gate: Gate, journal: Journal<String>) -> Result<Self, &'static str> {
        if gate.is_open() {
            return Err("flooded");
        }
        Ok(Self { gate, journal })
    }

    #[cast]
    async fn work(&mut self) {
        self.gate.wait().await;
    }

    #[call]
    async fn stop_itself(&mut self, cx: &Context<Self>) -> bool {
        named(cx.namespace(), "Pump[a]").stop().await
    }

    #[health]
    fn is_dry(&self) -> bool {
        true
    }

    #[terminate]
    fn close(&mut self, reason: &ExitReason) {
        self.journal.note(format!("closed: {reason}"));
    }
}

fn named(namespace: &Namespace, label: &str) -> Registered {
    namespace.service(label).expect("it runs")
}

/// The pumps `a` and `b` under a supervisor that allows no restart, and what they need.
struct Station {
    gate: Gate,
    journal: Journal<String>,
    root: Root,
}

async fn station(cx: &TestContext, restart: Restart) -> Station {
    let (gate, journal) = (Gate::new(), Journal::new());
    let pump = |key: &'static str| {
        let args = (gate.clone(), journal.clone());
        ChildSpec::keyed_service::<Pump, _>(key, key, move || args.clone()).restart(restart)
    };
    let spec = SupervisorSpec::new(Strategy::OneForAll)
        .intensity(Intensity::new(0, std::time::Duration::from_secs(5)))
        .child(pump("a"))
        .child(pump("b"));
    let root = spec.start("Station", cx.namespace().clone()).await.unwrap();
    Station {
        gate,
        journal,
        root,
    }
}

#[scope::test]
async fn a_service_is_found_and_looked_at_by_its_label(cx: TestContext) {
    let station = station(&cx, Restart::Permanent).await;
    let labels: Vec<_> = cx
        .namespace()
        .services()
        .iter()
        .map(Registered::label)
        .collect();
    assert_eq!(labels, ["Pump[a]", "Pump[b]"]);
    assert!(cx.namespace().service("Pump").is_none());
    let pump = named(cx.namespace(), "Pump[b]");
    assert_eq!(pump.to_string(), "Pump[b]");
    assert_eq!((pump.service, pump.key.as_deref()), ("Pump", Some("b")));
    assert_eq!(pump.namespace(), cx.namespace());
    let parent = pump.pid.parent().unwrap();
    assert_eq!(parent.path(), station.root.handle().path());
    assert_eq!(parent.pid().as_ref(), Some(station.root.pid()));
    assert!(station.root.pid().parent().is_none());
    assert_eq!(pump.health().await.unwrap().status, Health::Healthy);
    assert!(pump.suspend());
    Pump::via_key(cx.namespace(), &"b").work().await.unwrap();
    assert_eq!(pump.mailbox().length, 1);
    let look = pump.inspect().await.unwrap();
    assert!(look.suspended);
    assert_eq!(look.pid, pump.pid);
    assert!(pump.resume());
    settle().await;
    assert_eq!(pump.mailbox().length, 0);
    station.gate.open();
}

#[scope::test]
async fn a_restart_is_in_order_and_of_that_service_alone(cx: TestContext) {
    let station = station(&cx, Restart::Permanent).await;
    let (pump, other) = (
        named(cx.namespace(), "Pump[a]"),
        named(cx.namespace(), "Pump[b]"),
    );
    let again = pump.restart().await.unwrap().unwrap();
    assert_eq!(station.journal.take(), ["closed: shutdown"]);
    assert!(again.incarnation() > pump.pid.incarnation());
    assert_eq!(named(cx.namespace(), "Pump[a]").pid, again);
    assert_eq!(named(cx.namespace(), "Pump[b]").pid, other.pid);
    let twice = pump.restart().await.unwrap().unwrap();
    assert!(
        twice.incarnation() > again.incarnation(),
        "whoever runs there then"
    );
    assert!(station.root.handle().restarts().is_empty(), "no failure");
    let gone = station.root.handle().restart_pid(&again).await;
    assert!(
        matches!(gone, Err(SupervisorError::NotFound)),
        "another incarnation: {gone:?}"
    );
}

#[scope::test]
async fn a_restart_that_fails_says_why_and_leaves_the_spec(cx: TestContext) {
    let station = station(&cx, Restart::Permanent).await;
    let pump = named(cx.namespace(), "Pump[a]");
    station.gate.open();
    let failed = pump.restart().await.unwrap_err();
    assert_eq!(
        failed.to_string(),
        "the child failed to start: error: flooded"
    );
    assert!(cx.namespace().service("Pump[a]").is_none());
    assert!(matches!(
        pump.restart().await,
        Err(SupervisorError::NotFound)
    ));
    assert!(!pump.suspend() && !pump.resume() && !pump.stop().await);
    assert!(pump.inspect().await.is_none());
    let health = pump.health().await;
    assert_eq!(health.unwrap_err(), HealthError::ServiceUnavailable);
    let spec = station.root.handle().child_spec("a").await;
    assert_eq!(spec.unwrap().id(), "a");
}

#[scope::test]
async fn a_temporary_child_is_not_restarted_and_goes_on(cx: TestContext) {
    let station = station(&cx, Restart::Temporary).await;
    let pump = named(cx.namespace(), "Pump[a]");
    let refused = pump.restart().await.unwrap_err();
    assert!(matches!(refused, SupervisorError::Temporary));
    assert!(pump.pid.is_alive());
    assert!(pump.stop().await);
    assert_eq!(station.journal.take(), ["closed: normal"]);
    assert!(!pump.pid.is_alive());
}

#[scope::test]
async fn a_handler_that_stops_its_own_service_ends_first(cx: TestContext) {
    let station = station(&cx, Restart::Temporary).await;
    let pump = Pump::via_key(cx.namespace(), &"a");
    assert!(pump.stop_itself().await.unwrap());
    settle().await;
    assert!(!pump.is_alive());
    assert_eq!(station.journal.take(), ["closed: normal"]);
}

supervisor! {
    supervisor Fleet {
        strategy: one_for_one,
        pumps: dynamic Pump(gate, Journal::new()) with gate: Gate,
    }
}

#[scope::test]
async fn an_instance_that_came_by_request_is_restarted_and_forgotten_if_it_fails(cx: TestContext) {
    let fleet = cx.start::<Fleet>(()).await;
    let gate = Gate::new();
    let handle = fleet.pumps().start((gate.clone(),)).await.unwrap();
    let pump = cx.namespace().services().remove(0);
    let again = pump.restart().await.unwrap();
    assert_eq!(again, handle.pid());
    gate.open();
    assert!(matches!(
        pump.restart().await,
        Err(SupervisorError::StartFailed(_))
    ));
    let instances = fleet.pumps().supervisor().count_children().await;
    assert_eq!(instances.unwrap().workers, 0);
}

#[scope::test]
async fn a_namespace_is_found_by_its_name_while_somebody_has_it(cx: TestContext) {
    let name = cx.namespace().to_string();
    assert_eq!(Namespace::find(&name).as_ref(), Some(cx.namespace()));
    let layer = Namespace::layer("a:b");
    assert_eq!(Namespace::find("layer:a:b"), Some(layer.clone()));
    drop(layer);
    for unknown in ["layer:a:b", "", "production:", "tenant", "planet:earth"] {
        assert_eq!(Namespace::find(unknown), None, "{unknown}");
    }
}
