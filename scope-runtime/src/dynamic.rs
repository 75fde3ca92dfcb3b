//! Dynamic children: instances of one service that come by request.

use std::fmt;
use std::marker::PhantomData;

use crate::blueprint::Blueprint;
use crate::builder::override_instance;
use crate::carry::Carry;
use crate::child_spec::{ChildSpec, Settings};
use crate::exit::ExitReason;
use crate::handle::Handle;
use crate::instance::{Passivation, Under, service_spec};
use crate::joined::numbered;
use crate::registry::{Key, ServiceExt, new_service_slot, service_slot};
use crate::reply::Failure;
use crate::rt::{Arc, Numbers, Runtime};
use crate::service::Service;
use crate::slot::{Control, Slot};
use crate::supervisor::{SupervisorError, SupervisorHandle};
use crate::tree::Node;

/// What an instance of a dynamic child may be started with: it is kept for restarts, which may run on any thread.
///
/// Every type that is `Clone + Send + Sync` and borrows nothing implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't start an instance of a dynamic child",
    label = "not `Clone + Send + Sync`, or it borrows",
    note = "it is kept for restarts: derive `Clone`, and use fields that threads can share, such as an `Arc`"
)]
pub trait StartArgument: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<A: Clone + Send + Sync + 'static> StartArgument for A {}

/// How a dynamic supervisor makes an instance's arguments from what it is started with.
pub(crate) struct Template<S: Service, K> {
    node: Option<&'static Node>,
    settings: Settings,
    /// What the ids of instances begin with that have no key.
    id: Arc<str>,
    args: Box<dyn Fn(K) -> S::Args + Send + Sync>,
}

impl<S: Service, K: StartArgument> Template<S, K> {
    pub(crate) fn new(
        node: Option<&'static Node>,
        args: impl Fn(K) -> S::Args + Send + Sync + 'static,
    ) -> Self {
        let mut settings = Blueprint::of::<S>().settings.clone();
        if let Some(node) = node {
            override_instance(&mut settings, node);
        }
        Self {
            node,
            settings: Settings::Own(Arc::new(settings)),
            id: S::NAME.into(),
            args: Box::new(args),
        }
    }
}

/// The instances of a dynamic child, each started with an `A`.
///
/// Cheap to clone; it survives restarts of the supervisor, its instances do not.
///
/// # OTP
/// A `simple_one_for_one` supervisor; Elixir's `DynamicSupervisor`.
pub struct Dynamic<S, A> {
    supervisor: SupervisorHandle,
    service: PhantomData<fn(A) -> S>,
}

/// The key of an instance that has none of its own.
#[derive(Clone, PartialEq, Eq, Hash)]
struct InstanceNumber(u64);

impl fmt::Debug for InstanceNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S, A> Dynamic<S, A> {
    pub(crate) fn new(supervisor: SupervisorHandle) -> Self {
        Self {
            supervisor,
            service: PhantomData,
        }
    }
}

impl<S: Service, A: StartArgument> Dynamic<S, A> {
    /// Starts one more instance; its handle survives its restarts.
    ///
    /// # Errors
    /// - [`SupervisorError::MaxChildren`]: there are as many as there may be.
    /// - [`SupervisorError::StartFailed`]: its `init` failed; nothing is left of it.
    /// - [`SupervisorError::NoProc`]: the supervisor does not run.
    ///
    /// # Cancel safety
    /// Once polled, the instance is started, whether or not anybody waits.
    ///
    /// # OTP
    /// `supervisor:start_child/2`.
    pub async fn start(&self, args: A) -> Result<S::Handle, SupervisorError> {
        static NEXT: Numbers = Numbers::new();
        let template = template::<S, A>(&self.supervisor)?;
        let key = InstanceNumber(NEXT.next());
        // Held from before the start, so that the handle refers to the instance's own slot.
        let (namespace, label) = (self.supervisor.namespace(), numbered(&[], key.0));
        let slot = new_service_slot(Blueprint::of::<S>(), namespace, &key, label);
        // It keeps what it is started with for its restarts.
        let (id, settings) = (template.id.clone(), template.settings.clone());
        let make = move |_: &Under<InstanceNumber>| (template.args)(args.clone());
        let spec = service_spec::<S, _>(id, settings, Under(key), make, None);
        self.supervisor
            .start_in(spec, Carry::Slot(slot.clone()))
            .await?;
        Ok(Handle::of_slot(slot).into())
    }

    /// The supervisor of the instances.
    pub fn supervisor(&self) -> &SupervisorHandle {
        &self.supervisor
    }
}

/// The instances of a dynamic child that are told apart by a key: at most one for each.
///
/// Cheap to clone; it survives restarts of the supervisor, its instances do not.
///
/// # OTP
/// A `DynamicSupervisor` together with a `Registry` for its children.
pub struct Keyed<S, K> {
    supervisor: SupervisorHandle,
    service: PhantomData<fn(K) -> S>,
}

impl<S, K> Keyed<S, K> {
    pub(crate) fn new(supervisor: SupervisorHandle) -> Self {
        Self {
            supervisor,
            service: PhantomData,
        }
    }
}

impl<S: Service, K: Key> Keyed<S, K> {
    /// The handle of the instance with this key, which is started if it does not run.
    ///
    /// Of several racing requests one starts it, and all get the same instance. With `idle`, the
    /// handle reaches a successor after the instance was passivated.
    ///
    /// # Errors
    /// As [`Dynamic::start`].
    ///
    /// # Cancel safety
    /// Once polled, the instance is started, whether or not anybody waits.
    pub async fn get_or_start(&self, key: K) -> Result<S::Handle, SupervisorError> {
        // Held from before the start, so that the handle refers to the instance's own slot.
        let slot = service_slot(Blueprint::of::<S>(), self.supervisor.namespace(), &key);
        if slot.occupant().is_none_or(|process| process.is_ending()) {
            let template = template::<S, K>(&self.supervisor)?;
            let label = slot
                .spec()
                .key
                .clone()
                .unwrap_or_else(|| template.id.clone());
            let spec = keyed_spec(&self.supervisor, &template, label.clone(), key);
            self.supervisor
                .start_keyed_in(label, spec, Carry::Slot(slot.clone()))
                .await?;
        }
        Ok(Handle::of_slot(slot).into())
    }

    /// The handle of the instance with this key, if it runs.
    pub fn lookup(&self, key: &K) -> Option<S::Handle> {
        S::lookup_key(self.supervisor.namespace(), key)
    }

    /// Stops the instance with this key in order, and forgets it; false if it did not run.
    /// One that failed and waits for its restart is not restarted.
    ///
    /// It comes back with [`Self::get_or_start`] only.
    ///
    /// # Errors
    /// [`SupervisorError::NoProc`]: the supervisor does not run.
    pub async fn stop(&self, key: &K) -> Result<bool, SupervisorError> {
        let slot = service_slot(Blueprint::of::<S>(), self.supervisor.namespace(), key);
        // Also of one that is passive: the next message does not bring it back.
        let activator = slot.with_control(Control::take_activator);
        drop(activator);
        let id = slot.spec().key.clone();
        let id = id.unwrap_or_else(|| Arc::from(S::NAME));
        self.supervisor.stop_keyed(id).await
    }

    /// The supervisor of the instances.
    pub fn supervisor(&self) -> &SupervisorHandle {
        &self.supervisor
    }
}

/// What the supervisor that runs there now makes its instances from.
fn template<S: Service, K: Send + Sync + 'static>(
    supervisor: &SupervisorHandle,
) -> Result<Arc<Template<S, K>>, SupervisorError> {
    supervisor
        .attachment()
        .and_then(|template| template.downcast::<Template<S, K>>().ok())
        .ok_or(SupervisorError::NoProc)
}

fn keyed_spec<S: Service, K: Key>(
    supervisor: &SupervisorHandle,
    template: &Arc<Template<S, K>>,
    label: Arc<str>,
    key: K,
) -> ChildSpec {
    let passivation = template.node.and_then(|node| node.idle).map(|after| {
        let (supervisor, template, key) = (supervisor.clone(), template.clone(), key.clone());
        let activate = Arc::new(move |runtime: &Runtime| {
            activate::<S, K>(runtime, &supervisor, &template, &key);
        });
        Box::new(Passivation { after, activate })
    });
    let (settings, template) = (template.settings.clone(), template.clone());
    let make = move |Under(key): &Under<K>| (template.args)(key.clone());
    service_spec::<S, _>(label, settings, Under(key), make, passivation)
}

/// Starts the instance for which messages wait; if that fails, they are handed back.
fn activate<S: Service, K: Key>(
    runtime: &Runtime,
    supervisor: &SupervisorHandle,
    template: &Arc<Template<S, K>>,
    key: &K,
) {
    let slot = service_slot(Blueprint::of::<S>(), supervisor.namespace(), key);
    // From here on whoever waits learns of a failure, also of a key that panics.
    let mut activation = Activation {
        slot: Some(slot.clone()),
    };
    let label = slot
        .spec()
        .key
        .clone()
        .unwrap_or_else(|| template.id.clone());
    let spec = keyed_spec(supervisor, template, label.clone(), key.clone());
    let (carry, supervisor) = (Carry::Slot(slot), supervisor.clone());
    runtime.run_there(async move {
        match supervisor.start_keyed_in(label, spec, carry).await {
            // After a failure it comes by itself, and the messages wait for it.
            Ok(_) | Err(SupervisorError::Restarting) => activation.end(),
            Err(error) => activation.fail(failure_of(error)),
        }
    });
}

/// The start of an instance for which messages wait. Dropped before its end, its runtime is gone.
struct Activation {
    slot: Option<Arc<Slot>>,
}

impl Activation {
    /// Somebody takes the messages.
    fn end(&mut self) {
        self.slot = None;
    }

    /// Hands the messages back.
    fn fail(&mut self, failure: Failure) {
        if let Some(slot) = self.slot.take() {
            slot.abandon(Some(failure));
        }
    }
}

impl Drop for Activation {
    fn drop(&mut self) {
        self.fail(Failure::NoProc);
    }
}

/// What the senders learn whose messages waited.
fn failure_of(error: SupervisorError) -> Failure {
    match error {
        SupervisorError::MaxChildren => Failure::Overloaded,
        SupervisorError::NoProc => Failure::NoProc,
        SupervisorError::StartFailed(reason) => Failure::Exited(reason),
        other => Failure::Exited(ExitReason::error(other)),
    }
}

impl<S, A> Clone for Dynamic<S, A> {
    fn clone(&self) -> Self {
        Self {
            supervisor: self.supervisor.clone(),
            service: PhantomData,
        }
    }
}

impl<S, A> fmt::Debug for Dynamic<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dynamic({})", self.supervisor.path())
    }
}

impl<S, K> Clone for Keyed<S, K> {
    fn clone(&self) -> Self {
        Self {
            supervisor: self.supervisor.clone(),
            service: PhantomData,
        }
    }
}

impl<S, K> fmt::Debug for Keyed<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyed({})", self.supervisor.path())
    }
}

impl<S: Service, K> fmt::Debug for Template<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Template({})", S::NAME)
    }
}
