//! rust-analyzer with the sample open, asked at marked tokens.
//!
//! `/*mark*/` in a file of the sample stands before the token that tests call `mark`. Answers name
//! places in the same way; a place without a mark is its file and its text.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::client::Client;

const FILES: &[&str] = &["src/lib.rs", "src/half_typed.rs"];

#[derive(Debug)]
pub(crate) struct Editor {
    client: Client,
    /// The copy of the sample that is open.
    sample: PathBuf,
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    uri: String,
    text: String,
    version: i64,
}

impl Editor {
    /// Opens a copy of the sample, or says what is missing for that.
    pub(crate) fn open() -> Result<Self, String> {
        let program = program()?;
        let sample = copy_sample();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/-_.".contains(letter);
        if !uri(&sample)["file://".len()..].chars().all(plain) {
            return Err(format!("{} needs escapes in a URI", sample.display()));
        }
        let client = Client::start(&program, &sample).map_err(|error| error.to_string())?;
        let mut editor = Self {
            client,
            sample,
            files: Vec::new(),
        };
        editor.initialize();
        for path in FILES {
            editor.open_file(path);
        }
        editor.wait_until_ready()?;
        Ok(editor)
    }

    fn initialize(&mut self) {
        let target = self.sample.with_file_name("target");
        let params = json!({
            "processId": std::process::id(),
            "rootUri": uri(&self.sample),
            "capabilities": {
                "general": { "positionEncodings": ["utf-8"] },
                "experimental": { "serverStatusNotification": true },
                "textDocument": {
                    "definition": { "linkSupport": true },
                    "hover": { "contentFormat": ["markdown"] },
                },
                "workspace": { "workspaceEdit": { "documentChanges": true } },
            },
            "initializationOptions": {
                "cachePriming": { "enable": false },
                // A directory of its own: builds of the editor and of these tests wait for each other otherwise.
                "cargo": { "extraEnv": { "CARGO_TARGET_DIR": target } },
                "checkOnSave": false,
                "files": { "watcher": "server" },
            },
        });
        let answer = self.client.request("initialize", &params).unwrap();
        assert_eq!(answer["capabilities"]["positionEncoding"], "utf-8");
        self.client.notify("initialized", &json!({}));
    }

    fn open_file(&mut self, path: &str) {
        let path = self.sample.join(path);
        let file = File {
            uri: uri(&path),
            text: fs::read_to_string(path).unwrap(),
            version: 0,
        };
        let document =
            json!({ "uri": file.uri, "languageId": "rust", "version": 0, "text": file.text });
        let params = json!({ "textDocument": document });
        self.client.notify("textDocument/didOpen", &params);
        self.files.push(file);
    }

    /// Waits until everything is loaded and the macros are built.
    fn wait_until_ready(&mut self) -> Result<(), String> {
        loop {
            let status = self.client.notification("experimental/serverStatus");
            if status["quiescent"] != true {
                continue;
            }
            let message = status["message"].as_str().unwrap_or_default();
            if message.contains("sysroot") {
                return Err(format!("the standard library can't be read: {message}"));
            }
            assert_eq!(status["health"], "ok", "{message}");
            // It also rests for a moment before it builds them.
            if !self.definition("handle-transfer").is_empty() {
                return Ok(());
            }
        }
    }

    /// Where the token leads.
    pub(crate) fn definition(&mut self, mark: &str) -> BTreeSet<String> {
        let answer = self
            .ask("textDocument/definition", &self.place(mark))
            .unwrap();
        let links = answer.as_array().into_iter().flatten();
        links
            .map(|link| self.label(&link["targetUri"], &link["targetSelectionRange"]))
            .collect()
    }

    /// What is shown at the token.
    pub(crate) fn hover(&mut self, mark: &str) -> String {
        let answer = self.ask("textDocument/hover", &self.place(mark)).unwrap();
        answer["contents"]["value"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// Every place where what the token names is named, its declaration included.
    pub(crate) fn references(&mut self, mark: &str) -> BTreeSet<String> {
        let mut params = self.place(mark);
        params["context"] = json!({ "includeDeclaration": true });
        let answer = self.ask("textDocument/references", &params).unwrap();
        let locations = answer.as_array().into_iter().flatten();
        locations
            .map(|location| self.label(&location["uri"], &location["range"]))
            .collect()
    }

    /// The places that change when the token is renamed, or why it can't be.
    pub(crate) fn rename(&mut self, mark: &str) -> Result<BTreeSet<String>, String> {
        let mut params = self.place(mark);
        params["newName"] = json!("renamed");
        let answer = self.ask("textDocument/rename", &params)?;
        let mut places = BTreeSet::new();
        for change in answer["documentChanges"].as_array().into_iter().flatten() {
            for edit in change["edits"].as_array().into_iter().flatten() {
                assert_eq!(edit["newText"], "renamed");
                places.insert(self.label(&change["textDocument"]["uri"], &edit["range"]));
            }
        }
        Ok(places)
    }

    /// Types at the mark, and gives what is offered where `|` is in that. The file is left so.
    pub(crate) fn complete(&mut self, mark: &str, typed: &str) -> BTreeSet<String> {
        let (before, after) = typed.split_once('|').unwrap();
        self.type_at(mark, &[before, after].concat());
        let (file, offset) = self.find(mark);
        let params = file.place(offset + before.len());
        let answer = self.ask("textDocument/completion", &params).unwrap();
        let items = answer
            .as_array()
            .or(answer["items"].as_array())
            .into_iter()
            .flatten();
        items
            .filter_map(|item| item["label"].as_str())
            .map(str::to_owned)
            .collect()
    }

    /// Brings all files back to what is on disk.
    pub(crate) fn reset(&mut self) {
        for position in 0..self.files.len() {
            self.change(position, |text| text);
        }
    }

    /// Brings the file of the mark back to what is on disk, with `typed` at the mark.
    pub(crate) fn type_at(&mut self, mark: &str, typed: &str) {
        let in_it = |file: &File| file.offset(mark).is_some();
        let position = self.files.iter().position(in_it).unwrap();
        let comment = comment(mark);
        self.change(position, |text| {
            text.replace(&comment, &[&comment, typed].concat())
        });
    }

    /// Puts something else in place of what is on disk.
    fn change(&mut self, position: usize, change: impl FnOnce(String) -> String) {
        let file = &mut self.files[position];
        file.text = change(fs::read_to_string(path(&file.uri)).unwrap());
        file.version += 1;
        let params = json!({
            "textDocument": { "uri": file.uri, "version": file.version },
            "contentChanges": [{ "text": file.text }],
        });
        self.client.notify("textDocument/didChange", &params);
    }

    /// What is reported in the file of the mark: lines, counted from that of the mark, and messages.
    pub(crate) fn diagnostics(&mut self, mark: &str) -> Vec<(i64, String)> {
        let place = self.place(mark);
        let line = place["position"]["line"].as_i64().unwrap();
        let answer = self.ask("textDocument/diagnostic", &place).unwrap();
        let items = answer["items"].as_array().into_iter().flatten();
        items
            .map(|item| {
                let at = item["range"]["start"]["line"].as_i64().unwrap();
                (
                    at - line,
                    item["message"].as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect()
    }

    fn ask(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        self.client.request(method, params)
    }

    /// Inside of the marked token: at its beginning the comment of the mark would be meant as well.
    fn place(&self, mark: &str) -> Value {
        let (file, offset) = self.find(mark);
        file.place(offset + 1)
    }

    fn find(&self, mark: &str) -> (&File, usize) {
        let mut found = self
            .files
            .iter()
            .filter_map(|file| Some((file, file.offset(mark)?)));
        found.next().unwrap_or_else(|| panic!("no mark `{mark}`"))
    }

    /// The mark of a place, or its file and its text.
    fn label(&self, uri: &Value, range: &Value) -> String {
        let uri = uri.as_str().unwrap();
        let path = path(uri);
        let open = self.files.iter().find(|file| file.uri == uri);
        let text = match open {
            Some(file) => file.text.clone(),
            None => fs::read_to_string(path).unwrap(),
        };
        let (start, end) = (offset(&text, &range["start"]), offset(&text, &range["end"]));
        let mark = text[..start]
            .strip_suffix("*/")
            .and_then(|it| it.rsplit_once("/*"));
        match mark {
            Some((_, mark)) if open.is_some() => mark.to_owned(),
            _ => {
                let path = path.strip_prefix(&self.sample).unwrap_or(path);
                let path = path.strip_prefix(root()).unwrap_or(path);
                format!("{}: {}", path.display(), &text[start..end])
            }
        }
    }
}

impl File {
    /// Where the token after the mark begins.
    fn offset(&self, mark: &str) -> Option<usize> {
        let comment = comment(mark);
        self.text.find(&comment).map(|start| start + comment.len())
    }

    fn place(&self, offset: usize) -> Value {
        let before = &self.text[..offset];
        let line = before.matches('\n').count();
        let character = before.lines().last().map_or(0, str::len);
        json!({
            "textDocument": { "uri": self.uri },
            "position": { "line": line, "character": character },
        })
    }
}

fn comment(mark: &str) -> String {
    format!("/*{mark}*/")
}

fn offset(text: &str, position: &Value) -> usize {
    let line = usize::try_from(position["line"].as_u64().unwrap()).unwrap();
    let character = usize::try_from(position["character"].as_u64().unwrap()).unwrap();
    text.split_inclusive('\n')
        .take(line)
        .map(str::len)
        .sum::<usize>()
        + character
}

fn path(uri: &str) -> &Path {
    Path::new(uri.trim_start_matches("file://"))
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The rust-analyzer to use, if it runs and finds the sources of the standard library: it would install them otherwise,
/// which is not a test's business.
fn program() -> Result<PathBuf, String> {
    let program = std::env::var_os("SCOPE_RUST_ANALYZER").unwrap_or("rust-analyzer".into());
    run(Command::new(&program).arg("--version"))?;
    let sysroot = run(Command::new("rustc").args(["--print", "sysroot"]))?;
    let library = Path::new(&sysroot).join("lib/rustlib/src/rust/library");
    if !library.exists() {
        return Err("the component `rust-src` is not installed".to_owned());
    }
    Ok(program.into())
}

/// What a command in the workspace prints, or that it fails.
fn run(command: &mut Command) -> Result<String, String> {
    match command.current_dir(root()).output() {
        Ok(Output { status, stdout, .. }) if status.success() => {
            Ok(String::from_utf8_lossy(&stdout).trim_end().to_owned())
        }
        Ok(Output { status, .. }) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

/// Copies the sample out of the workspace, beside its target directory, with our versions of all dependencies.
fn copy_sample() -> PathBuf {
    let source = root().join("tests/ide/sample");
    let sample = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ide/sample");
    fs::create_dir_all(sample.join("src")).unwrap();
    let manifest = fs::read_to_string(source.join("Cargo.toml")).unwrap();
    let manifest = manifest.replace("../../..", root().to_str().unwrap());
    fs::write(sample.join("Cargo.toml"), manifest).unwrap();
    fs::copy(root().join("Cargo.lock"), sample.join("Cargo.lock")).unwrap();
    for file in FILES {
        fs::copy(source.join(file), sample.join(file)).unwrap();
    }
    sample
}
