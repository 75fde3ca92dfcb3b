//! What a test gets: a namespace of its own, and trees that the kit stops.

use std::panic::Location;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use scope_runtime::{
    ChildSpec, Intensity, Namespace, Service, ServiceExt, StartError, Strategy, SupervisorHandle,
    SupervisorSpec, SupervisorTree,
};

use crate::kit::Kit;

/// So many that no test makes its own supervisor give up, and few enough that a service that
/// always crashes ends the test.
const CRASHES: Intensity = Intensity::new(1_000, Duration::from_secs(1));

/// A test's own namespace, and the way to start services in it.
///
/// Clones are the same context. All that is started through it belongs to the kit and is stopped
/// when the test's function has returned or panicked, in reverse order.
///
/// # Examples
/// ```
/// use scope_runtime::{ChildSpec, Strategy, SupervisorSpec};
/// use scope_test::{Settings, TestContext, run};
///
/// run(Settings::new("pumps"), async |cx: TestContext| {
///     let pump = ChildSpec::task("pump", || std::future::pending::<()>());
///     let spec = SupervisorSpec::new(Strategy::OneForOne).child(pump);
///     let pumps = cx.start_spec("Pumps", spec).await;
///     assert_eq!(pumps.count_children().await.unwrap().active, 1);
/// });
/// ```
#[derive(Clone, Debug)]
pub struct TestContext {
    kit: Arc<Kit>,
}

impl TestContext {
    pub(crate) fn new(kit: Arc<Kit>) -> Self {
        Self { kit }
    }

    /// The test's own namespace: no other test of this program ever has it.
    pub fn namespace(&self) -> &Namespace {
        self.kit.namespace()
    }

    /// Starts a declared tree; done when all of its children have started.
    ///
    /// # Panics
    /// If it does not start.
    ///
    /// # Cancel safety
    /// Dropping the future stops what had started, in order.
    #[track_caller]
    pub fn start<T: SupervisorTree>(&self, args: T::Args) -> impl Future<Output = T> + use<T> {
        let (cx, place) = (self.clone(), Location::caller());
        async move { started(cx.try_start::<T>(args).await, T::TREE.name, place) }
    }

    /// Starts a declared tree; for tests of a start that fails.
    ///
    /// # Errors
    /// As [`SupervisorSpec::start`].
    ///
    /// # Cancel safety
    /// Dropping the future stops what had started, in order.
    pub async fn try_start<T: SupervisorTree>(&self, args: T::Args) -> Result<T, StartError> {
        let supervisor = self.try_start_spec(T::TREE.name, T::spec(args)).await?;
        Ok(T::view(supervisor))
    }

    /// Starts a supervisor from its spec.
    ///
    /// # Panics
    /// If it does not start.
    ///
    /// # Cancel safety
    /// Dropping the future stops what had started, in order.
    #[track_caller]
    pub fn start_spec(
        &self,
        name: &str,
        spec: SupervisorSpec,
    ) -> impl Future<Output = SupervisorHandle> + use<> {
        let (cx, name, place) = (self.clone(), name.to_owned(), Location::caller());
        async move { started(cx.try_start_spec(&name, spec).await, &name, place) }
    }

    /// Starts a supervisor from its spec; for tests of a start that fails.
    ///
    /// # Errors
    /// As [`SupervisorSpec::start`].
    ///
    /// # Cancel safety
    /// Dropping the future stops what had started, in order.
    pub async fn try_start_spec(
        &self,
        name: &str,
        spec: SupervisorSpec,
    ) -> Result<SupervisorHandle, StartError> {
        let root = spec.start(name, self.namespace().clone()).await?;
        let handle = root.handle().clone();
        self.kit.own(root);
        Ok(handle)
    }

    /// Starts one service under a supervisor of its own, with the restart policy that the service
    /// declares, and room for a thousand crashes in a second.
    ///
    /// Every incarnation starts with a clone of `args`.
    ///
    /// # Panics
    /// If it does not start.
    ///
    /// # Cancel safety
    /// Dropping the future stops the service.
    #[track_caller]
    pub fn service<S>(&self, args: S::Args) -> impl Future<Output = S::Handle> + use<S>
    where
        S: Service<Args: Clone>,
    {
        let (cx, place) = (self.clone(), Location::caller());
        async move { started(cx.try_service::<S>(args).await, S::ID.name, place) }
    }

    /// Starts one service as [`Self::service`] does; for tests of a start that fails.
    ///
    /// # Errors
    /// As [`SupervisorSpec::start`].
    ///
    /// # Cancel safety
    /// Dropping the future stops the service.
    pub async fn try_service<S>(&self, args: S::Args) -> Result<S::Handle, StartError>
    where
        S: Service<Args: Clone>,
    {
        // The lock spares users a bound: arguments need not be `Sync`.
        let args = Mutex::new(args);
        let make = move || args.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let spec = SupervisorSpec::new(Strategy::OneForOne)
            .intensity(CRASHES)
            .child(ChildSpec::service::<S>(S::ID.name, make));
        // Services of one name, from two modules or of two types of one generic, are apart.
        let name = format!("service{}", self.kit.next_service());
        self.try_start_spec(&name, spec).await?;
        Ok(S::via(self.namespace()))
    }
}

fn started<T>(result: Result<T, StartError>, name: &str, place: &Location<'_>) -> T {
    match result {
        Ok(started) => started,
        Err(error) => panic!("{place}: `{name}` did not start: {error}"),
    }
}
