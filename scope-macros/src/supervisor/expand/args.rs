//! The start arguments of a child, as the tuple that `init` takes.
//!
//! They are looked at as tokens, so that a half-typed one expands as a finished one does: an editor, which completes
//! it, compares the two.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

use crate::names::Call;
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
    match place(params, &arg) {
        // An identifier of ours lies where nobody looks one up.
        Some(punctuation) => {
            Call::new(quote!(<_ as #p::Copied>::copied), quote!(&#arg)).on(&arg, punctuation)
        }
        None => arg,
    }
}

/// Whether an argument is a part of a parameter: `options.limits.port`, `*opening`, `options.urls[0]`. Gives where the
/// first dot, asterisk or bracket of it is.
fn place(params: &[Param], arg: &TokenStream) -> Option<Span> {
    let is_asterisk =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '*');
    let mut tokens = arg.clone().into_iter().skip_while(is_asterisk);
    let named = |ident: &Ident| params.iter().any(|param| param.name == *ident);
    let is_parameter = matches!(tokens.next(), Some(TokenTree::Ident(ident)) if named(&ident));
    let is_place = tokens.all(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '.',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Bracket,
        TokenTree::Ident(_) | TokenTree::Literal(_) => true,
    });
    let is_punctuation = |token: &TokenTree| !matches!(token, TokenTree::Ident(_));
    let mut punctuation = arg.clone().into_iter().filter(is_punctuation);
    punctuation
        .next()
        .filter(|_| is_parameter && is_place)
        .map(|token| token.span())
}
