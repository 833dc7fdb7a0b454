//! The page ARCHITECTURE.md and the code say the same.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{} has sources", folder.display());
    found
}

/// Source lines without comments and without the file's test module.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or("")
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn every_crate_and_file_that_the_page_names_exists_and_every_crate_is_named() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let map = page.split("## Code map").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut named = Vec::new();
    for row in map.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let folder = root().join(cells[1].trim_matches('`'));
        assert!(folder.is_dir(), "{} is on the page and not in the tree", folder.display());
        if cells[3].contains('`') {
            let first = folder.join(cells[3].trim_matches('`'));
            assert!(first.exists(), "{} is on the page and not in the tree", first.display());
        }
        named.push(folder);
    }
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let path = entry.unwrap().path();
        assert!(named.contains(&path), "{} is in the tree and not on the page", path.display());
    }
    for word in page.split('`').filter(|word| word.starts_with("crates/") && !word.contains(' ')) {
        assert!(root().join(word).exists(), "{word} is on the page and not in the tree");
    }
}

#[test]
fn the_core_touches_neither_disk_nor_clock_nor_process() {
    for name in ["zerr-core", "zerr-syntax"] {
        for (path, text) in sources(&root().join("crates").join(name).join("src")) {
            if path.to_string_lossy().ends_with("tests.rs") {
                continue;
            }
            for line in code(&text) {
                for module in ["fs", "net", "process", "time", "thread", "env"] {
                    let import = format!("use std::{module}");
                    let call = format!(" std::{module}::");
                    assert!(
                        !line.trim_start().starts_with(&import) && !line.contains(&call),
                        "{}: {line}",
                        path.display()
                    );
                }
            }
        }
    }
}

#[test]
fn no_hash_map_in_the_core_whose_order_could_decide_something() {
    for (path, text) in sources(&root().join("crates/zerr-core/src")) {
        if path.to_string_lossy().ends_with("tests.rs") {
            continue;
        }
        for line in code(&text) {
            assert!(
                !line.contains("HashMap<")
                    && !line.contains("HashSet<")
                    && !line.contains("HashMap::"),
                "{}: {line}",
                path.display()
            );
        }
    }
}

#[test]
fn the_vote_sees_numbers_only() {
    let text = fs::read_to_string(root().join("crates/zerr-core/src/vote.rs")).unwrap();
    for line in code(&text) {
        assert!(!line.contains("crate::"), "{line}");
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for folder in ["crates", "xtask"] {
        for (path, text) in sources(&root().join(folder)) {
            assert!(text.starts_with("//!"), "{} has no header", path.display());
        }
    }
}

#[test]
fn only_the_store_knows_the_folder_it_writes_to() {
    for name in ["zerr-core", "zerr-engine", "zerr-exec", "zerr-llm", "zerr-verify", "zerr-host"] {
        for (path, text) in sources(&root().join("crates").join(name).join("src")) {
            for line in code(&text) {
                assert!(!line.contains("\".zerr"), "{}: {line}", path.display());
            }
        }
    }
}
