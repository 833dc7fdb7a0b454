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
    let run = |script: &[&str]| {
        let output = project.command(&python).args(script).current_dir(&copy).output().unwrap();
        assert!(output.status.success(), "{script:?}: {}{}", stdout(&output), stderr(&output));
        stdout(&output)
    };
    run(&["generate.py", "--small"]);
    // What was interrupted goes on where it was.
    run(&["train.py", "--small", "--stop", "8"]);
    let resumed = run(&["train.py", "--small"]);
    assert!(resumed.contains("from step 8") && resumed.contains("\n20 loss"), "{resumed}");
    run(&["export.py"]);
    // Beside the copy, where the shipped one stands beside its recipe.
    let model = project.path().join("model/zerr-micro.gguf").display().to_string();
    let info = project.run(["model", "info", "--model", &model]);
    assert_eq!(code(&info), 0, "{}", stderr(&info));
    assert!(stdout(&info).contains("architecture   llama"), "{}", stdout(&info));
}

#[test]
fn entries_that_are_wrong_are_refused_with_their_line() {
    let python = repository().join("target/train-micro/python/bin/python");
    let project = Project::new();
    let copy = project.path().join("curriculum");
    copy_folder(&repository().join("crates/zerr-micro/curriculum"), &copy);
    let file = copy.join("entries/optional.yaml");
    let whole = std::fs::read_to_string(&file).unwrap();
    let refused = |old: &str, new: &str| {
        assert!(whole.contains(old), "{old}");
        std::fs::write(&file, whole.replacen(old, new, 1)).unwrap();
        let arguments = ["check.py", "entries/optional.yaml"];
        let output = project.command(&python).args(arguments).current_dir(&copy).output().unwrap();
        assert_eq!(code(&output), 1, "{}", stderr(&output));
        stdout(&output) + &stderr(&output)
    };
    let trained = "    - divide two whole numbers. Division by zero gives None\n";
    let leak = "    - return the integer quotient of two numbers, or None when dividing by zero\n";
    let said = refused(trained, leak);
    assert!(said.contains("entries/optional.yaml:2: safe_div: a trained phrasing leaks"), "{said}");
    let said = refused("      - a.checked_div(b)\n", "      - a.checked_dib(b)\n");
    assert!(said.contains("safe_div: line 5") && said.contains("does not compile"), "{said}");
    let said = refused("- id: safe_div\n", "- id: safe_div\n  uses: [nobody]\n");
    assert!(said.contains("safe_div: uses nobody, which is no entry"), "{said}");
    let said = refused("{a: [0, 40], b: [0, 6]}", "{a: [0, 40, b: [0, 6]}");
    assert!(said.starts_with("entries/optional.yaml:") && !said.contains("Traceback"), "{said}");
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
