use crate::testing::{
    Expanded, Kept, assert_documented, assert_expansion, assert_honest, each_with_a_mistake, tokens,
};

mod arguments;

const COUNTER: &str = r#"impl Counter {
            #[init] fn new(start: i64) -> Self { Self { value: start } }
            /// Adds `by`.
            #[call] fn add(&mut self, by: i64) -> i64 { 0 }
            #[call] async fn put(&mut self, name: String, cx: &Context<Self>) -> Result<u64, PutError> { Ok(0) }
            #[call(timeout = "200ms")] fn peek(&self) -> i64 { 0 }
            #[call] async fn later(&mut self, n: i64, reply: ReplyTo<i64>) {}
            #[cast] fn note(&mut self, text: String) {}
            #[info] fn down(&mut self, down: Down) {}
            #[every("30s")] fn tick(&mut self) {}
            #[after_init] async fn warm_up(&mut self) {}
            #[terminate] async fn close(&mut self, reason: &ExitReason) {}
            fn helper(&self) {}
        }"#;

fn code(item: &str) -> String {
    Expanded::sound(super::expand(tokens(""), tokens(item)))
}

#[test]
fn the_counter_of_the_documentation() {
    assert_expansion!(code(COUNTER));
}

/// Checks the messages, and that the block and what else is valid are still there.
fn check(item: &str, errors: &[&str], kept: &[&str]) {
    check_with("", item, errors, kept);
}

fn check_with(args: &str, item: &str, errors: &[&str], kept: &[&str]) {
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

/// Checks the messages for one method; a sound sibling must expand beside it.
fn check_method(method: &str, errors: &[&str]) {
    let block = format!("impl Counter {{ {method} #[call] fn sibling(&self) {{}} }}");
    check(
        &block,
        errors,
        &[
            "impl Counter {",
            "fn sibling(&self) {}",
            "Sibling(",
            "pub fn sibling(&self)",
        ],
    );
}

#[test]
fn no_handlers_at_all() {
    assert_expansion!(code("impl Counter { fn helper(&self) {} }"));
}

#[test]
fn generics_and_paths() {
    assert_expansion!(code(
        "impl<K: Key, const N: usize> path::to::Cache<K, N> where Self: Sized, K: Send {
            #[call] fn merge(&mut self, other: Vec<Self>, key: Self::Key) -> Self { self }
            #[every(\"1s\")] fn sweep(&mut self) {}
        }",
    ));
}

#[test]
fn conditional_and_documented_handlers() {
    assert_expansion!(code(
        "#[cfg(feature = \"all\")] impl Counter {
            /// Old.
            #[cfg(unix)] #[deprecated] #[call(plain)] pub(crate) async fn old(&self) -> io::Result<u8> { Ok(0) }
            #[cfg(unix)] #[info] fn down(&mut self, down: Down) {}
            #[info] async fn event(&mut self, mut event: Event, cx: &mut Context<Self>) -> Result<(), Error> { Ok(()) }
            #[cfg(unix)] #[every(\"1m\")] fn tick(&mut self) {}
            #[cfg(unix)] #[terminate] fn close(&mut self, cx: &Context<Self>) {}
        }",
    ));
}

#[test]
fn replies() {
    assert_expansion!(code(
        "impl Counter {
            #[call] fn unit(&self) {}
            #[call] fn alias(&self) -> io::Result<Self> {}
            #[call(result)] fn outcome(&self) -> Outcome {}
            #[call(plain, timeout = infinity)] fn plain(&self) -> Result<u8, E> {}
            #[call] fn later(&mut self, r: scope::ReplyTo<Self, E>, reply: u8, n: u8) {}
        }",
    ));
}

#[test]
fn words_that_make_odd_names() {
    let code = code(
        "impl r#Loop { #[call] fn r#type(&self) {} #[cast] fn self_(&self) {} #[cast] fn _1(&self) {} }",
    );
    for part in [
        "Type(",
        "HandlerMeta::call(\"type\")",
        "pub fn r#type(",
        "HandlerSelf,",
        "Handler1,",
        "enum LoopMessage",
    ] {
        assert!(code.contains(part), "`{part}` is missing in:\n{code}");
    }
}

#[test]
fn a_renamed_crate_and_markers_by_path() {
    let item = "impl Counter { #[my::scope::call] fn a(&self) {} #[scope::cast] fn b(&self) {} #[other::call] fn c(&self) {} }";
    check_with(
        "crate = my::scope",
        item,
        &[],
        &["A(", "my::scope::__private::Service", "#[other::call]"],
    );
    check_with(
        "krate = x",
        "impl Counter {}",
        &["unknown option `krate`, did you mean `crate`? allowed: `crate`"],
        &["for Counter"],
    );
}

#[test]
fn what_we_do_not_understand_passes_through() {
    let item = "impl Counter {
        #![allow(dead_code)]
        const A: bool = 1 < 2;
        const B: Point = Point { x: 1 };
        type C = fn();
        mac!();
        fn cut() { let x = ; }
        fn matrix(&self) -> Matrix<{ 1 }> where Self: Sized, { todo!() }
        #[call] fn sum(&self) -> Matrix<{ 2 }> { self. }
    }";
    let emitted = super::expand(tokens(""), tokens(item)).to_string();
    for part in [
        "1 < 2",
        "let x = ;",
        "{ self . }",
        "Sum (",
        "pub fn sum",
        "mac ! () ;",
    ] {
        assert!(emitted.contains(part), "`{part}` is missing in:\n{emitted}");
    }
}

#[test]
fn a_half_typed_signature_leaves_the_next_method() {
    for half in [
        "fn half",
        "fn half(&self) -> Result<",
        "fn half(&self) ->",
        "fn",
    ] {
        let item = format!(
            "impl Counter {{ #[call] {half} /** Sums. */ #[call] fn sum<#[cfg(x)] T>(&self) {{}} #[cast] fn note(&self) {{}} }}"
        );
        let emitted = super::expand(tokens(""), tokens(&item)).to_string();
        for part in ["compile_error", "`#[call]` can't be generic", "pub fn note"] {
            assert!(emitted.contains(part), "`{part}` is missing in:\n{emitted}");
        }
        assert!(!emitted.contains("# [call]"), "{emitted}");
    }
}

#[test]
fn markers_on_what_is_no_method() {
    check_method(
        "#[call] const A: u8 = 1;",
        &["`#[call]` belongs on a method"],
    );
    check_method("#[init] type A = u8;", &["`#[init]` belongs on a method"]);
}

#[test]
fn health_checks_and_memory() {
    assert_expansion!(code(
        r#"impl Bank {
            #[health] async fn answers(&self) -> Result<(), BankError> { Ok(()) }
            #[cfg(unix)] #[health(optional, timeout = "1s")] fn r#is_warm(&mut self, cx: &Context<Self>) -> bool { true }
            #[memory] fn bytes(&self) -> usize { 0 }
        }"#
    ));
}

#[test]
fn mistakes_in_health_checks() {
    check(
        r#"impl Bank {
            #[health(optionel, timeout = "0s", critical, optional)] fn a(&self) {}
            #[health = "optional"] fn b(&self, n: u8) {}
            #[health()] fn c() -> bool { true }
            #[health] fn d(&self) {}
            #[memory(1)] fn e(&self) -> u64 { 0 }
        }"#,
        &[
            "unknown `#[health]` option `optionel`, did you mean `optional`? allowed: `critical`, `optional`, `timeout`",
            "this duration must be above zero",
            "`critical` and `optional` contradict each other; keep one of them",
            "`#[health]` takes its options in parentheses, such as `#[health(optional)]`",
            "`#[health]` takes no arguments but the context: a check looks at the service alone",
            "`#[health]` needs `&self` or `&mut self`",
            "`#[memory]` takes no options; write the word alone",
        ],
        &[
            "HealthCheck::new(\"a\")",
            "HealthCheck::new(\"d\")",
            "fn memory(&self)",
        ],
    );
    check_method(
        "#[memory] async fn f(&mut self, cx: &Context<Self>) {}",
        &[
            "`#[memory]` only looks at the service; write `&self`",
            "`#[memory]` can't be `async`; it adds up what the service holds, and waits for nothing",
            "`#[memory]` takes no arguments; it adds up what the service holds",
            "`#[memory]` says how many bytes are in use; return `usize` or `u64`",
        ],
    );
}

#[test]
fn one_role_for_one_method() {
    check_method(
        "#[call] #[cast] #[info] fn two(&self, a: u8) {}",
        &[
            "a method has one role, and this one is `#[call]` already; remove one of the two",
            "a method has one role, and this one is `#[call]` already; remove one of the two",
        ],
    );
    check(
        "impl Counter { #[call] #[call] fn twice(&self) {} }",
        &["a method has one role, and this one is `#[call]` already; remove one of the two"],
        &["fn twice", "Twice("],
    );
    check_method(
        "#[init] fn a() -> Self {} #[init] fn b() -> Self {}",
        &["there is an `#[init]` already; merge the two, for a service is made in one way"],
    );
    check_method(
        "#[terminate] fn a(&self) {} #[terminate] fn b(&self) {}",
        &["there is `#[terminate]` already; merge the two"],
    );
}

#[test]
fn receivers() {
    check_method(
        "#[call] fn a(self) {}",
        &["`#[call]` borrows the service; write `&self` or `&mut self`"],
    );
    check_method(
        "#[cast] fn a(self: Box<Self>) {}",
        &["`#[cast]` borrows the service; write `&self` or `&mut self`"],
    );
    check_method(
        "#[every(\"1s\")] fn a() {}",
        &["`#[every]` needs `&self` or `&mut self`"],
    );
    check_method(
        "#[init] fn a(&self) -> Self {}",
        &["`#[init]` makes the service, so there is no `self` yet; return `Self` instead"],
    );
    check_method("#[cast] fn a(self: &mut Self) {}", &[]);
}

#[test]
fn qualifiers() {
    check_method(
        "#[call] const fn a(&self) {}",
        &["`#[call]` can't be `const`; it runs inside a service"],
    );
    check_method(
        "#[cast] unsafe fn a(&self) {}",
        &["`#[cast]` can't be `unsafe`; any holder of a handle may reach it"],
    );
    check_method(
        "#[call] fn a<'x, T>(&'x self, t: T) {}",
        &["`#[call]` can't be generic; make the service generic, or name the type"],
    );
    check_method(
        "#[call] extern \"C\" fn a(&self) {}",
        &["`#[call]` can't have an ABI; it is only called from Rust"],
    );
}

#[test]
fn replies_sent_later() {
    check_method(
        "#[call(plain)] fn a(&self, reply: ReplyTo<&str>) -> u8 {}",
        &[
            "a call that answers through `ReplyTo` returns nothing; send this value through it",
            "`plain` says what to do with a returned value, and this reply goes through `ReplyTo`",
            "a reply must own its data; send an owned value or an `Arc`",
        ],
    );
    // The compiler tells what `ReplyTo` takes.
    check_method("#[call] fn a(&self, reply: ReplyTo<A, B, C>) {}", &[]);
}

#[test]
fn options_of_markers() {
    check_method(
        "#[call(timeout = \"5\", retry, plain, result)] fn a(&self) {}",
        &[
            "`5` is no duration; write a number with a unit, such as `500ms`, `5s` or `2m`",
            "unknown `#[call]` option `retry`; allowed: `timeout`, `result`, `plain`",
            "`result` and `plain` contradict each other; keep one of them",
        ],
    );
    check_method(
        "#[cast(now)] fn a(&self) {}",
        &["`#[cast]` takes no options; write the word alone"],
    );
    check_method(
        "#[every] fn a(&self) {}",
        &["`#[every]` needs a period, such as `#[every(\"30s\")]`"],
    );
    check_method(
        "#[every(30)] fn a(&self) {}",
        &["`#[every]` needs a period in quotes, such as `#[every(\"30s\")]`"],
    );
    check_method(
        "#[every(\"0s\")] fn a(&self) {}",
        &["this duration must be above zero"],
    );
    check_method(
        "#[every(\"1s\")] fn a(&self, n: u8) {}",
        &["`#[every]` takes no arguments but the context: nobody sends a tick"],
    );
}

#[test]
fn hooks_take_what_there_is() {
    check_method(
        "#[after_init] fn a(&self, n: u8) {} #[terminate] fn b(&self, n: u8) {}",
        &[
            "`#[after_init]` takes no arguments but the context; keep what it needs in the service",
            "`#[terminate]` takes only the reason, `&ExitReason`, and the context",
        ],
    );
    check_method(
        "#[init] fn a() {}",
        &["`#[init]` makes the service; return `Self` or a `Result` of it"],
    );
    check_method(
        "#[cfg(unix)] #[init] fn a() -> Self {}",
        &["a service needs its `#[init]` in every build; put the `#[cfg]` inside the body"],
    );
}

#[test]
fn infos() {
    check_method(
        "#[info] fn a(&self) {}",
        &["`#[info]` takes the message as its one argument"],
    );
    check_method(
        "#[info] fn a(&self, a: A, b: B) {}",
        &["`#[info]` takes the message as its one argument; put more data into the message's type"],
    );
    check_method(
        "#[info] fn a(&self, a: Down) {} #[info] fn b(&self, b: Down) {}",
        &["`Down` is handled by `a` already; merge the two"],
    );
    check(
        "impl<T> Counter<T> { #[info] fn a(&self, t: T) {} }",
        &[
            "`T` may be any type, also one that another `#[info]` takes; wrap it in a struct of your own",
        ],
        &["enum CounterMessage<T>"],
    );
}

#[test]
fn names_that_collide() {
    // The compiler reports two methods of one name, unless one of them is not in its build.
    check_method("#[call] fn a(&self) {} #[cast] fn a(&self) {}", &[]);
    check_method(
        "#[call] fn a(&self) {} #[cfg(test)] #[cast] fn a(&self) {}",
        &["there is a handler `a` already; rename this one"],
    );
    check_method(
        "#[call] fn a_b(&self) {} #[cast] fn aB(&self) {} #[cast] fn a__b(&self) {}",
        &[
            "`a_b` and `aB` would both be the message `AB`; rename one of them",
            "`a_b` and `a__b` would both be the message `AB`; rename one of them",
        ],
    );
    check_method(
        "#[cfg(unix)] #[call] fn a(&self) {} #[cfg(windows)] #[call] fn a(&self) {}",
        &[],
    );
}

#[test]
fn blocks_that_are_not_a_services_own() {
    check(
        "impl Trait for Counter { #[call] fn a(&self) {} }",
        &["`#[handlers]` belongs on the service's own `impl` block, not on one for a trait"],
        &["fn a(&self) {}"],
    );
    check(
        "struct Counter;",
        &["`#[handlers]` belongs on the `impl` block of a service"],
        &["struct Counter;"],
    );
    check(
        "impl [u8] {}",
        &["`#[handlers]` needs the name of a struct with `#[service]`"],
        &["impl [u8]"],
    );
    check(
        "impl<'a> Counter<'a> {}",
        &[
            "a service outlives its callers, so it can't have lifetimes; own the data or share it in an `Arc`",
        ],
        &["impl<'a> Counter<'a>"],
    );
}

#[test]
fn no_mistake_makes_it_panic_or_keep_silent() {
    for item in each_with_a_mistake(&tokens(COUNTER)) {
        let emitted = super::expand(tokens("crate = my::scope"), item.clone());
        assert_honest(&emitted, &item, &Kept::Item, "__private :: Service for");
    }
    for args in each_with_a_mistake(&tokens("crate = my::scope")) {
        let item = tokens("impl Counter {}");
        let emitted = super::expand(args, item.clone());
        assert_honest(&emitted, &item, &Kept::Item, "__private :: Service for");
    }
}

#[test]
fn each_option_of_a_call_is_documented() {
    assert_documented("call", super::model::CALL_KEYS);
    assert_documented("option::timeout", &["infinity"]);
}
