//! The layers for people's code, with the real tools, on small projects.

use std::path::Path;
use std::sync::Arc;

use zerr_core::verdict::{LayerId, LayerOutcome, LayerVerdict, Severity};
use zerr_exec::Cancel;
use zerr_syntax::Language;

use super::{OwnOptions, own_layers};
use crate::survey::{FileKind, SourceFile, Survey};
use crate::testing;

struct Project(tempfile::TempDir);

impl Project {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn check(&self, files: &[(&str, &str)], layer: LayerId) -> LayerOutcome {
        let root = self.0.path().canonicalize().unwrap();
        let files: Vec<SourceFile> = files
            .iter()
            .map(|(path, text)| SourceFile {
                path: (*path).to_owned(),
                kind: FileKind::of(path),
                text: Arc::from(*text),
            })
            .collect();
        let survey = Survey { root: Path::new(&root), files: &files };
        let layers = own_layers(&survey, &options());
        let layer = layers.iter().find(|own| own.layer.id() == layer).unwrap();
        layer.layer.survey(&survey, &Cancel::new()).unwrap()
    }
}

fn options() -> OwnOptions {
    OwnOptions { own_tools: testing::own_tools(), ..OwnOptions::default() }
}

fn check(layer: LayerId, files: &[(&str, &str)]) -> LayerOutcome {
    Project::new(files).check(files, layer)
}

fn shown(outcome: &LayerOutcome) -> Vec<(String, String, usize)> {
    outcome
        .findings
        .iter()
        .map(|found| {
            (found.rule.clone(), found.file.clone().unwrap_or_default(), found.line().unwrap_or(0))
        })
        .collect()
}

const MANIFEST: &str = "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

#[test]
fn cargo_tells_types_and_clippy_lints_of_one_run() {
    let lib = "pub fn f(x: i32) -> bool {\n    if x > 1 {\n        return true;\n    }\n    return false;\n}\n";
    let files = [("Cargo.toml", MANIFEST), ("src/lib.rs", lib)];
    let project = Project::new(&files);
    let types = project.check(&files, LayerId::Types);
    assert_eq!(types.verdict, LayerVerdict::Passed, "{types:?}");
    let lints = project.check(&files, LayerId::StaticAnalysis);
    assert!(shown(&lints).contains(&("clippy::needless_return".into(), "src/lib.rs".into(), 5)));
    assert!(lints.findings.iter().all(|found| found.severity == Severity::Warning), "{lints:?}");
}

#[test]
fn a_type_error_is_told_with_its_place() {
    let files = [("Cargo.toml", MANIFEST), ("src/lib.rs", "pub fn f() -> i32 {\n    \"x\"\n}\n")];
    let outcome = check(LayerId::Types, &files);
    assert_eq!(outcome.verdict, LayerVerdict::Failed);
    assert!(shown(&outcome).contains(&("E0308".into(), "src/lib.rs".into(), 2)), "{outcome:?}");
    let lints = check(LayerId::StaticAnalysis, &files);
    assert!(matches!(lints.verdict, LayerVerdict::NotRun { .. }), "{lints:?}");
}

#[test]
fn a_manifest_that_cargo_refuses_is_not_run_and_says_why() {
    let files = [("Cargo.toml", "[package\n"), ("src/lib.rs", "")];
    let outcome = check(LayerId::Types, &files);
    let LayerVerdict::NotRun { why } = outcome.verdict else { panic!("{outcome:?}") };
    assert!(why.contains("cargo"), "{why}");
}

#[test]
fn ruff_tells_lints_under_the_projects_configuration() {
    let text = "import os\nx = 1\n";
    let outcome = check(LayerId::StaticAnalysis, &[("a.py", text)]);
    assert!(shown(&outcome).contains(&("F401".into(), "a.py".into(), 1)), "{outcome:?}");
    let configured = [("a.py", text), ("ruff.toml", "[lint]\nselect = [\"F8\"]\n")];
    let outcome = check(LayerId::StaticAnalysis, &configured);
    assert_eq!(outcome.verdict, LayerVerdict::Passed, "{outcome:?}");
}

#[test]
fn ty_tells_wrong_types_with_their_place() {
    let outcome = check(LayerId::Types, &[("a.py", "def f(x: int) -> str:\n    return x\n")]);
    assert_eq!(outcome.verdict, LayerVerdict::Failed, "{outcome:?}");
    assert_eq!(outcome.findings[0].line(), Some(2));
    assert_eq!(outcome.findings[0].file.as_deref(), Some("a.py"));
}

#[test]
fn cpython_has_the_last_word_on_syntax() {
    // Every file tells its own mistakes, and sound ones none.
    let outcome = check(
        LayerId::Syntax,
        &[("a.py", "def f(:\n    pass\nx = = 2\n"), ("b.py", "x = 1\n"), ("c.py", "y = = 1\n")],
    );
    let told = shown(&outcome);
    assert!(told.iter().any(|(_, file, line)| file == "a.py" && *line == 1), "{told:?}");
    assert!(told.iter().any(|(_, file, line)| file == "a.py" && *line == 3), "{told:?}");
    assert!(told.iter().any(|(_, file, _)| file == "c.py"), "{told:?}");
    assert!(!told.iter().any(|(_, file, _)| file == "b.py"), "{told:?}");
    assert_eq!(outcome.verdict, LayerVerdict::Failed);
}

#[test]
fn only_layers_with_something_to_look_at_are_there() {
    let root = Path::new("/");
    let survey = Survey { root, files: &[] };
    assert!(own_layers(&survey, &OwnOptions::default()).is_empty());
    let files = [SourceFile {
        path: "a.py".into(),
        kind: FileKind::Source(Language::Python),
        text: Arc::from(""),
    }];
    let survey = Survey { root, files: &files };
    let layers = own_layers(&survey, &OwnOptions::default());
    assert!(layers.iter().all(|own| own.language != Some(Language::Rust)));
    assert_eq!(layers.len(), 10);
}

const DOCUMENTED: &str = "\
use std::cmp::max;

fn helper(x: i32) -> i32 {
    max(x, 0)
}

/// Doubles what is not negative.
///
/// ensures: result >= 0
///
/// ```
/// assert_eq!(double(2), 4);
/// assert_eq!(double(3), 7);
/// ```
pub fn double(x: i32) -> i32 {
    helper(x).wrapping_mul(2)
}
";

#[test]
fn examples_and_contracts_in_documentation_are_tried() {
    let examples = check(LayerId::UnitTests, &[("src/lib.rs", DOCUMENTED)]);
    assert_eq!(shown(&examples), [("example-failed".into(), "src/lib.rs".into(), 13)]);
    assert!(examples.findings[0].message.contains("gives 6"), "{examples:?}");
    // The largest numbers wrap around.
    let contracts = check(LayerId::Contracts, &[("src/lib.rs", DOCUMENTED)]);
    assert_eq!(shown(&contracts), [("ensures-violated".into(), "src/lib.rs".into(), 9)]);
    let python = "import re\n\n\ndef digits(text: str) -> int:\n    \"\"\"Counts digits.\n\n    >>> digits('a1')\n    1\n    \"\"\"\n    return len(re.findall(r'[0-9]', text))\n";
    let passed = check(LayerId::UnitTests, &[("a.py", python)]);
    assert_eq!(passed.verdict, LayerVerdict::Passed, "{passed:?}");
}

#[test]
fn a_function_that_needs_its_crate_is_not_tried_and_does_not_hinder_others() {
    let alone =
        "struct Own;\n\n/// `f(1) == 2`\npub fn f(x: i32) -> i32 {\n    let _ = Own;\n    3\n}\n";
    let outcome = check(LayerId::UnitTests, &[("src/lib.rs", alone)]);
    let LayerVerdict::NotRun { why } = outcome.verdict else { panic!("{outcome:?}") };
    assert!(why.contains("need more of their crate"), "{why}");
    let both = format!("{alone}\n/// `g(1) == 2`\npub fn g(x: i32) -> i32 {{ x }}\n");
    let outcome = check(LayerId::UnitTests, &[("src/lib.rs", both.as_str())]);
    let rules: Vec<(String, String, usize)> = shown(&outcome);
    assert!(rules.contains(&("example-failed".into(), "src/lib.rs".into(), 9)), "{rules:?}");
    assert!(rules.contains(&("not-tried".into(), String::new(), 0)), "{rules:?}");
    // A constant of its module is not known where it is tried.
    let python = "LIMIT = 3\n\n\ndef f(x: int) -> int:\n    \"\"\"Adds.\n\n    >>> f(1)\n    4\n    \"\"\"\n    return x + LIMIT\n";
    let outcome = check(LayerId::UnitTests, &[("a.py", python)]);
    assert!(matches!(outcome.verdict, LayerVerdict::NotRun { .. }), "{outcome:?}");
}

/// The only member that is broken is not the one whose manifest is the workspace's.
#[test]
fn every_member_of_a_workspace_is_checked_and_a_broken_build_script_is_no_pass() {
    let root = format!("{MANIFEST}[workspace]\nmembers = [\"inner\"]\n");
    let inner = MANIFEST.replace("small", "inner");
    let files = [
        ("Cargo.toml", root.as_str()),
        ("src/lib.rs", ""),
        ("inner/Cargo.toml", inner.as_str()),
        ("inner/src/lib.rs", "pub fn f() -> i32 {\n    \"x\"\n}\n"),
    ];
    let outcome = check(LayerId::Types, &files);
    assert!(
        shown(&outcome).contains(&("E0308".into(), "inner/src/lib.rs".into(), 2)),
        "{outcome:?}"
    );
    let script = [
        ("Cargo.toml", MANIFEST),
        ("src/lib.rs", ""),
        ("build.rs", "fn main() {\n    panic!(\"no\");\n}\n"),
    ];
    let outcome = check(LayerId::Types, &script);
    assert!(matches!(outcome.verdict, LayerVerdict::NotRun { .. }), "{outcome:?}");
    let alone = check(LayerId::Types, &[("alone.rs", "fn f() {}\n")]);
    assert!(matches!(alone.verdict, LayerVerdict::NotRun { .. }), "{alone:?}");
}

#[test]
fn secrets_and_advisories_are_one_layer() {
    let lock = "version = 4\n\n[[package]]\nname = \"time\"\nversion = \"0.1.43\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"ca8a50ef2360fbd1eeb0ecd46795a87a19024eb4b53c5dc916ca1fd95fe62438\"\n";
    let outcome = check(LayerId::Security, &[("Cargo.lock", lock)]);
    assert!(outcome.findings.iter().any(|found| found.rule == "RUSTSEC-2020-0071"), "{outcome:?}");
    assert!(outcome.tool.is_some());
    let broken = check(LayerId::Security, &[("Cargo.lock", "no lock")]);
    assert_eq!(broken.findings[0].rule, "lock-file-unreadable");
    assert_eq!(broken.verdict, LayerVerdict::Failed);
}

const STATED: &str = "\
def spread(xs: list[int]) -> int:
    \"\"\"Largest minus smallest.

    requires: len(xs) > 0
    property: spread(xs) == spread(reversed(xs))
    complexity: O(n)
    budget: 40 * len(xs) + 20 events

    >>> spread([3, 1])
    2
    \"\"\"
    low = xs[0]
    for x in xs:
        low = min(low, x)
    return xs[0] - low
";

#[test]
fn what_documentation_states_of_several_calls_is_tried_on_drawn_ones() {
    let outcome = check(LayerId::Properties, &[("a.py", STATED)]);
    assert_eq!(outcome.verdict, LayerVerdict::Failed, "{outcome:?}");
    assert_eq!(shown(&outcome), [("property-violated".into(), "a.py".into(), 5)]);
    let said = &outcome.findings[0].message;
    assert!(said.contains("spread([0, 1]) gives 0, spread([1, 0]) gives 1"), "{said}");
    let none = check(LayerId::Properties, &[("a.py", "def f(x: int) -> int:\n    return x\n")]);
    assert!(matches!(none.verdict, LayerVerdict::NotRun { .. }), "{none:?}");
}

#[test]
fn a_bound_in_the_documentation_is_held_against_counts() {
    let outcome = check(LayerId::Performance, &[("a.py", STATED)]);
    assert_eq!(
        shown(&outcome),
        [
            ("complexity-consistent".into(), "a.py".into(), 6),
            ("budget-kept".into(), "a.py".into(), 7)
        ]
    );
    assert_eq!(outcome.verdict, LayerVerdict::Passed, "{outcome:?}");
}

#[test]
fn examples_that_do_not_pin_a_function_down_are_told_with_the_call_that_is_open() {
    let weak = "\
def discount(total: int) -> int:
    \"\"\"
    >>> discount(10)
    10
    \"\"\"
    if total > 100:
        return total - 5
    return total
";
    let outcome = check(LayerId::OracleStrength, &[("a.py", weak)]);
    assert_eq!(shown(&outcome), [("oracles-too-weak".into(), "a.py".into(), 1)], "{outcome:?}");
    let said = &outcome.findings[0].message;
    assert!(said.contains("small changes") && said.contains("discount("), "{said}");
    let strong = "\
def grade(points: int) -> str:
    \"\"\"
    >>> grade(49)
    'C'
    >>> grade(50)
    'B'
    >>> grade(79)
    'B'
    >>> grade(80)
    'A'
    \"\"\"
    if points >= 80:
        return 'A'
    if points >= 50:
        return 'B'
    return 'C'
";
    let outcome = check(LayerId::OracleStrength, &[("a.py", strong)]);
    assert_eq!(outcome.verdict, LayerVerdict::Passed, "{outcome:?}");
    assert!(outcome.findings.is_empty(), "{outcome:?}");
}

#[test]
fn peoples_functions_are_put_to_the_solver_and_to_symbols() {
    let text = "\
import icontract


@icontract.ensure(lambda x, result: result == 2 * x)
def double(x: int) -> int:
    return x + x


@icontract.require(lambda code: len(code) < 5)
@icontract.ensure(lambda result: result)
def is_open(code: str) -> bool:
    return code != \"z9!\"
";
    let outcome = check(LayerId::Formal, &[("a.py", text)]);
    let told = shown(&outcome);
    assert!(told.contains(&("proved".into(), "a.py".into(), 4)), "{outcome:?}");
    assert!(told.contains(&("ensures-violated".into(), "a.py".into(), 9)), "{outcome:?}");
    assert!(outcome.findings.iter().any(|found| found.message.contains("is_open(\"z9!\")")));
}
