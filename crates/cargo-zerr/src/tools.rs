//! `doctor --install`: zerr's own Python environment, with pinned versions. Main function:
//! [`install`].
//!
//! # Invariants
//! Nothing is installed unasked, and nothing outside of zerr's data folder.

use std::path::{Path, PathBuf};

use zerr_engine::zerr_store::dirs::Dirs;
use zerr_engine::zerr_store::pins::{PINS, PIP, Pin};
use zerr_exec::{Cancel, trusted};

use crate::console::Console;
use crate::failure::Failure;

/// Makes the environment, unless it is there with these versions and works.
pub(crate) fn install(console: Console) -> Result<(), Failure> {
    let dirs = Dirs::from_env().map_err(|error| Failure::usage(error.to_string()))?;
    let is_ready = PINS.iter().all(|pin| {
        let said = pin
            .asked
            .split_first()
            .and_then(|(program, args)| say(&dirs.python_tool(program), args));
        dirs.python_tool(pin.program).is_file() && said.is_some_and(|said| pin.is_said(&said))
    });
    if is_ready && say(&dirs.python_tool("python"), &["-V"]).is_some() {
        console.note("zerr's own tools are installed already");
        return Ok(());
    }
    let python = python().ok_or_else(|| {
        Failure::usage("there is no Python 3.10 or newer that can make environments")
            .hint("install python3 with venv (Debian: `apt-get install python3-venv`)")
    })?;
    let place = dirs.python_env();
    let requirements: Vec<String> = PINS.iter().map(Pin::requirement).collect();
    console.note(&format!("installing {} into {}", requirements.join(", "), place.display()));
    if let Some(parent) = place.parent() {
        std::fs::create_dir_all(parent).map_err(|error| {
            Failure::usage(format!("cannot create {}", parent.display())).because(error)
        })?;
    }
    let venv = ["-m".into(), "venv".into(), "--clear".into(), place.clone().into_os_string()];
    run(&python, venv)?;
    run(
        &dirs.python_tool("python"),
        PIP.iter().map(|word| (*word).into()).chain(requirements.into_iter().map(Into::into)),
    )
}

/// The person's own, else the system's: a version manager's shim may lead nowhere.
fn python() -> Option<PathBuf> {
    const SUITS: &str = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))";
    [trusted::find("python3"), Some(PathBuf::from("/usr/bin/python3"))]
        .into_iter()
        .flatten()
        .find(|python| say(python, &["-c", SUITS]).is_some())
}

/// What a program prints, if it ends well.
fn say(program: &Path, args: &[&str]) -> Option<String> {
    let command = trusted::Command::new(program).args(args).timeout_ms(30_000);
    let outcome = command.run(&Cancel::new()).ok()?;
    outcome.is_success().then(|| String::from_utf8_lossy(&outcome.stdout).into_owned())
}

fn run(program: &Path, args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<(), Failure> {
    let failed = || Failure::usage(format!("{} failed", program.display()));
    let outcome = trusted::Command::new(program)
        .args(args)
        .timeout_ms(600_000)
        .run(&Cancel::new())
        .map_err(|error| failed().because(error))?;
    if outcome.is_success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&outcome.stderr);
    let why = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    Err(failed().because(why).hint("is there a connection to PyPI?"))
}
