//! The arguments of handlers.

use super::*;

#[test]
fn arguments_own_their_data() {
    let borrowed = "a message must own its data; pass an owned value or an `Arc`";
    check_method(
        "#[call] fn a(&self, text: &str, rest: Vec<Cow<'_, str>>) {}",
        &[borrowed, borrowed],
    );
    check_method(
        "#[cast] fn a(&self, text: &'static str, f: fn(&str), g: Box<dyn Fn(&str) + Send>) {}",
        &[],
    );
    check_method(
        "#[init] fn a(text: &str) -> Self {}",
        &["start arguments outlive the caller; pass an owned value or an `Arc`"],
    );
    check_method(
        "#[call] fn a(&self) -> &str {}",
        &["a reply must own its data; return an owned value or an `Arc`"],
    );
}

#[test]
fn arguments_are_named_and_typed() {
    let pattern =
        "an argument names a field of the message; write a plain name and take it apart inside";
    check_method(
        "#[call] fn a(&self, (x, y): (u8, u8), _: u8) {}",
        &[pattern, pattern],
    );
    check_method(
        "#[call] fn a(&self, x: impl Into<String>) {}",
        &["a message needs a type that can be named; write it out, or put it in a `Box`"],
    );
    check_method(
        "#[call] fn a(&self) -> impl Send {}",
        &["a reply needs a type that can be named; write it out, or put it in a `Box`"],
    );
    check_method(
        "#[call] fn a(&self, #[cfg(unix)] x: u8) {}",
        &["an argument can't come and go; put the `#[cfg]` on the method"],
    );
}

#[test]
fn arguments_that_are_there_once() {
    check_method(
        "#[call] fn a(&self, cx: &Context<Self>, again: &Context<Self>) {}",
        &["there is one context; remove this argument"],
    );
    check_method(
        "#[call] fn a(&self, a: ReplyTo<u8>, b: ReplyTo<u8>) {}",
        &["a call has one reply; remove this argument"],
    );
    check_method(
        "#[terminate] fn a(&self, a: &ExitReason, b: &ExitReason) {}",
        &["there is one reason; remove this argument"],
    );
}
