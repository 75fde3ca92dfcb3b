//! Namespaces: the first part of every name.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{Hash, Hasher};

use crate::event::Topics;
use crate::pid::Pid;
use crate::process::Process;
use crate::registry::Tables;
use crate::rt::{Arc, Mutex, RwLock, Weak, global, lock};
use crate::stats::Book;
use crate::supervisor::SupervisorHandle;

/// Where names live: two services of one type in two namespaces never meet.
///
/// Cheap to clone. Two values with the same kind and name are the same namespace; it disappears
/// with its last value. A service reaches its own namespace through its context; any other is
/// reached by naming it, which a reviewer can search for.
///
/// # Examples
/// ```
/// use scope_runtime::Namespace;
///
/// assert_eq!(Namespace::tenant("acme"), Namespace::tenant("acme"));
/// assert_ne!(Namespace::tenant("acme"), Namespace::layer("acme"));
/// assert_eq!(Namespace::tenant("acme").to_string(), "tenant:acme");
/// ```
///
/// # OTP
/// The name of an Elixir `Registry`.
#[derive(Clone)]
pub struct Namespace {
    space: Arc<Space>,
}

/// What a namespace is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum NamespaceKind {
    /// The one of a deployed program.
    Production,
    /// One test's own.
    Test(Arc<str>),
    /// One layer of an application.
    Layer(Arc<str>),
    /// One tenant's.
    Tenant(Arc<str>),
}

/// What a namespace holds.
pub(crate) struct Space {
    kind: NamespaceKind,
    pub(crate) tables: RwLock<Tables>,
    pub(crate) topics: Topics,
    pub(crate) book: Book,
    /// Every live process, by number: for inspection and leak reports.
    processes: Mutex<BTreeMap<u64, Arc<Process>>>,
}

global! { static SPACES: Mutex<HashMap<NamespaceKind, Weak<Space>>> = Mutex::default(); }
global! { static PRODUCTION: Namespace = Namespace::of(NamespaceKind::Production); }

/// The number of live processes of the whole program: services, supervisors and tasks, in all namespaces.
///
/// # Examples
/// ```
/// use std::future::pending;
/// use scope_runtime::{ChildSpec, ExitReason, Namespace, Strategy, SupervisorSpec, process_count};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), scope_runtime::StartError> {
/// let spec = SupervisorSpec::new(Strategy::OneForOne).child(ChildSpec::task("idle", pending::<()>));
/// let here = spec.clone().start("Top", Namespace::production()).await?;
/// let there = spec.start("Top", Namespace::tenant("acme")).await?;
/// assert_eq!(process_count(), 4);
/// here.stop(ExitReason::Shutdown).await;
/// there.stop(ExitReason::Shutdown).await;
/// assert_eq!(process_count(), 0);
/// # Ok(())
/// # }
/// ```
///
/// # OTP
/// `erlang:system_info(process_count)`.
pub fn process_count() -> usize {
    Namespace::all().iter().map(Namespace::process_count).sum()
}

impl Namespace {
    /// The namespace of a deployed program.
    pub fn production() -> Self {
        PRODUCTION.clone()
    }

    /// The namespace of one test. The test kit makes the name unique.
    pub fn test(name: impl Into<Arc<str>>) -> Self {
        Self::of(NamespaceKind::Test(name.into()))
    }

    /// The namespace of one layer of an application.
    pub fn layer(name: impl Into<Arc<str>>) -> Self {
        Self::of(NamespaceKind::Layer(name.into()))
    }

    /// The namespace of one tenant.
    pub fn tenant(id: impl Into<Arc<str>>) -> Self {
        Self::of(NamespaceKind::Tenant(id.into()))
    }

    /// The namespace of a kind.
    pub fn of(kind: NamespaceKind) -> Self {
        let mut spaces = lock(&SPACES);
        if let Some(space) = spaces.get(&kind).and_then(Weak::upgrade) {
            return Self { space };
        }
        let space = Arc::new(Space {
            kind: kind.clone(),
            tables: RwLock::default(),
            topics: Topics::default(),
            book: Book::default(),
            processes: Mutex::default(),
        });
        spaces.insert(kind, Arc::downgrade(&space));
        Self { space }
    }

    /// Every namespace that somebody has, in no order.
    pub fn all() -> Vec<Self> {
        let spaces = lock(&SPACES);
        let live = spaces.values().filter_map(Weak::upgrade);
        live.map(|space| Self { space }).collect()
    }

    /// The namespace that is shown as `name`, such as `tenant:acme`, if somebody has it.
    ///
    /// # Examples
    /// ```
    /// use scope_runtime::Namespace;
    ///
    /// let acme = Namespace::tenant("acme");
    /// assert_eq!(Namespace::find("tenant:acme"), Some(acme));
    /// assert_eq!(Namespace::find("tenant:nobody"), None);
    /// assert_eq!(Namespace::find("production"), Some(Namespace::production()));
    /// ```
    pub fn find(name: &str) -> Option<Self> {
        let kind = NamespaceKind::parse(name)?;
        if kind == NamespaceKind::Production {
            return Some(Self::production());
        }
        let space = lock(&SPACES).get(&kind).and_then(Weak::upgrade)?;
        Some(Self { space })
    }

    /// What this namespace is for.
    pub fn kind(&self) -> &NamespaceKind {
        &self.space.kind
    }

    /// Every live process of this namespace, oldest first.
    pub fn processes(&self) -> Vec<Pid> {
        lock(&self.space.processes)
            .values()
            .map(|process| Pid::new(process.clone()))
            .collect()
    }

    /// The supervisors at the top of the trees that are here, oldest first: from when they begin to start until they
    /// have ended.
    pub fn roots(&self) -> Vec<SupervisorHandle> {
        let top = self.processes().into_iter();
        top.filter(|pid| pid.process().parent().is_none())
            .filter_map(|pid| {
                let inbox = pid.process().inbox()?.clone();
                Some(SupervisorHandle::of_process(inbox, &pid))
            })
            .collect()
    }

    /// The number of live processes: services, supervisors and tasks.
    pub fn process_count(&self) -> usize {
        lock(&self.space.processes).len()
    }

    pub(crate) fn space(&self) -> &Space {
        &self.space
    }

    pub(crate) fn enter(&self, process: &Arc<Process>) {
        lock(&self.space.processes).insert(process.id(), process.clone());
    }

    pub(crate) fn leave(&self, process: &Process) {
        // Taken out of the map before it is dropped: a destructor may look at the namespace.
        let gone = lock(&self.space.processes).remove(&process.id());
        drop(gone);
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let mut spaces = lock(&SPACES);
        // A new space of this kind may already have taken the place.
        if spaces
            .get(&self.kind)
            .is_some_and(|space| space.strong_count() == 0)
        {
            spaces.remove(&self.kind);
        }
    }
}

impl PartialEq for Namespace {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.space, &other.space)
    }
}

impl Eq for Namespace {}

impl Hash for Namespace {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.space.kind.hash(state);
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.space.kind.fmt(f)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Namespace({self})")
    }
}

impl NamespaceKind {
    /// What is displayed as `text`.
    fn parse(text: &str) -> Option<Self> {
        if text == "production" {
            return Some(Self::Production);
        }
        let (kind, name) = text.split_once(':')?;
        match kind {
            "test" => Some(Self::Test(name.into())),
            "layer" => Some(Self::Layer(name.into())),
            "tenant" => Some(Self::Tenant(name.into())),
            _ => None,
        }
    }
}

impl fmt::Display for NamespaceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Production => f.write_str("production"),
            Self::Test(name) => write!(f, "test:{name}"),
            Self::Layer(name) => write!(f, "layer:{name}"),
            Self::Tenant(id) => write!(f, "tenant:{id}"),
        }
    }
}
