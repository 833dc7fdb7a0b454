//! All inputs of a small domain, run and judged.

use zerr_core::formal::FormalVerdict;
use zerr_core::inputs::{Bounded, bounded};
use zerr_core::observe::Observation;
use zerr_exec::Cancel;

use super::judge::{Judge, Sentence};
use super::{Formal, INPUTS_FEW, Seen, Subject};
use crate::VerifyError;

impl Formal<'_> {
    /// Runs the function on every input of the widest domain within the budget.
    ///
    /// # Errors
    /// When a tool or the sandbox falls short.
    pub fn bounded(
        &self,
        subject: &Subject<'_>,
        cancel: &Cancel,
    ) -> Result<FormalVerdict, VerifyError> {
        let judge = Judge::new(subject.function);
        if !judge.has_something_to_say() {
            return Ok(FormalVerdict::not_attempted("nothing to check: no `ensures`"));
        }
        let Some(wide) = bounded(subject.function, self.inputs_max) else {
            return Ok(FormalVerdict::not_attempted("the parameters have no small domain"));
        };
        let verdict = self.domain(&judge, &wide, subject, cancel)?;
        // Something took too long: less may be claimed, but perhaps not nothing.
        match (&verdict, bounded(subject.function, INPUTS_FEW)) {
            (FormalVerdict::Unknown { .. }, Some(narrow)) if narrow != wide => {
                self.domain(&judge, &narrow, subject, cancel)
            }
            _ => Ok(verdict),
        }
    }

    fn domain(
        &self,
        judge: &Judge<'_>,
        domain: &Bounded,
        subject: &Subject<'_>,
        cancel: &Cancel,
    ) -> Result<FormalVerdict, VerifyError> {
        if domain.inputs.is_empty() {
            let why = format!("`requires` allows no input with {}", domain.domain);
            return Ok(FormalVerdict::not_attempted(why));
        }
        let seen = match self.observe(subject, &domain.inputs, cancel)? {
            Seen::All(seen) => seen,
            Seen::Refused(why) => return Ok(FormalVerdict::unknown(why)),
        };
        let mut open = None;
        for (args, seen) in domain.inputs.iter().zip(&seen) {
            match judge.call(args, seen) {
                Sentence::Good => {}
                Sentence::Bad(verdict) => return Ok(verdict),
                Sentence::Open(what) => open = open.or(Some(what)),
            }
        }
        if let Some(what) = open {
            return Ok(FormalVerdict::unknown(what));
        }
        // A function that stops on everything keeps every promise about its results.
        if !seen.iter().any(|seen| matches!(seen, Observation::Returned { .. })) {
            return Ok(FormalVerdict::unknown("no call that was made returned"));
        }
        let excluded = match domain.excluded {
            0 => String::new(),
            n => format!(" ({n} more are excluded by `requires`)"),
        };
        let whole = if domain.is_whole { ", which is all there are" } else { "" };
        Ok(FormalVerdict::BoundedOk {
            claim: judge.claim(),
            inputs: domain.inputs.len(),
            bound: format!("{}{whole}{excluded}", domain.domain),
        })
    }
}
