use crate::testing::{
    Expanded, Kept, assert_expansion, assert_honest, each_with_a_mistake, tokens,
};

fn code(args: &str, item: &str) -> String {
    Expanded::sound(super::expand(tokens(args), tokens(item)))
}

/// Checks the messages, and that the item and what else is valid are still there.
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
fn a_plain_service() {
    assert_expansion!(code("", "/// Counts.\npub struct Counter { value: i64 }"));
}

#[test]
fn every_option() {
    assert_expansion!(code(
        r#"restart = transient, shutdown = "5s",
           mailbox(capacity = 16, overload = drop_oldest, keep, drain),
           call_timeout = "1s 500ms", start_timeout = infinity, name = "Books", handle = Books,
           layer = business, requires(ConfigServer, path::EventStore), crate = my::scope,
           debug, health(queue = 0.5, stuck = "1s", restarts = 2, process_memory = "512 MiB")"#,
        "struct Ledger;",
    ));
}

#[test]
fn generics_keep_bounds_and_defaults() {
    assert_expansion!(code(
        "",
        "#[cfg(feature = \"cache\")] pub(crate) struct Cache<K: Key = u64, const N: usize = 4> where K: Send { map: Map<K, N> }",
    ));
}

#[test]
fn durations_below_a_millisecond_are_exact() {
    let code = code(
        "call_timeout = \"250us\", shutdown = brutal_kill",
        "struct Fast;",
    );
    assert!(
        code.contains("call_timeout(::scope::__private::Duration::new(0u64, 250000u32))"),
        "{code}"
    );
    assert!(code.contains("Shutdown::BrutalKill"), "{code}");
}

#[test]
fn all_mistakes_at_once() {
    check(
        r#"restat = permanent, restart = allways, restart = transient, restart = temporary, mailbox = 0,
           shutdown = 5, call_timeout = "5", start_timeout = "0s", layer, name = 7, keep(), handle = 3"#,
        "struct Ledger;",
        &[
            "unknown option `restat`, did you mean `restart`? allowed: `restart`, `shutdown`, `mailbox`, `call_timeout`, `start_timeout`, `health`, `debug`, `name`, `handle`, `layer`, `requires`, `follows`, `crate`",
            "unknown restart `allways`; allowed: `permanent`, `transient`, `temporary`",
            "`restart` is given twice; keep one of them",
            "a mailbox needs room for at least one message",
            "`shutdown` takes a duration in quotes, such as `\"5s\"`, or `brutal_kill` or `infinity`",
            "`5` is no duration; write a number with a unit, such as `500ms`, `5s` or `2m`",
            "this duration must be above zero",
            "`layer` needs a value, such as `layer = foundation`",
            "`name` takes text in quotes, such as `name = \"Ledger of record\"`",
            "unknown option `keep`; allowed: `restart`, `shutdown`, `mailbox`, `call_timeout`, `start_timeout`, `health`, `debug`, `name`, `handle`, `layer`, `requires`, `follows`, `crate`",
            "`handle` takes the name of the handle's type, such as `handle = Books`",
        ],
        &[
            "struct Ledger;",
            "Restart::Transient",
            "struct LedgerHandle(",
        ],
    );
}

#[test]
fn mistakes_inside_the_mailbox() {
    check(
        "mailbox(capacity = many, overload = drop, keep = true, drian, drain, drain)",
        "struct Ledger;",
        &[
            "`capacity` takes a number of messages, such as `1024`",
            "unknown overload `drop`, did you mean `drop_oldest`? allowed: `wait`, `reject`, `drop_oldest`",
            "`keep` takes no value; write the word alone",
            "unknown `mailbox` option `drian`, did you mean `drain`? allowed: `capacity`, `overload`, `keep`, `drain`",
            "`drain` is given twice; keep one of them",
        ],
        &[".drain();"],
    );
}

#[test]
fn mistakes_inside_the_thresholds() {
    check(
        "health(que = 0.5, queue = 1.5, stuck = 5, restarts = 0, restarts = 2, restarts = 3, process_memory = \"1\"), debug = true, health",
        "struct Ledger;",
        &[
            "unknown `health` option `que`, did you mean `queue`? allowed: `queue`, `stuck`, `restarts`, `process_memory`",
            "`queue` takes a share of the mailbox, above 0 and at most 1, such as `0.8`",
            "`stuck` takes text in quotes, such as `stuck = \"10s\"`",
            "`restarts` takes a number of restarts above zero, such as `3`",
            "`restarts` is given twice; keep one of them",
            "`1` is no size; write a number above zero in `KiB`, `MiB` or `GiB`, such as `512 MiB`",
            "`debug` takes no value; write the word alone",
            "`health` takes its thresholds in parentheses, such as `health(queue = 0.8, stuck = \"10s\")`",
        ],
        &[".restarts(2usize)"],
    );
}

#[test]
fn requirements_are_given_once_and_name_others() {
    check(
        "requires(A, b::A, A, Ledger)",
        "struct Ledger;",
        &[
            "`A` stands in `requires` twice; keep one of them",
            "a service can't require itself; it reaches itself through `cx.myself()`",
        ],
        &["Requires<A>", "Requires<b::A>"],
    );
    check(
        "requires = A",
        "struct Ledger;",
        &["`requires` takes a list of services, such as `requires(ConfigServer, EventStore)`"],
        &["struct LedgerHandle("],
    );
}

#[test]
fn options_that_contradict_each_other() {
    check(
        "restart = temporary, mailbox(keep), handle = Ledger",
        "struct Ledger;",
        &[
            "the handle needs a name of its own; the service has this one",
            "`keep` saves messages for the next incarnation, and a `temporary` service never has one",
        ],
        &[],
    );
}

#[test]
fn only_a_struct_is_a_service() {
    for item in [
        "enum Ledger {}",
        "fn ledger() {}",
        "trait Ledger {}",
        "union Ledger { a: u8 }",
        "impl Ledger {}",
    ] {
        check("", item, &["`#[service]` belongs on a struct"], &["edger"]);
    }
}

#[test]
fn a_service_has_no_lifetimes() {
    check(
        "",
        "struct Ledger<'a> { name: &'a str }",
        &[
            "a service outlives its callers, so it can't have lifetimes; own the data or share it in an `Arc`",
        ],
        &["struct Ledger<'a>"],
    );
}

#[test]
fn a_half_typed_argument_leaves_the_others() {
    check(
        "restart = , mailbox = 4, layer business",
        "struct Ledger;",
        &[
            "expected `=` or `(` after `layer`",
            "`restart` needs a value, such as `restart = permanent`",
        ],
        &[".capacity(4usize);"],
    );
}

#[test]
fn what_the_user_wrote_is_shown_on_one_line() {
    check(
        "layer = (\"two\nlines\"), start_timeout = \"1s\n2x\", shutdown = forever_and_ever_until_all_that_was_in_the_mailbox_has_been_handled",
        "struct Ledger;",
        &[
            "unknown layer `(\"two lines\")`; allowed: `foundation`, `infrastructure`, `business`, `application`",
            "`1s 2x` is no duration; write a number with a unit, such as `500ms`, `5s` or `2m`",
            "unknown shutdown `forever_and_ever_until_all_that_was_in_the_mailbox_has_been_…`; allowed: `brutal_kill`, `infinity`",
        ],
        &["struct LedgerHandle("],
    );
}

#[test]
fn a_crate_is_found_by_a_path_of_modules() {
    let message = "`crate` takes a path, such as `crate = my::scope`";
    for path in ["Self::scope", "a::Self", "Vec<u8>", "5"] {
        check(
            &format!("crate = {path}"),
            "struct Ledger;",
            &[message],
            &["impl ::scope::__private::Declared for Ledger"],
        );
    }
}

#[test]
fn no_mistake_makes_it_panic_or_keep_silent() {
    let item = tokens(
        "/// Counts.\n#[derive(Debug)] pub(crate) struct Cache<K: Key = u8> where K: Send { map: Map<K> }",
    );
    let args = tokens(
        "restart = transient, shutdown = \"5s\", mailbox(capacity = 16, keep), requires(A, b::B), crate = my::scope",
    );
    let made = "__private :: Declared for";
    for item in each_with_a_mistake(&item) {
        assert_honest(
            &super::expand(args.clone(), item.clone()),
            &item,
            &Kept::Item,
            made,
        );
    }
    for args in each_with_a_mistake(&args) {
        assert_honest(&super::expand(args, item.clone()), &item, &Kept::Item, made);
    }
}
