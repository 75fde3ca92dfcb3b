//! Where the parser stands, and how it goes on after a mistake.
//!
//! An entry starts with an attribute or with `id:`. After a mistake the parser skips to the next comma before such a
//! start, so that a half-written entry hides nothing of those that follow.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::token::{Brace, Bracket, Paren};

/// The token at hand, to report a mistake on it.
pub(crate) fn next(input: ParseStream<'_>) -> Option<TokenTree> {
    input.fork().parse().ok()
}

/// Takes the token at hand.
pub(crate) fn bump(input: ParseStream<'_>) -> Option<TokenTree> {
    input.parse().ok()
}

/// Whether `word` is next, a word of the grammar and not the start of a path such as `word::Service`.
pub(crate) fn at_word(input: ParseStream<'_>, word: &str) -> bool {
    input.peek(Ident::peek_any)
        && !input.peek2(Token![::])
        && !input.peek2(Token![<])
        && input
            .fork()
            .call(Ident::parse_any)
            .is_ok_and(|next| next == word)
}

/// Whether `id:` is next.
pub(crate) fn at_key(input: ParseStream<'_>) -> bool {
    input.peek(Ident::peek_any) && input.peek2(Token![:]) && !input.peek2(Token![::])
}

/// Whether an entry starts here.
pub(crate) fn at_entry(input: ParseStream<'_>) -> bool {
    at_key(input) || (input.peek(Token![#]) && input.peek2(Bracket))
}

/// Skips past the comma before the next entry, or stops at a key that lacks its comma.
pub(crate) fn skip_entry(input: ParseStream<'_>) {
    while !input.is_empty() {
        let comma = input.peek(Token![,]);
        bump(input);
        if at_entry(input) && (comma || at_key(input)) {
            return;
        }
    }
}

/// Takes the tokens of a plain value: up to the comma, or to the key that lacks one.
pub(crate) fn value(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty()
        && !input.peek(Token![,])
        && !input.peek(Token![;])
        && (tokens.is_empty() || !at_key(input))
    {
        tokens.extend(bump(input));
    }
    tokens
}

/// Takes the tokens of an expression that does not parse: up to the next entry.
pub(crate) fn expression(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() {
        if input.peek(Token![,]) {
            let ahead = input.fork();
            bump(&ahead);
            if ahead.is_empty() || at_entry(&ahead) {
                break;
            }
        }
        tokens.extend(bump(input));
    }
    tokens
}

/// Skips past the next comma.
pub(crate) fn skip_past_comma(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        bump(input);
    }
    bump(input);
}

/// Whether a group that a declaration is made of is next.
pub(crate) fn at_group(input: ParseStream<'_>) -> bool {
    input.peek(Brace) || input.peek(Paren)
}
