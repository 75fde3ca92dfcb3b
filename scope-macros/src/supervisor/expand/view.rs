//! Views of a running tree: a handle, and a typed accessor for each child.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::{Attribute, Path, Visibility};

use super::spec;
use super::tree::partitions;
use crate::names::{self, Call, Krate};
use crate::supervisor::model::{Child, ChildKind, Start, Supervisor, Tree};

/// Input: `Shop`.
///
/// Output: `pub struct Shop(SupervisorHandle);` and its `Deref`, both under the conditions of the declaration.
pub(crate) fn declare(
    krate: &Krate,
    cfgs: &[Attribute],
    vis: &Visibility,
    name: &Ident,
) -> TokenStream {
    let p = krate.private();
    quote! {
        #(#cfgs)*
        #[derive(#p::Clone, #p::Debug)]
        #vis struct #name(#p::SupervisorHandle);

        #(#cfgs)*
        #[automatically_derived]
        impl #p::Deref for #name {
            type Target = #p::SupervisorHandle;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    }
}

/// The accessors of a supervisor's own children.
pub(crate) fn accessors(supervisor: &Supervisor) -> TokenStream {
    View::of(supervisor).accessors()
}

/// The views of the supervisors written inside this one, at any depth.
pub(crate) fn nested(supervisor: &Supervisor) -> TokenStream {
    View::of(supervisor).nested()
}

/// A supervisor, or one written inside another.
struct View<'a> {
    krate: &'a Krate,
    vis: &'a Visibility,
    name: Ident,
    /// Those of the declaration and of each child on the way.
    cfgs: Vec<Attribute>,
    tree: &'a Tree,
}

impl<'a> View<'a> {
    fn of(supervisor: &'a Supervisor) -> Self {
        Self {
            krate: &supervisor.krate,
            vis: &supervisor.vis,
            name: supervisor.name.clone(),
            cfgs: supervisor.attrs.cfgs.clone(),
            tree: &supervisor.tree,
        }
    }

    /// `Shop` and `web` → `ShopWeb`. Call site: derived text.
    fn name_of(&self, child: &Child) -> Ident {
        let child = names::variant(&child.id);
        format_ident!("{}{}", self.name.unraw(), child, span = Span::call_site())
    }

    /// Input: `web: supervisor { … }` in `Shop`.
    ///
    /// Output: `pub struct ShopWeb(SupervisorHandle);` with its own accessors, and the views inside it.
    fn nested(&self) -> TokenStream {
        let children = self.tree.children.iter();
        children
            .filter_map(|child| match &child.kind {
                ChildKind::Inline(tree) => Some(self.inside(child, tree)),
                _ => None,
            })
            .collect()
    }

    fn inside(&self, child: &Child, tree: &'a Tree) -> TokenStream {
        let cfgs = [self.cfgs.as_slice(), child.attrs.cfgs.as_slice()].concat();
        let view = View {
            name: self.name_of(child),
            cfgs,
            tree,
            ..*self
        };
        let View {
            krate,
            vis,
            name,
            cfgs,
            ..
        } = &view;
        let doc = format!("The supervisor `{}` of [`{}`].", child.name(), self.name);
        let declared = declare(krate, cfgs, vis, name);
        let accessors = view.accessors();
        let nested = view.nested();
        quote! {
            #[doc = #doc]
            #declared

            #(#cfgs)*
            #[allow(dead_code, private_bounds, private_interfaces, reason = "a tree offers more than each program uses")]
            impl #name {
                #accessors
            }
            #nested
        }
    }

    fn accessors(&self) -> TokenStream {
        let children = self.tree.children.iter();
        children.filter_map(|child| self.accessor(child)).collect()
    }

    /// Input: `ledger: Ledger(…)`.
    ///
    /// Output: `pub fn ledger(&self) -> <Ledger as Service>::Handle { <SupervisorHandle>::service::<Ledger>(&self.0) }`.
    fn accessor(&self, child: &Child) -> Option<TokenStream> {
        let p = self.krate.private();
        let vis = self.vis;
        let id = child.name();
        let (noun, ty, value) = match &child.kind {
            ChildKind::Service { service, .. } => {
                let ty = names::projection(service, &quote!(#p::Service), "Handle", child.colon);
                ("handle", ty, handle(&p, child, service))
            }
            ChildKind::Dynamic { service, start, .. } => match start {
                Start::By(key) => {
                    let key = &key.ty;
                    let ty = quote!(#p::Keyed<#service, #key>);
                    ("instances", ty, quote!(self.0.keyed(#id)))
                }
                Start::With(params) => {
                    let start = spec::types(params);
                    let ty = quote!(#p::Dynamic<#service, #start>);
                    ("instances", ty, quote!(self.0.dynamic(#id)))
                }
            },
            ChildKind::Partition { service, .. } => {
                let partitions = partitions(&child.settings);
                let value = quote!(self.0.partition(#partitions));
                ("parts", quote!(#p::Partition<#service>), value)
            }
            ChildKind::Tasks => ("tasks", quote!(#p::Tasks), quote!(self.0.tasks(#id))),
            // Nothing can be asked of it.
            ChildKind::Task { .. } => return None,
            ChildKind::Inline(_) => {
                let view = self.name_of(child);
                ("view", quote!(#view), quote!(#view(self.0.supervisor(#id))))
            }
            ChildKind::Subtree { supervisor, .. } => {
                let view = quote!(<#supervisor as #p::SupervisorTree>::view);
                (
                    "view",
                    quote!(#supervisor),
                    quote!(#view(self.0.supervisor(#id))),
                )
            }
        };
        let (cfgs, others, ident) = (&child.attrs.cfgs, &child.attrs.others, &child.id);
        let doc = (!child.attrs.is_documented()).then(|| {
            let text = format!("The {noun} of the child `{id}`.");
            quote!(#[doc = #text])
        });
        Some(quote! {
            #(#cfgs)* #doc #(#others)*
            #vis fn #ident(&self) -> #ty {
                #value
            }
        })
    }
}

/// Input: `ledger: Ledger(…) { key: "main" }`.
///
/// Output: `<SupervisorHandle>::keyed_service::<Ledger, &'static str>(&self.0, &"main")`.
fn handle(p: &TokenStream, child: &Child, service: &Path) -> TokenStream {
    let call = match &child.settings.key {
        Some(key) => {
            let key = &key.value;
            Call {
                function: quote!(<#p::SupervisorHandle>::keyed_service),
                generics: quote!(#service, &'static str),
                args: quote!(&self.0, &#key),
            }
        }
        None => Call {
            function: quote!(<#p::SupervisorHandle>::service),
            generics: quote!(#service),
            args: quote!(&self.0),
        },
    };
    call.on(service, child.colon)
}
