//! Model to tokens.

mod args;
mod proofs;
mod requirements;
mod spec;
mod tree;
mod view;

pub(crate) use self::proofs::proofs;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::Type;

use super::model::Supervisor;
use crate::names;

/// Declares one supervisor.
///
/// Input: `pub supervisor Shop(options: ShopOptions) { … }`.
///
/// Output: `pub struct Shop(SupervisorHandle)`, `impl SupervisorTree for Shop`, `impl Shop` with the functions that
/// start it and an accessor for each child, `impl Deref for Shop`, and a view for each supervisor written inside it.
pub(crate) fn expand(supervisor: &Supervisor) -> TokenStream {
    let declared = declared(supervisor);
    let description = description(supervisor);
    let functions = functions(supervisor);
    let views = view::nested(supervisor);
    let words = words(supervisor);
    quote!(#words #declared #description #functions #views)
}

/// The view that the name stands for.
fn declared(supervisor: &Supervisor) -> TokenStream {
    let Supervisor {
        krate,
        attrs,
        vis,
        name,
        ..
    } = supervisor;
    let others = &attrs.others;
    let doc = (!attrs.is_documented()).then(|| {
        let text = format!("The supervision tree `{name}`: a view of it, cheap to clone.");
        quote!(#[doc = #text])
    });
    let view = view::declare(krate, &attrs.cfgs, vis, name);
    quote!(#doc #(#others)* #view)
}

/// Input: a whole supervisor.
///
/// Output: `impl SupervisorTree for Shop { type Args; const TREE; fn spec(); fn view() }`.
fn description(supervisor: &Supervisor) -> TokenStream {
    let Supervisor {
        krate, attrs, name, ..
    } = supervisor;
    let p = krate.private();
    let cfgs = &attrs.cfgs;
    let types = param_types(supervisor);
    let (args, handle) = (names::local("args"), names::local("handle"));
    let build = spec::build(supervisor, &args);
    let requirements = requirements::where_clause(krate, &supervisor.params, &supervisor.tree);
    quote! {
        #(#cfgs)*
        impl #p::SupervisorTree for #name #requirements {
            type Args = (#(#types,)*);
            const TREE: &'static #p::Tree = Self::TREE;
            #[allow(unused_variables, reason = "every child may use every parameter, and none has to")]
            fn spec(#args: Self::Args) -> #p::SupervisorSpec {
                #build
            }
            fn view(#handle: #p::SupervisorHandle) -> Self {
                Self(#handle)
            }
        }
    }
}

/// Input: a whole supervisor.
///
/// Output: `impl Shop { const TREE; fn ledger(&self); … } impl Shop { fn start(); fn start_in(); async fn run(); }`.
fn functions(supervisor: &Supervisor) -> TokenStream {
    let Supervisor {
        krate,
        attrs,
        vis,
        name,
        params,
        ..
    } = supervisor;
    let p = krate.private();
    let cfgs = &attrs.cfgs;
    let names: Vec<&Ident> = params.iter().map(|param| &param.name).collect();
    let types = param_types(supervisor);
    let namespace = names::local("namespace");
    let (starting, new) = if supervisor.requires.is_empty() {
        (quote!(#p::Starting<Self>), quote!(new))
    } else {
        (
            quote!(#p::Starting<Self, #p::Unprovided>),
            quote!(without_parent),
        )
    };
    // What the surroundings provide is said between the start and the run.
    let run = supervisor.requires.is_empty().then(|| {
        quote! {
            /// Starts the tree, and runs it until it ends or the process is told to.
            #vis async fn run(#(#names: #types),*) -> #p::Result<#p::Exit, #p::Error> {
                #p::Starting::run(Self::start(#(#names),*)).await
            }
        }
    });
    let accessors = view::accessors(supervisor);
    let requirements = requirements::where_clause(krate, &supervisor.params, &supervisor.tree);
    let tree = tree::declared(supervisor);
    let allow = quote! {
        #[allow(dead_code, private_bounds, private_interfaces, reason = "a tree offers more than each program uses")]
    };
    quote! {
        #(#cfgs)*
        #allow
        impl #name {
            /// The declared tree, as data.
            #vis const TREE: &'static #p::Tree = &#tree;
            #accessors
        }
        #(#cfgs)*
        #allow
        impl #name #requirements {
            /// Starts the tree in the production namespace.
            #vis fn start(#(#names: #types),*) -> #starting {
                Self::start_in(#p::Namespace::production(), #(#names),*)
            }
            /// Starts the tree in `namespace`.
            #vis fn start_in(#namespace: #p::Namespace, #(#names: #types),*) -> #starting {
                #p::Starting::#new(#namespace, (#(#names,)*))
            }
            #run
        }
    }
}

/// Input: `strategy: one_for_one, ledger: Ledger() { restart: transient }`.
///
/// Output: `#[cfg(any())] const _: () = { use __private::words::tree::strategy::one_for_one as _; … };`
fn words(supervisor: &Supervisor) -> TokenStream {
    let p = supervisor.krate.private();
    let words = supervisor.tree.words();
    let paths: Vec<TokenStream> = words.iter().map(|word| quote!(#p::words::#word)).collect();
    names::mention(&paths)
}

fn param_types(supervisor: &Supervisor) -> Vec<&Type> {
    supervisor.params.iter().map(|param| &param.ty).collect()
}
