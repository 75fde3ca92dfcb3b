//! `#[handlers]`: makes the messages of a service, their dispatch and the methods of its handle.

mod expand;
mod health;
mod method;
mod model;
mod parse;
mod role;
pub(crate) mod types;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;
use quote::quote;

use crate::diag::Errors;

/// The user's block without our markers, then the expansion of all that is valid, then all errors.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let krate = parse::krate(args, &mut errors);
    let block = parse::parse(&krate, item, &mut errors);
    let emitted = block.emitted.clone();
    let expansion = model::build(krate, block, &mut errors).map(|mut model| {
        validate::validate(&mut model, &mut errors);
        expand::expand(&model)
    });
    let errors = errors.finish();
    quote!(#emitted #expansion #errors)
}
