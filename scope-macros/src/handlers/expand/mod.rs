//! The tokens of `#[handlers]`: the messages, their dispatch, and the handle's methods.

mod handle;
mod health;
mod message;
mod myself;
mod proof;
mod requirements;
mod service;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Type, TypeGenerics};

use self::requirements::Requirements;
use super::model::{Handler, Kind, ServiceImpl};
use crate::names;

pub(super) fn expand(model: &ServiceImpl) -> TokenStream {
    let cx = Expansion::new(model);
    let cfgs = &model.cfgs;
    let cfgs = quote!(#(#cfgs)*);
    let mut items = vec![
        message::declaration(&cx),
        message::route(&cx),
        service::service(&cx),
    ];
    items.extend(service::accepts(&cx));
    items.extend(handle::methods(&cx));
    items.extend(myself::items(&cx));
    let proofs = cx.requirements.proofs.iter();
    let words = words(model);
    quote! {
        #words
        #(#cfgs #items)*
        #(#cfgs #proofs)*
    }
}

// Input:  #[call(timeout = infinity)]
// Output: #[cfg(any())] const _: () = { use call as _; use __private::words::call::timeout::infinity as _; };
fn words(model: &ServiceImpl) -> TokenStream {
    let (krate, private) = (&model.krate, model.krate.private());
    let markers = model.words.iter().map(|word| quote!(#krate::#word));
    let options = model.options.iter();
    let options = options.map(|option| quote!(#private::words::#option));
    names::mention(&markers.chain(options).collect::<Vec<_>>())
}

/// What all parts of the expansion name.
struct Expansion<'a> {
    model: &'a ServiceImpl,
    /// `::scope::__private`
    private: TokenStream,
    /// `LedgerMessage`
    message: Ident,
    ty_generics: TypeGenerics<'a>,
    requirements: Requirements,
}

impl<'a> Expansion<'a> {
    fn new(model: &'a ServiceImpl) -> Self {
        let (_, ty_generics, _) = model.generics.split_for_impl();
        Self {
            model,
            private: model.krate.private(),
            message: names::message(&model.ident),
            ty_generics,
            requirements: requirements::requirements(model),
        }
    }

    /// A type of the user's as it reads outside of the block.
    fn ty(&self, ty: &Type) -> Type {
        self.model.without_self().ty(ty)
    }

    // Input:  #[every("30s")] fn tick(&mut self)
    // Output: HandlerMeta::every("tick")
    fn meta(&self, handler: &Handler) -> TokenStream {
        let private = &self.private;
        let (kind, name) = (kind(handler), name(handler));
        quote!(#private::HandlerMeta::#kind(#name))
    }
}

/// What the runtime calls the kind of a handler.
fn kind(handler: &Handler) -> Ident {
    names::ours(match &handler.kind {
        Kind::Call(_) => "call",
        Kind::Cast => "cast",
        Kind::Info(_) => "info",
        Kind::Every(_) => "every",
    })
}

/// The name that people read.
fn name(handler: &Handler) -> String {
    handler.method.ident.unraw().to_string()
}

/// Keeps a handler's `#[deprecated]` from being reported on our own use of it.
fn allow_deprecated(model: &ServiceImpl) -> Option<TokenStream> {
    let mut attrs = model
        .handlers
        .iter()
        .flat_map(|handler| &handler.method.carried);
    attrs.any(|attr| attr.path().is_ident("deprecated")).then(|| {
        quote!(#[allow(deprecated, reason = "the expansion names every handler, its callers are warned")])
    })
}

/// `()` for no type.
fn or_unit(ty: Option<&Type>) -> TokenStream {
    ty.map_or_else(|| quote!(()), ToTokens::to_token_stream)
}
