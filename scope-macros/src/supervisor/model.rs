//! Syntax to model: reads the options, and checks the rules that concern one item alone.
//!
//! A child whose options are wrong stays, without those: its accessor must not be missing on top of its mistake.

mod settings;
mod value;

pub(crate) use self::settings::Settings;
pub(crate) use self::value::{AutoShutdown, Backoff, Intensity, Limit, Restart};
pub(crate) use self::value::{Shutdown, Strategy};
pub(crate) use super::parse::{Param, Start};

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Lifetime, Path, Type, TypeReference, Visibility};

use self::settings::Place;
use super::parse::{Block, Body, Declaration, Entry, Kind};
use crate::diag::Errors;
use crate::handlers::types::Flaws;
use crate::names::Krate;

/// One declared supervisor.
#[derive(Debug)]
pub(crate) struct Supervisor {
    pub(crate) krate: Krate,
    pub(crate) attrs: Attrs,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) params: Vec<Param>,
    pub(crate) requires: Vec<Path>,
    pub(crate) tree: Tree,
}

/// The attributes of an item: `#[cfg]` goes on all that is made of it, the others on the one item the user sees.
#[derive(Debug, Default)]
pub(crate) struct Attrs {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) others: Vec<Attribute>,
}

impl Attrs {
    fn new(attrs: Vec<Attribute>) -> Self {
        let (cfgs, others) = attrs
            .into_iter()
            .partition(|attr| attr.path().is_ident("cfg"));
        Self { cfgs, others }
    }

    pub(crate) fn is_documented(&self) -> bool {
        self.others.iter().any(|attr| attr.path().is_ident("doc"))
    }
}

/// What one supervisor supervises, and how.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) settings: Settings,
    pub(crate) children: Vec<Child>,
}

impl Tree {
    /// The words of all options, at any depth.
    pub(crate) fn words(&self) -> Vec<&TokenStream> {
        let children = self.children.iter().flat_map(|child| {
            let inside = match &child.kind {
                ChildKind::Inline(tree) => tree.words(),
                _ => Vec::new(),
            };
            child.settings.words.iter().chain(inside)
        });
        self.settings.words.iter().chain(children).collect()
    }
}

/// One child.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) attrs: Attrs,
    pub(crate) id: Ident,
    /// Where the colon after the id is: identifiers of ours lie there.
    pub(crate) colon: Span,
    pub(crate) kind: ChildKind,
    pub(crate) settings: Settings,
}

impl Child {
    /// The id as text, without the `r#` of a raw identifier.
    pub(crate) fn name(&self) -> String {
        self.id.unraw().to_string()
    }
}

/// What a child is. `None` stands for what was reported: the expansion puts something there that fits any type.
#[derive(Debug)]
pub(crate) enum ChildKind {
    Service {
        service: Path,
        args: Option<TokenStream>,
    },
    Dynamic {
        service: Path,
        args: Option<TokenStream>,
        start: Start,
    },
    Partition {
        service: Path,
        args: Option<TokenStream>,
    },
    Tasks,
    Task {
        future: Option<TokenStream>,
    },
    Inline(Box<Tree>),
    Subtree {
        supervisor: Path,
        args: Option<TokenStream>,
    },
}

/// All supervisors of a block.
pub(crate) fn model(block: Block, errors: &mut Errors) -> Vec<Supervisor> {
    let krate = Krate::new(block.krate);
    block
        .declarations
        .into_iter()
        .map(|declaration| supervisor(krate.clone(), declaration, errors))
        .collect()
}

fn supervisor(krate: Krate, mut declaration: Declaration, errors: &mut Errors) -> Supervisor {
    let tree = declaration
        .body
        .map(|body| tree(&declaration.name, Place::Tree, body, errors))
        .unwrap_or_default();
    for Param { ty, .. } in &mut declaration.params {
        owned(ty, errors);
    }
    Supervisor {
        krate,
        attrs: Attrs::new(declaration.attrs),
        vis: declaration.vis,
        name: declaration.name,
        params: declaration.params,
        requires: declaration.requires,
        tree,
    }
}

/// A parameter is kept for restarts. One that borrows goes on as if it did not, so that it is reported once.
fn owned(ty: &mut Type, errors: &mut Errors) {
    if let Some(borrowed) = Flaws::of(ty).borrowed {
        errors.at(
            borrowed,
            "a parameter outlives the caller; pass an owned value or an Arc",
        );
        Forever.visit_type_mut(ty);
    }
}

struct Forever;

impl VisitMut for Forever {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        reference.lifetime = Some(Lifetime::new("'static", Span::call_site()));
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        *lifetime = Lifetime::new("'static", Span::call_site());
    }
}

fn tree(name: &Ident, place: Place, body: Body, errors: &mut Errors) -> Tree {
    if !body.options.iter().any(|option| option.key == "strategy") {
        errors.at(
            name,
            format!(
                "`{name}` has no strategy; write `strategy: one_for_one`, `one_for_all` or `rest_for_one`"
            ),
        );
    }
    Tree {
        settings: Settings::read(place, body.options, errors),
        children: body
            .children
            .into_iter()
            .filter_map(|entry| child(entry, errors))
            .collect(),
    }
}

fn child(entry: Entry, errors: &mut Errors) -> Option<Child> {
    if syn::parse2::<Ident>(entry.id.to_token_stream()).is_err() {
        errors.at(
            &entry.id,
            format!("`{}` is a keyword; choose another id", entry.id),
        );
        return None;
    }
    let place = Place::of(&entry.kind);
    let partitioned = entry
        .overrides
        .iter()
        .any(|option| option.key == "partitions");
    if matches!(place, Place::Partition) && !partitioned {
        errors.at(
            &entry.id,
            format!(
                "`{}` needs its number of partitions, as in `{{ partitions: 8 }}`",
                entry.id
            ),
        );
    }
    let settings = Settings::read(place, entry.overrides, errors);
    let attrs = Attrs::new(entry.attrs);
    let kind = match entry.kind {
        Kind::Service { service, args } => ChildKind::Service { service, args },
        Kind::Dynamic {
            service,
            args,
            start,
        } => {
            idle_needs_a_key(&start, &settings, errors);
            ChildKind::Dynamic {
                service,
                args,
                start,
            }
        }
        Kind::Partition { service, args } => ChildKind::Partition { service, args },
        Kind::Tasks => ChildKind::Tasks,
        Kind::Task { future } => {
            only_docs(&attrs, errors);
            ChildKind::Task { future }
        }
        Kind::Inline(body) => {
            ChildKind::Inline(Box::new(tree(&entry.id, Place::Nested, body, errors)))
        }
        Kind::Subtree { supervisor, args } => ChildKind::Subtree { supervisor, args },
    };
    Some(Child {
        attrs,
        id: entry.id,
        colon: entry.colon,
        kind,
        settings,
    })
}

/// An idle instance ends and comes back with the next message to its key: without a key nothing would start it again.
fn idle_needs_a_key(start: &Start, settings: &Settings, errors: &mut Errors) {
    if let (Start::With(_), Some(idle)) = (start, &settings.idle) {
        errors.at(
            &idle.key,
            "`idle` needs a key that starts the instance again, as in `dynamic Cart(id) by id: CartId`",
        );
    }
}

/// A task has no accessor that could carry an attribute.
fn only_docs(attrs: &Attrs, errors: &mut Errors) {
    for attr in &attrs.others {
        if !attr.path().is_ident("doc") {
            errors.at(attr, "a task takes only doc comments and `#[cfg]`");
        }
    }
}
