//! Settings from the environment.

/// A variable that says nothing sensible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is `{value}`; {expected}")]
#[non_exhaustive]
pub struct EnvironmentError {
    /// The variable.
    pub name: &'static str,
    /// What it is.
    pub value: String,
    /// What to write.
    pub expected: &'static str,
}

/// Whether a variable says yes; `None` if it is not set, or empty.
pub(crate) fn flag(
    name: &'static str,
    value: Option<&str>,
) -> Result<Option<bool>, EnvironmentError> {
    match value {
        None | Some("") => Ok(None),
        Some("true" | "1") => Ok(Some(true)),
        Some("false" | "0") => Ok(Some(false)),
        Some(value) => Err(EnvironmentError {
            name,
            value: value.to_owned(),
            expected: "write `true` or `false`",
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_a_word() {
        let check = |value, expected| assert_eq!(flag("FLAG", value), Ok(expected), "{value:?}");
        check(None, None);
        check(Some(""), None);
        check(Some("true"), Some(true));
        check(Some("0"), Some(false));
        let error = flag("FLAG", Some("yes")).expect_err("no such word");
        assert_eq!(
            error.to_string(),
            "`FLAG` is `yes`; write `true` or `false`"
        );
    }
}
