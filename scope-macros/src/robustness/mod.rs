//! No input makes a macro panic, emit what is not Rust, lose the user's item, or reject something without a word.
//!
//! `SCOPE_FUZZ_CASES` says how many inputs are tried, `PROPTEST_RNG_SEED` repeats a run.

mod corpus;
mod input;

use std::hash::{BuildHasher, RandomState};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestCaseError, TestError, TestRunner};

use syn::{File, ImplItem, Item};

use self::corpus::Snippet;
use self::input::inputs;
use crate::testing::{Kept, bare, honest, messages, shown, tokens, transparent};
use crate::{fallback, fault, handlers, service, supervisor};

/// A macro, and what is known of its output.
struct EntryPoint {
    name: &'static str,
    expand: fn(TokenStream, TokenStream) -> TokenStream,
    corpus: &'static [Snippet],
    /// What is in the output unless there is an error.
    made: &'static str,
    kept: Kept,
}

/// One line each; a new macro needs no more than this and its snippets.
#[rustfmt::skip]
const ENTRY_POINTS: &[EntryPoint] = &[
    EntryPoint { name: "service", expand: service::expand, corpus: corpus::SERVICES, made: "__private :: Declared for", kept: Kept::Item },
    EntryPoint { name: "handlers", expand: handlers::expand, corpus: corpus::HANDLERS, made: "__private :: Service for", kept: Kept::Item },
    EntryPoint { name: "supervisor", expand: |_, input| supervisor::expand(input), corpus: corpus::SUPERVISORS, made: "SupervisorTree for", kept: Kept::Arguments },
    EntryPoint { name: "fault", expand: |_, item| fault::expand(item), corpus: corpus::FAULTS, made: "__private :: ServiceError for", kept: Kept::Parts },
    EntryPoint { name: "test", expand: crate::test::expand, corpus: corpus::TESTS, made: "prelude :: v1 :: test", kept: Kept::Parts },
    EntryPoint { name: "call", expand: |_, item| fallback::misplaced_marker("call", &item), corpus: corpus::MARKED, made: "compile_error", kept: Kept::Item },
];

const MARKERS: &[&str] = &[
    "call",
    "cast",
    "info",
    "every",
    "init",
    "after_init",
    "terminate",
    "health",
    "memory",
];

#[test]
fn no_input_makes_a_macro_panic_or_keep_silent() {
    let seed = match std::env::var("PROPTEST_RNG_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(0),
    };
    let cases = std::env::var("SCOPE_FUZZ_CASES").map_or(1000, |cases| cases.parse().unwrap());
    println!("PROPTEST_RNG_SEED={seed} SCOPE_FUZZ_CASES={cases}");
    let config = Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        // Much faster than the default where nothing is optimised.
        rng_algorithm: RngAlgorithm::XorShift,
        max_shrink_iters: 4000,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&inputs(), |input| {
        let entry = input.entry.get(ENTRY_POINTS);
        let (args, item) = input.build(entry.corpus);
        check(entry, args, &item).map_err(TestCaseError::fail)
    });
    let failure = result.err().map(|error| match error {
        TestError::Fail(reason, input) => {
            let entry = input.entry.get(ENTRY_POINTS);
            let (args, item) = input.build(entry.corpus);
            format!(
                "`{}` of ({}) and\n{}\n{reason}",
                entry.name,
                shown(args),
                shown(item)
            )
        }
        TestError::Abort(reason) => reason.to_string(),
    });
    let failure = failure.unwrap_or_default();
    assert!(failure.is_empty(), "{failure}\nPROPTEST_RNG_SEED={seed}");
}

fn check(entry: &EntryPoint, args: TokenStream, item: &TokenStream) -> Result<(), String> {
    let emitted = (entry.expand)(args, item.clone());
    honest(&emitted, item, &entry.kept, entry.made)?;
    // Those of a variadic handler are taken out, with an error.
    let has_dots = shown(item.clone()).contains(". . .");
    if let Kept::Item = entry.kept
        && !has_dots
    {
        let (kept, emitted) = (bare(item), bare(&emitted));
        if !emitted.starts_with(&kept) {
            return Err(format!("the item is not kept: {}", emitted.join(" ")));
        }
    }
    nothing_is_skipped(entry, &emitted, item)
}

/// Without an error there is no marker left in a block, and as many trees as pairs of braces.
fn nothing_is_skipped(
    entry: &EntryPoint,
    emitted: &TokenStream,
    item: &TokenStream,
) -> Result<(), String> {
    if !messages(emitted.clone()).is_empty() {
        return Ok(());
    }
    let text = emitted.to_string();
    match entry.kept {
        Kept::Item => match left_marker(emitted) {
            // No compiler makes invisible groups that end within an attribute.
            Some(marker) if !shown(item.clone()).contains('\u{27e8}') => {
                Err(format!("`{marker}` is left: {text}"))
            }
            _ => Ok(()),
        },
        Kept::Arguments => {
            let braces = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
            let wanted = transparent(item.clone()).into_iter().filter(braces).count();
            let found = text.matches(entry.made).count();
            if found == wanted {
                Ok(())
            } else {
                Err(format!("{found} of {wanted} trees: {text}"))
            }
        }
        Kept::Parts => Ok(()),
    }
}

/// A marker on an item of the first block.
fn left_marker(emitted: &TokenStream) -> Option<String> {
    let file: File = syn::parse2(emitted.clone()).ok()?;
    let Some(Item::Impl(block)) = file.items.first() else {
        return None;
    };
    let methods = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(&method.attrs),
        _ => None,
    });
    let names = methods.flatten().filter_map(|attr| attr.path().get_ident());
    names
        .map(ToString::to_string)
        .find(|name| MARKERS.contains(&name.as_str()))
}

/// A change to a snippet that was wrong all along would not show.
#[test]
fn what_users_write_is_sound() {
    for entry in ENTRY_POINTS
        .iter()
        .filter(|entry| entry.made != "compile_error")
    {
        for (args, item) in entry.corpus {
            let emitted = (entry.expand)(tokens(args), tokens(item));
            assert_eq!(messages(emitted), Vec::<String>::new(), "{item}");
        }
    }
}

/// The first test could not fail if its properties never did.
#[test]
fn what_is_wrong_is_found() {
    let item = tokens("struct Counter;");
    let of = |expand| EntryPoint {
        name: "broken",
        expand,
        corpus: &[],
        made: "Declared for",
        kept: Kept::Item,
    };
    let found = |expand| check(&of(expand), TokenStream::new(), &item).unwrap_err();
    assert!(found(|_, item| item).starts_with("neither"));
    assert!(
        found(|_, _| tokens("impl Declared for Counter {}")).starts_with("the item is not kept")
    );
    assert!(found(|_, item| quote::quote!(#item impl Declared for)).starts_with("not Rust"));
    assert!(
        found(|_, item| quote::quote!(#item compile_error! { "Bad." }))
            .starts_with("not our style")
    );
    assert!(
        found(|_, item| quote::quote!(#item compile_error! { "bad\nworse" }))
            .starts_with("not our style")
    );
}
