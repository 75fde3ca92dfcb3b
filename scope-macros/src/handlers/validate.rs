//! Rules across the handlers of a service. What breaks one is left out, so that the rest expands.

use std::collections::HashMap;

use quote::ToTokens;

use super::model::{Handler, Kind, ServiceImpl};
use super::types;
use crate::diag::{Errors, quoted};
use crate::names;

pub(super) fn validate(model: &mut ServiceImpl, errors: &mut Errors) {
    let generics = model.generics.clone();
    model.handlers.retain(|handler| match &handler.kind {
        Kind::Info(data) if types::is_parameter(&data.ty, &generics) => {
            let name = data.ty.to_token_stream();
            errors.at(
                &data.ty,
                format!("`{name}` may be any type, also one that another `#[info]` takes; wrap it in a struct of your own"),
            );
            false
        }
        _ => true,
    });
    keep_first(
        &mut model.handlers,
        errors,
        |handler| Some(handler.method.ident.to_string()),
        |_, second| {
            let name = &second.method.ident;
            (
                name.to_token_stream(),
                format!("there is a handler `{name}` already; rename this one"),
            )
        },
    );
    keep_first(
        &mut model.handlers,
        errors,
        |handler| Some(handler.variant.to_string()),
        |first, second| {
            let (first, name, variant) =
                (&first.method.ident, &second.method.ident, &second.variant);
            let message = format!(
                "`{first}` and `{name}` would both be the message `{variant}`; rename one of them"
            );
            (name.to_token_stream(), message)
        },
    );
    keep_first(&mut model.handlers, errors, info_type, |first, second| {
        let tokens = match &second.kind {
            Kind::Info(data) => data.ty.to_token_stream(),
            _ => second.method.ident.to_token_stream(),
        };
        let name = quoted(&names::spelled(&tokens));
        (
            tokens,
            format!(
                "{name} is handled by `{}` already; merge the two",
                first.method.ident
            ),
        )
    });
}

fn info_type(handler: &Handler) -> Option<String> {
    match &handler.kind {
        Kind::Info(data) => Some(types::peel(&data.ty).to_token_stream().to_string()),
        Kind::Call(_) | Kind::Cast | Kind::Every(_) => None,
    }
}

/// Leaves out every handler whose key an earlier one has, and reports it by `complaint`.
fn keep_first<K, C>(handlers: &mut Vec<Handler>, errors: &mut Errors, key: K, complaint: C)
where
    K: Fn(&Handler) -> Option<String>,
    C: Fn(&Handler, &Handler) -> (proc_macro2::TokenStream, String),
{
    let mut kept: HashMap<String, usize> = HashMap::new();
    let mut result: Vec<Handler> = Vec::new();
    for handler in handlers.drain(..) {
        let Some(key) = key(&handler) else {
            result.push(handler);
            continue;
        };
        let first = kept.get(&key).and_then(|&position| result.get(position));
        match first.filter(|first| can_coexist(first, &handler)) {
            Some(first) => {
                // Two methods of one name in every build: the compiler reports that.
                if first.method.ident != handler.method.ident || cfgs(first) != cfgs(&handler) {
                    let (tokens, message) = complaint(first, &handler);
                    errors.at(tokens, message);
                }
            }
            None => {
                kept.entry(key).or_insert(result.len());
                result.push(handler);
            }
        }
    }
    *handlers = result;
}

/// Whether two handlers may both be in one build. Different `#[cfg]`s may exclude each other.
fn can_coexist(first: &Handler, second: &Handler) -> bool {
    let (first, second) = (cfgs(first), cfgs(second));
    first == second || first.is_empty() || second.is_empty()
}

fn cfgs(handler: &Handler) -> Vec<String> {
    let cfgs = handler.method.cfgs.iter();
    cfgs.map(|cfg| cfg.to_token_stream().to_string()).collect()
}
