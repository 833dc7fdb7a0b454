//! Lints of people's Python: `ruff check` under the project's own configuration.

use std::path::Path;
use std::time::Instant;

use zerr_core::verdict::{Finding, LayerId, LayerOutcome};
use zerr_exec::{Cancel, Status};
use zerr_syntax::Language;

use super::{OwnTool, broken, complaint, in_groups, outcome, run, within};
use crate::layers::ruff_report;
use crate::survey::Survey;
use crate::{Layer, VerifyError};

pub(super) struct OwnRuff {
    ruff: OwnTool,
}

impl OwnRuff {
    pub(super) fn new(root: &Path, own_tools: Option<&Path>) -> Self {
        Self { ruff: OwnTool::find("ruff", root, own_tools) }
    }

    pub(super) fn identity(&self) -> String {
        self.ruff.identity()
    }

    fn read(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<Vec<Finding>, VerifyError> {
        in_groups(survey, Language::Python, |files| self.read_some(survey, files, cancel))
    }

    fn read_some(
        &self,
        survey: &Survey<'_>,
        files: Vec<String>,
        cancel: &Cancel,
    ) -> Result<Vec<Finding>, VerifyError> {
        let command = self
            .ruff
            .command()?
            // Excluded files stay excluded even where they are named.
            .args(["check", "--output-format", "json", "--no-cache", "--force-exclude", "--quiet"])
            .arg("--")
            .args(files)
            .cwd(survey.root);
        let ended = run("ruff", command, cancel)?;
        if !matches!(ended.status, Status::Exited(0 | 1)) {
            return Err(broken("ruff", complaint(&ended)));
        }
        let found = ruff_report::read(&ended.stdout)
            .map_err(|error| broken("ruff", format!("its report does not parse: {error}")))?;
        Ok(found
            .into_iter()
            .filter_map(|mut finding| {
                finding.file = Some(within(survey.root, finding.file.as_deref()?)?);
                Some(finding)
            })
            .collect())
    }
}

impl Layer for OwnRuff {
    fn id(&self) -> LayerId {
        LayerId::StaticAnalysis
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let started = Instant::now();
        let found = self.read(survey, cancel);
        let tool = self.ruff.path.is_some().then(|| self.ruff.version());
        outcome(self, tool, started, found)
    }
}
