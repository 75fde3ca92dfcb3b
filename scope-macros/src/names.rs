//! Every identifier and path that the macros invent, each with the reason for its span.
//!
//! Text that the user wrote keeps the user's own token. Text that we derive must not: a rename started on it would
//! rewrite the user's name into the derived one.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
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

    /// Whether a path is one of ours as far as it tells: `call`, `scope::call`, or with the path given as `crate = path`;
    /// and not `other::call`.
    pub(crate) fn owns(&self, path: &Path) -> bool {
        let (path, krate) = (spelled(path), spelled(self));
        match path.trim_start_matches("::").rsplit_once("::") {
            Some((module, _)) => module == "scope" || module == krate.trim_start_matches("::"),
            None => true,
        }
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

/// `Ledger` → `Ledger_with_service_attribute`, the alias by which `#[handlers]` finds the handle.
///
/// Where it is missing the compiler says `` cannot find type `Ledger_with_service_attribute` in this scope ``.
pub(crate) fn handle_alias(service: &Ident, span: Span) -> Ident {
    format_ident!("{}_with_service_attribute", service.unraw(), span = span)
}

/// `Ledger` → `LedgerMyself`. Call site: derived text.
pub(crate) fn myself(service: &Ident) -> Ident {
    format_ident!("{}Myself", service.unraw(), span = Span::call_site())
}

/// `Ledger` → `Ledger_messages`, the proofs of what its messages have to be. Call site: derived text.
pub(crate) fn proofs(service: &Ident) -> Ident {
    format_ident!("{}_messages", service.unraw(), span = Span::call_site())
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
    // Clauses of the user's are for lints to look at, ours are not.
    let place = Place::of(ty, beside).ours();
    let colon = place.end(quote!(:));
    // Empty arguments, so that punctuation comes last.
    let of = place.both(quote!(#of<>));
    quote!(#ty #colon #of)
}

/// The type `<Ledger as Service>::Handle<>`, which as a whole lies on `Ledger`.
///
/// In an expression the compiler reports on `Ledger` that it is no service, in a type on all of it. The same error on
/// the same place is shown once.
pub(crate) fn projection(
    ty: &impl ToTokens,
    of: &TokenStream,
    item: &str,
    beside: Span,
) -> TokenStream {
    let place = Place::of(ty, beside);
    let item = Ident::new(item, beside);
    let open = place.start(quote!(<));
    let of = place.end(quote!(as #of>::#item<>));
    quote!(#open #ty #of)
}

/// `<TreeBuilder<_>>::service::<Ledger>(tree, "ledger")`
pub(crate) struct Call {
    pub(crate) function: TokenStream,
    /// What stands in the turbofish; nothing for none.
    pub(crate) generics: TokenStream,
    pub(crate) args: TokenStream,
}

impl Call {
    pub(crate) fn new(function: TokenStream, args: TokenStream) -> Self {
        Self {
            function,
            generics: TokenStream::new(),
            args,
        }
    }

    /// The call, which as a whole lies on `subject` as a [`projection`] does.
    pub(crate) fn on(self, subject: &impl ToTokens, beside: Span) -> TokenStream {
        let place = Place::of(subject, beside);
        let function = place.both(self.function);
        let args = Group::new(Delimiter::Parenthesis, self.args);
        let args = place.end(TokenTree::from(args).into());
        if self.generics.is_empty() {
            return quote!(#function #args);
        }
        let (open, close) = (place.end(quote!(::<)), place.end(quote!(>)));
        let generics = self.generics;
        quote!(#function #open #generics #close #args)
    }
}

/// `const _: () = <Tree>::prove_child(Shop::TREE, &["ledger"]);`, whose panic the compiler reports on `subject`.
pub(crate) fn proof(proof: Call, subject: &impl ToTokens, beside: Span) -> TokenStream {
    let call = proof.on(subject, beside);
    quote!(const _: () = #call;)
}

/// Where tokens of ours lie on a type of the user's: as if the user had written them, so that no note tells of a macro.
struct Place {
    start: Span,
    end: Span,
    beside: Span,
}

impl Place {
    fn of(ty: &impl ToTokens, beside: Span) -> Self {
        let (start, end) = ends(ty).unwrap_or((beside, beside));
        Self { start, end, beside }
    }

    /// The same place, as that of tokens which a macro made.
    fn ours(self) -> Self {
        let ours = |span| Span::call_site().located_at(span);
        Self {
            start: ours(self.start),
            end: ours(self.end),
            beside: ours(self.beside),
        }
    }

    fn start(&self, tokens: TokenStream) -> TokenStream {
        self.moved(tokens, self.start)
    }

    fn end(&self, tokens: TokenStream) -> TokenStream {
        self.moved(tokens, self.end)
    }

    /// The first token at the start, the others at the end.
    fn both(&self, tokens: TokenStream) -> TokenStream {
        let mut tokens = tokens.into_iter();
        let first = self.start(tokens.next().into_iter().collect());
        let rest = self.end(tokens.collect());
        quote!(#first #rest)
    }

    /// What stands inside of groups stays where it is.
    fn moved(&self, tokens: TokenStream, to: Span) -> TokenStream {
        let tokens = tokens.into_iter().map(|mut token| {
            token.set_span(match &token {
                TokenTree::Ident(_) => self.beside,
                _ => to,
            });
            token
        });
        tokens.collect()
    }
}

/// A type as one would write it: `Vec<u8>`, where its tokens alone give `Vec < u8 >`.
pub(crate) fn spelled(ty: &impl ToTokens) -> String {
    let mut text = String::new();
    for word in ty.to_token_stream().to_string().split_whitespace() {
        let glued = |c: char| c.is_alphanumeric() || c == '_' || c == '\'';
        if text.ends_with(glued) && word.starts_with(glued) || text.ends_with([',', ';']) {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// Where tokens begin and end.
pub(crate) fn ends(tokens: &impl ToTokens) -> Option<(Span, Span)> {
    let mut spans = tokens
        .to_token_stream()
        .into_iter()
        .map(|token| token.span());
    let first = spans.next()?;
    Some((first, spans.last().unwrap_or(first)))
}

/// The `#[cfg]`s of an item: all that is generated for it stands under them.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("cfg"))
        .cloned()
        .collect()
}

/// `restart = transient` → `restart::transient`, `name = "Books"` → `name`: where an option and its value are among the
/// documented words. None for a keyword, which no path can hold.
pub(crate) fn word(key: &Ident, value: Option<&TokenStream>) -> Option<TokenStream> {
    let word = |tokens: TokenStream| syn::parse2::<Ident>(tokens).ok();
    let key = word(key.to_token_stream())?;
    Some(match value.cloned().and_then(word) {
        Some(value) => quote!(#key::#value),
        None => quote!(#key),
    })
}

/// Names the user's own words again where no compiler looks, so that an editor can resolve them.
///
/// A marker such as `#[call]` is gone after the expansion; without this, hover and go-to-definition on it are too.
/// Comes first in an expansion: rust-analyzer completes a word with one letter more in it, in a second expansion, and
/// looks for that word no further than the first one is long.
pub(crate) fn mention(paths: &[TokenStream]) -> TokenStream {
    if paths.is_empty() {
        return TokenStream::new();
    }
    quote! {
        #[cfg(any())]
        const _: () = { #(use #paths as _;)* };
    }
}
