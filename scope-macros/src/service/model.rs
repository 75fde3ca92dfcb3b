//! What `#[service]` says, with the rules that hold inside one option.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, GenericParam, Generics, LitInt, LitStr, Path, Token, TypePath, Visibility};

use super::health::Thresholds;
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
    "health",
    "debug",
    "name",
    "handle",
    "layer",
    "requires",
    "follows",
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
    pub(super) health: Option<Thresholds>,
    pub(super) debug: Option<Ident>,
    pub(super) name: Option<LitStr>,
    pub(super) handle: Option<Ident>,
    pub(super) layer: Option<Ident>,
    pub(super) requires: Option<Vec<Named>>,
    pub(super) follows: Option<Vec<Named>>,
    /// The keys whose values could not be read, which has been reported.
    pub(super) broken: Vec<String>,
    /// The user's words, as paths below `words`.
    pub(super) words: Vec<TokenStream>,
}

/// A service in a list, and where the comma or parenthesis after it is.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) path: TypePath,
    pub(super) after: Span,
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
    let krate = Krate::new(options.krate.clone());
    if let Some(again) = item.attrs.iter().find(|attr| is_service(attr, &krate)) {
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
        krate,
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
fn is_service(attr: &Attribute, krate: &Krate) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "service") && krate.owns(attr.path())
}

impl Options {
    pub(super) fn is_broken(&self, key: &str) -> bool {
        self.broken.iter().any(|broken| broken == key)
    }
}

impl Service {
    pub(super) fn is_generic(&self) -> bool {
        self.generics.params.iter().next().is_some()
    }
}

impl Options {
    fn read(args: &[Arg], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        for arg in args {
            let before = errors.count();
            options.read_one(arg, errors);
            if errors.count() > before {
                options.broken.push(arg.key.to_string());
            }
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
            "mailbox" => {
                let mailbox = mailbox(arg, &mut self.words, errors);
                set_once(&mut self.mailbox, mailbox, key, errors);
            }
            "health" => {
                let thresholds = Thresholds::read(arg, &mut self.words, errors);
                set_once(&mut self.health, thresholds, key, errors);
            }
            "debug" => set_once(&mut self.debug, arg.flag(errors), key, errors),
            "name" => set_once(&mut self.name, name(arg, errors), key, errors),
            "handle" => set_once(&mut self.handle, handle(arg, errors), key, errors),
            "requires" => set_once(&mut self.requires, services(arg, errors), key, errors),
            "follows" => set_once(&mut self.follows, services(arg, errors), key, errors),
            "crate" => {
                set_once(
                    &mut self.krate,
                    arg.path("crate = my::scope", errors),
                    key,
                    errors,
                );
            }
            word => errors.at(key, unknown("option", word, KEYS)),
        }
        // The name behind `handle` is the user's.
        self.words.extend(if key == "handle" {
            names::word(key, None)
        } else {
            arg.mention()
        });
    }
}

fn name(arg: &Arg, errors: &mut Errors) -> Option<LitStr> {
    let text = arg.text("name = \"Ledger of record\"", errors)?;
    if text.value().trim().is_empty() {
        errors.at(
            text,
            "a name can't be empty; write one, or leave `name` out",
        );
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
fn mailbox(arg: &Arg, words: &mut Vec<TokenStream>, errors: &mut Errors) -> Option<Mailbox> {
    let Value::List(tokens, _) = &arg.value else {
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
        words.extend(arg.mention().map(|word| quote!(mailbox::#word)));
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
fn services(arg: &Arg, errors: &mut Errors) -> Option<Vec<Named>> {
    let key = &arg.key;
    let Value::List(tokens, close) = &arg.value else {
        errors.at(
            key,
            format!("`{key}` takes a list of services, such as `{key}(ConfigServer, EventStore)`"),
        );
        return None;
    };
    let parser = Punctuated::<TypePath, Token![,]>::parse_terminated;
    let Ok(paths) = parser.parse2(tokens.clone()) else {
        errors.at(
            tokens,
            format!("`{key}` names services, as in `{key}(ConfigServer, EventStore)`"),
        );
        return None;
    };
    let mut services: Vec<Named> = Vec::new();
    for pair in paths.into_pairs() {
        let (path, comma) = pair.into_tuple();
        if services.iter().any(|service| service.path == path) {
            let name = quoted(&names::spelled(&path));
            errors.at(
                path,
                format!("{name} stands in `{key}` twice; keep one of them"),
            );
        } else {
            let after = comma.map_or(*close, |comma| comma.span);
            services.push(Named { path, after });
        }
    }
    Some(services)
}

#[cfg(test)]
mod tests {
    use super::{KEYS, LAYERS, MAILBOX_KEYS, OVERLOADS, RESTARTS};
    use crate::testing::assert_documented;

    #[test]
    fn each_word_is_documented() {
        // `crate` is a keyword, which no path can hold.
        let keys: Vec<_> = KEYS.iter().copied().filter(|key| *key != "crate").collect();
        assert_documented("service", &keys);
        assert_documented("option::mailbox", MAILBOX_KEYS);
        assert_documented("option::mailbox::overload", OVERLOADS);
        assert_documented("option::layer", LAYERS);
        assert_documented("option::restart", RESTARTS);
        assert_documented("option::shutdown", &["brutal_kill", "infinity"]);
        assert_documented("option::call_timeout", &["infinity"]);
        assert_documented("option::start_timeout", &["infinity"]);
    }
}
