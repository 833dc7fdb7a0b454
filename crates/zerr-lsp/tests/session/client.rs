//! A client in the same process, over a pipe: every message of the server is read.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::io::{BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split};

/// Far longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct Client {
    pub(crate) reader: BufReader<ReadHalf<DuplexStream>>,
    pub(crate) writer: WriteHalf<DuplexStream>,
    pub(crate) next: i64,
    /// What the server said while something else was waited for.
    pub(crate) kept: Vec<Value>,
}

impl Client {
    /// A client that has shaken hands.
    pub(crate) async fn start(options: Value) -> (Self, Value) {
        let capabilities = json!({
            "general": {"positionEncodings": ["utf-8", "utf-16"]},
            "window": {"workDoneProgress": true, "showDocument": {"support": true}},
            "workspace": {"workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]}},
        });
        Self::with(capabilities, options).await
    }

    pub(crate) async fn with(capabilities: Value, options: Value) -> (Self, Value) {
        let (own, other) = duplex(1 << 20);
        let (input, output) = split(other);
        tokio::spawn(zerr_lsp::serve(input, output));
        let (reader, writer) = split(own);
        let mut client = Self { reader: BufReader::new(reader), writer, next: 1, kept: Vec::new() };
        let params = json!({"capabilities": capabilities, "initializationOptions": options, "rootUri": null});
        let answer = client.request("initialize", params).await;
        client.notify("initialized", json!({})).await;
        (client, answer)
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let framed = format!("Content-Length: {}\r\n\r\n{text}", text.len());
        self.writer.write_all(framed.as_bytes()).await.unwrap();
    }

    pub(crate) async fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    pub(crate) async fn read(&mut self) -> Value {
        let read = async {
            let mut length = 0;
            loop {
                let mut line = String::new();
                self.reader.read_line(&mut line).await.unwrap();
                if let Some(value) = line.strip_prefix("Content-Length: ") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            self.reader.read_exact(&mut body).await.unwrap();
            serde_json::from_slice(&body).unwrap()
        };
        tokio::time::timeout(PATIENCE, read).await.expect("the server says something")
    }

    /// The next message that is looked for; requests for progress are answered, others are kept.
    pub(crate) async fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at);
        }
        loop {
            let message = self.read().await;
            if wanted(&message) {
                return message;
            }
            if message["method"] == "window/workDoneProgress/create" {
                self.answer(&message, Value::Null).await;
            } else {
                self.kept.push(message);
            }
        }
    }

    pub(crate) async fn answer(&mut self, request: &Value, result: Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).await;
    }

    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        let answer = self.wait(|message| message["id"] == id && message.get("method").is_none());
        let answer = answer.await;
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    pub(crate) async fn open(&mut self, uri: &str, language: &str, text: &str) {
        let item = json!({"uri": uri, "languageId": language, "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": item})).await;
    }

    /// The diagnostics of a version of the only document.
    pub(crate) async fn diagnostics(&mut self, version: i64) -> Vec<Value> {
        let message = self
            .wait(|message| {
                message["method"] == "textDocument/publishDiagnostics"
                    && message["params"]["version"] == version
            })
            .await;
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }
}

pub(crate) fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

pub(crate) const HOLE: &str = "\
def largest(xs: list[int]) -> int:
    \"\"\"Return the largest number, or 0 where there is none.

    >>> largest([1, 7, 3])
    7
    >>> largest([])
    0
    >>> largest([-2, -5])
    -2
    \"\"\"
    raise NotImplementedError
";

/// A folder with one unfinished function, and a recording of what a model would say.
pub(crate) fn project(body: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".zerr")).unwrap();
    std::fs::write(folder.path().join("a.py"), HOLE).unwrap();
    let sample = format!("```python\ndef largest(xs: list[int]) -> int:\n{body}```\n");
    let line =
        json!({"entry_point": "largest", "language": "python", "samples": vec![sample; 200]});
    std::fs::write(folder.path().join("model.jsonl"), format!("{line}\n")).unwrap();
    folder
}

/// Takes the action with this title at a line.
pub(crate) async fn act(client: &mut Client, file: &str, line: u32, title: &str) {
    let position = json!({"line": line, "character": 4});
    let params = json!({
        "textDocument": {"uri": file},
        "range": {"start": position, "end": position},
        "context": {"diagnostics": []},
    });
    let actions = client.request("textDocument/codeAction", params).await;
    let action = actions.as_array().unwrap().iter().find(|action| action["title"] == title);
    let command = &action.unwrap_or_else(|| panic!("{actions}"))["command"];
    let params = json!({"command": command["command"], "arguments": command["arguments"]});
    client.request("workspace/executeCommand", params).await;
}

pub(crate) async fn generate(client: &mut Client, file: &str) {
    client.open(file, "python", HOLE).await;
    act(client, file, 10, "zerr: generate and verify `largest`").await;
}

/// What the model of [`project`] says: these bodies in turn.
pub(crate) fn record(folder: &tempfile::TempDir, bodies: &[&str]) {
    let sample =
        |body: &&str| format!("```python\ndef largest(xs: list[int]) -> int:\n{body}```\n");
    let samples: Vec<String> = bodies.iter().cycle().take(200).map(sample).collect();
    let line = json!({"entry_point": "largest", "language": "python", "samples": samples});
    std::fs::write(folder.path().join("model.jsonl"), format!("{line}\n")).unwrap();
}

/// The next request of the server for an answer, an edit, or a message.
pub(crate) async fn said(client: &mut Client) -> Value {
    client
        .wait(|message| {
            let method = &message["method"];
            method == "window/showMessageRequest"
                || method == "workspace/applyEdit"
                || method == "window/showMessage"
        })
        .await
}

/// The text that an edit of one document makes; places count bytes.
pub(crate) fn applied(text: &str, apply: &Value) -> String {
    let edits = apply["params"]["edit"]["documentChanges"][0]["edits"].as_array().unwrap();
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let at = |place: &Value| {
        let row = place["line"].as_u64().unwrap() as usize;
        starts.get(row).copied().unwrap_or(text.len())
            + place["character"].as_u64().unwrap() as usize
    };
    let mut new = text.to_owned();
    for edit in edits.iter().rev() {
        let range = at(&edit["range"]["start"])..at(&edit["range"]["end"]);
        new.replace_range(range, edit["newText"].as_str().unwrap());
    }
    new
}
