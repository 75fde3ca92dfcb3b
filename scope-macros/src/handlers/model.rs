//! What a block of `#[handlers]` says, with the rules that hold inside one method.
//!
//! A method with an error is left out; its siblings stay.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, FnArg, GenericParam, Generics, ItemImpl, LitStr, Meta, Signature, Type, TypePath,
};

use super::health::{Check, CheckOptions};
use super::method::{Asynchrony, Data, Method};
use super::parse::{Block, MarkedMethod};
use super::role::{Marker, Role};
use super::types::{self, WithoutSelf};
use crate::args::{Arg, Limit, set_once, unknown};
use crate::diag::Errors;
use crate::duration;
use crate::names::{self, Krate};

pub(super) const CALL_KEYS: &[&str] = &["timeout", "result", "plain"];

#[derive(Debug)]
pub(super) struct ServiceImpl {
    pub(super) krate: Krate,
    pub(super) cfgs: Vec<Attribute>,
    /// The type as the block names it, e.g. `path::to::Ledger<T>`, and its last word.
    pub(super) service: TypePath,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    /// Where the keyword `impl` is.
    pub(super) keyword: Span,
    pub(super) init: Init,
    pub(super) after_init: Option<Method>,
    pub(super) terminate: Option<Method>,
    pub(super) handlers: Vec<Handler>,
    pub(super) checks: Vec<Check>,
    pub(super) memory: Option<Method>,
    /// The user's markers, e.g. `call`.
    pub(super) words: Vec<Ident>,
    /// The options of markers, as paths below `words`.
    pub(super) options: Vec<TokenStream>,
}

/// How the service is made.
#[derive(Debug)]
pub(super) enum Init {
    /// There is no `#[init]`.
    Default,
    Method(Box<Method>),
    /// There is one, with an error that has been reported. To expand as if there were none would add a second error.
    Broken,
}

/// A method that handles messages.
#[derive(Debug)]
pub(super) struct Handler {
    pub(super) method: Method,
    pub(super) variant: Ident,
    pub(super) kind: Kind,
}

impl Handler {
    /// True if it is an `async fn`.
    pub(super) fn awaits(&self) -> bool {
        self.method.asynchrony == Asynchrony::Async
    }
}

#[derive(Debug)]
pub(super) enum Kind {
    Call(Call),
    Cast,
    Info(Data),
    Every(Duration),
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) reply: Reply,
    pub(super) timeout: Option<Limit>,
}

/// What the caller gets.
#[derive(Debug)]
pub(super) enum Reply {
    /// The returned value; `None` is `()`.
    Plain(Option<Type>),
    /// The returned result, its error among the errors of the call.
    Flat(Type),
    /// What the handler sends later through its `ReplyTo<T>` or `ReplyTo<T, E>`.
    Later(Vec<Type>),
}

pub(super) fn build(krate: Krate, block: Block, errors: &mut Errors) -> Option<ServiceImpl> {
    let mut model = read_header(krate, block.header.as_ref()?, errors);
    for method in block.methods {
        match &mut model {
            Some(model) => model.read_method(method, errors),
            None => break,
        }
    }
    model
}

fn read_header(krate: Krate, header: &ItemImpl, errors: &mut Errors) -> Option<ServiceImpl> {
    let service = read_service(&krate, header, errors)?;
    // The compiler reports a parameter that nothing depends on; the expansion would only repeat it.
    let generics = &header.generics;
    let is_needed = |name: &Ident| {
        let mut others = generics.type_params().filter(|other| other.ident != *name);
        types::mentions(&service, name)
            || types::mentions(&generics.where_clause, name)
            || others.any(|other| types::mentions(other, name))
    };
    if !types::parameters(generics).all(is_needed) {
        return None;
    }
    let generics = WithoutSelf { service: &service }.generics(&header.generics);
    Some(ServiceImpl {
        krate,
        cfgs: names::cfgs(&header.attrs),
        ident: service.path.segments.last()?.ident.clone(),
        service,
        generics,
        keyword: header.impl_token.span,
        init: Init::Default,
        after_init: None,
        terminate: None,
        handlers: Vec::new(),
        checks: Vec::new(),
        memory: None,
        words: Vec::new(),
        options: Vec::new(),
    })
}

/// The service that the block is for, if nothing is wrong with its header.
fn read_service(krate: &Krate, header: &ItemImpl, errors: &mut Errors) -> Option<TypePath> {
    let before = errors.count();
    if let Some((path, _)) = &header.trait_ {
        errors.at(
            path,
            "`#[handlers]` belongs on the service's own `impl` block, not on one for a trait",
        );
    }
    if let Some(again) = header.attrs.iter().find(|attr| is_handlers(attr, krate)) {
        errors.at(
            again,
            "this block has `#[handlers]` already; remove one of the two",
        );
    }
    for param in &header.generics.params {
        if let GenericParam::Lifetime(lifetime) = param {
            errors.at(
                lifetime,
                "a service outlives its callers, so it can't have lifetimes; own the data or share it in an `Arc`",
            );
        }
    }
    let service = match types::peel(&header.self_ty) {
        Type::Path(path) if path.qself.is_none() => Some(path.clone()),
        ty => {
            errors.at(
                ty,
                "`#[handlers]` needs the name of a struct with `#[service]`",
            );
            None
        }
    };
    service.filter(|_| errors.count() == before)
}

/// A second `#[handlers]`, which the compiler has not expanded yet.
fn is_handlers(attr: &Attribute, krate: &Krate) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "handlers") && krate.owns(attr.path())
}

impl ServiceImpl {
    fn read_method(&mut self, method: MarkedMethod, errors: &mut Errors) {
        let MarkedMethod { markers, item } = method;
        self.words
            .extend(markers.iter().map(|marker| marker.word.clone()));
        let Some((marker, others)) = markers.split_first() else {
            return;
        };
        for other in others {
            errors.at(
                &other.attr,
                format!(
                    "a method has one role, and this one is {} already; remove one of the two",
                    marker.role
                ),
            );
        }
        let mut options = Options::read(marker, errors);
        self.options.append(&mut options.words);
        let checked = (marker.role == Role::Health).then(|| CheckOptions::read(marker, errors));
        let is_ours = self.check_contexts(&item.sig, errors);
        let method = Method::read(marker.role, item, errors);
        let is_one = others.iter().all(|other| other.role == marker.role);
        let method = method.filter(|_| is_one && is_ours);
        match (marker.role, method) {
            (Role::Init, method) => self.set_init(marker, method, errors),
            (Role::AfterInit, method) => set_hook(&mut self.after_init, marker, method, errors),
            (Role::Terminate, method) => set_hook(&mut self.terminate, marker, method, errors),
            (Role::Memory, method) => set_hook(&mut self.memory, marker, method, errors),
            (Role::Health, method) => self.add_check(checked, method),
            (_, Some(method)) => {
                let handler = handler(marker.role, &options, method, errors);
                self.handlers.extend(handler);
            }
            (_, None) => {}
        }
    }

    /// Reports the context of another service, and says whether there is none.
    fn check_contexts(&self, sig: &Signature, errors: &mut Errors) -> bool {
        let before = errors.count();
        for input in &sig.inputs {
            let FnArg::Typed(input) = input else { continue };
            let context = types::reference_to(&input.ty, "Context");
            let service = context.and_then(|context| types::arguments(&context.elem).pop());
            let Some(segment) = service.and_then(types::last_segment) else {
                continue;
            };
            if segment.ident != "Self" && segment.ident != self.ident {
                errors.at(
                    service,
                    "a handler gets the context of its own service; write `&Context<Self>`",
                );
            }
        }
        errors.count() == before
    }

    fn add_check(&mut self, options: Option<CheckOptions>, method: Option<Method>) {
        let Some(mut options) = options else { return };
        self.options.append(&mut options.words);
        let check = method.map(|method| Check { method, options });
        let is_new = |check: &Check| !self.checks.iter().any(|earlier| check.repeats(earlier));
        let check = check.filter(is_new);
        self.checks.extend(check);
    }

    fn set_init(&mut self, marker: &Marker, method: Option<Method>, errors: &mut Errors) {
        if !matches!(self.init, Init::Default) {
            errors.at(
                &marker.attr,
                "there is an `#[init]` already; merge the two, for a service is made in one way",
            );
            return;
        }
        let method = method.filter(|method| match method.cfgs.first() {
            Some(cfg) => {
                errors.at(cfg, "a service needs its `#[init]` in every build; put the `#[cfg]` inside the body");
                false
            }
            None => true,
        });
        self.init = method.map_or(Init::Broken, |method| Init::Method(Box::new(method)));
    }

    /// The user's types as they read outside of the block.
    pub(super) fn without_self(&self) -> WithoutSelf<'_> {
        WithoutSelf {
            service: &self.service,
        }
    }
}

fn set_hook(
    slot: &mut Option<Method>,
    marker: &Marker,
    method: Option<Method>,
    errors: &mut Errors,
) {
    if slot.is_some() {
        errors.at(
            &marker.attr,
            format!("there is {} already; merge the two", marker.role),
        );
    } else {
        *slot = method;
    }
}

/// The arguments of a marker, one slot per key.
#[derive(Debug, Default)]
struct Options {
    timeout: Option<Limit>,
    result: Option<Ident>,
    plain: Option<Ident>,
    period: Option<Duration>,
    words: Vec<TokenStream>,
}

impl Options {
    fn read(marker: &Marker, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        match (marker.role, &marker.attr.meta) {
            (Role::Every, Meta::List(list)) if !list.tokens.is_empty() => {
                options.read_period(&list.tokens, errors);
            }
            (Role::Every, _) => {
                errors.at(
                    &marker.attr,
                    "`#[every]` needs a period, such as `#[every(\"30s\")]`",
                );
            }
            // They are read by themselves.
            (Role::Health, _) | (_, Meta::Path(_)) => {}
            (Role::Call, Meta::List(list)) => {
                for arg in Arg::parse_all(list.tokens.clone(), errors) {
                    options.read_call(&arg, errors);
                }
            }
            (Role::Call, Meta::NameValue(_)) => errors.at(
                &marker.attr,
                "`#[call]` takes its options in parentheses, such as `#[call(timeout = \"200ms\")]`",
            ),
            (role, _) => errors.at(
                &marker.attr,
                format!("{role} takes no options; write the word alone"),
            ),
        }
        options
    }

    fn read_period(&mut self, tokens: &TokenStream, errors: &mut Errors) {
        match syn::parse2::<LitStr>(tokens.clone()) {
            Ok(text) => self.period = duration::parse_positive(&text, errors),
            Err(_) => errors.at(
                tokens,
                "`#[every]` needs a period in quotes, such as `#[every(\"30s\")]`",
            ),
        }
    }

    fn read_call(&mut self, arg: &Arg, errors: &mut Errors) {
        let key = &arg.key;
        self.words
            .extend(arg.mention().map(|word| quote!(call::#word)));
        match key.to_string().as_str() {
            "timeout" => set_once(
                &mut self.timeout,
                arg.limit(&["infinity"], errors),
                key,
                errors,
            ),
            "result" => set_once(&mut self.result, arg.flag(errors), key, errors),
            "plain" => set_once(&mut self.plain, arg.flag(errors), key, errors),
            word => errors.at(key, unknown("`#[call]` option", word, CALL_KEYS)),
        }
        if let (Some(_), Some(_)) = (&self.result, &self.plain) {
            errors.at(
                key,
                "`result` and `plain` contradict each other; keep one of them",
            );
            self.plain = None;
        }
    }
}

fn handler(role: Role, options: &Options, method: Method, errors: &mut Errors) -> Option<Handler> {
    let kind = match role {
        Role::Call => Kind::Call(Call {
            timeout: options.timeout.clone(),
            reply: reply(&method, options, errors)?,
        }),
        Role::Cast => Kind::Cast,
        Role::Info => Kind::Info(method.data().next()?.clone()),
        Role::Every => Kind::Every(options.period?),
        Role::Init | Role::AfterInit | Role::Terminate | Role::Health | Role::Memory => {
            return None;
        }
    };
    Some(Handler {
        variant: names::variant(&method.ident),
        method,
        kind,
    })
}

fn reply(method: &Method, options: &Options, errors: &mut Errors) -> Option<Reply> {
    if let Some((reply, _)) = method.reply() {
        return later(method, reply, options, errors);
    }
    // The compiler reports a `_` in the method.
    let is_inferred = |ty: &Type| types::Flaws::of(ty).is_inferred;
    if method.output.as_ref().is_some_and(is_inferred) {
        return None;
    }
    Some(match &method.output {
        Some(ty) if options.result.is_some() || (options.plain.is_none() && is_result(ty)) => {
            Reply::Flat(ty.clone())
        }
        output => Reply::Plain(output.clone()),
    })
}

fn is_result(ty: &Type) -> bool {
    types::last_segment(ty).is_some_and(|segment| segment.ident.to_string().ends_with("Result"))
}

fn later(method: &Method, reply: &Type, options: &Options, errors: &mut Errors) -> Option<Reply> {
    let before = errors.count();
    if let Some(output) = &method.output {
        errors.at(
            output,
            "a call that answers through `ReplyTo` returns nothing; send this value through it",
        );
    }
    if let Some(flag) = options.result.as_ref().or(options.plain.as_ref()) {
        errors.at(flag, format!("`{flag}` says what to do with a returned value, and this reply goes through `ReplyTo`"));
    }
    let flaws = types::Flaws::of(reply);
    if let Some(borrowed) = flaws.borrowed {
        errors.at(
            borrowed,
            "a reply must own its data; send an owned value or an `Arc`",
        );
    }
    if let Some(impl_trait) = flaws.impl_trait {
        errors.at(
            impl_trait,
            "a reply needs a type that can be named; write it out, or put it in a `Box`",
        );
    }
    // Of no types, and of too many, the compiler tells about the method itself.
    let mut types: Vec<Type> = types::arguments(reply)
        .into_iter()
        .take(2)
        .cloned()
        .collect();
    if types.is_empty() {
        types.push(syn::parse_quote!(()));
    }
    (errors.count() == before).then_some(Reply::Later(types))
}
