//! The project's own tests: `cargo test`, pytest. Main function: [`run`].
//!
//! They run as the person runs them, with the person's rights, and only when asked for: they may
//! take long, and do whatever they do.

use std::collections::BTreeMap;
use std::path::Path;

use zerr_core::verdict::{Finding, LayerId, Region, Severity};
use zerr_exec::{Cancel, Outcome, Status};
use zerr_syntax::Language;

use super::{OwnTool, broken, complaint, within};
use crate::VerifyError;

/// What the tests came to.
pub(super) struct Tested {
    /// A finding for each test that failed, at the place where it did.
    pub(super) findings: Vec<Finding>,
    /// Tests that ran.
    pub(super) ran: usize,
}

/// Runs all tests of the project in one language.
pub(super) fn run(
    language: Language,
    root: &Path,
    own_tools: Option<&Path>,
    cancel: &Cancel,
) -> Result<Tested, VerifyError> {
    match language {
        Language::Rust => {
            let cargo = OwnTool::find("cargo", root, None);
            let args =
                ["test", "--workspace", "--no-fail-fast", "--quiet", "--", "--format=pretty"];
            let command = cargo.command()?.args(args).cwd(root);
            let ended = super::run("cargo", command, cancel)?;
            let said = text(&ended);
            let tested = read_libtest(&said, root);
            // What does not compile is the types' layer's to tell; a test may also end its process.
            if !ended.is_success() && tested.findings.is_empty() {
                return Err(broken("cargo test", complaint(&ended)));
            }
            Ok(tested)
        }
        Language::Python => {
            let pytest = OwnTool::find("pytest", root, own_tools);
            let args = ["-q", "--tb=line", "-rfE", "--color=no", "-p", "no:cacheprovider"];
            let command = pytest.command()?.args(args).cwd(root);
            let ended = super::run("pytest", command, cancel)?;
            let tested = read_pytest(&text(&ended), root);
            ended_pytest(ended.status, tested)
                .ok_or_else(|| broken("pytest", complaint_of_pytest(&ended)))
        }
    }
}

/// What pytest printed as its exit code has it; `None` where it did not get as far as a result.
fn ended_pytest(status: Status, mut tested: Tested) -> Option<Tested> {
    match status {
        // Whatever a test prints, it passed.
        Status::Exited(0) => tested.findings.clear(),
        Status::Exited(1) if !tested.findings.is_empty() => {}
        // There are none.
        Status::Exited(5) => {}
        _ => return None,
    }
    Some(tested)
}

fn text(ended: &Outcome) -> String {
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    said + &String::from_utf8_lossy(&ended.stderr)
}

fn complaint_of_pytest(ended: &Outcome) -> String {
    let said = String::from_utf8_lossy(&ended.stdout);
    let line = said.lines().rev().find(|line| line.contains("rror"));
    line.map_or_else(|| complaint(ended), |line| line.chars().take(200).collect())
}

/// A file and a line in it.
type Place = Option<(String, usize)>;

fn failed(name: &str, why: &str, place: Place) -> Finding {
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    let finding = Finding::error(LayerId::UnitTests, "test-failed", format!("`{name}` fails{why}"));
    match place {
        Some((file, line)) => finding.in_file(file).at(Region::line(line)),
        None => finding,
    }
}

/// What the harness of Rust's tests prints: `test a::b ... FAILED`, and for each of them a block that
/// begins `---- a::b stdout ----` and holds `panicked at src/lib.rs:3:5:`.
fn read_libtest(said: &str, root: &Path) -> Tested {
    let mut ran = 0;
    let mut names: Vec<&str> = Vec::new();
    let mut places: BTreeMap<&str, (Place, String)> = BTreeMap::new();
    let mut current = None;
    let mut lines = said.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("test ") {
            if rest.ends_with("... ok") {
                ran += 1;
            } else if let Some(name) = rest.strip_suffix(" ... FAILED") {
                ran += 1;
                names.push(name.trim_end_matches(" - should panic"));
            }
        } else if let Some(name) =
            line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----"))
        {
            current = Some(name.trim_end_matches(" - should panic"));
        } else if let (Some(name), Some((_, at))) = (current, line.split_once(" panicked at ")) {
            let mut parts = at.trim_end_matches(':').rsplitn(3, ':');
            let (_, line, file) = (parts.next(), parts.next(), parts.next());
            let place = line
                .and_then(|line| line.parse().ok())
                .zip(file.and_then(|file| within(root, file)))
                .map(|(line, file)| (file, line));
            let why = lines.peek().map_or("", |line| line.trim()).to_owned();
            places.entry(name).or_insert((place, why));
        }
    }
    let findings = names.into_iter().map(|name| {
        let (place, why) = places.remove(name).unwrap_or_default();
        failed(name, &why, place)
    });
    Tested { findings: findings.collect(), ran }
}

/// What pytest prints with `--tb=line -rfE`: a line `/folder/test_a.py:3: AssertionError: …` for each
/// failure, in order, then lines `FAILED test_a.py::test_b - …`, then `1 failed, 2 passed in 0.1s`.
fn read_pytest(said: &str, root: &Path) -> Tested {
    let mut places: Vec<(String, usize)> = Vec::new();
    let mut findings = Vec::new();
    let mut ran = 0;
    for line in said.lines() {
        let named = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR "));
        let named = named.filter(|rest| !rest.starts_with(' '));
        if let Some(rest) = named {
            let (name, why) = rest.split_once(" - ").unwrap_or((rest, ""));
            let file = name.split("::").next().unwrap_or(name);
            let at = places.iter().position(|(place, _)| place == file);
            let place = at.map(|at| places.remove(at)).or(Some((file.to_owned(), 1)));
            findings.push(failed(name, why, place));
        } else if let Some((place, _)) = line.split_once(": ")
            && let Some((file, number)) = place.rsplit_once(':')
            && let (Some(file), Ok(number)) = (within(root, file), number.parse())
        {
            places.push((file, number));
        } else if line.contains(" in ") && line.contains("passed") | line.contains("failed") {
            let words: Vec<&str> = line.split([' ', ',']).filter(|word| !word.is_empty()).collect();
            for pair in words.windows(2) {
                if let [count, "passed" | "failed"] = pair {
                    ran += count.parse::<usize>().unwrap_or(0);
                }
            }
        }
    }
    Tested { findings, ran }
}

/// For people: how many tests ran.
pub(super) fn note(tested: &Tested) -> Finding {
    let message = format!("{} tests of the project ran", tested.ran);
    Finding::error(LayerId::UnitTests, "tests-ran", message).severity(Severity::Note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_rusts_harness_prints_becomes_findings_with_their_places() {
        let said = "\nrunning 2 tests\ntest tests::adds ... ok\ntest tests::halves ... FAILED\n\nfailures:\n\n\
             ---- tests::halves stdout ----\n\nthread 'tests::halves' (7) panicked at src/lib.rs:12:9:\n\
             assertion `left == right` failed\n  left: 1\n right: 2\nnote: run with\n\n\nfailures:\n    \
             tests::halves\n\ntest result: FAILED. 1 passed; 1 failed; 0 ignored\n";
        let tested = read_libtest(said, Path::new("/work"));
        assert_eq!(tested.ran, 2);
        let [found] = tested.findings.as_slice() else { panic!("{:?}", tested.findings) };
        assert_eq!((found.file.as_deref(), found.line()), (Some("src/lib.rs"), Some(12)));
        assert_eq!(found.message, "`tests::halves` fails: assertion `left == right` failed");
    }

    #[test]
    fn what_pytest_prints_becomes_findings_with_their_places() {
        let said = "F.                       [100%]\n=== FAILURES ===\n/p/tests/test_a.py:3: assert 1 == 2\n\
             === short test summary info ===\nFAILED tests/test_a.py::test_b - assert 1 == 2\n\
             1 failed, 1 passed in 0.02s\n";
        let tested = read_pytest(said, Path::new("/p"));
        assert_eq!(tested.ran, 2);
        let [found] = tested.findings.as_slice() else { panic!("{:?}", tested.findings) };
        assert_eq!((found.file.as_deref(), found.line()), (Some("tests/test_a.py"), Some(3)));
        assert_eq!(found.message, "`tests/test_a.py::test_b` fails: assert 1 == 2");
    }

    #[test]
    fn the_exit_code_of_pytest_has_the_last_word() {
        let said = |findings: usize| Tested {
            findings: (0..findings).map(|_| failed("t", "", None)).collect(),
            ran: 3,
        };
        let ended = |code: i32, findings: usize| {
            ended_pytest(Status::Exited(code), said(findings)).map(|it| it.findings.len())
        };
        // A test may print what looks like a failure; without one it did not get that far.
        assert_eq!((ended(0, 2), ended(1, 2), ended(5, 0)), (Some(0), Some(2), Some(0)));
        // Failed without a line that says so, interrupted, an error of its own, wrong usage.
        for code in [1, 2, 3, 4] {
            assert_eq!(ended(code, 0), None, "{code}");
        }
        assert_eq!(ended(3, 1), None);
    }

    #[test]
    fn a_test_that_ends_its_process_is_no_pass() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join("src")).unwrap();
        write(
            "Cargo.toml",
            "[package]\nname = \"ends\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        );
        write(
            "src/lib.rs",
            "#[test]\nfn a() {}\n\n#[test]\nfn b() {\n    std::process::exit(1);\n}\n",
        );
        let tested = run(Language::Rust, folder.path(), None, &Cancel::new());
        assert!(matches!(tested, Err(VerifyError::BrokenTool { .. })));
    }
}
