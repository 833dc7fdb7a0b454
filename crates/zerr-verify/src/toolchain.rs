//! The tools of both languages, found once and used for the rest of the process: [`Toolchain`].
//!
//! # Invariants
//! A tool is called by the path of the real program, not by a shim that picks one (rustup, pyenv):
//! a shim reads the user's files and costs more than the tool's own work.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zerr_core::verdict::ToolVersion;
use zerr_exec::{Cancel, Sandbox, trusted};
use zerr_syntax::Language;

use crate::python::PythonRunner;
use crate::rust::{Harness, RustRunner};
use crate::{LanguageRunner, Layer, VerifyError, layers};

const RUST_HINT: &str = "install Rust with rustup (https://rustup.rs)";
const PYTHON_HINT: &str = "install python3 (3.10 or newer)";
const VALGRIND_HINT: &str = "`apt-get install valgrind`, or your system's package of that name";
pub(crate) const SETUP_HINT: &str = "`cargo zerr doctor --install` installs it";

/// What was found, and the sandbox that everything runs in.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// Shared by all runners and layers.
    pub sandbox: Arc<Sandbox>,
    /// The compiler.
    pub rust: Result<Arc<RustTools>, MissingTool>,
    /// The interpreter.
    pub python: Result<Arc<PythonTools>, MissingTool>,
    /// The type checker for Python.
    pub ty: Result<Tool, MissingTool>,
    /// The formatter for Python.
    pub ruff: Result<Tool, MissingTool>,
    /// The solver.
    pub z3: Result<Tool, MissingTool>,
    /// The symbolic executor for Python.
    pub crosshair: Result<Tool, MissingTool>,
    /// What counts instructions. The system's own: it needs its files beside it.
    pub valgrind: Result<Tool, MissingTool>,
    harness: Harness,
}

/// Why a tool is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{tool}: {message}")]
pub struct MissingTool {
    /// Such as `rustc`.
    pub tool: &'static str,
    /// What was tried.
    pub message: String,
    /// What the user can do.
    pub hint: &'static str,
}

/// One program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Absolute, no shim.
    pub path: PathBuf,
    /// Name and version.
    pub version: ToolVersion,
}

/// rustc and what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RustTools {
    /// The toolchain's folder.
    pub sysroot: PathBuf,
    /// The compiler.
    pub rustc: Tool,
    /// The formatter, a component that may be left out.
    pub rustfmt: Result<Tool, MissingTool>,
    /// The linter, another one.
    pub clippy: Result<Tool, MissingTool>,
}

/// `CPython` and its library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonTools {
    /// The interpreter.
    pub python: Tool,
    /// Folders it reads, outside of `/usr`.
    pub folders: Vec<PathBuf>,
}

/// Finds everything. What is missing is an error only when it is asked for. `own_tools` is the
/// folder of the programs that zerr pinned for itself; without it, or where it lacks one, the
/// `PATH` is searched.
pub fn probe(sandbox: Sandbox, own_tools: Option<&Path>) -> Toolchain {
    Toolchain {
        sandbox: Arc::new(sandbox),
        rust: rust().map(Arc::new),
        python: python().map(Arc::new),
        ty: python_tool("ty", own_tools),
        ruff: python_tool("ruff", own_tools),
        z3: python_tool("z3", own_tools),
        crosshair: crosshair(own_tools),
        valgrind: valgrind(),
        harness: Harness::default(),
    }
}

impl Toolchain {
    /// The runner of a language.
    ///
    /// # Errors
    /// [`VerifyError::NoTool`] when its compiler or interpreter is missing.
    pub fn runner(&self, language: Language) -> Result<Arc<dyn LanguageRunner>, VerifyError> {
        let sandbox = Arc::clone(&self.sandbox);
        Ok(match language {
            Language::Rust => Arc::new(RustRunner::new(
                sandbox,
                Arc::clone(needed(&self.rust)?),
                Arc::clone(&self.harness),
                self.valgrind.clone(),
            )),
            Language::Python => Arc::new(PythonRunner::new(
                sandbox,
                Arc::clone(needed(&self.python)?),
                self.ruff.clone(),
            )),
        })
    }

    /// The layers that read a language's text, in the order they run. One without its tool says
    /// that it did not run.
    pub fn layers(&self, language: Language) -> Vec<Arc<dyn Layer>> {
        let sandbox = || Arc::clone(&self.sandbox);
        match language {
            Language::Rust => vec![
                Arc::new(layers::RustSyntax::new(sandbox(), self.rust.clone())),
                Arc::new(layers::RustTypes::new(sandbox(), self.rust.clone())),
                Arc::new(layers::RustLints { sandbox: sandbox(), tools: self.rust.clone() }),
            ],
            Language::Python => vec![
                Arc::new(layers::PythonSyntax::new(sandbox(), self.python.clone())),
                Arc::new(layers::PythonTypes::new(sandbox(), self.python.clone(), self.ty.clone())),
                Arc::new(layers::PythonLints { sandbox: sandbox(), ruff: self.ruff.clone() }),
            ],
        }
    }

    /// Every tool by name: found, or why not.
    pub fn all(&self) -> Vec<Result<&Tool, &MissingTool>> {
        vec![
            self.rust.as_ref().map(|rust| &rust.rustc),
            self.rust.as_ref().and_then(|rust| rust.rustfmt.as_ref()),
            self.rust.as_ref().and_then(|rust| rust.clippy.as_ref()),
            self.python.as_ref().map(|python| &python.python),
            self.ty.as_ref(),
            self.ruff.as_ref(),
            self.z3.as_ref(),
            self.crosshair.as_ref(),
            self.valgrind.as_ref(),
        ]
    }
}

/// The runner of one language, without looking for any other tool.
pub(crate) fn runner(
    language: Language,
    sandbox: Arc<Sandbox>,
    own_tools: Option<&Path>,
) -> Result<Arc<dyn LanguageRunner>, VerifyError> {
    Ok(match language {
        Language::Rust => {
            let rust = rust().map(Arc::new);
            let (rust, harness) = (Arc::clone(needed(&rust)?), Harness::default());
            Arc::new(RustRunner::new(sandbox, rust, harness, valgrind()))
        }
        Language::Python => {
            let python = python().map(Arc::new);
            let ruff = python_tool("ruff", own_tools);
            Arc::new(PythonRunner::new(sandbox, Arc::clone(needed(&python)?), ruff))
        }
    })
}

pub(crate) fn needed<T>(tool: &Result<T, MissingTool>) -> Result<&T, VerifyError> {
    tool.as_ref().map_err(|missing| VerifyError::NoTool {
        tool: missing.tool,
        message: missing.message.clone(),
        hint: missing.hint,
    })
}

fn rust() -> Result<RustTools, MissingTool> {
    let missing = |message| MissingTool { tool: "rustc", message, hint: RUST_HINT };
    // Cargo tells its subcommands which compiler it would use.
    let shim = std::env::var_os("RUSTC").map(PathBuf::from).or_else(|| trusted::find("rustc"));
    let shim = shim.ok_or_else(|| missing("not on the PATH".to_owned()))?;
    let sysroot = PathBuf::from(ask(&shim, &["--print", "sysroot"]).map_err(missing)?);
    let rustc = tool("rustc", &sysroot.join("bin/rustc")).map_err(missing)?;
    let rustfmt = tool("rustfmt", &sysroot.join("bin/rustfmt")).map_err(|message| MissingTool {
        tool: "rustfmt",
        message,
        hint: "`rustup component add rustfmt`",
    });
    // A toolchain's components have one version: asking each costs more than a look.
    let path = sysroot.join("bin/clippy-driver");
    let clippy = if path.is_file() {
        let version = rustc.version.version.clone();
        Ok(Tool { path, version: ToolVersion { name: "clippy".to_owned(), version } })
    } else {
        let (message, hint) = ("not found".to_owned(), "`rustup component add clippy`");
        Err(MissingTool { tool: "clippy", message, hint })
    };
    Ok(RustTools { sysroot, rustc, rustfmt, clippy })
}

fn python() -> Result<PythonTools, MissingTool> {
    const ASK: &str = "import os, sys, sysconfig
base = getattr(sys, '_base_executable', None) or sys.executable
print(os.path.realpath(base), '.'.join(map(str, sys.version_info[:3])), sep='\\n')
for path in {sys.base_prefix, sys.base_exec_prefix, *map(sysconfig.get_path, ('stdlib', 'platstdlib'))}:
    print(os.path.realpath(path))";
    let missing = |message| MissingTool { tool: "python3", message, hint: PYTHON_HINT };
    let shim = trusted::find("python3").ok_or_else(|| missing("not on the PATH".to_owned()))?;
    let answer = ask(&shim, &["-I", "-S", "-c", ASK]).map_err(missing)?;
    let mut lines = answer.lines().map(PathBuf::from);
    let (Some(path), Some(version)) = (lines.next(), lines.next()) else {
        return Err(missing(format!("`{}` does not say where it is", shim.display())));
    };
    let version = version.display().to_string();
    let mut folders: Vec<PathBuf> = lines
        .chain(path.parent().map(Path::to_owned))
        .filter(|path| is_to_be_shown(path))
        .collect();
    folders.sort();
    // A folder below another one is there with it.
    folders.dedup_by(|below, above| below.starts_with(above));
    let python = Tool { path, version: ToolVersion { name: "python3".to_owned(), version } };
    Ok(PythonTools { python, folders })
}

/// The sandbox shows `/usr` by itself; the root folder would show everything.
fn is_to_be_shown(path: &Path) -> bool {
    path.is_absolute() && path.parent().is_some() && !path.starts_with("/usr")
}

/// A script, whose version stands in the folder of its package.
fn crosshair(own_tools: Option<&Path>) -> Result<Tool, MissingTool> {
    let missing = |message| MissingTool { tool: "crosshair", message, hint: SETUP_HINT };
    let own = own_tools.map(|folder| folder.join("crosshair")).filter(|path| path.is_file());
    let path = own
        .or_else(|| trusted::find("crosshair"))
        .ok_or_else(|| missing("not found".to_owned()))?;
    let packages = packages_of(&path)
        .ok_or_else(|| missing(format!("`{}` stands beside no packages", path.display())))?;
    let version = std::fs::read_dir(&packages).ok().and_then(|entries| {
        entries.flatten().find_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let version = name.strip_prefix("crosshair_tool-")?.strip_suffix(".dist-info")?;
            Some(version.to_owned())
        })
    });
    let version = version
        .ok_or_else(|| missing(format!("`{}` holds no crosshair-tool", packages.display())))?;
    Ok(Tool { path, version: ToolVersion { name: "crosshair".to_owned(), version } })
}

/// The `site-packages` of the environment that a script belongs to.
pub(crate) fn packages_of(script: &Path) -> Option<PathBuf> {
    let environment = script.parent()?.parent()?;
    let versions = std::fs::read_dir(environment.join("lib")).ok()?;
    versions
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("python3"))
        .map(|entry| entry.path().join("site-packages"))
        .find(|packages| packages.is_dir())
}

fn valgrind() -> Result<Tool, MissingTool> {
    let missing = |message| MissingTool { tool: "valgrind", message, hint: VALGRIND_HINT };
    let path = trusted::find("valgrind").ok_or_else(|| missing("not found".to_owned()))?;
    let path = path.canonicalize().map_err(|error| missing(error.to_string()))?;
    let mut found = tool("valgrind", &path).map_err(missing)?;
    // `valgrind-3.19.0`
    if let Some(version) = found.version.version.strip_prefix("valgrind-") {
        found.version.version = version.to_owned();
    }
    Ok(found)
}

/// A tool from zerr's own environment, whose versions are pinned, or else from the `PATH`.
fn python_tool(name: &'static str, own_tools: Option<&Path>) -> Result<Tool, MissingTool> {
    let own = own_tools.map(|folder| folder.join(name)).filter(|path| path.is_file());
    let found = own.or_else(|| trusted::find(name));
    let missing = |message| MissingTool { tool: name, message, hint: SETUP_HINT };
    let path = found.ok_or_else(|| missing("not found".to_owned()))?;
    let path = path.canonicalize().map_err(|error| missing(error.to_string()))?;
    tool(name, &path).map_err(missing)
}

fn tool(name: &str, path: &Path) -> Result<Tool, String> {
    let said = ask(path, &["--version"])?;
    let version = version(&said).to_owned();
    Ok(Tool { path: path.to_owned(), version: ToolVersion { name: name.to_owned(), version } })
}

/// `rustc 1.95.0 (59807616e 2026-04-14)`, `ty 0.0.1 (…)`, `Z3 version 5.4.1 - 64 bit`
fn version(said: &str) -> &str {
    let mut words = said.split_whitespace().skip(1).skip_while(|word| *word == "version");
    words.next().unwrap_or(said)
}

fn ask(program: &Path, args: &[&str]) -> Result<String, String> {
    let outcome = trusted::Command::new(program)
        .args(args)
        .timeout_ms(20_000)
        .output_bytes_max(1 << 20)
        .run(&Cancel::new())
        .map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&outcome.stdout).trim().to_owned();
    if outcome.is_success() && !said.is_empty() {
        return Ok(said);
    }
    let complaint = String::from_utf8_lossy(&outcome.stderr);
    let complaint = complaint.lines().next().unwrap_or("says nothing");
    Err(format!("`{}` {complaint}", program.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_folder_is_never_shown_to_a_confined_process() {
        assert!(!is_to_be_shown(Path::new("/")));
        assert!(!is_to_be_shown(Path::new("lib")));
        assert!(!is_to_be_shown(Path::new("/usr/lib/python3")));
        assert!(is_to_be_shown(Path::new("/opt/python")));
    }

    #[test]
    fn a_version_is_read_as_each_tool_says_it() {
        assert_eq!(version("rustfmt 1.8.0-stable (59807616e1 2026-04-14)"), "1.8.0-stable");
        assert_eq!(version("Z3 version 5.4.1 - 64 bit"), "5.4.1");
    }

    #[test]
    fn the_real_compiler_and_interpreter_are_found() {
        let rust = rust().unwrap();
        assert!(rust.rustc.path.starts_with(&rust.sysroot));
        assert!(rust.rustc.version.version.starts_with("1."));
        let python = python().unwrap();
        assert!(python.python.path.is_absolute());
        assert!(python.python.version.version.starts_with("3."));
    }
}
