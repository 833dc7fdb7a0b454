//! What runs beside Rust candidates. Not a module of zerr-verify: its text is compiled once, as a
//! library that every batch links under a name no candidate can guess. Std only, no unsafe code.
//!
//! Two roles in one executable. Without arguments it is the supervisor: it starts itself once a
//! candidate and passes on what comes back. With arguments `K START` it is the child that calls
//! candidate K on the inputs from START on.
//!
//! A child's standard input carries the secret and the inputs and is read to its end before any
//! candidate runs. Results go to standard error, each on a line that begins with the secret, so
//! that whatever a candidate prints is noise. Standard output of a child is dropped.

use ::std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use ::std::io::{BufRead as _, Read as _, Write as _};
use ::std::sync::Mutex;
use ::std::sync::atomic::{AtomicBool, Ordering};
use ::std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use ::std::time::{Duration, Instant};

/// Reads the arguments of one call, calls, writes what came of it.
pub type Adapter = fn(&mut Tokens<'_>, &mut Out) -> Option<()>;

/// No process could be started: what is left is better run in another confinement.
static STARVED: AtomicBool = AtomicBool::new(false);

/// Calling `crate::main` from a candidate ends its process.
static ENTERED: AtomicBool = AtomicBool::new(false);

pub fn main(table: &[Option<Adapter>]) {
    if ENTERED.swap(true, Ordering::SeqCst) {
        ::std::process::exit(70);
    }
    let mut args = ::std::env::args().skip(1);
    match (args.next(), args.next()) {
        (Some(candidate), Some(start)) => match (candidate.parse(), start.parse()) {
            (Ok(candidate), Ok(start)) => child(table, candidate, start),
            _ => ::std::process::exit(64),
        },
        _ => supervise(),
    }
}

// ---- the supervisor

struct Batch {
    input_ms: u64,
    hangs_max: usize,
    noise_bytes_max: usize,
    /// Sent to every child after its secret.
    rest: String,
    inputs: usize,
    candidates: Vec<(usize, String)>,
}

fn supervise() {
    let mut text = String::new();
    if ::std::io::stdin().read_to_string(&mut text).is_err() {
        return;
    }
    let Some(batch) = read_batch(&text) else { return };
    let queue: Mutex<VecDeque<(usize, String)>> =
        Mutex::new(batch.candidates.iter().cloned().collect());
    let width = ::std::thread::available_parallelism().map_or(2, |n| n.get()).min(8);
    let work = || {
        loop {
            let next = queue.lock().ok().and_then(|mut queue| queue.pop_front());
            let Some((candidate, secret)) = next else { return };
            drive(&batch, candidate, &secret);
        }
    };
    ::std::thread::scope(|scope| {
        for _ in 1..width {
            // Without it there is one less: a candidate may already hold all that may run.
            let _ = ::std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    say("end");
    // Not a return: a reader may still wait for a process that a candidate left behind.
    ::std::process::exit(0);
}

fn read_batch(text: &str) -> Option<Batch> {
    let mut lines = text.split_inclusive('\n');
    let mut head = lines.next()?.split_whitespace();
    let mut number = || head.next()?.parse::<u64>().ok();
    let (input_ms, hangs_max, noise, result) = (number()?, number()?, number()?, number()?);
    let (count, inputs) = (number()? as usize, number()? as usize);
    let mut candidates = Vec::new();
    for _ in 0..count {
        let (candidate, secret) = lines.next()?.trim_end().split_once(' ')?;
        candidates.push((candidate.parse().ok()?, secret.to_owned()));
    }
    let mut rest = format!("{result} {inputs}\n");
    rest.extend(lines);
    Some(Batch {
        input_ms,
        hangs_max: hangs_max as usize,
        noise_bytes_max: noise as usize,
        rest,
        inputs,
        candidates,
    })
}

fn say(line: &str) {
    let mut out = ::std::io::stdout().lock();
    let _ = out
        .write_all(line.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush());
}

enum Heard {
    Line(String),
    Flood,
}

/// Runs one candidate on all inputs, with a new process after each input that ends one.
fn drive(batch: &Batch, candidate: usize, secret: &str) {
    let report = |input: usize, json: &str| say(&format!("{candidate} {input} {secret} {json}"));
    let mut next = 0;
    let mut lost = 0;
    while next < batch.inputs && !STARVED.load(Ordering::SeqCst) {
        if lost > batch.hangs_max {
            for input in next..batch.inputs {
                report(
                    input,
                    r#"{"crashed":{"how":"not run: too many calls before this one did not end"}}"#,
                );
            }
            return;
        }
        // The reader first: a process whose results nobody reads would seem to have crashed.
        let reader = insist(|| listen(secret.to_owned(), batch.noise_bytes_max));
        let started = reader.and_then(|reader| Some((reader, insist(|| start(candidate, next))?)));
        let Some(((to_reader, heard), mut process)) = started else {
            STARVED.store(true, Ordering::SeqCst);
            return;
        };
        if let Some(mut stdin) = process.stdin.take() {
            let _ = stdin
                .write_all(format!("{secret}\n").as_bytes())
                .and_then(|()| stdin.write_all(batch.rest.as_bytes()));
        }
        let Some(stderr) = process.stderr.take() else { return };
        let _ = to_reader.send(stderr);
        // Loading the executable is not the candidate's time.
        let mut deadline = Instant::now() + Duration::from_millis(batch.input_ms + 2_000);
        let mut again = None;
        let began = next;
        let end = loop {
            match heard.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(Heard::Line(line)) => {
                    deadline = Instant::now() + Duration::from_millis(batch.input_ms);
                    if line == "done" {
                        let _ = process.kill();
                        let _ = process.wait();
                        return;
                    }
                    let Some((word, rest)) = line.split_once(' ') else { continue };
                    match word.parse::<usize>() {
                        Ok(input) if input == next => {
                            report(input, rest);
                            next += 1;
                        }
                        Ok(_) => {}
                        // `again N`: the second pass begins the call on input N.
                        Err(_) if word == "again" => again = rest.parse::<usize>().ok(),
                        Err(_) if word == "differs" => {
                            if let Ok(input) = rest.parse() {
                                report(input, DIFFERS);
                            }
                        }
                        Err(_) => {}
                    }
                }
                Ok(Heard::Flood) => break "\"output_limit\"".to_owned(),
                Err(RecvTimeoutError::Timeout) => match process.try_wait() {
                    Ok(Some(status)) => break crashed(status),
                    _ => break "\"timed_out\"".to_owned(),
                },
                Err(RecvTimeoutError::Disconnected) => match process.wait() {
                    Ok(status) => break crashed(status),
                    Err(_) => break "\"timed_out\"".to_owned(),
                },
            }
        };
        let _ = process.kill();
        let _ = process.wait();
        match again {
            // Neither on this input nor on those that would have come after it is it known to say
            // the same again.
            Some(input) => {
                let how = if end.contains("\"signal ") { &end } else { DIFFERS };
                for input in began..=input {
                    report(input, how);
                }
                return;
            }
            None if next >= batch.inputs => return,
            None => {
                report(next, &end);
                next += 1;
                lost += 1;
            }
        }
    }
}

const DIFFERS: &str = r#"{"opaque":{"type":"result that differs from call to call"}}"#;

/// Another candidate may hold all the processes and threads that are allowed until it is killed.
fn insist<T>(begin: impl Fn() -> ::std::io::Result<T>) -> Option<T> {
    for _ in 0..100 {
        match begin() {
            Ok(begun) => return Some(begun),
            Err(_) => ::std::thread::sleep(Duration::from_millis(20)),
        }
    }
    None
}

fn start(candidate: usize, from: usize) -> ::std::io::Result<::std::process::Child> {
    let program = ::std::env::args_os().next().unwrap_or_default();
    ::std::process::Command::new(&program)
        .arg(candidate.to_string())
        .arg(from.to_string())
        .env_clear()
        .stdin(::std::process::Stdio::piped())
        .stdout(::std::process::Stdio::null())
        .stderr(::std::process::Stdio::piped())
        .spawn()
}

/// Where the reader is handed what it reads, and where its results arrive.
type Reader = (SyncSender<::std::process::ChildStderr>, Receiver<Heard>);

fn listen(secret: String, noise_bytes_max: usize) -> ::std::io::Result<Reader> {
    let (to_reader, handed) = sync_channel::<::std::process::ChildStderr>(1);
    let (sender, receiver) = sync_channel(16);
    let reader = move || {
        let Ok(stderr) = handed.recv() else { return };
        let mut stderr = ::std::io::BufReader::new(stderr);
        let mut noise = 0;
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut bounded = (&mut stderr).take(noise_bytes_max as u64);
            match bounded.read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            let result = ::std::str::from_utf8(&line)
                .ok()
                .and_then(|line| line.trim_end().strip_prefix(secret.as_str()))
                .and_then(|line| line.strip_prefix(' '));
            let heard = match result {
                Some(line) => Heard::Line(line.to_owned()),
                None => {
                    noise += line.len();
                    if noise < noise_bytes_max {
                        continue;
                    }
                    Heard::Flood
                }
            };
            let flooded = matches!(heard, Heard::Flood);
            if sender.send(heard).is_err() || flooded {
                return;
            }
        }
    };
    ::std::thread::Builder::new().stack_size(256 << 10).spawn(reader)?;
    Ok((to_reader, receiver))
}

fn crashed(status: ::std::process::ExitStatus) -> String {
    use ::std::os::unix::process::ExitStatusExt as _;
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("left early with exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    };
    format!(r#"{{"crashed":{{"how":"{how}"}}}}"#)
}

// ---- the child

fn child(table: &[Option<Adapter>], candidate: usize, start: usize) {
    use ::std::os::fd::AsFd as _;
    let mut text = String::new();
    let Ok(_) = ::std::io::stdin().read_to_string(&mut text) else { return };
    let mut lines = text.lines();
    let Some(secret) = lines.next() else { return };
    let mut head =
        lines.next().unwrap_or("").split(' ').map(|word| word.parse::<usize>().unwrap_or(0));
    let (limit, count) = (head.next().unwrap_or(0), head.next().unwrap_or(0));
    let inputs: Vec<&str> = lines.take(count).collect();
    let Some(adapter) = table.get(candidate).copied().flatten() else { return };
    // A descriptor of its own: no lock that a candidate could hold.
    let Ok(fd) = ::std::io::stderr().as_fd().try_clone_to_owned() else { return };
    let mut results = ::std::fs::File::from(fd);
    let mut send = |line: &str| {
        if results.write_all(format!("\n{secret} {line}\n").as_bytes()).is_err() {
            ::std::process::exit(74);
        }
    };
    ::std::panic::set_hook(Box::new(|_| {}));

    let mut first: Vec<(usize, String)> = Vec::new();
    for (input, tokens) in inputs.iter().enumerate().skip(start) {
        let called = call(adapter, tokens, limit);
        send(&format!("{input} {}", called.json));
        if let Some(key) = called.key {
            first.push((input, key));
        }
    }
    // Once more, backwards: a pure function says the same again.
    for (input, key) in first.iter().rev() {
        send(&format!("again {input}"));
        let Some(tokens) = inputs.get(*input) else { continue };
        if call(adapter, tokens, limit).key.as_ref() != Some(key) {
            send(&format!("differs {input}"));
        }
    }
    send("done");
    ::std::process::exit(0);
}

struct Called {
    json: String,
    /// What a repeated call is compared by; `None` when there is nothing to compare.
    key: Option<String>,
}

fn call(adapter: Adapter, tokens: &str, limit: usize) -> Called {
    let mut out = Out { text: String::new(), limit, opaque: None };
    let outcome = ::std::panic::catch_unwind(::std::panic::AssertUnwindSafe(|| {
        adapter(&mut Tokens(tokens.split(' ')), &mut out)
    }));
    match outcome {
        Ok(Some(())) if out.is_full() => Called { json: "\"output_limit\"".to_owned(), key: None },
        Ok(Some(())) => match out.opaque {
            Some(name) => {
                let mut json = r#"{"opaque":{"type":"#.to_owned();
                quote(name, &mut json);
                json.push_str("}}");
                Called { json, key: None }
            }
            None => Called { json: out.text.clone(), key: Some(out.text) },
        },
        Ok(None) => Called {
            json: r#"{"crashed":{"how":"the input could not be read"}}"#.to_owned(),
            key: None,
        },
        Err(payload) => {
            let message = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
                (Some(text), _) => (*text).to_owned(),
                (None, Some(text)) => text.chars().take(400).collect(),
                (None, None) => String::new(),
            };
            // Dropping it would run the candidate's code outside of the net.
            ::std::mem::forget(payload);
            let mut json = r#"{"panicked":{"message":"#.to_owned();
            quote(&message, &mut json);
            json.push_str("}}");
            Called { json, key: Some("panicked".to_owned()) }
        }
    }
}

// ---- values in

pub struct Tokens<'a>(::std::str::Split<'a, char>);

impl Tokens<'_> {
    fn number<T: ::std::str::FromStr>(&mut self) -> Option<T> {
        self.0.next()?.parse().ok()
    }
}

pub trait Dec: Sized {
    fn dec(t: &mut Tokens<'_>) -> Option<Self>;
}

pub fn dec<T: Dec>(t: &mut Tokens<'_>) -> Option<T> {
    T::dec(t)
}

fn dec_many<T: Dec, C: FromIterator<T>>(t: &mut Tokens<'_>) -> Option<C> {
    let length: usize = t.number()?;
    (0..length).map(|_| T::dec(t)).collect()
}

macro_rules! ints {
    ($($ty:ident)*) => {$(
        impl Dec for $ty {
            fn dec(t: &mut Tokens<'_>) -> Option<Self> {
                t.number()
            }
        }
        impl Enc for $ty {
            fn enc(&self, o: &mut Out) {
                o.push(&format!(concat!("[\"", stringify!($ty), "\",\"{}\"]"), self));
            }
        }
    )*};
}
ints! { i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize }

impl Dec for () {
    fn dec(_: &mut Tokens<'_>) -> Option<Self> {
        Some(())
    }
}
impl Dec for bool {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        Some(t.number::<u8>()? == 1)
    }
}
impl Dec for char {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        char::from_u32(t.number()?)
    }
}
impl Dec for f64 {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        t.number().map(f64::from_bits)
    }
}
impl Dec for f32 {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        t.number().map(f32::from_bits)
    }
}
impl Dec for String {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        let hex = t.0.next()?.strip_prefix('x')?.as_bytes();
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let bytes = hex
            .chunks_exact(2)
            .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
            .collect::<Option<Vec<u8>>>()?;
        String::from_utf8(bytes).ok()
    }
}
impl Dec for &'static str {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        Some(String::dec(t)?.leak())
    }
}
impl Dec for &'static mut str {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        Some(String::dec(t)?.leak())
    }
}
impl<T: Dec> Dec for &'static T {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        Some(Box::leak(Box::new(T::dec(t)?)))
    }
}
impl<T: Dec> Dec for &'static mut T {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        Some(Box::leak(Box::new(T::dec(t)?)))
    }
}
impl<T: Dec> Dec for &'static [T] {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        Some(Vec::dec(t)?.leak())
    }
}
impl<T: Dec> Dec for &'static mut [T] {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        Some(Vec::dec(t)?.leak())
    }
}
impl<T: Dec> Dec for Box<T> {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        T::dec(t).map(Box::new)
    }
}
impl<T: Dec> Dec for Vec<T> {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        dec_many(t)
    }
}
impl<T: Dec, const N: usize> Dec for [T; N] {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        Vec::dec(t)?.try_into().ok()
    }
}
impl<T: Dec> Dec for Option<T> {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        match t.number::<u8>()? {
            0 => Some(None),
            _ => T::dec(t).map(Some),
        }
    }
}
impl<T: Dec, E: Dec> Dec for Result<T, E> {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        match t.number::<u8>()? {
            0 => T::dec(t).map(Ok),
            _ => E::dec(t).map(Err),
        }
    }
}
impl<K: Dec + Eq + ::std::hash::Hash, V: Dec> Dec for HashMap<K, V> {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        dec_many::<(K, V), _>(t)
    }
}
impl<K: Dec + Ord, V: Dec> Dec for BTreeMap<K, V> {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        dec_many::<(K, V), _>(t)
    }
}
impl<K: Dec + Eq + ::std::hash::Hash> Dec for HashSet<K> {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        dec_many(t)
    }
}
impl<K: Dec + Ord> Dec for BTreeSet<K> {
    fn dec(t: &mut Tokens<'_>) -> Option<Self> {
        dec_many(t)
    }
}

// ---- values out

pub struct Out {
    text: String,
    pub limit: usize,
    opaque: Option<&'static str>,
}

impl Out {
    fn is_full(&self) -> bool {
        self.text.len() > self.limit
    }

    fn push(&mut self, text: &str) {
        if !self.is_full() {
            self.text.push_str(text);
        }
    }

    /// The result is of a type that cannot be looked into.
    pub fn opaque(&mut self, name: &'static str) {
        self.opaque = Some(name);
    }

    pub fn returned<T: Enc + ?Sized>(&mut self, value: &T) {
        self.push(r#"{"returned":{"value":"#);
        value.enc(self);
        self.push(r#","mutated":["#);
    }

    pub fn mutated<T: Enc + ?Sized>(&mut self, position: usize, before: &str, after: &T) {
        let after = encoded(after, self.limit);
        if before != after {
            let comma = if self.text.ends_with('[') { "" } else { "," };
            self.push(&format!("{comma}[{position},{after}]"));
        }
    }

    pub fn end(&mut self) {
        self.push("]}}");
    }

    fn items<'a, T: Enc + ?Sized + 'a>(&mut self, tag: &str, items: impl Iterator<Item = &'a T>) {
        self.push(&format!("[\"{tag}\",["));
        for (index, item) in items.enumerate() {
            if self.is_full() {
                break;
            }
            if index > 0 {
                self.push(",");
            }
            item.enc(self);
        }
        self.push("]]");
    }

    fn entries<'a, K: Enc + 'a, V: Enc + 'a>(
        &mut self,
        entries: impl Iterator<Item = (&'a K, &'a V)>,
    ) {
        // Hash maps come in any order; sorted, so that a repeated call compares equal.
        let mut texts: Vec<String> = Vec::new();
        let mut bytes = 0;
        for (key, value) in entries {
            let text = format!("[{},{}]", encoded(key, self.limit), encoded(value, self.limit));
            bytes += text.len();
            texts.push(text);
            if bytes > self.limit {
                break;
            }
        }
        texts.sort_unstable();
        self.push("[\"m\",[");
        self.push(&texts.join(","));
        self.push("]]");
    }

    fn set<'a, T: Enc + 'a>(&mut self, items: impl Iterator<Item = &'a T>) {
        let mut texts: Vec<String> = Vec::new();
        let mut bytes = 0;
        for item in items {
            let text = encoded(item, self.limit);
            bytes += text.len();
            texts.push(text);
            if bytes > self.limit {
                break;
            }
        }
        texts.sort_unstable();
        self.push("[\"S\",[");
        self.push(&texts.join(","));
        self.push("]]");
    }
}

pub fn encoded<T: Enc + ?Sized>(value: &T, limit: usize) -> String {
    let mut out = Out { text: String::new(), limit, opaque: None };
    value.enc(&mut out);
    out.text
}

fn quote(text: &str, json: &mut String) {
    json.push('"');
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            c if u32::from(c) < 0x20 => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json.push('"');
}

pub trait Enc {
    fn enc(&self, o: &mut Out);
}

impl Enc for () {
    fn enc(&self, o: &mut Out) {
        o.push("[\"u\"]");
    }
}
impl Enc for bool {
    fn enc(&self, o: &mut Out) {
        o.push(if *self { "[\"b\",true]" } else { "[\"b\",false]" });
    }
}
impl Enc for char {
    fn enc(&self, o: &mut Out) {
        let mut json = "[\"c\",".to_owned();
        quote(&self.to_string(), &mut json);
        o.push(&json);
        o.push("]");
    }
}
impl Enc for f64 {
    fn enc(&self, o: &mut Out) {
        let bits = if self.is_nan() { 0x7ff8_0000_0000_0000 } else { self.to_bits() };
        o.push(&format!("[\"f64\",\"{bits:016x}\"]"));
    }
}
impl Enc for f32 {
    fn enc(&self, o: &mut Out) {
        let bits = if self.is_nan() { 0x7fc0_0000 } else { self.to_bits() };
        o.push(&format!("[\"f32\",\"{bits:08x}\"]"));
    }
}
impl Enc for str {
    fn enc(&self, o: &mut Out) {
        if self.len() > o.limit {
            // Makes it full without copying all of it.
            let filler = " ".repeat(o.limit + 1);
            o.push(&filler);
            return;
        }
        let mut json = "[\"s\",".to_owned();
        quote(self, &mut json);
        o.push(&json);
        o.push("]");
    }
}
impl Enc for String {
    fn enc(&self, o: &mut Out) {
        self.as_str().enc(o);
    }
}
impl<T: Enc> Enc for [T] {
    fn enc(&self, o: &mut Out) {
        o.items("l", self.iter());
    }
}
impl<T: Enc> Enc for Vec<T> {
    fn enc(&self, o: &mut Out) {
        o.items("l", self.iter());
    }
}
impl<T: Enc, const N: usize> Enc for [T; N] {
    fn enc(&self, o: &mut Out) {
        o.items("l", self.iter());
    }
}
impl<T: Enc + ?Sized> Enc for &T {
    fn enc(&self, o: &mut Out) {
        (**self).enc(o);
    }
}
impl<T: Enc + ?Sized> Enc for &mut T {
    fn enc(&self, o: &mut Out) {
        (**self).enc(o);
    }
}
impl<T: Enc + ?Sized> Enc for Box<T> {
    fn enc(&self, o: &mut Out) {
        (**self).enc(o);
    }
}
impl<T: Enc> Enc for Option<T> {
    fn enc(&self, o: &mut Out) {
        match self {
            None => o.push("[\"n\"]"),
            Some(value) => {
                o.push("[\"some\",");
                value.enc(o);
                o.push("]");
            }
        }
    }
}
impl<T: Enc, E: Enc> Enc for Result<T, E> {
    fn enc(&self, o: &mut Out) {
        match self {
            Ok(value) => {
                o.push("[\"ok\",");
                value.enc(o);
            }
            Err(error) => {
                o.push("[\"err\",");
                error.enc(o);
            }
        }
        o.push("]");
    }
}
impl<K: Enc, V: Enc, S> Enc for HashMap<K, V, S> {
    fn enc(&self, o: &mut Out) {
        o.entries(self.iter());
    }
}
impl<K: Enc, V: Enc> Enc for BTreeMap<K, V> {
    fn enc(&self, o: &mut Out) {
        o.entries(self.iter());
    }
}
impl<K: Enc, S> Enc for HashSet<K, S> {
    fn enc(&self, o: &mut Out) {
        o.set(self.iter());
    }
}
impl<K: Enc> Enc for BTreeSet<K> {
    fn enc(&self, o: &mut Out) {
        o.set(self.iter());
    }
}

macro_rules! tuples {
    ($($first:ident $($name:ident)*;)*) => {$(
        impl<$first: Dec, $($name: Dec),*> Dec for ($first, $($name,)*) {
            fn dec(t: &mut Tokens<'_>) -> Option<Self> {
                Some(($first::dec(t)?, $($name::dec(t)?,)*))
            }
        }
        impl<$first: Enc, $($name: Enc),*> Enc for ($first, $($name,)*) {
            #[allow(non_snake_case)]
            fn enc(&self, o: &mut Out) {
                let ($first, $($name,)*) = self;
                o.push("[\"t\",[");
                $first.enc(o);
                $(
                    o.push(",");
                    $name.enc(o);
                )*
                o.push("]]");
            }
        }
    )*};
}
tuples! {
    A; A B; A B C; A B C D; A B C D F; A B C D F G; A B C D F G H; A B C D F G H I;
}
