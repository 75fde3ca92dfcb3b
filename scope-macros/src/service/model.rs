//! What `#[service]` says, with the rules that hold inside one option.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, GenericParam, Generics, LitInt, LitStr, Path, Token, TypePath, Visibility};

use super::parse::Syntax;
use crate::args::{Arg, Limit, Value, set_once, unknown};
use crate::diag::{Errors, quoted};
use crate::names::{self, Krate};

const KEYS: &[&str] = &[
    "restart",
    "shutdown",
    "mailbox",
    "call_timeout",
    "start_timeout",
    "name",
    "handle",
    "layer",
    "requires",
    "crate",
];
const MAILBOX_KEYS: &[&str] = &["capacity", "overload", "keep", "drain"];
pub(super) const RESTARTS: &[&str] = &["permanent", "transient", "temporary"];
pub(super) const OVERLOADS: &[&str] = &["wait", "reject", "drop_oldest"];
pub(super) const LAYERS: &[&str] = &["foundation", "infrastructure", "business", "application"];

#[derive(Debug)]
pub(super) struct Service {
    pub(super) krate: Krate,
    pub(super) cfgs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) handle: Ident,
    pub(super) options: Options,
}

/// One slot per key, filled with what the user wrote.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) krate: Option<Path>,
    pub(super) restart: Option<Ident>,
    pub(super) shutdown: Option<Limit>,
    pub(super) mailbox: Option<Mailbox>,
    pub(super) call_timeout: Option<Limit>,
    pub(super) start_timeout: Option<Limit>,
    pub(super) name: Option<LitStr>,
    pub(super) handle: Option<Ident>,
    pub(super) layer: Option<Ident>,
    pub(super) requires: Option<Vec<TypePath>>,
    /// The user's words, as paths below `words`.
    pub(super) words: Vec<TokenStream>,
}

#[derive(Debug, Default)]
pub(super) struct Mailbox {
    pub(super) capacity: Option<usize>,
    pub(super) overload: Option<Ident>,
    pub(super) keep: Option<Ident>,
    pub(super) drain: Option<Ident>,
}

pub(super) fn build(syntax: Syntax, errors: &mut Errors) -> Option<Service> {
    let options = Options::read(&syntax.args, errors);
    let item = syntax.item?;
    let before = errors.count();
    if let Some(again) = item.attrs.iter().find(|attr| is_service(attr)) {
        errors.at(
            again,
            "this struct is a service already; remove one `#[service]`",
        );
    }
    for param in &item.generics.params {
        if let GenericParam::Lifetime(lifetime) = param {
            errors.at(
                lifetime,
                "a service outlives its callers, so it can't have lifetimes; own the data or share it in an `Arc`",
            );
        }
    }
    (errors.count() == before).then(|| Service {
        krate: Krate::new(options.krate.clone()),
        cfgs: names::cfgs(&item.attrs),
        vis: item.vis,
        handle: options
            .handle
            .clone()
            // Reported by `validate`; a second type of this name would be a second error.
            .filter(|handle| *handle != item.ident)
            .unwrap_or_else(|| names::handle(&item.ident)),
        ident: item.ident,
        generics: item.generics,
        options,
    })
}

/// A second `#[service]`, which the compiler has not expanded yet.
fn is_service(attr: &Attribute) -> bool {
    let path = attr.path();
    path.is_ident("service")
        || path.segments.len() == 2
            && path
                .segments
                .iter()
                .map(|it| it.ident.to_string())
                .eq(["scope", "service"])
}

impl Options {
    fn read(args: &[Arg], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        for arg in args {
            options.read_one(arg, errors);
        }
        options
    }

    fn read_one(&mut self, arg: &Arg, errors: &mut Errors) {
        let key = &arg.key;
        match key.to_string().as_str() {
            "restart" => set_once(&mut self.restart, arg.word(RESTARTS, errors), key, errors),
            "layer" => set_once(&mut self.layer, arg.word(LAYERS, errors), key, errors),
            "shutdown" => {
                set_once(
                    &mut self.shutdown,
                    arg.limit(&["brutal_kill", "infinity"], errors),
                    key,
                    errors,
                );
            }
            "call_timeout" => {
                set_once(
                    &mut self.call_timeout,
                    arg.limit(&["infinity"], errors),
                    key,
                    errors,
                );
            }
            "start_timeout" => {
                set_once(
                    &mut self.start_timeout,
                    arg.limit(&["infinity"], errors),
                    key,
                    errors,
                );
            }
            "mailbox" => set_once(&mut self.mailbox, mailbox(arg, errors), key, errors),
            "name" => set_once(&mut self.name, name(arg, errors), key, errors),
            "handle" => set_once(&mut self.handle, handle(arg, errors), key, errors),
            "requires" => set_once(&mut self.requires, requires(arg, errors), key, errors),
            "crate" => {
                set_once(
                    &mut self.krate,
                    arg.path("crate = my::scope", errors),
                    key,
                    errors,
                );
                return;
            }
            word => {
                errors.at(key, unknown("option", word, KEYS));
                return;
            }
        }
        self.words.push(word(arg));
    }
}

/// `restart = transient` → `restart::transient`, `name = "Books"` → `name`.
fn word(arg: &Arg) -> TokenStream {
    let key = &arg.key;
    match &arg.value {
        Value::Is(value) if syn::parse2::<Ident>(value.clone()).is_ok() && key != "handle" => {
            quote!(#key::#value)
        }
        _ => key.to_token_stream(),
    }
}

fn name(arg: &Arg, errors: &mut Errors) -> Option<LitStr> {
    let text = arg.text("name = \"Ledger of record\"", errors)?;
    if text.value().trim().is_empty() {
        errors.at(text, "a name can't be empty");
        return None;
    }
    Some(text)
}

fn handle(arg: &Arg, errors: &mut Errors) -> Option<Ident> {
    let tokens = arg.value("handle = Books", errors)?;
    let ident = syn::parse2::<Ident>(tokens.clone()).ok();
    if ident.is_none() {
        errors.at(
            tokens,
            "`handle` takes the name of the handle's type, such as `handle = Books`",
        );
    }
    ident
}

/// `mailbox = 1024` or `mailbox(capacity = 1024, overload = wait, keep, drain)`.
fn mailbox(arg: &Arg, errors: &mut Errors) -> Option<Mailbox> {
    let Value::List(tokens) = &arg.value else {
        let capacity = capacity(arg, errors)?;
        return Some(Mailbox {
            capacity: Some(capacity),
            ..Mailbox::default()
        });
    };
    let mut mailbox = Mailbox::default();
    for arg in Arg::parse_all(tokens.clone(), errors) {
        let key = &arg.key;
        match key.to_string().as_str() {
            "capacity" => set_once(&mut mailbox.capacity, capacity(&arg, errors), key, errors),
            "overload" => set_once(
                &mut mailbox.overload,
                arg.word(OVERLOADS, errors),
                key,
                errors,
            ),
            "keep" => set_once(&mut mailbox.keep, arg.flag(errors), key, errors),
            "drain" => set_once(&mut mailbox.drain, arg.flag(errors), key, errors),
            word => errors.at(key, unknown("`mailbox` option", word, MAILBOX_KEYS)),
        }
    }
    Some(mailbox)
}

fn capacity(arg: &Arg, errors: &mut Errors) -> Option<usize> {
    let tokens = arg.value(&format!("{} = 1024", arg.key), errors)?;
    let number = syn::parse2::<LitInt>(tokens.clone())
        .ok()
        .and_then(|literal| literal.base10_parse::<usize>().ok());
    match number {
        Some(0) => {
            errors.at(tokens, "a mailbox needs room for at least one message");
            None
        }
        Some(capacity) => Some(capacity),
        None => {
            errors.at(
                tokens,
                format!("`{}` takes a number of messages, such as `1024`", arg.key),
            );
            None
        }
    }
}

/// `requires(A, path::B)`, each once.
fn requires(arg: &Arg, errors: &mut Errors) -> Option<Vec<TypePath>> {
    let Value::List(tokens) = &arg.value else {
        errors.at(
            &arg.key,
            "`requires` takes a list of services, such as `requires(ConfigServer, EventStore)`",
        );
        return None;
    };
    let parser = Punctuated::<TypePath, Token![,]>::parse_terminated;
    let mut requires: Vec<TypePath> = Vec::new();
    let Ok(services) = parser.parse2(tokens.clone()) else {
        errors.at(
            tokens,
            "`requires` names services, as in `requires(ConfigServer, EventStore)`",
        );
        return None;
    };
    for service in services {
        if requires.contains(&service) {
            let name = quoted(&service.to_token_stream().to_string().replace(' ', ""));
            errors.at(
                service,
                format!("{name} is required twice; keep one of them"),
            );
        } else {
            requires.push(service);
        }
    }
    Some(requires)
}
