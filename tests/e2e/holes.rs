//! Unfinished functions in source files, named by file and line.

use serde_json::json;

use crate::generated::assert_calls;
use crate::support::{Project, code, stderr};

const RUST: &str = "\
//! Numbers.

/// Compute the greatest common divisor of two numbers.
///
/// ```
/// assert_eq!(gcd(12, 18), 6);
/// assert_eq!(gcd(7, 0), 7);
/// assert_eq!(gcd(0, 5), 5);
/// assert_eq!(gcd(17, 5), 1);
/// assert_eq!(gcd(0, 0), 0);
/// ```
pub fn gcd(a: u64, b: u64) -> u64 {
    todo!(\"later\")
}

/// Somebody else's.
pub fn other() -> i32 {
    todo!()
}
";

const PYTHON: &str = "\
\"\"\"Texts.\"\"\"


def count_vowels(text: str) -> int:
    \"\"\"Count the vowels (a, e, i, o, u) in the text, in upper or lower case.

    >>> count_vowels(\"hello\")
    2
    >>> count_vowels(\"\")
    0
    >>> count_vowels(\"XYZ\")
    0
    >>> count_vowels(\"AEIOU aeiou\")
    10
    >>> count_vowels(\"Rhythm and blues\")
    3
    \"\"\"
    raise NotImplementedError


def other() -> int:
    ...
";

#[test]
fn a_rust_function_is_filled_in_place_and_nothing_else_changes() {
    let project = Project::with(&[("lib.rs", RUST)]);
    let output = project.run(["generate", "lib.rs:13"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = project.read("lib.rs");
    let (before, rest) = RUST.split_once("todo!(\"later\")").unwrap();
    let (head, _) = before.rsplit_once('{').unwrap();
    assert!(text.starts_with(head), "{text}");
    let (_, tail) = rest.split_once("}\n").unwrap();
    assert!(text.ends_with(tail), "{text}");
    assert!(!text.contains("later"), "{text}");
    assert_calls(
        &project.path().join("lib.rs"),
        &json!([
            {"function": "gcd", "args": [48, 36], "returns": 12},
            {"function": "gcd", "args": [1, 0], "returns": 1},
            {"function": "gcd", "args": [270, 192], "returns": 6},
        ]),
    );
}

#[test]
fn a_python_function_is_filled_in_place_and_keeps_its_documentation() {
    let project = Project::with(&[("texts.py", PYTHON)]);
    let output = project.run(["generate", "texts.py:4"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = project.read("texts.py");
    let (head, tail) = PYTHON.split_once("    raise NotImplementedError\n").unwrap();
    assert!(text.starts_with(head), "{text}");
    assert!(text.ends_with(tail), "{text}");
    assert_calls(
        &project.path().join("texts.py"),
        &json!([
            {"function": "count_vowels", "args": ["Queue"], "returns": 4},
            {"function": "count_vowels", "args": ["bcd"], "returns": 0},
        ]),
    );
}

#[test]
fn a_file_that_changed_meanwhile_is_not_overwritten() {
    let project = Project::with(&[("texts.py", PYTHON)]);
    let dry = project.run(["generate", "texts.py:4", "--dry-run"]);
    assert_eq!(code(&dry), 0, "{}", stderr(&dry));
    let (runs, _) = project.json(&["runs", "list"]);
    let run = runs["runs"][0]["run"].as_str().unwrap().to_owned();
    let edited = format!("{PYTHON}\nedited = True\n");
    project.write("texts.py", &edited);
    let output = project.run(["runs", "resume", &run]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("changed while zerr worked on it"), "{}", stderr(&output));
    assert_eq!(project.read("texts.py"), edited);
}

#[test]
fn what_only_looks_like_an_example_is_told() {
    let text = "def count_vowels(text: str) -> int:\n    \"\"\"Count the vowels in the text.\n\n    \
                vowels_in(\"hello\") => 2\n    \"\"\"\n    raise NotImplementedError\n";
    let project = Project::with(&[("texts.py", text)]);
    let output = project.run(["generate", "texts.py:6", "--dry-run"]);
    let told = "`vowels_in` is no example of `count_vowels`; if it should be, write `count_vowels`";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
}
