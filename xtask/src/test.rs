//! `cargo xtask test`: every test, and what came of them. Main function: [`run`].

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::process::{self, Failure};
use crate::setup::{self, Consent};
use crate::vscode::Seen;
use crate::{editors, python_tools, train_micro, vscode};

pub(crate) fn run(consent: Consent, arguments: &[String]) -> Result<(), Failure> {
    setup::run(consent)?;
    // What tests use beside the program: the real pre-commit and editors, and the model's recipe.
    python_tools::ensure_test_tools()?;
    let mut skipped = editors::ensure(consent);
    // Only of all tests together: somebody who names some wants these.
    let editor = if arguments.is_empty() { Some(vscode::ensure(consent)) } else { None };
    if let Some(Err(why)) = &editor {
        skipped.push(format!("the session in VS Code: {why}"));
    }
    train_micro::environment()?;
    // Builds the program and the model host too, which the tests start as a user does. A build of
    // these two alone would choose other features, and compile half of the dependencies again.
    let mut cargo = process::cargo(["test", "--workspace", "--no-fail-fast"]);
    cargo.args(arguments).stdout(Stdio::piped());
    let shown = process::announce(&cargo);
    let failed = |error| Failure::failed(format!("cannot run `{shown}`: {error}"));
    let mut child = cargo.spawn().map_err(failed)?;
    let mut summary = Summary { skipped, ..Summary::default() };
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.map_err(failed)?;
            let line = String::from_utf8_lossy(&line);
            eprintln!("{line}");
            summary.read(&line);
        }
    }
    let status = child.wait().map_err(failed)?;
    let mut seen = Ok(());
    if let Some(Ok(())) = editor {
        match vscode::run() {
            Ok(Seen::All) => summary.passed += 1,
            Ok(Seen::Nothing) => {
                summary.skipped.push(
                    "the session in VS Code: the editor itself does not work here".to_owned(),
                );
            }
            Err(failure) => {
                summary.failed += 1;
                summary.failures.push(format!("the session in VS Code: {failure}"));
                seen = Err(failure);
            }
        }
    }
    eprintln!("\n{summary}");
    seen?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::failed(format!("`{shown}` failed: {status}")))
}

/// The test programs' closing lines, added up.
#[derive(Debug, Default, PartialEq, Eq)]
struct Summary {
    programs: u64,
    passed: u64,
    failed: u64,
    ignored: u64,
    failures: Vec<String>,
    /// What could not run here, and why.
    skipped: Vec<String>,
}

impl Summary {
    fn read(&mut self, line: &str) {
        // "test name ... FAILED"
        if let Some(name) =
            line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failures.push(name.to_owned());
        }
        let Some(counts) = line.strip_prefix("test result: ") else { return };
        self.programs += 1;
        // "ok. 40 passed; 0 failed; 0 ignored; …"
        let counts = counts.split_once(". ").map_or(counts, |(_, counts)| counts);
        for part in counts.split("; ") {
            let Some((number, what)) = part.split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Summary { programs, passed, failed, ignored, failures, skipped } = self;
        write!(
            f,
            "{passed} tests passed, {failed} failed, {ignored} ignored in {programs} programs"
        )?;
        for failure in failures {
            write!(f, "\n  failed: {failure}")?;
        }
        for what in skipped {
            write!(f, "\n  skipped: {what}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_up() {
        let skipped = vec!["the session in Emacs: there is none".to_owned()];
        let mut summary = Summary { skipped: skipped.clone(), ..Summary::default() };
        for line in [
            "running 3 tests",
            "test a::b ... ok",
            "test a::c ... FAILED",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 3.45s",
        ] {
            summary.read(line);
        }
        let expected = Summary {
            programs: 2,
            passed: 7,
            failed: 1,
            ignored: 1,
            failures: vec!["a::c".to_owned()],
            skipped,
        };
        assert_eq!(summary, expected);
        assert_eq!(
            summary.to_string(),
            "7 tests passed, 1 failed, 1 ignored in 2 programs\n  failed: a::c\n  \
             skipped: the session in Emacs: there is none"
        );
    }
}
