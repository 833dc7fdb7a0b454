//! What is written beside accepted code, and what more a spec may state: tests, decorators,
//! properties, costs. Recorded samples say what a model would.

use std::fmt::Write as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Project, code, stderr};

const SPEC: &str = r#"
name: lists
language: [rust, python]
functions:
  - name: spread
    signature:
      rust: "fn spread(xs: &[i64]) -> i64"
      python: "def spread(xs: list[int]) -> int"
    description: return the largest number minus the smallest number
    requires: ["len(xs) > 0", "all(x in xs: x in -1000..1000)"]
    ensures: ["result >= 0"]
    properties: ["spread(reversed(xs)) == result"]
    complexity: O(n)
    examples:
      - {args: [[5]], returns: 0}
      - {args: [[1, 4, 2]], returns: 3}
      - {args: [[-3, 0]], returns: 3}
      - {args: [[7, 2, 9, 2]], returns: 7}
"#;

const RUST: &str = "fn spread(xs: &[i64]) -> i64 {
    let mut low = xs[0];
    let mut high = xs[0];
    for &x in xs {
        low = low.min(x);
        high = high.max(x);
    }
    high - low
}";

const PYTHON: &str = "def spread(xs: list[int]) -> int:
    low = xs[0]
    high = xs[0]
    for x in xs:
        low = min(low, x)
        high = max(high, x)
    return high - low";

/// A project whose model says the same all the time.
fn project(rust: &str, python: &str) -> Project {
    let mut lines = String::new();
    for (language, sample) in [("rust", rust), ("python", python)] {
        let samples = vec![Value::from(sample); 64];
        let line = json!({"language": language, "entry_point": "spread", "samples": samples});
        let _ = writeln!(lines, "{line}");
    }
    Project::with(&[("task_spec.yaml", SPEC), ("r.jsonl", &lines)])
}

fn generate<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["generate", "task_spec.yaml", "--model", "r.jsonl"];
    arguments.extend(more);
    arguments
}

fn layer<'a>(document: &'a Value, step: usize, name: &str) -> &'a Value {
    let layers = document["steps"][step]["layers"].as_array().unwrap();
    layers.iter().find(|layer| layer["layer"] == name).unwrap()
}

#[test]
fn examples_become_tests_that_pass_and_contracts_decorators_that_hold() {
    let project = project(RUST, PYTHON);
    let (document, exit) = project.json(&generate(&["--write-tests", "--icontract"]));
    assert_eq!(exit, 0, "{document:#}");
    let names = ["lists.py", "lists.rs", "r.jsonl", "task_spec.yaml", "test_lists.py"];
    assert_eq!(project.names(), names);

    let rust = project.read("lists.rs");
    assert!(rust.contains("#[cfg(test)]\nmod tests {"), "{rust}");
    let mut compile = Command::new("rustc");
    compile.args(["--edition", "2024", "--test", "-A", "dead_code", "-o", "tests", "lists.rs"]);
    let compiled = compile.current_dir(project.path()).output().unwrap();
    assert!(compiled.status.success(), "{}\n{rust}", stderr(&compiled));
    let ran = Command::new(project.path().join("tests")).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));

    // A stand-in for icontract that checks what its decorators say.
    project.write(
        "icontract.py",
        "import functools, inspect

def wrapped(check):
    def outer(function):
        signature = inspect.signature(function)
        @functools.wraps(function)
        def inner(*args):
            known = dict(signature.bind(*args).arguments)
            return check(known, function, args)
        return inner
    return outer

def call(condition, known):
    return condition(**{name: known[name] for name in inspect.signature(condition).parameters})

def require(condition):
    def check(known, function, args):
        assert call(condition, known), 'require'
        return function(*args)
    return wrapped(check)

def ensure(condition):
    def check(known, function, args):
        result = function(*args)
        assert call(condition, known | {'result': result}), 'ensure'
        return result
    return wrapped(check)
",
    );
    let python = project.read("lists.py");
    assert!(python.contains("@icontract.ensure(lambda result: result >= 0)"), "{python}");
    let script = "import test_lists, lists
test_lists.test_spread_does_what_was_specified()
try:
    lists.spread([])
except AssertionError as error:
    print(error)";
    let ran = Command::new("python3")
        .args(["-B", "-c", script])
        .current_dir(project.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stdout), "require\n", "{}", stderr(&ran));
}

#[test]
fn what_a_spec_states_is_part_of_the_evidence() {
    let (document, exit) = project(RUST, PYTHON).json(&generate(&["--dry-run"]));
    assert_eq!(exit, 0, "{document:#}");
    for step in 0..2 {
        let properties = layer(&document, step, "properties");
        assert_eq!(properties["verdict"], "passed", "{properties:#}");
        let said = properties["findings"][0]["message"].as_str().unwrap();
        assert!(said.starts_with("2 statements held on "), "{said}");
        let performance = layer(&document, step, "performance");
        let is_python = document["steps"][step]["language"] == "python";
        // Instructions are counted where valgrind is installed.
        if is_python || performance["verdict"] != "not_run" {
            let said = performance["findings"][0]["message"].as_str().unwrap();
            assert!(said.starts_with("consistent with O(n)"), "{said}");
        }
    }
}

#[test]
fn the_formal_layer_goes_as_far_as_it_is_told() {
    let project = project(RUST, PYTHON);
    for (depth, said) in
        [("off", "switched off"), ("quick", "--formal full"), ("full", "no call raises")]
    {
        let (document, exit) =
            project.json(&generate(&["--dry-run", "--language", "python", "--formal", depth]));
        assert_eq!(exit, 0, "{document:#}");
        let formal = layer(&document, 0, "formal");
        assert_eq!(formal["verdict"], if depth == "full" { "passed" } else { "not_run" });
        assert!(formal.to_string().contains(said), "{formal:#}");
    }
}

#[test]
fn a_winner_that_breaks_a_property_is_not_written() {
    // Right on every example: only the order of the items tells.
    let wrong = PYTHON.replace("high = max(high, x)", "high = max(high, x) if x != 13 else high");
    let wrong = wrong.replace("    high = xs[0]\n", "    high = xs[0] if xs[0] != 13 else 14\n");
    let project = project(RUST, &wrong);
    let (document, exit) = project.json(&generate(&["--language", "python"]));
    assert_ne!(exit, 0, "{document:#}");
    let why = document["steps"][0]["complaints"].to_string();
    assert!(why.contains("spread([0, 13]) gives 0, spread([13, 0]) gives 14"), "{document:#}");
    assert_eq!(project.names(), ["r.jsonl", "task_spec.yaml"]);
}

#[test]
fn a_projects_own_tests_run_when_they_are_asked_for() {
    let project = Project::with(&[(
        "Cargo.toml",
        "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    )]);
    std::fs::create_dir(project.path().join("src")).unwrap();
    project.write(
        "src/lib.rs",
        "pub fn half(x: i32) -> i32 {\n    x / 2\n}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    \
         fn halves() {\n        assert_eq!(super::half(3), 2);\n    }\n}\n",
    );
    let asked = ["verify", "--layers", "unit_tests"];
    let (without, _) = project.json(&asked);
    assert!(without["findings"].as_array().unwrap().is_empty(), "{without:#}");
    let (with, exit) = project.json(&[&asked[..], &["--tests"]].concat());
    assert_eq!(exit, 1, "{with:#}");
    let failed = with["findings"].as_array().unwrap();
    let failed = failed.iter().find(|found| found["rule"] == "test-failed").unwrap();
    assert_eq!(failed["file"], "src/lib.rs", "{failed:#}");
    assert_eq!(failed["region"]["line"], 9, "{failed:#}");
    let human = project.run([&asked[..], &["--tests"]].concat());
    assert_eq!(code(&human), 1, "{}", stderr(&human));
}
