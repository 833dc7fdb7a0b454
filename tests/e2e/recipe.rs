//! The recipe of the embedded model, proved small: data, training, export, measuring, and a model that
//! the host loads.

use std::path::Path;

use crate::support::{Project, code, repository, stderr, stdout};

#[test]
fn a_small_model_is_trained_from_the_repository_and_runs() {
    let place = repository().join("target/train-micro");
    let python = place.join("python/bin/python");
    assert!(python.is_file(), "the recipe's Python is missing: `cargo xtask test` sets it up");
    let project = Project::new();
    let copy = project.path().join("curriculum");
    copy_folder(&repository().join("crates/zerr-micro/curriculum"), &copy);
    for script in [&["generate.py", "--small"][..], &["train.py", "--small"], &["export.py"]] {
        let output = project.command(&python).args(script).current_dir(&copy).output().unwrap();
        assert!(output.status.success(), "{script:?}: {}{}", stdout(&output), stderr(&output));
    }
    // Beside the copy, where the shipped one stands beside its recipe.
    let model = project.path().join("model/zerr-micro.gguf").display().to_string();
    let info = project.run(["model", "info", "--model", &model]);
    assert_eq!(code(&info), 0, "{}", stderr(&info));
    assert!(stdout(&info).contains("architecture   llama"), "{}", stdout(&info));
}

/// Scripts and data, not what earlier runs made.
fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_file() {
            std::fs::copy(&path, to.join(name)).unwrap();
        } else if name != "out" && name != "__pycache__" {
            copy_folder(&path, &to.join(name));
        }
    }
}
