//! `health(queue = 0.8, stuck = "10s", restarts = 3, process_memory = "512 MiB")`: from where on the automatic checks find something.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Lit, LitInt};

use crate::args::{Arg, Value, set_once, unknown};
use crate::diag::{Errors, quoted};
use crate::duration;

const HEALTH_KEYS: &[&str] = &["queue", "stuck", "restarts", "process_memory"];

/// One slot per key.
#[derive(Debug, Default)]
pub(super) struct Thresholds {
    queue: Option<f64>,
    stuck: Option<Duration>,
    restarts: Option<usize>,
    process_memory: Option<u64>,
}

impl Thresholds {
    pub(super) fn read(
        arg: &Arg,
        words: &mut Vec<TokenStream>,
        errors: &mut Errors,
    ) -> Option<Self> {
        let Value::List(tokens, _) = &arg.value else {
            errors.at(
                &arg.key,
                "`health` takes its thresholds in parentheses, such as `health(queue = 0.8, stuck = \"10s\")`",
            );
            return None;
        };
        let mut thresholds = Self::default();
        for arg in Arg::parse_all(tokens.clone(), errors) {
            thresholds.read_one(&arg, errors);
            words.extend(arg.mention().map(|word| quote!(health::#word)));
        }
        Some(thresholds)
    }

    fn read_one(&mut self, arg: &Arg, errors: &mut Errors) {
        let key = &arg.key;
        match key.to_string().as_str() {
            "queue" => set_once(&mut self.queue, share(arg, errors), key, errors),
            "stuck" => {
                let text = arg.text("stuck = \"10s\"", errors);
                let limit = text.and_then(|text| duration::parse_positive(&text, errors));
                set_once(&mut self.stuck, limit, key, errors);
            }
            "restarts" => set_once(&mut self.restarts, count(arg, errors), key, errors),
            "process_memory" => set_once(&mut self.process_memory, bytes(arg, errors), key, errors),
            word => errors.at(key, unknown("`health` option", word, HEALTH_KEYS)),
        }
    }

    // Input:  health(queue = 0.5, stuck = "1s")
    // Output: health(Thresholds::DEFAULT.queue(0.5).stuck(Duration::from_millis(1000)))
    pub(super) fn expand(&self, private: &TokenStream) -> TokenStream {
        let queue = self.queue.map(|share| quote!(.queue(#share)));
        let stuck = self.stuck.map(|limit| {
            let limit = duration::expand(private, limit);
            quote!(.stuck(#limit))
        });
        let restarts = self.restarts.map(|count| quote!(.restarts(#count)));
        let memory = self
            .process_memory
            .map(|bytes| quote!(.process_memory(#bytes)));
        quote!(health(#private::Thresholds::DEFAULT #queue #stuck #restarts #memory))
    }
}

fn share(arg: &Arg, errors: &mut Errors) -> Option<f64> {
    let tokens = arg.value("queue = 0.8", errors)?;
    let number = match syn::parse2::<Lit>(tokens.clone()) {
        Ok(Lit::Float(number)) => number.base10_parse::<f64>().ok(),
        Ok(Lit::Int(number)) => number.base10_parse::<f64>().ok(),
        _ => None,
    };
    let share = number.filter(|share| *share > 0.0 && *share <= 1.0);
    if share.is_none() {
        errors.at(
            tokens,
            "`queue` takes a share of the mailbox, above 0 and at most 1, such as `0.8`",
        );
    }
    share
}

fn count(arg: &Arg, errors: &mut Errors) -> Option<usize> {
    let tokens = arg.value("restarts = 3", errors)?;
    let number = syn::parse2::<LitInt>(tokens.clone()).ok();
    let count = number
        .and_then(|number| number.base10_parse::<usize>().ok())
        .filter(|count| *count > 0);
    if count.is_none() {
        errors.at(
            tokens,
            "`restarts` takes a number of restarts above zero, such as `3`",
        );
    }
    count
}

fn bytes(arg: &Arg, errors: &mut Errors) -> Option<u64> {
    let text = arg.text("process_memory = \"512 MiB\"", errors)?;
    let written = text.value();
    let bytes = size(&written);
    if bytes.is_none() {
        errors.at(
            text,
            format!(
                "{} is no size; write a number above zero in `KiB`, `MiB` or `GiB`, such as `512 MiB`",
                quoted(&written)
            ),
        );
    }
    bytes
}

/// The bytes of `512 MiB`.
fn size(written: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];
    let (number, unit) = UNITS
        .iter()
        .find_map(|(unit, bytes)| Some((written.strip_suffix(unit)?, bytes)))?;
    let number: u64 = number.trim_end().parse().ok()?;
    number.checked_mul(*unit).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::{HEALTH_KEYS, size};
    use crate::testing::assert_documented;

    #[test]
    fn each_word_is_documented() {
        assert_documented("option::health", HEALTH_KEYS);
    }

    #[test]
    fn a_size_is_a_number_with_a_unit() {
        assert_eq!(size("512 MiB"), Some(512 << 20));
        assert_eq!(size("64KiB"), Some(64 << 10));
        assert_eq!(size("2 GiB"), Some(2 << 30));
        for bad in [
            "",
            "512",
            "MiB",
            "0 MiB",
            "1.5 GiB",
            "-1 MiB",
            "512 MB",
            "99999999999999 GiB",
        ] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }
}
