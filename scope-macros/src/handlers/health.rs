//! What `#[health]` and `#[memory]` say.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Meta, Signature};

use super::method::Method;
use super::role::Marker;
use crate::args::{Arg, set_once, unknown};
use crate::diag::Errors;
use crate::duration;

pub(super) const HEALTH_KEYS: &[&str] = &["critical", "optional", "timeout"];

/// A method that says whether the service is well.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) method: Method,
    pub(super) options: CheckOptions,
}

/// The arguments of `#[health]`, one slot per key.
#[derive(Debug, Default)]
pub(super) struct CheckOptions {
    pub(super) critical: Option<Ident>,
    pub(super) optional: Option<Ident>,
    pub(super) timeout: Option<Duration>,
    /// The user's words, as paths below `words`.
    pub(super) words: Vec<TokenStream>,
}

impl CheckOptions {
    pub(super) fn read(marker: &Marker, errors: &mut Errors) -> Self {
        let mut options = Self::default();
        match &marker.attr.meta {
            Meta::Path(_) => {}
            Meta::List(list) => {
                for arg in Arg::parse_all(list.tokens.clone(), errors) {
                    options.read_one(&arg, errors);
                }
            }
            Meta::NameValue(_) => errors.at(
                &marker.attr,
                "`#[health]` takes its options in parentheses, such as `#[health(optional)]`",
            ),
        }
        options
    }

    fn read_one(&mut self, arg: &Arg, errors: &mut Errors) {
        let key = &arg.key;
        self.words
            .extend(arg.mention().map(|word| quote!(health::#word)));
        match key.to_string().as_str() {
            "critical" => set_once(&mut self.critical, arg.flag(errors), key, errors),
            "optional" => set_once(&mut self.optional, arg.flag(errors), key, errors),
            "timeout" => {
                let text = arg.text("timeout = \"1s\"", errors);
                let limit = text.and_then(|text| duration::parse_positive(&text, errors));
                set_once(&mut self.timeout, limit, key, errors);
            }
            word => errors.at(key, unknown("`#[health]` option", word, HEALTH_KEYS)),
        }
        if let (Some(_), Some(_)) = (&self.critical, &self.optional) {
            errors.at(
                key,
                "`critical` and `optional` contradict each other; keep one of them",
            );
            self.critical = None;
        }
    }
}

impl Check {
    /// Whether the compiler reports this one for an earlier one of the same name.
    pub(super) fn repeats(&self, earlier: &Self) -> bool {
        let cfgs = |check: &Self| {
            let cfgs = check.method.cfgs.iter();
            cfgs.map(|cfg| cfg.to_token_stream().to_string())
                .collect::<Vec<_>>()
        };
        self.method.ident == earlier.method.ident && cfgs(self) == cfgs(earlier)
    }
}

/// `#[memory]` is asked between two messages, and only looks.
pub(super) fn check_memory(sig: &Signature, errors: &mut Errors) {
    if let Some(asyncness) = &sig.asyncness {
        errors.at(
            asyncness,
            "`#[memory]` can't be `async`; it adds up what the service holds, and waits for nothing",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::HEALTH_KEYS;
    use crate::testing::assert_documented;

    #[test]
    fn each_word_is_documented() {
        assert_documented("health", HEALTH_KEYS);
    }
}
