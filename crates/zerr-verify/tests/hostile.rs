//! Every program of `tests/hostile/` is run by the real runners in the real sandbox, without the
//! deny-scan that stands in front of it otherwise, and must end as its first lines say.
//!
//! Programs run in batches, together with honest candidates whose answers must not suffer. What the
//! deny-scan says of each program is a column of the table that is written beside the build
//! (`hostile-rust.txt`, `hostile-python.txt`); see `tests/hostile/README.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::time::Instant;

use zerr_core::observe::Observation;
use zerr_core::spec::FunctionSpec;
use zerr_core::ty::lower;
use zerr_core::value::{IntKind, Value};
use zerr_exec::{Cancel, Sandbox};
use zerr_syntax::deny::{Policy, scan};
use zerr_syntax::{Language, signature};
use zerr_verify::{ObserveJob, ObserveLimits, Observed, probe};

/// Arguments of the calls; the honest answer is one more.
const INPUTS: [i64; 2] = [41, 7];
/// What an attack returns when it succeeded.
const ESCAPED: i64 = 666;
/// Programs in one batch, besides the honest ones.
const BATCH: usize = 20;

/// What must happen to a program; see the README beside the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Rejected,
    NoAnswer,
    Raises,
    ReturnsZero,
    WrongAnswer,
    Contained,
}

impl Expect {
    fn of(text: &str) -> Option<Expect> {
        Some(match text {
            "rejected" => Expect::Rejected,
            "no answer" => Expect::NoAnswer,
            "raises" => Expect::Raises,
            "returns 0" => Expect::ReturnsZero,
            "wrong answer" => Expect::WrongAnswer,
            "contained" => Expect::Contained,
            _ => return None,
        })
    }

    fn holds(self, observed: &Observed) -> bool {
        let Some(all) = observed.observations() else {
            return matches!(self, Expect::Rejected | Expect::Contained);
        };
        all.iter().all(|observation| {
            let returned = matches!(observation, Observation::Returned { .. });
            let raised =
                matches!(observation, Observation::Panicked { .. } | Observation::Raised { .. });
            match self {
                Expect::Rejected => false,
                Expect::NoAnswer => !returned && !raised,
                Expect::Raises => raised,
                Expect::ReturnsZero => number(observation) == Some(0),
                Expect::WrongAnswer => returned,
                Expect::Contained => !returned || number(observation) == Some(0),
            }
        })
    }
}

struct Program {
    name: String,
    source: String,
    expect: Expect,
}

/// All programs of a language; a file that is none is a failure.
fn programs(language: Language, world: &World) -> Vec<Program> {
    let (folder, extension, comment) = match language {
        Language::Rust => ("rust", "rs", "// "),
        Language::Python => ("python", "py", "# "),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/hostile");
    let beside: BTreeSet<String> = names(&root).collect();
    assert_eq!(beside, ["README.md", "python", "rust"].map(str::to_owned).into());
    let mut programs: Vec<Program> = names(&root.join(folder))
        .map(|file| {
            let stem = file.strip_suffix(extension).and_then(|stem| stem.strip_suffix('.'));
            let name = stem.unwrap_or_else(|| panic!("{folder}/{file} is no .{extension} file"));
            let is_sentence = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(name.chars().all(is_sentence), "{folder}/{file} is not named by a sentence");
            let text = std::fs::read_to_string(root.join(folder).join(&file)).unwrap();
            let mut lines = text.lines();
            let says = lines.next().and_then(|line| line.strip_prefix(comment));
            assert!(says.is_some_and(|says| says.ends_with('.')), "{file} does not say what it is");
            let expect = lines.next().and_then(|line| line.strip_prefix(comment));
            let expect = expect.and_then(|line| line.strip_prefix("expect: ")).and_then(Expect::of);
            let expect = expect.unwrap_or_else(|| panic!("{file} does not say what must happen"));
            Program { name: name.to_owned(), source: world.fill_in(&text), expect }
        })
        .collect();
    programs.sort_by(|one, two| one.name.cmp(&two.name));
    assert!(programs.len() >= 40, "{} programs", programs.len());
    programs
}

fn names(folder: &Path) -> impl Iterator<Item = String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap())
}

/// What there is outside to be reached: a folder open to everybody, ports, and this process.
struct World {
    outside: PathBuf,
    token: String,
    tcp: TcpListener,
    udp: UdpSocket,
    _local: UnixListener,
}

impl World {
    fn new(language: Language) -> World {
        let token = format!("zerr-hostile-{language}-{}", std::process::id());
        let outside = std::env::temp_dir().join(&token);
        std::fs::create_dir_all(&outside).unwrap();
        std::fs::write(outside.join("secret"), "secret\n").unwrap();
        let answer = "pub fn answer() -> u32 { 666 }\n";
        std::fs::write(outside.join("secret.rs"), answer).unwrap();
        let local = UnixListener::bind(outside.join("socket")).unwrap();
        for path in [outside.clone(), outside.join("socket")] {
            std::fs::set_permissions(path, PermissionsExt::from_mode(0o777)).unwrap();
        }
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        let udp = UdpSocket::bind(tcp.local_addr().unwrap()).unwrap();
        tcp.set_nonblocking(true).unwrap();
        udp.set_nonblocking(true).unwrap();
        World { outside, token, tcp, udp, _local: local }
    }

    fn fill_in(&self, text: &str) -> String {
        text.replace("@OUTSIDE@", self.outside.to_str().unwrap())
            .replace("@PID@", &std::process::id().to_string())
            .replace("@PORT@", &self.tcp.local_addr().unwrap().port().to_string())
            .replace("@TOKEN@", &self.token)
    }

    /// What of the outside was touched.
    fn traces(&self) -> Vec<String> {
        let mut traces = Vec::new();
        let outside: BTreeSet<String> = names(&self.outside).collect();
        if outside != ["secret", "secret.rs", "socket"].map(str::to_owned).into() {
            traces.push(format!("files outside: {outside:?}"));
        }
        for folder in ["/usr", "/etc", "/var/tmp", "/dev/shm", "/"] {
            let marker = Path::new(folder).join("zerr-marker");
            if marker.exists() {
                traces.push(format!("{} was made", marker.display()));
            }
        }
        if self.tcp.accept().is_ok() || self.udp.recv(&mut [0; 8]).is_ok() {
            traces.push("something came in by the network".to_owned());
        }
        for process in names(Path::new("/proc")).filter(|name| name.parse::<u32>().is_ok()) {
            for file in ["cmdline", "environ"] {
                let text = std::fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
                if String::from_utf8_lossy(&text).contains(&self.token) {
                    traces.push(format!("process {process} is still there"));
                }
            }
        }
        traces
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.outside);
    }
}

fn number(observation: &Observation) -> Option<i64> {
    match observation {
        Observation::Returned { value: Value::Int(_, number), .. } => {
            number.to_string().parse().ok()
        }
        _ => None,
    }
}

fn function(language: Language) -> FunctionSpec {
    let text = match language {
        Language::Rust => "fn f(n: u32) -> u32",
        Language::Python => "def f(n: int) -> int:",
    };
    let signature = signature::parse(language, text).unwrap();
    FunctionSpec {
        name: signature.name.clone(),
        params: signature
            .params
            .iter()
            .map(|param| (param.name.clone(), lower(language, &param.ty)))
            .collect(),
        returns: lower(language, &signature.returns),
        signature,
        description: String::new(),
        examples: Vec::new(),
        requires: Vec::new(),
        ensures: Vec::new(),
        properties: Vec::new(),
        complexity: None,
        budget: None,
        capabilities: BTreeSet::new(),
        forbidden: Vec::new(),
        depends_on: Vec::new(),
        in_project: None,
        unread: None,
    }
}

/// Candidates whose answers must come out whatever runs beside them.
fn honest(language: Language) -> [&'static str; 3] {
    match language {
        Language::Rust => [
            "fn f(n: u32) -> u32 { n + 1 }",
            // Its types are inferred from what `u32` can be compared with.
            "fn f(n: u32) -> u32 { if n == \"0\".parse().unwrap() { 1 } else { n + 1 } }",
            "fn f(n: u32) -> u32 { let all: Vec<u32> = vec![n, 1]; all.iter().sum() }",
        ],
        Language::Python => [
            "def f(n: int) -> int:\n    return n + 1",
            "import json\n\n\ndef f(n: int) -> int:\n    return json.loads(str(n)) + len('x')",
            "def f(n: int) -> int:\n    return sum([n, 1])",
        ],
    }
}

fn check(language: Language) {
    let world = World::new(language);
    let programs = programs(language, &world);
    let toolchain = probe(Sandbox::probe().unwrap(), None);
    let runner = toolchain.runner(language).unwrap();
    runner.prepare(&Cancel::new()).unwrap();
    let function = function(language);
    let honest = honest(language);
    let number_in = |n: i64| match language {
        Language::Rust => Value::int(IntKind::U32, n),
        Language::Python => Value::int(IntKind::Big, n),
    };
    let inputs: Vec<Vec<Value>> = INPUTS.iter().map(|n| vec![number_in(*n)]).collect();
    let right: Vec<Observation> = INPUTS
        .iter()
        .map(|n| Observation::Returned { value: number_in(n + 1), mutated: Vec::new() })
        .collect();
    let mut table = String::new();
    let mut failures = Vec::new();
    for batch in programs.chunks(BATCH) {
        // In front, in the middle and behind.
        let middle = batch.len() / 2;
        let mut sources: Vec<String> = vec![honest[0].to_owned()];
        sources.extend(batch[..middle].iter().map(|program| program.source.clone()));
        sources.push(honest[1].to_owned());
        sources.extend(batch[middle..].iter().map(|program| program.source.clone()));
        sources.push(honest[2].to_owned());
        let job = ObserveJob {
            function: &function,
            context: &[],
            sources: &sources,
            inputs: &inputs,
            limits: ObserveLimits { call_ms: 700, lost_max: 0, ..ObserveLimits::default() },
        };
        let started = Instant::now();
        let mut observed = match runner.observe(&job, &Cancel::new()) {
            Ok(observed) => observed,
            Err(error) => {
                failures.push(format!("the batch from {}: {error}", batch[0].name));
                continue;
            }
        };
        let ms = started.elapsed().as_millis();
        let _ = writeln!(table, "# a batch of {} took {ms} ms", sources.len());
        for at in [sources.len() - 1, middle + 1, 0] {
            let neighbour = observed.remove(at);
            if neighbour.observations() != Some(&right[..]) {
                let first = &batch[0].name;
                failures.push(format!("neighbour {at} from {first} suffered: {neighbour:?}"));
            }
        }
        for (program, observed) in batch.iter().zip(&observed) {
            let denied = !scan(language, &program.source, &Policy::default()).is_empty();
            let denied = if denied { "denied" } else { "not denied" };
            let what = short(observed);
            let _ = writeln!(
                table,
                "{:<55} {denied:<11} {:<12} {what}",
                program.name,
                format!("{:?}", program.expect)
            );
            if let Some(wrong) = wrong(program.expect, observed) {
                failures.push(format!("{} ({denied}): {wrong}: {what}", program.name));
            }
        }
    }
    failures.extend(world.traces());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{language}.txt"));
    std::fs::write(path, &table).unwrap();
    assert!(failures.is_empty(), "{}\n\n{table}", failures.join("\n"));
}

/// Why that must not happen to the program, if it must not.
fn wrong(expect: Expect, observed: &Observed) -> Option<&'static str> {
    let observations = observed.observations().unwrap_or_default();
    for (observation, n) in observations.iter().zip(INPUTS) {
        match number(observation) {
            Some(ESCAPED) => return Some("it escaped"),
            Some(number) if number == n + 1 => return Some("a pass was faked"),
            _ => {}
        }
    }
    (!expect.holds(observed)).then_some("not what was expected")
}

fn short(observed: &Observed) -> String {
    let text = match observed {
        Observed::Rejected { message, .. } => format!("rejected: {message}"),
        Observed::Ran(all) => format!("{all:?}"),
    };
    text.replace('\n', " ").chars().take(230).collect()
}

#[test]
fn hostile_rust_is_contained_and_fakes_nothing() {
    check(Language::Rust);
}

#[test]
fn hostile_python_is_contained_and_fakes_nothing() {
    check(Language::Python);
}
