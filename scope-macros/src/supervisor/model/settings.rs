//! The options of a supervisor or of a child: which there are, where each fits, and each at most once.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::LitStr;

use super::value::{self, AutoShutdown, Backoff, Count, Intensity, Limit, Restart};
use super::value::{Shutdown, Strategy};
use crate::args::{set_once, unknown};
use crate::diag::Errors;
use crate::names;
use crate::supervisor::parse::{Kind, Setting, TREE_OPTIONS};

/// A value and its key, on which rules across options report.
#[derive(Debug)]
pub(crate) struct Written<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// What was written, one field per key.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    pub(crate) strategy: Option<Written<Strategy>>,
    pub(crate) intensity: Option<Written<Intensity>>,
    pub(crate) auto_shutdown: Option<Written<AutoShutdown>>,
    pub(crate) restart: Option<Written<Restart>>,
    pub(crate) shutdown: Option<Written<Shutdown>>,
    pub(crate) significant: Option<Written<bool>>,
    pub(crate) start_timeout: Option<Written<Limit>>,
    pub(crate) backoff: Option<Written<Backoff>>,
    pub(crate) key: Option<Written<LitStr>>,
    pub(crate) max_children: Option<Written<Count>>,
    pub(crate) idle: Option<Written<Duration>>,
    pub(crate) partitions: Option<Written<Count>>,
    /// The keys whose values could not be read, which has been reported.
    pub(crate) broken: Vec<Ident>,
    /// The user's words, as paths below `words`.
    pub(crate) words: Vec<TokenStream>,
}

/// Where options are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Tree,
    Nested,
    Service,
    Dynamic,
    Partition,
    Tasks,
    Task,
    Subtree,
}

/// Every key there is, to tell one in the wrong place from a misspelt one.
const KEYS: &[&str] = &[
    "strategy",
    "intensity",
    "auto_shutdown",
    "restart",
    "shutdown",
    "significant",
    "start_timeout",
    "backoff",
    "key",
    "max_children",
    "idle",
    "partitions",
];

impl Place {
    pub(crate) fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Service { .. } => Self::Service,
            Kind::Dynamic { .. } => Self::Dynamic,
            Kind::Partition { .. } => Self::Partition,
            Kind::Tasks => Self::Tasks,
            Kind::Task { .. } => Self::Task,
            Kind::Inline(_) | Kind::Subtree { .. } => Self::Subtree,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Tree | Self::Nested => "a supervisor",
            Self::Service => "a service",
            Self::Dynamic => "a `dynamic` child",
            Self::Partition => "a `partition`",
            Self::Tasks => "`tasks`",
            Self::Task => "a `task`",
            Self::Subtree => "a supervisor declared elsewhere",
        }
    }

    /// `restart: transient` → `child::restart::transient`. Below `words` there is a module for each place.
    fn word(self, setting: &Setting) -> Option<TokenStream> {
        // A name behind these is a constant of the user's.
        let counts = setting.key == "max_children" || setting.key == "partitions";
        let word = names::word(&setting.key, (!counts).then_some(&setting.value))?;
        Some(match self {
            Self::Tree => quote!(tree::#word),
            Self::Nested => quote!(nested::#word),
            Self::Service => quote!(child::#word),
            Self::Dynamic => quote!(dynamic::#word),
            Self::Partition => quote!(partition::#word),
            Self::Tasks => quote!(tasks::#word),
            Self::Task | Self::Subtree => quote!(task::#word),
        })
    }

    fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Tree => &["strategy", "intensity", "auto_shutdown"],
            Self::Nested => TREE_OPTIONS,
            Self::Service => &[
                "restart",
                "shutdown",
                "significant",
                "start_timeout",
                "backoff",
                "key",
            ],
            Self::Dynamic => &[
                "restart",
                "shutdown",
                "start_timeout",
                "backoff",
                "max_children",
                "idle",
                "intensity",
            ],
            Self::Partition => &[
                "partitions",
                "restart",
                "shutdown",
                "start_timeout",
                "backoff",
                "intensity",
            ],
            Self::Tasks => &["restart", "shutdown", "max_children", "intensity"],
            Self::Task | Self::Subtree => &["restart", "shutdown", "significant", "backoff"],
        }
    }
}

impl Settings {
    pub(crate) fn read(place: Place, settings: Vec<Setting>, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        for setting in settings {
            read.words.extend(place.word(&setting));
            if setting.alone {
                continue;
            }
            let key = setting.key.to_string();
            let allowed = place.allowed();
            if allowed.contains(&key.as_str()) {
                let before = errors.count();
                read.set(&setting, errors);
                if errors.count() > before {
                    read.broken.push(setting.key.clone());
                }
            } else if KEYS.contains(&key.as_str()) {
                errors.at(&setting.key, misplaced(&key, place));
            } else {
                errors.at(&setting.key, unknown("option", &key, allowed));
            }
        }
        read
    }

    fn set(&mut self, setting: &Setting, errors: &mut Errors) {
        match setting.key.to_string().as_str() {
            "strategy" => put(&mut self.strategy, setting, value::word, errors),
            "intensity" => put(&mut self.intensity, setting, value::intensity, errors),
            "auto_shutdown" => put(&mut self.auto_shutdown, setting, value::word, errors),
            "restart" => put(&mut self.restart, setting, value::word, errors),
            "shutdown" => put(&mut self.shutdown, setting, shutdown, errors),
            "significant" => put(&mut self.significant, setting, value::boolean, errors),
            "start_timeout" => put(&mut self.start_timeout, setting, limit, errors),
            "backoff" => put(&mut self.backoff, setting, value::backoff, errors),
            "key" => put(&mut self.key, setting, value::text, errors),
            "max_children" => put(&mut self.max_children, setting, value::count, errors),
            "idle" => put(&mut self.idle, setting, value::duration, errors),
            "partitions" => put(&mut self.partitions, setting, value::count, errors),
            _ => {}
        }
    }
}

fn misplaced(key: &str, place: Place) -> String {
    if matches!(place, Place::Tree) && key == "shutdown" {
        return "`shutdown` is set where this supervisor is a child; write it there".to_owned();
    }
    let allowed = place
        .allowed()
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ");
    format!("`{key}` does not fit {}; allowed: {allowed}", place.noun())
}

/// Reads a value into its slot.
fn put<T>(
    slot: &mut Option<Written<T>>,
    setting: &Setting,
    read: fn(&Setting, &mut Errors) -> Option<T>,
    errors: &mut Errors,
) {
    let value = read(setting, errors).map(|value| Written {
        key: setting.key.clone(),
        value,
    });
    set_once(slot, value, &setting.key, errors);
}

fn shutdown(setting: &Setting, errors: &mut Errors) -> Option<Shutdown> {
    value::duration_or(setting, Shutdown::Timeout, errors)
}

fn limit(setting: &Setting, errors: &mut Errors) -> Option<Limit> {
    value::duration_or(setting, Limit::After, errors)
}

#[cfg(test)]
mod tests {
    use super::Place;
    use super::value::{AutoShutdown, Limit, Restart, Shutdown, Strategy, Word};
    use crate::testing::assert_documented;

    #[test]
    fn each_key_is_documented() {
        for (module, place) in [
            ("tree", Place::Tree),
            ("nested", Place::Nested),
            ("child", Place::Service),
            ("dynamic", Place::Dynamic),
            ("partition", Place::Partition),
            ("tasks", Place::Tasks),
            ("task", Place::Task),
            ("task", Place::Subtree),
        ] {
            assert_documented(module, place.allowed());
        }
    }

    #[test]
    fn each_value_is_documented() {
        assert_words::<Strategy>("strategy");
        assert_words::<Restart>("restart");
        assert_words::<AutoShutdown>("auto_shutdown");
        assert_words::<Shutdown>("shutdown");
        assert_words::<Limit>("start_timeout");
    }

    #[track_caller]
    fn assert_words<T: Word>(key: &str) {
        let words: Vec<_> = T::WORDS.iter().map(|(word, _)| *word).collect();
        assert_documented(&format!("option::{key}"), &words);
    }
}
