//! Durations, which the user writes as text (`"5s"`) and the compiler checks.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::LitStr;

use crate::diag::{Errors, quoted};

/// Reads `"5s"`, `"1m 30s"`, `"200ms"`.
pub(crate) fn parse(text: &LitStr, errors: &mut Errors) -> Option<Duration> {
    let written = text.value();
    // humantime counts its units up in `u64`s; a number so large that it wraps is refused there.
    match humantime::parse_duration(&written) {
        Ok(duration) => Some(duration),
        Err(_) => {
            errors.at(
                text,
                format!(
                    "{} is no duration; write a number with a unit, such as `500ms`, `5s` or `2m`",
                    quoted(&written)
                ),
            );
            None
        }
    }
}

/// As [`parse`], for a time that makes no sense when it is zero.
pub(crate) fn parse_positive(text: &LitStr, errors: &mut Errors) -> Option<Duration> {
    let duration = parse(text, errors)?;
    if duration.is_zero() {
        errors.at(text, "this duration must be above zero");
        return None;
    }
    Some(duration)
}

/// The const expression of a duration: `Duration::from_millis(5000u64)`.
pub(crate) fn expand(private: &TokenStream, duration: Duration) -> TokenStream {
    match u64::try_from(duration.as_millis()) {
        Ok(millis) if Duration::from_millis(millis) == duration => {
            quote!(#private::Duration::from_millis(#millis))
        }
        _ => {
            let (seconds, nanos) = (duration.as_secs(), duration.subsec_nanos());
            quote!(#private::Duration::new(#seconds, #nanos))
        }
    }
}
