//! The protocol's own library under node against the real server: an editor's day, messages that no
//! editor should send, and random ones. Skipped where there is no node with the library.

use std::path::PathBuf;
use std::process::Command;

use crate::emacs::skip;
use crate::support::{Project, code, repository, stderr, stdout};

/// Where the client is, unless it cannot run here.
fn client() -> Option<PathBuf> {
    let folder = repository().join("editors/node");
    if !Command::new("node").arg("--version").output().is_ok_and(|it| it.status.success()) {
        skip("the client under node", "there is no `node`");
        return None;
    }
    if !folder.join("node_modules/vscode-languageserver-protocol").is_dir() {
        skip("the client under node", "its packages are missing; `cargo xtask test` installs them");
        return None;
    }
    Some(folder.join("tests"))
}

/// Runs one of the client's programs, which has to end with 0.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let folder = client()?;
    let project = Project::new();
    let output = project
        .command("node")
        .arg(folder.join(program))
        .arg(env!("CARGO_BIN_EXE_cargo-zerr"))
        .args(arguments)
        .output()
        .unwrap();
    let said = stdout(&output) + &stderr(&output);
    assert_eq!(code(&output), 0, "{said}");
    Some(said)
}

#[test]
fn library_of_the_protocol_is_served_and_bad_input_survived() {
    if let Some(said) = run("session.mjs", &[]) {
        assert!(said.ends_with("all is well\n"), "{said}");
    }
}

/// The same program runs for as long as one likes: `node editors/node/tests/fuzz.mjs cargo-zerr 600`.
#[test]
fn random_messages_neither_end_the_server_nor_make_it_hang_or_grow() {
    if let Some(said) = run("fuzz.mjs", &["20", "1"]) {
        assert!(said.contains("bursts"), "{said}");
    }
}
