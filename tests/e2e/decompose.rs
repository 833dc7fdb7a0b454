//! Functions taken apart: by `decompose`, and by `generate` when it does not get on otherwise.
//! What the model says is recorded, but for one test, which asks the embedded one.

use std::fmt::Write as _;

use serde_json::json;

use crate::generated::assert_calls;
use crate::support::{Project, code, code as code_of, stderr, stdout};

const SPEC: &str = r#"
name: sums
language: [rust, python]
functions:
  - name: scaled_sum
    signature:
      rust: "fn scaled_sum(values: &[i32], factor: i32) -> i32"
      python: "def scaled_sum(values: list[int], factor: int) -> int"
    description: multiply every value by the factor and add up the results
    requires: ["len(values) < 9", "all(v in values: abs(v) < 100)", "abs(factor) < 100"]
    examples:
      - {args: [[], 3], returns: 0}
      - {args: [[1, 2], 3], returns: 9}
      - {args: [[5], -1], returns: -5}
      - {args: [[7, -7, 4], 2], returns: 8}
"#;

const SPLIT: &str = "\
fn scale_all(values: &[i32], factor: i32) -> Vec<i32>
Does: multiply every value by the factor
Requires: abs(factor) < 100
Requires: all(v in values: abs(v) < 10000)
Ensures: len(result) == len(values)
Ensures: all(i in 0..len(values): result[i] == values[i] * factor)
fn total(values: &[i32]) -> i32
Does: add up the values
Requires: all(v in values: abs(v) < 100000)
Ensures: result == sum(values)";

/// 64 samples of each.
fn recording(lines: &[(&str, &str, &[&str])]) -> String {
    let mut text = String::new();
    for (kind, name, samples) in lines {
        let samples: Vec<&&str> = samples.iter().cycle().take(64).collect();
        let field = if *kind == "decompose" { "role" } else { "language" };
        let _ = writeln!(text, "{}", json!({field: kind, "entry_point": name, "samples": samples}));
    }
    text
}

#[test]
fn a_split_that_leads_becomes_a_spec_in_both_languages() {
    let circle = "fn a(x: i32) -> i32\nDoes: a\nCalls: b\nfn b(x: i32) -> i32\nDoes: b\nCalls: a";
    let replies = [SPLIT, circle, SPLIT, "Sure!", SPLIT, SPLIT];
    let lines = recording(&[
        ("decompose", "scaled_sum", &replies),
        ("decompose", "scale_all", &["one function"]),
        ("decompose", "total", &["one function"]),
    ]);
    let project = Project::with(&[("task_spec.yaml", SPEC), ("r.jsonl", &lines)]);
    let run = |more: &[&str]| {
        let fixed = ["decompose", "task_spec.yaml", "--model", "r.jsonl"];
        project.run(fixed.iter().chain(more))
    };
    let shown = run(&[]);
    assert_eq!(code(&shown), 0, "{}", stderr(&shown));
    let text = stdout(&shown);
    assert!(
        text.contains("python: \"def scale_all(values: list[int], factor: int) -> list[int]\"")
    );
    assert!(text.contains("depends_on: [\"scale_all\", \"total\"]"), "{text}");
    assert!(stderr(&shown).contains("scaled_sum: scale_all, total (votes "), "{}", stderr(&shown));
    assert!(stderr(&shown).contains("total: one function"), "{}", stderr(&shown));
    assert_eq!(project.names(), ["r.jsonl", "task_spec.yaml"]);

    let saved = run(&["--out", "parts.yaml"]);
    assert_eq!((code(&saved), stdout(&saved).trim()), (0, "parts.yaml"), "{}", stderr(&saved));
    assert_eq!(project.read("parts.yaml"), text);
    project.write("parts.yaml", "mine");
    let again = run(&["--out", "parts.yaml"]);
    assert_eq!(code(&again), 2, "{}", stderr(&again));
    assert_eq!(project.read("parts.yaml"), "mine");

    let paged = run(&["--report", "votes.html"]);
    assert_eq!(code(&paged), 0, "{}", stderr(&paged));
    let page = project.read("votes.html");
    assert!(page.contains("scale_all") && page.contains("votes"), "{page}");
    assert!(stderr(&paged).contains("report votes.html"), "{}", stderr(&paged));

    // The samples of a run that was, here of the last round, to be played again.
    let listed = stdout(&project.run(["runs", "list"]));
    let id = listed.split_whitespace().find(|word| word.len() > 12 && word.contains('-'));
    let id = id.unwrap_or_else(|| panic!("{listed}"));
    let record = || project.run(["runs", "show", id, "--record", "again.jsonl"]);
    assert_eq!(code(&record()), 0, "{}", stderr(&record()));
    let kept = project.read("again.jsonl");
    assert!(kept.contains("\"role\":\"decompose\"") && kept.contains("one function"), "{kept}");
    assert_eq!(code(&record()), 2, "a recording is not overwritten");

    let unknown = run(&["--function", "nothing"]);
    assert_eq!(code(&unknown), 2);
    assert!(stderr(&unknown).contains("has no function `nothing`"), "{}", stderr(&unknown));
}

#[test]
fn the_embedded_model_takes_apart_what_it_was_taught_to() {
    let spec = r#"
name: digits
language: rust
functions:
  - name: total_digits
    signature: "fn total_digits(numbers: &[u32]) -> u32"
    description: "For each item, return the sum of the decimal digits of `n`, and add up the results"
"#;
    let project = Project::with(&[("task_spec.yaml", spec)]);
    let output = project.run(["decompose", "task_spec.yaml", "--out", "plan.yaml"]);
    assert_eq!(code_of(&output), 0, "{}", stderr(&output));
    let plan = project.read("plan.yaml");
    assert!(plan.contains("(n: u32) -> u32"), "{plan}");
    assert!(plan.contains("depends_on: [\"digit_sum\"]"), "{plan}");
}

#[test]
fn splits_that_never_fit_end_undecided_and_say_why() {
    let large = "fn scaled_sum(values: &[i32], factor: i32) -> i32\nDoes: everything";
    let unknown = "fn a(x: i32) -> i32\nDoes: a\nCalls: b";
    let lines = recording(&[("decompose", "scaled_sum", &[large, unknown, ""])]);
    let project = Project::with(&[("task_spec.yaml", SPEC), ("r.jsonl", &lines)]);
    let (document, code) = project.json(&["decompose", "task_spec.yaml", "--model", "r.jsonl"]);
    assert_eq!(code, 3, "{document:#}");
    let step = &document["rounds"][0]["steps"][0];
    assert_eq!(step["verdict"], "undecided");
    let flags = step["red_flag_kinds"].as_object().unwrap();
    assert!(flags.contains_key("bad_split") && flags.contains_key("empty"), "{flags:?}");
    assert_eq!(document["splits"], json!([]));
}

#[test]
fn what_cannot_be_written_at_once_is_split_and_written_in_parts() {
    let head = "fn scaled_sum(values: &[i32], factor: i32) -> i32 {\n    total(&scale_all(values, factor))\n}";
    let scale = "fn scale_all(values: &[i32], factor: i32) -> Vec<i32> {\n    values.iter().map(|v| v * factor).collect()\n}";
    let total = "fn total(values: &[i32]) -> i32 {\n    values.iter().sum()\n}";
    // Without parts there is nothing that it could call.
    let lines = recording(&[
        ("decompose", "scaled_sum", &[SPLIT]),
        ("rust", "scale_all", &[scale]),
        ("rust", "total", &[total]),
        ("rust", "scaled_sum", &[head]),
    ]);
    let project = Project::with(&[("task_spec.yaml", SPEC), ("r.jsonl", &lines)]);
    let fixed = ["generate", "task_spec.yaml", "--model", "r.jsonl", "--language", "rust"];
    let (document, _) = project.json(&[&fixed[..], &["--split-depth", "0"]].concat());
    assert_eq!(document["verdict"], "undecided", "{document:#}");
    assert_eq!(document["steps"].as_array().unwrap().len(), 1);

    // Split within a run, parts have no judge: what their proposer says of them does not count.
    let (document, code) = project.json(&fixed);
    let names: Vec<&str> = document["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["scale_all", "total", "scaled_sum"], "{document:#}");
    assert_ne!(code, 0, "{document:#}");
    assert!(!project.names().contains(&"sums.rs".to_owned()));
    for step in &document["steps"].as_array().unwrap()[..2] {
        assert_ne!(step["verdict"], "verified", "{step:#}");
    }

    // A person reads the split and takes it for their own.
    let parts = ["decompose", "task_spec.yaml", "--model", "r.jsonl", "--language", "rust"];
    let saved = project.run(parts.iter().chain(&["--depth", "1", "--out", "parts.yaml"]));
    assert_eq!(code_of(&saved), 0, "{}", stderr(&saved));
    let generate = ["generate", "parts.yaml", "--model", "r.jsonl"];
    let (document, code) = project.json(&generate);
    assert_eq!((&document["verdict"], code), (&json!("verified"), 0), "{document:#}");
    let calls = json!([{"function": "scaled_sum", "args": [[1, 2, 3], 4], "returns": 24}]);
    assert_calls(&project.path().join("sums.rs"), &calls);
}

#[test]
fn parts_that_do_not_fit_into_the_spec_are_left_out_and_named() {
    let taken = "fn sum(values: &[i32]) -> i32\nDoes: add up the values";
    let lines = recording(&[("decompose", "scaled_sum", &[taken])]);
    let project = Project::with(&[("task_spec.yaml", SPEC), ("r.jsonl", &lines)]);
    let output = project.run(["decompose", "task_spec.yaml", "--model", "r.jsonl"]);
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("do not fit into the spec, `sum` is a function that Python"), "{said}");
}
