//! The health checks of a service, and how much memory it says it uses.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;

use super::Expansion;
use super::service::invoke;
use crate::duration;
use crate::handlers::health::Check;
use crate::names;

// Input:  #[health(optional, timeout = "1s")] async fn bank_answers(&self) -> Result<(), BankError>
// Output: const CHECKS: &'static [HealthCheck] =
//             &[HealthCheck::new("bank_answers").optional().timeout(Duration::from_millis(1000))];
//         async fn check(&mut self, name: &'static str, cx: &mut Context<Self>) -> CheckOutcome {
//             match name {
//                 "bank_answers" => IntoOutcome::into_outcome(Self::bank_answers(self).await),
//                 _ => CheckOutcome::Passed,
//             }
//         }
pub(super) fn checks(cx: &Expansion<'_>) -> Option<TokenStream> {
    let private = &cx.private;
    let checks = &cx.model.checks;
    let metas = checks.iter().map(|check| meta(cx, check));
    let arms = checks.iter().map(|check| {
        let (cfgs, name) = (&check.method.cfgs, name(check));
        let call = invoke(cx, &check.method, None);
        quote!(#(#cfgs)* #name => #private::IntoOutcome::into_outcome(#call),)
    });
    let (name, context) = (names::local("name"), names::local("cx"));
    (!checks.is_empty()).then(|| {
        quote! {
            const CHECKS: &'static [#private::HealthCheck] = &[#(#metas),*];
            async fn check(
                &mut self,
                #name: &'static #private::str,
                #context: &mut #private::Context<Self>,
            ) -> #private::CheckOutcome {
                match #name {
                    #(#arms)*
                    _ => #private::CheckOutcome::Passed,
                }
            }
        }
    })
}

fn meta(cx: &Expansion<'_>, check: &Check) -> TokenStream {
    let private = &cx.private;
    let (cfgs, name, options) = (&check.method.cfgs, name(check), &check.options);
    let optional = options.optional.as_ref().map(|_| quote!(.optional()));
    let timeout = options.timeout.map(|limit| {
        let limit = duration::expand(private, limit);
        quote!(.timeout(#limit))
    });
    quote!(#(#cfgs)* #private::HealthCheck::new(#name) #optional #timeout)
}

fn name(check: &Check) -> String {
    check.method.ident.unraw().to_string()
}

// Input:  #[memory] fn bytes(&self) -> usize
// Output: fn memory(&self) -> Option<u64> { Some(IntoBytes::into_bytes(Self::bytes(self))) }
pub(super) fn memory(cx: &Expansion<'_>) -> Option<TokenStream> {
    let private = &cx.private;
    let method = cx.model.memory.as_ref()?;
    let (cfgs, call) = (&method.cfgs, invoke(cx, method, None));
    Some(quote! {
        #(#cfgs)*
        fn memory(&self) -> #private::Option<#private::u64> {
            #private::Some(#private::IntoBytes::into_bytes(#call))
        }
    })
}
