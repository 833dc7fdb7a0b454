//! A guest book on HTTP/1.1: `web_app PORT [--requests N]`.
//!
//! The generated functions read requests, check what was entered and write the pages; here are the
//! sockets, the threads, the limits and the entries.

mod web_app;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use web_app::*;

const HEAD_MAX: u64 = 8_192;
const BODY_MAX: u64 = 16_384;
const ENTRIES_MAX: usize = 100;
const WORKERS: usize = 8;
/// How long one visitor may take in all.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let numbers = match &args[..] {
        [_, port] => port.parse().ok().zip(Some(usize::MAX)),
        [_, port, option, n] if option == "--requests" => port.parse().ok().zip(n.parse().ok()),
        _ => None,
    };
    match numbers.map(|(port, requests)| serve(port, requests)) {
        Some(Ok(())) => return ExitCode::SUCCESS,
        Some(Err(error)) => eprintln!("error: {error}"),
        None => eprintln!("usage: web_app PORT [--requests N]"),
    }
    ExitCode::FAILURE
}

fn serve(port: u16, requests: usize) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("http://{}", listener.local_addr()?);
    let (left, entries) = (AtomicUsize::new(requests), Mutex::default());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                    // A visitor who is gone gets no answer; the next one does.
                    let _ = listener.accept().and_then(|(stream, _)| answer(&stream, &entries));
                }
            });
        }
    });
    Ok(())
}

/// Reads until a visitor's time is over.
struct Patient<'a>(&'a TcpStream, Instant);

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // An error when no time is left: zero is no time-out.
        self.0.set_read_timeout(Some(self.1.saturating_duration_since(Instant::now())))?;
        self.0.read(buffer)
    }
}

fn answer(mut stream: &TcpStream, entries: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut input = BufReader::new(Patient(stream, Instant::now() + PATIENCE));
    let response = receive(&mut input)
        .and_then(|(lines, body)| respond(&lines, &body, entries))
        .unwrap_or_else(|problem| page(400, &html_list(&[problem])));
    stream.set_write_timeout(Some(PATIENCE))?;
    // One call: `write_all` would be patient anew for each part that the visitor takes.
    if stream.write(response.as_bytes())? < response.len() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    stream.shutdown(Shutdown::Write)?;
    // To close while something still comes in would take the answer away from the visitor.
    io::copy(&mut input, &mut io::sink()).map(drop)
}

/// The lines of a request's head, and its body.
fn receive(input: &mut impl BufRead) -> Result<(Vec<String>, String), String> {
    let (mut head, mut lines) = (input.by_ref().take(HEAD_MAX), Vec::new());
    loop {
        let mut line = String::new();
        head.read_line(&mut line).map_err(|_| "the head cannot be read")?;
        match line.strip_suffix("\r\n") {
            Some("") => break,
            Some(line) => lines.push(line.to_owned()),
            None => return Err("the head breaks off, or is too large".to_owned()),
        }
    }
    let length = content_length(&lines)? as u64;
    if length > BODY_MAX || find_header(&lines, "transfer-encoding").is_some() {
        return Err("the body is too large, or of unknown length".to_owned());
    }
    let mut body = String::new();
    match input.take(length).read_to_string(&mut body) {
        Ok(size) if size as u64 == length => Ok((lines, body)),
        _ => Err("the body breaks off, or cannot be read".to_owned()),
    }
}

/// The response, or what is wrong with the request.
fn respond(lines: &[String], body: &str, entries: &Mutex<Vec<String>>) -> Result<String, String> {
    let line = lines.first().map_or("", String::as_str);
    let (method, target) = (request_method(line), request_path(line));
    let path = path_only(&target);
    let allowed = match path.as_str() {
        "/" => "GET",
        "/sign" => "GET, POST",
        _ => return Ok(page(404, "There is no such page.")),
    };
    if method.is_empty() || !method_allowed(allowed, &method) {
        return Ok(page(405, &format!("This page takes {allowed}.")));
    }
    let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
    if path == "/" {
        let query = query_of(&target);
        let is_search = query_param(&query, "q").is_some();
        let part = if is_search { form_value(&query, "q")? } else { String::new() };
        let found: Vec<_> = entries.iter().filter(|text| text.contains(&part)).cloned().collect();
        let search = format!("<form>{}<button>Search</button></form>", html_input("q", &part));
        return Ok(page(200, &format!("<a href=/sign>Sign it</a>{search}{}", html_list(&found))));
    }
    let (name, name_problem) = field(body, "name", 40);
    let (message, message_problem) = field(body, "message", 400);
    let problems: Vec<_> = [name_problem, message_problem].into_iter().flatten().collect();
    if method == "POST" && problems.is_empty() {
        entries.insert(0, format!("{name}: {message}"));
        entries.truncate(ENTRIES_MAX);
        return Ok(redirect_head("/"));
    }
    let (name, message) = (html_input("name", &name), html_input("message", &message));
    let form = format!(
        "<form method=post><p>Name {name}<p>Message {message}<p><button>Sign</button></form>"
    );
    Ok(if method == "POST" { page(400, &(html_list(&problems) + &form)) } else { page(200, &form) })
}

/// What was entered in a field, and what is wrong with it.
fn field(body: &str, name: &str, limit: usize) -> (String, Option<String>) {
    let text = form_value(body, name);
    let required = text.as_ref().map_err(String::clone).and_then(|text| require_text(text));
    match required.and_then(|text| check_max_length(&text, limit)) {
        Ok(text) => (text, None),
        Err(problem) => (text.unwrap_or_default(), Some(format!("{name}: {problem}"))),
    }
}

fn page(code: u16, content: &str) -> String {
    let html = html_page("Guest book", &format!("<h1>Guest book</h1>{content}"));
    response_head(code, "text/html; charset=utf-8", html.len()) + &html
}
