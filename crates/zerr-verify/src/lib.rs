//! Oracles: what candidates do when they are run, and the layers that judge a text.
//!
//! [`probe`] finds the tools. A [`LanguageRunner`] observes candidates ([`ObserveJob`] in,
//! [`Observed`] out); a [`Layer`] checks an assembled file ([`Unit`] in, outcome out); [`Formal`]
//! says what is known of all calls of one function, [`Properties`] of many drawn ones, [`Performance`]
//! what calls cost as they grow.
//!
//! # Invariants
//! - Everything that reads or runs generated code is confined, compilers and formatters included.
//! - Expected values never come here: observations go out, and are judged in `zerr-core`.
//! - A candidate's text is hostile. Its process prints, exits, hangs, forks and lies; none of that
//!   counts as a result, loses another candidate's results, or makes this crate panic.
//!
//! # Non-goals
//! - The deny-scan (`zerr_syntax::deny`) runs before; nothing here relies on it.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]

mod advisories;
mod bench;
mod dependency;
mod error;
mod formal;
mod frames;
mod job;
mod layers;
mod own;
mod performance;
mod project;
mod properties;
mod python;
mod rust;
mod survey;
mod toolchain;

#[cfg(test)]
mod testing;

pub use advisories::{Advisories, AdvisoryDb, AdvisoryError, DatabaseChoice, PythonAdvisories};
pub use bench::{BenchReport, bench_fingerprint};
pub use dependency::{CheckedDependency, Dependency, LICENCES, check_dependency};
pub use error::VerifyError;
pub use formal::{Formal, Subject};
pub use job::{FileJob, Formatted, LanguageRunner, ObserveJob, ObserveLimits, Observed, Passes};
pub use layers::{Layer, Style, Unit};
pub use own::{Depends, OwnLayer, OwnOptions, Reads, own_layers};
pub use performance::{Costs, Performance};
pub use project::{
    Attempt, CallOutcome, Place, Project, ProjectRunner, TestOutcome, open as open_project,
};
pub use properties::Properties;
pub use python::PythonRunner;
pub use rust::RustRunner;
pub use survey::{FileKind, SourceFile, Survey};
pub use toolchain::{MissingTool, PythonTools, RustTools, Tool, Toolchain, probe};

use zerr_syntax::Language;
use zerr_syntax::signature::Signature;

/// The lines that a file with these signatures begins with, or nothing: imports of the types that
/// the signatures name bare. Candidates are observed under exactly these, so an assembled file
/// that begins with them offers its functions the same names.
pub fn imports<'a>(
    language: Language,
    signatures: impl IntoIterator<Item = &'a Signature>,
) -> String {
    match language {
        Language::Rust => rust::std_imports(signatures),
        Language::Python => python::typing_imports(signatures),
    }
}
