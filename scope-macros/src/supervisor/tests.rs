//! One snapshot per feature, and the messages.

use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

use crate::testing::{Kept, assert_honest, each_with_a_mistake, messages as messages_in};

/// Compares the expansion of a sound input with its snapshot.
fn check(name: &str, input: &str) {
    let tokens = super::expand(TokenStream::from_str(input).unwrap());
    assert_eq!(messages_in(tokens.clone()), Vec::<String>::new());
    let file = syn::parse2(tokens).unwrap();
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!(name, prettyplease::unparse(&file));
    });
}

/// The messages for an input, in the order of the stages. Whatever else is emitted must be Rust.
fn messages(input: &str) -> Vec<String> {
    let tokens = super::expand(TokenStream::from_str(input).unwrap());
    syn::parse2::<syn::File>(tokens.clone()).unwrap();
    messages_in(tokens)
}

/// The messages for the body of a supervisor that is sound apart from it.
#[track_caller]
fn assert_messages(body: &str, expected: &[&str]) {
    let input = format!("supervisor Shop {{ strategy: one_for_one, {body} }}");
    assert_eq!(messages(&input), expected);
}

/// What is emitted for the body of a supervisor with mistakes, with its white space taken out.
fn emitted(body: &str) -> String {
    let input = format!("supervisor Shop {{ strategy: one_for_one, {body} }}");
    let tokens = super::expand(TokenStream::from_str(&input).unwrap());
    assert_ne!(messages_in(tokens.clone()), Vec::<String>::new());
    tokens.to_string().split_whitespace().collect()
}

#[test]
fn shop() {
    check(
        "shop",
        r#"
        /// The whole shop.
        pub supervisor Shop(options: ShopOptions) {
            strategy: rest_for_one,
            intensity: 3 in "5s",

            config: ConfigServer(options.config.clone()),
            events: EventStore(options.events.clone()) { shutdown: "10s" },
            ledger: Ledger(options.bank_url.clone()) { restart: transient },
            jobs:   tasks { max_children: 64 },
            carts:  dynamic Cart(id, options.tax) by id: CartId { max_children: 10_000, idle: "5m" },
            shards: partition Shard(index, options.seed) { partitions: 8 },
            web:    supervisor {
                strategy: one_for_all,
                http: HttpServer(options.port),
            },
            api:    supervisor Api(options.api.clone()),
            pump:   task pump(options.rate),
        }
        "#,
    );
}

#[test]
fn nothing_but_a_strategy() {
    check(
        "nothing_but_a_strategy",
        "supervisor Idle { strategy: one_for_one }",
    );
}

#[test]
fn options_of_a_supervisor() {
    check(
        "options_of_a_supervisor",
        r#"
        pub(crate) supervisor Web(port: u16, tax: f64) requires(Ledger, crate::store::EventStore) {
            strategy: one_for_all,
            intensity: 10 in "1m",
            auto_shutdown: any_significant,
            inner: supervisor { strategy: rest_for_one, shutdown: infinity },
        }
        "#,
    );
}

#[test]
fn options_of_a_service() {
    check(
        "options_of_a_service",
        r#"
        supervisor Shop {
            strategy: one_for_one,
            auto_shutdown: all_significant,
            ledger: books::Ledger<Euro>() {
                restart: temporary, shutdown: brutal_kill, significant: true, start_timeout: infinity,
                backoff: "100ms..10s", key: "primary",
            },
            second: books::Ledger<Euro>() { key: "second", start_timeout: "30s", significant: false },
        }
        "#,
    );
}

#[test]
fn start_arguments_of_dynamic_children() {
    check(
        "start_arguments_of_dynamic_children",
        r#"
        supervisor Work(rate: u32) {
            strategy: one_for_one,
            plain: dynamic Worker(*rate),
            one: dynamic Worker(job) with job: Job { max_children: MAX },
            two: dynamic Worker(job, tries) with job: Job, tries: u32,
            three: dynamic Worker(make) with (make: fn(u32) -> Job),
            four: dynamic Cache(key) by key: Vec<&'static str> { intensity: 1 in "1s" },
        }
        "#,
    );
}

#[test]
fn conditions_and_docs() {
    check(
        "conditions_and_docs",
        r#"
        #[cfg(unix)]
        #[derive(PartialEq)]
        pub supervisor Shop {
            strategy: one_for_one,
            /// Keeps the books.
            #[cfg(feature = "ledger")]
            #[deprecated]
            ledger: Ledger(),
            #[cfg(feature = "web")]
            web: supervisor {
                strategy: one_for_one,
                #[cfg(feature = "tls")]
                tls: supervisor { strategy: one_for_one, certs: Certs() },
            },
        }
        "#,
    );
}

#[test]
fn futures_of_tasks() {
    check(
        "futures_of_tasks",
        r"
        supervisor Pumps(rate: u32) {
            strategy: one_for_one,
            call: task pump(*rate) { restart: transient },
            block: task { let rate = *rate; async move { pump(rate).await } },
            future: task async move {} { shutdown: brutal_kill },
        }
        ",
    );
}

#[test]
fn another_path_to_the_crate() {
    check(
        "another_path_to_the_crate",
        "#![scope(crate = crate::scope)] supervisor One { strategy: one_for_one, r#type: A(), } supervisor Two { strategy: one_for_one }",
    );
}

#[test]
fn a_half_typed_argument_is_left_to_the_compiler() {
    let input = "supervisor Shop(options: Options) { strategy: one_for_one, a: A(options.), b: task f(options.), c: C() }";
    let tokens = super::expand(TokenStream::from_str(input).unwrap());
    assert_eq!(messages_in(tokens.clone()), Vec::<String>::new());
    let text: String = tokens.to_string().split_whitespace().collect();
    for kept in ["copied(&options.),)", "f(options.)", "fnc(&self)"] {
        assert!(text.contains(kept), "{kept} is missing in {text}");
    }
}

#[test]
fn a_lone_key_leaves_what_follows() {
    for body in [
        "intens a: A()",
        "a: A() { rest }",
        "web, a: A()",
        "a: A() { shutdown restart: transient }",
    ] {
        let text = emitted(body);
        assert_eq!(text.matches("compile_error").count(), 1, "{text}");
        assert!(text.contains("fna(&self)"), "{text}");
    }
    assert_eq!(
        messages("supervisor Shop { strategy }"),
        ["expected `:` and a value after `strategy`"]
    );
}

/// Also the words that are wrong: an editor offers the right ones where they stand.
#[test]
fn an_editor_finds_each_word() {
    let text = emitted(
        "intensity: 3 in \"1s\", a: A() { restart: trans, significant: true }, b: supervisor { strategy: one_for_all, c: tasks { max_children: MAX, ma } }",
    );
    for word in [
        "tree::strategy::one_for_one",
        "tree::intensity",
        "child::restart::trans",
        "child::significant",
        "nested::strategy::one_for_all",
        "tasks::max_children",
        "tasks::ma",
    ] {
        let mention = format!("use::scope::__private::words::{word}as_;");
        assert!(text.contains(&mention), "{word} is missing in {text}");
    }
}

#[test]
fn conditional_alternatives_may_share_an_id() {
    let input =
        "supervisor Shop { strategy: one_for_one, #[cfg(unix)] a: A(), #[cfg(windows)] a: B() }";
    assert_eq!(messages(input), Vec::<String>::new());
}

#[test]
fn all_mistakes_are_reported_at_once() {
    assert_messages(
        r#"
        intensity: 3 in "0s",
        a: A() { restrat: transient, idle: "5m" },
        b dynmic B(),
        c: C,
        d: dynmic D(),
        e: E() { shutdown: "soon" }
        f: F() { significant: true },
        f: F2(),
        "#,
        &[
            "expected `:` and a value after `b`",
            "a child names its start arguments in parentheses; write `()` when there are none",
            "unknown kind of child `dynmic`, did you mean `dynamic`? allowed: `dynamic`, `partition`, `supervisor`, `task`, `tasks`, or a service with its arguments",
            "expected `,` after `e`",
            "this duration must be above zero",
            "unknown option `restrat`, did you mean `restart`? allowed: `restart`, `shutdown`, `significant`, `start_timeout`, `backoff`, `key`",
            "`idle` does not fit a service; allowed: `restart`, `shutdown`, `significant`, `start_timeout`, `backoff`, `key`",
            "`soon` is no duration; write a number with a unit, such as `500ms`, `5s` or `2m`",
            "`Shop` never ends with a significant child; write `auto_shutdown: any_significant` or `all_significant` in it",
            "`Shop` already has a child `f`; choose another id",
        ],
    );
}

#[test]
fn a_mistake_leaves_the_accessors() {
    let text = emitted(
        "a: A { restart: never }, b: ], c: C()"
            .replace(']', "=")
            .as_str(),
    );
    for kept in ["fna(&self)", "fnc(&self)", "structShop("] {
        assert!(text.contains(kept), "{kept} is missing in {text}");
    }
}

#[test]
fn words_of_options() {
    assert_messages(
        r#"strategy: one_for_all, stratgy: one_for_one, auto_shutdown: "never", restart: permanent, jobs: 5,
        a: A() { restart: "transient", shutdown: 5, significant: yes, start_timeout: never, key: "", restart: permament, significant },
        b: B() { backoff: "10s..1s" }, c: C() { backoff: "1s" }, d: D() { backoff: "0s..1s" },
        "#,
        &[
            "expected `:` and a value after `significant`",
            "`strategy` is given twice; keep one of them",
            "unknown option `stratgy`, did you mean `strategy`? allowed: `strategy`, `intensity`, `auto_shutdown`",
            "write `never` without quotes",
            "`restart` does not fit a supervisor; allowed: `strategy`, `intensity`, `auto_shutdown`",
            "unknown option `jobs`; allowed: `strategy`, `intensity`, `auto_shutdown`",
            "write `transient` without quotes",
            "`shutdown` takes a duration in quotes, such as `\"5s\"`, or `brutal_kill` or `infinity`",
            "`significant` takes `true` or `false`",
            "unknown start_timeout `never`; allowed: `infinity`",
            "`key` takes a name in quotes, as in `key: \"primary\"`",
            "unknown restart `permament`, did you mean `permanent`? allowed: `permanent`, `transient`, `temporary`",
            "the first delay of a backoff must not exceed its last; swap the two",
            "`backoff` takes two durations in quotes, as in `\"100ms..10s\"`",
            "this duration must be above zero",
        ],
    );
}

#[test]
fn unknown_strategy() {
    assert_eq!(
        messages("supervisor Shop { strategy: one_for_on }"),
        [
            "unknown strategy `one_for_on`, did you mean `one_for_one`? allowed: `one_for_one`, `one_for_all`, `rest_for_one`"
        ]
    );
    assert_eq!(
        messages("supervisor Shop { strategy: simple_one_for_one }"),
        [
            "`simple_one_for_one` is a child here; write `dynamic Cart(id) by id: CartId` with any strategy"
        ]
    );
}

#[test]
fn the_shutdown_of_a_supervisor_is_its_parents_to_say() {
    assert_messages(
        r#"shutdown: "5s""#,
        &["`shutdown` is set where this supervisor is a child; write it there"],
    );
}

#[test]
fn missing_strategy() {
    assert_eq!(
        messages("supervisor Shop { web: supervisor { } }"),
        [
            "`Shop` has no strategy; write `strategy: one_for_one`, `one_for_all` or `rest_for_one`",
            "`web` has no strategy; write `strategy: one_for_one`, `one_for_all` or `rest_for_one`",
        ]
    );
}

#[test]
fn numbers() {
    assert_messages(
        "intensity: 3, a: partition A(index), b: partition B(index) { partitions: 0 }, c: tasks { max_children: 4u8 }, d: partition D(index) { partitions: many(1) }",
        &[
            "`intensity` takes a number of restarts and a period, as in `3 in \"5s\"`",
            "`a` needs its number of partitions, as in `{ partitions: 8 }`",
            "`partitions` must be above zero",
            "write `4`, without `u8`",
            "`partitions` takes a number or a constant, as in `partitions: 8`",
        ],
    );
}

#[test]
fn significant_children() {
    assert_messages(
        "auto_shutdown: any_significant, a: A() { restart: permanent, significant: true }, b: B() { significant: true }",
        &[
            "a permanent child is always restarted, so it can't be significant; write `restart: transient` or `temporary`",
        ],
    );
}

#[test]
fn ids() {
    assert_messages(
        "run: A(), start: tasks, type: B(), c: Twice<u8>(), d: supervisor { strategy: one_for_one, e: Twice<u8>() }",
        &[
            "`type` is a keyword; choose another id",
            "`run` is the name of a function of every supervisor; choose another id",
            "`start` is the name of a function of every supervisor; choose another id",
            "this service is already the child `c`; tell the two apart with `key: \"…\"`",
        ],
    );
}

#[test]
fn names_of_parameters() {
    assert_eq!(
        messages(
            "supervisor Shop(index: u8, a: u8, a: u16, 5) { strategy: one_for_one, b: dynamic B(a) by a: Key, c: partition C(index) { partitions: 2 }, d: dynamic D() with x: X, x: Y }"
        ),
        [
            "expected a parameter, as in `options: ShopOptions`",
            "`a` is already a parameter; rename one of the two",
            "`a` is already a parameter; rename one of the two",
            "in a partition `index` is the number of the part; give the parameter `index` another name",
            "`x` is already a parameter; rename one of the two",
        ]
    );
}

#[test]
fn kinds_of_children() {
    assert_messages(
        r#"a: dynamic, b: dynamic B() by id CartId, c: dynamic C() { idle: "1m" }, d: tasks(4), e: task { max_children: 4 }, f: task,
        g: taks, h: supervisor { strategy: one_for_one } { restart: permanent }, i: , j: 'x', #[must_use] k: task f(), strategy = one_for_all,"#,
        &[
            "`dynamic` is followed by a name and arguments, as in `dynamic Cart(id) by id: CartId`",
            "`by` is followed by the name and the type of the key, as in `by id: CartId`",
            "`tasks` takes no arguments; its options follow in braces",
            "`task` is followed by a future, as in `task pump(options.rate)`; a supervisor of tasks is `tasks`",
            "`task` is followed by a future, as in `task pump(options.rate)`; a supervisor of tasks is `tasks`",
            "unknown kind of child `taks`, did you mean `task`? allowed: `dynamic`, `partition`, `supervisor`, `task`, `tasks`, or a service with its arguments",
            "the options of a supervisor stand between its own braces; one that is to have a `restart`, `significant` or `backoff` is declared by name",
            "`i` names no service, as in `i: Ledger()`",
            "write `:` after `strategy` instead of `=`",
            "unknown option `j`; allowed: `strategy`, `intensity`, `auto_shutdown`",
            "`strategy` is given twice; keep one of them",
            "`idle` needs a key that starts the instance again, as in `dynamic Cart(id) by id: CartId`",
            "a task takes only doc comments and `#[cfg]`",
        ],
    );
}

#[test]
fn declarations() {
    assert_eq!(messages(""), Vec::<String>::new());
    assert_eq!(
        messages(
            "supervisor { strategy: one_for_one } supervisr Two { strategy: one_for_one } Three { strategy: one_for_one } supervisor Four supervisor Five<T> { strategy: one_for_one } supervisor Six requires { strategy: one_for_one } supervisor Seven(a: u8) -> u8 { strategy: one_for_one } #[cfg(x)]"
        ),
        [
            "expected a name after `supervisor`, as in `pub supervisor Shop(options: ShopOptions) { … }`",
            "expected `supervisor`, as in `pub supervisor Shop(options: ShopOptions) { … }`",
            "expected `supervisor`, as in `pub supervisor Shop(options: ShopOptions) { … }`",
            "`Four` has no body; write its strategy and children in `{ }`",
            "`Five` takes no generics; name concrete types in its children",
            "`requires` names services in parentheses, as in `requires(Ledger)`",
            "expected `{` after `Seven`, its parameters and what it requires",
            "nothing follows this attribute or doc comment",
        ]
    );
}

#[test]
fn a_declaration_without_a_body_keeps_its_name() {
    let tokens = super::expand(TokenStream::from_str("pub supervisor Shop(a: u8)").unwrap());
    let text: String = tokens.to_string().split_whitespace().collect();
    assert!(text.contains("pubstructShop("), "{text}");
}

#[test]
fn no_prefix_of_the_input_makes_the_macro_panic() {
    let input = r#"#![scope(crate = c)] /** d */ pub supervisor Shop(a: A<B, C>, b: &'static str) requires(D, e::F) {
        strategy: one_for_one, intensity: 3 in "5s", #[cfg(x)] a: A<u8>(1), b: dynamic B(x) with x: X, y: Y { idle: "5m" },
        c: partition C(index) { partitions: 2 }, d: supervisor { e: task f(a) }, g: supervisor G(), h: tasks }"#;
    let tokens: Vec<TokenTree> = TokenStream::from_str(input).unwrap().into_iter().collect();
    for length in 0..=tokens.len() {
        drop(super::expand(tokens.iter().take(length).cloned().collect()));
    }
    let Some(TokenTree::Group(body)) = tokens.last() else {
        return;
    };
    let body: Vec<TokenTree> = body.stream().into_iter().collect();
    for start in 0..body.len() {
        let some: TokenStream = body.iter().skip(start).take(7).cloned().collect();
        drop(super::expand(quote::quote!(supervisor Shop { #some })));
    }
}

#[test]
fn a_visibility_alone_is_no_supervisor() {
    for vis in ["pub", "pub(crate)"] {
        let message = "expected `supervisor` after this, as in `pub supervisor Shop(options: ShopOptions) { … }`";
        assert_eq!(messages(vis), [message]);
    }
}

#[test]
fn no_mistake_makes_it_panic_or_keep_silent() {
    let made = "SupervisorTree for Shop";
    let declared = r#"#![scope(crate = c)] /** d */ pub supervisor Shop(a: A<B, C>) requires(D, e::F) {
        strategy: one_for_one, intensity: 3 in "5s", #[cfg(x)] a: A<u8>() { restart: transient, key: "k" },
        b: dynamic B() with x: X, y: Y, c: partition C() { partitions: 2 },
        d: supervisor { strategy: one_for_all, i: I() }, g: supervisor G(), h: tasks }"#;
    for input in each_with_a_mistake(&TokenStream::from_str(declared).unwrap()) {
        assert_honest(
            &super::expand(input.clone()),
            &input,
            &Kept::Arguments,
            made,
        );
    }
    let arguments =
        "supervisor Shop(a: A) { strategy: one_for_one, a: A(a.b + 1, 2), b: task f(a).c, }";
    for input in each_with_a_mistake(&TokenStream::from_str(arguments).unwrap()) {
        assert_honest(
            &super::expand(input.clone()),
            &input,
            &Kept::Arguments,
            made,
        );
    }
}

#[test]
fn a_group_of_nothing_is_nothing() {
    let nothing = proc_macro2::Group::new(proc_macro2::Delimiter::None, TokenStream::new());
    let tree = |between: Option<proc_macro2::Group>| quote::quote!(supervisor Shop { strategy: one_for_one, sweep: #between task sweep() { restart: transient } });
    let (with, without) = (
        super::expand(tree(Some(nothing))),
        super::expand(tree(None)),
    );
    assert_eq!(with.to_string(), without.to_string());
}
