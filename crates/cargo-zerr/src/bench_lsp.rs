//! `bench lsp`: how long an editor waits for the language server, beside `ruff server` where that is
//! there. Main function: [`run`].

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::Instant;

use serde::Serialize;
use serde_json::{Value, json};
use zerr_exec::trusted;

use crate::failure::Failure;

/// Lines of the document that is typed into.
const LINES: usize = 10_000;

/// Keys, the first of which warm the server up.
const KEYS: usize = 300;
const KEYS_WARM: usize = 20;

/// Lists of code actions that are asked for while nothing else goes on.
const ASKED: usize = 400;

/// The second example is wrong.
const IMPOSSIBLE: &str = "\
def count_vowels(text: str) -> int:
    \"\"\"Count the vowels (a, e, i, o, u) in the text, in upper or lower case.

    >>> count_vowels(\"hello\")
    2
    >>> count_vowels(\"\")
    9
    \"\"\"
    raise NotImplementedError
";

/// How often a server is started.
const STARTS: usize = 7;

/// Milliseconds, but for memory.
#[derive(Debug, Clone, Default, Serialize)]
struct ServerFigures {
    server: String,
    language: &'static str,
    /// From its start to its answer to `initialize`, the median.
    start_ms: f64,
    /// Resident memory after that, in MB; 0 where it cannot be told.
    idle_mb: f64,
    /// From a key to the diagnostics of its version.
    key_p50_ms: f64,
    key_p99_ms: f64,
    /// A list of code actions.
    actions_p50_ms: f64,
    /// The same, one after the other, while nothing else goes on, and while a function is generated.
    quiet_p99_ms: Option<f64>,
    generating_p99_ms: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct LspFigures {
    lines: usize,
    keys: usize,
    servers: Vec<ServerFigures>,
}

impl LspFigures {
    pub(crate) fn rows(&self) -> Vec<String> {
        let mut rows = vec![
            format!("{} keys in a file of {} lines", self.keys, self.lines),
            "server               start ms  idle MB  key p50  key p99  actions p50".to_owned(),
        ];
        rows.extend(self.servers.iter().map(|one| {
            format!(
                "{:<20} {:8.1} {:8.1} {:8.2} {:8.2} {:12.2}",
                format!("{}, {}", one.server, one.language),
                one.start_ms,
                one.idle_mb,
                one.key_p50_ms,
                one.key_p99_ms,
                one.actions_p50_ms
            )
        }));
        rows.extend(self.servers.iter().filter_map(|one| {
            let (quiet, busy) = (one.quiet_p99_ms?, one.generating_p99_ms?);
            Some(format!(
                "{}, {}: code actions p99 {quiet:.2} ms, {busy:.2} ms while it generates ({:.1} times)",
                one.server,
                one.language,
                busy / quiet
            ))
        }));
        rows
    }
}

pub(crate) fn run(ruff: Option<PathBuf>) -> Result<LspFigures, Failure> {
    let own = std::env::current_exe()
        .map_err(|error| Failure::usage("this program cannot be found").because(error))?;
    let mut figures = LspFigures { lines: LINES, keys: KEYS, servers: Vec::new() };
    let zerr = || trusted::Command::new(&own).arg("lsp");
    figures.servers.push(measure("zerr", &zerr(), "python", true)?);
    figures.servers.push(measure("zerr", &zerr(), "rust", false)?);
    if let Some(ruff) = ruff {
        let server = trusted::Command::new(ruff).arg("server");
        figures.servers.push(measure("ruff server", &server, "python", false)?);
    }
    Ok(figures)
}

/// A document of functions, whose last line is in the middle of one.
fn document(language: &str) -> String {
    let mut text = String::new();
    for number in 0..LINES / 5 {
        let function = match language {
            "rust" => format!(
                "fn f{number}(x: i64, y: i64) -> i64 {{\n    let z = x * {number} + y;\n    \
                 if z > 10 {{ z - 1 }} else {{ z }}\n}}\n\n"
            ),
            _ => format!(
                "def f{number}(x: int, y: int) -> int:\n    z = x * {number} + y\n    \
                 return z - 1 if z > 10 else z\n\n\n"
            ),
        };
        text.push_str(&function);
    }
    text
}

fn measure(
    name: &str,
    command: &trusted::Command,
    language: &'static str,
    generates: bool,
) -> Result<ServerFigures, Failure> {
    let failed = |error: std::io::Error| {
        Failure::usage(format!("{name} does not answer as a language server")).because(error)
    };
    let mut starts = Vec::new();
    let mut last = None;
    for _ in 0..STARTS {
        let begin = Instant::now();
        let child = command
            .spawn_piped()
            .map_err(|error| Failure::usage(format!("{name} cannot be started")).because(error))?;
        let mut client = Client::new(child).ok_or_else(|| Failure::usage("no pipes"))?;
        client.start().map_err(failed)?;
        starts.push(begin.elapsed().as_secs_f64() * 1_000.0);
        last = Some(client);
    }
    let Some(mut client) = last else { return Err(Failure::usage("no server was started")) };
    let mut figures = ServerFigures {
        server: name.to_owned(),
        language,
        start_ms: quantile(&mut starts, 0.5),
        idle_mb: resident_mb(client.child.id()).unwrap_or(0.0),
        ..ServerFigures::default()
    };
    let (keys, actions) = client.type_into(language).map_err(failed)?;
    let (mut keys, mut actions) = (keys, actions);
    figures.key_p50_ms = quantile(&mut keys, 0.5);
    figures.key_p99_ms = quantile(&mut keys, 0.99);
    figures.actions_p50_ms = quantile(&mut actions, 0.5);
    if generates {
        let (mut quiet, mut busy) = client.ask_while_generating(language).map_err(failed)?;
        figures.quiet_p99_ms = Some(quantile(&mut quiet, 0.99));
        figures.generating_p99_ms = Some(quantile(&mut busy, 0.99));
    }
    Ok(figures)
}

fn quantile(values: &mut [f64], at: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (at * values.len() as f64).ceil() as usize;
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// From `/proc`, on Linux.
fn resident_mb(process: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1_024.0)
}

/// An editor, as far as a server can tell.
struct Client {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: u32,
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Client {
    fn new(mut child: Child) -> Option<Self> {
        let (input, output) = (child.stdin.take()?, child.stdout.take()?);
        Some(Self { child, input, output: BufReader::new(output), next: 0 })
    }

    fn start(&mut self) -> std::io::Result<()> {
        // Diagnostics are to be pushed, and places counted in UTF-8.
        let capabilities = json!({"general": {"positionEncodings": ["utf-8"]}});
        self.request(
            "initialize",
            &json!({"processId": null, "rootUri": null, "capabilities": capabilities}),
        )?;
        self.notify("initialized", &json!({}))
    }

    /// Types into the middle of a long file; milliseconds to the diagnostics of each key, and of
    /// lists of code actions.
    fn type_into(&mut self, language: &str) -> std::io::Result<(Vec<f64>, Vec<f64>)> {
        let extension = if language == "rust" { "rs" } else { "py" };
        // In a folder that is not there: nothing on disk is looked at.
        let uri = format!("file:///zerr-bench/document.{extension}");
        let item =
            json!({"uri": uri, "languageId": language, "version": 1, "text": document(language)});
        self.notify("textDocument/didOpen", &json!({"textDocument": item}))?;
        self.diagnostics(1)?;
        let line = LINES / 2 + 1;
        let (mut keys, mut actions) = (Vec::new(), Vec::new());
        for key in 0..KEYS {
            let letter = ["(", "a", ")", " ", "x"].get(key % 5).copied().unwrap_or("x");
            let at = json!({"line": line, "character": 4});
            let version = key + 2;
            let params = json!({
                "textDocument": {"uri": uri, "version": version},
                "contentChanges": [{"range": {"start": at, "end": at}, "text": letter}],
            });
            let begin = Instant::now();
            self.notify("textDocument/didChange", &params)?;
            self.diagnostics(version)?;
            if key >= KEYS_WARM {
                keys.push(begin.elapsed().as_secs_f64() * 1_000.0);
            }
            if key % 10 == 9 {
                let range = json!({"start": at, "end": at});
                let params = json!({
                    "textDocument": {"uri": uri}, "range": range, "context": {"diagnostics": []},
                });
                let begin = Instant::now();
                self.request("textDocument/codeAction", &params)?;
                actions.push(begin.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        Ok((keys, actions))
    }

    /// Lists of code actions of the long file, milliseconds each: without anything else, and while the
    /// server generates a function that no sample can meet, so that it takes all samples it may.
    fn ask_while_generating(&mut self, language: &str) -> std::io::Result<(Vec<f64>, Vec<f64>)> {
        let folder = tempfile::tempdir()?;
        std::fs::create_dir(folder.path().join(zerr_engine::zerr_store::FOLDER))?;
        let file = folder.path().join("a.py");
        std::fs::write(&file, IMPOSSIBLE)?;
        let uri = format!("file://{}", file.display());
        let item = json!({"uri": uri, "languageId": "python", "version": 1, "text": IMPOSSIBLE});
        self.notify("textDocument/didOpen", &json!({"textDocument": item}))?;
        let mut quiet = Vec::new();
        for _ in 0..ASKED {
            quiet.push(self.actions(language)?.0);
        }
        let place = json!({"uri": uri, "line": 1});
        self.request(
            "workspace/executeCommand",
            &json!({"command": "zerr.generate", "arguments": [place]}),
        )?;
        let mut busy = Vec::new();
        let mut is_over = false;
        while !is_over {
            let (ms, said) = self.actions(language)?;
            busy.push(ms);
            // It ends with a word to the user.
            is_over = said.iter().any(|message| message["method"] == "window/showMessage");
        }
        Ok((quiet, busy))
    }

    /// One list of code actions: milliseconds, and what else the server said meanwhile.
    fn actions(&mut self, language: &str) -> std::io::Result<(f64, Vec<Value>)> {
        let extension = if language == "rust" { "rs" } else { "py" };
        let at = json!({"line": LINES / 2, "character": 4});
        let params = json!({
            "textDocument": {"uri": format!("file:///zerr-bench/document.{extension}")},
            "range": {"start": at, "end": at},
            "context": {"diagnostics": []},
        });
        self.next += 1;
        let id = self.next;
        let begin = Instant::now();
        let method = "textDocument/codeAction";
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        let mut said = Vec::new();
        loop {
            let message = self.read()?;
            if message["id"] == id && message.get("method").is_none() {
                let ms = begin.elapsed().as_secs_f64() * 1_000.0;
                // As fast as a person's editor asks, and not faster.
                std::thread::sleep(std::time::Duration::from_millis(5));
                return Ok((ms, said));
            }
            said.push(message);
        }
    }

    fn send(&mut self, message: &Value) -> std::io::Result<()> {
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.input.flush()
    }

    fn notify(&mut self, method: &str, params: &Value) -> std::io::Result<()> {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
    }

    fn request(&mut self, method: &str, params: &Value) -> std::io::Result<Value> {
        self.next += 1;
        let id = self.next;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))?;
        loop {
            let message = self.read()?;
            if message["id"] == id && message.get("method").is_none() {
                return Ok(message);
            }
        }
    }

    fn diagnostics(&mut self, version: usize) -> std::io::Result<()> {
        loop {
            let message = self.read()?;
            if message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["version"] == version
            {
                return Ok(());
            }
        }
    }

    /// The next message; what the server asks is answered with nothing.
    fn read(&mut self) -> std::io::Result<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                return Err(std::io::Error::other("it has ended"));
            }
            let value = line.to_ascii_lowercase();
            if let Some(value) = value.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(std::io::Error::other)?;
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.output.read_exact(&mut body)?;
        let message: Value = serde_json::from_slice(&body)?;
        if message.get("method").is_some() && message.get("id").is_some() {
            let id = message["id"].clone();
            self.send(&json!({"jsonrpc": "2.0", "id": id, "result": null}))?;
        }
        Ok(message)
    }
}
