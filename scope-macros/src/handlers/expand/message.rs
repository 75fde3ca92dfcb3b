//! The message enum of a service.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{Expansion, kind, name, or_unit};
use crate::handlers::model::{Handler, Kind, Reply};
use crate::names;

// Input:  #[call] fn add(&mut self, by: i64) -> i64
//         #[info] fn down(&mut self, down: Down)
// Output: pub enum CounterMessage { Add(i64, ReplyTo<i64>), Down(Down) }
pub(super) fn declaration(cx: &Expansion<'_>) -> TokenStream {
    let Expansion {
        model,
        private,
        message,
        ..
    } = cx;
    let generics = &model.generics;
    let where_clause = &cx.requirements.own;
    let variants = model.handlers.iter().map(|handler| variant(cx, handler));
    let params: Vec<_> = generics.type_params().map(|param| &param.ident).collect();
    let marker = (!params.is_empty()).then(|| {
        quote! {
            #[doc(hidden)]
            __Marker(#private::PhantomData<fn() -> (#(#params,)*)>, #private::Infallible),
        }
    });
    let doc = format!("The messages of `{}`.", model.ident);
    let allow = allow_private_interfaces();
    quote! {
        #[doc = #doc]
        #allow
        pub enum #message #generics #where_clause {
            #(#variants,)*
            #marker
        }
    }
}

/// The enum must be public, as the type of a public trait; what its fields hold need not be.
pub(super) fn allow_private_interfaces() -> TokenStream {
    quote!(#[allow(private_interfaces, private_bounds, reason = "a handler may take and return what only its own module can name")])
}

fn variant(cx: &Expansion<'_>, handler: &Handler) -> TokenStream {
    let Handler {
        method,
        variant,
        kind,
    } = handler;
    let cfgs = &method.cfgs;
    // The method's own docs are not repeated: their links, `[Self::x]`, would not resolve here.
    let doc = format!("Handled by `{}`.", method.ident);
    let mut fields: Vec<TokenStream> = match kind {
        Kind::Every(_) => Vec::new(),
        _ => method
            .data()
            .map(|data| cx.ty(&data.ty).into_token_stream())
            .collect(),
    };
    if let Kind::Call(call) = kind {
        fields.push(reply_type(cx, &call.reply));
    }
    let fields = (!fields.is_empty()).then(|| quote!((#(#fields),*)));
    quote! {
        #(#cfgs)*
        #[doc = #doc]
        #variant #fields
    }
}

// Input:  -> i64           -> Result<u64, PutError>           ReplyTo<i64, E>
// Output: ReplyTo<i64>     FlatReply<Result<u64, PutError>>   ReplyTo<i64, E>
fn reply_type(cx: &Expansion<'_>, reply: &Reply) -> TokenStream {
    let private = &cx.private;
    match reply {
        Reply::Plain(ty) => {
            let ty = or_unit(ty.as_ref().map(|ty| cx.ty(ty)).as_ref());
            quote!(#private::ReplyTo<#ty>)
        }
        Reply::Flat(ty) => {
            let ty = cx.ty(ty);
            quote!(#private::FlatReply<#ty>)
        }
        Reply::Later(types) => {
            let types = types.iter().map(|ty| cx.ty(ty));
            quote!(#private::ReplyTo<#(#types),*>)
        }
    }
}

// Input:  #[call] fn add(..)   #[cast] fn note(..)
// Output: impl Message for CounterMessage {
//             fn route(&mut self) -> Route<'_> {
//                 match *self {
//                     Self::Add(.., ref mut reply) => Route::call("add", reply),
//                     Self::Note { .. } => Route::cast("note"),
//                 }
//             }
//         }
pub(super) fn route(cx: &Expansion<'_>) -> TokenStream {
    let Expansion {
        model,
        private,
        message,
        ty_generics,
        ..
    } = cx;
    let (impl_generics, _, _) = model.generics.split_for_impl();
    let where_clause = &cx.requirements.all;
    let arms = model.handlers.iter().map(|handler| {
        let (cfgs, variant) = (&handler.method.cfgs, &handler.variant);
        let (kind, name) = (kind(handler), name(handler));
        let arm = if let Kind::Call(_) = handler.kind {
            let reply = names::local("reply");
            quote!(Self::#variant(.., ref mut #reply) => #private::Route::#kind(#name, #reply))
        } else {
            quote!(Self::#variant { .. } => #private::Route::#kind(#name))
        };
        quote!(#(#cfgs)* #arm)
    });
    let marker = never_arm(cx, &quote!(Self));
    // The place itself is matched, for a reference to an enum without variants is not empty.
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Message for #message #ty_generics #where_clause {
            fn route(&mut self) -> #private::Route<'_> {
                match *self {
                    #(#arms,)*
                    #marker
                }
            }
        }
    }
}

/// The arm of the variant that only holds the type parameters.
pub(super) fn never_arm(cx: &Expansion<'_>, message: &TokenStream) -> Option<TokenStream> {
    cx.model.generics.type_params().next()?;
    let never = names::local("never");
    Some(quote!(#message::__Marker(_, #never) => match #never {},))
}
