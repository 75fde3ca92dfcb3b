//! The methods of a service's handle: one per call and cast.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Type, TypePath, Visibility};

use super::message::allow_private_interfaces;
use super::{Expansion, or_unit};
use crate::args::Limit;
use crate::duration;
use crate::handlers::method::{Data, Method};
use crate::handlers::model::{Call, Handler, Kind, Reply};
use crate::handlers::types;
use crate::names;

// Input:  impl path::to::Counter { ... }
// Output: impl path::to::__CounterHandle { pub fn add(&self, by: i64) -> Call<path::to::Counter, i64> { ... } }
pub(super) fn methods(cx: &Expansion<'_>) -> Option<TokenStream> {
    let (impl_generics, _, _) = cx.model.generics.split_for_impl();
    let where_clause = &cx.where_clause;
    let alias = alias(&cx.model.service, names::handle_alias);
    let methods: Vec<TokenStream> = cx
        .model
        .handlers
        .iter()
        .filter_map(|handler| match &handler.kind {
            Kind::Call(call) => Some(call_method(cx, handler, call)),
            Kind::Cast => Some(cast_method(cx, handler)),
            Kind::Info(_) | Kind::Every(_) => None,
        })
        .collect();
    let allow = allow_private_interfaces();
    (!methods.is_empty()).then(|| {
        quote! {
            #allow
            impl #impl_generics #alias #where_clause {
                #(#methods)*
            }
        }
    })
}

// Input:  impl path::to::Counter { #[cast] fn note(&mut self, text: String) { ... } }
// Output: impl path::to::__CounterMyself {
//             pub fn note(&self, text: impl Into<String>) -> Result<(), CastError<CounterMessage>> {
//                 Myself::send(self, CounterMessage::Note(text.into()))
//             }
//         }
pub(super) fn myself_methods(cx: &Expansion<'_>) -> Option<TokenStream> {
    let (private, message, ty_generics) = (&cx.private, &cx.message, &cx.ty_generics);
    let (impl_generics, _, _) = cx.model.generics.split_for_impl();
    let where_clause = &cx.where_clause;
    let alias = alias(&cx.model.service, names::myself_alias);
    let output = quote!(#private::Result<(), #private::CastError<#message #ty_generics>>);
    let casts = cx
        .model
        .handlers
        .iter()
        .filter(|handler| matches!(handler.kind, Kind::Cast));
    let methods = casts.map(|handler| {
        let value = cast_message(cx, handler);
        let body = quote!(#private::Myself::send(self, #value));
        let doc = format!(
            "Sends itself `{}`; fails at once where the mailbox is full.",
            handler.method.ident
        );
        handle_method(cx, &handler.method, &doc, &output, &body)
    });
    let methods: Vec<TokenStream> = methods.collect();
    let allow = allow_private_interfaces();
    (!methods.is_empty()).then(|| {
        quote! {
            #allow
            #[allow(dead_code, reason = "few services send themselves all of their casts")]
            #[allow(clippy::missing_errors_doc, reason = "the docs are those of the handler")]
            impl #impl_generics #alias #where_clause {
                #(#methods)*
            }
        }
    })
}

/// The alias that `#[service]` left beside the struct, by the same path.
fn alias(service: &TypePath, name: fn(&Ident) -> Ident) -> TypePath {
    let mut alias = service.clone();
    if let Some(segment) = alias.path.segments.last_mut() {
        segment.ident = name(&segment.ident);
    }
    alias
}

// Input:  #[call(timeout = "200ms")] fn find(&self, name: String) -> i64
// Output: pub fn find(&self, name: impl Into<String>) -> Call<Counter, i64> {
//             Handle::call(self, |reply| CounterMessage::Find(name.into(), reply))
//                 .timeout(Duration::from_millis(200))
//         }
fn call_method(cx: &Expansion<'_>, handler: &Handler, call: &Call) -> TokenStream {
    let Expansion {
        private, message, ..
    } = cx;
    let Handler {
        method, variant, ..
    } = handler;
    let reply = names::local("reply");
    let fields = method.data().map(field);
    let timeout = call.timeout.as_ref().map(|limit| match limit {
        Limit::For(time) => {
            let time = duration::expand(private, *time);
            quote!(.timeout(#time))
        }
        Limit::Word(_) => quote!(.no_timeout()),
    });
    let body = quote! {
        #private::Handle::call(self, |#reply| #message::#variant(#(#fields,)* #reply)) #timeout
    };
    let doc = format!("Calls `{}` and waits for its answer.", method.ident);
    handle_method(cx, method, &doc, &call_type(cx, &call.reply), &body)
}

// Input:  #[cast] fn note(&mut self, text: String)
// Output: pub fn note(&self, text: impl Into<String>) -> Cast<Counter> {
//             Handle::cast(self, CounterMessage::Note(text.into()))
//         }
fn cast_method(cx: &Expansion<'_>, handler: &Handler) -> TokenStream {
    let Expansion { model, private, .. } = cx;
    let service = &model.service;
    let value = cast_message(cx, handler);
    let body = quote!(#private::Handle::cast(self, #value));
    let doc = format!(
        "Sends `{}` a message; there is no answer.",
        handler.method.ident
    );
    handle_method(
        cx,
        &handler.method,
        &doc,
        &quote!(#private::Cast<#service>),
        &body,
    )
}

// Output: CounterMessage::Note(text)
fn cast_message(cx: &Expansion<'_>, handler: &Handler) -> TokenStream {
    let message = &cx.message;
    let Handler {
        method, variant, ..
    } = handler;
    let mut fields = method.data().map(field).peekable();
    if fields.peek().is_none() {
        return quote!(#message::#variant);
    }
    quote!(#message::#variant(#(#fields),*))
}

fn handle_method(
    cx: &Expansion<'_>,
    method: &Method,
    doc: &str,
    output: &TokenStream,
    body: &TokenStream,
) -> TokenStream {
    let Method {
        ident,
        cfgs,
        carried,
        ..
    } = method;
    let vis = match &method.vis {
        Visibility::Inherited => quote!(pub),
        vis => quote!(#vis),
    };
    let documented = carried.iter().any(|attr| attr.path().is_ident("doc"));
    let doc = (!documented).then(|| quote!(#[doc = #doc]));
    let params = method.data().map(|data| param(cx, data));
    quote! {
        #(#cfgs)*
        #(#carried)*
        #doc
        #vis fn #ident(&self #(, #params)*) -> #output {
            #body
        }
    }
}

// Input:  by: i64   text: String
// Output: by        text.into()
fn field(data: &Data) -> TokenStream {
    let ident = &data.ident;
    if types::is_string(&data.ty) {
        // The bound on the argument is the one that counts, whatever else has an `into`.
        quote!(#ident.into())
    } else {
        quote!(#ident)
    }
}

fn param(cx: &Expansion<'_>, data: &Data) -> TokenStream {
    let private = &cx.private;
    let (ident, ty) = (&data.ident, cx.ty(&data.ty));
    if types::is_string(&data.ty) {
        quote!(#ident: impl #private::Into<#ty>)
    } else {
        quote!(#ident: #ty)
    }
}

// Input:  -> i64               -> Result<u64, PutError>                   ReplyTo<i64, E>
// Output: Call<Counter, i64>   FlatCall<Counter, Result<u64, PutError>>   Call<Counter, i64, E>
fn call_type(cx: &Expansion<'_>, reply: &Reply) -> TokenStream {
    let Expansion { model, private, .. } = cx;
    let service = &model.service;
    let own = |ty: &Type| cx.ty(ty);
    match reply {
        Reply::Plain(ty) => {
            let ty = or_unit(ty.as_ref().map(own).as_ref());
            quote!(#private::Call<#service, #ty>)
        }
        Reply::Flat(ty) => {
            let ty = own(ty);
            quote!(#private::FlatCall<#service, #ty>)
        }
        Reply::Later(types) => {
            let types = types.iter().map(own);
            quote!(#private::Call<#service, #(#types),*>)
        }
    }
}
