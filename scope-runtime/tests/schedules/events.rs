//! Publishing while subscribers come and go, and monitors of those who leave.

use std::sync::{Arc, Mutex};

use scope_runtime::{
    Accepts, ChildSpec, Context, Declared, Down, ExitReason, Handle, HandlerMeta, Init,
    Initialized, Layer, Message, Myself, Options, Route, Service, ServiceExt, ServiceId, Strategy,
    SupervisorSpec,
};

use crate::explore::{explore, pause, spawn};
use crate::world::{Board, PLAIN, Worker, child, namespace, patient};

#[derive(Clone)]
struct Tick(u32);

/// What each incarnation heard.
#[derive(Debug, Default)]
struct Heard {
    ticks: Mutex<Vec<(u64, u32)>>,
    downs: Mutex<Vec<u64>>,
}

struct Listener(Arc<Heard>);

enum Hear {
    Tick(Tick),
    Down(Down),
    /// Sets a monitor on the worker.
    Watch,
}

impl Message for Hear {
    fn route(&mut self) -> Route<'_> {
        Route::cast("hear")
    }
}

impl Declared for Listener {
    const ID: ServiceId = ServiceId::new(module_path!(), "Listener", Layer::Application);
    const OPTIONS: Options = Options::DEFAULT;
}

impl Service for Listener {
    type Handle = Handle<Self>;
    type Args = (Arc<Heard>,);
    type Message = Hear;
    type Myself = Myself<Self>;
    const HANDLERS: &'static [HandlerMeta] = &[];

    async fn init((heard,): Self::Args, cx: &mut Context<Self>) -> Initialized<Self> {
        cx.subscribe::<Tick>();
        Ok(Init::Run(Self(heard)))
    }

    async fn handle(&mut self, message: Hear, cx: &mut Context<Self>) {
        match message {
            Hear::Tick(Tick(number)) => {
                let heard = (cx.pid().incarnation(), number);
                self.0.ticks.lock().unwrap().push(heard);
            }
            Hear::Down(down) => self.0.downs.lock().unwrap().push(down.incarnation),
            Hear::Watch => {
                cx.monitor(&*Worker::<PLAIN>::via(cx.namespace()));
            }
        }
    }
}

impl Accepts<Tick> for Listener {
    fn message(tick: Tick) -> Hear {
        Hear::Tick(tick)
    }
}

impl Accepts<Down> for Listener {
    fn message(down: Down) -> Hear {
        Hear::Down(down)
    }
}

fn listener(heard: &Arc<Heard>) -> ChildSpec {
    let heard = heard.clone();
    ChildSpec::service::<Listener>("listener", move || (heard.clone(),))
}

#[test]
fn an_event_reaches_whoever_is_subscribed_in_order() {
    explore(|| async {
        let (namespace, heard) = (namespace(), Arc::<Heard>::default());
        let spec = patient(SupervisorSpec::new(Strategy::OneForOne)).child(listener(&heard));
        let root = spec.start("World", namespace.clone()).await.unwrap();
        let listening = Listener::via(&namespace);
        let publisher = spawn({
            let namespace = namespace.clone();
            async move {
                let mut delivered = vec![];
                for number in 0..4 {
                    let reached = namespace.publish(&Tick(number));
                    assert!(reached <= 1);
                    if reached == 1 {
                        delivered.push(number);
                    }
                    pause().await;
                }
                delivered
            }
        });
        listening.kill();
        let delivered = publisher.await;
        root.stop(ExitReason::Shutdown).await;
        let ticks = heard.ticks.lock().unwrap().clone();
        // Incarnations follow each other, and so do the events: nobody hears one twice.
        assert!(ticks.is_sorted(), "{ticks:?}");
        let numbers: Vec<_> = ticks.iter().map(|(_, number)| *number).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{ticks:?}");
        assert!(numbers.iter().all(|it| delivered.contains(it)), "{ticks:?}");
        assert_eq!(namespace.publish(&Tick(9)), 0);
        assert_eq!(namespace.process_count(), 0);
    });
}

#[test]
fn a_monitor_fires_once_for_an_end_that_it_meets() {
    explore(|| async {
        let (namespace, heard) = (namespace(), Arc::<Heard>::default());
        let board = Arc::<Board>::default();
        let spec = patient(SupervisorSpec::new(Strategy::OneForOne))
            .child(child::<PLAIN>(&board))
            .child(listener(&heard));
        let root = spec.start("World", namespace.clone()).await.unwrap();
        let (worker, listening) = (Worker::<PLAIN>::via(&namespace), Listener::via(&namespace));
        let killed = spawn({
            let worker = worker.clone();
            async move { worker.kill() }
        });
        let watching = listening.cast(Hear::Watch).await;
        watching.map_err(|it| it.kind).unwrap();
        killed.await;
        // Whichever it was set on, or nobody.
        worker.kill();
        let down = worker.down();
        worker.kill();
        down.await;
        let downs = loop {
            let downs = heard.downs.lock().unwrap().clone();
            if !downs.is_empty() || board.starts() > 4 {
                break downs;
            }
            worker.kill();
            pause().await;
        };
        root.stop(ExitReason::Shutdown).await;
        assert_eq!(downs.len(), 1, "{downs:?}");
        assert_eq!(heard.downs.lock().unwrap().len(), 1);
        board.check_end();
        assert_eq!(namespace.process_count(), 0);
    });
}
