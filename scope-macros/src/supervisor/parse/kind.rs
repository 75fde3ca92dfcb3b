//! What a child is: `Ledger(…)`, `dynamic Cart(…) by id: CartId`, `tasks`, …

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::token::{Brace, Paren};
use syn::{AngleBracketedGenericArguments, Attribute, Expr, Lit, Path, PathArguments};
use syn::{PathSegment, Token};

use super::{Entry, Key, Kind, Param, Start, end, group, nested_body, param, param_list, recover};
use super::{TREE_OPTIONS, settings};
use crate::args::unknown;
use crate::diag::Errors;

/// The words that open a child other than a plain service.
const KINDS: &[&str] = &["dynamic", "partition", "supervisor", "task", "tasks"];

/// Words that are values of options, and so never children.
const VALUES: &[&str] = &[
    "one_for_one",
    "one_for_all",
    "rest_for_one",
    "never",
    "any_significant",
    "all_significant",
    "permanent",
    "transient",
    "temporary",
    "brutal_kill",
    "infinity",
];

/// Whether what follows `key:` is the value of an option, be the option known or not.
pub(crate) fn is_setting(key: &Ident, input: ParseStream<'_>) -> bool {
    TREE_OPTIONS.iter().any(|option| key == option)
        || input.peek(Lit)
        || VALUES.iter().any(|word| recover::at_word(input, word))
}

/// Reads a child after its `id:`, up to its comma.
pub(crate) fn entry(
    attrs: Vec<Attribute>,
    Key { id, colon }: Key,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Option<Entry> {
    let Some(kind) = kind(&id, input, errors) else {
        recover::skip_entry(input);
        return None;
    };
    let braces = recover::next(input).filter(|_| input.peek(Brace));
    let mut overrides = Vec::new();
    if matches!(kind, Kind::Inline(_)) {
        if let Some(braces) = braces {
            recover::bump(input);
            errors.at(
                braces,
                "the options of a supervisor stand between its own braces; one that is to have a `restart`, `significant` or `backoff` is declared by name",
            );
        }
    } else if braces.is_some() {
        overrides = settings(input, errors);
    }
    end(&id, input, errors);
    Some(Entry {
        attrs,
        id,
        colon,
        kind,
        overrides,
    })
}

fn kind(id: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Option<Kind> {
    let word = |word| recover::at_word(input, word);
    if word("supervisor") {
        supervisor(input, errors)
    } else if word("dynamic") {
        dynamic(input, errors)
    } else if word("partition") {
        let (service, args) = after_word("partition Shard(index)", input, errors)?;
        Some(Kind::Partition { service, args })
    } else if word("tasks") {
        Some(tasks(input, errors))
    } else if word("task") {
        Some(task(input, errors))
    } else {
        service(id, input, errors)
    }
}

fn service(id: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Option<Kind> {
    let first = recover::next(input).filter(|_| !input.peek(Token![,]));
    let Ok(service) = service_path(input) else {
        match first {
            Some(first) => errors.at(
                first,
                format!("expected a service and its arguments after `{id}:`, as in `Ledger()`"),
            ),
            None => errors.at(
                id,
                format!("`{id}` names no service, as in `{id}: Ledger()`"),
            ),
        }
        return None;
    };
    if !input.peek(Paren)
        && let Some(word) = service.get_ident()
        && word.to_string().starts_with(char::is_lowercase)
    {
        errors.at(
            word,
            format!(
                "{}, or a service with its arguments",
                unknown("kind of child", &word.to_string(), KINDS)
            ),
        );
        return None;
    }
    let args = arguments(&service, input, errors);
    Some(Kind::Service { service, args })
}

/// Reads the word at hand, and the service with its arguments after it.
fn after_word(
    example: &str,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Option<(Path, Option<TokenStream>)> {
    let word = recover::bump(input)?;
    let Ok(path) = service_path(input) else {
        errors.at(
            &word,
            format!("`{word}` is followed by a name and arguments, as in `{example}`"),
        );
        return None;
    };
    let args = arguments(&path, input, errors);
    Some((path, args))
}

fn arguments(service: &Path, input: ParseStream<'_>, errors: &mut Errors) -> Option<TokenStream> {
    if !input.peek(Paren) {
        errors.at(
            service,
            "a child names its start arguments in parentheses; write `()` when there are none",
        );
        return None;
    }
    Some(group(input, |content| content.parse().unwrap_or_default()))
}

fn supervisor(input: ParseStream<'_>, errors: &mut Errors) -> Option<Kind> {
    if input.peek2(Brace) {
        recover::bump(input);
        return nested_body(input, errors).map(Kind::Inline);
    }
    let (supervisor, args) = after_word("supervisor Web(options.web)", input, errors)?;
    Some(Kind::Subtree { supervisor, args })
}

fn tasks(input: ParseStream<'_>, errors: &mut Errors) -> Kind {
    recover::bump(input);
    if input.peek(Paren) {
        let arguments = recover::bump(input);
        errors.at(
            arguments,
            "`tasks` takes no arguments; its options follow in braces",
        );
    }
    Kind::Tasks
}

fn task(input: ParseStream<'_>, errors: &mut Errors) -> Kind {
    let word = recover::bump(input);
    if input.is_empty() || input.peek(Token![,]) || opens_settings(input) {
        errors.at(
            word,
            "`task` is followed by a future, as in `task pump(options.rate)`; a supervisor of tasks is `tasks`",
        );
        // Options of a supervisor of tasks would not fit.
        if input.peek(Brace) {
            recover::bump(input);
        }
        return Kind::Task { future: None };
    }
    let ahead = input.fork();
    let parses = Expr::parse_without_eager_brace(&ahead).is_ok();
    let ends =
        ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(Brace) || recover::at_entry(&ahead);
    let future = if parses && ends {
        input
            .call(Expr::parse_without_eager_brace)
            .map_or_else(|_| TokenStream::new(), Expr::into_token_stream)
    } else {
        recover::expression(input)
    };
    Kind::Task {
        future: Some(future),
    }
}

/// Whether braces with options come next, and not a block.
fn opens_settings(input: ParseStream<'_>) -> bool {
    let content = |input: ParseStream<'_>| {
        let content;
        syn::braced!(content in input);
        let opens = content.is_empty() || recover::at_key(&content);
        content.parse::<TokenStream>()?;
        Ok(opens)
    };
    content(&input.fork()).unwrap_or(false)
}

fn dynamic(input: ParseStream<'_>, errors: &mut Errors) -> Option<Kind> {
    let (service, mut args) = after_word("dynamic Cart(id) by id: CartId", input, errors)?;
    let mut start = Start::With(Vec::new());
    if recover::at_word(input, "by") {
        let word = recover::bump(input);
        match param(input) {
            Ok(key) => start = Start::By(Box::new(key)),
            Err(_) => {
                args = None;
                recover::expression(input);
                errors.at(
                    word,
                    "`by` is followed by the name and the type of the key, as in `by id: CartId`",
                );
            }
        }
    } else if recover::at_word(input, "with") {
        let word = recover::bump(input);
        match with(input, errors) {
            Some(params) => start = Start::With(params),
            None => {
                args = None;
                recover::expression(input);
                errors.at(
                    word,
                    "`with` is followed by names and types, as in `with job: Job, tries: u32`",
                );
            }
        }
    }
    Some(Kind::Dynamic {
        service,
        args,
        start,
    })
}

/// Reads `job: Job, tries: u32`, in parentheses or without.
fn with(input: ParseStream<'_>, errors: &mut Errors) -> Option<Vec<Param>> {
    if input.peek(Paren) {
        return Some(group(input, |content| param_list(content, errors)));
    }
    let mut params = vec![param(input).ok()?];
    while another_argument(&input.fork()) {
        recover::bump(input);
        params.push(param(input).ok()?);
    }
    Some(params)
}

/// Whether `, tries: u32` comes next. It looks like a child, except that a child has arguments or a word before it.
fn another_argument(ahead: ParseStream<'_>) -> bool {
    if !ahead.peek(Token![,]) {
        return false;
    }
    recover::bump(ahead);
    if !recover::at_key(ahead) {
        return false;
    }
    let Ok(key) = ahead.call(Ident::parse_any) else {
        return false;
    };
    recover::bump(ahead);
    if is_setting(&key, ahead) || KINDS.iter().any(|kind| recover::at_word(ahead, kind)) {
        return false;
    }
    let service = ahead.fork();
    service_path(&service).is_err() || !service.peek(Paren)
}

/// Reads `path::Cache<User>`. Not `Path::parse`, which takes the arguments for those of `Fn(A)`.
fn service_path(input: ParseStream<'_>) -> syn::Result<Path> {
    let leading_colon = input.parse()?;
    let mut segments = Punctuated::new();
    loop {
        let is_start = input.peek(Token![crate])
            || input.peek(Token![self])
            || input.peek(Token![super])
            || input.peek(Token![Self]);
        let ident = if is_start {
            input.call(Ident::parse_any)?
        } else {
            input.parse()?
        };
        let turbofish = input.peek(Token![::]) && input.peek3(Token![<]);
        let arguments = if turbofish || input.peek(Token![<]) {
            PathArguments::AngleBracketed(input.parse::<AngleBracketedGenericArguments>()?)
        } else {
            PathArguments::None
        };
        segments.push_value(PathSegment { ident, arguments });
        if !input.peek(Token![::]) {
            break;
        }
        segments.push_punct(input.parse()?);
    }
    Ok(Path {
        leading_colon,
        segments,
    })
}
