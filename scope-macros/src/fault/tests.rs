use crate::testing::{
    Expanded, Kept, assert_expansion, assert_honest, each_with_a_mistake, tokens,
};

fn code(item: &str) -> String {
    Expanded::sound(super::expand(tokens(item)))
}

/// Checks the messages, and that what else is valid is still there.
fn check(item: &str, errors: &[&str], kept: &[&str]) {
    let expanded = Expanded::new(super::expand(tokens(item)));
    assert_eq!(expanded.errors, errors);
    for part in kept {
        assert!(
            expanded.code.contains(part),
            "`{part}` is missing in:\n{}",
            expanded.code
        );
    }
}

#[test]
fn the_errors_of_a_ledger() {
    assert_expansion!(code(
        r#"/// What a caller may get back.
        pub enum LedgerError {
            #[error("no account {0}")]
            #[fault(recoverable, status = 404)]
            UnknownAccount(String),
            #[error("the bank does not answer")]
            #[fault(recoverable, retry)]
            BankUnavailable { since: Instant },
            /// Nothing goes on.
            #[fault(fatal)]
            Corrupt,
            #[error(transparent)]
            Config(#[from] CallError<ConfigError>),
        }"#,
    ));
}

#[test]
fn variants_take_from_their_enum_what_they_do_not_say() {
    assert_expansion!(code(
        "#[fault(recoverable, retry, status = 500, crate = my::scope)]
        enum Error {
            Default,
            #[fault(status = 429)] Status,
            #[fault(recoverable)] Same,
            #[fault(fatal)] Other,
            #[fault(fatal, status = 507)] OtherStatus,
            Asked { path: PathBuf, source: io::Error },
            #[fault(recoverable)] NotAsked(#[source] io::Error),
            r#type,
        }",
    ));
}

#[test]
fn generics_are_bounded_by_what_they_are_asked_for() {
    assert_expansion!(code(
        "enum StoreError<'a, E, const N: usize> where E: Debug {
            Disk(#[from] DiskError),
            Item(#[source] Box<E>, Backtrace),
            #[fault(recoverable)] Name(&'a str, [u8; N]),
        }",
    ));
}

#[test]
fn structs_and_enums_without_variants() {
    assert_expansion!(
        [
            "#[fault(fatal, status = 507)] struct Unit;",
            "#[fault(recoverable)] struct Named { text: String }",
            "#[error(transparent)] struct Transparent(Inner);",
            "struct Asked { #[source] cause: Inner, text: String }",
            "enum Never {}",
        ]
        .map(code)
        .join("\n")
    );
}

#[test]
fn all_mistakes_at_once() {
    check(
        r#"enum Error {
            #[fault(recovrable)] A,
            #[fault(recoverable, fatal)] B,
            #[fault(fatal, retry)] C,
            #[fault(recoverable, status = 200)] D,
            #[fault(recoverable, status = "404")] E,
            #[fault(recoverable, status)] F,
            #[fault(recoverable, status = 404, status = 405)] G,
            #[fault] H,
            #[fault()] I,
            #[fault = "fatal"] J,
            #[fault(retry)] K,
            #[fault(recoverable = true)] L,
            #[fault(recoverable, crate = my::scope)] M,
            N,
            O(#[fault(fatal)] u8),
            #[fault(status = 404, recoverable fatal)] P,
            #[fault(recoverable, status = 70000)] Q,
            #[fault(recoverable, status = -1)] R,
            #[fault(recoverable)] #[fault(fatal)] S,
            #[fault(recoverable)] Last,
        }"#,
        &[
            "expected `=` or `(` after `recoverable`",
            "unknown `#[fault]` option `recovrable`, did you mean `recoverable`? allowed: `recoverable`, `fatal`, `retry`, `status`",
            "the HTTP status of an error is from 400 to 599, such as `status = 404`",
            "`status` takes the number of an HTTP status, such as `status = 404`",
            "`status` needs a value, such as `status = 404`",
            "`status` is given twice; keep one of them",
            "`#[fault]` takes options in parentheses, such as `#[fault(recoverable)]`",
            "`#[fault]` takes options in parentheses, such as `#[fault(recoverable)]`",
            "`#[fault]` takes options in parentheses, such as `#[fault(recoverable)]`",
            "`recoverable` takes no value; write the word alone",
            "`crate` belongs in a `#[fault]` on the enum itself",
            "`#[fault]` belongs on the variant, not on a field",
            "the HTTP status of an error is from 400 to 599, such as `status = 404`",
            "the HTTP status of an error is from 400 to 599, such as `status = 404`",
            "`recoverable` and `fatal` contradict each other; keep one of them",
            "a `fatal` fault ends the service, so there is nothing to `retry`; keep one of them",
            "say whether the service can go on: add `recoverable` or `fatal`",
            "say what `N` means for the service: `#[fault(recoverable)]` or `#[fault(fatal)]`",
            "`recoverable` and `fatal` contradict each other; keep one of them",
        ],
        &["Self::N { .. }", "Self::Last { .. }"],
    );
}

#[test]
fn a_mistake_of_the_enum_is_not_one_of_each_variant() {
    let variants = "enum Error { A, B, #[fault(fatal)] C }";
    let severity = "say whether the service can go on: add `recoverable` or `fatal`";
    let retry =
        "a `fatal` fault ends the service, so there is nothing to `retry`; keep one of them";
    let kept = ["Self::A { .. }", "Self::C { .. }"];
    check(
        &format!("#[fault(status = 404)] {variants}"),
        &[severity],
        &kept,
    );
    check(
        &format!("#[fault(fatal, retry)] {variants}"),
        &[retry],
        &kept,
    );
    check(
        &format!("#[fault(fatl)] {variants}"),
        &[
            "unknown `#[fault]` option `fatl`, did you mean `fatal`? allowed: `recoverable`, `fatal`, `retry`, `status`, `crate`",
        ],
        &kept,
    );
}

#[test]
fn what_an_enum_says_can_be_contradicted_by_a_variant() {
    check(
        "#[fault(fatal)] enum Error { #[fault(retry)] A, #[fault(recoverable, retry)] B }",
        &["a `fatal` fault ends the service, so there is nothing to `retry`; keep one of them"],
        &["Self::B { .. } => ::scope::__private::Fault::RETRY"],
    );
}

#[test]
fn a_struct_says_it_on_itself() {
    check(
        "struct Error { #[fault(recoverable)] text: String }",
        &["`#[fault]` belongs on the struct, not on a field"],
        &["ServiceError for Error"],
    );
}

#[test]
fn a_union_is_no_error() {
    check(
        "union Error { a: u8 }",
        &["`ServiceError` can be derived for an enum or a struct"],
        &[],
    );
}

#[test]
fn no_mistake_makes_it_panic_or_keep_silent() {
    let item = tokens(
        "#[fault(recoverable, crate = my::scope)]
        pub enum Error<'a, E: Debug> where E: Send {
            #[error(transparent)] A(#[from] Box<E>),
            #[fault(fatal, status = 507)] B { text: &'a str },
            #[fault(retry)] C,
        }",
    );
    for item in each_with_a_mistake(&item) {
        assert_honest(
            &super::expand(item.clone()),
            &item,
            &Kept::Parts,
            "__private :: ServiceError for",
        );
    }
}
