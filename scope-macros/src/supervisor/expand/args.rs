//! The start arguments of a child, as the tuple that `init` takes.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Path, Token, UnOp};

use crate::names::Call;
use crate::supervisor::model::Param;

/// Input: `options.url.clone(), options.port`
///
/// Output: `(options.url.clone(), <_ as Copied>::copied(&options.port),)`
///
/// Arguments that can't be read, as they are half-typed, pass through as they are.
///
/// The tuple lies on the name of what takes it: there the compiler reports that there are too few or too many.
pub(super) fn tuple(
    p: &TokenStream,
    params: &[Param],
    taker: &Path,
    args: &TokenStream,
) -> TokenStream {
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    let args = match parser.parse2(args.clone()) {
        Ok(exprs) => {
            let exprs = exprs.iter().map(|expr| argument(p, params, expr));
            quote!(#(#exprs,)*)
        }
        Err(_) => ended(args),
    };
    let mut tuple = Group::new(Delimiter::Parenthesis, args);
    let name = taker.segments.last().map(|segment| segment.ident.span());
    tuple.set_span(Span::call_site().located_at(name.unwrap_or_else(Span::call_site)));
    tuple.into_token_stream()
}

/// A parameter is seen as a reference, so what is taken from it as it stands has to be copied.
fn argument(p: &TokenStream, params: &[Param], expr: &Expr) -> TokenStream {
    if matches!(expr, Expr::Path(_)) || !is_in_a_parameter(params, expr) {
        return expr.to_token_stream();
    }
    Call::new(quote!(<_ as #p::Copied>::copied), quote!(&#expr)).on(expr, punctuation(expr))
}

/// Where the dot, asterisk or bracket of a place is: nobody looks up what lies there.
fn punctuation(place: &Expr) -> Span {
    let mut tokens = place.to_token_stream().into_iter();
    let found = tokens.find(|token| !matches!(token, TokenTree::Ident(_)));
    found.map_or_else(Span::call_site, |token| token.span())
}

/// `options`, `options.limits.port`, `*opening`, `options.urls[0]`
fn is_in_a_parameter(params: &[Param], expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => {
            let named = |ident: &Ident| params.iter().any(|param| param.name == *ident);
            path.path.get_ident().is_some_and(named)
        }
        Expr::Field(field) => is_in_a_parameter(params, &field.base),
        Expr::Index(index) => is_in_a_parameter(params, &index.expr),
        Expr::Paren(paren) => is_in_a_parameter(params, &paren.expr),
        Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => {
            is_in_a_parameter(params, &unary.expr)
        }
        _ => false,
    }
}

/// With a last comma, which may be the user's: a single argument is a tuple too.
fn ended(args: &TokenStream) -> TokenStream {
    let last = args.clone().into_iter().last();
    match last {
        Some(last) if last.to_string() != "," => {
            // Where the compiler sees that an expression is half-typed.
            let comma = quote_spanned!(last.span()=> ,);
            quote!(#args #comma)
        }
        _ => args.clone(),
    }
}
