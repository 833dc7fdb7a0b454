//! Lints of people's Python: `ruff check` under the project's own configuration.

use std::path::Path;
use std::time::Instant;

use serde::Deserialize;
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Region};
use zerr_exec::{Cancel, Status};
use zerr_syntax::Language;

use super::{OwnTool, broken, complaint, outcome, run, within};
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
        let files = survey.sources(Language::Python).map(|file| file.path.as_str());
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
        let issues: Vec<Issue> = serde_json::from_slice(&ended.stdout)
            .map_err(|error| broken("ruff", format!("its report does not parse: {error}")))?;
        Ok(issues.into_iter().filter_map(|issue| issue.finding(survey.root)).collect())
    }
}

#[derive(Deserialize)]
struct Issue {
    code: Option<String>,
    message: String,
    filename: String,
    location: Place,
    end_location: Place,
    fix: Option<Fix>,
}

#[derive(Deserialize)]
struct Place {
    row: usize,
    column: usize,
}

#[derive(Deserialize)]
struct Fix {
    applicability: String,
    message: Option<String>,
}

impl Issue {
    fn finding(self, root: &Path) -> Option<Finding> {
        let rule = match self.code.as_deref() {
            // The syntax layer tells of those.
            None | Some("invalid-syntax") => return None,
            Some(code) => code.to_owned(),
        };
        let region = Region::between(
            (self.location.row, self.location.column),
            (self.end_location.row, self.end_location.column),
        );
        let found = Finding::error(LayerId::StaticAnalysis, rule, self.message)
            .in_file(within(root, &self.filename)?)
            .at(region);
        Some(match self.fix {
            Some(Fix { applicability, message: Some(message) }) => match applicability.as_str() {
                "safe" => found.hint(format!("{message} (`--fix` does it)")),
                _ => found.hint(message),
            },
            _ => found,
        })
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
