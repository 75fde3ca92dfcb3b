//! The grammar: tokens to syntax.
//!
//! Values of options and arguments of services stay tokens: the model reads the first, the compiler the second. So a
//! half-typed expression is reported in the compiler's own words, and an editor keeps everything else.

mod kind;
mod recover;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::token::{Brace, Paren};
use syn::{Attribute, Meta, Path, Token, Type, Visibility};

use crate::args::module_path;
use crate::diag::Errors;

/// The options of a supervisor. No child can have one of these as its id.
pub(crate) const TREE_OPTIONS: &[&str] = &["strategy", "intensity", "auto_shutdown", "shutdown"];

const EXAMPLE: &str = "as in `pub supervisor Shop(options: ShopOptions) { … }`";

/// All that stands between the braces of one `supervisor!`.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pub(crate) krate: Option<Path>,
    pub(crate) declarations: Vec<Declaration>,
}

/// `pub supervisor Shop(options: ShopOptions) requires(Ledger) { … }`
#[derive(Debug)]
pub(crate) struct Declaration {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) params: Vec<Param>,
    pub(crate) requires: Vec<Path>,
    /// `None` when it is missing, which has been reported.
    pub(crate) body: Option<Body>,
}

/// `options: ShopOptions`
#[derive(Debug, Clone)]
pub(crate) struct Param {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
}

/// The braces of a supervisor.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub(crate) options: Vec<Setting>,
    pub(crate) children: Vec<Entry>,
}

/// `strategy: one_for_one`, `restart: transient`: a key and a value that is not yet read.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) key: Ident,
    pub(crate) value: TokenStream,
    /// Whether the key stands there alone, which has been reported.
    pub(crate) alone: bool,
}

/// `ledger: Ledger(options.url.clone()) { restart: transient }`
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) id: Ident,
    /// Where the colon after the id is.
    pub(crate) colon: Span,
    pub(crate) kind: Kind,
    pub(crate) overrides: Vec<Setting>,
}

/// What a child is. `None` for arguments stands for those that could not be read, which has been reported.
#[derive(Debug)]
pub(crate) enum Kind {
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
    Inline(Body),
    Subtree {
        supervisor: Path,
        args: Option<TokenStream>,
    },
}

/// What a dynamic child is started with.
#[derive(Debug)]
pub(crate) enum Start {
    /// `by id: CartId`
    By(Box<Param>),
    /// `with job: Job, priority: u8`
    With(Vec<Param>),
}

/// Leaves groups of nothing out, as an empty `$vis` of another macro is: what looks ahead sees through them, what takes
/// the next token does not.
fn without_nothing(tokens: TokenStream) -> TokenStream {
    let keep = |token| match token {
        TokenTree::Group(group) if is_nothing(&group) => None,
        TokenTree::Group(group) if group.stream().into_iter().any(holds_nothing) => {
            let mut less = Group::new(group.delimiter(), without_nothing(group.stream()));
            less.set_span(group.span());
            Some(less.into())
        }
        token => Some(token),
    };
    tokens.into_iter().filter_map(keep).collect()
}

fn holds_nothing(token: TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => {
            is_nothing(&group) || group.stream().into_iter().any(holds_nothing)
        }
        _ => false,
    }
}

fn is_nothing(group: &Group) -> bool {
    group.delimiter() == Delimiter::None && group.stream().is_empty()
}

/// Reads as much as can be read.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Block {
    let mut read = Block::default();
    let outcome = (|input: ParseStream<'_>| {
        read = block(input, errors);
        Ok(())
    })
    .parse2(without_nothing(tokens));
    // What is left over after a mistake that has its own message needs no second one.
    if let Err(error) = outcome
        && errors.count() == 0
    {
        errors.push(error);
    }
    read
}

fn block(input: ParseStream<'_>, errors: &mut Errors) -> Block {
    let mut block = Block::default();
    if let Some(attrs) = errors.ok(input.call(Attribute::parse_inner)) {
        for attr in attrs {
            match facade(&attr) {
                Some(path) => block.krate = Some(path),
                None => errors.at(
                    attr,
                    "only `#![scope(crate = path)]` may stand at the top of `supervisor!`",
                ),
            }
        }
    }
    while !input.is_empty() {
        block.declarations.extend(declaration(input, errors));
    }
    block
}

/// The path in `#![scope(crate = path)]`.
fn facade(attr: &Attribute) -> Option<Path> {
    let Meta::List(list) = &attr.meta else {
        return None;
    };
    if !list.path.is_ident("scope") {
        return None;
    }
    list.parse_args_with(|input: ParseStream<'_>| {
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        module_path(input)
    })
    .ok()
}

fn declaration(input: ParseStream<'_>, errors: &mut Errors) -> Option<Declaration> {
    let attrs = attributes(input, errors);
    let vis = input.parse().unwrap_or(Visibility::Inherited);
    if input.is_empty() && !matches!(vis, Visibility::Inherited) {
        errors.at(&vis, format!("expected `supervisor` after this, {EXAMPLE}"));
    }
    let name = name(input, errors)?;
    let params = params(&name, input, errors);
    let requires = requires(input, errors);
    let body = braces(&name, input, errors);
    Some(Declaration {
        attrs,
        vis,
        name,
        params,
        requires,
        body,
    })
}

fn attributes(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Attribute> {
    let attrs = errors
        .ok(input.call(Attribute::parse_outer))
        .unwrap_or_default();
    if let Some(last) = attrs.last()
        && input.is_empty()
    {
        errors.at(last, "nothing follows this attribute or doc comment");
    }
    attrs
}

/// Reads `supervisor Shop`. Without a name there is nothing to declare: skips to the end of the braces.
fn name(input: ParseStream<'_>, errors: &mut Errors) -> Option<Ident> {
    let first = recover::next(input)?;
    let keyword = recover::at_word(input, "supervisor");
    if !keyword {
        errors.at(&first, format!("expected `supervisor`, {EXAMPLE}"));
    }
    // `supervisr Shop { … }` or `Shop { … }`: the name is known all the same.
    if keyword || input.peek2(Ident::peek_any) {
        recover::bump(input);
    }
    if let Ok(name) = input.parse() {
        return Some(name);
    }
    if keyword {
        errors.at(
            first,
            format!("expected a name after `supervisor`, {EXAMPLE}"),
        );
    }
    while !input.is_empty() && !input.peek(Brace) {
        recover::bump(input);
    }
    recover::bump(input);
    None
}

fn params(name: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Vec<Param> {
    if input.peek(Token![<]) {
        let mut generics = TokenStream::new();
        while !input.is_empty() && !recover::at_group(input) {
            generics.extend(recover::bump(input));
        }
        errors.at(
            generics,
            format!("`{name}` takes no generics; name concrete types in its children"),
        );
    }
    if !input.peek(Paren) {
        return Vec::new();
    }
    group(input, |content| param_list(content, errors))
}

/// Reads what a pair of parentheses holds.
fn group<T: Default>(input: ParseStream<'_>, read: impl FnOnce(ParseStream<'_>) -> T) -> T {
    let contents = || -> syn::Result<T> {
        let content;
        syn::parenthesized!(content in input);
        Ok(read(&content))
    };
    contents().unwrap_or_default()
}

fn param_list(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Param> {
    let mut params = Vec::new();
    while let Some(first) = recover::next(input) {
        match param(input) {
            Ok(param) if input.is_empty() || input.peek(Token![,]) => params.push(param),
            _ => errors.at(first, "expected a parameter, as in `options: ShopOptions`"),
        }
        recover::skip_past_comma(input);
    }
    params
}

/// Reads `name: Type`.
fn param(input: ParseStream<'_>) -> syn::Result<Param> {
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    let ty = input.parse()?;
    Ok(Param { name, ty })
}

fn requires(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Path> {
    if !recover::at_word(input, "requires") {
        return Vec::new();
    }
    let keyword = recover::bump(input);
    if !input.peek(Paren) {
        errors.at(
            keyword,
            "`requires` names services in parentheses, as in `requires(Ledger)`",
        );
        while !input.is_empty()
            && !recover::at_group(input)
            && !recover::at_word(input, "supervisor")
        {
            recover::bump(input);
        }
        return Vec::new();
    }
    group(input, |content| {
        let first = recover::next(content);
        match Punctuated::<Path, Token![,]>::parse_terminated(content) {
            Ok(paths) => paths.into_iter().collect(),
            Err(_) => {
                let place = recover::next(content).or(first);
                errors.at(
                    place,
                    "`requires` names services, as in `requires(Ledger, EventStore)`",
                );
                Vec::new()
            }
        }
    })
}

fn braces(name: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Option<Body> {
    let mut strange = TokenStream::new();
    while !input.is_empty() && !input.peek(Brace) && !recover::at_word(input, "supervisor") {
        strange.extend(recover::bump(input));
    }
    if !strange.is_empty() {
        errors.at(
            &strange,
            format!("expected `{{` after `{name}`, its parameters and what it requires"),
        );
    }
    if !input.peek(Brace) {
        if strange.is_empty() {
            errors.at(
                name,
                format!("`{name}` has no body; write its strategy and children in `{{ }}`"),
            );
        }
        return None;
    }
    nested_body(input, errors)
}

/// Reads `{ strategy: one_for_one, ledger: Ledger(), … }`.
fn nested_body(input: ParseStream<'_>, errors: &mut Errors) -> Option<Body> {
    let mut contents = || -> syn::Result<Body> {
        let content;
        syn::braced!(content in input);
        Ok(body(&content, errors))
    };
    contents().ok()
}

fn body(input: ParseStream<'_>, errors: &mut Errors) -> Body {
    let mut body = Body::default();
    while !input.is_empty() {
        let attrs = attributes(input, errors);
        let Some(id) = key(input, errors) else {
            continue;
        };
        let Some(colon) = colon(&id, input, errors) else {
            body.options.push(Setting::alone(id));
            continue;
        };
        if kind::is_setting(&id, input) {
            if let Some(attr) = attrs.first() {
                errors.at(attr, format!("an attribute does not belong on `{id}`"));
            }
            body.options.push(Setting::read(id, input, errors));
        } else if let Some(entry) = kind::entry(attrs, Key { id, colon }, input, errors) {
            body.children.push(entry);
        }
    }
    body
}

/// Reads `{ restart: transient, shutdown: "10s" }`.
fn settings(input: ParseStream<'_>, errors: &mut Errors) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut contents = || -> syn::Result<()> {
        let content;
        syn::braced!(content in input);
        while !content.is_empty() {
            if let Some(attr) = attributes(&content, errors).first() {
                errors.at(
                    attr,
                    "an attribute belongs before the child, not on an option of it",
                );
            }
            let Some(key) = key(&content, errors) else {
                continue;
            };
            settings.push(if colon(&key, &content, errors).is_some() {
                Setting::read(key, &content, errors)
            } else {
                Setting::alone(key)
            });
        }
        Ok(())
    };
    let outcome = contents();
    errors.ok(outcome);
    settings
}

/// `ledger:`
pub(crate) struct Key {
    pub(crate) id: Ident,
    pub(crate) colon: Span,
}

impl Setting {
    /// Reads the value and its comma.
    fn read(key: Ident, input: ParseStream<'_>, errors: &mut Errors) -> Self {
        let value = recover::value(input);
        end(&key, input, errors);
        Self {
            key,
            value,
            alone: false,
        }
    }

    fn alone(key: Ident) -> Self {
        Self {
            key,
            value: TokenStream::new(),
            alone: true,
        }
    }
}

/// Reads `id`. Skips the entry when there is none.
fn key(input: ParseStream<'_>, errors: &mut Errors) -> Option<Ident> {
    let first = recover::next(input)?;
    let Ok(key) = input.call(Ident::parse_any) else {
        errors.at(
            first,
            "expected an option or a child, as in `strategy: one_for_one` or `ledger: Ledger()`",
        );
        recover::skip_entry(input);
        return None;
    };
    Some(key)
}

/// Reads the colon after a key; gives its place. Skips the entry when there is none.
fn colon(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Option<Span> {
    let place = input.span();
    if input.peek(Token![:]) && !input.peek(Token![::]) {
        recover::bump(input);
        return Some(place);
    }
    if input.peek(Token![=]) {
        let equals = recover::bump(input);
        errors.at(equals, format!("write `:` after `{key}` instead of `=`"));
        return Some(place);
    }
    errors.at(key, format!("expected `:` and a value after `{key}`"));
    if !recover::at_entry(input) {
        recover::skip_entry(input);
    }
    None
}

/// Reads the comma that ends an entry.
fn end(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) {
    let Some(next) = recover::next(input) else {
        return;
    };
    if input.peek(Token![,]) {
        recover::bump(input);
        return;
    }
    if input.peek(Token![;]) {
        recover::bump(input);
        errors.at(next, format!("write `,` after `{key}` instead of `;`"));
        return;
    }
    errors.at(next, format!("expected `,` after `{key}`"));
    if !recover::at_entry(input) {
        recover::skip_entry(input);
    }
}
