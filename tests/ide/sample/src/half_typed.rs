//! What is half-typed in `tests/ide.rs`, each at a mark of its own.

use scope::prelude::*;

#[service(/*service-option*/)]
pub struct Draft {
    lines: Vec<String>,
}

#[handlers]
impl Draft {
    #[init]
    fn init() -> Self {
        Self { lines: Vec::new() }
    }

    /// Adds a line.
    #[cast]
    pub fn /*add*/add(&mut self, line: String) {
        /*body*/
        self.lines.push(line);
    }

    /*method*/

    /// Counts the lines.
    #[call(/*call-option*/)]
    pub fn /*count*/count(&self) -> usize {
        self.lines.len()
    }
}

#[service(mailbox(/*mailbox-option*/))]
struct Note;

#[handlers]
impl Note {
    #[init]
    fn init(_text: String) -> Self {
        Self
    }
}

struct Options {
    text: String,
}

supervisor! {
    supervisor Desk(options: Options) {
        strategy: one_for_one,
        /*tree-option*/
        /*draft*/draft: Draft() { /*child-option*/ },
        /*notes*/notes: tasks { /*tasks-option*/ },
        note: Note(options.text.clone()),
    }
}

async fn uses(desk: &Desk) {
    desk./*desk-draft*/draft()./*handle-add*/add("line").await.ok();
    desk.draft()./*handle-count*/count().await.ok();
    desk./*desk-notes*/notes();
    /*use*/
}
