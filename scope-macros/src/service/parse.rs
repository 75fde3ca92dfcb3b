//! The grammar of `#[service]`: arguments and a struct, each read whatever the other looks like.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::ItemStruct;

use crate::args::Arg;
use crate::diag::Errors;
use crate::fallback;

#[derive(Debug)]
pub(super) struct Syntax {
    pub(super) args: Vec<Arg>,
    pub(super) item: Option<ItemStruct>,
}

pub(super) fn parse(args: TokenStream, item: &TokenStream, errors: &mut Errors) -> Syntax {
    Syntax {
        args: Arg::parse_all(args, errors),
        item: parse_item(item, errors),
    }
}

fn parse_item(item: &TokenStream, errors: &mut Errors) -> Option<ItemStruct> {
    if fallback::item_keyword(item).is_none_or(|keyword| keyword != "struct") {
        fallback::wrong_item(item, "`#[service]` belongs on a struct", errors);
        return None;
    }
    errors.ok(syn::parse2(without_fields(item)))
}

/// The compiler has read the fields before us, and has reported those that are half-typed.
fn without_fields(item: &TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    if let Some(TokenTree::Group(fields)) = tokens.last_mut()
        && fields.delimiter() == Delimiter::Brace
    {
        *fields = Group::new(Delimiter::Brace, TokenStream::new());
    }
    tokens.into_iter().collect()
}
