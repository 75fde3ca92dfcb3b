//! The service of `counter.rs` without macros: what `#[service]`, `#[handlers]` and `supervisor!`
//! write, written by hand. It needs nothing but `scope-runtime`, which `scope` re-exports.
//!
//! Run it with `cargo run --example by_hand`. It prints what `counter` prints: `7`, `killed`, `1`.
#![expect(clippy::print_stdout, reason = "it shows what the counter answers")]

use std::time::Duration;

use scope::{
    Call, Cast, Context, Declared, Handle, HandlerMeta, Init, Initialized, Layer, Message, Myself,
    Namespace, Node, Options, ReplyTo, Route, Running, Service, ServiceId, Starting, Strategy,
    SupervisorHandle, SupervisorSpec, SupervisorTree, Tree, TreeBuilder,
};

/// The state: one incarnation owns it, and it is gone with it.
struct Counter(i64);

// What `#[service(mailbox(keep))]` declares: who the service is and how it is to be run. All of it
// is const: a tree can be checked and drawn before anything runs.
impl Declared for Counter {
    const ID: ServiceId = ServiceId::new(module_path!(), "Counter", Layer::Application);
    const OPTIONS: Options = Options::DEFAULT.keep();
}

/// The typed client. A [`Handle`] is the place of the service and not one incarnation of it: it
/// survives restarts.
struct CounterHandle(Handle<Counter>);

// Four impls: `From<Handle<Counter>>`, for names are resolved to a `Handle`; `Deref`, so that the
// client has what every handle has, `kill`, `down`, `mailbox`; `Clone` and `Debug`.
scope::wrapper!([] CounterHandle = Handle, Counter, []);

// What `#[handlers]` adds to the client: a method for each handler. A call does nothing until it is
// awaited, and takes a `.timeout(...)` before that; a cast is sent without waiting for an answer.
impl CounterHandle {
    fn add(&self, by: i64) -> Call<Counter, i64> {
        let (reply, call) = self.ask();
        call.with(CounterMessage::Add(by, reply))
    }

    fn rest(&self, time: Duration) -> Cast<Counter> {
        self.cast(CounterMessage::Rest(time))
    }
}

/// What can wait in the mailbox: a variant for each handler, with its arguments and, for a call, the
/// place where the answer goes.
enum CounterMessage {
    Add(i64, ReplyTo<i64>),
    Rest(Duration),
}

// Tells the runtime which handler a message is for, and who waits for it: a call whose caller gave
// up is not run, and one that cannot be run any more is told so.
impl Message for CounterMessage {
    fn route(&mut self) -> Route<'_> {
        match self {
            Self::Add(.., reply) => Route::call("add", reply),
            Self::Rest(..) => Route::cast("rest"),
        }
    }
}

// The life of one incarnation: how it begins, and what it does with a message. There are more
// callbacks, all with a default that does nothing: `after_init`, `terminate`, `info`.
impl Service for Counter {
    type Handle = CounterHandle;
    type Myself = Myself<Self>;
    type Args = (i64,);
    type Message = CounterMessage;
    const HANDLERS: &'static [HandlerMeta] = &[HandlerMeta::call("add"), HandlerMeta::cast("rest")];

    async fn init((start,): Self::Args, _cx: &mut Context<Self>) -> Initialized<Self> {
        Ok(Init::Run(Self(start)))
    }

    // Every message is offered here first: a handler that does not await needs no future. The others
    // are given back. It may be left out, and all be handled below.
    fn handle_now(
        &mut self,
        message: Self::Message,
        _cx: &mut Context<Self>,
    ) -> Option<Self::Message> {
        match message {
            CounterMessage::Add(by, reply) => {
                self.0 += by;
                reply.answer(self.0);
                None
            }
            rest @ CounterMessage::Rest(..) => Some(rest),
        }
    }

    async fn handle(&mut self, message: Self::Message, _cx: &mut Context<Self>) {
        match message {
            CounterMessage::Rest(time) => tokio::time::sleep(time).await,
            CounterMessage::Add(..) => {}
        }
    }
}

/// The typed view of the running tree.
#[derive(Clone)]
struct Example(SupervisorHandle);

// What `supervisor!` declares: the tree as data, and how its children are made. The closure makes
// the arguments of `init`, anew for every incarnation.
impl SupervisorTree for Example {
    type Args = ();
    const TREE: &'static Tree = &Tree::new("Example", Strategy::OneForOne)
        .children(&[Node::service("counter", Counter::DECLARATION)]);

    fn spec(args: Self::Args) -> SupervisorSpec {
        TreeBuilder::new(Self::TREE, args)
            .service::<Counter>("counter", |()| (0,))
            .build()
    }

    fn view(supervisor: SupervisorHandle) -> Self {
        Self(supervisor)
    }
}

// An accessor for each child.
impl Example {
    fn counter(&self) -> CounterHandle {
        self.0.service::<Counter>()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let example: Running<Example> = Starting::new(Namespace::production(), ()).await?;
    let counter = example.counter();

    counter.rest(Duration::from_millis(1)).await?;
    counter.add(3).await?;
    println!("{}", counter.add(4).await?);

    counter.kill();
    println!("{}", counter.down().await.reason);
    println!("{}", counter.add(1).await?);

    example.shutdown().await;
    Ok(())
}
