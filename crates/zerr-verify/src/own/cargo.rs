//! Types and lints of people's Rust: cargo, as they call it themselves. Main type: [`Cargo`].
//!
//! One run of clippy serves both layers: what rustc says is about types, what clippy adds is a lint.
//! Two runs would build everything twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use serde::Deserialize;
use zerr_core::verdict::{
    Finding, LayerId, LayerOutcome, LayerVerdict, Region, Severity, ToolVersion,
};
use zerr_exec::Cancel;
use zerr_syntax::Language;

use super::{OwnTool, broken, complaint, outcome, run, within};
use crate::survey::{FileKind, Survey};
use crate::{Layer, VerifyError};

/// The run that both layers share.
pub(super) struct Cargo {
    program: OwnTool,
    clippy: OwnTool,
    said: OnceLock<Result<Said, (bool, String)>>,
}

/// What rustc and clippy said, apart.
#[derive(Debug, Default)]
struct Said {
    types: Vec<Finding>,
    lints: Vec<Finding>,
}

impl Cargo {
    pub(super) fn new(root: &Path) -> Self {
        let mut cargo = OwnTool::find("cargo", root, None);
        // Cargo tells its subcommands which cargo they belong to.
        if let Some(own) = std::env::var_os("CARGO").map(PathBuf::from).filter(|own| own.is_file())
        {
            cargo.path = Some(own);
        }
        let clippy = OwnTool::find("cargo-clippy", root, None);
        Self { program: cargo, clippy, said: OnceLock::new() }
    }

    /// The programs, and what else changes what they say.
    pub(super) fn identity(&self) -> String {
        let variables = ["RUSTFLAGS", "RUSTUP_TOOLCHAIN", "RUSTC", "CARGO_BUILD_TARGET"];
        let variables = variables.map(std::env::var_os);
        format!("{} {} {variables:?}", self.program.identity(), self.clippy.identity())
    }

    fn said(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<&Said, VerifyError> {
        let said = self.said.get_or_init(|| {
            self.check(survey, cancel).map_err(|error| match error {
                VerifyError::Cancelled => (true, String::new()),
                error => (false, error.to_string()),
            })
        });
        match said {
            Ok(said) => Ok(said),
            Err((true, _)) => Err(VerifyError::Cancelled),
            Err((false, message)) => {
                let message = message.strip_prefix("cargo does not work: ").unwrap_or(message);
                Err(broken("cargo", message))
            }
        }
    }

    fn check(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<Said, VerifyError> {
        let mut said = Said::default();
        for (manifest, packages) in self.packages(survey, cancel)? {
            let word = if self.clippy.path.is_some() { "clippy" } else { "check" };
            let mut command = self
                .program
                .command()?
                .args([word, "--message-format=json", "--quiet", "--all-targets", "--keep-going"])
                .arg("--manifest-path")
                .arg(&manifest)
                // A workspace of its own lint levels keeps them; what cargo would colour, it does not.
                .env("CARGO_TERM_COLOR", "never")
                .cwd(survey.root);
            match &packages {
                // A root that is a package too would be checked alone.
                Packages::All => command = command.arg("--workspace"),
                Packages::Named(names) => {
                    for name in names {
                        command = command.args(["--package", name]);
                    }
                }
            }
            let ended = run("cargo", command, cancel)?;
            let folder = manifest.parent().unwrap_or(survey.root);
            let success = said.read(&ended.stdout, folder, survey);
            // A build script, a linker or a compiler that broke down names no place: all the same
            // not everything was looked at.
            if success.is_none() || (success == Some(false) && !said.is_broken()) {
                return Err(broken("cargo", complaint(&ended)));
            }
        }
        Ok(said)
    }

    /// The workspaces that the surveyed files belong to: the root's manifest, and the packages.
    fn packages(
        &self,
        survey: &Survey<'_>,
        cancel: &Cancel,
    ) -> Result<BTreeMap<PathBuf, Packages>, VerifyError> {
        let is_rust =
            |kind| matches!(kind, FileKind::Source(Language::Rust) | FileKind::CargoManifest);
        let nearest: BTreeSet<PathBuf> = survey
            .files
            .iter()
            .filter(|file| is_rust(file.kind))
            .filter_map(|file| manifest_above(&survey.root.join(&file.path)))
            .collect();
        if nearest.is_empty() {
            return Err(VerifyError::BadJob("there is no `Cargo.toml` above these files".into()));
        }
        let mut found: BTreeMap<PathBuf, Packages> = BTreeMap::new();
        let mut known: BTreeMap<PathBuf, (PathBuf, Option<String>)> = BTreeMap::new();
        for manifest in nearest {
            if !known.contains_key(&manifest) {
                self.learn(&manifest, &mut known, cancel)?;
            }
            let Some((root, package)) = known.get(&manifest) else { continue };
            let own = found.entry(root.clone()).or_insert_with(|| Packages::Named(BTreeSet::new()));
            match (own, package) {
                (Packages::Named(names), Some(name)) => drop(names.insert(name.clone())),
                // The manifest of a workspace that is no package speaks of all of them.
                (own, None) => *own = Packages::All,
                (Packages::All, _) => {}
            }
        }
        // A workspace of which all packages are asked for is asked for as such.
        for (root, packages) in &mut found {
            let all = known.values().filter(|(at, package)| at == root && package.is_some());
            if matches!(packages, Packages::Named(names) if names.len() == all.count()) {
                *packages = Packages::All;
            }
        }
        Ok(found)
    }

    fn learn(
        &self,
        manifest: &Path,
        known: &mut BTreeMap<PathBuf, (PathBuf, Option<String>)>,
        cancel: &Cancel,
    ) -> Result<(), VerifyError> {
        let command = self
            .program
            .command()?
            .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
            .arg(manifest);
        let ended = run("cargo", command, cancel)?;
        let said = String::from_utf8_lossy(&ended.stdout);
        let metadata = cargo_metadata::MetadataCommand::parse(said)
            .map_err(|_| broken("cargo", complaint(&ended)))?;
        let root = metadata.workspace_root.as_std_path().join("Cargo.toml");
        for package in &metadata.packages {
            let own = package.manifest_path.as_std_path().to_owned();
            known.insert(own, (root.clone(), Some(package.name.to_string())));
        }
        known.entry(manifest.to_owned()).or_insert((root, None));
        Ok(())
    }
}

/// What of a workspace is checked.
enum Packages {
    All,
    Named(BTreeSet<String>),
}

/// The nearest `Cargo.toml` at or above a file.
fn manifest_above(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).find(|path| path.is_file())
}

impl Said {
    /// Whether rustc gave up somewhere.
    fn is_broken(&self) -> bool {
        self.types.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Takes in cargo's JSON lines, and tells how the build ended, if they do.
    fn read(&mut self, stdout: &[u8], folder: &Path, survey: &Survey<'_>) -> Option<bool> {
        let mut ended = None;
        for line in stdout.split(|byte| *byte == b'\n') {
            let Ok(line) = serde_json::from_slice::<Line>(line) else { continue };
            match line {
                Line { reason, message: Some(message), .. } if reason == "compiler-message" => {
                    if let Some((finding, is_lint)) = message.finding(folder, survey) {
                        if is_lint { &mut self.lints } else { &mut self.types }.push(finding);
                    }
                }
                Line { reason, success, .. } if reason == "build-finished" => ended = success,
                Line { .. } => {}
            }
        }
        ended
    }
}

#[derive(Deserialize)]
struct Line {
    reason: String,
    message: Option<Message>,
    success: Option<bool>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "message")]
    text: String,
    level: String,
    code: Option<Code>,
    #[serde(default)]
    spans: Vec<Span>,
    #[serde(default)]
    children: Vec<Message>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct Span {
    file_name: String,
    line_start: usize,
    line_end: usize,
    column_start: usize,
    column_end: usize,
    is_primary: bool,
    label: Option<String>,
    expansion: Option<Box<Expansion>>,
}

#[derive(Deserialize)]
struct Expansion {
    span: Span,
}

impl Span {
    fn region(&self) -> Region {
        let (start, end) = ((self.line_start, self.column_start), (self.line_end, self.column_end));
        Region::between(start, end)
    }
}

impl Message {
    /// The finding, and whether it is a lint of clippy's. Summaries and what is elsewhere is none.
    fn finding(self, folder: &Path, survey: &Survey<'_>) -> Option<(Finding, bool)> {
        let severity = match self.level.as_str() {
            "error" | "error: internal compiler error" => Severity::Error,
            "warning" => Severity::Warning,
            _ => return None,
        };
        let (primary, others): (Vec<Span>, Vec<Span>) =
            self.spans.into_iter().partition(|span| span.is_primary);
        let primary = primary.into_iter().next();
        // "aborting due to 2 previous errors", "1 warning emitted"
        let mut span = match (primary, &self.code) {
            (Some(span), _) => span,
            (None, None) => return None,
            (None, Some(code)) => {
                let found = Finding::error(LayerId::Types, &*code.code, self.text);
                return Some((found.severity(severity), false));
            }
        };
        // What a macro of somebody else's does wrong is told where it is called.
        let place = loop {
            let file = folder.join(&span.file_name);
            if let Some(inside) = within(survey.root, file.to_str()?)
                && !span.file_name.starts_with('<')
                && file.is_file()
            {
                break inside;
            }
            span = span.expansion?.span;
        };
        // Warnings about files that nobody asked about are left to who asks about them.
        if severity != Severity::Error && !survey.files.iter().any(|file| file.path == place) {
            return None;
        }
        let rule = self.code.map_or_else(|| "rustc".to_owned(), |code| code.code);
        let is_lint = rule.starts_with("clippy::");
        let layer = if is_lint { LayerId::StaticAnalysis } else { LayerId::Types };
        let help = self.children.into_iter().find(|child| child.level == "help");
        let mut found = Finding::error(layer, rule, self.text)
            .severity(severity)
            .in_file(place)
            .at(span.region());
        found.hint = help.map(|help| help.text);
        for other in others.into_iter().filter(|other| other.file_name == span.file_name) {
            let region = other.region();
            if let Some(label) = other.label {
                found = found.related(label, region);
            }
        }
        Some((found, is_lint))
    }
}

/// rustc's part of what cargo says.
pub(super) struct CargoTypes(pub(super) Arc<Cargo>);

/// clippy's part of it.
pub(super) struct Clippy(pub(super) Arc<Cargo>);

impl Layer for CargoTypes {
    fn id(&self) -> LayerId {
        LayerId::Types
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let started = Instant::now();
        let found = self.0.said(survey, cancel).map(|said| said.types.clone());
        outcome(self, tool(&self.0.program), started, found)
    }
}

impl Layer for Clippy {
    fn id(&self) -> LayerId {
        LayerId::StaticAnalysis
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        if self.0.clippy.path.is_none() {
            let why = "clippy is missing; `rustup component add clippy`";
            return Ok(LayerOutcome::not_run(self.id(), why));
        }
        let started = Instant::now();
        let said = self.0.said(survey, cancel);
        let found = said.map(|said| (said.lints.clone(), said.is_broken()));
        let (found, is_broken) = match found {
            Ok((found, is_broken)) => (Ok(found), is_broken),
            Err(error) => (Err(error), false),
        };
        let mut outcome = outcome(self, tool(&self.0.program), started, found)?;
        if is_broken {
            // Where rustc gives up clippy has not looked.
            outcome.verdict = LayerVerdict::NotRun { why: "the code does not compile".to_owned() };
        }
        Ok(outcome)
    }
}

fn tool(cargo: &OwnTool) -> Option<ToolVersion> {
    cargo.path.is_some().then(|| cargo.version())
}
