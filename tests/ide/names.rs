//! Names that the user gave: definition, hover, uses and renaming.

use crate::check::{check, check_uses, set, with_editor};

#[test]
fn the_editor_reports_nothing_in_sound_code() {
    with_editor(|editor| {
        assert_eq!(editor.diagnostics("ledger"), []);
        assert_eq!(editor.diagnostics("draft"), []);
    });
}

#[test]
fn a_handler_is_shown_where_it_is_declared_and_called() {
    let handle = "sample::LedgerHandle";
    with_editor(|editor| {
        for (mark, handler, owner, doc) in [
            ("transfer", "transfer", "sample::Ledger\n", "Moves cents."),
            ("transfer", "transfer", handle, "Moves cents."),
            (
                "direct-transfer",
                "transfer",
                "sample::Ledger\n",
                "Moves cents.",
            ),
            ("handle-transfer", "transfer", handle, "Moves cents."),
            ("required-transfer", "transfer", handle, "Moves cents."),
            ("note", "note", handle, "Writes a note."),
            ("handle-note", "note", handle, "Writes a note."),
            (
                "myself-note",
                "note",
                "sample::LedgerMyself",
                "Writes a note.",
            ),
            (
                "handle-size",
                "size",
                "sample::CartHandle",
                "Calls `size` and waits",
            ),
        ] {
            check(editor, mark, handler, &[owner, doc]);
        }
    });
}

#[test]
fn renaming_a_handler_reaches_all_of_its_uses() {
    with_editor(|editor| {
        for (mark, places) in [
            (
                "transfer",
                "transfer direct-transfer handle-transfer required-transfer",
            ),
            ("note", "note handle-note myself-note"),
            ("size", "size handle-size"),
            // To an editor the method and that of the handle are two, which share a token: started
            // at a use it finds those of one kind. So rename at the declaration.
            ("direct-transfer", "transfer direct-transfer"),
            (
                "handle-transfer",
                "transfer handle-transfer required-transfer",
            ),
            ("myself-note", "note myself-note"),
        ] {
            check_uses(editor, mark, places);
        }
    });
}

#[test]
fn a_child_id_is_its_accessor() {
    with_editor(|editor| {
        for (id, accessor, text) in [
            ("ledger", "shop-ledger", "The books."),
            ("carts", "shop-carts", "The instances of the child `carts`."),
            ("jobs", "shop-jobs", "The tasks of the child `jobs`."),
            ("web", "shop-web", "The view of the child `web`."),
            ("second", "web-second", "The handle of the child `second`."),
        ] {
            for mark in [id, accessor] {
                check(editor, mark, id, &[text]);
                check_uses(editor, mark, &[id, accessor].join(" "));
            }
        }
    });
}

#[test]
fn arguments_and_parameters_are_names_like_any_other() {
    with_editor(|editor| {
        for (name, hover) in [
            ("cents", "cents: i64"),
            ("opening", "opening: &i64"),
            ("id", "id: u64"),
            ("LIMIT", "const LIMIT: usize"),
        ] {
            let used = format!("use-{name}");
            check(editor, &used, name, &[hover]);
            for mark in [name, &used] {
                check_uses(editor, mark, &[name, &used].join(" "));
            }
        }
    });
}

#[test]
fn a_service_is_renamed_wherever_it_is_named() {
    let uses = "Ledger impl-Ledger required-Ledger monitored-Ledger service-Ledger child-Ledger \
                second-Ledger";
    with_editor(|editor| {
        for mark in uses.split_whitespace() {
            check(editor, mark, "Ledger", &["Keeps the balance of the shop."]);
            assert_eq!(editor.rename(mark), Ok(set(uses)), "renaming `{mark}`");
        }
    });
}

/// It leads to the attribute that makes it. Renamed, it would rewrite that.
#[test]
fn a_derived_name_is_shown_and_not_renamed() {
    with_editor(|editor| {
        let found = editor.definition("LedgerHandle");
        let attribute = |place: &String| place.starts_with("src/lib.rs: service(");
        assert!(found.iter().any(attribute), "{found:?}");
        let hover = editor.hover("LedgerHandle");
        assert!(hover.contains("Talks to [`Ledger`]"), "{hover}");
        assert!(editor.rename("LedgerHandle").is_err());
    });
}
