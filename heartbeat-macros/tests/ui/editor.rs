//! rust-analyzer completes and marks a worker as an editor would show it.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::scratch::{Scratch, is_installed};

/// Timeout of a message: rust-analyzer reads the standard library and all dependencies first.
const TIMEOUT: Duration = Duration::from_secs(180);

/// A client of the language server, in JSON-RPC over pipes.
struct Editor {
    server: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    /// Messages that arrived while another one was awaited.
    seen: VecDeque<Value>,
    uri: String,
    version: i64,
}

impl Editor {
    /// Opens the program of a package and waits until the server is idle.
    fn open(scratch: &Scratch, text: &str) -> Self {
        let mut server = Command::new("rust-analyzer")
            .current_dir(&scratch.folder)
            .env("CARGO_NET_OFFLINE", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = server.stdin.take().unwrap();
        let output = BufReader::new(server.stdout.take().unwrap());
        let (send, messages) = channel();
        thread::spawn(move || read_messages(output, |message| send.send(message).is_ok()));
        let uri = format!("file://{}", scratch.folder.join("src/main.rs").display());
        let seen = VecDeque::new();
        let mut editor = Self { server, input, messages, seen, uri, version: 1 };
        let root = format!("file://{}", scratch.folder.display());
        editor.request(
            "initialize",
            &json!({
                "processId": null,
                "rootUri": root,
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "textDocument": { "publishDiagnostics": {} },
                },
                "initializationOptions": {
                    "cargo": { "targetDir": true },
                    "checkOnSave": false,
                    "procMacro": { "enable": true },
                },
            }),
        );
        editor.notify("initialized", &json!({}));
        let document = json!({
            "uri": editor.uri, "languageId": "rust", "version": 1, "text": text,
        });
        editor.notify("textDocument/didOpen", &json!({ "textDocument": document }));
        editor.await_message(|message| {
            message["method"] == "experimental/serverStatus"
                && message["params"]["quiescent"] == true
        });
        editor
    }

    /// Replaces the text of the program.
    fn change(&mut self, text: &str) {
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        let change = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
        self.notify("textDocument/didChange", &change);
    }

    /// Requests the completions at a byte offset.
    fn completions(&mut self, text: &str, at: usize) -> Vec<String> {
        let position = position(text, at);
        let place = json!({ "textDocument": { "uri": self.uri }, "position": position });
        let result = self.request("textDocument/completion", &place);
        let items = result["items"].as_array().or(result.as_array()).cloned().unwrap_or_default();
        items.iter().filter_map(|item| Some(item["label"].as_str()?.to_owned())).collect()
    }

    fn request(&mut self, method: &str, parameters: &Value) -> Value {
        self.version += 1;
        let id = self.version;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters }));
        let mut answer =
            self.await_message(|message| message["id"] == id && message["method"].is_null());
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].take()
    }

    fn notify(&mut self, method: &str, parameters: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }));
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.input.flush().unwrap();
    }

    /// Waits for a message, and answers requests of the server with `null`.
    fn await_message(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.seen.iter().position(&is_wanted) {
            return self.seen.remove(index).unwrap();
        }
        loop {
            let message = self.messages.recv_timeout(TIMEOUT).expect("rust-analyzer answers");
            if is_wanted(&message) {
                return message;
            }
            if !message["id"].is_null() && !message["method"].is_null() {
                self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
            }
            self.seen.push_back(message);
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        // Both fail only if the server has already exited.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn read_messages(mut output: impl BufRead, take: impl Fn(Value) -> bool) {
    loop {
        let mut length = 0;
        let mut line = String::new();
        while output.read_line(&mut line).is_ok_and(|read| read > 0) && line != "\r\n" {
            if let Some(written) = line.strip_prefix("Content-Length: ") {
                length = written.trim().parse().unwrap_or(0);
            }
            line.clear();
        }
        let mut body = vec![0; length];
        let Ok(()) = output.read_exact(&mut body) else { return };
        let Ok(message) = serde_json::from_slice(&body) else { return };
        if !take(message) {
            return;
        }
    }
}

/// Converts a byte offset in ASCII text to a line and a column, both from 0.
fn position(text: &str, at: usize) -> Value {
    let before = &text[..at];
    let line = before.matches('\n').count();
    let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1);
    json!({ "line": line, "character": column })
}

/// Writes the given code into the body of `run`.
fn program(endpoint: &str, body: &str) -> String {
    format!(
        "use heartbeat_runtime::{{Error, RoleEnvironment, WorkerRole, worker_role}};

struct Orders;

#[worker_role(heartbeat = \"{endpoint}\")]
impl WorkerRole for Orders {{
    async fn on_start(_role: &RoleEnvironment) -> Result<Self, Error> {{
        Ok(Self)
    }}

    async fn run(&mut self, role: &RoleEnvironment) -> Result<(), Error> {{
        {body}
        Ok(())
    }}
}}
"
    )
}

/// Bodies that do not parse. The completion after `role.is_sto` must offer a method of `role`.
const BROKEN: [&str; 10] = [
    "role.is_sto",
    "let x = ; role.is_sto",
    "if role.is_sto",
    "call(role.is_sto",
    "match 1 { 1 => } role.is_sto",
    "let = 1; role.is_sto;",
    // The syntax error is in another method.
    "role.is_sto }\n    async fn on_stop(self, _: &RoleEnvironment) -> Result<(), Error> {\n let = ;",
    "@ role.is_sto;",
    "let x: = role.is_sto;",
    "role.; role.is_sto;",
];

/// Opens the intact program, or returns `None` without rust-analyzer.
fn editor(name: &str) -> Option<Editor> {
    // A toolchain may lack it, so CI does not require it either.
    if !is_installed(&["rust-analyzer", "--version"]) {
        return None;
    }
    let scratch = Scratch::package(name);
    let definition = include_str!("definitions/ServiceDefinition.csdef");
    scratch.write("ServiceDefinition.csdef", definition);
    let whole = program("Heartbeat", "");
    scratch.write("src/main.rs", &whole);
    Some(Editor::open(&scratch, &whole))
}

#[test]
fn completes_methods_in_bodies_that_do_not_parse() {
    let Some(mut editor) = editor("editor-completion") else { return };
    for body in BROKEN {
        let text = program("Heartbeat", body);
        editor.change(&text);
        let at = text.find("role.is_sto").unwrap() + "role.is_sto".len();
        let completions = editor.completions(&text, at);
        let is_method = |name: &String| name.starts_with("is_stopping");
        assert!(completions.iter().any(is_method), "{body}: {completions:?}");
    }
}

#[test]
fn offers_to_run_the_worker_and_marks_an_unknown_endpoint() {
    let Some(mut editor) = editor("editor-marks") else { return };
    let document = json!({ "textDocument": { "uri": editor.uri } });
    let lenses = editor.request("textDocument/codeLens", &document).to_string();
    assert!(lenses.contains("Run"), "{lenses}");

    let text = program("Hartbeat", "");
    editor.change(&text);
    let uri = editor.uri.clone();
    let message = editor.await_message(|message| {
        message["method"] == "textDocument/publishDiagnostics"
            && message["params"]["uri"] == *uri
            && message["params"]["diagnostics"].to_string().contains("no endpoint named")
    });
    let marks = message["params"]["diagnostics"].as_array().unwrap();
    let mark = marks.iter().find(|mark| mark["message"].to_string().contains("no endpoint"));
    let at = text.find("\"Hartbeat\"").unwrap();
    assert_eq!(mark.unwrap()["range"]["start"], position(&text, at));
}
