//! Arguments of attributes: `restart = permanent, requires(A, B), keep`.
//!
//! A mistake in one argument leaves the others intact, also half-typed ones, so that an editor keeps what is there.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{LitStr, Path, Token};

use crate::diag::{Errors, quoted};
use crate::duration;
use crate::names;

/// One argument: a key and what follows it.
#[derive(Debug)]
pub(crate) struct Arg {
    pub(crate) key: Ident,
    pub(crate) value: Value,
}

/// What follows a key.
#[derive(Debug)]
pub(crate) enum Value {
    /// `keep`
    None,
    /// `key = tokens`
    Is(TokenStream),
    /// `key(tokens)`, and where the closing parenthesis is
    List(TokenStream, Span),
}

/// How long something may take.
#[derive(Debug, Clone)]
pub(crate) enum Limit {
    For(Duration),
    /// `infinity`, `brutal_kill`
    Word(Ident),
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        // `crate` is a key too.
        let Ok(key) = Ident::parse_any(input) else {
            let rest: TokenStream = input.parse()?;
            return Err(syn::Error::new_spanned(
                rest,
                "expected an option, such as `restart = transient` or `mailbox(keep)`",
            ));
        };
        if input.is_empty() {
            return Ok(Self {
                key,
                value: Value::None,
            });
        }
        if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            return Ok(Self {
                key,
                value: Value::Is(input.parse()?),
            });
        }
        if input.peek(syn::token::Paren) {
            let content;
            let parentheses = syn::parenthesized!(content in input);
            let value = Value::List(content.parse()?, parentheses.span.close());
            let rest: TokenStream = input.parse()?;
            return if rest.is_empty() {
                Ok(Self { key, value })
            } else {
                Err(syn::Error::new_spanned(
                    rest,
                    "expected a comma before the next option",
                ))
            };
        }
        let rest: TokenStream = input.parse()?;
        Err(syn::Error::new_spanned(
            rest,
            format!("expected `=` or `(` after `{key}`"),
        ))
    }
}

impl Arg {
    /// All arguments that can be read; the others are reported.
    pub(crate) fn parse_all(tokens: TokenStream, errors: &mut Errors) -> Vec<Self> {
        split_at_commas(tokens)
            .into_iter()
            .filter_map(|piece| errors.ok(syn::parse2(piece)))
            .collect()
    }

    /// The argument among the documented words, see [`names::word`].
    pub(crate) fn mention(&self) -> Option<TokenStream> {
        match &self.value {
            Value::Is(value) => names::word(&self.key, Some(value)),
            Value::None | Value::List(..) => names::word(&self.key, None),
        }
    }

    /// The tokens after `key =`; anything else is reported with `example`, which shows how to write it.
    pub(crate) fn value(&self, example: &str, errors: &mut Errors) -> Option<&TokenStream> {
        match &self.value {
            Value::Is(tokens) if !tokens.is_empty() => Some(tokens),
            _ => {
                errors.at(
                    &self.key,
                    format!("`{}` needs a value, such as `{example}`", self.key),
                );
                None
            }
        }
    }

    /// The text of `key = "text"`.
    pub(crate) fn text(&self, example: &str, errors: &mut Errors) -> Option<LitStr> {
        let tokens = self.value(example, errors)?;
        let text = syn::parse2::<LitStr>(tokens.clone()).ok();
        if text.is_none() {
            errors.at(
                tokens,
                format!("`{}` takes text in quotes, such as `{example}`", self.key),
            );
        }
        text
    }

    /// The word of `key = word`, which must be one of `allowed`.
    pub(crate) fn word(&self, allowed: &[&str], errors: &mut Errors) -> Option<Ident> {
        let example = format!("{} = {}", self.key, allowed.first().unwrap_or(&"word"));
        let tokens = self.value(&example, errors)?;
        if let Ok(text) = syn::parse2::<LitStr>(tokens.clone())
            && allowed.contains(&text.value().as_str())
        {
            errors.at(tokens, format!("write `{}` without quotes", text.value()));
            return None;
        }
        let word = Ident::parse_any.parse2(tokens.clone()).ok();
        match word {
            Some(word) if allowed.iter().any(|known| word == known) => Some(word),
            _ => {
                let key = self.key.to_string();
                errors.at(tokens, unknown(&key, &tokens.to_string(), allowed));
                None
            }
        }
    }

    /// A duration, or one of `words`.
    pub(crate) fn limit(&self, words: &[&str], errors: &mut Errors) -> Option<Limit> {
        let tokens = self.value(&format!("{} = \"5s\"", self.key), errors)?;
        if let Ok(text) = syn::parse2::<LitStr>(tokens.clone()) {
            if words.contains(&text.value().as_str()) {
                return self.word(words, errors).map(Limit::Word);
            }
            return duration::parse_positive(&text, errors).map(Limit::For);
        }
        if syn::parse2::<Ident>(tokens.clone()).is_ok() {
            return self.word(words, errors).map(Limit::Word);
        }
        let list = backticked(words).replace(", ", " or ");
        errors.at(
            tokens,
            format!(
                "`{}` takes a duration in quotes, such as `\"5s\"`, or {list}",
                self.key
            ),
        );
        None
    }

    /// The path of `crate = path`.
    pub(crate) fn path(&self, example: &str, errors: &mut Errors) -> Option<Path> {
        let tokens = self.value(example, errors)?;
        let path = module_path.parse2(tokens.clone()).ok();
        if path.is_none() {
            errors.at(
                tokens,
                format!("`{}` takes a path, such as `{example}`", self.key),
            );
        }
        path
    }

    /// Reports a value where a lone word is enough.
    pub(crate) fn flag(&self, errors: &mut Errors) -> Option<Ident> {
        match &self.value {
            Value::None => Some(self.key.clone()),
            Value::Is(tokens) | Value::List(tokens, _) => {
                let place = if tokens.is_empty() {
                    self.key.to_token_stream()
                } else {
                    tokens.clone()
                };
                errors.at(
                    place,
                    format!("`{}` takes no value; write the word alone", self.key),
                );
                None
            }
        }
    }
}

/// A path that can stand in a `use`.
pub(crate) fn module_path(input: ParseStream<'_>) -> syn::Result<Path> {
    let path = Path::parse_mod_style(input)?;
    match path.segments.iter().find(|segment| segment.ident == "Self") {
        Some(segment) => Err(syn::Error::new_spanned(segment, "`Self` is no module")),
        None => Ok(path),
    }
}

/// Fills the slot of an option, and reports a second value on its key.
pub(crate) fn set_once<T>(
    slot: &mut Option<T>,
    value: Option<T>,
    key: &Ident,
    errors: &mut Errors,
) {
    match (&slot, value) {
        (Some(_), Some(_)) => errors.at(key, format!("`{key}` is given twice; keep one of them")),
        (None, value @ Some(_)) => *slot = value,
        (_, None) => {}
    }
}

/// The message for a word that is none of the allowed ones.
pub(crate) fn unknown(what: &str, word: &str, allowed: &[&str]) -> String {
    let (list, written) = (backticked(allowed), quoted(word));
    match nearest(word, allowed) {
        Some(near) => format!("unknown {what} {written}, did you mean `{near}`? allowed: {list}"),
        None => format!("unknown {what} {written}; allowed: {list}"),
    }
}

fn backticked(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The allowed word that `word` is most likely a misspelling of.
fn nearest<'a>(word: &str, allowed: &[&'a str]) -> Option<&'a str> {
    // darling owns the measure of nearness and shows its choice only in its message.
    let shown = darling::Error::unknown_value_with_alts(word, allowed).to_string();
    allowed
        .iter()
        .find(|near| shown.contains(&format!("mean `{near}`")))
        .copied()
}

/// Cuts a list at its commas. Those of nested lists stand in groups; a value with angle brackets does too.
fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = Vec::new();
    let mut piece = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                pieces.push(piece.drain(..).collect::<TokenStream>());
            }
            token => piece.push(token),
        }
    }
    pieces.push(piece.into_iter().collect());
    pieces.retain(|piece| !piece.is_empty());
    pieces
}
