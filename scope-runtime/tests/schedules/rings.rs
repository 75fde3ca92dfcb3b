//! Calls that wait for each other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use scope_runtime::{
    Call, CallError, ChildSpec, Context, Declared, ExitReason, Handle, HandlerMeta, Init,
    Initialized, Layer, Message, Myself, Options, ReplyTo, Route, Service, ServiceExt, ServiceId,
    Strategy, SupervisorSpec,
};

use crate::explore::{explore, spawn};
use crate::world::namespace;

/// Calls the one that it is told to call, and waits for ever.
struct Member;

enum Turn {
    Answer(ReplyTo<u64>),
    /// Calls the member with this key; answers whether that would have been a ring.
    Ask(&'static str, ReplyTo<bool>),
}

impl Message for Turn {
    fn route(&mut self) -> Route<'_> {
        match self {
            Self::Answer(reply) => Route::call("turn", reply),
            Self::Ask(_, reply) => Route::call("turn", reply),
        }
    }
}

impl Declared for Member {
    const ID: ServiceId = ServiceId::new(module_path!(), "Member", Layer::Application);
    const OPTIONS: Options = Options::DEFAULT.no_call_timeout();
}

impl Service for Member {
    type Handle = Handle<Self>;
    type Args = ();
    type Message = Turn;
    type Myself = Myself<Self>;
    const HANDLERS: &'static [HandlerMeta] = &[];

    async fn init((): (), _: &mut Context<Self>) -> Initialized<Self> {
        Ok(Init::Run(Self))
    }

    async fn handle(&mut self, message: Turn, cx: &mut Context<Self>) {
        match message {
            Turn::Answer(reply) => reply.answer(1),
            Turn::Ask(to, reply) => {
                let other = Self::via_key(cx.namespace(), &to);
                let call: Call<Self, u64> = other.call(Turn::Answer);
                match call.await {
                    Ok(_) => reply.answer(false),
                    Err(CallError::Deadlock(_)) => reply.answer(true),
                    // Dropped, it fails the test.
                    Err(_) => drop(reply),
                }
            }
        }
    }
}

/// Each member calls the next one, all at the same time.
fn members_who_call_each_other(keys: &'static [&'static str]) {
    let closed = Arc::new(AtomicUsize::new(0));
    let found = closed.clone();
    explore(move || {
        let closed = closed.clone();
        async move {
            let namespace = namespace();
            let children = keys
                .iter()
                .map(|key| ChildSpec::keyed_service::<Member, _>(*key, *key, || ()));
            let spec = SupervisorSpec::new(Strategy::OneForOne).children(children);
            let root = spec.start("Ring", namespace.clone()).await.unwrap();
            let next = keys.iter().cycle().skip(1);
            let asking: Vec<_> = keys
                .iter()
                .zip(next)
                .map(|(key, next)| {
                    let member = Member::via_key(&namespace, key);
                    let call: Call<Member, bool> = member.call(|reply| Turn::Ask(next, reply));
                    spawn(call)
                })
                .collect();
            let mut rings = 0;
            for asking in asking {
                rings += usize::from(asking.await.unwrap());
            }
            closed.fetch_add(rings, Ordering::SeqCst);
            root.stop(ExitReason::Shutdown).await;
            assert_eq!(namespace.process_count(), 0);
        }
    });
    let found = found.load(Ordering::SeqCst);
    assert!(found > 0, "no schedule closed the ring");
}

#[test]
fn two_who_call_each_other_never_hang() {
    members_who_call_each_other(&["a", "b"]);
}

#[test]
fn three_who_call_each_other_never_hang() {
    members_who_call_each_other(&["a", "b", "c"]);
}
