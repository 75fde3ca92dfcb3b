//! What the types of a tree have to be, as `where` clauses on the user's own types.
//!
//! The compiler reports a bound that is false where it stands, and takes it for true below. So a child that is no
//! service is one error on its name. All clauses are the same tokens: the same error is shown only once.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

use crate::names::{self, Krate};
use crate::supervisor::model::{Child, ChildKind, Param, Start, Tree};

/// Input: `ledger: Ledger(), carts: dynamic Cart(id) by id: CartId, web: supervisor Web()`.
///
/// Output: `where ShopOptions: Send, ShopOptions: Sync, Ledger: Service, Cart: Service, CartId: Key, Web: SupervisorTree`.
pub(crate) fn where_clause(krate: &Krate, params: &[Param], tree: &Tree) -> TokenStream {
    let mut clauses = Clauses::default();
    clauses.shared(krate, params);
    clauses.read(krate, &tree.children);
    let predicates = &clauses.predicates;
    if predicates.is_empty() {
        return TokenStream::new();
    }
    quote!(where #(#predicates),*)
}

#[derive(Debug, Default)]
struct Clauses {
    seen: HashSet<String>,
    predicates: Vec<TokenStream>,
}

impl Clauses {
    fn read(&mut self, krate: &Krate, children: &[Child]) {
        let p = krate.private();
        // A clause can't stand under a `#[cfg]`.
        for child in children.iter().filter(|child| child.attrs.cfgs.is_empty()) {
            match &child.kind {
                ChildKind::Service { service, .. } | ChildKind::Partition { service, .. } => {
                    self.add(service, &quote!(#p::Service));
                }
                ChildKind::Dynamic { service, start, .. } => {
                    self.add(service, &quote!(#p::Service));
                    match start {
                        Start::By(key) => self.add(&key.ty, &quote!(#p::Key)),
                        Start::With(params) => self.shared(krate, params),
                    }
                }
                ChildKind::Subtree { supervisor, .. } => {
                    self.add(supervisor, &quote!(#p::SupervisorTree));
                }
                ChildKind::Inline(nested) => self.read(krate, &nested.children),
                ChildKind::Tasks | ChildKind::Task { .. } => {}
            }
        }
    }

    /// Every incarnation of a child sees them, from whatever thread.
    fn shared(&mut self, krate: &Krate, params: &[Param]) {
        let p = krate.private();
        for Param { ty, .. } in params {
            self.add(ty, &quote!(#p::Send));
            self.add(ty, &quote!(#p::Sync));
        }
    }

    fn add(&mut self, ty: &impl ToTokens, of: &TokenStream) {
        let key = format!("{}: {of}", ty.to_token_stream());
        if self.seen.insert(key) {
            let predicate = names::requirement(ty, of, Span::call_site());
            self.predicates.push(predicate);
        }
    }
}
