//! The real program in a folder of its own: [`Project`].

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// A fresh folder with a `.zerr` of its own, removed at the end.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

impl Project {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("zerr-test-").tempdir().unwrap();
        fs::create_dir(folder.path().join(".zerr")).unwrap();
        Self { folder }
    }

    /// With these files in it.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let project = Self::new();
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// Everything in the folder but zerr's own, with folders' names ended by a slash.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != ".zerr")
            .collect();
        names.sort();
        names
    }

    /// `cargo zerr ARGUMENTS` in this folder.
    pub(crate) fn zerr<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_cargo-zerr"));
        command.arg("zerr").args(arguments);
        command
    }

    /// Any program, in this folder and with the environment of the tests.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        assert!(host().is_file(), "build the model host first: `cargo build -p zerr-host`");
        let mut command = Command::new(program);
        command.current_dir(self.path()).stdin(Stdio::null());
        for name in ["MODEL", "RELIABILITY", "MAX_SAMPLES", "TIME_LIMIT", "SEED", "THREADS", "RISK"]
        {
            command.env_remove(format!("ZERR_{name}"));
        }
        command.env_remove("ZERR_DETERMINISTIC").env("CARGO_TERM_COLOR", "never");
        command.env("XDG_RUNTIME_DIR", host_folder());
        command
    }

    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Output {
        self.zerr(arguments).output().unwrap()
    }

    /// The document that a run in JSON form prints, and its exit code.
    pub(crate) fn json(&self, arguments: &[&str]) -> (serde_json::Value, i32) {
        let output = self.run(arguments.iter().chain(&["--message-format", "json"]));
        let code = code(&output);
        let text = String::from_utf8(output.stdout).unwrap();
        match serde_json::from_str(&text) {
            Ok(document) => (document, code),
            Err(error) => panic!(
                "no JSON ({error}), exit {code}: {text}\n{}",
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn host() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_cargo-zerr")).with_file_name("zerr-host")
}

/// Where the tests' host listens: not where the user's does, and another place for another build,
/// so that no test talks to a host from before a change. The host leaves by itself when idle.
fn host_folder() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let built = fs::metadata(host()).unwrap();
        let name = format!("zerr-e2e-{}-{}{}", built.uid(), built.mtime(), built.mtime_nsec());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    })
}
