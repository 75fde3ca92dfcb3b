//! Every identifier and path that the macros invent, each with the reason for its span.
//!
//! Text that the user wrote keeps the user's own token. Text that we derive must not: a rename started on it would
//! rewrite the user's name into the derived one.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Attribute, Path};

/// The path of the facade, `::scope` unless the user says `crate = path`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Krate {
    path: Option<Path>,
}

impl Krate {
    pub(crate) fn new(path: Option<Path>) -> Self {
        Self { path }
    }

    /// The hidden module that holds every name of an expansion: no name of the user's can come in between.
    pub(crate) fn private(&self) -> TokenStream {
        quote!(#self::__private)
    }
}

impl ToTokens for Krate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.path {
            Some(path) => path.to_tokens(tokens),
            None => tokens.extend(quote!(::scope)),
        }
    }
}

/// `Ledger` → `LedgerHandle`. Call site: derived text.
pub(crate) fn handle(service: &Ident) -> Ident {
    format_ident!("{}Handle", service.unraw(), span = Span::call_site())
}

/// `Ledger` → `__LedgerHandle`, the alias by which `#[handlers]` finds the handle. Call site: derived text.
pub(crate) fn handle_alias(service: &Ident) -> Ident {
    format_ident!("__{}Handle", service.unraw(), span = Span::call_site())
}

/// `Ledger` → `LedgerMyself`. Call site: derived text.
pub(crate) fn myself(service: &Ident) -> Ident {
    format_ident!("{}Myself", service.unraw(), span = Span::call_site())
}

/// `Ledger` → `__LedgerMyself`, as [`handle_alias`]. Call site: derived text.
pub(crate) fn myself_alias(service: &Ident) -> Ident {
    format_ident!("__{}Myself", service.unraw(), span = Span::call_site())
}

/// `Ledger` → `LedgerMessage`. Call site: derived text.
pub(crate) fn message(service: &Ident) -> Ident {
    format_ident!("{}Message", service.unraw(), span = Span::call_site())
}

/// `transfer_all` → `TransferAll`. Call site: derived text.
pub(crate) fn variant(method: &Ident) -> Ident {
    let name = method.unraw().to_string();
    let pascal: String = name.split('_').map(capitalized).collect();
    let valid = syn::parse_str::<Ident>(&pascal).is_ok();
    // `self_` would give the keyword `Self`, `_1` the number `1`.
    let text = if valid {
        pascal
    } else {
        format!("Handler{pascal}")
    };
    Ident::new(&text, Span::call_site())
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}

/// A name of the runtime's. Call site: it stands behind a path that is ours.
pub(crate) fn ours(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A local variable of the expansion. Mixed site: it can't clash with an argument of the same name.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// `Rc<u8>: MessageData<>`, where the compiler reports on the type what the type lacks.
///
/// It underlines the bound, from its first to its last token, so our punctuation lies on the type's ends. An editor
/// looks up identifiers by their place: ours lie on `beside`, a token before the type that means nothing.
pub(crate) fn requirement(ty: &impl ToTokens, of: &TokenStream, beside: Span) -> TokenStream {
    let ty = ty.to_token_stream();
    let span = |token: Option<TokenTree>| token.map_or(beside, |token| token.span());
    let mut start = Some(span(ty.clone().into_iter().next()));
    let end = span(ty.clone().into_iter().last());
    // Empty arguments, so that punctuation comes last.
    let of = quote!(#of<>).into_iter().map(|mut token| {
        let place = match &token {
            TokenTree::Ident(_) => beside,
            _ => start.take().unwrap_or(end),
        };
        token.set_span(
            token
                .span()
                .resolved_at(Span::call_site())
                .located_at(place),
        );
        token
    });
    let of: TokenStream = of.collect();
    let colon = quote_spanned!(Span::call_site().located_at(end)=> :);
    quote!(#ty #colon #of)
}

/// The `#[cfg]`s of an item: all that is generated for it stands under them.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .cloned()
        .collect()
}

/// Names the user's own words again where no compiler looks, so that an editor can resolve them.
///
/// A marker such as `#[call]` is gone after the expansion; without this, hover and go-to-definition on it are too.
pub(crate) fn mention(paths: &[TokenStream]) -> TokenStream {
    if paths.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #[cfg(any())]
        const _: () = { #(use #paths as _;)* };
    }
}
