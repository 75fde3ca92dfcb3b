//! What the types of a service have to be.
//!
//! What names a type parameter becomes a `where` clause on the user's own type. All else is proven by constants: one
//! that panics is one error, in our words and on the user's type, and the compiler takes what depends on it for true.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Type, WhereClause, WherePredicate};

use super::handle;
use super::proof::Required;
use crate::handlers::method::{Asynchrony, Method, is_shared};
use crate::handlers::model::{Call, Init, Kind, Reply, ServiceImpl};
use crate::handlers::types::{self, Flaws};
use crate::names;

/// Types that need no proof: nearly all handlers name no others.
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

#[derive(Debug)]
pub(super) struct Requirements {
    /// The block's own clauses, and that the proofs hold where the messages can't be named without them.
    pub(super) own: WhereClause,
    /// These, and those on what depends on the block's parameters.
    pub(super) bounds: WhereClause,
    /// All of them, and that there are a handle and the proofs.
    pub(super) all: WhereClause,
    /// `type Counter_messages = ...`, in which the handle is if it has no parameters.
    pub(super) proofs: Option<TokenStream>,
}

// Input:  impl<K: Key> Cache<K> where K: Ord { #[call] fn put(&mut self, key: K, value: Rc<u8>) { ... } }
// Output: use Unproven as _;
//         type Cache_messages = ([(); proof that Rc<u8> travels],);
//         where K: Ord
//         where K: Ord, Cache<K>: State, K: MessageData
//         where ..., Cache_with_service_attribute<K>: Sized, Cache_messages: Sized
pub(super) fn requirements(model: &ServiceImpl) -> Requirements {
    let private = model.krate.private();
    let (open, closed): (Vec<_>, Vec<_>) = all(model)
        .into_iter()
        .partition(|requirement| is_open(model, requirement));
    let alias = names::proofs(&model.ident);
    let proven = quote!(#alias: #private::Sized);
    let mut own = model.generics.where_clause.clone().unwrap_or(WhereClause {
        where_token: <syn::Token![where]>::default(),
        predicates: syn::punctuated::Punctuated::new(),
    });
    let is_named = closed
        .iter()
        .any(|requirement| matches!(requirement.required, Required::Flat));
    if is_named {
        add(&mut own, proven.clone());
    }
    let mut bounds = own.clone();
    for Requirement {
        ty,
        beside,
        required,
        ..
    } in &open
    {
        if let Some(of) = required.bound(&private) {
            add(&mut bounds, names::requirement(ty, &of, *beside));
        }
    }
    let mut all = bounds.clone();
    let handle = handle::alias(model);
    let is_generic = !model.generics.params.is_empty();
    if is_generic || closed.is_empty() {
        add(&mut all, quote!(#handle: #private::Sized));
    }
    // They are in the block's own clauses already if the messages can't be named without them.
    if !closed.is_empty() && !is_named {
        add(&mut all, proven);
    }
    let proofs = (!closed.is_empty()).then(|| {
        // Not the handle itself: where the clauses of two services read the same, the compiler proves what follows from
        // them once for both.
        let handle = (!is_generic).then(|| quote!(<#handle as #private::Named>::Unit,));
        let proofs = closed.iter().map(|Requirement { ty, place, required, .. }| required.proof(model, ty, place));
        quote! {
            #[allow(unused_imports, reason = "where all proofs hold, none is needed")]
            use #private::Unproven as _;
            #[allow(non_camel_case_types, reason = "the compiler shows the name where a proof fails")]
            type #alias = (#handle #([(); #proofs],)*);
        }
    });
    Requirements {
        own,
        bounds,
        all,
        proofs,
    }
}

fn add(clause: &mut WhereClause, predicate: TokenStream) {
    let predicate = syn::parse2::<WherePredicate>(predicate);
    clause.predicates.extend(predicate.ok());
}

/// A type, and what it has to be.
struct Requirement {
    ty: Type,
    /// Where the user is told.
    place: TokenStream,
    /// Where a token before the type is.
    beside: Span,
    required: Required,
}

impl Requirement {
    fn of(model: &ServiceImpl, ty: &Type, beside: Span, required: Required) -> Self {
        Self {
            ty: model.without_self().ty(ty),
            place: ty.to_token_stream(),
            beside,
            required,
        }
    }
}

/// Whether a constant can't prove it: it does not know the block's parameters, and whether the service is one must not
/// depend on a proof that asks for that.
fn is_open(model: &ServiceImpl, requirement: &Requirement) -> bool {
    let ty = &requirement.ty;
    let itself = (!requirement.required.is_of_the_service()).then_some(&model.ident);
    let mut names = types::parameters(&model.generics).chain(itself);
    names.any(|name| types::mentions(ty, name))
}

/// All that is required, each of a type once.
fn all(model: &ServiceImpl) -> Vec<Requirement> {
    let service = Type::Path(model.service.clone());
    let of_service = |required| Requirement::of(model, &service, model.keyword, required);
    let mut requirements = vec![of_service(Required::State)];
    if matches!(model.init, Init::Default) {
        requirements.push(of_service(Required::Default));
    }
    requirements.extend(shared_by(model).map(|receiver| Requirement {
        place: receiver,
        ..of_service(Required::Shared)
    }));
    let mut seen = HashSet::new();
    for (ty, beside) in data(model) {
        let requirement = Requirement::of(model, ty, beside, Required::Data);
        let text = requirement.ty.to_token_stream().to_string();
        if !is_known(&requirement.ty) && seen.insert(text) {
            requirements.push(requirement);
        }
    }
    let outcomes = outcomes(model).into_iter();
    requirements.extend(
        outcomes.map(|(ty, beside, required)| Requirement::of(model, ty, beside, required)),
    );
    requirements
}

/// What the methods return, where not everything will do.
fn outcomes(model: &ServiceImpl) -> Vec<(&Type, Span, Required)> {
    let mut outcomes = flat(model);
    if let Init::Method(method) = &model.init {
        outcomes.extend(outcome(method, Required::Init, Required::StartError));
    }
    if let Some(method) = &model.after_init {
        outcomes.extend(outcome(method, Required::AfterInit, Required::StartError));
    }
    let handlers = model
        .handlers
        .iter()
        .filter(|handler| !matches!(handler.kind, Kind::Call(_)));
    let methods = handlers
        .map(|handler| &handler.method)
        .chain(&model.terminate);
    outcomes
        .extend(methods.flat_map(|method| outcome(method, Required::Done, Required::LoggedError)));
    let checks = model.checks.iter().map(|check| &check.method);
    outcomes
        .extend(checks.flat_map(|method| outcome(method, Required::Check, Required::CheckError)));
    if let Some(method) = &model.memory {
        outcomes.extend(outcome(method, Required::Bytes, Required::Bytes));
    }
    outcomes.retain(|(ty, ..)| can_be_named(ty) && !types::is_unit(ty) && !types::is_self(ty));
    outcomes
}

/// What is flattened for its name, which may mean another type.
fn flat(model: &ServiceImpl) -> Vec<(&Type, Span, Required)> {
    let handlers = model
        .handlers
        .iter()
        .filter(|handler| handler.method.cfgs.is_empty());
    let types = handlers.filter_map(|handler| match &handler.kind {
        Kind::Call(Call {
            reply: Reply::Flat(ty),
            ..
        }) => Some((ty, handler.method.arrow, Required::Flat)),
        _ => None,
    });
    types
        .filter(|(ty, ..)| types::arguments(ty).len() != 2)
        .collect()
}

/// What is required of a returned value, and of the error in a returned result.
fn outcome(method: &Method, value: Required, error: Required) -> Vec<(&Type, Span, Required)> {
    // What is not there in every build can't be named outside of its method.
    let Some(ty) = method.output.as_ref().filter(|_| method.cfgs.is_empty()) else {
        return Vec::new();
    };
    let is_result = types::last_segment(ty).is_some_and(|segment| segment.ident == "Result");
    match (types::arguments(ty).as_slice(), value) {
        // Nobody gets it.
        ([_, failure], Required::Done) if is_result => vec![(*failure, method.arrow, error)],
        ([made, failure], Required::Check) if is_result && types::is_unit(made) => {
            vec![(*failure, method.arrow, error)]
        }
        (_, Required::Check | Required::Bytes) => vec![(ty, method.arrow, value)],
        ([made, failure], _) if is_result => {
            vec![
                (*made, method.arrow, value),
                (*failure, method.arrow, error),
            ]
        }
        _ => vec![(ty, method.arrow, value)],
    }
}

/// The receivers of async methods that look at the service while other threads may.
fn shared_by(model: &ServiceImpl) -> impl Iterator<Item = TokenStream> {
    let handlers = model.handlers.iter().map(|handler| &handler.method);
    let checks = model.checks.iter().map(|check| &check.method);
    let hooks = model.after_init.iter().chain(&model.terminate);
    handlers
        .chain(checks)
        .chain(hooks)
        .filter(|method| method.asynchrony == Asynchrony::Async && method.cfgs.is_empty())
        .filter_map(|method| method.receiver.as_ref())
        .filter(|receiver| is_shared(receiver))
        .map(ToTokens::to_token_stream)
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

/// Whether a type can stand outside of its method.
fn can_be_named(ty: &Type) -> bool {
    let flaws = Flaws::of(ty);
    flaws.borrowed.is_none() && flaws.impl_trait.is_none() && !matches!(ty, Type::Never(_))
}

fn is_known(ty: &Type) -> bool {
    if matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty()) {
        return true;
    }
    types::last_segment(ty).is_some_and(|segment| {
        segment.arguments.is_none() && OWNED.iter().any(|known| segment.ident == known)
    })
}
