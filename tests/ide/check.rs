//! The editor that all tests share, and one check per feature.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::editor::Editor;

/// Started once, which takes longer than all tests. It ends with this process, which closes its
/// pipe.
static EDITOR: LazyLock<Option<Mutex<Editor>>> = LazyLock::new(|| match Editor::open() {
    Ok(editor) => Some(Mutex::new(editor)),
    Err(reason) => {
        // Not with a macro: what a passing test prints is not shown.
        let text = format!("skipped: no rust-analyzer: {reason}\n");
        io::stderr().write_all(text.as_bytes()).unwrap();
        None
    }
});

/// Runs a test in the editor, if there is one.
pub(crate) fn with_editor(test: impl FnOnce(&mut Editor)) {
    if let Some(editor) = &*EDITOR {
        let mut editor = editor.lock().unwrap_or_else(PoisonError::into_inner);
        editor.reset();
        test(&mut editor);
    }
}

/// Words in any order.
pub(crate) fn set(words: &str) -> BTreeSet<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

/// The token at `mark` leads to `target`, and `texts` are shown at it.
#[track_caller]
pub(crate) fn check(editor: &mut Editor, mark: &str, target: &str, texts: &[&str]) {
    let found = editor.definition(mark);
    assert!(found.iter().eq([target]), "`{mark}` leads to {found:?}");
    let hover = editor.hover(mark);
    for text in texts {
        assert!(hover.contains(text), "no `{text}` at `{mark}`: {hover}");
    }
}

/// What is at `mark` is named at `places`, and renaming it there changes these.
#[track_caller]
pub(crate) fn check_uses(editor: &mut Editor, mark: &str, places: &str) {
    assert_eq!(editor.references(mark), set(places), "uses of `{mark}`");
    let renamed = editor.rename(mark);
    assert_eq!(renamed, Ok(set(places)), "renaming `{mark}`");
}

/// Where `|` is in `typed`, exactly `offered` is offered.
#[track_caller]
pub(crate) fn check_offered(editor: &mut Editor, mark: &str, typed: &str, offered: &str) {
    let complete = editor.complete(mark, typed);
    assert_eq!(complete, set(offered), "`{typed}` at `{mark}`");
    check_the_rest(editor, &format!("`{typed}` at `{mark}`"));
    editor.type_at(mark, "");
}

/// All that is not half-typed is still understood.
#[track_caller]
pub(crate) fn check_the_rest(editor: &mut Editor, while_there_is: &str) {
    for (use_of, declared) in [
        ("desk-draft", "draft"),
        ("desk-notes", "notes"),
        ("handle-add", "add"),
        ("handle-count", "count"),
    ] {
        let found = editor.definition(use_of);
        assert_eq!(found, set(declared), "{while_there_is}");
    }
}

/// With `typed` at `mark` the rest of the file works, `offered` is among what is offered where `|`
/// is, and beside syntax errors in the editor's own words there are messages, each with its line
/// counted from that of the mark, that begin with `messages`.
#[track_caller]
pub(crate) fn check_half_typed(
    editor: &mut Editor,
    mark: &str,
    typed: &str,
    offered: &str,
    messages: &[(i64, &str)],
) {
    let complete = editor.complete(mark, typed);
    let all_offered = set(offered).is_subset(&complete);
    assert!(all_offered, "`{typed}` at `{mark}` offers {complete:?}");
    check_the_rest(editor, &format!("`{typed}` at `{mark}`"));
    let mut reported = editor.diagnostics(mark);
    reported.retain(|(_, message)| !message.starts_with("Syntax Error"));
    let as_expected = reported.len() == messages.len()
        && reported.iter().zip(messages).all(|(reported, expected)| {
            reported.0 == expected.0 && reported.1.starts_with(expected.1)
        });
    assert!(as_expected, "`{typed}` at `{mark}`: {reported:?}");
    editor.type_at(mark, "");
}
