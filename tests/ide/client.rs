//! A language server's client: JSON-RPC over the pipes of a process.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

/// No message of the server may take longer. The longest time it is silent for is that of the first
/// build of all dependencies.
const LIMIT: Duration = Duration::from_secs(300);

/// `ContentModified`: what was asked about has changed meanwhile; ask again.
const CONTENT_MODIFIED: i64 = -32801;

#[derive(Debug)]
pub(crate) struct Client {
    server: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    /// Notifications that nobody has waited for yet.
    notifications: VecDeque<Value>,
    requests: i64,
}

impl Client {
    pub(crate) fn start(program: &Path, directory: &Path) -> io::Result<Self> {
        let mut server = Command::new(program)
            .current_dir(directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (sender, messages) = mpsc::channel();
        let output = server.stdout.take();
        thread::spawn(move || {
            let mut output = output.map(BufReader::new);
            while let Some(message) = output.as_mut().and_then(read) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let input = server.stdin.take();
        Ok(Self {
            server,
            input,
            messages,
            notifications: VecDeque::new(),
            requests: 0,
        })
    }

    pub(crate) fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks, and waits for the answer: a result, or the text of an error.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        loop {
            self.requests += 1;
            let id = self.requests;
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
            let answer = self.answer(id, method);
            match answer.get("error") {
                Some(error) if error["code"] == CONTENT_MODIFIED => {}
                Some(error) => {
                    return Err(error["message"].as_str().unwrap_or_default().to_owned());
                }
                None => return Ok(answer["result"].clone()),
            }
        }
    }

    /// Waits for the next notification `method` that nobody has waited for.
    pub(crate) fn notification(&mut self, method: &str) -> Value {
        let is_it = |message: &Value| message["method"] == method;
        loop {
            if let Some(position) = self.notifications.iter().position(is_it) {
                return self.notifications.remove(position).unwrap_or_default()["params"].take();
            }
            if let Some(message) = self.receive(method) {
                self.notifications.push_back(message);
            }
        }
    }

    fn answer(&mut self, id: i64, method: &str) -> Value {
        loop {
            match self.receive(method) {
                Some(message) if message["id"] == id => return message,
                Some(message) => self.notifications.push_back(message),
                None => {}
            }
        }
    }

    /// The next answer or notification. What the server asks of us is granted at once.
    fn receive(&mut self, waiting_for: &str) -> Option<Value> {
        let message = self.messages.recv_timeout(LIMIT);
        let message = message.unwrap_or_else(|error| panic!("no `{waiting_for}`: {error}"));
        if message.get("id").is_some() && message.get("method").is_some() {
            self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
            return None;
        }
        Some(message)
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let header = format!("Content-Length: {}\r\n\r\n", text.len());
        let input = self.input.as_mut().expect("the pipe is open until the end");
        let sent = input.write_all(format!("{header}{text}").as_bytes());
        sent.and_then(|()| input.flush()).expect("the server reads");
    }
}

/// Ends the server that this client started, and no other.
impl Drop for Client {
    fn drop(&mut self) {
        self.input = None;
        // It may have ended by itself.
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// Reads one message; `None` at the end.
fn read(output: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}
