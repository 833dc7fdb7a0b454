//! `cargo xtask check`: everything CI looks at besides the tests. Main function: [`run`].
//!
//! Every check runs, whatever the others say, so that one run tells all there is to mend.

use crate::process::{self, Failure};
use crate::setup::{self, Consent};
use crate::{architecture, codegen, python_tools};

pub(crate) fn run(consent: Consent) -> Result<(), Failure> {
    setup::run(consent)?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    let mut outcomes: Vec<(&str, Outcome)> = vec![
        ("format", process::run(&mut process::cargo(["fmt", "--all", "--check"])).into()),
        ("architecture", architecture::check().into()),
        ("generated files", codegen::run(codegen::Mode::Check).into()),
        ("clippy", process::run(&mut process::cargo(clippy)).into()),
    ];
    outcomes.push((
        "deny",
        when_installed("cargo-deny", &["--workspace", "check", "--hide-inclusion-graph"]),
    ));
    let typos = python_tools::ensure_test_tools()
        .and_then(|()| process::run(&mut process::command(python_tools::test_tool("typos"))));
    outcomes.push(("typos", typos.into()));
    eprintln!();
    for (name, outcome) in &outcomes {
        eprintln!("{name}: {outcome}");
    }
    let failed: Vec<&str> = outcomes
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
        .map(|(name, _)| *name)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!("these checks failed: {}", failed.join(", "))))
}

enum Outcome {
    Passed,
    Failed(Failure),
    NotRun,
}

impl From<Result<(), Failure>> for Outcome {
    fn from(result: Result<(), Failure>) -> Self {
        result.map_or_else(Outcome::Failed, |()| Outcome::Passed)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Passed => f.write_str("passed"),
            Outcome::Failed(failure) => write!(f, "FAILED\n  {failure}"),
            Outcome::NotRun => f.write_str("not run (not installed)"),
        }
    }
}

fn when_installed(program: &str, arguments: &[&str]) -> Outcome {
    if !process::is_on_path(program) {
        return Outcome::NotRun;
    }
    process::run(process::command(program).args(arguments)).into()
}
