//! What is proven of a type by a constant. What the user reads where it does not hold is in the runtime.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

use crate::handlers::model::ServiceImpl;
use crate::names;

/// The runtime's `Required` has the same names.
#[derive(Debug, Clone, Copy)]
pub(super) enum Required {
    /// Of the service: it can change threads.
    State,
    /// Of the service: several threads may look at it.
    Shared,
    /// Of the service without an `#[init]`.
    Default,
    /// Of what goes through the mailbox.
    Data,
    /// Of what a call returns that is flattened.
    Flat,
    /// Of what `#[init]` returns.
    Init,
    /// Of what `#[after_init]` returns.
    AfterInit,
    /// Of the error that ends a start.
    StartError,
    /// Of what a handler without a caller returns.
    Done,
    /// Of the error of a handler without a caller.
    LoggedError,
    /// Of what a health check returns.
    Check,
    /// Of the error of a health check.
    CheckError,
    /// Of what `#[memory]` returns.
    Bytes,
}

impl Required {
    pub(super) fn is_of_the_service(self) -> bool {
        matches!(self, Self::State | Self::Shared | Self::Default)
    }

    /// The trait that stands for it in a clause. The others are asked for in the method that needs them.
    pub(super) fn bound(self, private: &TokenStream) -> Option<TokenStream> {
        match self {
            Self::State => Some(quote!(#private::State)),
            Self::Data => Some(quote!(#private::MessageData)),
            _ => None,
        }
    }

    /// Its constant among those of `Proof`.
    fn constant(self) -> Ident {
        let name = match self {
            Self::State | Self::Data => "TRAVELS",
            Self::Shared => "IS_SHARED",
            Self::Default => "HAS_DEFAULT",
            Self::Flat => "IS_RESULT",
            Self::Init => "IS_STATE",
            Self::AfterInit => "CONTINUES",
            Self::StartError => "IS_ERROR",
            Self::Done => "IS_DONE",
            Self::LoggedError | Self::CheckError => "IS_PRINTED",
            Self::Check => "IS_CHECK",
            Self::Bytes => "IS_BYTES",
        };
        Ident::new(name, Span::call_site())
    }

    // Output: (<Proof>::require)(<Proof<Rc<u8>>>::TRAVELS, Required::Data, "Rc<u8>")
    pub(super) fn proof(self, model: &ServiceImpl, ty: &Type, place: &TokenStream) -> TokenStream {
        let private = model.krate.private();
        let name = names::spelled(ty);
        let subject = match self {
            // It depends on the service, what its state is.
            Self::Init => {
                let service = &model.service;
                quote!((#service, #ty))
            }
            _ => ty.to_token_stream(),
        };
        let (constant, required) = (self.constant(), names::ours(&format!("{self:?}")));
        // The compiler underlines the call from its first to its last token. Only parentheses lie on the user's: an
        // editor would look up an identifier of ours that stood there.
        let (first, last) = names::ends(place).unwrap_or((Span::call_site(), Span::call_site()));
        let parenthesized = |tokens, span| {
            let mut group = Group::new(Delimiter::Parenthesis, tokens);
            group.set_span(span);
            group
        };
        let function = parenthesized(quote!(<#private::Proof>::require), first);
        let args = parenthesized(
            quote!(<#private::Proof<#subject>>::#constant, #private::Required::#required, #name),
            last,
        );
        quote!(#function #args)
    }
}
