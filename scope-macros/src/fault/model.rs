//! What the `#[fault(...)]`s say, with the rules that hold inside one variant.

use proc_macro2::Ident;
use syn::{Attribute, Field, Fields, Generics, LitInt, Member, Path, Type};

use super::parse::{self, Body, FaultAttr, Syntax};
use crate::args::{Arg, set_once, unknown};
use crate::diag::Errors;
use crate::names::Krate;

/// On a variant; the item has `crate` besides.
const KEYS: &[&str] = &["recoverable", "fatal", "retry", "status"];
const ITEM_KEYS: &[&str] = &["recoverable", "fatal", "retry", "status", "crate"];

/// The type that the trait is derived for.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) krate: Krate,
    pub(super) ident: Ident,
    pub(super) generics: Generics,
    /// What holds for the variants of an enum that say nothing else.
    pub(super) default: Options,
    pub(super) cases: Vec<Case>,
}

/// A variant, or the whole of a struct.
#[derive(Debug)]
pub(super) struct Case {
    /// The variant's name; a struct has none here.
    pub(super) name: Option<Ident>,
    pub(super) options: Options,
    pub(super) source: Option<Source>,
}

/// A field with an error that can be asked.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) member: Member,
    pub(super) ty: Type,
}

/// One slot per key, filled with what the user wrote.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) recoverable: Option<Ident>,
    pub(super) fatal: Option<Ident>,
    pub(super) retry: Option<Ident>,
    pub(super) status: Option<u16>,
    pub(super) krate: Option<Path>,
    /// The attribute that says something about faults.
    pub(super) attr: Option<Attribute>,
    /// There is an error in it: what is missing may be what was meant there.
    pub(super) is_broken: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    Recoverable,
    Fatal,
}

/// What an error of one case means.
#[derive(Debug)]
pub(super) enum Class<'a> {
    Fault {
        severity: Severity,
        retry: bool,
        status: Option<u16>,
    },
    /// What its source means.
    Source(&'a Source),
    /// Nobody said.
    Unknown,
}

pub(super) fn build(syntax: Syntax, errors: &mut Errors) -> Model {
    let mut default = Options::read(&syntax.faults, ITEM_KEYS, errors);
    let krate = Krate::new(default.krate.take());
    let cases = match syntax.body {
        Body::Enum(cases) => cases
            .into_iter()
            .map(|case| {
                let options = Options::read(&case.faults, KEYS, errors);
                Case::read(case, options, "variant", errors)
            })
            .collect(),
        Body::Struct(case) => {
            let options = std::mem::take(&mut default);
            vec![Case::read(case, options, "struct", errors)]
        }
    };
    Model {
        krate,
        ident: syntax.ident,
        generics: syntax.generics,
        default,
        cases,
    }
}

impl Model {
    /// A variant's own words come first, then its source, then what the enum says.
    ///
    /// An enum's `retry` and `status` belong to its severity: a variant of the other has neither.
    pub(super) fn class<'a>(&self, case: &'a Case) -> Class<'a> {
        let (own, default) = (&case.options, &self.default);
        if let (None, Some(source)) = (&own.attr, &case.source) {
            return Class::Source(source);
        }
        let Some(severity) = own.severity().or(default.severity()) else {
            return Class::Unknown;
        };
        let default = (default.severity() == Some(severity)).then_some(default);
        let retry = own.retry.is_some() || default.is_some_and(|it| it.retry.is_some());
        Class::Fault {
            severity,
            retry,
            status: own.status.or(default.and_then(|default| default.status)),
        }
    }
}

impl Case {
    fn read(case: parse::Case, mut options: Options, owner: &str, errors: &mut Errors) -> Self {
        let attrs = case.fields.iter().flat_map(|field| &field.attrs);
        for attr in attrs.filter(|attr| parse::is_fault(attr)) {
            errors.at(
                attr,
                format!("`#[fault]` belongs on the {owner}, not on a field"),
            );
            options.is_broken = true;
        }
        Self {
            name: case.name,
            options,
            source: source(&case.fields, case.transparent),
        }
    }
}

/// The field that `thiserror` takes for the source, too.
fn source(fields: &Fields, transparent: bool) -> Option<Source> {
    let has = |field: &Field, name: &str| field.attrs.iter().any(|it| it.path().is_ident(name));
    let marked = |field: &Field| has(field, "from") || has(field, "source");
    let named = |field: &Field| field.ident.as_ref().is_some_and(|it| it == "source");
    let only = transparent && fields.len() == 1;
    let find = |is: &dyn Fn(&Field) -> bool| {
        let mut fields = fields.iter().zip(fields.members());
        fields.find(|(field, _)| is(field))
    };
    let (field, member) = find(&marked)
        .or_else(|| find(&named))
        .or_else(|| find(&|_| only))?;
    Some(Source {
        member,
        ty: field.ty.clone(),
    })
}

impl Options {
    fn read(faults: &[FaultAttr], keys: &[&str], errors: &mut Errors) -> Self {
        let before = errors.count();
        let mut options = Self::default();
        for FaultAttr {
            attr,
            args,
            is_broken,
        } in faults
        {
            options.is_broken |= is_broken;
            if args.is_empty() && !is_broken {
                errors.at(
                    attr,
                    "`#[fault]` takes options in parentheses, such as `#[fault(recoverable)]`",
                );
            }
            for arg in args {
                options.read_arg(arg, keys, errors);
            }
            if args.is_empty() || args.iter().any(|arg| arg.key != "crate") {
                options.attr.get_or_insert_with(|| attr.clone());
            }
        }
        options.is_broken |= errors.count() > before;
        options
    }

    fn read_arg(&mut self, arg: &Arg, keys: &[&str], errors: &mut Errors) {
        let key = &arg.key;
        match key.to_string().as_str() {
            "recoverable" => set_once(&mut self.recoverable, arg.flag(errors), key, errors),
            "fatal" => set_once(&mut self.fatal, arg.flag(errors), key, errors),
            "retry" => set_once(&mut self.retry, arg.flag(errors), key, errors),
            "status" => set_once(&mut self.status, status(arg, errors), key, errors),
            "crate" if keys.contains(&"crate") => {
                let path = arg.path("crate = my::scope", errors);
                set_once(&mut self.krate, path, key, errors);
            }
            "crate" => errors.at(key, "`crate` belongs in a `#[fault]` on the enum itself"),
            word => errors.at(key, unknown("`#[fault]` option", word, keys)),
        }
    }

    pub(super) fn severity(&self) -> Option<Severity> {
        match (&self.recoverable, &self.fatal) {
            (Some(_), _) => Some(Severity::Recoverable),
            (None, Some(_)) => Some(Severity::Fatal),
            (None, None) => None,
        }
    }
}

fn status(arg: &Arg, errors: &mut Errors) -> Option<u16> {
    let tokens = arg.value("status = 404", errors)?;
    let Ok(literal) = syn::parse2::<LitInt>(tokens.clone()) else {
        errors.at(
            tokens,
            "`status` takes the number of an HTTP status, such as `status = 404`",
        );
        return None;
    };
    let status = literal.base10_parse::<u16>().ok();
    let status = status.filter(|status| (400..=599).contains(status));
    if status.is_none() {
        errors.at(
            tokens,
            "the HTTP status of an error is from 400 to 599, such as `status = 404`",
        );
    }
    status
}
