//! `#[service]`: declares a struct as a service, and makes its handle.

mod expand;
mod health;
mod model;
mod parse;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::diag::Errors;

/// The user's item, then the expansion of all that is valid, then all errors.
pub(crate) fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let syntax = parse::parse(args, &item, &mut errors);
    let expansion = model::build(syntax, &mut errors).map(|service| {
        validate::validate(&service, &mut errors);
        expand::expand(&service)
    });
    let mut emitted = item;
    emitted.extend(expansion);
    emitted.extend(errors.finish());
    emitted
}
