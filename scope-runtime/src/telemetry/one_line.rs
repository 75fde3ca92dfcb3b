//! Texts of users within a log line.

use std::fmt::{self, Display, Write};

/// Shows a value on one line: line breaks, as in the panic of an `assert_eq!`, become `; `.
pub(crate) struct OneLine<T>(pub(crate) T);

impl<T: Display> Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Joined { f, broken: false }, "{}", self.0)
    }
}

struct Joined<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    /// A line break came, and nothing after it yet.
    broken: bool,
}

impl Write for Joined<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (index, line) in text.split(['\n', '\r']).enumerate() {
            self.broken |= index > 0;
            let line = if self.broken { line.trim_start() } else { line };
            if line.is_empty() {
                continue;
            }
            if std::mem::take(&mut self.broken) {
                self.f.write_str("; ")?;
            }
            self.f.write_str(line)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_are_joined_and_the_last_one_goes() {
        let check = |text: &str, expected| assert_eq!(OneLine(text).to_string(), expected);
        check("boom", "boom");
        check("left\n  right: 1\r\n\n", "left; right: 1");
    }
}
