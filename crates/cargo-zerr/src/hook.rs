//! `hook`: zerr before every commit, for plain git. With the pre-commit framework the repository's
//! `.pre-commit-hooks.yaml` does the same.
//!
//! # Invariants
//! A hook that somebody else wrote is never overwritten and never removed.

use std::fs;
use std::path::{Path, PathBuf};

use zerr_exec::{Cancel, trusted};

use crate::args::HookCommand;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// What tells our own hook from others.
const MARK: &str = "# zerr: checks what is staged";

pub(crate) fn run(
    console: Console,
    project: &Path,
    command: &HookCommand,
) -> Result<Exit, Failure> {
    let path = hooks_folder(project)?.join("pre-commit");
    match command {
        HookCommand::Install => install(console, &path),
        HookCommand::Uninstall => uninstall(console, &path),
    }
}

/// Where git looks for hooks: `core.hooksPath`, worktrees and all.
fn hooks_folder(project: &Path) -> Result<PathBuf, Failure> {
    let failed = |why: String| {
        Failure::usage(format!("{} is no git repository", project.display()))
            .because(why)
            .hint("`git init` makes one")
    };
    let git = trusted::find("git").ok_or_else(|| failed("git was not found".into()))?;
    let outcome = trusted::Command::new(git)
        .args(["rev-parse", "--git-path", "hooks"])
        .cwd(project)
        .timeout_ms(20_000)
        .run(&Cancel::new())
        .map_err(|error| failed(error.to_string()))?;
    let said = String::from_utf8_lossy(&outcome.stdout);
    let folder = said.trim_end_matches('\n');
    if !outcome.is_success() || folder.is_empty() {
        let why = String::from_utf8_lossy(&outcome.stderr);
        return Err(failed(why.lines().next().unwrap_or("git says nothing").to_owned()));
    }
    Ok(project.join(folder))
}

fn install(console: Console, path: &Path) -> Result<Exit, Failure> {
    let cannot =
        |error| Failure::usage(format!("cannot write the hook {}", path.display())).because(error);
    let own = std::env::current_exe().map_err(cannot)?;
    match fs::read(path).map(|bytes| is_ours(&bytes)) {
        Ok(false) => {
            return Err(Failure::usage(format!("there is another hook at {}", path.display()))
                .hint("add the line `cargo-zerr verify --staged` to it"));
        }
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(cannot(error)),
        _ => {}
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(cannot)?;
    }
    // The very program that installs it, so that another PATH changes nothing; quoted for sh.
    let program = own.display().to_string().replace('\'', "'\\''");
    let script = format!(
        "#!/bin/sh\n{MARK}; `git commit --no-verify` leaves it out.\n\
         exec '{program}' verify --staged\n"
    );
    fs::write(path, script).map_err(cannot)?;
    make_executable(path).map_err(cannot)?;
    console.note(&format!("installed {}", path.display()));
    Ok(Exit::Verified)
}

fn uninstall(console: Console, path: &Path) -> Result<Exit, Failure> {
    if !fs::read(path).is_ok_and(|bytes| is_ours(&bytes)) {
        return Err(Failure::usage(format!("there is no hook of zerr's at {}", path.display())));
    }
    fs::remove_file(path).map_err(|error| {
        Failure::usage(format!("cannot remove {}", path.display())).because(error)
    })?;
    console.note(&format!("removed {}", path.display()));
    Ok(Exit::Verified)
}

/// Three lines, as [`install`] writes them: with anything else it is a person's.
fn is_ours(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().collect();
    matches!(lines.as_slice(), [_, mark, call]
        if mark.starts_with(MARK) && call.starts_with("exec '") && call.ends_with(" verify --staged"))
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> std::io::Result<()> {
    Ok(())
}
