//! Types of people's Python: `ty check`, in the project's own environment.

use std::path::{Path, PathBuf};
use std::time::Instant;

use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Severity};
use zerr_exec::{Cancel, Status};
use zerr_syntax::Language;

use super::{OwnTool, broken, complaint, in_groups, outcome, run, within};
use crate::layers::read_gitlab_report;
use crate::survey::Survey;
use crate::{Layer, VerifyError};

pub(super) struct OwnTy {
    ty: OwnTool,
    environment: Option<PathBuf>,
}

impl OwnTy {
    pub(super) fn new(root: &Path, own_tools: Option<&Path>) -> Self {
        let environment = ["VIRTUAL_ENV", "CONDA_PREFIX"]
            .into_iter()
            .find_map(std::env::var_os)
            .map(PathBuf::from)
            .or_else(|| Some(root.join(".venv")).filter(|folder| folder.is_dir()));
        Self { ty: OwnTool::find("ty", root, own_tools), environment }
    }

    /// The program, and the environment as far as its packages' folder tells.
    pub(super) fn identity(&self) -> String {
        let packages = self.environment.as_ref().map(|folder| {
            let below = |folder: &Path| std::fs::read_dir(folder.join("lib")).ok();
            let stamps = below(folder).into_iter().flatten().flatten().map(|python| {
                let packages = python.path().join("site-packages");
                std::fs::metadata(packages).and_then(|known| known.modified()).ok()
            });
            stamps.collect::<Vec<_>>()
        });
        format!("{} {:?} {packages:?}", self.ty.identity(), self.environment)
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
            .ty
            .command()?
            .args(["check", "--output-format", "gitlab", "--no-progress", "--force-exclude"])
            .arg("--")
            .args(files)
            .cwd(survey.root);
        let ended = run("ty", command, cancel)?;
        if !matches!(ended.status, Status::Exited(0 | 1)) {
            return Err(broken("ty", complaint(&ended)));
        }
        let found = read_gitlab_report(&ended.stdout)
            .map_err(|error| broken("ty", format!("its report does not parse: {error}")))?;
        let own = found.into_iter().map(|mut finding| {
            finding.file = finding.file.and_then(|file| within(survey.root, &file));
            // Without the project's packages every import of one looks wrong.
            if self.environment.is_none() && finding.rule == "unresolved-import" {
                finding = finding
                    .severity(Severity::Note)
                    .hint("the project has no `.venv` and none is active, so packages are unknown");
            }
            finding
        });
        Ok(own.filter(|finding| finding.file.is_some()).collect())
    }
}

impl Layer for OwnTy {
    fn id(&self) -> LayerId {
        LayerId::Types
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let started = Instant::now();
        let found = self.read(survey, cancel);
        let tool = self.ty.path.is_some().then(|| self.ty.version());
        outcome(self, tool, started, found)
    }
}
