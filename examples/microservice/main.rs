//! A ticket office that speaks JSON over HTTP/1.1: `microservice PORT [--requests N]`.
//!
//! The generated functions read requests, check orders and write the answers; here are the sockets,
//! the threads, the limits and the orders.

mod microservice;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use microservice::*;

const HEAD_MAX: u64 = 8_192;
const BODY_MAX: u64 = 16_384;
const TICKETS: i32 = 100;
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
        None => eprintln!("usage: microservice PORT [--requests N]"),
    }
    ExitCode::FAILURE
}

fn serve(port: u16, requests: usize) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    println!("http://{}", listener.local_addr()?);
    let office = Office { since: Instant::now(), requests: 0, errors: 0, orders: Vec::new() };
    let (left, office) = (AtomicUsize::new(requests), Mutex::new(office));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                    // A visitor who is gone gets no answer; the next one does.
                    let _ = listener.accept().and_then(|(stream, _)| answer(&stream, &office));
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

fn answer(mut stream: &TcpStream, office: &Mutex<Office>) -> io::Result<()> {
    let mut input = BufReader::new(Patient(stream, Instant::now() + PATIENCE));
    let request = receive(&mut input);
    let response = visit(&mut office.lock().unwrap_or_else(PoisonError::into_inner), request);
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(response.as_bytes())?;
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

struct Order {
    id: u32,
    name: String,
    quantity: i32,
    status: String,
}

fn json(order: &Order) -> String {
    let members = [
        ("id", order.id.to_string()),
        ("name", json_quote(&order.name)),
        ("quantity", order.quantity.to_string()),
        ("status", json_quote(&order.status)),
    ];
    json_object(&members.map(|(key, value)| (key.to_owned(), value)))
}

struct Office {
    since: Instant,
    requests: u64,
    errors: u64,
    orders: Vec<Order>,
}

/// The response to what was received.
fn visit(office: &mut Office, request: Result<(Vec<String>, String), String>) -> String {
    let (code, text) = request
        .and_then(|(lines, body)| respond(office, &lines, &body))
        .unwrap_or_else(|problem| (400, error_body(&problem)));
    office.requests += 1;
    office.errors += u64::from(code >= 400);
    // All but the metrics is JSON.
    let is_json = text.starts_with(['{', '[']);
    let kind = if is_json { "application/json" } else { "text/plain" };
    response_head(code, kind, text.len()) + &text
}

/// Whether a body is one object of texts, numbers and words; the generated functions read what is in it.
fn is_object(body: &str) -> bool {
    let inner = body.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let Some(inner) = inner else { return false };
    // A text is one mark there.
    let (mut quoted, mut escaped, mut marks) = (false, false, String::new());
    for c in inner.chars() {
        match (quoted, escaped, c) {
            (true, true, _) => escaped = false,
            (true, false, '\\') => escaped = true,
            (true, false, '"') => quoted = false,
            (true, ..) => {}
            (false, ..) => {
                quoted = c == '"';
                marks.extend((!c.is_whitespace()).then_some(c));
            }
        }
    }
    let is_number = |value: &str| {
        value.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && value.parse::<f64>().is_ok()
    };
    let is_value = |value| ["\"", "true", "false", "null"].contains(&value) || is_number(value);
    let is_member = |(key, value)| key == "\"" && is_value(value);
    let mut members = marks.split(',').map(|member| member.split_once(':'));
    !quoted && (marks.is_empty() || members.all(|member| member.is_some_and(is_member)))
}

/// Status and body, or what is wrong with the request.
fn respond(office: &mut Office, lines: &[String], body: &str) -> Result<(u16, String), String> {
    let line = lines.first().map_or("", String::as_str);
    let (method, path) = (request_method(line), request_path(line));
    let left = TICKETS - office.orders.iter().map(|order| order.quantity).sum::<i32>();
    let id = path_id(&path, "/orders/");
    let order = office.orders.iter_mut().find(|order| Some(order.id) == id);
    let allowed = match path.as_str() {
        "/health" | "/metrics" => "GET",
        "/orders" => "GET, POST",
        _ if order.is_some() => "GET, POST",
        _ => return Ok((404, error_body("not found"))),
    };
    if method.is_empty() || !method_allowed(allowed, &method) {
        return Ok((405, error_body(&format!("only {allowed}"))));
    }
    if method == "POST" && !is_object(body) {
        return Err("the body is no JSON object".to_owned());
    }
    Ok(match (path.as_str(), order, method.as_str()) {
        ("/health", ..) => (200, health_body(office.since.elapsed().as_secs())),
        ("/metrics", ..) => {
            let tickets = u64::from(left.unsigned_abs());
            let counts =
                [("requests", office.requests), ("errors", office.errors), ("tickets", tickets)];
            (200, metrics_text(&counts.map(|(name, count)| (name.to_owned(), count)).into()))
        }
        (_, Some(order), "POST") => {
            let event = json_text_field(body, "event").ok_or("event: missing")?;
            order.status = next_status(&order.status, &event)?;
            (200, json(order))
        }
        (_, Some(order), _) => (200, json(order)),
        (_, None, "POST") => {
            let name = json_text_field(body, "name").ok_or("name: missing")?;
            let name = check_username(&name)?;
            let quantity = json_int_field(body, "quantity").ok_or("quantity: missing")?;
            let quantity = check_quantity(quantity.clamp(0, 1_000) as i32, left)?;
            let (id, status) = (office.orders.len() as u32 + 1, "new".to_owned());
            office.orders.push(Order { id, name, quantity, status });
            (201, office.orders.last().map(json).unwrap_or_default())
        }
        (_, None, _) => (200, json_array(&office.orders.iter().map(json).collect::<Vec<_>>())),
    })
}
