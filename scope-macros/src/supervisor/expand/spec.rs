//! How the tree starts: one statement per child, which adds to the builder the function that gives its arguments.
//!
//! Statements and no chain, as only a statement can stand under `#[cfg]`.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

use crate::names;
use crate::supervisor::model::{Child, ChildKind, Param, Start, Supervisor, Tree};

/// Input: a whole supervisor.
///
/// Output: `let tree = TreeBuilder::new(Self::TREE, args); let tree = tree.tasks("jobs"); … tree.build()`.
pub(crate) fn build(supervisor: &Supervisor, args: &Ident) -> TokenStream {
    let p = supervisor.krate.private();
    let tree = names::local("tree");
    let params = pattern(&supervisor.params);
    let statements = statements(&params, &supervisor.tree, &tree);
    quote! {
        let #tree = #p::TreeBuilder::new(<Self as #p::SupervisorTree>::TREE, #args);
        #statements
        #tree.build()
    }
}

fn statements(params: &TokenStream, declared: &Tree, tree: &Ident) -> TokenStream {
    declared
        .children
        .iter()
        .map(|child| {
            let cfgs = &child.attrs.cfgs;
            let step = step(params, child, tree);
            quote!(#(#cfgs)* let #tree = #tree.#step;)
        })
        .collect()
}

/// Input: `carts: dynamic Cart(id, options.tax) by id: CartId`.
///
/// Output: `keyed::<Cart, CartId>("carts", |(options,), id| (id, options.tax))`.
fn step(params: &TokenStream, child: &Child, tree: &Ident) -> TokenStream {
    let id = child.name();
    match &child.kind {
        ChildKind::Service { service, args } => {
            let args = closure(params, args.as_ref().map(|args| tuple(service, args)));
            quote!(service::<#service>(#id, #args))
        }
        ChildKind::Dynamic {
            service,
            args,
            start,
        } => {
            let (function, ty, name) = match start {
                Start::By(key) => {
                    let Param { name, ty } = key.as_ref();
                    (quote!(keyed), quote!(#ty), quote!(#name))
                }
                Start::With(start) => (quote!(dynamic), types(start), pattern(start)),
            };
            let args = closure_with(
                params,
                &name,
                args.as_ref().map(|args| tuple(service, args)),
            );
            quote!(#function::<#service, #ty>(#id, #args))
        }
        ChildKind::Partition { service, args } => {
            // The user's arguments name it, so it stands at their site.
            let index = Ident::new("index", Span::call_site());
            let args = closure_with(
                params,
                &quote!(#index),
                args.as_ref().map(|args| tuple(service, args)),
            );
            quote!(partition::<#service>(#id, #args))
        }
        ChildKind::Tasks => quote!(tasks(#id)),
        ChildKind::Task { future } => {
            let future = match future {
                Some(future) => closure(params, Some(future.clone())),
                // `loop {}` alone would be no future.
                None => quote!(|_| async {}),
            };
            quote!(task(#id, #future))
        }
        ChildKind::Inline(nested) => {
            let statements = statements(params, nested, tree);
            quote!(supervisor(#id, |#tree| { #statements #tree }))
        }
        ChildKind::Subtree { supervisor, args } => {
            let args = closure(params, args.as_ref().map(|args| tuple(supervisor, args)));
            quote!(subtree::<#supervisor>(#id, #args))
        }
    }
}

/// `|(options,)| value`. In place of a value that could not be read stands one of any type.
fn closure(params: &TokenStream, value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(|#params| #value),
        None => quote!(|_| loop {}),
    }
}

/// `|(options,), id| (id, options.tax)`
fn closure_with(
    params: &TokenStream,
    more: &TokenStream,
    args: Option<TokenStream>,
) -> TokenStream {
    match args {
        Some(args) => quote!(|#params, #more| #args),
        None => quote!(|_, _| loop {}),
    }
}

/// `(options,)`
fn pattern(params: &[Param]) -> TokenStream {
    let names = params.iter().map(|param| &param.name);
    quote!((#(#names,)*))
}

/// `(ShopOptions,)`
pub(crate) fn types(params: &[Param]) -> TokenStream {
    let types = params.iter().map(|param| &param.ty);
    quote!((#(#types,)*))
}

/// Arguments as the tuple that they are, also a single one. They are tokens, so their last comma may be the user's.
///
/// The tuple lies on the name of what takes it: there the compiler reports that there are too few or too many.
fn tuple(taker: &Path, args: &TokenStream) -> TokenStream {
    let last = args.clone().into_iter().last();
    let args = match last {
        Some(last) if last.to_string() != "," => {
            // Where the compiler sees that an expression is half-typed.
            let comma = quote_spanned!(last.span()=> ,);
            quote!(#args #comma)
        }
        _ => args.clone(),
    };
    let mut tuple = Group::new(Delimiter::Parenthesis, args);
    let name = taker.segments.last().map(|segment| segment.ident.span());
    tuple.set_span(Span::call_site().located_at(name.unwrap_or_else(Span::call_site)));
    tuple.into_token_stream()
}
