//! `supervisor!`: a supervision tree.

use proc_macro2::TokenStream;

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    input
}
