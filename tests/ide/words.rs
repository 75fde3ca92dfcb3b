//! Our own words, markers and options: what they mean, and which there are.

use crate::check::{check, check_offered, with_editor};

#[test]
fn a_marker_is_explained() {
    with_editor(|editor| {
        for (marker, text) in [
            ("init", "Makes the service from its start arguments."),
            ("after_init", "Runs once after the service has started."),
            ("call", "Answers a request."),
            ("cast", "Handles a message without an answer."),
            ("info", "Handles a typed message from elsewhere"),
            ("every", "Runs again and again, after each period."),
            ("terminate", "Runs when the service ends."),
        ] {
            let target = format!("scope-macros/src/lib.rs: {marker}");
            check(editor, marker, &target, &[text]);
        }
        let uses = editor.references("call");
        for use_of in ["call", "another-call", "src/half_typed.rs: call"] {
            assert!(uses.contains(use_of), "no `{use_of}`: {uses:?}");
        }
    });
}

#[test]
fn an_option_is_explained() {
    with_editor(|editor| {
        for (mark, text) in [
            ("restart", "When a supervisor starts it again"),
            ("child-restart", "When a supervisor starts it again"),
            ("mailbox", "How many messages may wait"),
            ("capacity", "How many messages may wait"),
            ("keep", "Saves what waits over a crash"),
            ("call_timeout", "How long a call waits"),
            ("infinity", "No limit."),
            ("timeout", "How long this call waits"),
            ("requires", "The services that this one reaches"),
            ("strategy", "Which siblings a failure restarts"),
            ("intensity", "How many restarts within which time"),
            ("shutdown", "How it is stopped"),
            ("idle", "Ends an instance that got no message"),
            ("max_children", "How many children there may be"),
            ("key", "The key that the service is registered"),
        ] {
            let key = mark.trim_start_matches("child-");
            let target = format!("scope-runtime/src/words.rs: {key}");
            check(editor, mark, &target, &[text]);
        }
    });
}

/// It leads to the variant of the runtime's that it stands for.
#[test]
fn a_value_of_an_option_is_explained() {
    with_editor(|editor| {
        for (mark, file, variant, text) in [
            (
                "transient",
                "child_spec",
                "Transient",
                "Only after a failure.",
            ),
            (
                "child-transient",
                "child_spec",
                "Transient",
                "Only after a failure.",
            ),
            (
                "brutal_kill",
                "child_spec",
                "BrutalKill",
                "It is killed at once",
            ),
            ("reject", "options", "Reject", "The message comes back."),
            (
                "business",
                "options",
                "Business",
                "The rules of the business.",
            ),
            (
                "one_for_one",
                "supervisor/strategy",
                "OneForOne",
                "Only the one that",
            ),
            (
                "rest_for_one",
                "supervisor/strategy",
                "RestForOne",
                "those started after",
            ),
        ] {
            let target = format!("scope-runtime/src/{file}.rs: {variant}");
            check(editor, mark, &target, &[text]);
            // Else this would rename the variant.
            assert!(editor.rename(mark).is_err());
        }
    });
}

const RESTARTS: &str = "permanent temporary transient";

#[test]
fn the_words_of_a_service_are_offered() {
    let keys = "call_timeout debug follows handle health layer mailbox name requires restart \
                shutdown start_timeout";
    let layers = "application business foundation infrastructure";
    with_editor(|editor| {
        for (mark, typed, offered) in [
            ("service-option", "re|", keys),
            ("service-option", "layer = business, ma|", keys),
            ("service-option", "restart = t|", RESTARTS),
            ("service-option", "restart = |, mailbox = 8", RESTARTS),
            ("service-option", "shutdown = i|", "brutal_kill infinity"),
            ("service-option", "layer = |", layers),
            ("call-option", "pl|", "plain result timeout"),
            ("call-option", "timeout = |", "infinity"),
            ("mailbox-option", "ke|", "capacity drain keep overload"),
            ("mailbox-option", "overload = r|", "drop_oldest reject wait"),
        ] {
            check_offered(editor, mark, typed, offered);
        }
    });
}

#[test]
fn the_words_of_a_child_are_offered() {
    let keys = "backoff key restart shutdown significant start_timeout";
    with_editor(|editor| {
        for (mark, typed, offered) in [
            ("child-option", "restart: t|", RESTARTS),
            ("child-option", "restart: |", RESTARTS),
            ("child-option", "restart: | shutdown: \"5s\"", RESTARTS),
            ("child-option", "start_timeout: |", "infinity"),
            ("child-option", "re|", keys),
            ("child-option", "restart: transient, s|", keys),
            (
                "tasks-option",
                "ma|",
                "intensity max_children restart shutdown",
            ),
        ] {
            check_offered(editor, mark, typed, offered);
        }
    });
}

#[test]
fn the_words_of_a_supervisor_are_offered() {
    let strategies = "one_for_all one_for_one rest_for_one";
    let ends = "all_significant any_significant never";
    let nested = "auto_shutdown intensity shutdown strategy";
    with_editor(|editor| {
        for (typed, offered) in [
            ("intens|", "auto_shutdown intensity strategy"),
            ("auto_shutdown: a|,", ends),
            ("web: supervisor { strategy: | },", strategies),
            ("web: supervisor { strategy: one_for_one, s| },", nested),
        ] {
            check_offered(editor, "tree-option", typed, offered);
        }
    });
}
