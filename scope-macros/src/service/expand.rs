//! The tokens of `#[service]`.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::{GenericParam, Generics, TypePath};

use super::model::{Mailbox, Options, Service};
use crate::args::Limit;
use crate::duration;
use crate::names;

pub(super) fn expand(service: &Service) -> TokenStream {
    let cfgs = &service.cfgs;
    let cfgs = quote!(#(#cfgs)*);
    let (handle, myself) = (Wrapper::handle(service), Wrapper::myself(service));
    let items = [declared(service, &myself)]
        .into_iter()
        .chain(wrapper_items(service, &handle))
        .chain(wrapper_items(service, &myself));
    let requires = requires(service);
    let words = words(service);
    quote! {
        #(#cfgs #items)*
        #(#cfgs #requires)*
        #words
    }
}

/// A type around one of the runtime's, under a name of its own, so that `#[handlers]` can give it methods.
struct Wrapper {
    ident: Ident,
    /// How `#[handlers]` finds it: it knows the struct's name only.
    alias: Ident,
    /// The runtime's: `Handle` or `Myself`.
    inner: Ident,
    doc: String,
}

impl Wrapper {
    fn handle(service: &Service) -> Self {
        let ident = &service.ident;
        Self {
            ident: service.handle.clone(),
            alias: names::handle_alias(ident),
            inner: names::ours("Handle"),
            doc: format!("Talks to [`{ident}`]: cheap to clone, survives restarts."),
        }
    }

    fn myself(service: &Service) -> Self {
        let ident = &service.ident;
        Self {
            ident: names::myself(ident),
            alias: names::myself_alias(ident),
            inner: names::ours("Myself"),
            doc: format!(
                "What [`{ident}`] sends to itself through: casts, which never wait, and no calls."
            ),
        }
    }
}

fn wrapper_items(service: &Service, wrapper: &Wrapper) -> [TokenStream; 3] {
    [
        wrapper_struct(service, wrapper),
        wrapper_alias(service, wrapper),
        wrapper_impls(service, wrapper),
    ]
}

// Input:  pub struct Counter<T: Bound> where ... { ... }
// Output: /// Talks to [`Counter`]: cheap to clone, survives restarts.
//         pub struct CounterHandle<T: Bound>(Handle<Counter<T>>) where ...;
fn wrapper_struct(service: &Service, wrapper: &Wrapper) -> TokenStream {
    let Service {
        vis,
        ident: target,
        generics,
        ..
    } = service;
    let Wrapper {
        ident, inner, doc, ..
    } = wrapper;
    let private = service.krate.private();
    let (_, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[doc = #doc]
        #vis struct #ident #generics (#private::#inner<#target #ty_generics>) #where_clause;
    }
}

// Input:  pub struct Counter<T: Bound> where ... { ... }
// Output: pub type __CounterHandle<T> = CounterHandle<T>;
fn wrapper_alias(service: &Service, wrapper: &Wrapper) -> TokenStream {
    let Service { vis, generics, .. } = service;
    let Wrapper { ident, alias, .. } = wrapper;
    let (_, ty_generics, _) = generics.split_for_impl();
    let params = without_bounds(generics);
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, reason = "only `#[handlers]` names it")]
        #vis type #alias #params = #ident #ty_generics;
    }
}

/// Bounds on a type alias have no effect, which the compiler warns about.
fn without_bounds(generics: &Generics) -> Generics {
    let mut generics = generics.clone();
    generics.where_clause = None;
    for param in &mut generics.params {
        if let GenericParam::Type(param) = param {
            param.colon_token = None;
            param.bounds.clear();
        }
    }
    generics
}

// Input:  #[service(layer = business, restart = transient, requires(ConfigServer))] pub struct Counter { ... }
// Output: impl Declared for Counter {
//             type Handle = CounterHandle;
//             type Myself = CounterMyself;
//             const ID: ServiceId = ServiceId::new(module_path!(), "Counter", Layer::Business);
//             const OPTIONS: Options = Options::DEFAULT.restart(Restart::Transient);
//             const REQUIRES: &'static [ServiceId] = &[<ConfigServer as Declared>::ID];
//         }
fn declared(service: &Service, myself: &Wrapper) -> TokenStream {
    let Service {
        ident,
        generics,
        handle,
        options,
        ..
    } = service;
    let private = service.krate.private();
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let myself = &myself.ident;
    let name = ident.unraw().to_string();
    let layer = layer(options, &private);
    let values = option_values(options, &private);
    let options = (!values.is_empty()).then(
        || quote!(const OPTIONS: #private::Options = #private::Options::DEFAULT #(.#values)*;),
    );
    let requires = required_ids(service);
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::Declared for #ident #ty_generics #where_clause {
            type Handle = #handle #ty_generics;
            type Myself = #myself #ty_generics;
            const ID: #private::ServiceId = #private::ServiceId::new(::core::module_path!(), #name, #layer);
            #options
            #requires
        }
    }
}

// Input:  requires(ConfigServer)
// Output: const REQUIRES: &'static [ServiceId] = &[<ConfigServer as Declared>::ID];
fn required_ids(service: &Service) -> Option<TokenStream> {
    let private = service.krate.private();
    let requires: Vec<&TypePath> = service.options.requires.iter().flatten().collect();
    (!requires.is_empty()).then(|| {
        quote! {
            const REQUIRES: &'static [#private::ServiceId] =
                &[#(<#requires as #private::Declared>::ID),*];
        }
    })
}

fn layer(options: &Options, private: &TokenStream) -> TokenStream {
    match &options.layer {
        Some(layer) => {
            let variant = names::variant(layer);
            quote!(#private::Layer::#variant)
        }
        None => quote!(#private::Layer::Application),
    }
}

// Input:  restart = transient, mailbox(capacity = 8, keep), call_timeout = infinity
// Output: restart(Restart::Transient), capacity(8), keep(), no_call_timeout()
fn option_values(options: &Options, private: &TokenStream) -> Vec<TokenStream> {
    let restart = options.restart.as_ref().map(|word| {
        let variant = names::variant(word);
        quote!(restart(#private::Restart::#variant))
    });
    let shutdown = options.shutdown.as_ref().map(|limit| {
        let shutdown = match limit {
            Limit::For(time) => {
                let time = duration::expand(private, *time);
                quote!(Timeout(#time))
            }
            Limit::Word(word) => {
                let variant = names::variant(word);
                quote!(#variant)
            }
        };
        quote!(shutdown(#private::Shutdown::#shutdown))
    });
    let call_timeout = options.call_timeout.as_ref().map(|limit| match limit {
        Limit::For(time) => {
            let time = duration::expand(private, *time);
            quote!(call_timeout(#time))
        }
        Limit::Word(_) => quote!(no_call_timeout()),
    });
    let start_timeout = options.start_timeout.as_ref().map(|limit| match limit {
        Limit::For(time) => {
            let time = duration::expand(private, *time);
            quote!(start_timeout(#time))
        }
        Limit::Word(_) => quote!(no_start_timeout()),
    });
    let name = options.name.as_ref().map(|name| quote!(name(#name)));
    let mailbox = options
        .mailbox
        .iter()
        .flat_map(|mailbox| mailbox_values(mailbox, private));
    [restart, shutdown]
        .into_iter()
        .flatten()
        .chain(mailbox)
        .chain([call_timeout, start_timeout, name].into_iter().flatten())
        .collect()
}

fn mailbox_values(mailbox: &Mailbox, private: &TokenStream) -> Vec<TokenStream> {
    let capacity = mailbox.capacity.map(|capacity| quote!(capacity(#capacity)));
    let overload = mailbox.overload.as_ref().map(|word| {
        let variant = names::variant(word);
        quote!(overload(#private::Overload::#variant))
    });
    let keep = mailbox.keep.as_ref().map(|_| quote!(keep()));
    let drain = mailbox.drain.as_ref().map(|_| quote!(drain()));
    [capacity, overload, keep, drain]
        .into_iter()
        .flatten()
        .collect()
}

// Input:  requires(ConfigServer)
// Output: impl Requires<ConfigServer> for Counter {}
fn requires(service: &Service) -> Vec<TokenStream> {
    let Service {
        ident, generics, ..
    } = service;
    let private = service.krate.private();
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let requires = service.options.requires.iter().flatten();
    requires
        .map(|required| {
            quote! {
                #[automatically_derived]
                impl #impl_generics #private::Requires<#required> for #ident #ty_generics #where_clause {}
            }
        })
        .collect()
}

// Input:  pub struct Counter<T: Bound> where T: Send { ... }
// Output: wrapper!([<T: Bound>] CounterHandle<T> = Handle, Counter<T>, [where T: Send]);
fn wrapper_impls(service: &Service, wrapper: &Wrapper) -> TokenStream {
    let Wrapper { ident, inner, .. } = wrapper;
    let (private, target) = (service.krate.private(), &service.ident);
    let (impl_generics, ty_generics, where_clause) = service.generics.split_for_impl();
    quote! {
        #private::wrapper!([#impl_generics] #ident #ty_generics = #inner, #target #ty_generics, [#where_clause]);
    }
}

// Input:  #[service(restart = transient, name = "Books")]
// Output: #[cfg(any())] const _: () = { use __private::words::restart::transient as _; use __private::words::name as _; };
fn words(service: &Service) -> TokenStream {
    let private = service.krate.private();
    let paths: Vec<TokenStream> = service
        .options
        .words
        .iter()
        .map(|word| quote!(#private::words::#word))
        .collect();
    names::mention(&paths)
}
