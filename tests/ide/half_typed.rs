//! What still works while something is half-typed.

use crate::check::{check_half_typed, set, with_editor};

#[test]
fn a_half_typed_body_leaves_the_rest() {
    with_editor(|editor| {
        for (mark, typed, offered) in [
            ("body", "self.|", "lines count"),
            ("body", "if self.lines.| {}", "is_empty"),
            ("body", "let length = |", "line self"),
            (
                "method",
                "#[cast] fn half(&mut self) { self.| }",
                "lines add half",
            ),
            // What is half-typed elsewhere is offered what the macros made.
            ("use", "desk.|", "draft notes note"),
            ("use", "desk.draft().|", "add count"),
            (
                "tree-option",
                "other: Note(options.|) { key: \"other\" },",
                "text",
            ),
        ] {
            check_half_typed(editor, mark, typed, offered, &[]);
        }
    });
}

#[test]
fn a_half_typed_signature_leaves_the_rest() {
    let twice = "a method has one role, and this one is `#[call]` already; remove one of the two";
    with_editor(|editor| {
        for (typed, offered, messages) in [
            ("#[ca|]", "call cast", [].as_slice()),
            ("#[call] |", "async fn", &[(3, twice)]),
            ("#[call] fn half|", "", &[(0, "expected parentheses")]),
            ("fn half(&self, x: Opt|)", "Options", &[]),
            ("#[call] fn half(&self, x: Opt|)", "Options", &[]),
            ("#[call] fn half(&self, x: Opt|) {}", "Options", &[]),
            (
                "#[call] fn half(&self, x: |) {}",
                "Options",
                &[(0, "unexpected end")],
            ),
            (
                "#[call] fn half(&self) -> |",
                "Options",
                &[(0, "expected one of")],
            ),
        ] {
            check_half_typed(editor, "method", typed, offered, messages);
        }
    });
}

/// To rust-analyzer the next method stands inside of the parenthesis. Editors close it at once.
#[test]
fn an_open_parenthesis_hides_the_next_handler_alone() {
    with_editor(|editor| {
        editor.type_at("method", "#[call] fn half(&");
        assert_eq!(editor.definition("handle-count"), set(""));
        assert_eq!(editor.definition("handle-add"), set("add"));
        assert_eq!(editor.definition("desk-draft"), set("draft"));
    });
}
