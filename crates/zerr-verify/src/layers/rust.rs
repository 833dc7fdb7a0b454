//! rustc as syntax and type layer: a file is compiled to metadata as a library.

use std::sync::Arc;
use std::time::Instant;

use zerr_core::verdict::{Finding, LayerId, LayerOutcome};
use zerr_exec::{Cancel, Sandbox, Status};

use super::{Layer, Unit, finding, missing, outcome};
use crate::rust::compile::rustc_job;
use crate::rust::diagnostics;
use crate::toolchain::RustTools;
use crate::{MissingTool, VerifyError};

type Found = Result<Arc<RustTools>, MissingTool>;

/// The file parses.
pub(crate) struct RustSyntax {
    sandbox: Arc<Sandbox>,
    tools: Found,
}

/// rustc accepts the file.
pub(crate) struct RustTypes {
    sandbox: Arc<Sandbox>,
    tools: Found,
}

impl RustSyntax {
    pub(crate) fn new(sandbox: Arc<Sandbox>, tools: Found) -> Self {
        Self { sandbox, tools }
    }
}

impl RustTypes {
    pub(crate) fn new(sandbox: Arc<Sandbox>, tools: Found) -> Self {
        Self { sandbox, tools }
    }
}

impl Layer for RustSyntax {
    fn id(&self) -> LayerId {
        LayerId::Syntax
    }

    fn check(&self, unit: &Unit<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        check(self.id(), &self.sandbox, &self.tools, unit, cancel)
    }
}

impl Layer for RustTypes {
    fn id(&self) -> LayerId {
        LayerId::Types
    }

    fn check(&self, unit: &Unit<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        check(self.id(), &self.sandbox, &self.tools, unit, cancel)
    }
}

fn check(
    layer: LayerId,
    sandbox: &Sandbox,
    tools: &Found,
    unit: &Unit<'_>,
    cancel: &Cancel,
) -> Result<LayerOutcome, VerifyError> {
    let tools = match tools {
        Ok(tools) => tools,
        Err(gone) => return Ok(missing(layer, gone)),
    };
    let started = Instant::now();
    let found = read(layer, sandbox, tools, unit, cancel);
    outcome(layer, &tools.rustc.version, started, found)
}

fn read(
    layer: LayerId,
    sandbox: &Sandbox,
    tools: &RustTools,
    unit: &Unit<'_>,
    cancel: &Cancel,
) -> Result<Vec<Finding>, VerifyError> {
    let folder = sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
    folder.write("lib.rs", unit.text).map_err(VerifyError::work_dir("write"))?;
    let args = "--edition 2024 --crate-type lib --crate-name assembled --emit=metadata \
        --error-format=json -F unsafe-code -A warnings lib.rs";
    let job = rustc_job(tools, &folder, args.split_whitespace(), 20_000);
    let ended = crate::python::run(sandbox, &job, cancel)?;
    let errors: Vec<_> =
        diagnostics::read(&ended.stderr).into_iter().filter(|said| said.is_error).collect();
    if errors.is_empty() && !ended.is_success() {
        return Err(VerifyError::BrokenTool {
            tool: "rustc",
            message: match ended.status {
                Status::TimedOut => "it did not end in time".to_owned(),
                status => format!("it ended with {status:?} and said nothing"),
            },
            hint: "does `rustc` compile an empty library?",
        });
    }
    Ok(errors
        .into_iter()
        // An error without a code is the parser's.
        .filter(|error| layer != LayerId::Syntax || error.code.is_empty())
        .map(|error| {
            let rule = if error.code.is_empty() { "syntax-error" } else { &error.code };
            finding(layer, rule, error.place.map(|(_, line)| line), error.message)
        })
        .collect())
}
