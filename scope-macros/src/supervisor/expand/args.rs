//! The start arguments of a child, as the tuple that `init` takes.
//!
//! They are looked at as tokens, so that a half-typed one expands as a finished one does: an editor, which completes
//! it, compares the two.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

use crate::names::{self, Call};
use crate::supervisor::model::Param;

/// Input: `options.url.clone(), options.port`
///
/// Output: `(options.url.clone(), <_ as Copied>::copied(&options.port),)`
///
/// The tuple lies on the name of what takes it: there the compiler reports that there are too few or too many.
pub(super) fn tuple(
    p: &TokenStream,
    params: &[Param],
    taker: &Path,
    args: &TokenStream,
) -> TokenStream {
    let mut made = TokenStream::new();
    let mut arg = TokenStream::new();
    for token in args.clone() {
        match token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                made.extend(argument(p, params, std::mem::take(&mut arg)));
                made.extend([TokenTree::Punct(comma)]);
            }
            token => arg.extend([token]),
        }
    }
    if let Some(last) = arg.clone().into_iter().last() {
        made.extend(argument(p, params, arg));
        // A single argument is a tuple too. The comma lies where the compiler sees that an expression is half-typed.
        made.extend(quote_spanned!(last.span()=> ,));
    }
    let mut tuple = Group::new(Delimiter::Parenthesis, made);
    let name = taker.segments.last().map(|segment| segment.ident.span());
    tuple.set_span(Span::call_site().located_at(name.unwrap_or_else(Span::call_site)));
    tuple.into_token_stream()
}

/// A parameter is seen as a reference, so what is taken from it as it stands has to be copied.
fn argument(p: &TokenStream, params: &[Param], arg: TokenStream) -> TokenStream {
    let Some(punctuation) = place(params, &arg) else {
        return arg;
    };
    let start = names::ends(&arg).map_or_else(Span::call_site, |(start, _)| start);
    let borrow = quote_spanned!(start=> &);
    // An identifier of ours lies where nobody looks one up.
    Call::new(quote!(<_ as #p::Copied>::copied), quote!(#borrow #arg)).on(&arg, punctuation)
}

/// Whether an argument is a part of a parameter: `options.limits.port`, `*opening`, `options.urls[0]`. Gives where the
/// first dot, asterisk or bracket of it is.
fn place(params: &[Param], arg: &TokenStream) -> Option<Span> {
    let is = |token: &TokenTree, character| matches!(token, TokenTree::Punct(punct) if punct.as_char() == character);
    let mut tokens = arg.clone().into_iter().peekable();
    let mut punctuation = None;
    while let Some(asterisk) = tokens.next_if(|token| is(token, '*')) {
        punctuation.get_or_insert(asterisk.span());
    }
    match tokens.next() {
        Some(TokenTree::Ident(ident)) if params.iter().any(|param| param.name == ident) => {}
        _ => return None,
    }
    while let Some(token) = tokens.next() {
        let is_index =
            matches!(&token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket);
        let is_field = is(&token, '.')
            && match tokens.next() {
                Some(TokenTree::Ident(field)) => field != "await",
                // `0`, or half-typed.
                Some(TokenTree::Literal(_)) | None => true,
                Some(_) => false,
            };
        if !is_index && !is_field {
            return None;
        }
        punctuation.get_or_insert(token.span());
    }
    punctuation
}
