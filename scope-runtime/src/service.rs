//! What a service is: the traits that `#[service]` and `#[handlers]` implement.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::future::{Future, poll_fn};
use std::task::Poll;

use crate::context::Context;
use crate::exit::ExitReason;
use crate::handle::Handle;
use crate::health::{CheckOutcome, HealthCheck};
use crate::message::{HandlerMeta, Message};
use crate::options::{Options, ServiceId};
use crate::timer::Timer;
use crate::tree::Declaration;

/// What `#[service]` declares about a struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service; put `#[service]` on it",
    label = "this type has no `#[service]`"
)]
pub trait Declared: Sized {
    /// Its module, name and layer.
    const ID: ServiceId;
    /// Its options.
    const OPTIONS: Options = Options::DEFAULT;
    /// What it requires.
    const REQUIRES: &'static [ServiceId] = &[];
    /// What it has to be restarted with: no tree compiles in which one of these is restarted alone.
    const FOLLOWS: &'static [ServiceId] = &[];
    /// The name that people read.
    const NAME: &'static str = match Self::OPTIONS.name {
        Some(name) => name,
        None => Self::ID.name,
    };

    /// The state as [`Handle::inspect`] shows it; `#[service(debug)]` gives the struct itself.
    fn debug(&self) -> Option<&dyn fmt::Debug> {
        None
    }
}

/// An actor: what `#[handlers]` makes of an impl block.
///
/// # OTP
/// A `gen_server` callback module.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no handlers; put `#[service]` on the struct, and `#[handlers]` on an `impl {Self}`, even an empty one",
    label = "no `#[handlers]` block makes this a service",
    note = "a supervisor is a child as `supervisor {Self}()`"
)]
pub trait Service: Declared + Send + 'static {
    /// The typed client, such as `LedgerHandle`.
    type Handle: From<Handle<Self>> + Clone + Send + Sync + 'static;
    /// What the service sends to itself through, see [`Context::myself`].
    type Myself: From<Handle<Self>>;
    /// The arguments of `init`, as a tuple.
    type Args: Send + 'static;
    /// Its messages.
    type Message: Message;
    /// Its handlers, in the order of the source.
    const HANDLERS: &'static [HandlerMeta];
    /// Its timers.
    const TIMERS: &'static [Timer<Self::Message>] = &[];
    /// Its health checks, in the order of the source.
    const CHECKS: &'static [HealthCheck] = &[];
    /// What trees know of it.
    const DECLARATION: Declaration = Declaration::of::<Self>();

    /// Makes the state of a new incarnation.
    fn init(
        args: Self::Args,
        cx: &mut Context<Self>,
    ) -> impl Future<Output = Initialized<Self>> + Send;

    /// Handles one message.
    fn handle(
        &mut self,
        message: Self::Message,
        cx: &mut Context<Self>,
    ) -> impl Future<Output = ()> + Send;

    /// Handles a message whose handler does not await; gives any other back, for [`Self::handle`].
    ///
    /// Every message is offered here first: without a future a handler costs less. What this leaves out, which is
    /// everything by default, is only dearer. `examples/by_hand.rs` has one of each.
    fn handle_now(
        &mut self,
        message: Self::Message,
        _cx: &mut Context<Self>,
    ) -> Option<Self::Message> {
        Some(message)
    }

    /// Runs once after `init`, when the supervisor already goes on, and before any message.
    ///
    /// # OTP
    /// `handle_continue/2`.
    fn after_init(&mut self, _cx: &mut Context<Self>) -> impl Future<Output = Continue> + Send {
        // Of no size: to box it allocates nothing.
        poll_fn(|_| Poll::Ready(Ok(())))
    }

    /// Runs before the incarnation ends: on a stop and after a crash, but not after its own kill.
    fn terminate(
        &mut self,
        _reason: &ExitReason,
        _cx: &mut Context<Self>,
    ) -> impl Future<Output = ()> + Send {
        poll_fn(|_| Poll::Ready(()))
    }

    /// Runs the health check with this name, one of [`Self::CHECKS`].
    fn check(
        &mut self,
        _name: &'static str,
        _cx: &mut Context<Self>,
    ) -> impl Future<Output = CheckOutcome> + Send {
        std::future::ready(CheckOutcome::Passed)
    }

    /// How many bytes it says it uses; `None` if it does not say.
    fn memory(&self) -> Option<u64> {
        None
    }

    /// Turns a message of a type known only at run time into one of the service's.
    ///
    /// # Errors
    /// Gives the message back if no `#[info]` handler takes it.
    fn info(info: AnyInfo) -> Result<Self::Message, AnyInfo> {
        Err(info)
    }
}

/// What may be the state of a service: it can change threads, and borrows nothing.
///
/// Every type that is `Send` and borrows nothing implements it. The expansion of `#[handlers]` asks
/// for it by this name, so that a struct which is not is reported at its name.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not `Send`, and a service runs on any thread; use fields that are, such as an `Arc` instead of an `Rc`",
    label = "a field of this service is not `Send`, or borrows"
)]
pub trait State: Send + 'static {}

#[diagnostic::do_not_recommend]
impl<S: Send + 'static> State for S {}

/// `Self` takes messages of type `T` through an `#[info]` handler.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[info]` handler for `{T}`; add `#[info] fn on_it(&mut self, it: {T})`",
    label = "no handler for this message"
)]
pub trait Accepts<T>: Service {
    /// The service's own message for it.
    fn message(info: T) -> Self::Message;
}

/// A message that an `#[info]` handler of `S` takes: [`Accepts`], as a property of the message.
///
/// A method that takes any such message asks for this one, for the compiler knows what the message is before it tells
/// that nobody takes it.
#[diagnostic::on_unimplemented(
    message = "`{S}` has no `#[info]` handler for `{Self}`; add `#[info] fn on_it(&mut self, it: {Self})`",
    label = "no handler for this message"
)]
pub trait InfoFor<S: Service> {
    /// The service's own message for it.
    fn into_message(self) -> S::Message;
}

#[diagnostic::do_not_recommend]
impl<S: Accepts<T>, T> InfoFor<S> for T {
    fn into_message(self) -> S::Message {
        S::message(self)
    }
}

/// `Self` declares that it requires service `S`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not require `{S}`; write `#[service(requires({S}))]`, or `cx.myself()` if this is itself",
    label = "this service is not declared as a requirement"
)]
pub trait Requires<S>: Declared {}

/// What `init` may answer: run, or nothing to run.
///
/// # OTP
/// `{ok, State}` and `ignore`.
#[derive(Debug)]
pub enum Init<S> {
    /// Run with this state.
    Run(S),
    /// There is nothing to run: the start succeeds without an instance.
    Ignore,
}

/// What came of `init`.
pub type Initialized<S> = Result<Init<S>, ExitReason>;

/// What an `#[init]` function may return: the state, an [`Init`], or a result of either.
#[diagnostic::on_unimplemented(
    message = "`#[init]` can't return `{Self}`; return `Self`, `Init<Self>`, or a `Result` of either",
    label = "not the state of the service"
)]
pub trait IntoInit<S> {
    /// The runtime's form of it.
    #[expect(
        clippy::missing_errors_doc,
        reason = "the error is the failure of `init`"
    )]
    fn into_init(self) -> Initialized<S>;
}

impl<S: Declared> IntoInit<S> for S {
    fn into_init(self) -> Initialized<S> {
        Ok(Init::Run(self))
    }
}

impl<S: Declared> IntoInit<S> for Init<S> {
    fn into_init(self) -> Initialized<S> {
        Ok(self)
    }
}

impl<S, T, E> IntoInit<S> for Result<T, E>
where
    T: IntoInit<S>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    fn into_init(self) -> Initialized<S> {
        self.map_err(ExitReason::error)?.into_init()
    }
}

/// What came of `after_init`: go on, or end with a reason.
pub type Continue = Result<(), ExitReason>;

/// What an `#[after_init]` function may return: nothing, or a result whose error ends the service.
#[diagnostic::on_unimplemented(
    message = "`#[after_init]` can't return `{Self}`; return nothing, or a `Result<(), E>` whose error ends the service",
    label = "not nothing, and not a `Result`"
)]
pub trait IntoContinue {
    /// The runtime's form of it.
    #[expect(
        clippy::missing_errors_doc,
        reason = "the error is the failure of `after_init`"
    )]
    fn into_continue(self) -> Continue;
}

impl IntoContinue for () {
    fn into_continue(self) -> Continue {
        Ok(())
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> IntoContinue for Result<(), E> {
    fn into_continue(self) -> Continue {
        self.map_err(ExitReason::error)
    }
}

/// What a handler without a caller may return: nothing, or a result whose error is logged.
#[diagnostic::on_unimplemented(
    message = "a handler without a caller can't return `{Self}`; return nothing, or a `Result` whose error is logged: only `#[call]` answers",
    label = "nobody waits for this value"
)]
pub trait Done {
    /// The error to log, if there is one.
    fn error(&self) -> Option<&dyn fmt::Display>;
}

impl Done for () {
    fn error(&self) -> Option<&dyn fmt::Display> {
        None
    }
}

impl<T, E: fmt::Display> Done for Result<T, E> {
    fn error(&self) -> Option<&dyn fmt::Display> {
        self.as_ref()
            .err()
            .map(|error| -> &dyn fmt::Display { error })
    }
}

/// A message whose type is known only at run time.
#[derive(Debug)]
pub struct AnyInfo(Box<dyn Any + Send>);

impl AnyInfo {
    pub(crate) fn new(info: impl Any + Send) -> Self {
        Self(Box::new(info))
    }

    /// Wraps the message with `wrap` if it is a `T`.
    ///
    /// # Errors
    /// Gives it back if it is something else.
    pub fn offer<T: 'static, M>(self, wrap: impl FnOnce(T) -> M) -> Result<M, Self> {
        self.0.downcast::<T>().map(|info| wrap(*info)).map_err(Self)
    }
}
