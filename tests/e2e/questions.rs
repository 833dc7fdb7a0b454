//! What a spec leaves open is asked on a terminal, and the answer is kept.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{Project, stdout};

const SPEC: &str = "name: lists
language: python
functions:
  - name: largest
    signature: \"def largest(xs: list[int]) -> int\"
    description: return the largest number # of all
    examples:
      - {args: [[3, 1]], returns: 3}
      - {args: [[1, 5, 2]], returns: 5}
";

const HOLE: &str = "def largest(xs: list[int]) -> int:
    \"\"\"Return the largest number.\"\"\"
    raise NotImplementedError
";

/// A model that says one of two things in turn, which differ for an empty list.
fn recording() -> String {
    let sample = |empty: i64| {
        format!("def largest(xs: list[int]) -> int:\n    return max(xs) if xs else {empty}\n")
    };
    let samples: Vec<String> = (0..64).map(|at| sample(-(at % 2))).collect();
    json!({"language": "python", "entry_point": "largest", "samples": samples}).to_string()
}

/// What a person sees who types `answers` at a terminal; nothing where `script` is another one.
fn typed(project: &Project, arguments: &str, answers: &str) -> Option<String> {
    let version = Command::new("script").arg("--version").output().ok()?;
    if !stdout(&version).contains("util-linux") {
        return None;
    }
    let program = env!("CARGO_BIN_EXE_cargo-zerr");
    let mut script = project.command("script");
    script.args(["-qec", &format!("'{program}' zerr {arguments}"), "/dev/null"]);
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap();
    child.stdin.take().unwrap().write_all(answers.as_bytes()).unwrap();
    Some(stdout(&child.wait_with_output().unwrap()))
}

#[test]
fn an_answer_is_an_example_of_the_spec_and_the_function_is_tried_by_it() {
    let project = Project::with(&[("task_spec.yaml", SPEC), ("r.jsonl", &recording())]);
    let Some(seen) = typed(&project, "generate task_spec.yaml --model r.jsonl", "2\n\n\n\n") else {
        return;
    };
    assert!(seen.contains("What is right? The spec of `largest` does not say."), "{seen}");
    let spec = project.read("task_spec.yaml");
    let answers = ["- {args: [[]], returns: 0}", "- {args: [[]], returns: -1}"];
    let kept: Vec<&str> = answers.into_iter().filter(|it| spec.contains(it)).collect();
    assert_eq!(kept.len(), 1, "{spec}\n{seen}");
    assert!(spec.contains("# of all"), "{spec}");
    let empty = if kept[0].contains("-1") { "-1" } else { "0" };
    let written = project.read("lists.py");
    assert!(written.contains(&format!("else {empty}")), "{written}");
}

#[test]
fn an_unfinished_function_that_stays_so_keeps_the_answer() {
    let project = Project::with(&[("a.py", HOLE), ("r.jsonl", &recording())]);
    // One example is not enough for more than agreement.
    let Some(seen) = typed(&project, "generate a.py:1 --model r.jsonl", "1\n\n\n\n") else {
        return;
    };
    assert!(seen.contains("What is right? The spec of `largest` does not say."), "{seen}");
    let text = project.read("a.py");
    assert!(
        text.contains("largest([])") && text.contains("raise NotImplementedError"),
        "{text}\n{seen}"
    );
}
