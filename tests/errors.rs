//! `docs/errors.md` shows what the macros say to each mistake of `tests/ui`, and the messages keep their rules.
//!
//! `SCOPE_OVERWRITE=1 cargo test --test errors` writes the page anew.

#![expect(clippy::unwrap_used, reason = "what cannot be read is a failed test")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// What the page says before the tables.
const INTRODUCTION: &str = "\
What the macros say to a mistake: one section for each macro, one row for each mistake.

A message is one sentence: what is wrong, then what to write. Its caret is on the token to change. All mistakes of an
item are reported at once, each of them once, and what is not wrong is expanded all the same: an editor keeps
completing, and no second error follows from the first. A word that is unknown is answered with those that are known,
and with the nearest one. What the compiler knows better than a macro it says itself, about your own types, on your own
tokens.

What only the compiler knows, such as the type behind a name or the order of a tree, is proved by constants; rustc puts
`evaluation panicked:` before what they say.

The rows are the compile-fail cases in `tests/ui`, named by the mistake; their text is what rustc prints.
";

/// No case is longer than this, but those in [`LONGER`].
const LINES: usize = 12;

/// Cases of one mistake whose error is longer, each with what makes it so.
const LONGER: &[(&str, &str)] = &[
    (
        "fault/no_error",
        "rustc shows the type, and where its error is asked for",
    ),
    (
        "fault/source_of_a_call_that_does_not_say",
        "rustc shows the type, and where the trait is asked for",
    ),
    (
        "fault/source_of_a_type_parameter_that_does_not_say",
        "rustc proposes the bound",
    ),
    (
        "fault/source_that_does_not_say",
        "rustc shows the type, and where the trait is asked for",
    ),
    ("service/debug_without_debug", "rustc proposes the derive"),
    (
        "handlers/a_call_of_itself",
        "rustc shows the type, and where the trait is asked for",
    ),
    (
        "handlers/a_call_of_itself_with_arguments",
        "rustc shows the type, and where the trait is asked for",
    ),
    (
        "handlers/call_with_a_missing_argument",
        "rustc shows the method that is called",
    ),
    (
        "handlers/call_with_a_wrong_argument",
        "rustc shows the method that is called",
    ),
    (
        "handlers/cast_to_itself_awaited",
        "rustc says what can be awaited, and proposes to leave it out",
    ),
    (
        "handlers/context_without_type",
        "rustc shows the declaration of `Context`",
    ),
    (
        "handlers/event_without_clone",
        "rustc shows the type, and where the trait is asked for",
    ),
    (
        "handlers/future_not_send",
        "rustc shows what is held across which await",
    ),
    (
        "handlers/future_not_send_in_a_hook",
        "rustc shows what is held across which await",
    ),
    (
        "handlers/future_not_send_in_a_used_service",
        "rustc shows what is held across which await",
    ),
    (
        "handlers/guard_over_an_await",
        "rustc shows what is held across which await",
    ),
    (
        "handlers/info_that_nobody_takes",
        "rustc shows the message that is accepted, and where that is asked for",
    ),
    (
        "handlers/marker_misspelt",
        "rustc shows an attribute whose name is near",
    ),
    (
        "handlers/monitors_without_a_handler",
        "rustc shows the type, and where the trait is asked for",
    ),
    (
        "handlers/reply_with_empty_arguments",
        "rustc shows the declaration of `ReplyTo`",
    ),
    (
        "handlers/reply_with_too_many_types",
        "rustc shows the declaration of `ReplyTo`",
    ),
    (
        "handlers/reply_without_type",
        "rustc shows the declaration of `ReplyTo`",
    ),
    (
        "handlers/sends_later_without_a_handler",
        "rustc shows the type, and where the trait is asked for",
    ),
    (
        "handlers/service_not_required",
        "rustc lists what is required, and where that is asked for",
    ),
    (
        "handlers/state_borrowed_by_a_task",
        "rustc shows where the state is borrowed, and for how long",
    ),
    (
        "handlers/subscribes_without_a_handler",
        "rustc shows the type, and where the trait is asked for",
    ),
    (
        "handlers/sync_method_awaited",
        "rustc says what can be awaited, and proposes to leave it out",
    ),
    (
        "supervisor/child_unknown",
        "rustc shows a type whose name is near",
    ),
    (
        "supervisor/dynamic_key_not_hashable",
        "rustc proposes the derive",
    ),
    (
        "supervisor/start_argument_not_clone",
        "rustc proposes the derive",
    ),
    (
        "supervisor/start_without_surroundings",
        "rustc shows the type, and where the trait is asked for",
    ),
    (
        "supervisor/subtree_that_is_no_supervisor",
        "rustc shows the type, and one that is a supervisor",
    ),
    (
        "supervisor/supervisor_as_a_service",
        "rustc shows the whole tree",
    ),
    (
        "supervisor/task_not_send",
        "rustc shows what is held across which await",
    ),
    (
        "supervisor/task_that_is_no_future",
        "rustc shows where a future is asked for",
    ),
];

/// Cases of one mistake with more than one error, each with the reason.
const SEVERAL: &[(&str, &str)] = &[
    (
        "handlers/body_half_typed",
        "rustc says what does not parse, and what is then missing",
    ),
    (
        "handlers/method_half_typed",
        "rustc does not parse it, and neither do we",
    ),
    (
        "supervisor/argument_half_typed",
        "rustc says what does not parse, and what is then missing",
    ),
];

/// Cases that show a name which users did not write and cannot know, each with the reason.
const INTERNAL: &[(&str, &str)] = &[];

/// How many cases there are at least.
const CASES: usize = 120;

/// A case, as it was recorded.
struct Case {
    section: String,
    name: String,
    /// The errors, each with all that belongs to it.
    errors: Vec<String>,
    /// What was recorded, without the lines of source that it quotes.
    words: String,
}

impl Case {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut errors: Vec<String> = Vec::new();
        for line in text.lines() {
            if line.starts_with("error") || line.starts_with("warning") {
                errors.push(String::new());
            }
            if let Some(error) = errors.last_mut() {
                writeln!(error, "{line}").unwrap();
            }
        }
        let section = path.ancestors().nth(2).unwrap();
        let is_quoted = |line: &&str| {
            line.trim_start()
                .starts_with(|first: char| first.is_ascii_digit() || first == '|')
        };
        Self {
            section: section.file_name().unwrap().to_string_lossy().into_owned(),
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            errors,
            words: text
                .lines()
                .filter(|line| !is_quoted(line))
                .collect::<Vec<_>>()
                .join("\n"),
        }
    }

    fn id(&self) -> String {
        format!("{}/{}", self.section, self.name)
    }

    /// Whether the case is there to show how many mistakes are reported at once.
    fn has_many_mistakes(&self) -> bool {
        self.name.starts_with("many_mistakes")
    }

    /// The name as a phrase: `argument_not_send` → `argument not send`.
    fn mistake(&self) -> String {
        self.name.replace('_', " ")
    }

    fn messages(&self) -> impl Iterator<Item = String> {
        self.errors.iter().map(|error| {
            // A proof may say several things, a line each.
            let sentences = error
                .lines()
                .take_while(|line| !line.trim_start().starts_with("-->"));
            let message = sentences.map(str::trim).collect::<Vec<_>>().join("<br>");
            let message = message.split_once(": ").map_or("", |(_, message)| message);
            match label(error) {
                // What rustc has to say of a type is only there.
                Some(label) if message == "mismatched types" => format!("{message}: {label}"),
                _ => message
                    .trim_start_matches("evaluation panicked: ")
                    .to_owned(),
            }
        })
    }
}

/// What stands beside the carets.
fn label(error: &str) -> Option<&str> {
    let carets = error.lines().find(|line| line.contains('^'))?;
    let label = carets.rsplit('^').next()?.trim_start_matches([' ', '-']);
    (!label.is_empty()).then_some(label)
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut paths: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|section| section.unwrap().path().join("fail"))
        .filter(|fail| fail.is_dir())
        .flat_map(|fail| fs::read_dir(fail).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "stderr")
        })
        .collect();
    paths.sort();
    paths.iter().map(|path| Case::read(path)).collect()
}

#[test]
fn the_page_of_errors_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors.md");
    let page = page(&cases());
    if std::env::var_os("SCOPE_OVERWRITE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let recorded = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        recorded == page,
        "run `SCOPE_OVERWRITE=1 cargo test --test errors` and look at what changed"
    );
}

fn page(cases: &[Case]) -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut section = "";
    for case in cases {
        if case.section != section {
            section = &case.section;
            let title = title(section);
            write!(
                page,
                "\n# {title}\n\n| mistake | what is said |\n| --- | --- |\n"
            )
            .unwrap();
        }
        let messages: Vec<String> = case.messages().map(|message| cell(&message)).collect();
        writeln!(page, "| {} | {} |", case.mistake(), messages.join("<br>")).unwrap();
    }
    page.push_str("\n# Where the compiler says more\n\nRustc adds notes of its own to some errors, which no macro can take away:\n\n");
    table(&mut page, LONGER);
    page.push_str("\nAnd it has more than one error for some mistakes:\n\n");
    table(&mut page, SEVERAL);
    page
}

/// How a macro is written.
fn title(section: &str) -> String {
    match section {
        "supervisor" => "`supervisor!`".to_owned(),
        "fault" => "`#[derive(ServiceError)]`".to_owned(),
        "test" => "`#[scope::test]`".to_owned(),
        attribute => format!("`#[{attribute}]`"),
    }
}

fn table(page: &mut String, rows: &[(&str, &str)]) {
    page.push_str("| case | why |\n| --- | --- |\n");
    for (id, reason) in rows {
        writeln!(page, "| `{id}` | {} |", cell(reason)).unwrap();
    }
}

/// Text for a table; outside of backticks nothing in it is markup.
fn cell(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(position, part)| {
        let is_code = position % 2 == 1;
        let escaped = part.replace('|', "\\|");
        if is_code {
            escaped
        } else {
            escaped
                .replace('<', "&lt;")
                .replace('[', "\\[")
                .replace('*', "\\*")
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

#[test]
fn there_is_a_case_for_each_mistake() {
    let count = cases().len();
    assert!(count >= CASES, "{count} cases");
}

#[test]
fn one_mistake_has_one_error() {
    exceptions("SEVERAL", SEVERAL, |case| {
        !case.has_many_mistakes() && case.errors.len() != 1
    });
}

#[test]
fn an_error_is_short() {
    exceptions("LONGER", LONGER, |case| {
        let [error] = case.errors.as_slice() else {
            return false;
        };
        error.trim_end().lines().count() > LINES
    });
}

#[test]
fn no_error_shows_an_internal_name() {
    exceptions("INTERNAL", INTERNAL, |case| {
        case.words
            .split(|it: char| !it.is_alphanumeric() && it != '_')
            .any(|word| word.starts_with("__"))
    });
}

/// Checks that the cases for which `is_exception` holds are those in the list.
#[track_caller]
fn exceptions(name: &str, list: &[(&str, &str)], is_exception: impl Fn(&Case) -> bool) {
    let found: Vec<String> = cases()
        .iter()
        .filter(|case| is_exception(case))
        .map(Case::id)
        .collect();
    let new: Vec<&String> = found
        .iter()
        .filter(|id| list.iter().all(|(known, _)| known != id))
        .collect();
    let stale: Vec<&str> = list
        .iter()
        .map(|(known, _)| *known)
        .filter(|known| found.iter().all(|id| id != known))
        .collect();
    assert!(
        new.is_empty(),
        "improve these, or add them to {name} with the reason: {new:#?}"
    );
    assert!(stale.is_empty(), "take these out of {name}: {stale:#?}");
}
