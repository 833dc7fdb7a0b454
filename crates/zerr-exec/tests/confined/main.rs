//! The sandbox against real programs: hostile ones, endless ones, compilers.
//!
//! Needs a machine on which [`Sandbox::probe`] succeeds, and `python3`; nothing here is pretended.

#![allow(clippy::unwrap_used, reason = "a test fails where something is missing")]

mod bounds;
mod folders;
mod hostile;
mod ordinary_user;
mod toolchains;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use zerr_exec::{Cancel, Job, Limits, Outcome, Sandbox, WorkDir, trusted};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX
        .get_or_init(|| Sandbox::probe().unwrap_or_else(|error| panic!("{error}: {}", error.hint)))
}

/// What a trusted tool prints, without the line's end.
fn word(program: &str, args: &[&str]) -> PathBuf {
    let outcome = trusted::run(program, args, Path::new("/"), "", 60_000).unwrap();
    assert!(outcome.is_success(), "{}", text(&outcome.stderr));
    PathBuf::from(text(&outcome.stdout).trim())
}

fn sh_job<'a>(work: &'a WorkDir, script: &str) -> Job<'a> {
    let mut job = Job::new("/bin/sh", work);
    job.args = vec!["-c".into(), script.into()];
    job
}

fn python_job<'a>(work: &'a WorkDir, script: &str) -> Job<'a> {
    static PYTHON: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
    let (program, prefix) = PYTHON.get_or_init(|| {
        let program = "import os, sys; print(os.path.realpath(sys.executable))";
        let prefix = "import sys; print(sys.base_prefix)";
        (word("python3", &["-c", program]), word("python3", &["-c", prefix]))
    });
    work.write("script.py", script).unwrap();
    let mut job = Job::new(program, work);
    job.args = vec!["-I".into(), "-S".into(), "script.py".into()];
    job.read_only = if prefix.starts_with("/usr") { vec![] } else { vec![prefix.clone()] };
    job
}

fn run(job: &Job<'_>) -> Outcome {
    sandbox().run(job, &Cancel::new()).unwrap()
}

/// Runs a script with the default limits.
fn sh(script: &str) -> Outcome {
    let work = sandbox().work_dir().unwrap();
    run(&sh_job(&work, script))
}

/// Runs a script with the default limits.
fn python(script: &str) -> Outcome {
    let work = sandbox().work_dir().unwrap();
    run(&python_job(&work, script))
}

fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}
