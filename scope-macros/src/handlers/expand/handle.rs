//! The methods of a service's handle: one per call and cast.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Type, TypePath, Visibility};

use super::message::allow_private_interfaces;
use super::{Expansion, or_unit};
use crate::args::Limit;
use crate::duration;
use crate::handlers::method::{Data, Method};
use crate::handlers::model::{Call, Handler, Kind, Reply, ServiceImpl};
use crate::handlers::types;
use crate::names;

// Input:  impl path::to::Counter { ... }
// Output: impl path::to::Counter_with_service_attribute { pub fn add(&self, by: i64) -> Call<path::to::Counter, i64> { ... } }
pub(super) fn methods(cx: &Expansion<'_>) -> Option<TokenStream> {
    let (impl_generics, _, _) = cx.model.generics.split_for_impl();
    let where_clause = &cx.requirements.bounds;
    let alias = alias(cx.model);
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

/// The alias that `#[service]` left beside the struct, by the same path.
///
/// Where it is missing the compiler tells so at its place, the word `impl`: an editor looks up nothing there.
pub(super) fn alias(model: &ServiceImpl) -> TypePath {
    let mut alias = model.service.clone();
    if let Some(segment) = alias.path.segments.last_mut() {
        segment.ident = names::handle_alias(&segment.ident, model.keyword);
    }
    alias
}

// Input:  #[call(timeout = "200ms")] fn find(&self, name: String) -> i64
// Output: pub fn find(&self, name: impl Into<String>) -> Call<Counter, i64> {
//             let (reply, call) = Handle::ask(self);
//             call.with(CounterMessage::Find(name.into(), reply)).timeout(Duration::from_millis(200))
//         }
fn call_method(cx: &Expansion<'_>, handler: &Handler, call: &Call) -> TokenStream {
    let Expansion {
        private, message, ..
    } = cx;
    let Handler {
        method, variant, ..
    } = handler;
    let (reply, unsent) = (names::local("reply"), names::local("call"));
    let fields = method.data().map(field);
    let timeout = call.timeout.as_ref().map(|limit| match limit {
        Limit::For(time) => {
            let time = duration::expand(private, *time);
            quote!(.timeout(#time))
        }
        Limit::Word(_) => quote!(.no_timeout()),
    });
    let body = quote! {
        let (#reply, #unsent) = #private::Handle::ask(self);
        #unsent.with(#message::#variant(#(#fields,)* #reply)) #timeout
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
pub(super) fn cast_message(cx: &Expansion<'_>, handler: &Handler) -> TokenStream {
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

/// A method with the name, the visibility and the arguments of a handler.
pub(super) fn handle_method(
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
    let documented = carried.iter().any(|attr| attr.path().is_ident("doc"));
    let doc = (!documented).then(|| quote!(#[doc = #doc]));
    let vis = visibility(method);
    let params = method.data().map(|data| {
        let (ident, ty) = (&data.ident, parameter_type(cx, data));
        quote!(#ident: #ty)
    });
    quote! {
        #(#cfgs)*
        #(#carried)*
        #doc
        #vis fn #ident(&self #(, #params)*) -> #output {
            #body
        }
    }
}

/// A private handler is reached by whoever can name the handle.
pub(super) fn visibility(method: &Method) -> TokenStream {
    match &method.vis {
        Visibility::Inherited => quote!(pub),
        vis => quote!(#vis),
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

// Input:  i64   String
// Output: i64   impl Into<String>
pub(super) fn parameter_type(cx: &Expansion<'_>, data: &Data) -> TokenStream {
    let (private, ty) = (&cx.private, cx.ty(&data.ty));
    if types::is_string(&data.ty) {
        quote!(impl #private::Into<#ty>)
    } else {
        quote!(#ty)
    }
}

// Input:  -> i64               -> Result<u64, PutError>                   ReplyTo<i64, E>
// Output: Call<Counter, i64>   FlatCall<Counter, Result<u64, PutError>>   Call<Counter, i64, E>
pub(super) fn call_type(cx: &Expansion<'_>, reply: &Reply) -> TokenStream {
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
