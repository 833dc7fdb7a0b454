//! `bench replay`: a recording of several samples a task, chosen from and scored.

use serde_json::{Value, json};

use crate::support::{Project, code, stderr, stdout};

const PROMPT: &str = "def top(xs: list):\n    \"\"\" Return the largest number of the list, 0 \
                      where it is empty.\n    >>> top([1, 3, 2])\n    3\n    \"\"\"\n";

/// One right, two that agree on what is wrong for an empty list, two that the example refutes, one
/// that is no code.
const SAMPLES: [&str; 6] = [
    "    return max(xs) if xs else 0\n\nprint(top([1]))\n",
    "    return max(xs)\n",
    "    largest = max(xs)\n    return largest\n",
    "    return xs[0]\n",
    "```python\ndef top(xs):\n    return 0\n```\n",
    "    the largest number\n",
];

fn recording(samples: &[&str]) -> String {
    let line = json!({
        "task_id": "T/0", "language": "python", "prompt": PROMPT, "entry_point": "top",
        "samples": samples, "test_samples": ["[4, 5]) == 5\nassert top([]) == 0\n"],
    });
    format!("{line}\n")
}

fn truth() -> String {
    let line = json!({
        "task_id": "T/0", "prompt": PROMPT, "entry_point": "top",
        "canonical_solution": "    return max(xs) if xs else 0\n",
        "base_input": [[[1, 2]], [[5, 4, 9]]], "plus_input": [[[]], [[-1.5, -2.0]]],
    });
    format!("{line}\n")
}

#[test]
fn every_way_of_choosing_is_scored_by_a_truth_that_it_does_not_see() {
    let project =
        Project::with(&[("samples.jsonl", &recording(&SAMPLES)), ("truth.jsonl", &truth())]);
    let arguments = ["bench", "replay", "--samples", "samples.jsonl", "--truth", "truth.jsonl"];
    let (document, exit) = project.json(&arguments);
    assert_eq!(exit, 0, "{document}");
    let figures = document.get("figures").unwrap_or(&document);
    let number = |name: &str| figures[name].as_f64().unwrap();
    assert_eq!((number("read"), number("samples"), number("flagged")), (1.0, 6.0, 1.0));
    assert_eq!((number("tests"), number("ceiling")), (2.0, 1.0));
    let forced = |name: &str| -> f64 {
        let rows = figures["methods"].as_array().unwrap();
        let row = rows.iter().find(|row| row["method"] == name);
        row.and_then(|row| row["forced"].as_f64()).unwrap()
    };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    near(forced("random sample"), 1.0 / 6.0);
    near(forced("example filter, then random"), 1.0 / 3.0);
    // Two agree on an error for the empty list; a test that the model wrote tells them apart.
    near(forced("example filter, behaviour plurality"), 0.0);
    near(forced("example filter, dual agreement"), 1.0);
    // Led by two, the class that is wrong wins every race that is decided.
    let races: &Vec<Value> = figures["races"].as_array().unwrap();
    let by_three = races.iter().find(|race| race["k"] == 3).unwrap();
    near(by_three["decided"].as_f64().unwrap(), 0.0);
    near(by_three["drawn"].as_f64().unwrap(), 6.0);
}

#[test]
fn assertions_are_a_truth_where_there_is_no_right_body() {
    let prompt =
        "/// The largest of them, 0 where there is none.\nfn top(xs: Vec<isize>) -> isize {\n";
    let body = |body: &str| format!("{prompt}    {body}\n}}\n");
    let samples = [
        body("xs.into_iter().max().unwrap_or(0)"),
        body("xs.into_iter().max().unwrap()"),
        body("*xs.iter().fold(&0, |a, b| if b > a { b } else { a })"),
    ];
    let line = json!({
        "task_id": "T/0", "language": "rust", "prompt": prompt, "entry_point": "top",
        "samples": samples, "derived": [false, false, true],
        "test": "\nfn main() {\n    let candidate = top;\n    assert_eq!(candidate(vec![-1, -3]), -1);\n    \
                 assert_eq!(candidate(vec![7]), 8);\n    assert_eq!(candidate(vec![7]), 7);\n    assert_eq!(candidate(vec![]), 0);\n    assert_eq!(candidate(made()), 1);\n}\n",
    });
    let project = Project::with(&[("both.jsonl", &format!("{line}\n"))]);
    let arguments = ["bench", "replay", "--samples", "both.jsonl", "--truth", "both.jsonl"];
    let (document, exit) = project.json(&[&arguments[..], &["--pools", "pools.jsonl"]].concat());
    assert_eq!(exit, 0, "{document}");
    let figures = document.get("figures").unwrap_or(&document);
    let why = "one assertion holds no constants, two contradict each other";
    assert_eq!(figures["rows_skipped"], 3, "{why}");
    let pools = project.read("pools.jsonl");
    let pool: Value = serde_json::from_str(pools.trim()).unwrap();
    assert_eq!(pool["right"], json!([true, false, false]));
    assert_eq!(pool["derived"], json!([false, false, true]));
    assert_eq!(pool["behaviour"].as_array().map(Vec::len), Some(3));
}

#[test]
fn a_replay_is_a_page_with_pictures_and_lines_for_others_to_score() {
    let project =
        Project::with(&[("samples.jsonl", &recording(&SAMPLES)), ("truth.jsonl", &truth())]);
    let fixed = ["bench", "replay", "--samples", "samples.jsonl", "--truth", "truth.jsonl"];
    let more = ["--report", "r.html", "--plots", "plots", "--selections", "s.jsonl"];
    let output = project.run(fixed.iter().chain(&more));
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let table = stdout(&output);
    assert!(table.contains("(seeds 0 to 19)") && table.contains("of memory"), "{table}");
    let page = project.read("r.html");
    for part in ["Ways of choosing", "Precision against coverage", "Reliability", "<svg"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("http://") || page.contains("http://www.w3.org/2000/svg"), "{page}");
    for name in ["precision-against-coverage", "reliability-of-the-confidence"] {
        assert!(project.read(&format!("plots/{name}.svg")).contains("<svg"), "{name}");
    }
    let line: Value = serde_json::from_str(project.read("s.jsonl").trim()).unwrap();
    assert_eq!((&line["task_id"], &line["verdict"]), (&json!("T/0"), &json!("undecided")));
    assert!(line["code"].as_str().unwrap().contains("max(xs)"), "{line}");
    assert!(line["confidence"].as_f64().unwrap() > 0.0, "{line}");
    let assumptions = line["assumptions"].to_string();
    assert!(assumptions.contains("top([])") && assumptions.contains("not stated"), "{line}");
}

#[test]
fn samples_that_ask_that_never_end_or_that_need_what_is_not_there_are_left_behind() {
    let samples = [
        "    return max(xs) if xs else 0\n",
        "    while True:\n        pass\n",
        "    return int(input())\n",
        "    import numpy\n    return numpy.max(xs)\n",
        "while True:\n    pass\n\ndef top(xs):\n    return max(xs) if xs else 0\n",
        "    return max(xs) if xs else 0\n\nif __name__ == '__main__':\n    print(top(eval(input())))\n",
    ];
    let project =
        Project::with(&[("samples.jsonl", &recording(&samples)), ("truth.jsonl", &truth())]);
    let arguments = ["bench", "replay", "--samples", "samples.jsonl", "--truth", "truth.jsonl"];
    let (document, exit) = project.json(&[&arguments[..], &["--pools", "pools.jsonl"]].concat());
    assert_eq!(exit, 0, "{document}");
    let pool: Value = serde_json::from_str(project.read("pools.jsonl").trim()).unwrap();
    let right = &pool["right"];
    // The loop beside the function is no part of it.
    assert_eq!(right, &json!([true, false, false, false, true, true]), "{pool}");
    assert_eq!(&pool["meets"], right);
}

#[test]
fn recordings_that_are_none_are_told_by_their_line() {
    let project = Project::with(&[("a.jsonl", "{\"task_id\": \"x\"}\n"), ("t.jsonl", "")]);
    let output = project.run(["bench", "replay", "--samples", "a.jsonl", "--truth", "t.jsonl"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("a.jsonl:1"), "{}", stderr(&output));
    let none = project.run(["bench", "replay", "--samples", "no.jsonl", "--truth", "t.jsonl"]);
    assert_eq!(code(&none), 2);
    assert!(stderr(&none).contains("no.jsonl"), "{}", stderr(&none));
}

/// A number that no input of ours is, though its factors are among the samples' constants.
const HANGS: i64 = 123_457 * 1_000_003;

/// Tasks that every sample does right, as far as their examples show; the first one's samples hang on one number.
fn doubled(count: usize) -> (String, String) {
    let lines = |line: &dyn Fn(usize, String, String) -> Value| -> String {
        let each = (0..count).map(|at| {
            let name = format!("twice_{at}");
            let prompt = format!(
                "def {name}(x: int) -> int:\n    \"\"\" Double a number.\n    >>> {name}(3)\n    6\n    >>> {name}(0)\n    0\n    >>> {name}(-4)\n    -8\n    \"\"\"\n"
            );
            line(at, name, prompt)
        });
        each.flat_map(|line| [line.to_string(), "\n".to_owned()]).collect()
    };
    let samples = lines(&|at, name, prompt| {
        let hang = if at == 0 { "    while x == 123457 * 1000003:\n        pass\n" } else { "" };
        let bodies = ["x * 2", "2 * x", "x + x"].map(|body| format!("{hang}    return {body}\n"));
        json!({"task_id": name, "language": "python", "prompt": prompt, "entry_point": name,
            "samples": bodies.iter().cycle().take(24).collect::<Vec<_>>()})
    });
    let truth = lines(&|_, name, prompt| {
        json!({"task_id": name, "prompt": prompt, "entry_point": name,
            "canonical_solution": "    return x * 2\n", "base_input": [[5], [-7]], "plus_input": [[HANGS]]})
    });
    (samples, truth)
}

#[test]
fn what_a_replay_accepts_is_tried_by_every_layer() {
    let (samples, truth) = doubled(30);
    let project = Project::with(&[("s.jsonl", &samples), ("t.jsonl", &truth)]);
    let arguments = ["bench", "replay", "--samples", "s.jsonl", "--truth", "t.jsonl"];
    let (document, exit) = project.json(&[&arguments[..], &["--selections", "o.jsonl"]].concat());
    assert_eq!(exit, 0, "{document}");
    let figures = document.get("figures").unwrap_or(&document);
    let verified =
        figures["verdicts"]["verified"].as_array().unwrap_or_else(|| panic!("{figures}"));
    let [right, all] = [&verified[0], &verified[1]].map(|it| it.as_u64().unwrap());
    assert!(all > 20 && right + 1 >= all, "{figures}");
    let lines = project.read("o.jsonl");
    assert_eq!(lines.matches("\"verdict\":\"verified\"").count() as u64, all, "{lines}");
}

#[test]
fn recordings_are_played_through_the_engine_and_who_hangs_is_wrong() {
    let (samples, truth) = doubled(3);
    let project =
        Project::with(&[("s.jsonl", &samples), ("t.jsonl", &truth), ("o.jsonl", &samples)]);
    let calibrate = |more: &[&str]| {
        let fixed = ["calibrate", "--truth", "t.jsonl"];
        project.run(fixed.iter().chain(more))
    };
    let unnamed = calibrate(&["--samples", "s.jsonl", "o.jsonl"]);
    assert_eq!(code(&unnamed), 2);
    assert!(
        stderr(&unnamed).contains("which model these recordings are of"),
        "{}",
        stderr(&unnamed)
    );
    let shown = calibrate(&["--samples", "s.jsonl", "--dry-run"]);
    assert_eq!(code(&shown), 0, "{}", stderr(&shown));
    let table = stdout(&shown);
    assert!(table.contains("verified: 2 of 3 right"), "{table}");
    assert!(table.contains("cannot be promised"), "{table}");
    // A run without a risk has no threshold that could be learnt.
    let plain = calibrate(&["--samples", "s.jsonl", "--plain"]);
    assert_eq!(code(&plain), 0, "{}", stderr(&plain));
    let table = stdout(&plain);
    assert!(table.contains("verified: 2 of 3 right"), "{table}");
    assert!(table.contains("verified and wrong: "), "{table}");
    assert!(!table.contains("promise") && !stderr(&plain).contains("kept in"), "{table}");
}
