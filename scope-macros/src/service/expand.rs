//! The tokens of `#[service]`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{GenericParam, Generics};

use super::model::{Mailbox, Named, Options, Service};
use crate::args::Limit;
use crate::duration;
use crate::names::{self, Call};

pub(super) fn expand(service: &Service) -> TokenStream {
    let cfgs = &service.cfgs;
    let cfgs = quote!(#(#cfgs)*);
    let items = [
        declared(service),
        handle_struct(service),
        handle_alias(service),
        handle_impls(service),
    ];
    let requires = requires(service);
    let proofs = proofs(service);
    let words = words(service);
    quote! {
        #words
        #(#cfgs #items)*
        #(#cfgs #requires)*
        #(#cfgs #proofs)*
    }
}

// Input:  pub struct Counter<T: Bound> where ... { ... }
// Output: /// Talks to [`Counter`]: cheap to clone, survives restarts.
//         pub struct CounterHandle<T: Bound>(Handle<Counter<T>>) where ...;
fn handle_struct(service: &Service) -> TokenStream {
    let Service {
        vis,
        ident,
        generics,
        handle,
        ..
    } = service;
    let private = service.krate.private();
    let (_, ty_generics, where_clause) = generics.split_for_impl();
    let doc = format!("Talks to [`{ident}`]: cheap to clone, survives restarts.");
    quote! {
        #[doc = #doc]
        #vis struct #handle #generics (#private::Handle<#ident #ty_generics>) #where_clause;
    }
}

// Input:  pub struct Counter<T: Bound> where ... { ... }
// Output: pub type Counter_with_service_attribute<T> = CounterHandle<T>;
fn handle_alias(service: &Service) -> TokenStream {
    let Service {
        vis,
        ident,
        generics,
        handle,
        ..
    } = service;
    let alias = names::handle_alias(ident, Span::call_site());
    let (_, ty_generics, _) = generics.split_for_impl();
    let params = without_bounds(generics);
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, non_camel_case_types, reason = "only `#[handlers]` names it")]
        #vis type #alias #params = #handle #ty_generics;
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
//             const ID: ServiceId = ServiceId::new(module_path!(), "Counter", Layer::Business);
//             const OPTIONS: Options = Options::DEFAULT.restart(Restart::Transient);
//             const REQUIRES: &'static [ServiceId] = &[<ConfigServer as Declared>::ID];
//         }
fn declared(service: &Service) -> TokenStream {
    let Service {
        ident,
        generics,
        options,
        ..
    } = service;
    let private = service.krate.private();
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let name = ident.unraw().to_string();
    let layer = layer(options, &private);
    let debug = debug(service);
    let values = option_values(options, &private);
    let options = (!values.is_empty()).then(
        || quote!(const OPTIONS: #private::Options = #private::Options::DEFAULT #(.#values)*;),
    );
    let generic = service.is_generic().then(|| quote!(.generic()));
    let requires = ids(service, "REQUIRES", service.options.requires.as_deref());
    let follows = ids(service, "FOLLOWS", service.options.follows.as_deref());
    quote! {
        #[diagnostic::do_not_recommend]
        #[automatically_derived]
        impl #impl_generics #private::Declared for #ident #ty_generics #where_clause {
            const ID: #private::ServiceId =
                #private::ServiceId::new(::core::module_path!(), #name, #layer) #generic;
            #options
            #requires
            #follows
            #debug
        }
    }
}

// Input:  debug
// Output: fn debug(&self) -> Option<&dyn Debug> { Some(self) }
//
// Without a `Debug` the compiler says so on the user's word.
fn debug(service: &Service) -> Option<TokenStream> {
    let private = service.krate.private();
    let word = service.options.debug.as_ref()?;
    let state = quote_spanned!(Span::call_site().located_at(word.span())=> self);
    Some(quote! {
        fn debug(&#state) -> #private::Option<&dyn #private::Debug> {
            #private::Some(#state)
        }
    })
}

// Input:  requires(ConfigServer)
// Output: const REQUIRES: &'static [ServiceId] = &[<ConfigServer as Declared>::ID];
fn ids(service: &Service, name: &str, services: Option<&[Named]>) -> Option<TokenStream> {
    let (private, name) = (service.krate.private(), names::ours(name));
    let paths: Vec<_> = services?.iter().map(|service| &service.path).collect();
    (!paths.is_empty()).then(|| {
        quote! {
            const #name: &'static [#private::ServiceId] =
                &[#(<#paths as #private::Declared>::ID),*];
        }
    })
}

// Input:  #[service(layer = business, requires(ConfigServer))] pub struct Counter { ... }
// Output: const _: () = <ServiceId>::prove_requirement(&<Counter as Declared>::ID, <Counter as Declared>::REQUIRES, 0);
//
// All of it lies on the required service, where the compiler shows what the proof has to say. The types of a generic
// service are not known here: a tree that has one proves it.
fn proofs(service: &Service) -> Vec<TokenStream> {
    if service.is_generic() || service.options.is_broken("layer") {
        return Vec::new();
    }
    let (private, ident) = (service.krate.private(), &service.ident);
    let requires = service.options.requires.iter().flatten().enumerate();
    // Which has been reported if it is itself.
    let requires = requires.filter(|(_, required)| !required.path.path.is_ident(ident));
    let proofs = requires.map(|(index, required)| {
        let own = quote!(<#ident as #private::Declared>);
        let proof = Call::new(
            quote!(<#private::ServiceId>::prove_requirement),
            quote!(&#own::ID, #own::REQUIRES, #index),
        );
        names::proof(proof, &required.path, required.after)
    });
    proofs.collect()
}

fn layer(options: &Options, private: &TokenStream) -> TokenStream {
    match &options.layer {
        Some(layer) => {
            let variant = names::variant(layer);
            quote!(#private::Layer::#variant)
        }
        // What may be required by all: nobody else is to blame for the mistake.
        None if options.is_broken("layer") => quote!(#private::Layer::Foundation),
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
    let health = options.health.as_ref().map(|it| it.expand(private));
    let debug = options.debug.as_ref().map(|_| quote!(debug()));
    let mailbox = options
        .mailbox
        .iter()
        .flat_map(|mailbox| mailbox_values(mailbox, private));
    [restart, shutdown]
        .into_iter()
        .flatten()
        .chain(mailbox)
        .chain([call_timeout, start_timeout, name].into_iter().flatten())
        .chain([health, debug].into_iter().flatten())
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
    let unread = service.options.requires.is_none() && service.options.is_broken("requires");
    if unread && !service.is_generic() {
        let anything = names::local("Anything");
        // Which services are meant is not known, so what uses one is not to blame.
        return vec![quote! {
            #[automatically_derived]
            impl<#anything> #private::Requires<#anything> for #ident {}
        }];
    }
    let requires = service.options.requires.iter().flatten();
    requires
        .map(|Named { path, .. }| {
            quote! {
                #[automatically_derived]
                impl #impl_generics #private::Requires<#path> for #ident #ty_generics #where_clause {}
            }
        })
        .collect()
}

// Input:  pub struct Counter<T: Bound> where T: Send { ... }
// Output: wrapper!([<T: Bound>] CounterHandle<T> = Handle, Counter<T>, [where T: Send]);
fn handle_impls(service: &Service) -> TokenStream {
    let (private, ident, handle) = (service.krate.private(), &service.ident, &service.handle);
    let (impl_generics, ty_generics, where_clause) = service.generics.split_for_impl();
    quote! {
        #private::wrapper!([#impl_generics] #handle #ty_generics = Handle, #ident #ty_generics, [#where_clause]);
    }
}

// Input:  #[service(restart = transient, name = "Books")]
// Output: #[cfg(any())] const _: () = { use __private::words::service::restart::transient as _; … };
fn words(service: &Service) -> TokenStream {
    let private = service.krate.private();
    let paths: Vec<TokenStream> = service
        .options
        .words
        .iter()
        .map(|word| quote!(#private::words::service::#word))
        .collect();
    names::mention(&paths)
}
