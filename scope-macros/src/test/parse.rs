//! The grammar of `#[test]`: arguments and a function whose body stays tokens.

use proc_macro2::{Group, TokenStream};
use syn::parse::{Parse, ParseStream};
use syn::token::Brace;
use syn::{Attribute, Signature, Visibility};

use crate::args::Arg;
use crate::diag::Errors;
use crate::fallback;

#[derive(Debug)]
pub(super) struct Syntax {
    pub(super) args: Vec<Arg>,
    pub(super) item: Option<Function>,
}

#[derive(Debug)]
pub(super) struct Function {
    pub(super) attrs: Vec<Attribute>,
    pub(super) vis: Visibility,
    pub(super) sig: Signature,
    pub(super) body: Group,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let sig = input.parse()?;
        if !input.peek(Brace) {
            return Err(input.error("expected the body of the test"));
        }
        Ok(Self {
            attrs,
            vis,
            sig,
            body: input.parse()?,
        })
    }
}

pub(super) fn parse(args: TokenStream, item: &TokenStream, errors: &mut Errors) -> Syntax {
    Syntax {
        args: Arg::parse_all(args, errors),
        item: parse_item(item, errors),
    }
}

fn parse_item(item: &TokenStream, errors: &mut Errors) -> Option<Function> {
    if fallback::item_keyword(item).is_none_or(|keyword| keyword != "fn") {
        fallback::wrong_item(
            item,
            "`#[scope::test]` belongs on an `async fn`, which is the test",
            errors,
        );
        return None;
    }
    errors.ok(syn::parse2(item.clone()))
}
