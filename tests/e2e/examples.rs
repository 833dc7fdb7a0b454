//! The examples that are programs: generated with the embedded model, put beside their scaffold,
//! built, and used as a person or another program would.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Project, code, repository, stderr, stdout};

/// Far longer than anything here takes: what has not come by then does not come.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
fn the_command_line_tool_keeps_its_list() {
    let project = generated("cli_tool");
    let calls = expected("cli_tool", "calls.json");
    let list = fs::read_to_string(folder("cli_tool").join("expected_output/todo.txt")).unwrap();
    for program in programs(&project) {
        let place = tempfile::tempdir().unwrap();
        for call in &calls {
            let args = texts(&call["args"]);
            let output = program.command(place.path()).args(&args).output().unwrap();
            let what = format!("{} {args:?}: {}", program.language, stderr(&output));
            assert_eq!(code(&output), call["exit"].as_i64().unwrap_or(0) as i32, "{what}");
            assert_eq!(stdout(&output), call["stdout"].as_str().unwrap_or_default(), "{what}");
            match call["stderr"].as_str() {
                Some(text) => assert!(stderr(&output).starts_with(text), "{what}"),
                None => assert_eq!(stderr(&output), "", "{what}"),
            }
        }
        assert_eq!(fs::read_to_string(place.path().join("todo.txt")).unwrap(), list);
    }
}

#[test]
fn the_web_app_answers_every_request_and_no_visitor_holds_up_the_others() {
    let project = generated("web_app");
    for program in programs(&project) {
        let requests = expected("web_app", "requests.json");
        let mut server = Server::start(&program, requests.len() + 1);
        let silent = server.connect();
        for request in &requests {
            assert_answered(&server, request);
        }
        let answer = finish(silent);
        assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
        server.assert_ends();
    }
}

#[test]
fn the_microservice_answers_every_request() {
    let project = generated("microservice");
    for program in programs(&project) {
        let requests = expected("microservice", "requests.json");
        let mut server = Server::start(&program, requests.len());
        for request in &requests {
            assert_answered(&server, request);
        }
        server.assert_ends();
    }
}

/// A project with the generated files of an example in `out`, and the scaffold beside them.
fn generated(name: &str) -> Project {
    let project = Project::new();
    let spec = folder(name).display().to_string();
    let (report, code) = project.json(&["generate", &spec, "--out", "out"]);
    assert_eq!(code, 0, "{report:#}");
    for step in report["steps"].as_array().unwrap() {
        assert_eq!(step["verdict"], "verified", "{step:#}");
    }
    for extension in ["rs", "py"] {
        let main = format!("main.{extension}");
        fs::copy(folder(name).join(&main), project.path().join("out").join(&main)).unwrap();
        let lines = |file: &str| {
            let text = project.read(&format!("out/{file}.{extension}"));
            text.lines().filter(|line| !line.trim().is_empty()).count()
        };
        let (written, scaffold) = (lines(name), lines("main"));
        assert!(written >= scaffold, "{name}.{extension}: {written} lines against {scaffold}");
    }
    project
}

struct Program {
    language: &'static str,
    file: PathBuf,
}

impl Program {
    fn command(&self, place: &Path) -> Command {
        let mut command = match self.language {
            "python" => Command::new("python3"),
            _ => Command::new(&self.file),
        };
        if self.language == "python" {
            command.arg(&self.file);
        }
        command.current_dir(place).stdin(Stdio::null());
        command
    }
}

fn programs(project: &Project) -> [Program; 2] {
    let out = project.path().join("out");
    let built = out.join("program");
    let output = Command::new("rustc")
        .args(["--edition", "2024", "-o"])
        .args([&built, &out.join("main.rs")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stderr(&output), "", "no warnings");
    [
        Program { language: "rust", file: built },
        Program { language: "python", file: out.join("main.py") },
    ]
}

/// A program that prints where it listens; killed if the test fails before it ends.
struct Server {
    child: Child,
    printed: Receiver<String>,
    address: String,
}

impl Server {
    fn start(program: &Program, requests: usize) -> Self {
        let place = std::env::temp_dir();
        let misused = program.command(&place).arg("x").output().unwrap();
        assert!(!misused.status.success());
        assert!(stderr(&misused).contains("usage: "), "{}", stderr(&misused));

        let mut child = program
            .command(&place)
            .args(["0", "--requests", &requests.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, printed) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut server = Self { child, printed, address: String::new() };
        let line = server.printed.recv_timeout(PATIENCE).unwrap();
        line.strip_prefix("http://").unwrap().clone_into(&mut server.address);
        server
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// It has answered as often as it was to, and leaves by itself.
    fn assert_ends(&mut self) {
        assert_eq!(self.printed.recv_timeout(PATIENCE), Err(RecvTimeoutError::Disconnected));
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends what `request` says and compares what comes back.
///
/// `send` holds the lines of the head, `content` the body, `padding` the length of one more header;
/// a `broken` request ends before its head or body does.
fn assert_answered(server: &Server, request: &Value) {
    let mut lines = texts(&request["send"]);
    let content = request["content"].as_str().unwrap_or_default();
    if !content.is_empty() {
        lines.push(format!("Content-Length: {}", content.len()));
    }
    if let Some(length) = request["padding"].as_u64() {
        lines.push(format!("X-Padding: {}", "x".repeat(length as usize)));
    }
    let mut text: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
    let is_broken = request["broken"] == true;
    if !is_broken || text.contains("Content-Length") {
        text.push_str("\r\n");
    }
    text.push_str(content);

    let mut stream = server.connect();
    stream.write_all(text.as_bytes()).unwrap();
    let answer = if is_broken { finish(stream) } else { all(stream) };
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let head: Vec<&str> = head.split("\r\n").collect();
    let what = format!("{request}\n{answer}");
    let status = format!("HTTP/1.1 {}", request["status"].as_str().unwrap());
    assert_eq!(head.first(), Some(&status.as_str()), "{what}");
    let length = format!("Content-Length: {}", body.len());
    for line in texts(&request["head"]).iter().chain([&length]) {
        assert!(head.contains(&line.as_str()), "{what}");
    }
    if let Some(wanted) = request["body"].as_str() {
        assert_eq!(body, wanted, "{what}");
    }
    assert!(texts(&request["holds"]).iter().all(|part| body.contains(part)), "{what}");
    assert!(!texts(&request["lacks"]).iter().any(|part| body.contains(part)), "{what}");
}

/// What comes back when nothing more is sent.
fn finish(stream: TcpStream) -> String {
    stream.shutdown(Shutdown::Write).unwrap();
    all(stream)
}

fn all(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn folder(name: &str) -> PathBuf {
    repository().join("examples").join(name)
}

fn expected(name: &str, file: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder(name).join("expected_output").join(file)).unwrap();
    let values: Vec<Value> = serde_json::from_str(&text).unwrap();
    assert!(!values.is_empty());
    values
}

/// The texts of a list, none where there is no list.
fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}
