//! The security layer for people's code: secrets in every text, advisories for lock files.
//! Main type: [`Security`].

use zerr_core::verdict::{Finding, LayerId, LayerOutcome, LayerVerdict, Severity};
use zerr_exec::Cancel;

use super::secrets::Secrets;
use crate::advisories::Advisories;
use crate::survey::{FileKind, Survey};
use crate::{Layer, VerifyError};

pub(super) struct Security {
    pub(super) advisories: Advisories,
}

impl Layer for Security {
    fn id(&self) -> LayerId {
        LayerId::Security
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let mut outcome = Secrets.survey(survey, cancel)?;
        let has_locks = [FileKind::CargoLock, FileKind::PythonLock]
            .into_iter()
            .any(|kind| survey.of_kind(kind).next().is_some());
        if !has_locks {
            return Ok(outcome);
        }
        let checked = self.advisories.survey(survey, cancel)?;
        outcome.findings.extend(checked.findings);
        outcome.tool = checked.tool;
        outcome.ms += checked.ms;
        if let LayerVerdict::NotRun { why } = checked.verdict {
            // Secrets were looked for all the same: what was not is told with them.
            let untold =
                Finding::error(self.id(), "advisories-not-checked", why).severity(Severity::Note);
            outcome.findings.push(untold);
        }
        Ok(LayerOutcome::ran(self.id(), outcome.findings, outcome.tool, outcome.ms))
    }
}
