//! What is emitted for input that is not what the macro is for: the user's item, and one error.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;

use crate::diag::Errors;

/// The words that say what an item is.
const ITEM_KEYWORDS: &[&str] = &[
    "impl",
    "struct",
    "enum",
    "union",
    "trait",
    "mod",
    "fn",
    "type",
    "static",
    "const",
    "use",
    "macro_rules",
];

/// Re-emits an item whose marker (`#[call]`, `#[init]`, …) no `#[handlers]` has taken away.
pub(crate) fn misplaced_marker(marker: &str, item: &TokenStream) -> TokenStream {
    // The attribute is not among our tokens: its place is the call site, which the compiler underlines whole.
    let error = syn::Error::new(
        Span::call_site(),
        format!("`#[{marker}]` belongs in an `impl` block with `#[handlers]`"),
    )
    .into_compile_error();
    quote!(#item #error)
}

/// Reports `message` on the keyword that says what `item` is, or on all of it.
pub(crate) fn wrong_item(item: &TokenStream, message: &str, errors: &mut Errors) {
    match item_keyword(item) {
        Some(keyword) => errors.at(keyword, message),
        None if item.is_empty() => errors.push(syn::Error::new(Span::call_site(), message)),
        None => errors.at(item, message),
    }
}

/// The keyword that says what an item is, e.g. `enum`.
pub(crate) fn item_keyword(item: &TokenStream) -> Option<Ident> {
    item.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ITEM_KEYWORDS.iter().any(|keyword| ident == keyword) => {
            Some(ident)
        }
        _ => None,
    })
}
