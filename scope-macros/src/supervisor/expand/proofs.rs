//! The proofs that a tree can start: one for each child, on which the compiler shows what it has to say.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Attribute;

use crate::names::{self, Call};
use crate::supervisor::model::{ChildKind, Supervisor, Tree};

/// Input: `web: supervisor { http: Http() }` in `Shop`.
///
/// Output: `const _: () = <Tree>::prove_child(Shop::TREE, &["web"]);` and the same with `&["web", "http"]`.
pub(crate) fn proofs(supervisor: &Supervisor) -> TokenStream {
    children(supervisor, &supervisor.attrs.cfgs, &[], &supervisor.tree)
}

fn children(
    supervisor: &Supervisor,
    cfgs: &[Attribute],
    above: &[String],
    tree: &Tree,
) -> TokenStream {
    let (p, name) = (supervisor.krate.private(), &supervisor.name);
    let proofs = tree.children.iter().map(|child| {
        let cfgs = [cfgs, &child.attrs.cfgs].concat();
        let path = [above, &[child.name()]].concat();
        let proof = Call::new(
            quote!(<#p::Tree>::prove_child),
            quote!(#name::TREE, &[#(#path),*]),
        );
        let proof = names::proof(proof, &child.id, child.colon);
        let inner = match &child.kind {
            ChildKind::Inline(nested) => children(supervisor, &cfgs, &path, nested),
            _ => TokenStream::new(),
        };
        quote!(#(#cfgs)* #proof #inner)
    });
    proofs.collect()
}
