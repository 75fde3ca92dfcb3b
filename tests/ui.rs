//! What the macros say to mistakes: one case for each message, named by the mistake.
//!
//! The texts are the compiler's of `rust-toolchain.toml`; `TRYBUILD=overwrite cargo test --test ui` records them anew.
//! A case is right when its first caret is on the token to change, and when each mistake has one error.

#[test]
fn mistakes_are_reported_where_they_are() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*/fail/*.rs");
    cases.pass("tests/ui/*/pass/*.rs");
}
