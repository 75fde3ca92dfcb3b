//! What the types of a tree have to be, as `where` clauses on the user's own types.
//!
//! The compiler reports a bound that is false where it stands, and takes it for true below. So a key that can be none is
//! one error on its type. All clauses are the same tokens: the same error is shown only once. That a child is a service
//! is asked elsewhere, see [`names::projection`]: what has these clauses can't be used when they are false.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};

use crate::names::{self, Krate};
use crate::supervisor::model::{Child, ChildKind, Param, Start, Tree};

/// Input: `ledger: Ledger(), carts: dynamic Cart(id) by id: CartId, web: supervisor Web()`.
///
/// Output: `where ShopOptions: Parameter, CartId: Key`.
pub(crate) fn where_clause(krate: &Krate, params: &[Param], tree: &Tree) -> TokenStream {
    let mut clauses = Clauses::default();
    let p = &krate.private();
    clauses.all(params, &quote!(#p::Parameter));
    clauses.read(p, &tree.children);
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
    fn read(&mut self, p: &TokenStream, children: &[Child]) {
        // A clause can't stand under a `#[cfg]`.
        for child in children.iter().filter(|child| child.attrs.cfgs.is_empty()) {
            match &child.kind {
                ChildKind::Dynamic { start, .. } => match start {
                    Start::By(key) => self.add(&key.ty, &quote!(#p::Key)),
                    Start::With(params) => self.all(params, &quote!(#p::StartArgument)),
                },
                ChildKind::Inline(nested) => self.read(p, &nested.children),
                _ => {}
            }
        }
    }

    fn all(&mut self, params: &[Param], of: &TokenStream) {
        for Param { ty, .. } in params {
            self.add(ty, of);
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
