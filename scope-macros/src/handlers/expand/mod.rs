//! The tokens of `#[handlers]`: the messages, their dispatch, and the handle's methods.

mod handle;
mod message;
mod requirements;
mod service;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Type, TypeGenerics, WhereClause};

use super::method::Asynchrony;
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
    items.extend(handle::myself_methods(&cx));
    let krate = &model.krate;
    let words: Vec<TokenStream> = model
        .words
        .iter()
        .map(|word| quote!(#krate::#word))
        .collect();
    let words = names::mention(&words);
    quote! {
        #(#cfgs #items)*
        #words
    }
}

/// What all parts of the expansion name.
struct Expansion<'a> {
    model: &'a ServiceImpl,
    /// `::scope::__private`
    private: TokenStream,
    /// `LedgerMessage`
    message: Ident,
    ty_generics: TypeGenerics<'a>,
    /// The block's own, and what the service's types are required to be.
    where_clause: WhereClause,
}

impl<'a> Expansion<'a> {
    fn new(model: &'a ServiceImpl) -> Self {
        let (_, ty_generics, _) = model.generics.split_for_impl();
        Self {
            model,
            private: model.krate.private(),
            message: names::message(&model.ident),
            ty_generics,
            where_clause: requirements::where_clause(model),
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

/// `.await` after a call of an async method.
fn awaited(asynchrony: Asynchrony, span: Span) -> TokenStream {
    match asynchrony {
        Asynchrony::Async => quote_spanned!(span=> .await),
        Asynchrony::Sync => TokenStream::new(),
    }
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
