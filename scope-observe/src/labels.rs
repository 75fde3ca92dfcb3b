//! The values of labels, of which there are few, however many tenants and instances there are.

use std::borrow::Cow;

use scope_runtime::{ExitReason, HandlerKind, Namespace, NamespaceKind};

/// So many supervisors are told apart in one metric: those that are made by hand can have any name.
pub(crate) const SUPERVISORS: usize = 1000;

/// What all others are called.
pub(crate) const OTHER: &str = "_OTHER";

/// The label of a namespace: never the id of a tenant, or the name of a test.
pub(crate) fn namespace(namespace: &Namespace) -> Cow<'static, str> {
    of_kind(namespace.kind())
}

pub(crate) fn of_kind(kind: &NamespaceKind) -> Cow<'static, str> {
    match kind {
        NamespaceKind::Production => "production".into(),
        NamespaceKind::Test(_) => "test".into(),
        NamespaceKind::Layer(name) => format!("layer:{name}").into(),
        NamespaceKind::Tenant(_) => "tenant".into(),
        _ => OTHER.into(),
    }
}

/// A path such as `tenant:acme/Shop/web`, with the label of its namespace for that.
pub(crate) fn path(of: &Namespace, path: &str) -> String {
    let name = of.to_string();
    let rest = path.strip_prefix(&name).unwrap_or(path);
    format!("{}{rest}", namespace(of))
}

pub(crate) fn kind(kind: HandlerKind) -> &'static str {
    match kind {
        HandlerKind::Call => "call",
        HandlerKind::Cast => "cast",
        HandlerKind::Info => "info",
        HandlerKind::Every => "every",
        HandlerKind::Health => "health",
        _ => OTHER,
    }
}

/// Why a child ended, without its text.
pub(crate) fn reason(reason: Option<&ExitReason>) -> &'static str {
    match reason {
        Some(ExitReason::Normal) => "normal",
        Some(ExitReason::Shutdown | ExitReason::ShutdownWith(_)) => "shutdown",
        Some(ExitReason::Killed) => "killed",
        Some(ExitReason::Error(_)) => "error",
        Some(ExitReason::Panic(_)) => "panic",
        Some(ExitReason::NoProc) => "noproc",
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_nobody_in_particular() {
        let acme = Namespace::tenant("acme/eu");
        assert_eq!(namespace(&acme), "tenant");
        assert_eq!(path(&acme, "tenant:acme/eu/Shop/web"), "tenant/Shop/web");
        assert_eq!(namespace(&Namespace::test("a::b")), "test");
        assert_eq!(namespace(&Namespace::layer("core")), "layer:core");
        let production = Namespace::production();
        assert_eq!(path(&production, "production/Shop"), "production/Shop");
    }

    #[test]
    fn a_reason_is_without_its_text() {
        assert_eq!(reason(Some(&ExitReason::error("disk full"))), "error");
        assert_eq!(reason(Some(&ExitReason::shutdown_with("done"))), "shutdown");
        assert_eq!(reason(None), "_OTHER");
    }
}
