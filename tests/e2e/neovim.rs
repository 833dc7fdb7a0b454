//! The plugin in a real Neovim, with the real server, on a recorded model.

use serde_json::json;

use crate::support::{Project, code, repository, stderr, stdout};

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

#[test]
fn neovim_shows_mistakes_and_takes_a_verified_function() {
    let neovim = repository().join("target/test-tools/bin/nvim");
    assert!(neovim.is_file(), "Neovim is missing: `cargo xtask test` installs it");
    let sample =
        "```python\ndef largest(xs: list[int]) -> int:\n    return max(xs, default=0)\n```\n";
    let line =
        json!({"entry_point": "largest", "language": "python", "samples": vec![sample; 200]});
    let project = Project::with(&[("a.py", HOLE), ("model.jsonl", &format!("{line}\n"))]);
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
