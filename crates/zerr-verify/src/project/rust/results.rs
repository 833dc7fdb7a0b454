//! What Rust's harness of tests and its compiler say, as far as it agrees with itself.

use std::collections::BTreeSet;

use zerr_exec::{Outcome, Status};

use crate::project::first_line;
use crate::rust::diagnostics;

/// Whether the harness came to its end: 0 when all tests passed, 101 when some failed.
pub(super) fn has_ended(outcome: &Outcome) -> bool {
    matches!(outcome.status, Status::Exited(0 | 101))
}

/// Whether the last line is the harness's and counts so many passed tests.
pub(super) fn ends_with_summary(outcome: &Outcome, passed: usize) -> bool {
    let said = String::from_utf8_lossy(&outcome.stdout);
    let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("");
    last.starts_with(&format!("test result: ok. {passed} passed; 0 failed;"))
}

/// What became of each of these tests, where all that was said agrees: one line for each of them, as many
/// of each kind as the last line counts, and the exit code.
pub(super) fn agreed_results(outcome: &Outcome, names: &[&str]) -> Option<Vec<bool>> {
    let results = read_results(&outcome.stdout);
    let found: Vec<bool> = names
        .iter()
        .map(|name| {
            let mut own = results.iter().filter(|(own, _)| own == name);
            let only = own.next().map(|(_, passed)| *passed);
            only.filter(|_| own.next().is_none())
        })
        .collect::<Option<_>>()?;
    if results.len() != names.len() {
        return None;
    }
    let passed = found.iter().filter(|passed| **passed).count();
    let failed = found.len() - passed;
    let said = String::from_utf8_lossy(&outcome.stdout);
    let last = said.lines().rev().find(|line| !line.trim().is_empty())?;
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let counts = format!("test result: {word}. {passed} passed; {failed} failed;");
    let code = if failed == 0 { 0 } else { 101 };
    (last.starts_with(&counts) && outcome.status == Status::Exited(code)).then_some(found)
}

pub(super) fn fails_unwritten(outcome: &Outcome) -> bool {
    String::from_utf8_lossy(&outcome.stdout).contains("not written yet")
}

/// Tests that were not run.
pub(super) fn ignored(stdout: &[u8]) -> BTreeSet<String> {
    let said = String::from_utf8_lossy(stdout);
    let names = said.lines().filter_map(|line| {
        let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
        result.starts_with("ignored").then(|| name.trim_end_matches(" - should panic").to_owned())
    });
    names.collect()
}

/// `test a::b ... ok`, `test a::b - should panic ... FAILED`: names, and whether they passed.
pub(super) fn read_results(stdout: &[u8]) -> Vec<(String, bool)> {
    let said = String::from_utf8_lossy(stdout);
    said.lines()
        .filter_map(|line| {
            let (name, result) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
            let name = name.trim_end_matches(" - should panic").to_owned();
            match result {
                "ok" => Some((name, true)),
                "FAILED" => Some((name, false)),
                _ => None,
            }
        })
        .collect()
}

/// What a failed test said first.
pub(super) fn failure(stdout: &[u8], name: &str) -> String {
    let said = String::from_utf8_lossy(stdout);
    let head = format!("---- {name} stdout ----");
    let block = said.split_once(&head).map_or("", |(_, block)| block);
    let mut lines = block.lines().filter(|line| !line.trim().is_empty());
    let panicked = lines.find(|line| line.contains(" panicked at "));
    let rest: Vec<&str> = lines.take(3).take_while(|line| !line.starts_with("note: ")).collect();
    match panicked {
        Some(_) => first_line(&rest.join("; ")),
        None => String::new(),
    }
}

pub(super) fn complaint(outcome: &Outcome) -> String {
    let said = diagnostics::read(&outcome.stderr);
    let error = said.iter().find(|said| said.is_error).map(diagnostics::Diagnostic::text);
    error.unwrap_or_else(|| {
        let raw = String::from_utf8_lossy(&outcome.stderr);
        format!("{:?} {}", outcome.status, first_line(&raw))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_and_failures_are_read() {
        let said = b"\nrunning 2 tests\ntest a::b ... ok\ntest c - should panic ... FAILED\ntest d ... ignored\n\n\
            failures:\n\n---- c stdout ----\n\nthread 'c' (7) panicked at src/lib.rs:1:2:\nleft != right\n  \
            left: 1\nnote: run\n";
        assert_eq!(read_results(said), [("a::b".to_owned(), true), ("c".to_owned(), false)]);
        assert_eq!(failure(said, "c"), "left != right;   left: 1");
    }

    #[test]
    fn only_what_agrees_with_itself_is_believed() {
        let outcome = |code: i32, said: &str| Outcome {
            status: Status::Exited(code),
            stdout: said.as_bytes().to_vec(),
            stderr: Vec::new(),
            wall_ms: 0,
        };
        let ok =
            "test a ... ok\ntest b ... ok\n\ntest result: ok. 2 passed; 0 failed; 0 ignored\n\n";
        assert_eq!(agreed_results(&outcome(0, ok), &["a", "b"]), Some(vec![true, true]));
        assert_eq!(agreed_results(&outcome(101, ok), &["a", "b"]), None);
        assert_eq!(agreed_results(&outcome(0, ok), &["a"]), None);
        let failed =
            "test a ... ok\ntest b ... FAILED\n\ntest result: FAILED. 1 passed; 1 failed; 0\n";
        assert_eq!(agreed_results(&outcome(101, failed), &["a", "b"]), Some(vec![true, false]));
        assert_eq!(agreed_results(&outcome(0, failed), &["a", "b"]), None);
        // Somebody else printed a line like the harness's.
        let twice = format!("test b ... ok\n{failed}");
        assert_eq!(agreed_results(&outcome(101, &twice), &["a", "b"]), None);
        let after = format!("{failed}test result: ok. 2 passed; 0 failed;\n");
        assert_eq!(agreed_results(&outcome(0, &after), &["a", "b"]), None);
    }
}
