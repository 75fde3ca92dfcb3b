//! The markers of methods, and what each of them means.

use std::fmt;

use proc_macro2::Ident;
use syn::Attribute;

use crate::names::Krate;

/// What a method is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Init,
    AfterInit,
    Call,
    Cast,
    Info,
    Every,
    Terminate,
    Health,
    Memory,
}

const ROLES: &[(&str, Role)] = &[
    ("init", Role::Init),
    ("after_init", Role::AfterInit),
    ("call", Role::Call),
    ("cast", Role::Cast),
    ("info", Role::Info),
    ("every", Role::Every),
    ("terminate", Role::Terminate),
    ("health", Role::Health),
    ("memory", Role::Memory),
];

/// As in a message: `#[call]`.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ROLES
            .iter()
            .find(|(_, role)| role == self)
            .map_or("", |(name, _)| name);
        write!(f, "`#[{name}]`")
    }
}

/// A marker as the user wrote it.
#[derive(Debug)]
pub(super) struct Marker {
    pub(super) role: Role,
    /// The word, e.g. `call`, in the user's token.
    pub(super) word: Ident,
    pub(super) attr: Attribute,
}

impl Marker {
    /// `#[call]`, `#[scope::call]`, or with the path given as `crate = path`; none for anyone else's attribute.
    pub(super) fn read(attr: &Attribute, krate: &Krate) -> Option<Self> {
        let path = attr.path();
        let word = path.segments.last()?.ident.clone();
        let &(_, role) = ROLES.iter().find(|(name, _)| word == name)?;
        krate.owns(path).then(|| Self {
            role,
            word,
            attr: attr.clone(),
        })
    }
}
