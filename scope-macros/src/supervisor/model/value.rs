//! The values of options. Each reader reports what is wrong on the value itself.

use std::time::Duration;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{LitBool, LitInt, LitStr, Path, Token};

use crate::args::unknown;
use crate::diag::Errors;
use crate::duration;
use crate::supervisor::parse::Setting;

/// Which siblings a crash restarts.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Strategy {
    OneForOne,
    OneForAll,
    RestForOne,
}

/// Whether an ended child comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    Permanent,
    Transient,
    Temporary,
}

/// Whether a supervisor ends with its significant children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AutoShutdown {
    Never,
    AnySignificant,
    AllSignificant,
}

/// How a child is stopped.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shutdown {
    BrutalKill,
    Timeout(Duration),
    Infinity,
}

/// A limit of time, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    After(Duration),
    Infinity,
}

/// `3 in "5s"`
#[derive(Debug)]
pub(crate) struct Intensity {
    pub(crate) restarts: LitInt,
    pub(crate) period: Duration,
}

/// `"100ms..10s"`
#[derive(Debug, Clone, Copy)]
pub(crate) struct Backoff {
    pub(crate) min: Duration,
    pub(crate) max: Duration,
}

/// A number above zero, or the path of a constant.
#[derive(Debug)]
pub(crate) enum Count {
    Number(LitInt),
    Constant(Path),
}

/// An option whose value is one of a few words.
pub(crate) trait Word: Copy + 'static {
    const WORDS: &'static [(&'static str, Self)];
}

impl Word for Strategy {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("one_for_one", Self::OneForOne),
        ("one_for_all", Self::OneForAll),
        ("rest_for_one", Self::RestForOne),
    ];
}

impl Word for Restart {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("permanent", Self::Permanent),
        ("transient", Self::Transient),
        ("temporary", Self::Temporary),
    ];
}

impl Word for AutoShutdown {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("never", Self::Never),
        ("any_significant", Self::AnySignificant),
        ("all_significant", Self::AllSignificant),
    ];
}

impl Word for Shutdown {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("brutal_kill", Self::BrutalKill),
        ("infinity", Self::Infinity),
    ];
}

impl Word for Limit {
    const WORDS: &'static [(&'static str, Self)] = &[("infinity", Self::Infinity)];
}

/// Reports that a value has the wrong form. A missing one is reported on its key.
fn expected(setting: &Setting, form: &str, errors: &mut Errors) {
    let message = format!("`{}` takes {form}", setting.key);
    if setting.value.is_empty() {
        errors.at(&setting.key, message);
    } else {
        errors.at(&setting.value, message);
    }
}

fn read<T: Parse>(setting: &Setting) -> Option<T> {
    syn::parse2(setting.value.clone()).ok()
}

/// Reads `one_for_one`.
pub(crate) fn word<T: Word>(setting: &Setting, errors: &mut Errors) -> Option<T> {
    let list = words::<T>(", ");
    let text = if let Some(text) = read::<LitStr>(setting) {
        if T::WORDS.iter().any(|(word, _)| *word == text.value()) {
            let word = text.value();
            errors.at(text, format!("write `{word}` without quotes"));
            return None;
        }
        text.value()
    } else if let Ok(word) = Ident::parse_any.parse2(setting.value.clone()) {
        word.to_string()
    } else {
        expected(setting, &format!("one of {list}"), errors);
        return None;
    };
    if text == "simple_one_for_one" {
        errors.at(
            &setting.value,
            "`simple_one_for_one` is a child here; write `dynamic Cart(id) by id: CartId` with any strategy",
        );
        return None;
    }
    let found = T::WORDS.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let allowed: Vec<_> = T::WORDS.iter().map(|(word, _)| *word).collect();
        let what = setting.key.to_string();
        errors.at(&setting.value, unknown(&what, &text, &allowed));
    }
    found.map(|(_, value)| *value)
}

fn words<T: Word>(separator: &str) -> String {
    T::WORDS
        .iter()
        .map(|(word, _)| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(separator)
}

/// Reads a duration above zero in quotes, or a word.
pub(crate) fn duration_or<T: Word>(
    setting: &Setting,
    of: fn(Duration) -> T,
    errors: &mut Errors,
) -> Option<T> {
    if let Some(text) = read::<LitStr>(setting)
        && !T::WORDS.iter().any(|(word, _)| *word == text.value())
    {
        return duration::parse_positive(&text, errors).map(of);
    }
    let lone_word = Ident::parse_any.parse2(setting.value.clone()).is_ok();
    if lone_word || read::<LitStr>(setting).is_some() {
        return word(setting, errors);
    }
    let words = words::<T>(" or ");
    expected(
        setting,
        &format!("a duration in quotes, such as `\"5s\"`, or {words}"),
        errors,
    );
    None
}

/// Reads `"5m"`.
pub(crate) fn duration(setting: &Setting, errors: &mut Errors) -> Option<Duration> {
    let Some(text) = read::<LitStr>(setting) else {
        expected(setting, "a duration in quotes, such as `\"5m\"`", errors);
        return None;
    };
    duration::parse_positive(&text, errors)
}

/// Reads `true` or `false`.
pub(crate) fn boolean(setting: &Setting, errors: &mut Errors) -> Option<bool> {
    let value = read::<LitBool>(setting);
    if value.is_none() {
        expected(setting, "`true` or `false`", errors);
    }
    value.map(|literal| literal.value)
}

/// Reads `"primary"`.
pub(crate) fn text(setting: &Setting, errors: &mut Errors) -> Option<LitStr> {
    let text = read::<LitStr>(setting).filter(|text| !text.value().is_empty());
    if text.is_none() {
        let form = format!("a name in quotes, as in `{}: \"primary\"`", setting.key);
        expected(setting, &form, errors);
    }
    text
}

/// Reads `"100ms..10s"`.
pub(crate) fn backoff(setting: &Setting, errors: &mut Errors) -> Option<Backoff> {
    let text = read::<LitStr>(setting);
    let ends = text.as_ref().and_then(|text| {
        let value = text.value();
        let (min, max) = value.split_once("..")?;
        Some((
            LitStr::new(min.trim(), text.span()),
            LitStr::new(max.trim(), text.span()),
        ))
    });
    let Some((min, max)) = ends else {
        expected(
            setting,
            "two durations in quotes, as in `\"100ms..10s\"`",
            errors,
        );
        return None;
    };
    let (min, max) = (
        duration::parse_positive(&min, errors),
        duration::parse_positive(&max, errors),
    );
    let (min, max) = (min?, max?);
    if min > max {
        errors.at(
            text,
            "the first delay of a backoff must not exceed its last; swap the two",
        );
        return None;
    }
    Some(Backoff { min, max })
}

/// Reads `64`, or the path of a constant.
pub(crate) fn count(setting: &Setting, errors: &mut Errors) -> Option<Count> {
    if let Some(number) = read::<LitInt>(setting) {
        return positive(setting, number, errors).map(Count::Number);
    }
    let constant = Path::parse_mod_style.parse2(setting.value.clone()).ok();
    if constant.is_none() {
        let form = format!("a number or a constant, as in `{}: 8`", setting.key);
        expected(setting, &form, errors);
    }
    constant.map(Count::Constant)
}

fn positive(setting: &Setting, number: LitInt, errors: &mut Errors) -> Option<LitInt> {
    let number = plain(number, errors)?;
    if number.base10_digits() == "0" {
        errors.at(number, format!("`{}` must be above zero", setting.key));
        return None;
    }
    Some(number)
}

/// A number without a type: the type is ours to choose.
fn plain(number: LitInt, errors: &mut Errors) -> Option<LitInt> {
    if number.suffix().is_empty() && number.base10_parse::<u32>().is_ok() {
        return Some(number);
    }
    let message = if number.base10_digits().starts_with('-') {
        "this number can't be negative".to_owned()
    } else if number.suffix().is_empty() {
        "this number is too large".to_owned()
    } else {
        format!(
            "write `{}`, without `{}`",
            number.base10_digits(),
            number.suffix()
        )
    };
    errors.at(number, message);
    None
}

/// The parts of `3 in "5s"`.
struct Window {
    restarts: LitInt,
    period: LitStr,
}

impl Parse for Window {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let restarts = input.parse()?;
        input.parse::<Token![in]>()?;
        let period = input.parse()?;
        Ok(Self { restarts, period })
    }
}

/// Reads `3 in "5s"`.
pub(crate) fn intensity(setting: &Setting, errors: &mut Errors) -> Option<Intensity> {
    let Some(window) = read::<Window>(setting) else {
        expected(
            setting,
            "a number of restarts and a period, as in `3 in \"5s\"`",
            errors,
        );
        return None;
    };
    let restarts = plain(window.restarts, errors);
    let period = duration::parse_positive(&window.period, errors);
    Some(Intensity {
        restarts: restarts?,
        period: period?,
    })
}

impl ToTokens for Count {
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        match self {
            Self::Number(number) => number.to_tokens(tokens),
            Self::Constant(path) => path.to_tokens(tokens),
        }
    }
}
