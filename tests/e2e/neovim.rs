//! The plugin in a real Neovim, with the real server, on a recorded model.

use serde_json::json;

use crate::support::{Project, code, repository, stderr, stdout};

/// A function that its examples pin down.
const HOLE: &str = "\
def largest(xs: list[int]) -> int:
    \"\"\"Return the largest number, or 0 where there is none.

    >>> largest([1, 7, 3])
    7
    >>> largest([])
    0
    >>> largest([-2, -5])
    -2
    \"\"\"
    raise NotImplementedError
";

/// A project with that function in `a.py`, and a recorded model in `model.jsonl` that writes it, and
/// now and then another one that the examples allow.
pub(crate) fn project() -> Project {
    let sample = |body: &str| {
        format!("```python\ndef largest(xs: list[int]) -> int:\n    return {body}\n```\n")
    };
    let (right, rival) = (sample("max(xs, default=0)"), sample("max(xs[:3], default=0)"));
    let round = [&rival, &right, &right, &right, &right];
    let samples: Vec<&String> = round.into_iter().cycle().take(200).collect();
    let line = json!({"entry_point": "largest", "language": "python", "samples": samples});
    Project::with(&[("a.py", HOLE), ("model.jsonl", &format!("{line}\n"))])
}

#[test]
fn neovim_shows_mistakes_and_takes_a_verified_function_hunk_by_hunk() {
    let neovim = repository().join("target/test-tools/bin/nvim");
    assert!(neovim.is_file(), "Neovim is missing: `cargo xtask test` installs it");
    let project = project();
    let output = project
        .command(&neovim)
        .args(["--headless", "--clean", "-l"])
        .arg(repository().join("editors/neovim/tests/session.lua"))
        .args(["a.py", env!("CARGO_BIN_EXE_cargo-zerr"), "model.jsonl"])
        .env("XDG_STATE_HOME", project.path().join(".zerr"))
        .output()
        .unwrap();
    // Without a terminal it prints on either.
    let said = stdout(&output) + &stderr(&output);
    assert_eq!(code(&output), 0, "{said}");
    let (health, text) = said.split_once("\n---\n").unwrap();
    assert!(health.contains("OK") && health.contains("server: "), "{health}");
    assert!(text.contains("    return max(xs, default=0)\n"), "{text}");
}
