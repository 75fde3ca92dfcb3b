//! Text that is put together while compiling.

use std::time::Duration;

/// So much that several sentences fit.
const CAPACITY: usize = 1024;
/// What ends a text that is too long.
const MORE: &str = " … and more";

#[derive(Clone, Copy)]
pub(crate) struct Text {
    bytes: [u8; CAPACITY],
    length: usize,
    cut: bool,
}

impl Text {
    pub(crate) const fn new() -> Self {
        Self {
            bytes: [0; CAPACITY],
            length: 0,
            cut: false,
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            // Only whole texts were put in.
            Err(_) => "",
        }
    }

    /// Begins a sentence, on a line of its own.
    pub(crate) const fn sentence(&mut self) -> &mut Self {
        if self.is_empty() {
            self
        } else {
            self.push("\n")
        }
    }

    pub(crate) const fn push(&mut self, text: &str) -> &mut Self {
        if self.cut {
            return self;
        }
        let room = CAPACITY - MORE.len() - self.length;
        self.cut = text.len() > room;
        self.append(if self.cut { MORE } else { text });
        self
    }

    const fn append(&mut self, text: &str) {
        let text = text.as_bytes();
        let mut index = 0;
        while index < text.len() {
            self.bytes[self.length] = text[index];
            self.length += 1;
            index += 1;
        }
    }

    /// A name, in backticks.
    pub(crate) const fn code(&mut self, name: &str) -> &mut Self {
        self.push("`").push(name).push("`")
    }

    /// A duration as one writes it: `5s`, `1500ms`.
    pub(crate) const fn time(&mut self, time: Duration) -> &mut Self {
        let millis = time.as_millis();
        if time.subsec_nanos() == 0 {
            self.number(time.as_secs() as u128).push("s")
        } else if millis * 1_000_000 == time.as_nanos() {
            self.number(millis).push("ms")
        } else {
            self.number(time.as_nanos()).push("ns")
        }
    }

    pub(crate) const fn number(&mut self, number: u128) -> &mut Self {
        if number >= 10 {
            self.number(number / 10);
        }
        let digits = "0123456789".as_bytes();
        let digit = digits.split_at((number % 10) as usize).1.split_at(1).0;
        match std::str::from_utf8(digit) {
            Ok(digit) => self.push(digit),
            Err(_) => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_one_writes_them() {
        let check = |time, expected| {
            assert_eq!(Text::new().time(time).as_str(), expected);
        };
        check(Duration::from_secs(0), "0s");
        check(Duration::from_secs(90), "90s");
        check(Duration::from_millis(1500), "1500ms");
        check(Duration::from_nanos(1001), "1001ns");
    }

    #[test]
    fn what_is_too_long_says_that_there_is_more() {
        let mut text = Text::new();
        for _ in 0..CAPACITY {
            text.push("one… ");
        }
        let text = text.as_str();
        assert!(text.starts_with("one… one… "), "{text}");
        assert!(text.ends_with("one…  … and more"), "{text}");
    }
}
