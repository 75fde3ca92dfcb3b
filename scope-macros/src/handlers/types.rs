//! Questions about types, as far as their text can answer them.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    ExprPath, GenericArgument, GenericParam, Generics, Lifetime, ParenthesizedGenericArguments,
    Path, PathArguments, PathSegment, QSelf, Token, Type, TypeFnPtr, TypeImplTrait, TypeInfer,
    TypePath, TypeReference, parse_quote,
};

/// A type without the parentheses and invisible groups around it.
pub(super) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peel(&group.elem),
        Type::Paren(paren) => peel(&paren.elem),
        ty => ty,
    }
}

/// The last segment of a type's path: `Result<A, B>` of `std::result::Result<A, B>`.
pub(super) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match peel(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The type arguments of a path: `A` and `B` of `Result<A, B>`.
pub(super) fn arguments(ty: &Type) -> Vec<&Type> {
    let Some(PathArguments::AngleBracketed(args)) =
        last_segment(ty).map(|segment| &segment.arguments)
    else {
        return Vec::new();
    };
    let types = args.args.iter().filter_map(|arg| match arg {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}

/// What `&name<...>` refers to, e.g. `&Context<Self>` for `Context`.
pub(super) fn reference_to<'a>(ty: &'a Type, name: &str) -> Option<&'a TypeReference> {
    match peel(ty) {
        Type::Reference(reference) => last_segment(&reference.elem)
            .filter(|segment| segment.ident == name)
            .map(|_| reference),
        _ => None,
    }
}

pub(super) fn is_self(ty: &Type) -> bool {
    matches!(peel(ty), Type::Path(path) if path.path.is_ident("Self"))
}

/// `Context<Self>`, by whatever path.
pub(super) fn is_context_of_self(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Context")
        && arguments(ty).into_iter().any(is_self)
}

pub(super) fn is_unit(ty: &Type) -> bool {
    matches!(peel(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// `String`, by whatever path.
pub(super) fn is_string(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "String" && segment.arguments.is_none())
}

/// What keeps a type from being the type of an owned value.
#[derive(Debug, Default)]
pub(crate) struct Flaws {
    pub(crate) borrowed: Option<TokenStream>,
    pub(crate) impl_trait: Option<TokenStream>,
    /// It is left to the compiler, as in `Vec<_>`.
    pub(crate) is_inferred: bool,
}

impl Flaws {
    pub(crate) fn of(ty: &Type) -> Self {
        let mut flaws = Self::default();
        flaws.visit_type(ty);
        flaws
    }
}

impl<'ast> Visit<'ast> for Flaws {
    fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
        if reference
            .lifetime
            .as_ref()
            .is_none_or(|lifetime| lifetime.ident != "static")
        {
            self.borrowed
                .get_or_insert_with(|| reference.to_token_stream());
        } else {
            visit::visit_type_reference(self, reference);
        }
    }

    fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
        if lifetime.ident != "static" {
            self.borrowed
                .get_or_insert_with(|| lifetime.to_token_stream());
        }
    }

    fn visit_type_infer(&mut self, _: &'ast TypeInfer) {
        self.is_inferred = true;
    }

    fn visit_type_impl_trait(&mut self, ty: &'ast TypeImplTrait) {
        self.impl_trait.get_or_insert_with(|| ty.to_token_stream());
    }

    // What a function borrows while it is called, `fn(&str)` or `dyn Fn(&str)`, is not borrowed by its owner.
    fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments(&mut self, _: &'ast ParenthesizedGenericArguments) {}
    fn visit_bound_lifetimes(&mut self, _: &'ast syn::BoundLifetimes) {}
}

/// Replaces `Self` by the service's type, for use outside its `impl` block, and `_`, which the compiler reports where the
/// user wrote it, by `()`.
pub(super) struct WithoutSelf<'a> {
    pub(super) service: &'a TypePath,
}

impl WithoutSelf<'_> {
    pub(super) fn ty(&mut self, ty: &Type) -> Type {
        let mut ty = ty.clone();
        self.visit_type_mut(&mut ty);
        ty
    }

    pub(super) fn generics(&mut self, generics: &Generics) -> Generics {
        let mut generics = generics.clone();
        self.visit_generics_mut(&mut generics);
        generics
    }
}

impl VisitMut for WithoutSelf<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Infer(_) = ty {
            *ty = parse_quote!(());
        }
        if let Type::Path(path) = ty
            && path.qself.is_none()
            && path
                .path
                .segments
                .first()
                .is_some_and(|segment| segment.ident == "Self")
        {
            let rest: Vec<PathSegment> = path.path.segments.iter().skip(1).cloned().collect();
            *ty = Type::Path(if rest.is_empty() {
                self.service.clone()
            } else {
                self.member(rest)
            });
            return;
        }
        visit_mut::visit_type_mut(self, ty);
    }

    /// `[u8; Self::SIZE]`
    fn visit_expr_path_mut(&mut self, expr: &mut ExprPath) {
        let mut segments = expr.path.segments.iter();
        if expr.qself.is_none() && segments.next().is_some_and(|first| first.ident == "Self") {
            let rest: Vec<PathSegment> = segments.cloned().collect();
            if !rest.is_empty() {
                let TypePath { qself, path, .. } = self.member(rest);
                (expr.qself, expr.path) = (qself, path);
            }
        }
        visit_mut::visit_expr_path_mut(self, expr);
    }
}

impl WithoutSelf<'_> {
    /// `Self::Key` → `<Ledger>::Key`
    fn member(&self, rest: Vec<PathSegment>) -> TypePath {
        let qself = QSelf {
            lt_token: <Token![<]>::default(),
            ty: Box::new(Type::Path(self.service.clone())),
            position: 0,
            as_token: None,
            gt_token: <Token![>]>::default(),
        };
        let path = Path {
            leading_colon: Some(<Token![::]>::default()),
            segments: rest.into_iter().collect(),
        };
        TypePath {
            attrs: Vec::new(),
            qself: Some(qself),
            path,
        }
    }
}

/// The names of the block's type and const parameters.
pub(super) fn parameters(generics: &Generics) -> impl Iterator<Item = &Ident> {
    generics.params.iter().filter_map(|param| match param {
        GenericParam::Type(param) => Some(&param.ident),
        GenericParam::Const(param) => Some(&param.ident),
        GenericParam::Lifetime(_) => None,
    })
}

/// Whether a name is somewhere in the tokens.
pub(super) fn mentions(tokens: &impl ToTokens, name: &Ident) -> bool {
    let mut tokens = tokens.to_token_stream().into_iter();
    tokens.any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(&group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Whether a type is one of the block's own type parameters.
pub(super) fn is_parameter(ty: &Type, generics: &Generics) -> bool {
    let named = |ident: &Ident| generics.type_params().any(|param| param.ident == *ident);
    matches!(peel(ty), Type::Path(path) if path.qself.is_none() && path.path.get_ident().is_some_and(named))
}
