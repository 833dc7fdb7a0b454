//! The layers for people's own code: [`own_layers`]. They use the person's own tools with the
//! person's rights, as cargo and an editor already do.
//!
//! # Invariants
//! - Nothing generated is run here: a file that a model wrote is checked confined, by the layers of
//!   `crate::layers`.
//! - A tool that is missing, hangs, crashes or talks nonsense makes its layer *not run*.

mod cargo;
mod project_tests;
mod ruff;
mod secrets;
mod security;
mod syntax;
mod trials;
mod ty;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use zerr_core::verdict::{Finding, LayerId, LayerOutcome, ToolVersion};
use zerr_exec::{Cancel, Outcome, Status, trusted};
use zerr_syntax::Language;

use crate::advisories::{Advisories, DatabaseChoice};
use crate::survey::{FileKind, Survey};
use crate::{Layer, VerifyError};

/// A layer for a survey, and the language it looks at.
#[derive(Clone)]
pub struct OwnLayer {
    /// `None` for all.
    pub language: Option<Language>,
    /// The layer.
    pub layer: Arc<dyn Layer>,
    /// What its answer depends on beside the files of the survey.
    pub depends: Depends,
    /// What its tool reads by itself.
    pub reads: Reads,
}

/// What a tool reads of the working tree by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Nothing: it is handed the texts.
    Texts,
    /// The surveyed files.
    Files,
    /// Whatever they build on too.
    Tree,
}

/// What an answer depends on, for a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Depends {
    /// The surveyed files alone, and this text (tools, configuration).
    Survey(String),
    /// Every file of the project that version control does not ignore, and this text.
    Project(String),
    /// What nobody keeps an eye on: nothing is kept.
    Moment,
}

/// What is not the project's to say.
#[derive(Debug, Clone)]
pub struct OwnOptions {
    /// The folder of the programs that zerr pinned for itself.
    pub own_tools: Option<PathBuf>,
    /// Advisories about crates.
    pub advisories: DatabaseChoice,
    /// A folder of OSV records about Python packages.
    pub python_advisories: Option<PathBuf>,
    /// Whether the project's own tests run.
    pub tests: bool,
    /// Whether yanked crates are told.
    pub yanked: bool,
}

impl Default for OwnOptions {
    fn default() -> Self {
        Self {
            own_tools: None,
            advisories: DatabaseChoice::Bundled,
            python_advisories: None,
            tests: false,
            yanked: false,
        }
    }
}

/// The layers that have something to look at, in order.
pub fn own_layers(survey: &Survey<'_>, options: &OwnOptions) -> Vec<OwnLayer> {
    let own_tools = options.own_tools.as_deref();
    let mut found = Vec::new();
    let mut add = |language, layer: Arc<dyn Layer>, depends, reads| {
        found.push(OwnLayer { language, layer, depends, reads });
    };
    let zerr = || Depends::Survey(env!("CARGO_PKG_VERSION").to_owned());
    for language in Language::ALL {
        if survey.sources(language).next().is_some() {
            add(Some(language), Arc::new(syntax::OwnSyntax::new(language)), zerr(), Reads::Texts);
        }
    }
    if survey.sources(Language::Rust).next().is_some()
        || survey.of_kind(FileKind::CargoManifest).next().is_some()
    {
        let cargo = Arc::new(cargo::Cargo::new(survey.root));
        let depends = Depends::Project(format!("{} {}", cargo.identity(), around(survey.root)));
        let types = cargo::CargoTypes(Arc::clone(&cargo));
        add(Some(Language::Rust), Arc::new(types), depends.clone(), Reads::Tree);
        add(Some(Language::Rust), Arc::new(cargo::Clippy(cargo)), depends, Reads::Tree);
    }
    if survey.sources(Language::Python).next().is_some() {
        let ty = ty::OwnTy::new(survey.root, own_tools);
        let depends = Depends::Project(format!("{} {}", ty.identity(), around(survey.root)));
        add(Some(Language::Python), Arc::new(ty), depends, Reads::Tree);
        let ruff = ruff::OwnRuff::new(survey.root, own_tools);
        let depends = Depends::Project(format!("{} {}", ruff.identity(), around(survey.root)));
        add(Some(Language::Python), Arc::new(ruff), depends, Reads::Files);
    }
    for language in Language::ALL {
        if survey.sources(language).next().is_some() {
            let tool = match language {
                Language::Rust => "rustc",
                Language::Python => "python3",
            };
            let tool = OwnTool::find(tool, survey.root, None).identity();
            let depends = Depends::Survey(format!("{} {tool}", env!("CARGO_PKG_VERSION")));
            for layer in trials::Trials::new(language, own_tools, options.tests).layers() {
                // The project's tests see everything.
                let runs_tests = options.tests && layer.id() == LayerId::UnitTests;
                let (depends, reads) = if runs_tests {
                    (Depends::Moment, Reads::Tree)
                } else {
                    (depends.clone(), Reads::Texts)
                };
                add(Some(language), layer, depends, reads);
            }
        }
    }
    if !survey.files.is_empty() {
        let advisories =
            Advisories::new(options.advisories.clone(), options.python_advisories.clone())
                .with_yanked(options.yanked);
        // A folder of advisories may change anywhere below.
        let is_bundled = options.advisories == DatabaseChoice::Bundled && !options.yanked;
        let depends = match (is_bundled, &options.python_advisories) {
            (true, None) => zerr(),
            _ => Depends::Moment,
        };
        add(None, Arc::new(security::Security { advisories }), depends, Reads::Texts);
    }
    found
}

/// Says which file or folder this is without reading it.
fn stamp(path: &Path) -> String {
    let known = std::fs::metadata(path).and_then(|known| Ok((known.len(), known.modified()?)));
    format!("{} {known:?}", path.display())
}

/// Configuration that tools find outside of the project, and which toolchain rustup's shims mean.
fn around(root: &Path) -> String {
    let names = ["Cargo.toml", ".cargo/config.toml", "pyproject.toml", "ruff.toml", ".ruff.toml"];
    let above = root.ancestors().skip(1);
    let mut files: Vec<PathBuf> =
        above.flat_map(|folder| names.map(|name| folder.join(name))).collect();
    if let Some(home) = std::env::home_dir() {
        let known = [".cargo/config.toml", ".rustup/settings.toml", ".rustup/update-hashes"];
        files.extend(known.map(|name| home.join(name)));
        files.extend([".config/ruff/ruff.toml", ".config/ty/ty.toml"].map(|name| home.join(name)));
    }
    let there = files.iter().filter(|file| file.exists()).map(|file| stamp(file));
    there.collect::<Vec<_>>().join("\n")
}

/// A program of the person's: the project's environment first, then the `PATH`, then zerr's own.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OwnTool {
    name: &'static str,
    path: Option<PathBuf>,
}

impl OwnTool {
    fn find(name: &'static str, root: &Path, own_tools: Option<&Path>) -> Self {
        let environments = [std::env::var_os("VIRTUAL_ENV").map(PathBuf::from)];
        let beside = environments.into_iter().flatten().chain([root.join(".venv")]);
        let bin = if cfg!(windows) { "Scripts" } else { "bin" };
        let path = beside
            .map(|folder| folder.join(bin).join(name))
            .find(|path| path.is_file())
            .or_else(|| trusted::find(name))
            .or_else(|| own_tools.map(|folder| folder.join(name)).filter(|path| path.is_file()));
        Self { name, path }
    }

    /// Says which program this is without starting it.
    fn identity(&self) -> String {
        self.path.as_deref().map_or_else(|| format!("no {}", self.name), stamp)
    }

    fn command(&self) -> Result<trusted::Command, VerifyError> {
        let path = self.path.as_ref().ok_or_else(|| VerifyError::NoTool {
            tool: self.name,
            message: "neither in the project's environment nor on the PATH".to_owned(),
            hint: crate::toolchain::SETUP_HINT,
        })?;
        Ok(trusted::Command::new(path))
    }

    /// The version as the program prints it, `?` where it does not.
    fn version(&self) -> ToolVersion {
        let said = self
            .command()
            .and_then(|command| {
                Ok(command.arg("--version").timeout_ms(10_000).run(&Cancel::new())?)
            })
            .map(|outcome| String::from_utf8_lossy(&outcome.stdout).trim().to_owned())
            .unwrap_or_default();
        let version = said.split_whitespace().nth(1).unwrap_or("?").to_owned();
        ToolVersion { name: self.name.to_owned(), version }
    }
}

/// Longest that one of a person's tools may take.
const TOOL_MS_MAX: u64 = 15 * 60 * 1_000;

/// Runs a tool to its end; one that did not end by itself says nothing about the code.
fn run(
    tool: &'static str,
    command: trusted::Command,
    cancel: &Cancel,
) -> Result<Outcome, VerifyError> {
    let outcome = command.timeout_ms(TOOL_MS_MAX).run(cancel)?;
    match outcome.status {
        Status::Exited(_) => Ok(outcome),
        Status::Cancelled => Err(VerifyError::Cancelled),
        Status::TimedOut => Err(broken(tool, "it did not end in time")),
        status => Err(broken(tool, format!("it ended with {status:?}"))),
    }
}

fn broken(tool: &'static str, message: impl Into<String>) -> VerifyError {
    VerifyError::BrokenTool {
        tool,
        message: message.into(),
        hint: "does it work when you call it by hand?",
    }
}

/// The first line that a tool complains with.
fn complaint(outcome: &Outcome) -> String {
    let said = String::from_utf8_lossy(&outcome.stderr);
    let line = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    line.chars().take(200).collect()
}

/// An outcome of what a tool found, or of why it found nothing.
fn outcome(
    layer: &dyn Layer,
    tool: Option<ToolVersion>,
    started: Instant,
    found: Result<Vec<Finding>, VerifyError>,
) -> Result<LayerOutcome, VerifyError> {
    let ms = started.elapsed().as_millis() as u64;
    match found {
        Ok(findings) => Ok(LayerOutcome::ran(layer.id(), findings, tool, ms)),
        Err(VerifyError::Cancelled) => Err(VerifyError::Cancelled),
        Err(error) => {
            let why = match error.hint() {
                Some(hint) => format!("{error}; {hint}"),
                None => error.to_string(),
            };
            Ok(LayerOutcome { tool, ms, ..LayerOutcome::not_run(layer.id(), why) })
        }
    }
}

/// What a tool finds that is told the names of a language's files, as many at once as fit on a
/// command line.
fn in_groups(
    survey: &Survey<'_>,
    language: Language,
    read: impl Fn(Vec<String>) -> Result<Vec<Finding>, VerifyError>,
) -> Result<Vec<Finding>, VerifyError> {
    let paths = survey.sources(language).map(|file| file.path.as_str());
    let mut found = Vec::new();
    for files in command_lines(paths) {
        found.extend(read(files)?);
    }
    Ok(found)
}

/// Names of files in groups that fit on a command line, each as a relative path: a name that begins
/// with `@` or `-` would be taken for something else.
fn command_lines<'a>(paths: impl IntoIterator<Item = &'a str>) -> Vec<Vec<String>> {
    /// Linux takes two megabytes, others less.
    const BYTES_MAX: usize = 100_000;
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut room = 0;
    for path in paths {
        if groups.is_empty() || room < path.len() {
            groups.push(Vec::new());
            room = BYTES_MAX;
        }
        room = room.saturating_sub(path.len() + 3);
        if let Some(group) = groups.last_mut() {
            group.push(format!("./{path}"));
        }
    }
    groups
}

/// A path that a tool prints, as the survey names it; `None` outside of the root.
fn within(root: &Path, path: &str) -> Option<String> {
    let path = Path::new(path);
    let relative = if path.is_absolute() { path.strip_prefix(root).ok()? } else { path };
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    Some(parts?.into_iter().filter(|part| *part != ".").collect::<Vec<_>>().join("/"))
}

/// Does this to every item, on as many threads as there are cores; results in order.
fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let width = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    if width < 2 {
        return items.iter().map(work).collect();
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut all: Vec<(usize, R)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..width).map(|_| scope.spawn(take)).collect();
        let mut all = take();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, result)| result).collect()
}
