//! What a service sends to itself through: a method per cast, which does not wait, and one per call, which says why there is
//! none.

use proc_macro2::TokenStream;
use quote::quote;

use super::Expansion;
use super::handle::{call_type, cast_message, handle_method, signature};
use super::message::allow_private_interfaces;
use crate::handlers::model::{Call, Handler, Kind};
use crate::names;

pub(super) fn items(cx: &Expansion<'_>) -> [TokenStream; 6] {
    [
        declaration(cx),
        clone(cx),
        debug(cx),
        deref(cx),
        from(cx),
        methods(cx),
    ]
}

// Output: pub struct CounterMyself<S>(Myself<S>);
fn declaration(cx: &Expansion<'_>) -> TokenStream {
    let private = &cx.private;
    let (service, myself) = (&cx.model.ident, names::myself(&cx.model.ident));
    let doc =
        format!("What `{service}` sends to itself through: casts, which never wait, and no calls.");
    // Of any service, so that it may be public where this one is not.
    quote! {
        #[doc = #doc]
        pub struct #myself<S>(#private::Myself<S>);
    }
}

// Output: impl<S> Clone for CounterMyself<S> { ... }
fn clone(cx: &Expansion<'_>) -> TokenStream {
    let private = &cx.private;
    let body = quote! {
        fn clone(&self) -> Self {
            Self(#private::Clone::clone(&self.0))
        }
    };
    implementation(cx, &quote!(#private::Clone), &body)
}

// Output: impl<S> Debug for CounterMyself<S> { ... }
fn debug(cx: &Expansion<'_>) -> TokenStream {
    let private = &cx.private;
    let formatter = names::local("formatter");
    let body = quote! {
        fn fmt(&self, #formatter: &mut #private::Formatter<'_>) -> #private::FmtResult {
            #private::Debug::fmt(&self.0, #formatter)
        }
    };
    implementation(cx, &quote!(#private::Debug), &body)
}

// Output: impl<S> Deref for CounterMyself<S> { type Target = Myself<S>; ... }
fn deref(cx: &Expansion<'_>) -> TokenStream {
    let private = &cx.private;
    let body = quote! {
        type Target = #private::Myself<S>;
        fn deref(&self) -> &Self::Target {
            &self.0
        }
    };
    implementation(cx, &quote!(#private::Deref), &body)
}

// Output: impl<S> From<Handle<S>> for CounterMyself<S> { ... }
fn from(cx: &Expansion<'_>) -> TokenStream {
    let private = &cx.private;
    let handle = names::local("handle");
    let body = quote! {
        fn from(#handle: #private::Handle<S>) -> Self {
            Self(#private::From::from(#handle))
        }
    };
    implementation(cx, &quote!(#private::From<#private::Handle<S>>), &body)
}

fn implementation(cx: &Expansion<'_>, of: &TokenStream, body: &TokenStream) -> TokenStream {
    let myself = names::myself(&cx.model.ident);
    quote! {
        #[automatically_derived]
        impl<S> #of for #myself<S> {
            #body
        }
    }
}

// Input:  impl path::to::Counter { #[cast] fn note(&mut self, text: String) { ... } #[call] fn value(&self) -> u8 { ... } }
// Output: impl CounterMyself<path::to::Counter> { fn note ... fn value ... }
fn methods(cx: &Expansion<'_>) -> TokenStream {
    let (service, myself) = (&cx.model.service, names::myself(&cx.model.ident));
    let (impl_generics, _, _) = cx.model.generics.split_for_impl();
    let where_clause = &cx.requirements.bounds;
    let methods = cx
        .model
        .handlers
        .iter()
        .filter_map(|handler| match &handler.kind {
            Kind::Cast => Some(cast(cx, handler)),
            Kind::Call(call) => Some(refused(cx, handler, call)),
            Kind::Info(_) | Kind::Every(_) => None,
        });
    let allow = allow_private_interfaces();
    quote! {
        #allow
        #[allow(dead_code, unused_variables, reason = "few services send themselves all of their casts, none a call")]
        #[allow(clippy::missing_errors_doc, clippy::same_name_method, reason = "names and docs are those of the handlers")]
        impl #impl_generics #myself<#service> #where_clause {
            #(#methods)*
        }
    }
}

// Output: pub fn note(&self, text: impl Into<String>) -> Result<(), CastError<CounterMessage>> {
//             let text = Into::into(text);
//             Myself::send(self, CounterMessage::Note { text })
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

// Output: pub fn value(&self) -> Call<Counter, u8> where for<'a> Counter: WaitsForItself<'a> { unreachable!() }
fn refused(cx: &Expansion<'_>, handler: &Handler, call: &Call) -> TokenStream {
    let (private, service) = (&cx.private, &cx.model.service);
    let cfgs = &handler.method.cfgs;
    let (signature, output) = (signature(cx, &handler.method), call_type(cx, &call.reply));
    // A clause that is false for all lifetimes is an error where the method is called, not here.
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        #signature -> #output where for<'a> #service: #private::WaitsForItself<'a> {
            ::core::unreachable!()
        }
    }
}
