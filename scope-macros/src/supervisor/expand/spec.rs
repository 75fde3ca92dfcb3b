//! How the tree starts: one statement per child, which adds to the builder the function that gives its arguments.
//!
//! Statements and no chain, as only a statement can stand under `#[cfg]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::Path;

use super::args;
use crate::names::{self, Call};
use crate::supervisor::model::{Child, ChildKind, Param, Start, Supervisor, Tree};

/// Input: a whole supervisor.
///
/// Output: `let tree = TreeBuilder::new(Self::TREE, args); let tree = tree.tasks("jobs"); … tree.build()`.
pub(crate) fn build(supervisor: &Supervisor, args: &Ident) -> TokenStream {
    let p = &supervisor.krate.private();
    let tree = &names::local("tree");
    let params = &supervisor.params;
    let statements = Steps { p, params, tree }.statements(&supervisor.tree);
    quote! {
        let #tree = #p::TreeBuilder::new(<Self as #p::SupervisorTree>::TREE, #args);
        #statements
        #tree.build()
    }
}

struct Steps<'a> {
    p: &'a TokenStream,
    params: &'a [Param],
    /// The local variable that holds the builder.
    tree: &'a Ident,
}

impl Steps<'_> {
    fn statements(&self, declared: &Tree) -> TokenStream {
        let tree = self.tree;
        let statements = declared.children.iter().map(|child| {
            let (cfgs, step) = (&child.attrs.cfgs, self.step(child));
            quote!(#(#cfgs)* let #tree = #step;)
        });
        statements.collect()
    }

    /// Input: `carts: dynamic Cart(id, options.tax) by id: CartId`.
    ///
    /// Output: `<TreeBuilder<_>>::keyed::<Cart, CartId>(tree, "carts", |(options,), id| (id, options.tax))`.
    fn step(&self, child: &Child) -> TokenStream {
        let (tree, id, params) = (self.tree, child.name(), pattern(self.params));
        let (taker, function, generics, args) = match &child.kind {
            ChildKind::Tasks => return quote!(#tree.tasks(#id)),
            ChildKind::Task { future } => return self.task(child, future.as_ref()),
            ChildKind::Inline(nested) => {
                let statements = self.statements(nested);
                return quote!(#tree.supervisor(#id, |#tree| { #statements #tree }));
            }
            ChildKind::Service { service, args } => {
                let args = closure(&params, self.tuple(service, args.as_ref()));
                (service, quote!(service), quote!(#service), args)
            }
            ChildKind::Subtree { supervisor, args } => {
                let args = closure(&params, self.tuple(supervisor, args.as_ref()));
                (supervisor, quote!(subtree), quote!(#supervisor), args)
            }
            ChildKind::Partition { service, args } => {
                // The user's arguments name it, so it stands at their site.
                let index = Ident::new("index", Span::call_site());
                let args = self.tuple(service, args.as_ref());
                let args = closure_with(&params, &quote!(#index), args);
                (service, quote!(partition), quote!(#service), args)
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
                let args = closure_with(&params, &name, self.tuple(service, args.as_ref()));
                (service, function, quote!(#service, #ty), args)
            }
        };
        let p = self.p;
        let call = Call {
            function: quote!(<#p::TreeBuilder<_>>::#function),
            generics,
            args: quote!(#tree, #id, #args),
        };
        call.on(taker, child.colon)
    }

    /// Input: `beat: task heartbeat(options.port)`.
    ///
    /// Output: `<TreeBuilder<_>>::task(tree, "beat", |(options,)| heartbeat(options.port))`.
    fn task(&self, child: &Child, future: Option<&TokenStream>) -> TokenStream {
        let (p, tree, id) = (self.p, self.tree, child.name());
        let Some(future) = future else {
            // `loop {}` alone would be no future.
            return quote!(#tree.task(#id, |_| async {}));
        };
        let made = closure(&pattern(self.params), Some(future.clone()));
        let function = quote!(<#p::TreeBuilder<_>>::task);
        Call::new(function, quote!(#tree, #id, #made)).on(future, child.colon)
    }

    fn tuple(&self, taker: &Path, args: Option<&TokenStream>) -> Option<TokenStream> {
        args.map(|args| args::tuple(self.p, self.params, taker, args))
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
