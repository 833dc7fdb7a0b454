//! Lints of a file that a model wrote: clippy and ruff under zerr's own configuration, confined.
//!
//! What a lint calls wrong (clippy's `correctness`, names that nobody defines) refutes; what it calls
//! unusual or ugly is a warning: a right function is not thrown away for its looks.

use std::sync::Arc;
use std::time::Instant;

use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Region, Severity};
use zerr_exec::{Cancel, Job, Limits, Sandbox, Status};

use super::python::tool_files;
use super::{Layer, Unit, missing, outcome, ruff_report};
use crate::python::run;
use crate::rust::compile::rustc_job;
use crate::rust::diagnostics;
use crate::toolchain::{RustTools, Tool};
use crate::{MissingTool, VerifyError};

/// clippy on a Rust file.
pub(crate) struct RustLints {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) tools: Result<Arc<RustTools>, MissingTool>,
}

/// ruff on a Python file.
pub(crate) struct PythonLints {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) ruff: Result<Tool, MissingTool>,
}

impl RustLints {
    fn read(
        &self,
        tools: &RustTools,
        clippy: &Tool,
        unit: &Unit<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Finding>, VerifyError> {
        let folder = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        folder.write("lib.rs", unit.text).map_err(VerifyError::work_dir("write"))?;
        // Nobody calls the functions of a file that is looked at alone. `clippy::all` would make mere
        // warnings of the lints that are errors by themselves.
        let args = "--edition 2024 --crate-type lib --crate-name assembled --emit=metadata \
            --error-format=json -F unsafe-code -A dead_code -W clippy::suspicious -W clippy::style \
            -W clippy::complexity -W clippy::perf lib.rs";
        let mut job = rustc_job(tools, &folder, args.split_whitespace(), 20_000);
        job.program.clone_from(&clippy.path);
        let ended = run(&self.sandbox, &job, cancel)?;
        let said = diagnostics::read(&ended.stderr);
        // A lint that refutes ends it with an error too; anything else means that it gave up.
        let is_told = |said: &diagnostics::Diagnostic| said.is_error;
        let is_lint = |said: &diagnostics::Diagnostic| said.code.starts_with("clippy::");
        let gave_up = said.iter().any(|said| is_told(said) && !is_lint(said));
        if !ended.is_success() && (gave_up || !said.iter().any(is_told)) {
            return Err(VerifyError::BrokenTool {
                tool: "clippy-driver",
                message: format!("it ended with {:?} before its end", ended.status),
                hint: "does `cargo clippy` work on an empty library?",
            });
        }
        Ok(said
            .into_iter()
            // What rustc says is the type layer's.
            .filter(|said| said.code.starts_with("clippy::"))
            .map(|said| {
                let severity = if said.is_error { Severity::Error } else { Severity::Warning };
                Finding::error(LayerId::StaticAnalysis, said.code, said.message)
                    .severity(severity)
                    .at(said.place.map(|(_, line)| Region::line(line)))
            })
            .collect())
    }
}

impl Layer for RustLints {
    fn id(&self) -> LayerId {
        LayerId::StaticAnalysis
    }

    fn check(&self, unit: &Unit<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let (tools, clippy) = match &self.tools {
            Ok(tools) => match &tools.clippy {
                Ok(clippy) => (tools, clippy),
                Err(gone) => return Ok(missing(self.id(), gone)),
            },
            Err(gone) => return Ok(missing(self.id(), gone)),
        };
        let started = Instant::now();
        outcome(self.id(), &clippy.version, started, self.read(tools, clippy, unit, cancel))
    }
}

/// Mistakes, likely mistakes, and what endangers whoever runs it.
const RULES: &str = "E9,F,B,S";

/// Names that nobody defines and statements that cannot be run.
const REFUTING: [&str; 4] = ["E9", "F63", "F7", "F82"];

impl PythonLints {
    fn read(
        &self,
        ruff: &Tool,
        unit: &Unit<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Finding>, VerifyError> {
        let work = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        let mut job = Job::new(&ruff.path, &work);
        let args = ["check", "--isolated", "--no-cache", "--output-format", "json", "--select"];
        let file = ["--stdin-filename", "assembled.py", "-"];
        job.args = args.into_iter().chain([RULES]).chain(file).map(Into::into).collect();
        job.env = vec![("HOME".into(), "/tmp".into()), ("PATH".into(), "/usr/bin:/bin".into())];
        job.read_only = tool_files(ruff);
        job.stdin = unit.text.as_bytes().to_vec();
        job.limits = Limits { wall_ms: 30_000, ..Limits::compiler() };
        let ended = run(&self.sandbox, &job, cancel)?;
        let broken = |message| VerifyError::BrokenTool {
            tool: "ruff",
            message,
            hint: "does `ruff check` work on an empty file?",
        };
        if !matches!(ended.status, Status::Exited(0 | 1)) {
            return Err(broken(format!("it ended with {:?}", ended.status)));
        }
        let found = ruff_report::read(&ended.stdout)
            .map_err(|error| broken(format!("its report does not parse: {error}")))?;
        Ok(found
            .into_iter()
            .map(|mut finding| {
                let refutes = REFUTING.iter().any(|rule| finding.rule.starts_with(rule));
                finding.file = None;
                finding.severity(if refutes { Severity::Error } else { Severity::Warning })
            })
            .collect())
    }
}

impl Layer for PythonLints {
    fn id(&self) -> LayerId {
        LayerId::StaticAnalysis
    }

    fn check(&self, unit: &Unit<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let ruff = match &self.ruff {
            Ok(ruff) => ruff,
            Err(gone) => return Ok(missing(self.id(), gone)),
        };
        let started = Instant::now();
        outcome(self.id(), &ruff.version, started, self.read(ruff, unit, cancel))
    }
}
