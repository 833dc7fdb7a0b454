//! How cargo compiles a package and its tests: [`build`] does it once, and gives the calls of rustc for
//! others to repeat.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_metadata::Message;
use serde::{Deserialize, Serialize};
use zerr_exec::{Cancel, Outcome, trusted};

use super::problem;
use crate::VerifyError;

/// One run of rustc as cargo makes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RustcCall {
    /// The compiler: the project may pin another one than zerr found.
    pub(super) program: PathBuf,
    pub(super) env: Vec<(String, String)>,
    pub(super) args: Vec<String>,
}

/// A target of the package.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub(super) call: RustcCall,
    /// The target's name with cargo's hash, as files of the build are called.
    pub(super) stem: String,
    /// Whether it is an executable of tests.
    pub(super) is_test: bool,
    /// Whether it is a library that others link.
    pub(super) is_lib: bool,
    /// Its source files, absolute, where cargo's dependency file says them.
    pub(super) sources: Vec<PathBuf>,
    /// Whether it belongs to another package of the workspace.
    pub(super) is_foreign: bool,
}

impl Unit {
    /// Whether its executable is Rust's own harness of tests (`harness = false` has another).
    pub(super) fn has_harness(&self) -> bool {
        self.call.args.iter().any(|arg| arg == "--test")
    }

    /// Whether it is linked as a library by Rust code.
    pub(super) fn is_linked(&self) -> bool {
        let kinds = self
            .call
            .args
            .windows(2)
            .filter(|pair| pair.first().is_some_and(|it| it == "--crate-type"));
        self.is_lib
            && kinds.filter_map(|pair| pair.get(1)).any(|kind| kind == "lib" || kind == "rlib")
    }

    /// The features that are on in it, sorted.
    fn features(&self) -> Vec<&str> {
        let pairs = self.call.args.windows(2);
        let mut found: Vec<&str> = pairs
            .filter(|pair| pair.first().is_some_and(|it| it == "--cfg"))
            .filter_map(|pair| pair.get(1)?.strip_prefix("feature="))
            .collect();
        found.sort_unstable();
        found
    }

    /// Whether it names this library among those that it links.
    pub(super) fn links(&self, lib: &Unit) -> bool {
        let linked = format!("lib{}.", lib.stem);
        self.call.args.iter().any(|arg| arg.contains(&linked))
    }
}

/// A package that was built.
pub(super) struct Built {
    /// The folder that rustc is called in: the workspace's.
    pub(super) root: PathBuf,
    /// Where the artifacts are.
    pub(super) target: PathBuf,
    /// The targets of the package, libraries first, and those of packages of the workspace that depend on it.
    pub(super) units: Vec<Unit>,
    /// What a person should know of other packages.
    pub(super) notes: Vec<String>,
    /// Its programs as they are built without tests.
    pub(super) programs: Vec<Unit>,
    /// Held while the artifacts are used: another run of zerr waits before it builds.
    _lock: File,
}

impl RustcCall {
    /// The value behind an option that takes one as its own argument.
    pub(super) fn option(&self, name: &str) -> Option<&str> {
        let at = self.args.iter().position(|arg| arg == name)?;
        self.args.get(at + 1).map(String::as_str)
    }

    fn extra_filename(&self) -> Option<&str> {
        self.args.iter().find_map(|arg| arg.strip_prefix("extra-filename="))
    }

    /// The compiler's own folder, where it has one.
    pub(super) fn sysroot(&self) -> Option<&Path> {
        let bin = self.program.parent().filter(|_| self.program.is_absolute())?;
        bin.parent().filter(|root| root.join("lib").is_dir() && root.parent().is_some())
    }

    /// Name and hash, as in the names of what it makes.
    pub(super) fn stem(&self) -> Option<String> {
        Some(format!("{}{}", self.option("--crate-name")?, self.extra_filename()?))
    }

    /// A variable that cargo set.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.env.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// The nearest manifest above a file.
fn manifest_above(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).find(|path| path.is_file())
}

/// Builds the package that a file belongs to, with its tests, into a folder of its own below `cache`.
pub(super) fn build(file: &Path, cache: &Path, cancel: &Cancel) -> Result<Built, VerifyError> {
    let manifest = manifest_above(file).ok_or_else(|| {
        problem(
            format!("there is no `Cargo.toml` above {}", file.display()),
            "a function is tried in its package",
        )
    })?;
    // Cargo tells its subcommands which cargo it is; a project that pins a toolchain has its own.
    let pins = ["rust-toolchain", "rust-toolchain.toml"];
    let is_pinned = manifest.ancestors().any(|at| pins.iter().any(|pin| at.join(pin).is_file()));
    let cargo = std::env::var_os("CARGO").map(PathBuf::from);
    let cargo = cargo
        .filter(|own| own.is_file() && !is_pinned)
        .or_else(|| trusted::find("cargo"))
        .ok_or(VerifyError::NoTool {
            tool: "cargo",
            message: "not on the PATH".to_owned(),
            hint: "install Rust with rustup (https://rustup.rs)",
        })?;
    let folder = manifest.parent().unwrap_or(file);
    let command = |args: &[&str]| {
        let plain = trusted::Command::new(&cargo);
        let plain = if is_pinned { plain.env_remove("RUSTUP_TOOLCHAIN") } else { plain };
        // Flags of the environment go before those of the configuration.
        let flags = std::env::var("RUSTFLAGS").ok().filter(|flags| !flags.trim().is_empty());
        let plain = match flags {
            Some(flags) => plain.env("RUSTFLAGS", format!("{flags} --cap-lints warn")),
            None => plain,
        };
        plain
            .args(args)
            .arg("--manifest-path")
            .arg(&manifest)
            .env("CARGO_TERM_COLOR", "never")
            .env_remove("RUSTC_WRAPPER")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            .cwd(folder)
    };
    let ended =
        command(&["metadata", "--no-deps", "--offline", "--format-version", "1"]).run(cancel)?;
    let metadata = cargo_metadata::MetadataCommand::parse(String::from_utf8_lossy(&ended.stdout))
        .map_err(|_| refused(&ended))?;
    let root = metadata.workspace_root.into_std_path_buf();
    let name = zerr_core::hash::Hash::of_text("project", &root.to_string_lossy());
    let target = cache.join("projects").join(name.as_str().get(..16).unwrap_or("project"));
    std::fs::create_dir_all(&target).map_err(VerifyError::work_dir("make"))?;
    let lock =
        File::create(target.join("zerr.lock")).map_err(VerifyError::work_dir("make a lock"))?;
    wait_for(&lock, cancel)?;
    let calls_file = target.join("rustc-calls.json");
    let mut calls: BTreeMap<String, RustcCall> = std::fs::read(&calls_file)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default();
    let has_lib = metadata
        .packages
        .iter()
        .filter(|package| package.manifest_path.as_std_path() == manifest)
        .flat_map(|package| &package.targets)
        .any(|target| target.kind.iter().any(|kind| kind.to_string().contains("lib")));
    let tests: &[&str] = &["test", "--no-run", "--tests"];
    // Without tests that link it, the library itself is not built for them.
    let lib: &[&str] = &["build", "--lib"];
    let (mut others, mut notes) =
        if has_lib { dependents(&metadata.packages, &manifest) } else { (Vec::new(), Vec::new()) };
    let mut forgotten = false;
    loop {
        let mut said = Vec::new();
        let chosen: Vec<&str> = others.iter().flat_map(|(id, _)| ["-p", id.as_str()]).collect();
        let tests = [tests, &chosen].concat();
        let wanted: &[&[&str]] = if has_lib { &[&tests, lib] } else { &[&tests] };
        let mut refusal = None;
        for words in wanted {
            let always = [
                "--offline",
                "--locked",
                "-vv",
                "--message-format=json",
                // An unfinished function leaves its parameters unused: lints may not refuse that.
                "--config",
                "build.rustflags=['--cap-lints','warn']",
            ];
            let ended = command(&[words, &always[..]].concat())
                .env("CARGO_TARGET_DIR", &target)
                .env("CARGO_PROFILE_DEV_DEBUG", "0")
                .env("CARGO_PROFILE_TEST_DEBUG", "0")
                .run(cancel)?;
            if cancel.is_cancelled() {
                return Err(VerifyError::Cancelled);
            }
            calls.extend(
                running(&String::from_utf8_lossy(&ended.stderr))
                    .into_iter()
                    .filter(|call| call.variable("CARGO_PRIMARY_PACKAGE").is_some())
                    .filter_map(|call| Some((call.stem()?, call))),
            );
            if !ended.is_success() {
                refusal = Some(refused(&ended));
                break;
            }
            said.extend(ended.stdout);
        }
        if let Some(refusal) = refusal {
            if others.is_empty() {
                return Err(refusal);
            }
            others.clear();
            notes.push(format!(
                "the tests of other packages of the workspace are left out: {refusal}"
            ));
            continue;
        }
        if let Ok(text) = serde_json::to_vec(&calls) {
            // Without them the package is built once more, that is all.
            let _ = std::fs::write(&calls_file, text);
        }
        let manifests: Vec<&Path> =
            others.iter().map(|(_, path)| path.as_path()).chain([manifest.as_path()]).collect();
        if let Some(mut units) = units(&said, &manifests, &calls) {
            let own = |unit: &Unit| {
                unit.call.variable("CARGO_MANIFEST_DIR").map(Path::new) == Some(folder)
            };
            for unit in &mut units {
                unit.is_foreign = !own(unit);
            }
            let libs: Vec<&Unit> =
                units.iter().filter(|unit| unit.is_lib && !unit.is_foreign).collect();
            let has_others = libs.windows(2).any(|two| match two {
                [one, other] => one.features() != other.features(),
                _ => false,
            });
            if has_others && !others.is_empty() {
                // Its own tests judge it as its own users get it.
                others.clear();
                notes.push(
                    "the tests of other packages of the workspace are left out: they switch on other features"
                        .to_owned(),
                );
                continue;
            }
            // Cargo names them as they are finished: libraries behind those that they link, tests in any order.
            units.sort_by_key(|unit| {
                let name = unit.call.variable("CARGO_CRATE_NAME").map(str::to_owned);
                (!unit.is_lib, unit.is_foreign, name.filter(|_| !unit.is_lib))
            });
            let programs = programs(&said, &manifest, &calls);
            lock.unlock().map_err(VerifyError::work_dir("unlock"))?;
            lock.lock_shared().map_err(VerifyError::work_dir("lock"))?;
            return Ok(Built { root, target, units, programs, notes, _lock: lock });
        }
        if forgotten {
            return Err(problem(
                "cargo does not say how it compiles this package",
                "does `cargo test --no-run -vv` print calls of rustc?",
            ));
        }
        forgotten = true;
        for manifest in manifests {
            forget(&target, &metadata.packages, manifest);
        }
    }
}

/// Packages whose tests judge a function of another one, at most.
const DEPENDENTS_MAX: usize = 8;

/// The packages of the workspace that depend on this one, by their ids and manifests, and what was left out.
fn dependents(
    packages: &[cargo_metadata::Package],
    manifest: &Path,
) -> (Vec<(String, PathBuf)>, Vec<String>) {
    let Some(own) = packages.iter().find(|it| it.manifest_path.as_std_path() == manifest) else {
        return (Vec::new(), Vec::new());
    };
    let folder = own.manifest_path.parent();
    let mut found: Vec<&cargo_metadata::Package> = packages
        .iter()
        .filter(|it| it.id != own.id)
        .filter(|it| {
            it.dependencies.iter().any(|dep| dep.path.as_deref() == folder && folder.is_some())
        })
        .collect();
    let mut notes = Vec::new();
    if let Some(left) = found.get(DEPENDENTS_MAX..).filter(|left| !left.is_empty()) {
        let names: Vec<&str> = left.iter().map(|it| it.name.as_str()).collect();
        notes.push(format!("the tests of {} are left out: too many packages", names.join(", ")));
        found.truncate(DEPENDENTS_MAX);
    }
    // Naming others would leave out the package itself.
    if !found.is_empty() {
        found.push(own);
    }
    let named = found.iter().map(|it| (it.id.repr.clone(), it.manifest_path.clone().into()));
    (named.collect(), notes)
}

/// Waits until nobody else uses what is built.
fn wait_for(lock: &File, cancel: &Cancel) -> Result<(), VerifyError> {
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if cancel.is_cancelled() => {
                return Err(VerifyError::Cancelled);
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(VerifyError::work_dir("lock")(error)),
        }
    }
}

/// Between two looks at a lock that somebody else holds.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Makes cargo compile the package again.
fn forget(target: &Path, packages: &[cargo_metadata::Package], manifest: &Path) {
    let Some(package) = packages.iter().find(|it| it.manifest_path.as_std_path() == manifest)
    else {
        return;
    };
    let prefix = format!("{}-", package.name);
    let prints = std::fs::read_dir(target.join("debug/.fingerprint"));
    for entry in prints.into_iter().flatten().filter_map(Result::ok) {
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// What cargo says of these packages' targets, with the call of each; `None` when one is not known.
fn units(
    stdout: &[u8],
    manifests: &[&Path],
    calls: &BTreeMap<String, RustcCall>,
) -> Option<Vec<Unit>> {
    let mut units: Vec<Unit> = Vec::new();
    for message in Message::parse_stream(stdout) {
        let Ok(Message::CompilerArtifact(artifact)) = message else { continue };
        let is_script = artifact.target.is_custom_build();
        if !manifests.contains(&artifact.manifest_path.as_std_path()) || is_script {
            continue;
        }
        let made = artifact
            .executable
            .iter()
            .chain(&artifact.filenames)
            .filter_map(|path| path.file_stem())
            .flat_map(|stem| [stem, stem.strip_prefix("lib").unwrap_or(stem)])
            .find_map(|stem| calls.get(stem));
        let Some(call) = made else {
            // A program that is linked under its plain name has its call's hash elsewhere.
            if artifact.target.is_bin() && !artifact.profile.test {
                continue;
            }
            return None;
        };
        let stem = call.stem()?;
        if units.iter().any(|unit| unit.stem == stem) {
            continue;
        }
        let listed = call.option("--out-dir").map(|out| Path::new(out).join(format!("{stem}.d")));
        let root = call.variable("CARGO_MANIFEST_DIR").map(PathBuf::from);
        units.push(Unit {
            call: call.clone(),
            sources: listed.map_or_else(Vec::new, |file| sources(&file, root.as_deref())),
            stem,
            is_foreign: false,
            is_test: artifact.profile.test,
            is_lib: !artifact.profile.test
                && artifact.target.kind.iter().any(|kind| kind.to_string().contains("lib")),
        });
    }
    Some(units)
}

/// The calls for the package's programs. A program is linked under its plain name, so of several calls (for
/// other features) the one whose dependency file is newest counts.
fn programs(stdout: &[u8], manifest: &Path, calls: &BTreeMap<String, RustcCall>) -> Vec<Unit> {
    let mut found = Vec::new();
    for message in Message::parse_stream(stdout) {
        let Ok(Message::CompilerArtifact(artifact)) = message else { continue };
        let is_program = artifact.target.is_bin() && !artifact.profile.test;
        if artifact.manifest_path.as_std_path() != manifest || !is_program {
            continue;
        }
        let name = artifact.target.name.replace('-', "_");
        let listed = |call: &RustcCall| {
            let stem = call.stem()?;
            Some(Path::new(call.option("--out-dir")?).join(format!("{stem}.d")))
        };
        let newest = calls
            .values()
            .filter(|call| {
                call.option("--crate-name") == Some(&name)
                    && call.option("--crate-type") == Some("bin")
            })
            .max_by_key(|call| listed(call)?.metadata().ok()?.modified().ok());
        if let Some(call) = newest
            && let (Some(stem), Some(file)) = (call.stem(), listed(call))
        {
            let package = call.variable("CARGO_MANIFEST_DIR").map(PathBuf::from);
            found.push(Unit {
                call: call.clone(),
                stem,
                is_test: false,
                is_lib: false,
                is_foreign: false,
                sources: sources(&file, package.as_deref()),
            });
        }
    }
    found
}

/// The files of a dependency file's first rule. A relative path is below the workspace, and so below
/// one of the folders above the package's.
fn sources(file: &Path, package: Option<&Path>) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let rule = text.lines().next().unwrap_or("");
    let files = rule.split_once(": ").map_or("", |(_, files)| files);
    let marked = files.replace("\\ ", "\u{0}");
    marked
        .split_whitespace()
        .map(|name| PathBuf::from(name.replace('\u{0}', " ")))
        .filter_map(|path| {
            if path.is_absolute() {
                return Some(path);
            }
            package?.ancestors().map(|folder| folder.join(&path)).find(|path| path.is_file())
        })
        .collect()
}

/// The calls that `cargo -vv` prints: ``Running `NAME=value … rustc args` ``, where a value may go over
/// several lines.
fn running(stderr: &str) -> Vec<RustcCall> {
    let mut calls = Vec::new();
    let mut lines = stderr.lines();
    while let Some(line) = lines.next() {
        let Some(first) = line.trim_start().strip_prefix("Running `") else { continue };
        let mut command = first.to_owned();
        loop {
            let whole = command.strip_suffix('`').and_then(shlex::split);
            if let Some(words) = whole {
                calls.extend(call(words));
                break;
            }
            let Some(next) = lines.next() else { break };
            command.push('\n');
            command.push_str(next);
        }
    }
    calls
}

fn call(words: Vec<String>) -> Option<RustcCall> {
    let mut env = Vec::new();
    let mut words = words.into_iter();
    let program = loop {
        let word = words.next()?;
        match word.split_once('=') {
            Some((name, value)) if !name.contains('/') => {
                env.push((name.to_owned(), value.to_owned()));
            }
            _ => break word,
        }
    };
    let is_rustc = Path::new(&program).file_name().is_some_and(|name| name == "rustc");
    is_rustc.then(|| RustcCall { program: program.into(), env, args: words.collect() })
}

/// What cargo complained about: the first error of rustc's, or its own.
fn refused(ended: &Outcome) -> VerifyError {
    let compiler =
        Message::parse_stream(ended.stdout.as_slice()).find_map(|message| match message {
            Ok(Message::CompilerMessage(said))
                if said.message.level == cargo_metadata::diagnostic::DiagnosticLevel::Error =>
            {
                let place = said.message.spans.iter().find(|span| span.is_primary);
                let place = place.map(|span| format!("{}:{}: ", span.file_name, span.line_start));
                Some(format!("{}{}", place.unwrap_or_default(), said.message.message))
            }
            _ => None,
        });
    if let Some(error) = compiler {
        return problem(
            format!("the package does not compile as it is: {error}"),
            "what a body would be blamed for has to compile before: `cargo check --tests`",
        );
    }
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    let mut errors = said.lines().skip_while(|line| !line.starts_with("error"));
    let error = errors.next().map_or_else(|| super::first_line(&said), str::to_owned);
    let hint = if said.contains("cannot create the lock file") {
        "there is no lock file yet: `cargo generate-lockfile` makes one"
    } else if said.contains("--locked") {
        "the lock file is out of date: `cargo check` renews it"
    } else if said.contains("offline") || said.contains("download") {
        "zerr builds without network: `cargo fetch` brings what is missing"
    } else {
        "does `cargo test --no-run` work here?"
    };
    problem(format!("cargo cannot build the package: {error}"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_with_values_over_several_lines() {
        let said = "   Compiling t v0.1.0\n     Running `CARGO=/bin/cargo CARGO_PKG_DESCRIPTION='a\nb `x`' \
                    CARGO_PRIMARY_PACKAGE=1 /s/bin/rustc --crate-name t --test -C extra-filename=-02 'a b'`\n\
                    \u{20}    Running `/t/build/x/build-script-build`\n    Finished\n";
        let [call] = running(said).try_into().unwrap();
        assert_eq!(call.variable("CARGO_PKG_DESCRIPTION"), Some("a\nb `x`"));
        assert_eq!(call.stem().as_deref(), Some("t-02"));
        assert_eq!(call.args.last().map(String::as_str), Some("a b"));
    }
}
