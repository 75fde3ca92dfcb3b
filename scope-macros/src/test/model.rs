//! What `#[test]` says: an async function of a test, and how its runtime keeps time.

use proc_macro2::{Group, Ident};
use quote::ToTokens;
use syn::{Attribute, FnArg, LitInt, PatType, Path, ReturnType, Signature, Visibility};

use super::parse::{Function, Syntax};
use crate::args::{Arg, set_once, unknown};
use crate::diag::Errors;
use crate::names::Krate;

const KEYS: &[&str] = &["real_time", "threads", "crate"];

#[derive(Debug)]
pub(super) struct Test {
    pub(super) krate: Krate,
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) ident: Ident,
    pub(super) context: Option<PatType>,
    pub(super) output: ReturnType,
    pub(super) body: Group,
    pub(super) clock: Clock,
}

/// On what the test runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Clock {
    /// One thread, and time that passes only while nobody has anything to do.
    Paused,
    /// One thread.
    Real,
    /// So many threads; time can't be paused there.
    Threads(usize),
}

/// One slot per key.
#[derive(Debug, Default)]
struct Options {
    krate: Option<Path>,
    real_time: Option<Ident>,
    threads: Option<usize>,
}

pub(super) fn build(syntax: Syntax, errors: &mut Errors) -> Option<Test> {
    let options = Options::read(&syntax.args, errors);
    let Function {
        attrs,
        vis,
        sig,
        body,
    } = syntax.item?;
    let before = errors.count();
    check_attributes(&attrs, errors);
    check_signature(&sig, errors);
    (errors.count() == before).then(|| Test {
        clock: options.clock(),
        krate: Krate::new(options.krate),
        attrs,
        vis,
        ident: sig.ident,
        context: sig.inputs.into_iter().find_map(|input| match input {
            FnArg::Typed(context) => Some(context),
            FnArg::Receiver(_) => None,
        }),
        output: sig.output,
        body,
    })
}

fn check_attributes(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs {
        let last = attr.path().segments.last();
        if last.is_some_and(|segment| segment.ident == "test") {
            errors.at(
                attr,
                "`#[scope::test]` makes the test by itself; remove this attribute",
            );
        }
    }
}

fn check_signature(sig: &Signature, errors: &mut Errors) {
    if sig.asyncness.is_none() {
        errors.at(
            sig.fn_token,
            "a test awaits what it tests; write `async fn`",
        );
    }
    let words = [sig.safety.to_token_stream(), sig.abi.to_token_stream()];
    for word in words.into_iter().filter(|word| !word.is_empty()) {
        let message = format!("a test is a plain `async fn`; remove `{word}`");
        errors.at(word, message);
    }
    let generics = [
        sig.generics.to_token_stream(),
        sig.generics.where_clause.to_token_stream(),
    ];
    for generics in generics.into_iter().filter(|tokens| !tokens.is_empty()) {
        errors.at(
            generics,
            "nobody gives a test its generics; write the types it is for",
        );
    }
    for (index, input) in sig.inputs.iter().enumerate() {
        match input {
            FnArg::Receiver(receiver) => errors.at(
                receiver,
                "a test is a function of its own, without `self`; move it out of the `impl` block",
            ),
            FnArg::Typed(_) if index > 0 => errors.at(
                input,
                "a test takes a `TestContext`, or nothing; remove this argument",
            ),
            FnArg::Typed(_) => {}
        }
    }
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
            "real_time" => set_once(&mut self.real_time, arg.flag(errors), key, errors),
            "threads" => set_once(&mut self.threads, threads(arg, errors), key, errors),
            "crate" => set_once(
                &mut self.krate,
                arg.path("crate = my::scope", errors),
                key,
                errors,
            ),
            word => errors.at(key, unknown("option", word, KEYS)),
        }
    }

    fn clock(&self) -> Clock {
        match (self.threads, &self.real_time) {
            (Some(threads), _) => Clock::Threads(threads),
            (None, Some(_)) => Clock::Real,
            (None, None) => Clock::Paused,
        }
    }
}

fn threads(arg: &Arg, errors: &mut Errors) -> Option<usize> {
    let tokens = arg.value("threads = 2", errors)?;
    let number = syn::parse2::<LitInt>(tokens.clone())
        .ok()
        .and_then(|literal| literal.base10_parse::<usize>().ok());
    match number {
        Some(0) => {
            errors.at(tokens, "a runtime needs at least one thread");
            None
        }
        Some(threads) => Some(threads),
        None => {
            errors.at(tokens, "`threads` takes a number, such as `threads = 2`");
            None
        }
    }
}
