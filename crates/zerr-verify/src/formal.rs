//! The formal layer: what holds for all calls of one function. Main type: [`Formal`].
//!
//! Some ways side by side. Every input of a small domain is run and judged ([`bounded`]); and a
//! loop-free function over integers and truth values is put to Z3 ([`smt`]); Python's functions with
//! loops, texts and lists to CrossHair, which finds counterexamples and proves nothing. A solver's word is
//! never taken alone: a counterexample counts when the function was seen to do it, and a proof
//! counts when the translation was seen to agree with the function on boundaries.
//!
//! # Invariants
//! - A [`FormalVerdict::Counterexample`] was observed.
//! - What could not be decided is not passed: the outcome then says *not run*, and why.
//!
//! [`bounded`]: Formal::bounded
//! [`smt`]: Formal::smt

mod bounded;
mod crosshair;
mod judge;
mod smt;
#[cfg(test)]
mod tests;
mod z3;

use std::time::Instant;

use zerr_core::formal::FormalVerdict;
use zerr_core::observe::Observation;
use zerr_core::spec::FunctionSpec;
use zerr_core::value::Value;
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Severity};
use zerr_exec::Cancel;

use crate::properties::told as explained;
use crate::{ObserveJob, ObserveLimits, Observed, Toolchain, VerifyError};

/// One function with its text.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// What is asked of it.
    pub function: &'a FunctionSpec,
    /// Sources of the functions it may call, each at most once, in order.
    pub context: &'a [String],
    /// Its own text.
    pub source: &'a str,
}

/// The layer that speaks of all calls.
#[derive(Debug, Clone, Copy)]
pub struct Formal<'a> {
    toolchain: &'a Toolchain,
    /// Inputs of a bounded check at most.
    inputs_max: usize,
    /// For one question to the solver.
    seconds: u64,
    /// Whether CrossHair looks for counterexamples too.
    crosshair: bool,
    /// How grave a call is that panics or raises where the spec does not say that it may.
    stops: Severity,
}

/// Enough for a cube of fifteen values each way; a tenth of a second in either language.
const INPUTS_MAX: usize = 4_096;

/// What Z3 does not know by then over integers it is asked once more over bit-vectors.
const SECONDS: u64 = 10;

/// A domain for functions that take their time: recursive ones, above all.
const INPUTS_FEW: usize = 48;

impl<'a> Formal<'a> {
    /// With the tools of this toolchain.
    pub fn new(toolchain: &'a Toolchain) -> Self {
        Self {
            toolchain,
            inputs_max: INPUTS_MAX,
            seconds: SECONDS,
            crosshair: false,
            stops: Severity::Error,
        }
    }

    /// With at most so many inputs in a bounded check.
    #[must_use]
    pub fn inputs_max(mut self, inputs_max: usize) -> Self {
        self.inputs_max = inputs_max;
        self
    }

    /// With so many seconds for one question to the solver.
    #[must_use]
    pub fn seconds(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    /// With CrossHair, where there is an `ensures` that Python can say; some seconds a function.
    #[must_use]
    pub fn crosshair(mut self) -> Self {
        self.crosshair = true;
        self
    }

    /// Takes unexpected panics and exceptions for that grave; [`Severity::Error`] refutes and is
    /// the default.
    #[must_use]
    pub fn stops(mut self, severity: Severity) -> Self {
        self.stops = severity;
        self
    }

    /// Says what is known of all calls; blocks.
    ///
    /// # Errors
    /// Only [`VerifyError::Cancelled`]: every other mishap is a [`FormalVerdict::Unknown`].
    pub fn check(
        &self,
        subject: &Subject<'_>,
        cancel: &Cancel,
    ) -> Result<(FormalVerdict, LayerOutcome), VerifyError> {
        let started = Instant::now();
        // The solver comes first: what it proves need not be run.
        let solved = told(self.smt(subject, cancel))?;
        let mut searched = None;
        let (verdict, notes) = match solved {
            FormalVerdict::Proved { .. } | FormalVerdict::Counterexample { .. } => (solved, None),
            other => {
                let note = other.to_string();
                let mut verdict = told(self.bounded(subject, cancel))?;
                let is_open = !matches!(verdict, FormalVerdict::Counterexample { .. });
                if self.crosshair && is_open {
                    let found = told(self.symbolic(subject, cancel))?;
                    if matches!(found, FormalVerdict::Counterexample { .. }) {
                        verdict = found;
                    } else {
                        searched = Some(found.to_string());
                    }
                }
                (verdict, Some(note))
            }
        };
        let ms = started.elapsed().as_millis() as u64;
        let mut outcome = self.outcome(&verdict, notes.as_deref(), ms);
        outcome.findings.extend(searched.map(|said| {
            Finding::error(LayerId::Formal, "crosshair", format!("CrossHair: {said}"))
                .severity(Severity::Note)
        }));
        Ok((verdict, outcome))
    }

    fn outcome(&self, verdict: &FormalVerdict, unproved: Option<&str>, ms: u64) -> LayerOutcome {
        let note = |rule: &str, message: String| {
            Finding::error(LayerId::Formal, rule, message).severity(Severity::Note)
        };
        let mut findings = match verdict {
            FormalVerdict::Unknown { .. } | FormalVerdict::NotAttempted { .. } => {
                let why = match unproved {
                    Some(unproved) => format!("bounded check: {verdict}; proof: {unproved}"),
                    None => verdict.to_string(),
                };
                return LayerOutcome { ms, ..LayerOutcome::not_run(LayerId::Formal, why) };
            }
            FormalVerdict::Proved { .. } => vec![note("proved", verdict.to_string())],
            FormalVerdict::BoundedOk { .. } => vec![note("bounded-ok", verdict.to_string())],
            FormalVerdict::Counterexample { rule, call, outcome, .. } => {
                let found = Finding::error(LayerId::Formal, rule, format!("{call} {outcome}"));
                vec![if rule == judge::ENSURES {
                    found.hint("the call is one that `requires` allows")
                } else {
                    found.severity(self.stops).hint(
                        "add a `requires` that rules the call out, or an example that says what \
                         it does",
                    )
                }]
            }
        };
        findings.extend(unproved.map(|why| note("not-proved", format!("proof: {why}"))));
        let z3 = self.toolchain.z3.as_ref().ok().map(|tool| tool.version.clone());
        let used = matches!(verdict, FormalVerdict::Proved { .. }) || unproved.is_none();
        LayerOutcome::ran(LayerId::Formal, findings, z3.filter(|_| used), ms)
    }

    /// What the function does on these inputs, in order.
    fn observe(
        &self,
        subject: &Subject<'_>,
        inputs: &[Vec<Value>],
        cancel: &Cancel,
    ) -> Result<Seen, VerifyError> {
        let runner = self.toolchain.runner(subject.function.signature.language)?;
        let job = ObserveJob {
            function: subject.function,
            context: subject.context,
            sources: &[subject.source.to_owned()],
            inputs,
            limits: ObserveLimits { wall_ms: 60_000, ..ObserveLimits::default() },
        };
        Ok(match runner.observe(&job, cancel)?.into_iter().next() {
            Some(Observed::Ran(all)) if all.len() == inputs.len() => {
                Seen::All(all.iter().map(|one| subject.function.conform(one)).collect())
            }
            Some(Observed::Rejected { message, .. }) => Seen::Refused(message),
            _ => Seen::Refused("not every call was made".to_owned()),
        })
    }
}

/// What came of running the function.
enum Seen {
    All(Vec<Observation>),
    Refused(String),
}

/// A mishap as a verdict; only a cancel stays an error.
fn told(verdict: Result<FormalVerdict, VerifyError>) -> Result<FormalVerdict, VerifyError> {
    match verdict {
        Err(VerifyError::Cancelled) => Err(VerifyError::Cancelled),
        Err(error @ (VerifyError::Unsupported(_) | VerifyError::NoTool { .. })) => {
            Ok(FormalVerdict::not_attempted(explained(&error)))
        }
        Err(error) => Ok(FormalVerdict::unknown(explained(&error))),
        Ok(verdict) => Ok(verdict),
    }
}
