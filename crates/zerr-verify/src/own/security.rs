//! The security layer for people's code: secrets in every text, advisories for lock files.
//! Main type: [`Security`].

use zerr_core::verdict::{LayerId, LayerOutcome, LayerVerdict};
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
        let all = LayerOutcome::ran(self.id(), outcome.findings, outcome.tool, outcome.ms);
        Ok(match checked.verdict {
            // Secrets were looked for, advisories were not: half of it is no pass.
            LayerVerdict::NotRun { why } if all.verdict == LayerVerdict::Passed => {
                LayerOutcome { verdict: LayerVerdict::NotRun { why }, ..all }
            }
            _ => all,
        })
    }
}
