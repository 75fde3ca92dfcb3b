//! Collects errors, so that one compilation shows all of them.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::ToTokens;

/// What the user wrote, in backticks, as it may stand in a message: on one line and not too long.
pub(crate) fn quoted(written: &str) -> String {
    const MOST: usize = 60;
    let mut text: String = written.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = text.char_indices().nth(MOST) {
        text.truncate(end);
        text.push('…');
    }
    format!("`{text}`")
}

/// The errors of one expansion. Ends with [`Errors::finish`]; to forget that is a bug.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    errors: Vec<syn::Error>,
}

impl Errors {
    /// Reports `message` on the whole of `tokens`.
    ///
    /// Never by a span: on a stable compiler a span made of several tokens underlines only the first one.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl Display) {
        self.errors.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// The value, or its error reported.
    pub(crate) fn ok<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(error);
                None
            }
        }
    }

    /// How many errors there are so far. A stage compares two counts to learn whether an item was sound.
    pub(crate) fn count(&self) -> usize {
        self.errors.len()
    }

    /// One `compile_error!` per message.
    pub(crate) fn finish(mut self) -> TokenStream {
        self.errors
            .drain(..)
            .map(syn::Error::into_compile_error)
            .collect()
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        debug_assert!(
            self.errors.is_empty() || std::thread::panicking(),
            "errors were dropped unread: {:?}",
            self.errors
        );
    }
}
