//! Short texts that are put together and shared: names, ids, paths.
//!
//! Each is allocated once, when its length is known. Until then it is in a text that the thread keeps.

use std::cell::Cell;
use std::fmt::{self, Write};

use crate::rt::{Arc, thread_local};

thread_local! {
    static SCRATCH: Cell<String> = const { Cell::new(String::new()) };
}

/// A longer text is not kept.
const LONG: usize = 1024;

/// Several texts as one.
pub(crate) fn joined(parts: &[&str]) -> Arc<str> {
    put_together(|text| text.extend(parts.iter().copied()))
}

/// A text and a number behind it.
pub(crate) fn numbered(before: &[&str], mut number: u64) -> Arc<str> {
    // Without `fmt`, which takes longer than all else here.
    let mut digits = [b'0'; 20];
    let mut length = 0;
    for place in digits.iter_mut().rev() {
        *place += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        length += 1;
        if number == 0 {
            break;
        }
    }
    let (_, digits) = digits.split_at(digits.len() - length);
    let digits = str::from_utf8(digits).unwrap_or_default();
    put_together(|text| {
        text.extend(before.iter().copied());
        text.push_str(digits);
    })
}

/// What is displayed, as a text.
pub(crate) fn displayed(value: fmt::Arguments<'_>) -> Arc<str> {
    put_together(|text| {
        if text.write_fmt(value).is_err() {
            text.push_str("(not displayed)");
        }
    })
}

fn put_together(fill: impl FnOnce(&mut String)) -> Arc<str> {
    // Taken out: what is displayed may be put together itself.
    let mut text = SCRATCH.try_with(Cell::take).unwrap_or_default();
    text.clear();
    fill(&mut text);
    let shared = Arc::from(text.as_str());
    if text.capacity() <= LONG {
        // A thread that is about to end keeps nothing.
        let _kept = SCRATCH.try_with(|scratch| scratch.set(text));
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_whole_whatever_their_length() {
        for length in [0, 1, LONG, 3, 2 * LONG, 0] {
            let long = "\u{e4}".repeat(length);
            let expected = format!("{long}/{long}-7");
            assert_eq!(*joined(&[&long, "/", &long, "-", "7"]), *expected);
            assert_eq!(*displayed(format_args!("{long}/{long}-{}", 7)), *expected);
            assert_eq!(*numbered(&[&long, "/", &long, "-"], 7), *expected);
        }
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for number in [0, 1, 9, 10, 1_234_567_890, u64::MAX] {
            assert_eq!(*numbered(&["n"], number), *format!("n{number}"));
        }
    }
}
