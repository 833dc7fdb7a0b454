//! The layers that read an assembled file with the language's own tools, and the formatters.
//! Main types: [`Layer`], [`Unit`].
//!
//! # Invariants
//! A layer whose tool is missing or broken says that it did not run; it never passes.

mod format;
mod lint;
mod python;
pub(crate) mod ruff_report;
mod rust;

#[cfg(test)]
mod tests;

use std::time::Instant;

use zerr_core::spec::FunctionSpec;
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Region, ToolVersion};
use zerr_exec::Cancel;
use zerr_syntax::Language;

use crate::VerifyError;
use crate::survey::Survey;

pub use format::Style;
pub(crate) use format::{ruff_format, rustfmt};
pub(crate) use lint::{PythonLints, RustLints};
pub(crate) use python::{PythonSyntax, PythonTypes, read_gitlab_report, tool_files};
pub(crate) use rust::{RustSyntax, RustTypes};

/// A whole file to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    /// Its language.
    pub language: Language,
    /// The functions it holds.
    pub functions: &'a [FunctionSpec],
    /// Its text.
    pub text: &'a str,
}

/// One way to refute code: a file that a model wrote, or the files of a person's project.
pub trait Layer: Send + Sync {
    /// Which of the ten it is.
    fn id(&self) -> LayerId;

    /// Reads a file that a model wrote, confined; blocks.
    ///
    /// # Errors
    /// Only [`VerifyError::Cancelled`]: every other mishap is [`LayerOutcome::not_run`].
    fn check(&self, unit: &Unit<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let _ = (unit, cancel);
        Ok(LayerOutcome::not_run(self.id(), "it looks at people's own code only"))
    }

    /// Reads people's own code, with their tools and rights; blocks. Findings name their files.
    ///
    /// # Errors
    /// Only [`VerifyError::Cancelled`]: every other mishap is [`LayerOutcome::not_run`].
    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let _ = (survey, cancel);
        Ok(LayerOutcome::not_run(self.id(), "it looks at generated code only"))
    }
}

/// Makes an outcome of what a tool found, or of why it found nothing.
fn outcome(
    layer: LayerId,
    tool: &ToolVersion,
    started: Instant,
    found: Result<Vec<Finding>, VerifyError>,
) -> Result<LayerOutcome, VerifyError> {
    let ms = started.elapsed().as_millis() as u64;
    match found {
        Ok(findings) => Ok(LayerOutcome::ran(layer, findings, Some(tool.clone()), ms)),
        Err(VerifyError::Cancelled) => Err(VerifyError::Cancelled),
        Err(error) => {
            let why = match error.hint() {
                Some(hint) => format!("{error}; {hint}"),
                None => error.to_string(),
            };
            Ok(LayerOutcome { tool: Some(tool.clone()), ms, ..LayerOutcome::not_run(layer, why) })
        }
    }
}

fn missing(layer: LayerId, missing: &crate::MissingTool) -> LayerOutcome {
    LayerOutcome::not_run(layer, format!("{missing}; {}", missing.hint))
}

fn finding(layer: LayerId, rule: &str, line: Option<usize>, message: String) -> Finding {
    Finding::error(layer, rule, message).at(line.map(Region::line))
}
