//! `cargo xtask train-micro`: the embedded model from its curriculum. Main function: [`run`].
//!
//! The recipe is Python, in an environment of its own under `target/`, with pinned packages.

use crate::process::{self, Failure};
use crate::python_tools;

const CURRICULUM: &str = "crates/zerr-micro/curriculum";

/// In the order in which each uses what the one before it wrote.
const SCRIPTS: [&str; 4] = ["generate.py", "train.py", "export.py", "measure.py"];

pub(crate) fn run(flags: &[String]) -> Result<(), Failure> {
    let curriculum = process::root().join(CURRICULUM);
    for name in SCRIPTS.iter().chain(&["requirements.txt"]) {
        if !curriculum.join(name).is_file() {
            return Err(Failure::usage(format!("{CURRICULUM}/{name} is missing")));
        }
    }
    let place = process::target().join("train-micro");
    let python = place.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !python.is_file() {
        python_tools::create_env(&place)?;
    }
    let mut pip = process::command(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    process::run(pip.arg(curriculum.join("requirements.txt")))?;
    for script in SCRIPTS {
        let mut step = process::command(&python);
        step.arg(script).args(flags).current_dir(&curriculum);
        process::run(&mut step)?;
    }
    Ok(())
}
