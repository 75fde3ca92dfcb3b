//! `supervisor!`: a supervision tree.

mod expand;
mod model;
mod parse;
#[cfg(test)]
mod tests;
mod validate;

use proc_macro2::TokenStream;

use crate::diag::Errors;

/// Declares the supervisors of one block: what is valid of them, then every error.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let block = parse::parse(input, &mut errors);
    let mut supervisors = model::model(block, &mut errors);
    validate::validate(&mut supervisors, &mut errors);
    let mut tokens: TokenStream = supervisors.iter().map(expand::expand).collect();
    // A proof about half of a tree would be false.
    if errors.count() == 0 {
        tokens.extend(supervisors.iter().map(expand::proofs));
    }
    tokens.extend(errors.finish());
    tokens
}
