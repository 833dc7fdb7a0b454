//! A client in the same process, over a pipe: every message of the server is read and looked at.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::io::{BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(2);

struct Client {
    reader: BufReader<ReadHalf<DuplexStream>>,
    writer: WriteHalf<DuplexStream>,
    next: i64,
    /// What the server said while something else was waited for.
    kept: Vec<Value>,
}

impl Client {
    /// A client that has shaken hands.
    async fn start(options: Value) -> (Self, Value) {
        let capabilities = json!({
            "general": {"positionEncodings": ["utf-8", "utf-16"]},
            "window": {"workDoneProgress": true, "showDocument": {"support": true}},
            "workspace": {"workspaceEdit": {"documentChanges": true, "resourceOperations": ["create"]}},
        });
        Self::with(capabilities, options).await
    }

    async fn with(capabilities: Value, options: Value) -> (Self, Value) {
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

    async fn send(&mut self, message: &Value) {
        let text = message.to_string();
        let framed = format!("Content-Length: {}\r\n\r\n{text}", text.len());
        self.writer.write_all(framed.as_bytes()).await.unwrap();
    }

    async fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    async fn read(&mut self) -> Value {
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
    async fn wait(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
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

    async fn answer(&mut self, request: &Value, result: Value) {
        self.send(&json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).await;
    }

    async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.next;
        self.next += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        let answer = self.wait(|message| message["id"] == id && message.get("method").is_none());
        let answer = answer.await;
        assert!(answer.get("error").is_none(), "{answer}");
        answer["result"].clone()
    }

    async fn open(&mut self, uri: &str, language: &str, text: &str) {
        let item = json!({"uri": uri, "languageId": language, "version": 1, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": item})).await;
    }

    /// The diagnostics of a version of the only document.
    async fn diagnostics(&mut self, version: i64) -> Vec<Value> {
        let message = self
            .wait(|message| {
                message["method"] == "textDocument/publishDiagnostics"
                    && message["params"]["version"] == version
            })
            .await;
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }
}

fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

#[tokio::test]
async fn what_does_not_parse_is_told_while_it_is_typed() {
    let (mut client, answer) = Client::start(Value::Null).await;
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-8");
    let file = "untitled:Untitled-1";
    client.open(file, "python", "def f(x:\n    return \"é\" + x\n").await;
    assert!(!client.diagnostics(1).await.is_empty());
    let change = json!({
        "textDocument": {"uri": file, "version": 2},
        "contentChanges": [{
            "range": {"start": {"line": 0, "character": 7}, "end": {"line": 0, "character": 8}},
            "text": "):",
        }],
    });
    client.notify("textDocument/didChange", change).await;
    assert_eq!(client.diagnostics(2).await, [] as [Value; 0]);
}

const HOLE: &str = "\
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
fn project(body: &str) -> tempfile::TempDir {
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
async fn act(client: &mut Client, file: &str, line: u32, title: &str) {
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

async fn generate(client: &mut Client, file: &str) {
    client.open(file, "python", HOLE).await;
    act(client, file, 10, "zerr: generate and verify `largest`").await;
}

#[tokio::test]
async fn an_unfinished_function_is_written_when_it_is_verified() {
    let folder = project("    return max(xs) if xs else 0\n");
    let model = folder.path().join("model.jsonl");
    let (mut client, _) = Client::start(json!({"model": model})).await;
    let file = uri(&folder.path().join("a.py"));
    generate(&mut client, &file).await;
    let lenses = client.request("textDocument/codeLens", json!({"textDocument": {"uri": file}}));
    let lenses = lenses.await;
    assert_eq!(lenses[0]["command"]["title"], "generate and verify");
    let apply = client.wait(|message| message["method"] == "workspace/applyEdit").await;
    let edit = &apply["params"]["edit"]["documentChanges"][0]["edits"][0];
    // The smallest edit: `raise` and `return` begin alike.
    assert_eq!(edit["newText"], "eturn max(xs) if xs else 0", "{apply}");
    assert_eq!(edit["range"]["start"], json!({"line": 10, "character": 5}));
    client.answer(&apply, json!({"applied": true})).await;
    let said = client.wait(|message| message["method"] == "window/showMessage").await;
    let text = said["params"]["message"].as_str().unwrap();
    assert!(text.contains("`largest` is verified") && text.contains("votes"), "{text}");
    // What was written has its votes above it, and its evidence beside it.
    let took = json!({
        "textDocument": {"uri": file, "version": 2},
        "contentChanges": [{"range": edit["range"], "text": edit["newText"]}],
    });
    client.notify("textDocument/didChange", took).await;
    let mut title = String::new();
    let begin = Instant::now();
    while !title.contains("verified") {
        assert!(begin.elapsed() < PATIENCE, "{title}");
        let lenses =
            client.request("textDocument/codeLens", json!({"textDocument": {"uri": file}})).await;
        title = lenses[0]["command"]["title"].as_str().unwrap_or_default().to_owned();
        tokio::task::yield_now().await;
    }
    assert!(title.contains("votes") && title.contains("layers passed"), "{title}");
    let position = json!({"line": 0, "character": 4});
    let params = json!({"textDocument": {"uri": file}, "position": position});
    let hover = client.request("textDocument/hover", params).await;
    let page = hover["contents"]["value"].as_str().unwrap();
    assert!(page.contains("| unit_tests | passed |"), "{page}");
    let progress = |message: &&Value| message["method"] == "$/progress";
    assert!(client.kept.iter().filter(progress).count() >= 2, "begin and end at least");
}

#[tokio::test]
async fn what_is_refuted_is_not_offered_and_the_reason_is_told() {
    let folder = project("    return xs[0]\n");
    let model = folder.path().join("model.jsonl");
    let (mut client, _) = Client::start(json!({"model": model})).await;
    generate(&mut client, &uri(&folder.path().join("a.py"))).await;
    let said = client
        .wait(|message| {
            message["method"] == "window/showMessage" || message["method"] == "workspace/applyEdit"
        })
        .await;
    assert_eq!(said["method"], "window/showMessage", "{said}");
    assert_eq!(said["params"]["type"], 2, "a warning");
    let text = said["params"]["message"].as_str().unwrap();
    assert!(text.contains("`largest` is") && !text.contains("is verified"), "{text}");
}

#[tokio::test]
async fn commands_about_nothing_are_errors() {
    let (mut client, _) = Client::start(Value::Null).await;
    client.open("untitled:a", "rust", "fn main() {}\n").await;
    for (command, argument) in [
        ("zerr.generate", json!({"uri": "untitled:a", "line": 1})),
        ("zerr.generate", json!({"uri": "untitled:none", "line": 1})),
        ("zerr.generate", json!("what")),
        ("zerr.other", json!({"uri": "untitled:a", "line": 1})),
    ] {
        let id = client.next;
        client.next += 1;
        let params = json!({"command": command, "arguments": [argument]});
        client
            .send(&json!({"jsonrpc": "2.0", "id": id, "method": "workspace/executeCommand", "params": params}))
            .await;
        let answer = client.wait(|message| message["id"] == id).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    }
}

const SPEC: &str = r#"name: numbers
language: python
functions:
  - name: largest
    signature: "def largest(xs: list[int]) -> int"
    description: return the largest number, or 0 where there is none
    examples:
      - {args: [[1, 7, 3]], returns: 7}
      - {args: [[]], returns: 0}
      - {args: [[-2, -5]], returns: -2}
"#;

#[tokio::test]
async fn a_spec_becomes_a_file_beside_it_and_says_how_its_functions_stand() {
    let folder = project("    return max(xs) if xs else 0\n");
    let spec = folder.path().join("task_spec.yaml");
    std::fs::write(&spec, SPEC).unwrap();
    let (mut client, _) = Client::start(json!({"model": folder.path().join("model.jsonl")})).await;
    let file = uri(&spec);
    client.open(&file, "yaml", SPEC).await;
    let document = json!({"textDocument": {"uri": file}});
    let symbols = client.request("textDocument/documentSymbol", document.clone()).await;
    assert_eq!(symbols[0]["name"], "largest");
    assert_eq!(symbols[0]["detail"], "def largest(xs: list[int]) -> int");
    act(&mut client, &file, 0, "zerr: generate and verify this spec").await;
    let apply = client.wait(|message| message["method"] == "workspace/applyEdit").await;
    let changes = &apply["params"]["edit"]["documentChanges"];
    assert_eq!(changes[0]["kind"], "create", "{apply}");
    assert_eq!(changes[0]["uri"], uri(&folder.path().join("numbers.py")));
    let text = changes[1]["edits"][0]["newText"].as_str().unwrap();
    assert!(text.contains("return max(xs) if xs else 0"), "{text}");
    // As an editor does it.
    std::fs::write(folder.path().join("numbers.py"), text).unwrap();
    client.answer(&apply, json!({"applied": true})).await;
    let said = client.wait(|message| message["method"] == "window/showMessage").await;
    let said = said["params"]["message"].as_str().unwrap().to_owned();
    assert!(said.contains("numbers is verified: 1 verified"), "{said}");
    let begin = Instant::now();
    let mut shown = Value::Null;
    while !shown.to_string().contains("python: verified") {
        assert!(begin.elapsed() < PATIENCE, "{shown}");
        shown = client.request("textDocument/codeLens", document.clone()).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(shown[2]["range"]["start"]["line"], 3, "{shown}");
}

#[tokio::test]
async fn the_parts_of_a_function_are_a_spec_to_edit() {
    let folder = project("    return 0\n");
    let split = "def sorted_up(xs: list[int]) -> list[int]\nDoes: sort the numbers\n\
                 def last_or_zero(xs: list[int]) -> int\nDoes: return the last number or 0";
    let line = json!({"role": "decompose", "entry_point": "largest", "samples": vec![split; 64]});
    let others = ["sorted_up", "last_or_zero"].map(|name| {
        json!({"role": "decompose", "entry_point": name, "samples": vec!["one function"; 64]})
            .to_string()
    });
    std::fs::write(folder.path().join("r.jsonl"), format!("{line}\n{}\n", others.join("\n")))
        .unwrap();
    let (mut client, _) = Client::start(json!({"model": folder.path().join("r.jsonl")})).await;
    let file = uri(&folder.path().join("a.py"));
    client.open(&file, "python", HOLE).await;
    act(&mut client, &file, 10, "zerr: decompose `largest` into subtasks").await;
    let apply = client
        .wait(|message| {
            message["method"] == "workspace/applyEdit" || message["method"] == "window/showMessage"
        })
        .await;
    let changes = &apply["params"]["edit"]["documentChanges"];
    let name = changes[0]["uri"].as_str().unwrap_or_else(|| panic!("{apply}"));
    assert!(name.ends_with("/largest.task_spec.yaml"), "{name}");
    let text = changes[1]["edits"][0]["newText"].as_str().unwrap();
    assert!(text.contains("sorted_up") && text.contains("last_or_zero"), "{text}");
    client.answer(&apply, json!({"applied": true})).await;
    let shown = client.wait(|message| message["method"] == "window/showDocument").await;
    assert_eq!(shown["params"]["uri"], name);
}

#[tokio::test]
async fn examples_that_replies_agree_on_come_into_the_documentation() {
    let folder = project("    return 0\n");
    let reply = "largest([4, 4]) == 4\nlargest([-1]) == -1\n";
    // Its replies are more often wrong than right; lines are voted on all the same.
    let card = json!({
        "prompts": {"examples": [1], "function": [3]},
        "p": [{"role": "examples", "language": "python", "p": 0.2}],
    });
    let samples = [reply, reply, "largest([9]) == 8\n"].repeat(20);
    let line =
        json!({"role": "examples", "entry_point": "largest", "card": card, "samples": samples});
    std::fs::write(folder.path().join("r.jsonl"), format!("{line}\n")).unwrap();
    let (mut client, _) = Client::start(json!({"model": folder.path().join("r.jsonl")})).await;
    let file = uri(&folder.path().join("a.py"));
    client.open(&file, "python", HOLE).await;
    act(&mut client, &file, 10, "zerr: write examples for `largest`").await;
    let apply = client
        .wait(|message| {
            message["method"] == "workspace/applyEdit" || message["method"] == "window/showMessage"
        })
        .await;
    let edit = &apply["params"]["edit"]["documentChanges"][0]["edits"][0];
    let text = edit["newText"].as_str().unwrap_or_else(|| panic!("{apply}"));
    assert!(
        text.contains("largest([4, 4]) == 4") && text.contains("largest([-1]) == -1"),
        "{text}"
    );
    assert!(!text.contains("largest([9])"), "{text}");
}

const COUNTER: &str = "\
#[derive(Debug, PartialEq)]
pub struct Counter {
    count: u32,
}

impl Counter {
    /// Adds one, and says how many there were before.
    pub fn take(&mut self) -> u32 {
        todo!()
    }
}

#[test]
fn takes() {
    let mut counter = Counter { count: 3 };
    assert_eq!((counter.take(), counter.take()), (3, 4));
    assert_eq!(counter, Counter { count: 5 });
}
";

#[tokio::test]
async fn a_method_is_written_by_the_tests_of_its_project() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::create_dir(folder.path().join(".zerr")).unwrap();
    std::fs::create_dir(folder.path().join("src")).unwrap();
    write(
        "Cargo.toml",
        "[package]\nname = \"counter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n",
    );
    write("Cargo.lock", "version = 4\n\n[[package]]\nname = \"counter\"\nversion = \"0.1.0\"\n");
    write("src/lib.rs", COUNTER);
    let right = "    let before = self.count;\n    self.count += 1;\n    before\n}";
    let wrong = "    self.count += 1;\n    self.count\n}";
    let samples: Vec<&str> = [right, wrong].into_iter().cycle().take(200).collect();
    let line = json!({"entry_point": "take", "language": "rust", "samples": samples});
    write("model.jsonl", &format!("{line}\n"));
    let model = folder.path().join("model.jsonl");
    let (mut client, _) = Client::start(json!({"model": model})).await;
    let file = uri(&folder.path().join("src/lib.rs"));
    client.open(&file, "rust", COUNTER).await;
    let params = json!({"textDocument": {"uri": file}});
    let lenses = client.request("textDocument/codeLens", params).await;
    assert_eq!(lenses[0]["command"]["title"], "generate and verify by the project's tests");
    act(&mut client, &file, 8, "zerr: generate and verify `take`").await;
    let apply = client
        .wait(|message| {
            let method = &message["method"];
            method == "window/showMessage" || method == "workspace/applyEdit"
        })
        .await;
    let edit = &apply["params"]["edit"]["documentChanges"][0]["edits"][0];
    let text = edit["newText"].as_str().unwrap_or_else(|| panic!("{apply}"));
    assert!(text.contains("let before = self.count;"), "{apply}");
    client.answer(&apply, json!({"applied": true})).await;
    let said = client.wait(|message| message["method"] == "window/showMessage").await;
    let text = said["params"]["message"].as_str().unwrap();
    assert!(text.contains("`take` is verified") && text.contains("judged by one test"), "{text}");
}

#[tokio::test]
async fn a_client_that_asks_for_diagnostics_is_answered_and_sent_none() {
    let capabilities = json!({"textDocument": {"diagnostic": {}}});
    let (mut client, answer) = Client::with(capabilities, Value::Null).await;
    assert!(answer["capabilities"]["diagnosticProvider"].is_object(), "{answer}");
    client.open("untitled:a", "python", "def f(:\n    pass\n").await;
    let params = json!({"textDocument": {"uri": "untitled:a"}});
    let report = client.request("textDocument/diagnostic", params.clone()).await;
    assert_eq!(report["kind"], "full", "{report}");
    assert_eq!(report["items"][0]["range"]["start"]["line"], 0, "{report}");
    let change = json!({
        "textDocument": {"uri": "untitled:a", "version": 2},
        "contentChanges": [{"text": "def f():\n    pass\n"}],
    });
    client.notify("textDocument/didChange", change).await;
    let report = client.request("textDocument/diagnostic", params).await;
    assert_eq!(report["items"], json!([]));
    let sent = |message: &&Value| message["method"] == "textDocument/publishDiagnostics";
    assert_eq!(client.kept.iter().filter(sent).count(), 0);
}

#[tokio::test]
async fn a_client_that_watches_files_is_asked_to() {
    let watching = json!({"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": true}}});
    let (mut client, _) = Client::with(watching, Value::Null).await;
    let asked = client.wait(|message| message["method"] == "client/registerCapability").await;
    let registration = &asked["params"]["registrations"][0];
    assert_eq!(registration["method"], "workspace/didChangeWatchedFiles", "{asked}");
    let watchers = registration["registerOptions"]["watchers"].as_array().unwrap();
    assert!(watchers.iter().any(|it| it["globPattern"] == "**/*.{rs,py}"), "{asked}");
    client.answer(&asked, Value::Null).await;
    // It goes on as before.
    client.open("untitled:a", "rust", "fn main( {}\n").await;
    assert_eq!(client.diagnostics(1).await.len(), 1);
}
