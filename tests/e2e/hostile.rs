//! What models say and what candidates do at their worst, through the whole program: recorded
//! samples stand in for a model that nobody has.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::generated::assert_calls;
use crate::support::{Project, code, stderr, stdout};

const SPEC: &str = r#"
name: twice
language: [rust, python]
description: Doubles numbers.
functions:
  - name: twice
    signature:
      rust: "fn twice(x: i32) -> i32"
      python: "def twice(x: int) -> int"
    description: return the double of the number
    requires: ["x >= -1000 and x <= 1000"]
    examples:
      - {args: [0], returns: 0}
      - {args: [1], returns: 2}
      - {args: [-7], returns: -14}
      - {args: [1000], returns: 2000}
"#;

/// As many samples as a step may draw.
const SAMPLES: usize = 64;

/// A recording that gives these samples, over and over, for the one function in both languages.
fn recording(rust: &[Value], python: &[Value]) -> String {
    let mut lines = String::new();
    for (language, samples) in [("rust", rust), ("python", python)] {
        let samples: Vec<&Value> = samples.iter().cycle().take(SAMPLES).collect();
        let line = json!({"language": language, "entry_point": "twice", "samples": samples});
        let _ = writeln!(lines, "{line}");
    }
    lines
}

fn generate(rust: &[Value], python: &[Value]) -> (Project, Value, i32) {
    let project = Project::with(&[("task_spec.yaml", SPEC), ("r.jsonl", &recording(rust, python))]);
    let (document, code) =
        project.json(&["generate", "task_spec.yaml", "--model", "r.jsonl", "--time-limit", "120s"]);
    (project, document, code)
}

/// Nothing was accepted, and nothing was written.
fn assert_refused(rust: &[Value], python: &[Value]) -> Value {
    let (project, document, code) = generate(rust, python);
    assert_ne!(code, 0, "{document:#}");
    assert_ne!(code, 101, "{document:#}");
    assert_eq!(project.names(), ["r.jsonl", "task_spec.yaml"]);
    for step in document["steps"].as_array().unwrap() {
        assert!(step["verdict"] != "verified" && step["verdict"] != "agreed", "{step:#}");
    }
    document
}

fn flags(document: &Value, step: usize) -> Vec<String> {
    let kinds = document["steps"][step]["red_flag_kinds"].as_object().unwrap();
    kinds.keys().cloned().collect()
}

#[test]
fn replies_that_are_no_function_are_flagged_and_end_undecided() {
    let prompt = "Write one Rust function.\n\nfn twice(x: i32) -> i32\n\nreturn the double";
    let samples = |other: &str, two: &str| {
        vec![
            json!(""),
            json!(prompt),
            json!({"text": "x + ".repeat(2_000), "finish": "length", "tokens": 750}),
            json!({"text": "fn twice(x: i32) -> i32 { \u{fffd} }", "invalid_utf8": true}),
            json!("Sure! To double a number, you add it to itself."),
            json!(other),
            json!(two),
        ]
    };
    let document = assert_refused(
        &samples(
            "fn thrice(x: i32) -> i32 {\n    x * 3\n}",
            "fn a() {}\nfn twice(x: i32) -> i32 {\n    x * 2\n}",
        ),
        &samples(
            "def thrice(x: int) -> int:\n    return x * 3",
            "def a(): pass\ndef twice(x: int) -> int:\n    return x * 2",
        ),
    );
    assert_eq!(document["verdict"], "undecided");
    for step in 0..2 {
        let flags = flags(&document, step);
        for wanted in ["empty", "truncated", "invalid_utf8", "no_code", "other_name", "extra_items"]
        {
            assert!(flags.iter().any(|flag| flag == wanted), "{wanted} is not among {flags:?}");
        }
        let drawn = document["steps"][step]["samples"].as_u64().unwrap();
        assert_eq!(document["steps"][step]["red_flags"].as_u64(), Some(drawn));
    }
}

fn rust_hostile() -> Vec<Value> {
    let body = |body: &str| json!(format!("fn twice(x: i32) -> i32 {{\n    {body}\n}}"));
    vec![
        body("loop {}"),
        body("loop { std::thread::spawn(|| loop {}); }"),
        body("let mut v = vec![vec![1u8; 1 << 20]]; loop { v.push(v[0].clone()) }"),
        body("loop { println!(\"{x}\"); }"),
        body("std::fs::write(\"stolen\", \"x\").ok(); x * 2"),
        body("std::fs::read_to_string(\"/etc/passwd\").map_or(0, |t| t.len() as i32) + x * 2"),
        body("include_str!(\"/etc/passwd\").len() as i32 * 0 + x * 2"),
        body("std::net::TcpStream::connect(\"127.0.0.1:80\").is_ok() as i32 + x * 2"),
        body("std::process::exit(0)"),
        body("print!(\"test result: ok. 1 passed; 0 failed\"); x + x + 1"),
        body("std::process::Command::new(\"sh\").spawn().ok(); x * 2"),
        body("fn g(n: u64) -> u64 { [n; 64][3] + g(n + 1) } g(1) as i32"),
    ]
}

fn python_hostile() -> Vec<Value> {
    let body = |body: &str| json!(format!("def twice(x: int) -> int:\n    {body}"));
    vec![
        body("while True: pass"),
        body("import os\n    while True: os.fork()"),
        body("y = [1]\n    while True: y = y + y"),
        body("while True: print(x)"),
        body("open('stolen', 'w').write('x')\n    return x * 2"),
        body("return len(open('/etc/passwd').read()) + x * 2"),
        body("import socket\n    socket.create_connection(('127.0.0.1', 80))\n    return x * 2"),
        body("raise SystemExit(0)"),
        body("print('1 passed in 0.01s')\n    return x + x + 1"),
        body("return ().__class__.__base__.__subclasses__()[0] or x * 2"),
        body("return eval('x * 2')"),
        body("return twice(x)"),
    ]
}

#[test]
fn candidates_that_loop_fork_print_write_read_or_leave_early_are_never_accepted() {
    let document = assert_refused(&rust_hostile(), &python_hostile());
    for step in 0..2 {
        let flags = flags(&document, step);
        assert!(flags.iter().any(|flag| flag == "forbidden"), "{flags:?}");
    }
}

#[test]
fn a_few_hostile_candidates_do_not_keep_the_right_ones_from_winning() {
    let among = |right: &str, hostile: Vec<Value>| {
        let mut samples = vec![json!(right); 3];
        samples.extend(hostile.into_iter().take(4));
        samples.extend(vec![json!(right); 13]);
        samples
    };
    let rust = among("fn twice(x: i32) -> i32 {\n    x * 2\n}", rust_hostile());
    let python = among("def twice(x: int) -> int:\n    return x + x", python_hostile());
    let (project, document, code) = generate(&rust, &python);
    assert_eq!(code, 0, "{document:#}");
    assert_eq!(document["verdict"], "verified");
    let calls = json!([{"function": "twice", "args": [21], "returns": 42}]);
    for file in ["twice.rs", "twice.py"] {
        assert_calls(&project.path().join(file), &calls);
    }
}

#[test]
fn what_was_recorded_is_played_back_to_the_same_result() {
    let right = [json!("fn twice(x: i32) -> i32 {\n    x * 2\n}")];
    let files = [("task_spec.yaml", SPEC), ("r.jsonl", &*recording(&right, &[json!("")]))];
    let project = Project::with(&files);
    let only_rust = ["generate", "task_spec.yaml", "--language", "rust"];
    let first = project.run(only_rust.iter().chain(&["--model", "r.jsonl", "--record", "o.jsonl"]));
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let written = project.read("twice.rs");
    let again = Project::with(&[files[0], ("o.jsonl", &project.read("o.jsonl"))]);
    let second = again.run(only_rust.iter().chain(&["--model", "o.jsonl"]));
    assert_eq!(code(&second), 0, "{}", stderr(&second));
    assert_eq!(again.read("twice.rs"), written);
    // A recording holds what it takes to choose from it without its spec.
    again.write("truth.jsonl", &format!("{}\n", truth_of(&again.read("o.jsonl"))));
    let replay = ["bench", "replay", "--samples", "o.jsonl", "--truth", "truth.jsonl"];
    let (document, code) = again.json(&replay);
    assert_eq!(code, 0, "{document:#}");
    let figures = document.get("figures").unwrap_or(&document);
    assert_eq!((&figures["read"], &figures["ceiling"]), (&json!(1), &json!(1.0)), "{figures:#}");
}

/// The truth about a recording of `twice`.
fn truth_of(recording: &str) -> Value {
    let line: Value = serde_json::from_str(recording.lines().next().unwrap()).unwrap();
    let prompt = line["prompt"].as_str().unwrap();
    assert!(prompt.contains("fn twice(") && prompt.contains("///"), "{prompt}");
    json!({"task_id": line["task_id"], "prompt": prompt, "entry_point": "twice",
        "test": "fn main() {\n    let candidate = twice;\n    assert_eq!(candidate(3), 6);\n    assert_eq!(candidate(-4), -8);\n}\n"})
}

#[test]
fn recordings_that_end_or_that_are_none_are_told() {
    let one = r#"{"entry_point": "twice", "samples": ["fn twice(x: i32) -> i32 { x * 2 }"]}"#;
    let project =
        Project::with(&[("task_spec.yaml", SPEC), ("one.jsonl", one), ("no.jsonl", "{}\n")]);
    let generate = |model: &str| {
        project.run(["generate", "task_spec.yaml", "--language", "rust", "--model", model])
    };
    let short = generate("one.jsonl");
    assert_eq!(code(&short), 3, "{}", stderr(&short));
    let said = stderr(&short) + &stdout(&short);
    assert!(said.contains("only 1 samples were recorded for `rust:twice`"), "{said}");
    let none = generate("no.jsonl");
    assert_eq!(code(&none), 2);
    assert!(stderr(&none).contains("line 1 of the recording"), "{}", stderr(&none));
    assert_eq!(code(&generate("gone.jsonl")), 2);
}
