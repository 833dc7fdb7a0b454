//! Starting other programs in front of the user. Main functions: [`run`], [`output`].

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a task ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Failed,
    Usage,
}

impl Failure {
    pub(crate) fn failed(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), kind: Kind::Failed }
    }

    /// Wrong arguments, or something is missing that the user has to decide about.
    pub(crate) fn usage(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), kind: Kind::Usage }
    }

    pub(crate) fn code(&self) -> u8 {
        match self.kind {
            Kind::Failed => 1,
            Kind::Usage => 2,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// The repository's root.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map_or_else(|| here.clone(), Path::to_path_buf)
}

/// Where cargo builds to.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A command in the repository's root.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "a build task, not a part of zerr")]
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// `cargo` with these arguments: the cargo that started this program.
pub(crate) fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Command {
    let mut cargo = command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments);
    // Set for this program's own build; it would mislead the builds that it starts.
    cargo.env_remove("CARGO_MANIFEST_DIR");
    cargo
}

/// Shows the command, runs it with this program's own input and outputs, and fails as it does.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let shown = announce(command);
    let status = command
        .status()
        .map_err(|error| Failure::failed(format!("cannot start `{shown}`: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::failed(format!("`{shown}` failed: {status}")))
}

/// What the command prints to its standard output; its errors go to the user.
pub(crate) fn output(command: &mut Command) -> Result<String, Failure> {
    let shown = shown(command);
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::failed(format!("cannot start `{shown}`: {error}")))?;
    if !output.status.success() {
        return Err(Failure::failed(format!("`{shown}` failed: {}", output.status)));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Failure::failed(format!("`{shown}` did not print text")))
}

/// Whether the command can be started and succeeds; prints nothing.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

pub(crate) fn announce(command: &Command) -> String {
    let shown = shown(command);
    eprintln!("\n$ {shown}");
    shown
}

fn shown(command: &Command) -> String {
    let root = format!("{}/", root().display());
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| {
            let word = word.to_string_lossy().replace(&root, "");
            let word = if word.ends_with("/bin/cargo") { "cargo".to_owned() } else { word };
            if word.contains(char::is_whitespace) { format!("'{word}'") } else { word }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a program of this name is on the search path.
pub(crate) fn is_on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_is_the_folder_of_the_workspace() {
        assert!(root().join("crates").is_dir(), "{}", root().display());
    }

    #[test]
    fn shown_command_can_be_pasted() {
        let inside = root().join("a b");
        let command = {
            let mut command = command("/somewhere/bin/cargo");
            command.arg("run").arg(inside);
            command
        };
        assert_eq!(shown(&command), "cargo run 'a b'");
    }
}
