//! What a service sends to itself through: a method per cast, which does not wait, and one per call, which says why there is
//! none.

use proc_macro2::TokenStream;
use quote::quote;

use super::Expansion;
use super::handle::{call_type, cast_message, handle_method, parameter_type, visibility};
use super::message::allow_private_interfaces;
use crate::handlers::model::{Call, Handler, Kind};
use crate::names;

pub(super) fn items(cx: &Expansion<'_>) -> Vec<TokenStream> {
    [declaration(cx)].into_iter().chain(methods(cx)).collect()
}

// Output: pub struct CounterMyself<S>(Myself<S>);
//         wrapper!([<S>] CounterMyself<S> = Myself, S, []);
fn declaration(cx: &Expansion<'_>) -> TokenStream {
    let private = &cx.private;
    let (service, myself) = (&cx.model.ident, names::myself(&cx.model.ident));
    let doc =
        format!("What `{service}` sends to itself through: casts, which never wait, and no calls.");
    // Of any service, so that it may be public where this one is not.
    quote! {
        #[doc = #doc]
        pub struct #myself<S>(#private::Myself<S>);
        #private::wrapper!([<S>] #myself<S> = Myself, S, []);
    }
}

// Input:  impl path::to::Counter { #[cast] fn note(&mut self, text: String) { ... } #[call] fn value(&self) -> u8 { ... } }
// Output: impl CounterMyself<path::to::Counter> { fn note ... no_calls!(path::to::Counter: pub fn value() -> ...;); }
fn methods(cx: &Expansion<'_>) -> Option<TokenStream> {
    let (krate, service) = (&cx.model.krate, &cx.model.service);
    let myself = names::myself(&cx.model.ident);
    let (impl_generics, _, _) = cx.model.generics.split_for_impl();
    let where_clause = &cx.requirements.bounds;
    let (mut casts, mut calls) = (Vec::new(), Vec::new());
    for handler in &cx.model.handlers {
        match &handler.kind {
            Kind::Cast => casts.push(cast(cx, handler)),
            Kind::Call(call) => calls.push(refused(cx, handler, call)),
            Kind::Info(_) | Kind::Every(_) => {}
        }
    }
    if casts.is_empty() && calls.is_empty() {
        return None;
    }
    let calls = (!calls.is_empty()).then(|| quote!(#krate::no_calls!(#service: #(#calls)*);));
    let allow = allow_private_interfaces();
    Some(quote! {
        #allow
        #[allow(dead_code, reason = "few services send themselves all of their casts, none a call")]
        #[allow(clippy::missing_errors_doc, clippy::same_name_method, reason = "names and docs are those of the handlers")]
        impl #impl_generics #myself<#service> #where_clause {
            #(#casts)*
            #calls
        }
    })
}

// Output: pub fn note(&self, text: impl Into<String>) -> Result<(), CastError<CounterMessage>> {
//             Myself::send(self, CounterMessage::Note(text.into()))
//         }
fn cast(cx: &Expansion<'_>, handler: &Handler) -> TokenStream {
    let (private, message, ty_generics) = (&cx.private, &cx.message, &cx.ty_generics);
    let output = quote!(#private::Result<(), #private::CastError<#message #ty_generics>>);
    let value = cast_message(cx, handler);
    let body = quote!(#private::Myself::send(self, #value));
    let doc = format!(
        "Sends itself `{}`; fails at once where the mailbox is full.",
        handler.method.ident
    );
    handle_method(cx, &handler.method, &doc, &output, &body)
}

// Output: pub fn add(i64) -> Call<Counter, i64>;
fn refused(cx: &Expansion<'_>, handler: &Handler, call: &Call) -> TokenStream {
    let method = &handler.method;
    let (cfgs, ident, vis) = (&method.cfgs, &method.ident, visibility(method));
    let types = method.data().map(|data| parameter_type(cx, data));
    let output = call_type(cx, &call.reply);
    quote!(#(#cfgs)* #vis fn #ident(#(#types),*) -> #output;)
}
