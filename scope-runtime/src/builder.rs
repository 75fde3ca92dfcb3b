//! From a declared tree to a running one: what `supervisor!` expands to.

use std::future::Future;

use crate::blueprint::Blueprint;
use crate::child_spec::{ChildSettings, ChildSpec, Settings, TaskOutput};
use crate::dynamic::{Dynamic, Keyed, StartArgument, Template};
use crate::instance::{Declared, service_spec};
use crate::namespace::Namespace;
use crate::partition::Partition;
use crate::registry::{Key, ServiceExt};
use crate::rt::Arc;
use crate::running::Starting;
use crate::service::Service;
use crate::supervisor::{Strategy, SupervisorHandle, SupervisorInit, SupervisorSpec};
use crate::tasks::Tasks;
use crate::tree::{Node, NodeKind, Tree};

/// A declared supervisor: its tree, and how to make it run.
///
/// `supervisor!` implements it for the type it declares.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a supervisor",
    label = "not declared with `supervisor!`",
    note = "declare it: `supervisor! {{ supervisor {Self} {{ strategy: one_for_one, ... }} }}`"
)]
pub trait SupervisorTree: Sized + Clone + Send + Sync + 'static {
    /// Its parameters, as a tuple.
    type Args: Send + Sync + 'static;
    /// The declared tree.
    const TREE: &'static Tree;

    /// The supervisor spec: a plain value that can be started, or made a child of another one.
    fn spec(args: Self::Args) -> SupervisorSpec;

    /// The typed view of a running supervisor.
    fn view(supervisor: SupervisorHandle) -> Self;

    /// The view of the tree that runs, or will run, in a namespace under its own name: how a
    /// service of the tree reaches its dynamic children and tasks.
    ///
    /// # Examples
    /// `Shop::via(cx.namespace()).carts().get_or_start(id)`, in a handler.
    fn via(namespace: &Namespace) -> Self {
        Self::view(SupervisorHandle::at(namespace, Self::TREE.name))
    }

    /// Starts it in a namespace, on the current runtime.
    fn starting(namespace: Namespace, args: Self::Args) -> Starting<Self> {
        Starting::new(namespace, args)
    }
}

/// What may be a parameter of a supervisor: every incarnation of a child reads it, on whatever thread.
///
/// Every type that is `Send + Sync` and borrows nothing implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be a parameter of a supervisor",
    label = "threads can't share it, or it borrows",
    note = "every incarnation of a child reads it, on whatever thread: use types that are `Send + Sync`, such as a `Mutex` instead of a `Cell`"
)]
pub trait Parameter: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<P: Send + Sync + 'static> Parameter for P {}

/// An argument of a child that is taken from a parameter as it stands, `options.port`: a copy, as the next incarnation
/// needs it too.
#[diagnostic::on_unimplemented(
    message = "this argument would be moved out of the parameters, which the next incarnation needs too; write `.clone()` behind it",
    label = "`{Self}` is not `Copy`"
)]
pub trait Copied: Sized {
    /// The copy.
    #[must_use = "it is a copy"]
    fn copied(&self) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Copy> Copied for T {
    fn copied(&self) -> Self {
        *self
    }
}

/// Puts the children of a declared tree together, in start order.
///
/// Strategy, limits and each child's overrides come from the tree; the closures make the
/// arguments, anew for every incarnation.
///
/// # Examples
/// ```
/// use scope_runtime::{Node, Strategy, Tree, TreeBuilder};
///
/// const TREE: &Tree =
///     &Tree::new("Clock", Strategy::OneForOne).children(&[Node::task("tick")]);
/// let spec = TreeBuilder::new(TREE, ("tock",))
///     .task("tick", |(text,)| {
///         let text = *text;
///         async move { println!("{text}") }
///     })
///     .build();
/// assert!(spec.check().is_ok());
/// ```
#[derive(Debug)]
#[must_use = "call `build` to get the spec"]
pub struct TreeBuilder<A> {
    tree: &'static Tree,
    args: Arc<A>,
    children: Vec<ChildSpec>,
}

impl<A: Send + Sync + 'static> TreeBuilder<A> {
    /// Starts with no children, and the arguments that every child's closure sees.
    pub fn new(tree: &'static Tree, args: A) -> Self {
        Self::nested(tree, Arc::new(args))
    }

    fn nested(tree: &'static Tree, args: Arc<A>) -> Self {
        Self {
            tree,
            args,
            children: Vec::with_capacity(tree.children.len()),
        }
    }

    /// Adds a service.
    pub fn service<S: Service>(
        self,
        id: &'static str,
        make: impl Fn(&A) -> S::Args + Send + Sync + 'static,
    ) -> Self {
        let args = self.args.clone();
        let make = move |_: &Declared| make(&args);
        let place = Declared(self.tree.child(id).and_then(|node| node.key));
        let settings = Settings::Of(&Blueprint::of::<S>().settings);
        let spec = service_spec::<S, _>(id.into(), settings, place, make, None);
        self.add(id, spec)
    }

    /// Adds a supervisor of instances that come by request, each with the arguments `K`.
    pub fn dynamic<S: Service, K: StartArgument>(
        self,
        id: &'static str,
        make: impl Fn(&A, K) -> S::Args + Send + Sync + 'static,
    ) -> Self {
        self.add_dynamic::<S, K>(id, make)
    }

    /// Adds a supervisor of instances that come by request, at most one for each key.
    pub fn keyed<S: Service, K: Key>(
        self,
        id: &'static str,
        make: impl Fn(&A, K) -> S::Args + Send + Sync + 'static,
    ) -> Self {
        self.add_dynamic::<S, K>(id, make)
    }

    fn add_dynamic<S: Service, K: StartArgument>(
        self,
        id: &'static str,
        make: impl Fn(&A, K) -> S::Args + Send + Sync + 'static,
    ) -> Self {
        let node = self.tree.child(id);
        let args = self.args.clone();
        let template = Template::<S, K>::new(node, move |start: K| make(&args, start));
        let spec = ChildSpec::supervisor(id, dynamic_spec(node)).attach(Arc::new(template));
        // Overrides are those of the instances.
        self.push(spec)
    }

    /// Adds a supervisor of tasks that come by request. Overrides are the supervisor's own.
    pub fn tasks(self, id: &'static str) -> Self {
        let spec = ChildSpec::supervisor(id, dynamic_spec(self.tree.child(id)));
        self.add(id, spec)
    }

    /// Adds a fixed number of instances of a service, each with its index as key.
    pub fn partition<S: Service>(
        self,
        id: &'static str,
        make: impl Fn(&A, usize) -> S::Args + Send + Sync + 'static,
    ) -> Self {
        let node = self.tree.child(id);
        let partitions = match node.map(|node| node.kind) {
            Some(NodeKind::Partition(_, partitions)) => partitions,
            _ => 1,
        };
        let make = Arc::new(make);
        let children = (0..partitions).map(|index| {
            let (args, make) = (self.args.clone(), make.clone());
            let make = move || make(&args, index);
            let mut spec = ChildSpec::keyed_service::<S, usize>(index.to_string(), index, make);
            if let Some(node) = node {
                spec.set(|settings| override_instance(settings, node));
            }
            spec
        });
        let mut spec = SupervisorSpec::new(Strategy::OneForOne).children(children);
        if let Some(intensity) = node.and_then(|node| node.intensity) {
            spec = spec.intensity(intensity);
        }
        // Overrides are those of the instances.
        self.push(ChildSpec::supervisor(id, spec))
    }

    /// Adds a nested supervisor that is declared in place.
    pub fn supervisor(self, id: &'static str, build: impl FnOnce(Self) -> Self) -> Self {
        let tree = match self.tree.child(id).map(|node| node.kind) {
            Some(NodeKind::Supervisor(tree)) => tree,
            _ => &const { Tree::new("supervisor", Strategy::OneForOne) },
        };
        let nested = build(Self::nested(tree, self.args.clone()));
        let spec = ChildSpec::supervisor(id, nested.build());
        self.add(id, spec)
    }

    /// Adds a nested supervisor that is declared elsewhere.
    pub fn subtree<T: SupervisorTree>(
        self,
        id: &'static str,
        make: impl Fn(&A) -> T::Args + Send + Sync + 'static,
    ) -> Self {
        let args = self.args.clone();
        let init = move || SupervisorInit::Supervise(T::spec(make(&args)));
        self.add(id, ChildSpec::supervisor_with(id, init))
    }

    /// Adds a plain task.
    pub fn task<F>(self, id: &'static str, make: impl Fn(&A) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output: TaskOutput> + Send + 'static,
    {
        let args = self.args.clone();
        self.add(id, ChildSpec::task(id, move || make(&args)))
    }

    /// The finished spec.
    pub fn build(self) -> SupervisorSpec {
        SupervisorSpec::new(self.tree.strategy)
            .intensity(self.tree.intensity)
            .auto_shutdown(self.tree.auto_shutdown)
            .children(self.children)
    }

    fn add(self, id: &'static str, spec: ChildSpec) -> Self {
        let spec = match self.tree.child(id) {
            Some(node) => override_child(spec, node),
            None => spec,
        };
        self.push(spec)
    }

    fn push(mut self, spec: ChildSpec) -> Self {
        self.children.push(spec);
        self
    }
}

/// What a declared child says about its spec.
fn override_child(mut spec: ChildSpec, node: &Node) -> ChildSpec {
    spec.set(|settings| {
        override_instance(settings, node);
        settings.significant |= node.significant;
    });
    spec
}

/// What a declared child says about each of its instances.
pub(crate) fn override_instance(settings: &mut ChildSettings, node: &Node) {
    if let Some(restart) = node.restart {
        settings.restart = restart;
    }
    if let Some(shutdown) = node.shutdown {
        settings.shutdown = shutdown;
    }
    if let Some(limit) = node.start_timeout {
        settings.start_timeout = limit;
    }
    #[cfg(feature = "retry")]
    if let Some((shortest, longest)) = node.backoff {
        settings.backoff = Some(crate::Backoff::new(shortest, longest));
    }
}

fn dynamic_spec(node: Option<&'static Node>) -> SupervisorSpec {
    let mut spec = SupervisorSpec::dynamic().max_children(node.and_then(|node| node.max_children));
    if let Some(intensity) = node.and_then(|node| node.intensity) {
        spec = spec.intensity(intensity);
    }
    spec
}

/// What the accessors of a declared tree use.
impl SupervisorHandle {
    /// The handle of a service of this tree's namespace.
    pub fn service<S: Service>(&self) -> S::Handle {
        S::via(self.namespace())
    }

    /// The handle of a service that is registered under a key.
    pub fn keyed_service<S: Service, K: Key>(&self, key: &K) -> S::Handle {
        S::via_key(self.namespace(), key)
    }

    /// The tasks child with this id.
    pub fn tasks(&self, id: &str) -> Tasks {
        Tasks::new(self.supervisor(id))
    }

    /// The dynamic child with this id, whose instances each start with an `A`.
    pub fn dynamic<S, A>(&self, id: &str) -> Dynamic<S, A> {
        Dynamic::new(self.supervisor(id))
    }

    /// The dynamic child with this id, whose instances are told apart by a `K`.
    pub fn keyed<S, K>(&self, id: &str) -> Keyed<S, K> {
        Keyed::new(self.supervisor(id))
    }

    /// The partitioned child of this tree's namespace.
    pub fn partition<S>(&self, partitions: usize) -> Partition<S> {
        Partition::new(self.namespace().clone(), partitions)
    }
}
