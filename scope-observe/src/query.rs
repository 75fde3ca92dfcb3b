//! The query of a request, read strictly: a misspelt parameter is an error.

use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;

use crate::Problem;

/// What is left of a query.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    pairs: Vec<(String, String)>,
    /// The parameters that were asked for.
    known: Vec<&'static str>,
}

impl<S: Send + Sync> FromRequestParts<S> for Pairs {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::from_request_parts(parts, state)
            .await
            .map_err(|error| Problem::bad_request(error.body_text()))?;
        let known = Vec::new();
        Ok(Self { pairs, known })
    }
}

impl Pairs {
    /// Every value of a parameter.
    pub(crate) fn take_all(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let found = self.pairs.extract_if(.., |(key, _)| key == name);
        found.map(|(_, value)| value).collect()
    }

    /// The value of a parameter that is given once at most.
    pub(crate) fn take(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        let mut values = self.take_all(name).into_iter();
        let value = values.next();
        if values.next().is_some() {
            return Err(Problem::bad_request(format!("`{name}` is given twice")));
        }
        Ok(value)
    }

    pub(crate) fn take_word(
        &mut self,
        name: &'static str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, Problem> {
        let Some(value) = self.take(name)? else {
            return Ok(None);
        };
        let word = words.iter().find(|word| **word == value);
        word.copied().map(Some).ok_or_else(|| {
            let words = words.join("` or `");
            Problem::bad_request(format!("`{name}` is `{words}`, not `{value}`"))
        })
    }

    pub(crate) fn take_number<N: FromStr + PartialOrd + std::fmt::Display>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<N>,
    ) -> Result<Option<N>, Problem> {
        let Some(value) = self.take(name)? else {
            return Ok(None);
        };
        let number = value.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            Problem::bad_request(format!(
                "`{name}` is a number from {least} to {most}, not `{value}`"
            ))
        })
    }

    /// Says what nobody asked for.
    pub(crate) fn end(self) -> Result<(), Problem> {
        let Some((name, _)) = self.pairs.first() else {
            return Ok(());
        };
        let known = self.known.join("`, `");
        let detail = if known.is_empty() {
            format!("`{name}` is no parameter; there are none")
        } else {
            format!("`{name}` is no parameter; there are `{known}`")
        };
        Err(Problem::bad_request(detail))
    }
}
