//! `cargo xtask train-micro`: the embedded model from its curriculum. Main function: [`run`].
//!
//! The recipe is Python, in an environment of its own under `target/`, with pinned packages.
//! The small run works on a copy of the recipe, so that it never touches the weights that are
//! in the repository.

use std::path::{Path, PathBuf};

use crate::process::{self, Failure};
use crate::{demo, python_tools};

const CURRICULUM: &str = "crates/zerr-micro/curriculum";

pub(crate) fn run(flags: &[String]) -> Result<(), Failure> {
    let place = process::target().join("train-micro");
    let python = environment()?;
    let curriculum = process::root().join(CURRICULUM);
    if flags.iter().any(|flag| flag == "--small") {
        let copy = place.join("small/curriculum");
        copy_recipe(&curriculum, &copy)?;
        return recipe(
            &python,
            &copy,
            &[
                &["generate.py", "--small"],
                &["train.py", "--small", "--fresh"],
                &["export.py"],
                &["measure.py", "--small", "--card"],
            ],
        );
    }
    // What is shipped beside the weights is measured with the program that will run them.
    demo::build()?;
    let host = process::target().join("debug/zerr-host");
    let host = host.to_string_lossy();
    recipe(
        &python,
        &curriculum,
        &[
            &["generate.py"],
            &["train.py"],
            &["export.py"],
            &["measure.py", "--host", &host, "--card"],
        ],
    )
}

/// Each script uses what the one before it wrote.
fn recipe(python: &Path, folder: &Path, scripts: &[&[&str]]) -> Result<(), Failure> {
    for script in scripts {
        process::run(process::command(python).args(*script).current_dir(folder))?;
    }
    Ok(())
}

/// The recipe's Python with its pinned packages.
pub(crate) fn environment() -> Result<PathBuf, Failure> {
    let place = &process::target().join("train-micro/python");
    let python = place.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !process::succeeds(process::command(&python).args(["-m", "pip", "--version"])) {
        python_tools::create_env(place)?;
    }
    let mut pip = process::command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    process::run(pip.arg(process::root().join(CURRICULUM).join("requirements.txt")))?;
    Ok(python)
}

/// Copies the scripts and entries, not what earlier runs made.
fn copy_recipe(from: &Path, to: &Path) -> Result<(), Failure> {
    let failed = |error| Failure::failed(format!("cannot copy {}: {error}", from.display()));
    std::fs::create_dir_all(to).map_err(failed)?;
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_file() {
            std::fs::copy(&path, to.join(name)).map_err(failed)?;
        } else if name != "out" && name != "__pycache__" {
            copy_recipe(&path, &to.join(name))?;
        }
    }
    Ok(())
}
