//! The JSON API: what runs, as data. Each route has its types beside it.

pub(crate) mod actions;
pub(crate) mod info;
pub(crate) mod namespaces;
pub(crate) mod page;
pub(crate) mod services;
pub(crate) mod stats;
pub(crate) mod tree;

pub use self::actions::Done;
pub use self::info::Info;
pub use self::namespaces::NamespaceItem;
pub use self::page::Page;
pub use self::services::{BusyHandler, ServiceDetails, ServiceItem};
pub use self::stats::{HandlerItem, StatsItem, Times};
pub use self::tree::TreeNode;
