//! The tokens of `#[test]`.

use proc_macro2::TokenStream;
use quote::quote;

use super::model::{Clock, Test};

// Input:  /// Adds.
//         async fn adds(cx: TestContext) -> Result<(), Error> { ... }
// Output: /// Adds.
//         #[test]
//         fn adds() -> Result<(), Error> {
//             async fn adds(cx: TestContext) -> Result<(), Error> { ... }
//             scope::testing::run(Settings::new("module::adds"), adds)
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
    let call = match context {
        Some(_) => quote!(#ident),
        None => quote!(|_| #ident()),
    };
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
