//! What the types of a service have to be, as `where` clauses on the user's own types.
//!
//! The compiler reports a bound that is false where it stands, and takes it for true below. So a type that can't travel
//! is one error on that type. All clauses of one expansion are the same tokens: it shows the same error only once.

use std::collections::HashSet;

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::{Type, WhereClause, WherePredicate};

use crate::handlers::method::Method;
use crate::handlers::model::{Init, Kind, Reply, ServiceImpl};
use crate::handlers::types;
use crate::names;

/// Types that need no clause: nearly all handlers name no others, and the clauses are in the user's documentation.
const OWNED: &[&str] = &[
    "bool",
    "char",
    "String",
    "u8",
    "u16",
    "u32",
    "u64",
    "u128",
    "usize",
    "i8",
    "i16",
    "i32",
    "i64",
    "i128",
    "isize",
    "f32",
    "f64",
    "Duration",
    "ExitReason",
    "Down",
    "Self",
];

// Input:  impl<K: Key> Cache<K> where K: Ord { #[call] fn put(&mut self, key: K, value: Rc<u8>) { ... } }
// Output: where K: Ord, Cache<K>: Declared, Cache<K>: State, K: MessageData, Rc<u8>: MessageData
pub(super) fn where_clause(model: &ServiceImpl) -> WhereClause {
    let mut clause = model.generics.where_clause.clone().unwrap_or(WhereClause {
        where_token: <syn::Token![where]>::default(),
        predicates: syn::punctuated::Punctuated::new(),
    });
    let private = model.krate.private();
    let service = &model.service;
    let (declared, state) = (quote!(#private::Declared), quote!(#private::State));
    let travels = quote!(#private::MessageData);
    let mut predicates = vec![
        names::requirement(service, &declared, model.keyword),
        names::requirement(service, &state, model.keyword),
    ];
    let mut seen = HashSet::new();
    for (ty, beside) in data(model) {
        let ty = model.without_self().ty(ty);
        if !is_known(&ty) && seen.insert(ty.to_token_stream().to_string()) {
            predicates.push(names::requirement(&ty, &travels, beside));
        }
    }
    let predicates = predicates.into_iter().map(syn::parse2::<WherePredicate>);
    clause.predicates.extend(predicates.filter_map(Result::ok));
    clause
}

/// What travels, each with the place of a token before it.
fn data(model: &ServiceImpl) -> Vec<(&Type, Span)> {
    let mut data = Vec::new();
    if let Init::Method(method) = &model.init {
        arguments(method, &mut data);
    }
    for handler in &model.handlers {
        let method = &handler.method;
        // Its types may not exist either, and a clause can't stand under a `#[cfg]`.
        if !method.cfgs.is_empty() {
            continue;
        }
        arguments(method, &mut data);
        if let Kind::Call(call) = &handler.kind {
            match &call.reply {
                Reply::Plain(ty) => data.extend(ty.iter().map(|ty| (ty, method.arrow))),
                Reply::Flat(ty) => {
                    let parts = types::arguments(ty);
                    let parts = if parts.is_empty() { vec![ty] } else { parts };
                    data.extend(parts.into_iter().map(|ty| (ty, method.arrow)));
                }
                Reply::Later(types) => {
                    let colon = method.reply().map_or(method.arrow, |(_, colon)| colon);
                    data.extend(types.iter().map(|ty| (ty, colon)));
                }
            }
        }
    }
    data
}

fn arguments<'a>(method: &'a Method, data: &mut Vec<(&'a Type, Span)>) {
    data.extend(method.data().map(|data| (&data.ty, data.colon)));
}

fn is_known(ty: &Type) -> bool {
    if matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty()) {
        return true;
    }
    types::last_segment(ty).is_some_and(|segment| {
        segment.arguments.is_none() && OWNED.iter().any(|known| segment.ident == known)
    })
}
