//! Everything under `tests/fixtures`: one folder a fact, named as a sentence.
//!
//! A folder holds the files of a project, `command` (what follows `cargo zerr`; without it
//! `generate task_spec.yaml`), `make` for files that are too large to keep, and `expected`: exit
//! code, standard output, standard error. `UPDATE_EXPECT=1` writes `expected` anew.
//!
//! Lines of `make`: `size NAME BYTES`, `head NAME FILE-OF-THE-REPOSITORY BYTES`.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::support::{Project, code, repository, stderr, stdout};

#[test]
fn every_fixture_comes_out_as_expected() {
    let root = repository().join("tests/fixtures");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    assert!(folders.len() > 20, "only {} fixtures were found", folders.len());
    let failures: Vec<String> = folders.iter().filter_map(|folder| check(folder).err()).collect();
    assert!(failures.is_empty(), "{} differ:\n\n{}", failures.len(), failures.join("\n\n"));
}

fn check(folder: &Path) -> Result<(), String> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let project = Project::new();
    let mut command = "generate task_spec.yaml".to_owned();
    for entry in fs::read_dir(folder).map_err(|error| format!("{name}: {error}"))? {
        let path = entry.unwrap().path();
        match path.file_name().and_then(|name| name.to_str()).unwrap_or_default() {
            "expected" => {}
            "command" => command = fs::read_to_string(&path).unwrap(),
            "make" => make(&project, &fs::read_to_string(&path).unwrap()),
            other => drop(fs::copy(&path, project.path().join(other)).unwrap()),
        }
    }
    let output = project.run(command.split_whitespace());
    let shown = format!(
        "exit {}\n--- stdout\n{}--- stderr\n{}",
        code(&output),
        settled(&stdout(&output), &project),
        settled(&stderr(&output), &project)
    );
    let expected = folder.join("expected");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&expected, shown).unwrap();
        return Ok(());
    }
    match fs::read_to_string(&expected) {
        Err(_) => Err(format!("{name}: has no `expected`; it came to\n{shown}")),
        Ok(text) if text == shown => Ok(()),
        Ok(text) => {
            let diff = similar::TextDiff::from_lines(&text, &shown);
            Err(format!("{name}:\n{}", diff.unified_diff()))
        }
    }
}

/// Without what differs from machine to machine.
fn settled(text: &str, project: &Project) -> String {
    let model = repository().join("crates/zerr-micro/model/zerr-micro.gguf");
    let model_bytes = fs::metadata(model).unwrap().len().to_string();
    let real = project.path().canonicalize().unwrap();
    text.replace(&real.display().to_string(), "[PROJECT]")
        .replace(&project.path().display().to_string(), "[PROJECT]")
        .replace(&model_bytes, "[SIZE OF THE EMBEDDED MODEL]")
}

fn make(project: &Project, lines: &str) {
    for line in lines.lines() {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["size", name, bytes] => {
                let file = File::create(project.path().join(name)).unwrap();
                file.set_len(bytes.parse().unwrap()).unwrap();
            }
            ["head", name, from, bytes] => {
                let mut head = Vec::new();
                let from = File::open(repository().join(from)).unwrap();
                from.take(bytes.parse().unwrap()).read_to_end(&mut head).unwrap();
                fs::write(project.path().join(name), head).unwrap();
            }
            other => panic!("`make` knows no {other:?}"),
        }
    }
}
