//! Another model as a witness: what both do is written, what they differ on is not.

use serde_json::json;

use crate::support::{Project, code, stderr};

const SPEC: &str = r#"
name: t
language: python
functions:
  - name: twice
    signature: "def twice(x: int) -> int"
    description: Double a number.
    examples:
      - { args: [2], returns: 4 }
      - { args: [0], returns: 0 }
      - { args: [3], returns: 6 }
"#;

/// 64 samples of `twice` with this body, of a model of this name.
fn model(name: &str, body: &str) -> String {
    let code = format!("```python\ndef twice(x: int) -> int:\n    return {body}\n```\n");
    let line = json!({
        "entry_point": "twice", "language": "python", "model": name, "samples": vec![code; 64],
    });
    format!("{line}\n")
}

#[test]
fn a_second_model_that_does_something_else_makes_a_function_undecided() {
    // Both meet the examples; below zero they differ.
    let (winner, alike, other) =
        (model("first", "x * 2"), model("alike", "x + x"), model("other", "abs(x) * 2"));
    let project = Project::with(&[
        ("task_spec.yaml", SPEC),
        ("m.jsonl", &winner),
        ("alike.jsonl", &alike),
        ("other.jsonl", &other),
    ]);
    let generate = |second: &str| {
        let fixed = ["generate", "task_spec.yaml", "--model", "m.jsonl", "--fresh", "-v"];
        project.run(fixed.into_iter().chain(["--second-model", second]))
    };
    let output = generate("other.jsonl");
    let said = stderr(&output);
    assert_eq!(code(&output), 3, "{said}");
    assert!(
        said.contains("8 of 8 samples of the model `recorded other` do something else"),
        "{said}"
    );
    assert!(said.contains("twice(-"), "{said}");
    assert!(!project.names().contains(&"t.py".to_owned()));

    let output = generate("alike.jsonl");
    let said = stderr(&output);
    assert_eq!(code(&output), 0, "{said}");
    assert!(said.contains("8 of 8 samples of the model `recorded alike` do the same"), "{said}");
}
