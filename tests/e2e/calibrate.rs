//! A risk that is stated: refused without a calibration, kept with one.

use serde_json::json;

use crate::support::{Project, code, stderr, stdout};

/// Enough that one wrong function among them would not break a risk of 0.2.
const TASKS: usize = 24;

/// The first of them is right by its example and wrong by the truth.
fn body(at: usize) -> &'static str {
    if at == 0 { "abs(x) * 2" } else { "x * 2" }
}

fn name(at: usize) -> String {
    format!("twice_{at}")
}

fn spec(at: usize) -> serde_json::Value {
    let name = name(at);
    json!({"name": "t", "language": "python", "functions": [{
        "name": name,
        "signature": format!("def {name}(x: int) -> int"),
        "description": "Double a number.",
        "examples": [{"args": [3], "returns": 6}, {"args": [0], "returns": 0}],
    }]})
}

#[test]
fn a_risk_is_refused_without_a_calibration_and_kept_with_one() {
    let lines = |line: &dyn Fn(usize) -> serde_json::Value| -> String {
        (0..TASKS).flat_map(|at| [line(at).to_string(), "\n".to_owned()]).collect()
    };
    let tasks = lines(&|at| {
        json!({"id": name(at), "tasks": "t", "group": "g", "shown": 2, "spec": spec(at), "truth": [
            {"args": [5], "returns": 10}, {"args": [-4], "returns": -8},
        ]})
    });
    let model = lines(&|at| {
        let code =
            format!("```python\ndef {}(x: int) -> int:\n    return {}\n```\n", name(at), body(at));
        json!({"entry_point": name(at), "language": "python", "samples": vec![code; 64]})
    });
    let task_spec = spec(5).to_string();
    let project = Project::with(&[
        ("tasks.jsonl", &tasks),
        ("m.jsonl", &model),
        ("task_spec.yaml", &task_spec),
    ]);
    let data = project.path().join(".zerr/data");
    let run = |args: &[&str]| project.zerr(args).env("ZERR_DATA_DIR", &data).output().unwrap();
    let risky = |risk: &str| {
        run(&[
            "generate",
            "task_spec.yaml",
            "--model",
            "m.jsonl",
            "--risk",
            risk,
            "--accept-agreed",
            "-v",
        ])
    };

    let refused = risky("0.2");
    assert_eq!(code(&refused), 2, "{}", stderr(&refused));
    assert!(stderr(&refused).contains("is not calibrated"), "{}", stderr(&refused));

    let calibrated = run(&["calibrate", "--tasks", "tasks.jsonl", "--model", "m.jsonl"]);
    assert_eq!(code(&calibrated), 0, "{}", stderr(&calibrated));
    let table = stdout(&calibrated);
    assert!(table.contains("python    0.02  cannot be promised"), "{table}");
    assert!(table.contains("python    0.20  "), "{table}");
    assert!(!table.contains("python    0.20  cannot"), "{table}");

    assert!(table.contains("python: one sample is right with p = 0.8"), "{table}");
    // A run without a risk believes what was measured.
    let plain = ["--model", "m.jsonl", "--fresh", "--out", "plain", "--message-format", "json"];
    let plain = run(&[&["generate", "task_spec.yaml"], &plain[..]].concat());
    let document = stdout(&plain);
    assert!(document.contains("\"p_source\": \"recorded\""), "{document}");
    assert!(document.contains("no promise for this one"), "{document}");
    assert!(!document.contains("not calibrated"), "{document}");

    let kept = risky("0.2");
    let said = stderr(&kept);
    assert!(project.names().contains(&"t.py".to_owned()), "{said}");
    assert!(said.contains("at most 20 % of what is accepted are wrong"), "{said}");

    let refused = risky("0.01");
    assert_eq!(code(&refused), 2);
    let said = stderr(&refused);
    assert!(said.contains("the least risk that can be promised is"), "{said}");
    assert!(said.contains("1 of them wrong"), "{said}");
}
