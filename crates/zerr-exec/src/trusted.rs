//! The user's own tools on the user's own code: [`Command`], [`find`], [`spawn_detached`].
//!
//! For git, cargo, package managers and the model host, which the user would start by hand just
//! the same. They keep the user's environment and rights.
//!
//! # Non-goals
//! Anything that reads or runs generated code: that is [`crate::Sandbox`]'s.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use crate::{Cancel, ExecError, Outcome, session};

/// A tool's command line; what is not set is inherited.
#[derive(Debug, Clone)]
pub struct Command {
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, Option<OsString>)>,
    cwd: Option<PathBuf>,
    stdin: Vec<u8>,
    timeout: Option<Duration>,
    output_bytes_max: u64,
}

impl Command {
    /// A program by path, or by name to be looked up on `PATH`.
    pub fn new(program: impl Into<PathBuf>) -> Command {
        Command {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            cwd: None,
            stdin: Vec::new(),
            timeout: None,
            output_bytes_max: 256 << 20,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Command {
        self.args.push(arg.as_ref().to_owned());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Command {
        self.env.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Does not pass an environment variable on.
    #[must_use]
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Command {
        self.env.push((name.as_ref().to_owned(), None));
        self
    }

    /// Starts in this folder.
    #[must_use]
    pub fn cwd(mut self, folder: impl Into<PathBuf>) -> Command {
        self.cwd = Some(folder.into());
        self
    }

    /// What it reads from standard input; nothing otherwise.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Command {
        self.stdin = bytes.into();
        self
    }

    /// Kills it after this long; no bound otherwise.
    #[must_use]
    pub fn timeout_ms(mut self, timeout_ms: u64) -> Command {
        self.timeout = Some(Duration::from_millis(timeout_ms));
        self
    }

    /// Kills it when it writes more; 256 MiB otherwise.
    #[must_use]
    pub fn output_bytes_max(mut self, bytes: u64) -> Command {
        self.output_bytes_max = bytes;
        self
    }

    /// Runs it to its end. It is killed when `cancel` is set, and when zerr dies.
    ///
    /// # Errors
    /// [`ExecError::Start`] when there is no such program; how the program ends is no error.
    #[expect(clippy::disallowed_methods, reason = "this crate starts the processes")]
    pub fn run(&self, cancel: &Cancel) -> Result<Outcome, ExecError> {
        let mut command = std::process::Command::new(&self.program);
        self.fill(&mut command);
        session::run(command, &self.stdin, self.timeout, self.output_bytes_max, cancel, &mut || {
            None
        })
    }

    /// Starts it with pipes to its standard input and output, for whoever speaks with it; its standard
    /// error is dropped. The caller ends it.
    ///
    /// # Errors
    /// [`ExecError::Start`] when there is no such program.
    #[expect(clippy::disallowed_methods, reason = "this crate starts the processes")]
    pub fn spawn_piped(&self) -> Result<std::process::Child, ExecError> {
        let mut command = std::process::Command::new(&self.program);
        self.fill(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.spawn().map_err(|source| ExecError::Start { program: self.program.clone(), source })
    }

    /// Starts it in a session of its own and lets it go: it outlives zerr. Standard input is empty;
    /// both outputs are appended to `log`, or dropped. Returns its process id.
    ///
    /// # Errors
    /// [`ExecError::Start`], and [`ExecError::Io`] when the log cannot be opened.
    #[expect(clippy::disallowed_methods, reason = "this crate starts the processes")]
    pub fn spawn_detached(&self, log: Option<&Path>) -> Result<u32, ExecError> {
        let mut command = std::process::Command::new(&self.program);
        self.fill(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(log) = log {
            let cannot_open = || ExecError::io("cannot open the log file");
            let log =
                OpenOptions::new().create(true).append(true).open(log).map_err(cannot_open())?;
            command.stderr(log.try_clone().map_err(cannot_open())?).stdout(log);
        }
        session::own_session(&mut command);
        let mut child = command
            .spawn()
            .map_err(|source| ExecError::Start { program: self.program.clone(), source })?;
        let id = child.id();
        // Somebody has to take note of its end, or an editor that runs for days keeps its corpse.
        let reaper = std::thread::Builder::new().name("reap".to_owned()).stack_size(64 * 1024);
        drop(reaper.spawn(move || child.wait()).map_err(ExecError::io("cannot start a thread"))?);
        Ok(id)
    }

    fn fill(&self, command: &mut std::process::Command) {
        command.args(&self.args);
        for (name, value) in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(cwd) = &self.cwd {
            command.current_dir(cwd);
        }
    }
}

/// Runs a tool to its end: [`Command`] with everything in one call.
pub fn run(
    program: impl Into<PathBuf>,
    args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    cwd: &Path,
    stdin: impl Into<Vec<u8>>,
    timeout_ms: u64,
) -> Result<Outcome, ExecError> {
    Command::new(program)
        .args(args)
        .cwd(cwd)
        .stdin(stdin)
        .timeout_ms(timeout_ms)
        .run(&Cancel::new())
}

/// Starts a program that outlives zerr; see [`Command::spawn_detached`].
pub fn spawn_detached(
    program: impl Into<PathBuf>,
    args: impl IntoIterator<Item = impl AsRef<OsStr>>,
    log: Option<&Path>,
) -> Result<u32, ExecError> {
    Command::new(program).args(args).spawn_detached(log)
}

/// Where a program is on `PATH`: the first regular file of that name that may be executed.
pub fn find(program: impl AsRef<OsStr>) -> Option<PathBuf> {
    find_in(program.as_ref(), &std::env::var_os("PATH")?)
}

fn find_in(program: &OsStr, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        // An empty entry means the current folder: never run a tool from there unasked.
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|file| is_executable(file))
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    use super::*;
    use crate::Status;

    fn sh(script: &str) -> Command {
        Command::new("sh").args(["-c", script])
    }

    #[test]
    fn a_tool_gets_its_input_arguments_folder_and_environment() {
        let folder = tempfile::tempdir().unwrap();
        let outcome = sh("cat; echo $0 $1 $KEPT $GONE; pwd -P; echo err >&2; exit 3")
            .args(["zero", "one"])
            .env("KEPT", "kept")
            .env("GONE", "gone")
            .env_remove("GONE")
            .cwd(folder.path())
            .stdin("in\n")
            .run(&Cancel::new())
            .unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let stdout = String::from_utf8(outcome.stdout).unwrap();
        assert_eq!(stdout, format!("in\nzero one kept\n{}\n", folder.display()));
        assert_eq!((outcome.status, &*outcome.stderr), (Status::Exited(3), &b"err\n"[..]));
    }

    #[test]
    fn a_tool_out_of_bounds_is_killed_with_its_children() {
        let start = Instant::now();
        let outcome = sh("sleep 60 & sleep 60").timeout_ms(100).run(&Cancel::new()).unwrap();
        assert_eq!(outcome.status, Status::TimedOut);
        let cancelled = Cancel::new();
        cancelled.cancel();
        assert_eq!(sh("sleep 60").run(&cancelled).unwrap().status, Status::Cancelled);
        let endless = sh("while :; do echo yyyyyyyyyyyyyyyy; done").output_bytes_max(1000);
        let outcome = endless.run(&Cancel::new()).unwrap();
        assert_eq!((outcome.status, outcome.stdout.len()), (Status::OutputLimit, 1000));
        assert!(start.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_background_child_that_keeps_the_pipes_does_not_hold_the_tool_up() {
        let start = Instant::now();
        let outcome = sh("sleep 30 & echo $!").timeout_ms(20_000).run(&Cancel::new()).unwrap();
        assert_eq!(outcome.status, Status::Exited(0));
        assert!(start.elapsed() < Duration::from_secs(15));
        let id = String::from_utf8(outcome.stdout).unwrap().trim().parse().unwrap();
        let id = rustix::process::Pid::from_raw(id).unwrap();
        rustix::process::kill_process(id, rustix::process::Signal::KILL).unwrap();
    }

    #[test]
    fn a_missing_tool_is_an_error() {
        let result = Command::new("no-such-tool-anywhere").run(&Cancel::new());
        assert!(matches!(result, Err(ExecError::Start { .. })));
        assert!(matches!(spawn_detached("/no/such", [""; 0], None), Err(ExecError::Start { .. })));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_detached_program_leads_its_own_session_and_writes_to_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        std::fs::write(&log, "before\n").unwrap();
        let script = "cut -d' ' -f6 /proc/$$/stat; cat; echo end >&2";
        let id = spawn_detached("/bin/sh", ["-c", script], Some(&log)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let expected = format!("before\n{id}\nend\n");
        while std::fs::read_to_string(&log).unwrap() != expected {
            assert!(Instant::now() < deadline, "{}", std::fs::read_to_string(&log).unwrap());
        }
    }

    #[test]
    fn only_executable_files_in_absolute_folders_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["a", "b"].map(|name| folder.path().join(name));
        for (at, mode) in [(&first, 0o644), (&second, 0o755)] {
            std::fs::create_dir(at).unwrap();
            std::fs::write(at.join("tool"), "").unwrap();
            std::fs::set_permissions(at.join("tool"), PermissionsExt::from_mode(mode)).unwrap();
        }
        std::fs::create_dir(first.join("folder")).unwrap();
        let path = std::env::join_paths([Path::new("."), &first, &second]).unwrap();
        assert_eq!(find_in("tool".as_ref(), &path), Some(second.join("tool")));
        assert_eq!(find_in("folder".as_ref(), &path), None);
        assert_eq!(find_in("missing".as_ref(), &path), None);
    }
}
