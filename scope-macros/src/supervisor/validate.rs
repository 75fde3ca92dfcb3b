//! The rules across items: ids, significant children, registrations, names of parameters.

use std::collections::HashMap;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::{Attribute, Path};

use super::model::{AutoShutdown, Child, ChildKind, Param, Restart, Start, Supervisor, Tree};
use crate::diag::Errors;
use crate::names;

/// What a supervisor has already, and a running tree.
const RESERVED: &[&str] = &[
    "start",
    "start_in",
    "run",
    "spec",
    "view",
    "via",
    "starting",
    "shutdown",
    "exited",
    "pid",
    "run_until_signal",
    "namespace",
    "TREE",
];

/// Checks every supervisor of a block. What would make the compiler complain a second time is taken out.
pub(crate) fn validate(supervisors: &mut [Supervisor], errors: &mut Errors) {
    for supervisor in supervisors {
        params(&mut supervisor.params, errors);
        requires(&mut supervisor.requires, errors);
        tree(
            &supervisor.name,
            &mut supervisor.tree,
            &supervisor.params,
            errors,
        );
        registrations(&supervisor.tree, &mut HashMap::new(), errors);
    }
}

fn requires(requires: &mut Vec<Path>, errors: &mut Errors) {
    let mut seen: Vec<Path> = Vec::new();
    requires.retain(|service| {
        let first = !seen.contains(service);
        if !first {
            let name = names::spelled(service);
            errors.at(
                service,
                format!("`{name}` stands in `requires` twice; keep one of them"),
            );
        }
        seen.push(service.clone());
        first
    });
}

fn params(params: &mut Vec<Param>, errors: &mut Errors) {
    let mut names: Vec<Ident> = Vec::new();
    params.retain(|Param { name, .. }| {
        let first = !names.contains(name);
        if !first {
            taken(name, errors);
        }
        names.push(name.clone());
        first
    });
}

fn taken(name: &Ident, errors: &mut Errors) {
    errors.at(
        name,
        format!("`{name}` is already a parameter; rename one of the two"),
    );
}

fn tree(name: &Ident, tree: &mut Tree, params: &[Param], errors: &mut Errors) {
    let auto_shutdown = tree.settings.auto_shutdown.as_ref().map(|ends| ends.value);
    for child in &mut tree.children {
        let known = !tree
            .settings
            .broken
            .iter()
            .any(|key| key == "auto_shutdown");
        if known && !significant(name, auto_shutdown, child, errors) {
            child.settings.significant = None;
        }
        start_names(child, params, errors);
        if let ChildKind::Inline(nested) = &mut child.kind {
            self::tree(&child.id, nested, params, errors);
        }
    }
    // Last, as it takes children out: their other mistakes are known by then.
    ids(name, &mut tree.children, errors);
}

fn ids(name: &Ident, children: &mut Vec<Child>, errors: &mut Errors) {
    let mut ids: HashMap<String, Vec<Attribute>> = HashMap::new();
    children.retain(|child| {
        let id = child.name();
        if RESERVED.contains(&id.as_str()) {
            errors.at(
                &child.id,
                format!("`{id}` is the name of a function of every supervisor; choose another id"),
            );
            return false;
        }
        let first = ids.insert(id.clone(), child.attrs.cfgs.clone());
        if first.is_none_or(|first| alternatives(&first, &child.attrs.cfgs)) {
            return true;
        }
        errors.at(
            &child.id,
            format!("`{name}` already has a child `{id}`; choose another id"),
        );
        false
    });
}

/// Whether at most one of two children exists: both stand under conditions, and not under the same ones.
fn alternatives(one: &[Attribute], other: &[Attribute]) -> bool {
    !one.is_empty() && !other.is_empty() && one != other
}

/// Whether a child may be significant, as far as its own options tell; what is said here need not be proved again.
fn significant(
    name: &Ident,
    auto_shutdown: Option<AutoShutdown>,
    child: &Child,
    errors: &mut Errors,
) -> bool {
    let before = errors.count();
    let Some(significant) = child.settings.significant.as_ref().filter(|it| it.value) else {
        return true;
    };
    if matches!(auto_shutdown, None | Some(AutoShutdown::Never)) {
        errors.at(
            &significant.key,
            format!(
                "`{name}` never ends with a significant child; write `auto_shutdown: any_significant` or `all_significant` in it"
            ),
        );
    }
    let restart = child.settings.restart.as_ref();
    if restart.is_some_and(|restart| restart.value == Restart::Permanent) {
        errors.at(
            &significant.key,
            "a permanent child is always restarted, so it can't be significant; write `restart: transient` or `temporary`",
        );
    }
    errors.count() == before
}

/// The names that the arguments of a child may use must be told apart.
fn start_names(child: &mut Child, params: &[Param], errors: &mut Errors) {
    let before = errors.count();
    let names = || params.iter().map(|param| &param.name);
    let args = match &mut child.kind {
        ChildKind::Partition { args, .. } => {
            if names().any(|name| name == "index") {
                errors.at(
                    &child.id,
                    "in a partition `index` is the number of the part; give the parameter `index` another name",
                );
            }
            args
        }
        ChildKind::Dynamic { start, args, .. } => {
            match start {
                Start::By(key) => {
                    if names().any(|name| *name == key.name) {
                        taken(&key.name, errors);
                    }
                }
                Start::With(start) => {
                    self::params(start, errors);
                    for param in start
                        .iter()
                        .filter(|it| names().any(|name| *name == it.name))
                    {
                        taken(&param.name, errors);
                    }
                }
            }
            args
        }
        _ => return,
    };
    if errors.count() > before {
        *args = None;
    }
}

/// A service is found by its type and key: there can be only one of each. For services with type arguments this can
/// only be seen here; of the others the compiler proves it.
fn registrations<'a>(
    tree: &'a Tree,
    registered: &mut HashMap<(String, Option<String>), &'a Child>,
    errors: &mut Errors,
) {
    for child in &tree.children {
        match &child.kind {
            ChildKind::Inline(nested) => registrations(nested, registered, errors),
            ChildKind::Service { service, .. } if has_arguments(service) => {
                let name = service.to_token_stream().to_string();
                let key = child.settings.key.as_ref().map(|key| key.value.value());
                match registered.get(&(name.clone(), key.clone())) {
                    // Under conditions only the compiler knows which of them are there.
                    Some(first) if first.attrs.cfgs.is_empty() && child.attrs.cfgs.is_empty() => {
                        errors.at(
                            service,
                            format!(
                                "this service is already the child `{}`; tell the two apart with `key: \"…\"`",
                                first.name()
                            ),
                        );
                    }
                    _ => {
                        registered.insert((name, key), child);
                    }
                }
            }
            _ => {}
        }
    }
}

fn has_arguments(service: &Path) -> bool {
    let last = service.segments.last();
    last.is_some_and(|segment| !segment.arguments.is_none())
}
