//! Short texts that are put together and shared: names, ids, paths.

use std::fmt::{self, Write};

use crate::rt::Arc;

/// Nearly all of them fit.
const SHORT: usize = 128;

/// Several texts as one.
pub(crate) fn joined(parts: &[&str]) -> Arc<str> {
    let mut scratch = Scratch::new();
    parts.iter().for_each(|part| scratch.push(part));
    scratch.share()
}

/// What is displayed, as a text.
pub(crate) fn displayed(value: fmt::Arguments<'_>) -> Arc<str> {
    let mut scratch = Scratch::new();
    match scratch.write_fmt(value) {
        Ok(()) => scratch.share(),
        // It says what `format!` says.
        Err(_) => value.to_string().into(),
    }
}

/// Where a text is put together, so that it is allocated once: when its length is known.
struct Scratch {
    short: [u8; SHORT],
    length: usize,
    /// All of it, once it is longer.
    long: String,
}

impl Scratch {
    fn new() -> Self {
        Self {
            short: [0; SHORT],
            length: 0,
            long: String::new(),
        }
    }

    fn push(&mut self, text: &str) {
        let end = self.length + text.len();
        if self.long.is_empty()
            && let Some(room) = self.short.get_mut(self.length..end)
        {
            room.copy_from_slice(text.as_bytes());
            self.length = end;
            return;
        }
        if self.long.is_empty() {
            let short = self.short().to_owned();
            self.long = short;
        }
        self.long.push_str(text);
    }

    fn short(&self) -> &str {
        let text = self.short.get(..self.length);
        // Only whole texts were put in.
        text.and_then(|text| str::from_utf8(text).ok())
            .unwrap_or_default()
    }

    fn share(&self) -> Arc<str> {
        let text = if self.long.is_empty() {
            self.short()
        } else {
            &self.long
        };
        Arc::from(text)
    }
}

impl Write for Scratch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_texts_are_whole() {
        for length in [0, 1, SHORT - 1, SHORT, SHORT + 1, 3 * SHORT] {
            let long = "ä".repeat(length);
            let expected = format!("{long}/{long}-7");
            assert_eq!(*joined(&[&long, "/", &long, "-", "7"]), *expected);
            assert_eq!(*displayed(format_args!("{long}/{long}-{}", 7)), *expected);
        }
    }
}
