//! The settings that the page about editors gives, in a real Emacs with eglot, with the real server,
//! on a recorded model. Skipped where there is no Emacs with eglot.

use std::io::Write as _;
use std::process::Command;

use crate::neovim::project;
use crate::support::{code, repository, stderr, stdout};

/// Says why a test did not run, past what the harness keeps of a test that passes.
pub(crate) fn skip(what: &str, why: &str) {
    writeln!(std::io::stderr(), "skipped: {what}: {why}").ok();
}

#[test]
fn emacs_shows_mistakes_and_takes_a_verified_function() {
    const HAS_EGLOT: &str = "(progn (package-activate-all) (require 'eglot))";
    let probe = Command::new("emacs").args(["--batch", "--eval", HAS_EGLOT]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        return skip("Emacs", "there is no `emacs` with eglot; `cargo xtask test` installs it");
    }
    let project = project();
    let output = project
        .command("emacs")
        .args(["--batch", "--load"])
        .arg(repository().join("editors/emacs/tests/session.el"))
        .args(["a.py", env!("CARGO_BIN_EXE_cargo-zerr"), "model.jsonl"])
        .arg(repository().join("docs/editors.md"))
        .output()
        .unwrap();
    let (said, text) = (stderr(&output), stdout(&output));
    assert_eq!(code(&output), 0, "{text}{said}");
    let (problem, text) = text.split_once("\n---\n").unwrap();
    assert!(problem.contains("zerr syntax"), "{problem}");
    assert!(text.contains("    return max(xs, default=0)\n"), "{text}");
}
