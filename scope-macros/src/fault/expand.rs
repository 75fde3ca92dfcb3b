//! The tokens of `#[derive(ServiceError)]`.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{Generics, WherePredicate};

use super::model::{Case, Class, Model, Severity};
use crate::names;

// Input:  enum LedgerError { ... }
// Output: impl ServiceError for LedgerError {
//             fn fault(&self) -> Fault {
//                 match *self { ... }
//             }
//         }
pub(super) fn expand(model: &Model) -> TokenStream {
    let (private, ident) = (model.krate.private(), &model.ident);
    let generics = bounded(model, &private);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let arms = model.cases.iter().map(|case| arm(model, case, &private));
    // The place itself is matched, for a reference to an enum without variants is not empty.
    quote! {
        #[automatically_derived]
        impl #impl_generics #private::ServiceError for #ident #ty_generics #where_clause {
            fn fault(&self) -> #private::Fault {
                match *self {
                    #(#arms)*
                }
            }
        }
    }
}

// Input:  #[fault(recoverable, status = 404)] UnknownAccount(String)
// Output: Self::UnknownAccount { .. } => Fault::RECOVERABLE.with_status(404u16),
// Input:  Config(#[from] CallError<ConfigError>)
// Output: Self::Config { 0: ref source, .. } => <CallError<ConfigError> as ServiceError>::fault(source),
fn arm(model: &Model, case: &Case, private: &TokenStream) -> TokenStream {
    let name = case.name.iter();
    let path = quote!(Self #(::#name)*);
    match model.class(case) {
        Class::Source(source) => {
            let (member, ty, local) = (&source.member, &source.ty, names::local("source"));
            quote! {
                #path { #member: ref #local, .. } => <#ty as #private::ServiceError>::fault(#local),
            }
        }
        Class::Fault {
            severity,
            retry,
            status,
        } => {
            let status = status.iter();
            let fault = match severity {
                Severity::Recoverable if retry => quote!(RETRY),
                Severity::Recoverable => quote!(RECOVERABLE),
                Severity::Fatal => quote!(FATAL),
            };
            quote!(#path { .. } => #private::Fault::#fault #(.with_status(#status))*,)
        }
        // Not reached: that it is unknown has been reported.
        Class::Unknown => quote!(#path { .. } => #private::Fault::RECOVERABLE,),
    }
}

// Input:  enum StoreError<E> { Disk(#[from] DiskError), Item(#[source] E) }
// Output: where StoreError<E>: Error, E: ServiceError
/// With what the type needs for being an error, and its sources for saying what they mean. A type
/// without parameters of its own needs no clause, and is reported in the user's own words.
fn bounded(model: &Model, private: &TokenStream) -> Generics {
    let mut generics = model.generics.clone();
    let params: HashSet<String> = generics
        .type_params()
        .map(|param| param.ident.unraw().to_string())
        .collect();
    if params.is_empty() {
        return generics;
    }
    let ident = &model.ident;
    let (_, ty_generics, _) = model.generics.split_for_impl();
    let sources = model
        .cases
        .iter()
        .filter_map(|case| match model.class(case) {
            Class::Source(source) => Some(&source.ty),
            Class::Fault { .. } | Class::Unknown => None,
        });
    let sources = sources.filter(|ty| names_any(ty.to_token_stream(), &params));
    let predicates: Vec<TokenStream> = [quote!(#ident #ty_generics: #private::StdError)]
        .into_iter()
        .chain(sources.map(|ty| quote!(#ty: #private::ServiceError)))
        .collect();
    let predicates = predicates.into_iter().map(syn::parse2::<WherePredicate>);
    generics
        .make_where_clause()
        .predicates
        .extend(predicates.filter_map(Result::ok));
    generics
}

fn names_any(tokens: TokenStream, params: &HashSet<String>) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => params.contains(&Ident::unraw(&ident).to_string()),
        TokenTree::Group(group) => names_any(group.stream(), params),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
