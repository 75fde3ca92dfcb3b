//! `#[test]`: makes a plain test of an async function.

mod expand;
mod model;
mod parse;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::diag::Errors;

/// The test, or the user's item where it can't be one; then all errors.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let syntax = parse::parse(args, &item, &mut errors);
    let mut emitted = match model::build(syntax, &mut errors) {
        Some(test) => expand::expand(&test),
        None => item,
    };
    emitted.extend(errors.finish());
    emitted
}
