//! The grammar of `#[derive(ServiceError)]`: an enum or a struct, and its `#[fault(...)]`s.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Data, DeriveInput, Fields, Generics, Meta};

use crate::args::Arg;
use crate::diag::Errors;

#[derive(Debug)]
pub(super) struct Syntax {
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    pub(super) faults: Vec<FaultAttr>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    Enum(Vec<Case>),
    Struct(Case),
}

/// A variant, or the fields of a struct.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: Option<Ident>,
    pub(super) faults: Vec<FaultAttr>,
    /// `#[error(transparent)]`
    pub(super) transparent: bool,
    pub(super) fields: Fields,
}

/// One `#[fault(...)]`.
#[derive(Debug)]
pub(super) struct FaultAttr {
    pub(super) attr: Attribute,
    pub(super) args: Vec<Arg>,
    /// Not all of it can be read, which has been reported.
    pub(super) is_broken: bool,
}

pub(super) fn parse(item: TokenStream, errors: &mut Errors) -> Option<Syntax> {
    let item: DeriveInput = errors.ok(syn::parse2(item))?;
    let faults = faults(&item.attrs, errors);
    let body = match item.data {
        Data::Enum(data) => Body::Enum(
            data.variants
                .into_iter()
                .map(|variant| Case {
                    faults: self::faults(&variant.attrs, errors),
                    transparent: is_transparent(&variant.attrs),
                    name: Some(variant.ident),
                    fields: variant.fields,
                })
                .collect(),
        ),
        Data::Struct(data) => Body::Struct(Case {
            name: None,
            faults: Vec::new(),
            transparent: is_transparent(&item.attrs),
            fields: data.fields,
        }),
        Data::Union(data) => {
            errors.at(
                data.union_token,
                "`ServiceError` can be derived for an enum or a struct",
            );
            return None;
        }
    };
    Some(Syntax {
        ident: item.ident,
        generics: item.generics,
        faults,
        body,
    })
}

fn faults(attrs: &[Attribute], errors: &mut Errors) -> Vec<FaultAttr> {
    let faults = attrs.iter().filter(|attr| is_fault(attr));
    faults
        .map(|attr| {
            let before = errors.count();
            let args = match &attr.meta {
                Meta::List(list) => Arg::parse_all(list.tokens.clone(), errors),
                Meta::Path(_) | Meta::NameValue(_) => Vec::new(),
            };
            FaultAttr {
                attr: attr.clone(),
                args,
                is_broken: errors.count() > before,
            }
        })
        .collect()
}

pub(super) fn is_fault(attr: &Attribute) -> bool {
    attr.path().is_ident("fault")
}

fn is_transparent(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::List(list) => list.path.is_ident("error") && list.tokens.to_string() == "transparent",
        Meta::Path(_) | Meta::NameValue(_) => false,
    })
}
