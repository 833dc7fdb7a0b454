//! zerr's own Python environment: the pinned type checker and formatter for generated Python, and
//! the solver, which comes as a package of the same kind. Main function: [`ensure`].
//!
//! It lives in the user's data folder (the rule is in `dirs`), apart from every project's
//! environment, so that a project's versions and zerr's cannot disturb each other.

use std::path::Path;

use crate::dirs::Dirs;
use crate::process::{self, Failure};

/// Pinned, because a newer checker may say something else about the same code.
const PINS: [Pin; 3] = [
    Pin { package: "ty", program: "ty", version: "0.0.105", says: "0.0.105" },
    Pin { package: "ruff", program: "ruff", version: "0.17.6", says: "0.17.6" },
    Pin { package: "z3-solver", program: "z3", version: "5.4.1.0", says: "5.4.1" },
];

struct Pin {
    /// As the registry knows it.
    package: &'static str,
    /// What it brings along.
    program: &'static str,
    /// Of the package.
    version: &'static str,
    /// The version that the program says it has.
    says: &'static str,
}

/// A Python that can make environments: the user's own, else the system's (a version manager's
/// shim may stand before it and lead nowhere).
pub(crate) fn python() -> Option<&'static str> {
    const SUITS: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
    ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| process::succeeds(process::command(python).args(["-c", SUITS])))
}

/// Makes a new environment in a folder, in the place of what was there.
pub(crate) fn create_env(place: &Path) -> Result<(), Failure> {
    let python = python().ok_or_else(|| {
        Failure::usage("there is no Python 3.10 or newer with venv; run `cargo xtask setup`")
    })?;
    process::run(process::command(python).args(["-m", "venv", "--clear"]).arg(place))
}

/// What only tests need, in an environment of the build folder: the real pre-commit.
const TEST_PINS: [(&str, &str); 1] = [("pre-commit", "4.7.0")];

/// Makes the environment that tests look for their tools in.
pub(crate) fn ensure_test_tools() -> Result<(), Failure> {
    let place = process::target().join("test-tools");
    let tool = |name: &str| place.join("bin").join(name);
    let is_ready = TEST_PINS.iter().all(|(name, version)| {
        process::output(process::command(&tool(name)).arg("--version"))
            .is_ok_and(|said| says_version(&said, version))
    });
    if is_ready {
        return Ok(());
    }
    create_env(&place)?;
    let mut pip = process::command(tool("python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(TEST_PINS.map(|(tool, version)| format!("{tool}=={version}")));
    process::run(&mut pip)
}

/// Creates the environment unless it is there with these versions and works.
pub(crate) fn ensure() -> Result<(), Failure> {
    let dirs = Dirs::from_env().map_err(|error| Failure::usage(error.to_string()))?;
    let is_ready = PINS.iter().all(|pin| {
        let path = dirs.python_tool(pin.program);
        // Asking the tool also finds an environment whose Python has been removed.
        path.is_file()
            && process::output(process::command(&path).arg("--version"))
                .is_ok_and(|said| says_version(&said, pin.says))
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
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    // Wheels only: what builds a package from source would run on the user's machine.
    pip.args(["--only-binary", ":all:"]);
    pip.args(PINS.map(|pin| format!("{}=={}", pin.package, pin.version)));
    process::run(&mut pip)
}

/// `ty 0.0.105 (…)` and `Z3 version 0.0.105 - 64 bit` say 0.0.105; they do not say 0.0.10.
fn says_version(said: &str, version: &str) -> bool {
    let mut words = said.split_whitespace().skip(1).skip_while(|word| *word == "version");
    words.next() == Some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_compared_whole() {
        assert!(says_version("ruff 0.17.6\n", "0.17.6"));
        assert!(says_version("ty 0.0.105 (abc 2026-01-01)\n", "0.0.105"));
        assert!(!says_version("ty 0.0.105\n", "0.0.10"));
        assert!(says_version("Z3 version 5.4.1 - 64 bit\n", "5.4.1"));
        assert!(!says_version("Z3 version\n", "version"));
        assert!(!says_version("", "0.0.10"));
    }
}
