use crate::testing::{Expanded, assert_expansion, tokens};

fn code(args: &str, item: &str) -> String {
    Expanded::sound(super::expand(tokens(args), tokens(item)))
}

/// Checks the messages, and that the function is still there.
fn check(args: &str, item: &str, errors: &[&str], kept: &[&str]) {
    let expanded = Expanded::new(super::expand(tokens(args), tokens(item)));
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
fn a_test_with_a_context() {
    assert_expansion!(code(
        "",
        "/// Adds.\n#[should_panic(expected = \"no\")] async fn adds(cx: TestContext) { cx.namespace(); }",
    ));
}

#[test]
fn a_test_that_returns_a_result() {
    assert_expansion!(code(
        "threads = 2, crate = my::scope",
        "#[cfg(unix)] pub(crate) async fn adds() -> Result<(), Error> { add().await }",
    ));
}

#[test]
fn real_time_is_an_option() {
    let code = code("real_time", "async fn adds() {}");
    assert!(code.contains(".real_time()"), "{code}");
}

#[test]
fn mistakes_in_the_options_leave_a_test() {
    check(
        "realtime, threads = 0, threads = many, threads, real_time = true, real_time, real_time, crate = 7",
        "async fn adds() {}",
        &[
            "unknown option `realtime`, did you mean `real_time`? allowed: `real_time`, `threads`, `crate`",
            "a runtime needs at least one thread",
            "`threads` takes a number, such as `threads = 2`",
            "`threads` needs a value, such as `threads = 2`",
            "`real_time` takes no value; write the word alone",
            "`real_time` is given twice; keep one of them",
            "`crate` takes a path, such as `crate = my::scope`",
        ],
        &["prelude::v1::test", ".real_time()", "::scope::testing::run"],
    );
}

#[test]
fn all_mistakes_of_a_function_at_once() {
    check(
        "",
        "#[tokio::test] unsafe extern \"C\" fn adds<T>(cx: TestContext, other: T) {}",
        &[
            "`#[scope::test]` makes the test by itself; remove this attribute",
            "a test awaits what it tests; write `async fn`",
            "a test is a plain `async fn`; remove `unsafe`",
            "a test is a plain `async fn`; remove `extern \"C\"`",
            "nobody gives a test its generics; write the types it is for",
            "a test takes a `TestContext`, or nothing; remove this argument",
        ],
        &["fn adds<T>(cx: TestContext, other: T) {}"],
    );
}

#[test]
fn a_test_is_no_method() {
    check(
        "",
        "async fn adds(&self) {}",
        &["a test is a function of its own, without `self`; move it out of the `impl` block"],
        &["async fn adds(&self) {}"],
    );
}

#[test]
fn only_a_function_is_a_test() {
    for item in ["struct Ledger;", "impl Ledger {}", "mod ledger {}"] {
        check(
            "",
            item,
            &["`#[scope::test]` belongs on an `async fn`, which is the test"],
            &["edger"],
        );
    }
}

#[test]
fn a_half_typed_body_passes_through() {
    let expanded = super::expand(tokens(""), tokens("async fn adds() { let x = ; }")).to_string();
    assert!(expanded.contains("let x = ;"), "{expanded}");
    assert!(!expanded.contains("compile_error"), "{expanded}");
}
