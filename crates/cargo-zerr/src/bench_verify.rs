//! `bench verify`: how long a check of one staged function takes in a workspace of many crates.
//! Main function: [`run`].

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use zerr_exec::{Cancel, Outcome, trusted};

use crate::failure::Failure;

const CRATES: usize = 50;
const ROUNDS: usize = 5;

/// Milliseconds, the process's start included; the least of several rounds.
#[derive(Debug, Serialize)]
pub(crate) struct VerifyFigures {
    crates: usize,
    /// Syntax and security of what is staged, and ruff for its Python.
    staged_quick_ms: u64,
    /// Every layer, clippy of the changed crate included.
    staged_all_ms: u64,
    /// `cargo clippy` of that crate alone, after the same change.
    clippy_ms: u64,
    /// Nothing is staged.
    nothing_ms: u64,
}

impl VerifyFigures {
    pub(crate) fn rows(&self) -> [String; 4] {
        [
            format!("{} crates, one function staged", self.crates),
            format!("syntax, security, ruff  {} ms (under 300 ms)", self.staged_quick_ms),
            format!(
                "every layer             {} ms, clippy by itself {} ms",
                self.staged_all_ms, self.clippy_ms
            ),
            format!("nothing staged          {} ms (under 60 ms)", self.nothing_ms),
        ]
    }
}

pub(crate) fn run() -> Result<VerifyFigures, Failure> {
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::usage("no temporary folder can be made").because(error))?;
    let root = folder.path();
    let own = std::env::current_exe()
        .map_err(|error| Failure::usage("this program cannot be found").because(error))?;
    make(root)?;
    git(root, &["init", "--quiet"])?;
    git(root, &["add", "."])?;
    let who = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"];
    let commit = ["-c", "commit.gpgsign=false", "commit", "--quiet", "-m", "bench"];
    git(root, &[&who[..], &commit[..]].concat())?;
    let cargo = trusted::find("cargo").ok_or_else(|| Failure::usage("cargo was not found"))?;
    let clippy = ["clippy", "--quiet", "--all-targets", "--package"];
    // Warm: what comes next compiles what changed and nothing else.
    call(root, &cargo, &["clippy", "--quiet", "--all-targets", "--workspace"])?;
    let staged = ["verify", "--staged", "--project", "."];
    let quick = [&staged[..], &["--layers", "syntax,security"]].concat();
    call(root, &own, &staged)?;

    let mut figures = VerifyFigures {
        crates: CRATES,
        staged_quick_ms: u64::MAX,
        staged_all_ms: u64::MAX,
        clippy_ms: u64::MAX,
        nothing_ms: u64::MAX,
    };
    // Answers of an earlier run of this benchmark are in the user's cache.
    let salt = std::process::id() as usize * ROUNDS;
    for round in (0..ROUNDS).map(|round| salt + round) {
        figures.nothing_ms = figures.nothing_ms.min(call(root, &own, &staged)?.wall_ms);
        let python = format!("def half(x: int) -> int:\n    return x // {}\n", round + 2);
        write(&root.join("tool.py"), &python)?;
        git(root, &["add", "."])?;
        let mut ms = call(root, &own, &quick)?.wall_ms;
        let lints = [&staged[..], &["--layers", "static_analysis"]].concat();
        ms = ms.max(call(root, &own, &lints)?.wall_ms);
        write(&root.join("crates/c7/src/lib.rs"), &library(7, round + 1))?;
        git(root, &["add", "."])?;
        ms = ms.max(call(root, &own, &quick)?.wall_ms);
        figures.staged_quick_ms = figures.staged_quick_ms.min(ms);
        figures.staged_all_ms = figures.staged_all_ms.min(call(root, &own, &staged)?.wall_ms);
        // The same amount of work once more, by hand.
        write(&root.join("crates/c7/src/lib.rs"), &library(7, round + 1_000_000))?;
        let by_hand = call(root, &cargo, &[&clippy[..], &["c7"]].concat())?;
        figures.clippy_ms = figures.clippy_ms.min(by_hand.wall_ms);
        git(root, &["add", "."])?;
        git(root, &[&who[..], &commit[..]].concat())?;
    }
    Ok(figures)
}

fn library(number: usize, change: usize) -> String {
    let mut text = String::new();
    for function in 0..20 {
        let own = if function == 3 { change } else { 1 };
        let _ = write!(
            text,
            "/// Adds.\npub fn add_{number}_{function}(x: u64) -> u64 {{\n    x.wrapping_add({own})\n}}\n\n"
        );
    }
    text
}

fn make(root: &Path) -> Result<(), Failure> {
    write(&root.join("Cargo.toml"), "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n")?;
    write(&root.join(".gitignore"), "/target\n")?;
    write(&root.join("tool.py"), "def half(x: int) -> int:\n    return x // 1\n")?;
    for number in 0..CRATES {
        let folder = root.join(format!("crates/c{number}"));
        let manifest =
            format!("[package]\nname = \"c{number}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
        write(&folder.join("Cargo.toml"), &manifest)?;
        write(&folder.join("src/lib.rs"), &library(number, 0))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let cannot = |error| Failure::usage(format!("cannot write {}", path.display())).because(error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(cannot)?;
    }
    std::fs::write(path, text).map_err(cannot)
}

fn git(root: &Path, args: &[&str]) -> Result<Outcome, Failure> {
    let git = trusted::find("git").ok_or_else(|| Failure::usage("git was not found"))?;
    call(root, &git, args)
}

fn call(root: &Path, program: &Path, args: &[&str]) -> Result<Outcome, Failure> {
    let failed = || Failure::usage(format!("`{} {}` failed", program.display(), args.join(" ")));
    let outcome = trusted::Command::new(program)
        .args(args)
        .cwd(root)
        .timeout_ms(300_000)
        .run(&Cancel::new())
        .map_err(|error| failed().because(error))?;
    // 3: a layer that was asked for has nothing to look at.
    if matches!(outcome.status, zerr_exec::Status::Exited(0 | 3)) {
        return Ok(outcome);
    }
    Err(failed().because(String::from_utf8_lossy(&outcome.stderr).trim().to_owned()))
}
