//! `#[derive(ServiceError)]`: what each error means for its service.

mod expand;
mod model;
mod parse;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::diag::Errors;

/// The impl for all that is valid, then all errors. The compiler keeps the user's item itself.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let syntax = parse::parse(item, &mut errors);
    let expansion = syntax.map(|syntax| {
        let model = model::build(syntax, &mut errors);
        validate::validate(&model, &mut errors);
        expand::expand(&model)
    });
    let mut emitted = expansion.unwrap_or_default();
    emitted.extend(errors.finish());
    emitted
}
