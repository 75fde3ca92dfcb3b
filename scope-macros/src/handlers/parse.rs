//! The grammar of `#[handlers]`: an `impl` block whose bodies stay tokens.
//!
//! Only signatures with a marker are parsed. A half-typed body, or an item that we know nothing of, passes through and
//! is left to the compiler's own words.

use std::collections::VecDeque;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::parse::Parser;
use syn::{Attribute, ImplItemFn, ItemImpl, Path};

use super::role::Marker;
use crate::args::{Arg, set_once, unknown};
use crate::diag::Errors;
use crate::fallback;
use crate::names::Krate;

#[derive(Debug)]
pub(super) struct Block {
    /// The `impl` block with nothing in it.
    pub(super) header: Option<ItemImpl>,
    pub(super) methods: Vec<MarkedMethod>,
    /// All of the user's tokens but our markers.
    pub(super) emitted: TokenStream,
}

/// A method with at least one marker; its body is empty here.
#[derive(Debug)]
pub(super) struct MarkedMethod {
    pub(super) markers: Vec<Marker>,
    pub(super) item: ImplItemFn,
}

/// The path given as `#[handlers(crate = path)]`.
pub(super) fn krate(args: TokenStream, errors: &mut Errors) -> Krate {
    let mut path: Option<Path> = None;
    for arg in Arg::parse_all(args, errors) {
        if arg.key == "crate" {
            set_once(
                &mut path,
                arg.path("crate = my::scope", errors),
                &arg.key,
                errors,
            );
        } else {
            errors.at(
                &arg.key,
                unknown("option", &arg.key.to_string(), &["crate"]),
            );
        }
    }
    Krate::new(path)
}

pub(super) fn parse(krate: &Krate, item: TokenStream, errors: &mut Errors) -> Block {
    let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    let is_impl = fallback::item_keyword(&item).is_some_and(|keyword| keyword == "impl");
    let body = match tokens.pop() {
        Some(TokenTree::Group(group)) if is_impl && group.delimiter() == Delimiter::Brace => group,
        _ => {
            fallback::wrong_item(
                &item,
                "`#[handlers]` belongs on the `impl` block of a service",
                errors,
            );
            return Block {
                header: None,
                methods: Vec::new(),
                emitted: item,
            };
        }
    };
    let head: TokenStream = tokens.into_iter().collect();
    let header = errors.ok(syn::parse2(quote!(#head {})));
    let mut scanner = Scanner {
        krate,
        rest: body.stream().into_iter().collect(),
        emitted: Vec::new(),
    };
    let mut methods = Vec::new();
    while let Some(found) = scanner.next_item() {
        methods.extend(found.into_method(errors));
    }
    let mut group = Group::new(Delimiter::Brace, scanner.emitted.into_iter().collect());
    group.set_span(body.span());
    Block {
        header,
        methods,
        emitted: quote!(#head #group),
    }
}

/// Walks over the items of the block without parsing them.
struct Scanner<'a> {
    krate: &'a Krate,
    rest: VecDeque<TokenTree>,
    emitted: Vec<TokenTree>,
}

/// An item, from its attributes up to its body.
struct Found {
    markers: Vec<Marker>,
    attrs: Vec<Attribute>,
    head: TokenStream,
}

impl Scanner<'_> {
    fn next_item(&mut self) -> Option<Found> {
        let mut found = Found {
            markers: Vec::new(),
            attrs: Vec::new(),
            head: TokenStream::new(),
        };
        self.open_invisible_groups();
        self.rest.front()?;
        while self.next_attribute(&mut found) {
            self.open_invisible_groups();
        }
        if !found.markers.is_empty() && !self.rest.is_empty() {
            self.emitted.extend(allow_the_form());
        }
        found.head = self.head(!found.markers.is_empty());
        Some(found)
    }

    /// A whole item from a `macro_rules!` fragment stands in a group of its own.
    fn open_invisible_groups(&mut self) {
        while let Some(TokenTree::Group(group)) = self.rest.front() {
            if group.delimiter() != Delimiter::None {
                break;
            }
            let stream = group.stream();
            self.rest.pop_front();
            for token in stream.into_iter().collect::<Vec<_>>().into_iter().rev() {
                self.rest.push_front(token);
            }
        }
    }

    /// Takes one attribute, and emits it unless it is a marker.
    fn next_attribute(&mut self, found: &mut Found) -> bool {
        if !matches!(self.rest.front(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#') {
            return false;
        }
        let mut tokens: Vec<TokenTree> = self.rest.pop_front().into_iter().collect();
        if matches!(self.rest.front(), Some(TokenTree::Punct(punct)) if punct.as_char() == '!') {
            tokens.extend(self.rest.pop_front());
        }
        if matches!(self.rest.front(), Some(TokenTree::Group(_))) {
            tokens.extend(self.rest.pop_front());
        }
        let parsed = Attribute::parse_outer.parse2(tokens.iter().cloned().collect());
        // What is no attribute, e.g. an inner one, is none of our business.
        let attr = parsed.ok().and_then(|attrs| attrs.into_iter().next());
        match attr {
            Some(attr) => match Marker::read(&attr, self.krate) {
                Some(marker) => found.markers.push(marker),
                None => {
                    found.attrs.push(attr);
                    self.emitted.extend(tokens);
                }
            },
            None => self.emitted.extend(tokens),
        }
        true
    }

    fn at_attribute(&self) -> bool {
        let mut ahead = self.rest.iter();
        matches!(ahead.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#')
            && matches!(ahead.next(), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket)
    }

    /// Takes the tokens up to the item's body or semicolon, emits both, and returns the former.
    fn head(&mut self, is_handler: bool) -> TokenStream {
        let mut head = Vec::new();
        // Braces inside angle brackets are arguments: `Matrix<{ N + 1 }>`.
        let mut depth = 0_usize;
        let mut arrow = false;
        let mut arguments = false;
        // An attribute stands in front of a method or of its generic parameters. Elsewhere it is the next item's, and
        // this one is half-typed.
        while !(self.at_attribute() && (arguments || depth == 0))
            && let Some(token) = self.rest.pop_front()
        {
            self.emitted.push(match &token {
                TokenTree::Group(group)
                    if is_handler && group.delimiter() == Delimiter::Parenthesis =>
                {
                    without_dots(group).into()
                }
                token => token.clone(),
            });
            match &token {
                TokenTree::Punct(punct) => match punct.as_char() {
                    ';' => break,
                    '<' => depth += 1,
                    '>' if !arrow => depth = depth.saturating_sub(1),
                    _ => {}
                },
                TokenTree::Group(group) if depth == 0 && is_body(group) => break,
                TokenTree::Group(_) if depth == 0 => arguments = true,
                _ => {}
            }
            arrow =
                matches!(&token, TokenTree::Punct(punct) if matches!(punct.as_char(), '-' | '='));
            head.push(token);
        }
        head.into_iter().collect()
    }
}

/// `(&self, more: ())` for `(&self, more: ...)`: the dots of a handler are reported, and the compiler has more to say of them.
fn without_dots(arguments: &Group) -> Group {
    let mut tokens: Vec<TokenTree> = Vec::new();
    let mut dots = 0_usize;
    for token in arguments.stream() {
        let is_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        dots = if is_dot { dots + 1 } else { 0 };
        let span = token.span();
        tokens.push(token);
        if dots == 3 {
            tokens.truncate(tokens.len().saturating_sub(3));
            let is_named =
                matches!(tokens.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
            let name = (!is_named).then(|| quote!(_:));
            tokens.extend(quote_spanned!(span=> #name ()));
        }
    }
    let mut group = Group::new(Delimiter::Parenthesis, tokens.into_iter().collect());
    group.set_span(arguments.span());
    group
}

/// The form of a handler is ours: it has a `self` and owned arguments whether it needs them or not, and may be called
/// as a method of one of our traits is.
fn allow_the_form() -> TokenStream {
    quote! {
        #[allow(
            clippy::needless_pass_by_value,
            clippy::same_name_method,
            clippy::unused_self,
            reason = "a handler has a given form"
        )]
    }
}

fn is_body(group: &Group) -> bool {
    match group.delimiter() {
        Delimiter::Brace => true,
        Delimiter::None => matches!(
            group.stream().into_iter().next(),
            Some(TokenTree::Group(inner)) if inner.delimiter() == Delimiter::Brace
        ),
        Delimiter::Parenthesis | Delimiter::Bracket => false,
    }
}

impl Found {
    fn into_method(self, errors: &mut Errors) -> Option<MarkedMethod> {
        let Self {
            markers,
            attrs,
            head,
        } = self;
        let marker = markers.first()?;
        let is_method = head
            .clone()
            .into_iter()
            .any(|token| matches!(token, TokenTree::Ident(ident) if ident == "fn"));
        // What a half-typed signature lacks is missing behind its last token.
        let end = head.clone().into_iter().last();
        let end = end.map_or_else(Span::call_site, |token| token.span());
        let body = quote_spanned!(end=> {});
        match syn::parse2::<ImplItemFn>(quote!(#(#attrs)* #head #body)) {
            Ok(item) => Some(MarkedMethod { markers, item }),
            Err(error) if is_method => {
                errors.push(error);
                None
            }
            Err(_) => {
                errors.at(&marker.attr, format!("{} belongs on a method", marker.role));
                None
            }
        }
    }
}
