//! Trees as data: what `supervisor!` declares, before anything runs.

use std::any::TypeId;
use std::time::Duration;

use crate::child_spec::{Restart, Shutdown};
use crate::namespace::Namespace;
use crate::options::{Options, SEED, ServiceId, hash};
use crate::registry::ServiceExt;
use crate::service::Service;
use crate::supervisor::{AutoShutdown, Intensity, Strategy};

/// A declared supervision tree: const data, `Shop::TREE`.
///
/// It prints as a drawing, and exports itself as Mermaid and Graphviz.
///
/// # Examples
/// ```
/// use scope_runtime::{Node, Strategy, Tree};
///
/// const SHOP: &Tree = &Tree::new("Shop", Strategy::RestForOne)
///     .children(&[Node::tasks("jobs").max_children(64), Node::task("pump")]);
/// assert_eq!(
///     SHOP.to_string(),
///     "Shop (rest_for_one, 1 restart in 5s)\n\
///      ├── jobs: tasks, at most 64\n\
///      └── pump: task\n"
/// );
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Tree {
    /// The supervisor's name; for a nested one its child id.
    pub name: &'static str,
    /// What a failed child takes along.
    pub strategy: Strategy,
    /// How many restarts are too many.
    pub intensity: Intensity,
    /// Whether it ends with its significant children.
    pub auto_shutdown: AutoShutdown,
    /// What the surroundings have to provide.
    pub requires: &'static [Declaration],
    /// Its children in start order.
    pub children: &'static [Node],
}

/// One child of a declared tree.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Node {
    /// Its id, unique in its supervisor.
    pub id: &'static str,
    /// What it is.
    pub kind: NodeKind,
    /// Whether it is a supervisor that was declared, and proved, by itself.
    pub subtree: bool,
    /// Overrides the service's own.
    pub restart: Option<Restart>,
    /// Overrides the service's own.
    pub shutdown: Option<Shutdown>,
    /// Overrides the service's own; `Some(None)` waits for ever.
    pub start_timeout: Option<Option<Duration>>,
    /// Whether its end may end its supervisor.
    pub significant: bool,
    /// The key it is registered under.
    pub key: Option<&'static str>,
    /// The shortest and the longest delay before a restart.
    pub backoff: Option<(Duration, Duration)>,
    /// How many instances it may have.
    pub max_children: Option<usize>,
    /// After how long without messages an instance ends.
    pub idle: Option<Duration>,
    /// The intensity of the supervisor that it is; of a service's none.
    pub intensity: Option<Intensity>,
    /// Tells most ids apart at once: proofs look for each child among all others.
    pub(crate) hash: u64,
}

/// What a child of a declared tree is.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum NodeKind {
    /// One instance of a service.
    Service(Declaration),
    /// Instances that come by request.
    Dynamic(Declaration, By),
    /// A fixed number of instances, among which keys are divided.
    Partition(Declaration, usize),
    /// A supervisor of tasks that come by request.
    Tasks,
    /// One task.
    Task,
    /// A nested supervisor.
    Supervisor(&'static Tree),
}

/// How instances of a dynamic child are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By who started them.
    Start,
    /// By a key of the named type.
    Key(&'static str),
}

/// What a tree knows of a service.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Declaration {
    /// Its module, name and layer.
    pub id: ServiceId,
    /// The name that people read.
    pub name: &'static str,
    /// Its options.
    pub options: Options,
    /// What it requires.
    pub requires: &'static [ServiceId],
    /// What it has to be restarted with.
    pub follows: &'static [ServiceId],
    /// Its type, which the id of a generic service does not tell.
    pub type_id: fn() -> TypeId,
    /// Whether it runs in a namespace now.
    pub runs_in: fn(&Namespace) -> bool,
}

impl Declaration {
    /// What `S` declares.
    pub const fn of<S: Service>() -> Self {
        Self {
            id: S::ID,
            name: S::NAME,
            options: S::OPTIONS,
            requires: S::REQUIRES,
            follows: S::FOLLOWS,
            type_id: TypeId::of::<S>,
            runs_in: |namespace| S::lookup(namespace).is_some(),
        }
    }
}

impl Tree {
    /// A tree without children, with OTP's default intensity.
    pub const fn new(name: &'static str, strategy: Strategy) -> Self {
        Self {
            name,
            strategy,
            intensity: Intensity::DEFAULT,
            auto_shutdown: AutoShutdown::Never,
            requires: &[],
            children: &[],
        }
    }

    /// Sets how many restarts are too many.
    #[must_use = "gives the changed tree"]
    pub const fn intensity(mut self, intensity: Intensity) -> Self {
        self.intensity = intensity;
        self
    }

    /// Sets whether it ends with its significant children.
    #[must_use = "gives the changed tree"]
    pub const fn auto_shutdown(mut self, auto_shutdown: AutoShutdown) -> Self {
        self.auto_shutdown = auto_shutdown;
        self
    }

    /// Sets what the surroundings have to provide.
    #[must_use = "gives the changed tree"]
    pub const fn requires(mut self, requires: &'static [Declaration]) -> Self {
        self.requires = requires;
        self
    }

    /// Sets the children, in start order.
    #[must_use = "gives the changed tree"]
    pub const fn children(mut self, children: &'static [Node]) -> Self {
        self.children = children;
        self
    }

    /// The child with this id.
    pub fn child(&self, id: &str) -> Option<&'static Node> {
        self.children.iter().find(|child| child.id == id)
    }
}

impl Node {
    const fn new(id: &'static str, kind: NodeKind) -> Self {
        Self {
            id,
            kind,
            subtree: false,
            restart: None,
            shutdown: None,
            start_timeout: None,
            significant: false,
            key: None,
            backoff: None,
            max_children: None,
            idle: None,
            intensity: None,
            hash: hash(SEED, id),
        }
    }

    /// One instance of a service: `Node::service("ledger", Ledger::DECLARATION)`.
    pub const fn service(id: &'static str, service: Declaration) -> Self {
        Self::new(id, NodeKind::Service(service))
    }

    /// Instances of a service that come by request.
    pub const fn dynamic(id: &'static str, service: Declaration) -> Self {
        Self::new(id, NodeKind::Dynamic(service, By::Start))
    }

    /// `partitions` instances of a service, among which keys are divided.
    pub const fn partition(id: &'static str, service: Declaration, partitions: usize) -> Self {
        Self::new(id, NodeKind::Partition(service, partitions))
    }

    /// A supervisor of tasks that come by request.
    pub const fn tasks(id: &'static str) -> Self {
        Self::new(id, NodeKind::Tasks)
    }

    /// One task.
    pub const fn task(id: &'static str) -> Self {
        Self::new(id, NodeKind::Task)
    }

    /// A nested supervisor.
    pub const fn supervisor(id: &'static str, tree: &'static Tree) -> Self {
        Self::new(id, NodeKind::Supervisor(tree))
    }

    /// A nested supervisor that is declared elsewhere, and was proved there with no more around it than it requires.
    pub const fn subtree(id: &'static str, tree: &'static Tree) -> Self {
        let mut node = Self::supervisor(id, tree);
        node.subtree = true;
        node
    }

    /// Overrides when it is started again.
    #[must_use = "gives the changed node"]
    pub const fn restart(mut self, restart: Restart) -> Self {
        self.restart = Some(restart);
        self
    }

    /// Overrides how it is stopped.
    #[must_use = "gives the changed node"]
    pub const fn shutdown(mut self, shutdown: Shutdown) -> Self {
        self.shutdown = Some(shutdown);
        self
    }

    /// Overrides how long a start may take.
    #[must_use = "gives the changed node"]
    pub const fn start_timeout(mut self, limit: Duration) -> Self {
        self.start_timeout = Some(Some(limit));
        self
    }

    /// Lets a start take as long as it needs.
    #[must_use = "gives the changed node"]
    pub const fn no_start_timeout(mut self) -> Self {
        self.start_timeout = Some(None);
        self
    }

    /// Lets its end end its supervisor, see [`AutoShutdown`].
    #[must_use = "gives the changed node"]
    pub const fn significant(mut self) -> Self {
        self.significant = true;
        self
    }

    /// Registers it under a key, so that a tree can have two instances of one service.
    #[must_use = "gives the changed node"]
    pub const fn key(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    /// Waits between `shortest` and `longest`, with jitter, before each restart.
    #[must_use = "gives the changed node"]
    pub const fn backoff(mut self, shortest: Duration, longest: Duration) -> Self {
        self.backoff = Some((shortest, longest));
        self
    }

    /// Names the type of the key of a dynamic child.
    #[must_use = "gives the changed node"]
    pub const fn keyed(mut self, key_type: &'static str) -> Self {
        if let NodeKind::Dynamic(service, _) = self.kind {
            self.kind = NodeKind::Dynamic(service, By::Key(key_type));
        }
        self
    }

    /// Limits how many instances a dynamic child may have.
    #[must_use = "gives the changed node"]
    pub const fn max_children(mut self, most: usize) -> Self {
        self.max_children = Some(most);
        self
    }

    /// Ends an instance of a keyed dynamic child after this long without messages.
    #[must_use = "gives the changed node"]
    pub const fn idle(mut self, after: Duration) -> Self {
        self.idle = Some(after);
        self
    }

    /// Sets the intensity of the supervisor behind a dynamic, tasks or partition child.
    #[must_use = "gives the changed node"]
    pub const fn intensity(mut self, intensity: Intensity) -> Self {
        self.intensity = Some(intensity);
        self
    }

    /// The service it runs, if it runs one.
    pub const fn declaration(&self) -> Option<&Declaration> {
        match &self.kind {
            NodeKind::Service(service)
            | NodeKind::Dynamic(service, _)
            | NodeKind::Partition(service, _) => Some(service),
            NodeKind::Tasks | NodeKind::Task | NodeKind::Supervisor(_) => None,
        }
    }
}
