//! Holds the picture of ARCHITECTURE.md against what the crates really depend on. Main
//! function: [`check`].
//!
//! Clippy's lints watch single calls (starting processes, printing); this watches the graph,
//! and that nobody outside their place switches those lints off.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::process::{self, Failure};

/// Crates from the bottom of the picture to its top: a crate may use those of lower floors
/// only, so that the hands on one floor do not know each other, and neither do the faces.
const FLOORS: &[&[&str]] = &[
    &["zerr-syntax", "zerr-wire", "zerr-micro"],
    &["zerr-core", "zerr-host"],
    &["zerr-exec"],
    &["zerr-llm", "zerr-verify", "zerr-store", "zerr-report", "zerr-cluster"],
    &["zerr-engine"],
    &["zerr-lsp"],
    &["cargo-zerr"],
    &["zerr"],
];

/// A package outside, and the only crates here that may name it.
const RESERVED: &[(&str, &[&str])] = &[
    ("llama-cpp-2", &["zerr-host"]),
    ("llama-cpp-sys-2", &["zerr-host"]),
    ("lsp-types", &["zerr-lsp"]),
    ("rusqlite", &["zerr-store"]),
    // The host redirects its own output and ends itself; it starts nothing.
    ("libc", &["zerr-exec", "zerr-host"]),
    ("rustix", &["zerr-exec"]),
    ("landlock", &["zerr-exec"]),
    ("seccompiler", &["zerr-exec"]),
    ("nix", &["zerr-exec"]),
];

/// Crates that decide: nothing below them may do IO, tell the time, draw randomness, or wait.
const PURE: &[&str] = &["zerr-syntax", "zerr-core"];

const IMPURE: &[&str] = &[
    "async-std",
    "chrono",
    "ctrlc",
    "directories",
    "futures",
    "getrandom",
    "indicatif",
    "interprocess",
    "llama-cpp-2",
    "mio",
    "nix",
    "rand",
    "reqwest",
    "rusqlite",
    "smol",
    "socket2",
    "tempfile",
    "time",
    "tokio",
    "ureq",
];

/// A lint of the workspace, and the folders where switching it off is somebody's job.
const LINTS: &[(&str, &[&str])] = &[
    ("disallowed_methods", &["crates/zerr-exec", "xtask"]),
    ("print_stdout", &["crates/cargo-zerr"]),
    ("print_stderr", &["crates/cargo-zerr", "xtask"]),
];

pub(crate) fn check() -> Result<(), Failure> {
    eprintln!("\nchecking the architecture");
    let direct = process::output(&mut process::cargo([
        "tree",
        "--workspace",
        "--edges",
        "normal",
        "--target",
        "all",
        "--depth",
        "1",
        "--prefix",
        "depth",
        "--no-dedupe",
    ]))?;
    let direct = read_tree(&direct);
    let mut broken = breaches_of_floors(&direct);
    broken.extend(breaches_of_reserves(&direct));
    for name in PURE {
        let below = process::output(&mut process::cargo([
            "tree",
            "--package",
            name,
            "--edges",
            "normal",
            "--target",
            "all",
            "--prefix",
            "none",
        ]))?;
        broken.extend(impurities(name, &below));
    }
    broken.extend(switched_off_lints(&process::root())?);
    if broken.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(broken.join("\n  ")))
}

/// Each crate's direct dependencies, from lines such as `0zerr-core v0.1.0 (…)`, `1serde v1.0`.
fn read_tree(tree: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut direct: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in tree.lines() {
        let Some(name) = line.get(1..).and_then(|rest| rest.split_whitespace().next()) else {
            continue;
        };
        if line.starts_with('0') {
            name.clone_into(&mut current);
            direct.entry(current.clone()).or_default();
        } else if let Some(names) = direct.get_mut(&current) {
            names.insert(name.to_owned());
        }
    }
    direct
}

fn breaches_of_floors(direct: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let floor = |name: &str| FLOORS.iter().position(|names| names.contains(&name));
    let mut broken = Vec::new();
    for (name, used) in direct {
        let Some(own) = floor(name) else {
            // `xtask` builds the house and stands outside of it.
            if name != "xtask" {
                broken.push(format!("{name} has no place in xtask's picture of the crates"));
            }
            continue;
        };
        for lower in used {
            if floor(lower).is_some_and(|floor| floor >= own) {
                broken.push(format!("{name} may not depend on {lower}, which is not below it"));
            }
        }
    }
    broken
}

fn breaches_of_reserves(direct: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, used) in direct {
        for (package, allowed) in RESERVED {
            if used.contains(*package) && !allowed.contains(&name.as_str()) {
                broken.push(format!(
                    "{name} may not depend on {package}: only {} may",
                    allowed.join(", ")
                ));
            }
        }
    }
    broken
}

fn impurities(name: &str, below: &str) -> Vec<String> {
    let names: BTreeSet<&str> =
        below.lines().filter_map(|line| line.split_whitespace().next()).collect();
    IMPURE
        .iter()
        .filter(|package| names.contains(**package))
        .map(|package| format!("{name} performs no IO, but {package} is among what it builds on"))
        .collect()
}

/// Sources where a reserved lint is named although it is not that crate's job. Tests, examples
/// and benchmarks may print and may start programs.
fn switched_off_lints(root: &Path) -> Result<Vec<String>, Failure> {
    let mut broken = Vec::new();
    for crate_folder in folders(&root.join("crates"))?.into_iter().chain([root.join("xtask")]) {
        for source in sources(&crate_folder.join("src"))? {
            let text = std::fs::read_to_string(&source).map_err(|error| {
                Failure::failed(format!("cannot read {}: {error}", source.display()))
            })?;
            let place = source.strip_prefix(root).unwrap_or(&source);
            let is_test = place.components().any(|part| {
                part.as_os_str()
                    .to_str()
                    .is_some_and(|part| part.trim_end_matches(".rs") == "tests")
            });
            if is_test {
                continue;
            }
            for (lint, allowed) in LINTS {
                let is_allowed = allowed.iter().any(|folder| place.starts_with(folder));
                if !is_allowed && text.contains(&format!("clippy::{lint}")) {
                    broken.push(format!(
                        "{} switches {lint} off: only {} may",
                        place.display(),
                        allowed.join(", ")
                    ));
                }
            }
        }
    }
    Ok(broken)
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in folders(folder)? {
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    Ok(found)
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error| Failure::failed(format!("cannot read {}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "\
0zerr-core v0.1.0 (/a/crates/zerr-core)
1serde v1.0.228
1zerr-syntax v0.1.0 (/a/crates/zerr-syntax)

0zerr-llm v0.1.0 (/a/crates/zerr-llm)
1zerr-core v0.1.0 (/a/crates/zerr-core)
";

    #[test]
    fn good_graph_has_no_breaches() {
        let direct = read_tree(TREE);
        assert_eq!(direct.len(), 2);
        assert!(direct["zerr-core"].contains("serde"));
        assert!(breaches_of_floors(&direct).is_empty());
        assert!(breaches_of_reserves(&direct).is_empty());
    }

    #[test]
    fn hands_that_know_each_other_and_upward_arrows_are_breaches() {
        let upward = read_tree("0zerr-core v0 (/a)\n1zerr-engine v0 (/a)\n");
        assert_eq!(breaches_of_floors(&upward).len(), 1);
        let sideways = read_tree("0zerr-llm v0 (/a)\n1zerr-store v0 (/a)\n");
        assert_eq!(breaches_of_floors(&sideways).len(), 1);
        let unknown = read_tree("0zerr-new v0 (/a)\n");
        assert_eq!(breaches_of_floors(&unknown).len(), 1);
    }

    #[test]
    fn reserved_package_in_the_wrong_crate_is_a_breach() {
        let right = read_tree("0zerr-host v0 (/a)\n1llama-cpp-2 v0.1\n");
        assert!(breaches_of_reserves(&right).is_empty());
        let wrong = read_tree("0zerr-llm v0 (/a)\n1llama-cpp-2 v0.1\n");
        assert_eq!(breaches_of_reserves(&wrong).len(), 1);
    }

    #[test]
    fn clock_or_runtime_anywhere_below_the_core_is_an_impurity() {
        let below = "zerr-core v0 (/a)\nserde v1\ntokio v1.54\nserde v1 (*)\n";
        assert_eq!(impurities("zerr-core", below).len(), 1);
        assert!(impurities("zerr-core", "zerr-core v0 (/a)\nserde v1\n").is_empty());
    }

    #[test]
    fn this_checkout_keeps_its_lints_on() {
        let broken = switched_off_lints(&process::root()).map_err(|failure| failure.to_string());
        assert_eq!(broken, Ok(Vec::new()));
    }
}
