//! The tokens of `#[test]`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::spanned::Spanned;

use super::model::{Clock, Test};

// Input:  /// Adds.
//         async fn adds(cx: TestContext) -> Result<(), Error> { ... }
// Output: /// Adds.
//         #[test]
//         fn adds() -> Result<(), Error> {
//             async fn adds(cx: TestContext) -> Result<(), Error> { ... }
//             scope::testing::run(Settings::new("module::adds"), |cx| adds(cx))
//         }
pub(super) fn expand(test: &Test) -> TokenStream {
    let Test {
        krate,
        attrs,
        vis,
        ident,
        context,
        output,
        body,
        clock,
    } = test;
    let settings = match clock {
        Clock::Paused => quote!(),
        Clock::Real => quote!(.real_time()),
        Clock::Threads(threads) => quote!(.threads(#threads)),
    };
    let call = call(test);
    // The inner function has the name of the outer one: any other could hide one that the body uses.
    quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #ident() #output {
            #[allow(clippy::unused_async, reason = "a test may have nothing to await")]
            async fn #ident(#context) #output #body
            #krate::testing::run(
                #krate::testing::Settings::new(::core::concat!(
                    ::core::module_path!(),
                    "::",
                    ::core::stringify!(#ident),
                )) #settings,
                #call,
            )
        }
    }
}

/// The closure that gives the context to the test.
fn call(test: &Test) -> TokenStream {
    let Test {
        krate,
        ident,
        context,
        ..
    } = test;
    let Some(context) = context else {
        return quote!(|_| #ident());
    };
    // Located at the user's `:`, where the compiler then says that the type is another one.
    let span = Span::mixed_site().located_at(context.colon_token.span());
    let cx = Ident::new("cx", span);
    quote!(|#cx: #krate::testing::TestContext| #ident(#cx))
}
