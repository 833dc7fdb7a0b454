//! Known vulnerabilities of what a project builds on: [`Advisories`], a layer over lock files.
//!
//! `Cargo.lock` is held against `RustSec`'s database ([`AdvisoryDb`]), of which a snapshot is
//! bundled; Python's lock files against a folder of OSV records ([`PythonAdvisories`]).
//!
//! # Invariants
//! - What could not be checked is never passed: a lock file that cannot be read is a finding of
//!   gravity error, a database that cannot be read means that the layer did not run.
//! - One broken advisory hides no other; it is named in a note.
//!
//! # Non-goals
//! - The network: a database is fetched by a person (`git clone`), never from here.
//! - Yanked versions: a database does not know them, only the registry does.
//! - The age of a database is told, never judged; today's date comes in.

mod cargo;
mod database;
mod manifest;
mod osv;
mod places;
mod python;
mod python_lock;
mod requirements;
mod yaml;
mod yanked;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime};

use zerr_core::verdict::{
    Finding, LayerId, LayerOutcome, LayerVerdict, Region, Severity, ToolVersion,
};
use zerr_exec::Cancel;
use zerr_syntax::Language;

use crate::survey::{FileKind, SourceFile, Survey};
use crate::{Layer, VerifyError};

pub use database::{AdvisoryDb, AdvisoryError};
pub use python::PythonAdvisories;

const LAYER: LayerId = LayerId::Security;

/// Which `RustSec` database is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseChoice {
    /// The snapshot in this program.
    Bundled,
    /// A clone of `rustsec/advisory-db`, or a `.tar.gz` of one.
    Path(PathBuf),
}

/// The layer. Databases are read when the first lock file asks for them, and kept.
#[derive(Debug)]
pub struct Advisories {
    choice: DatabaseChoice,
    python_folder: Option<PathBuf>,
    /// Whether versions that were taken back are told.
    yanked: bool,
    database: OnceLock<Result<AdvisoryDb, AdvisoryError>>,
    python: OnceLock<Result<PythonAdvisories, AdvisoryError>>,
}

impl Advisories {
    /// `python_folder` holds OSV records of `PyPI` (JSON or YAML, at any depth); without it
    /// Python's lock files are not checked.
    pub fn new(choice: DatabaseChoice, python_folder: Option<PathBuf>) -> Self {
        let (database, python) = (OnceLock::new(), OnceLock::new());
        Self { choice, python_folder, yanked: false, database, python }
    }

    /// Also tells versions that their authors took back, as far as cargo's cache of the registry's
    /// index knows them.
    #[must_use]
    pub fn with_yanked(mut self, yanked: bool) -> Self {
        self.yanked = yanked;
        self
    }

    /// The Rust database in words, such as "advisory database of 2026-08-21, 98 days old".
    ///
    /// # Errors
    /// [`AdvisoryError`] when it cannot be read.
    pub fn describe(&self, today: SystemTime) -> Result<String, &AdvisoryError> {
        self.database().map(|database| database.describe(today))
    }

    /// What is known against one version of a package from its language's registry, a line each.
    ///
    /// # Errors
    /// Why it could not be checked, in words.
    pub fn of_version(
        &self,
        language: Language,
        name: &str,
        version: &str,
    ) -> Result<Vec<String>, String> {
        match language {
            Language::Rust => {
                let database = self.database().map_err(ToString::to_string)?;
                cargo::of_version(database, name, version)
            }
            Language::Python => {
                let known = self.python().ok_or_else(|| NO_PYTHON.to_owned())?;
                Ok(known.map_err(ToString::to_string)?.of_version(name, version))
            }
        }
    }

    fn database(&self) -> Result<&AdvisoryDb, &AdvisoryError> {
        let open = || match &self.choice {
            DatabaseChoice::Bundled => AdvisoryDb::bundled(),
            DatabaseChoice::Path(path) => AdvisoryDb::open(path),
        };
        self.database.get_or_init(open).as_ref()
    }

    fn python(&self) -> Option<Result<&PythonAdvisories, &AdvisoryError>> {
        let folder = self.python_folder.as_ref()?;
        Some(self.python.get_or_init(|| PythonAdvisories::open(folder)).as_ref())
    }
}

impl Layer for Advisories {
    fn id(&self) -> LayerId {
        LAYER
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let started = Instant::now();
        let mut said = Said::default();
        let cargo: Vec<_> = survey.of_kind(FileKind::CargoLock).collect();
        let python: Vec<_> = survey.of_kind(FileKind::PythonLock).collect();
        if cargo.is_empty() && python.is_empty() {
            return Ok(LayerOutcome::not_run(LAYER, "no lock file among the files"));
        }
        if !cargo.is_empty() {
            match self.database() {
                Ok(database) => {
                    said.tool("rustsec/advisory-db", database.date().to_string());
                    said.check(&cargo, cancel, |lock| {
                        cargo::check(database, lock, survey, self.yanked)
                    })?;
                }
                Err(error) => said.unchecked(&cargo, &error.to_string()),
            }
        }
        if !python.is_empty() {
            match self.python() {
                Some(Ok(advisories)) => {
                    said.tool("OSV", advisories.date().to_owned());
                    said.findings.extend(advisories.broken());
                    said.check(&python, cancel, |lock| advisories.check(lock))?;
                }
                Some(Err(error)) => said.unchecked(&python, &error.to_string()),
                // Nobody asked for it: beside a checked `Cargo.lock` that is worth a note, and
                // alone it means that nothing was checked.
                None if cargo.is_empty() => said.unchecked(&python, NO_PYTHON),
                None => {
                    let notes = python.iter().map(|lock| not_checked(lock, NO_PYTHON));
                    said.findings.extend(notes);
                }
            }
        }
        Ok(said.outcome(started.elapsed().as_millis() as u64))
    }
}

const NO_PYTHON: &str = "no folder of Python advisories is given";

/// What was found so far, and what could not be looked at.
#[derive(Default)]
struct Said {
    findings: Vec<Finding>,
    unchecked: Vec<String>,
    tool: Option<ToolVersion>,
}

impl Said {
    fn tool(&mut self, name: &str, version: String) {
        self.tool.get_or_insert(ToolVersion { name: name.to_owned(), version });
    }

    fn check(
        &mut self,
        locks: &[&SourceFile],
        cancel: &Cancel,
        check: impl Fn(&SourceFile) -> Vec<Finding>,
    ) -> Result<(), VerifyError> {
        for lock in locks {
            if cancel.is_cancelled() {
                return Err(VerifyError::Cancelled);
            }
            self.findings.extend(check(lock));
        }
        Ok(())
    }

    fn unchecked(&mut self, locks: &[&SourceFile], why: &str) {
        let names: Vec<&str> = locks.iter().map(|lock| lock.path.as_str()).collect();
        self.unchecked.push(format!("not checked: {} ({why})", names.join(", ")));
        self.findings.extend(locks.iter().map(|lock| not_checked(lock, why)));
    }

    /// What refutes outweighs what is missing, and what is missing outweighs the rest.
    fn outcome(mut self, ms: u64) -> LayerOutcome {
        self.findings.sort_by(|a, b| {
            (&a.file, a.line(), &a.rule, &a.message).cmp(&(&b.file, b.line(), &b.rule, &b.message))
        });
        self.findings.dedup();
        let mut outcome = LayerOutcome::ran(LAYER, self.findings, self.tool, ms);
        if outcome.verdict == LayerVerdict::Passed && !self.unchecked.is_empty() {
            outcome.verdict = LayerVerdict::NotRun { why: self.unchecked.join("; ") };
        }
        outcome
    }
}

fn not_checked(lock: &SourceFile, why: &str) -> Finding {
    note("lock-file-not-checked", format!("{} was not checked: {why}", lock.path))
        .in_file(&lock.path)
}

fn unreadable_lock(lock: &SourceFile, why: &str, region: Option<Region>) -> Finding {
    let message = format!("{} cannot be read: {why}", lock.path);
    Finding::error(LAYER, "lock-file-unreadable", message)
        .in_file(&lock.path)
        .at(region)
        .hint("let the package manager write it anew")
}

fn note(rule: &str, message: String) -> Finding {
    Finding::error(LAYER, rule, message).severity(Severity::Note)
}
