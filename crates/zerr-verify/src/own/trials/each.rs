//! What is tried one function at a time: statements on drawn calls, costs as calls grow, and whether
//! the documentation tells small changes of the function apart.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use zerr_core::formal::FormalVerdict;
use zerr_core::inputs::{self, Input};
use zerr_core::observe::Observation;
use zerr_core::properties;
use zerr_core::trial::Trial;
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, LayerVerdict, Region, Severity};
use zerr_exec::{Cancel, Sandbox};
use zerr_syntax::mutate;

use super::super::side_by_side;
use super::{Trials, outcome, source_of};
use crate::job::{FileJob, LanguageRunner, ObserveJob, Observed};
use crate::properties::{DRAWS, findings, limits, told};
use crate::survey::Survey;
use crate::{Formal, Layer, Subject, Toolchain, VerifyError, performance, toolchain};

/// Small changes of one function.
const MUTANTS_MAX: usize = 16;

/// Inputs that look for differences beside those of the trial.
const DIFFERENCES_MAX: usize = 64;

/// Changes that nothing noticed, of which so many are shown.
const SHOWN_MAX: usize = 4;

/// The share of changes that has to be noticed.
const STRENGTH_MIN: f64 = 0.75;

/// What documentation states, on drawn calls.
pub(super) struct Drawn(pub(super) Arc<Trials>);

/// What calls cost as they grow.
pub(super) struct Costs(pub(super) Arc<Trials>);

/// What holds of all calls.
pub(super) struct Proofs {
    trials: Arc<Trials>,
    /// Found when there is something to prove.
    toolchain: OnceLock<Result<Toolchain, String>>,
}

/// Whether examples and contracts notice small changes.
pub(super) struct Strength(pub(super) Arc<Trials>);

impl Layer for Drawn {
    fn id(&self) -> LayerId {
        LayerId::Properties
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        each(self, &self.0, survey, cancel, drawn)
    }
}

impl Layer for Costs {
    fn id(&self) -> LayerId {
        LayerId::Performance
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        each(self, &self.0, survey, cancel, costs)
    }
}

impl Layer for Strength {
    fn id(&self) -> LayerId {
        LayerId::OracleStrength
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        each(self, &self.0, survey, cancel, strength)
    }
}

impl Layer for Proofs {
    fn id(&self) -> LayerId {
        LayerId::Formal
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        each(self, &self.trials, survey, cancel, |trial, _, cancel| {
            if trial.function.ensures.is_empty() {
                return Ok(None);
            }
            self.proof(trial, cancel)
        })
    }
}

impl Proofs {
    pub(super) fn new(trials: Arc<Trials>) -> Self {
        Self { trials, toolchain: OnceLock::new() }
    }

    /// What is known of all calls of one function.
    fn proof(&self, trial: &Trial, cancel: &Cancel) -> Result<Said, VerifyError> {
        let toolchain = self.toolchain.get_or_init(|| {
            let sandbox = Sandbox::probe().map_err(|error| error.to_string())?;
            Ok(toolchain::probe(sandbox, self.trials.own_tools.as_deref()))
        });
        let toolchain = match toolchain {
            Ok(toolchain) => toolchain,
            Err(why) => return Ok(Some(Err(why.clone()))),
        };
        let context: Vec<String> = trial.imports.iter().chain(&trial.context).cloned().collect();
        let subject =
            Subject { function: &trial.function, context: &context, source: &trial.source };
        let formal = Formal::new(toolchain).crosshair().stops(Severity::Warning);
        let (verdict, outcome) = formal.check(&subject, cancel)?;
        if let LayerVerdict::NotRun { why } = outcome.verdict {
            return Ok(Some(Err(why)));
        }
        let is_proved = matches!(verdict, FormalVerdict::Proved { .. });
        let told = |found: &Finding| found.severity != Severity::Note || is_proved;
        let place = |found: Finding| found.in_file(trial.file()).at(Region::line(trial.line()));
        Ok(Some(Ok(outcome.findings.into_iter().filter(told).map(place).collect())))
    }
}

/// What a layer says of one function: nothing where it has nothing to look at there, or why it did
/// not look.
type Said = Option<Result<Vec<Finding>, String>>;

/// Looks at every function that stands by itself.
fn each(
    layer: &dyn Layer,
    trials: &Trials,
    survey: &Survey<'_>,
    cancel: &Cancel,
    look: impl Fn(&Trial, &dyn LanguageRunner, &Cancel) -> Result<Said, VerifyError> + Sync,
) -> Result<LayerOutcome, VerifyError> {
    let started = Instant::now();
    let stand = match trials.done(survey, cancel) {
        Ok(done) => &done.stand,
        Err(error) => return outcome(layer, None, started, Err(error)),
    };
    let looked = || -> Result<(Vec<Finding>, usize, Vec<String>), VerifyError> {
        let (mut found, mut count, mut open) = (Vec::new(), 0, Vec::new());
        if stand.is_empty() {
            return Ok((found, count, open));
        }
        let runner = trials.runner()?;
        let said = side_by_side(stand, |trial| look(trial, runner.as_ref(), cancel));
        for (trial, said) in stand.iter().zip(said) {
            match said? {
                Some(Ok(findings)) => {
                    count += 1;
                    found.extend(findings);
                }
                Some(Err(why)) => open.push(format!("`{}`: {why}", trial.function.name)),
                None => {}
            }
        }
        Ok((found, count, open))
    };
    match looked() {
        Ok((found, 0, open)) if found.is_empty() => {
            if let Some(why) = open.into_iter().next() {
                return Ok(LayerOutcome::not_run(layer.id(), why));
            }
            let why = {
                let line = match layer.id() {
                    LayerId::Performance => "`complexity: …` or `budget: …`",
                    LayerId::OracleStrength => "examples, `ensures: …` or `property: …`",
                    _ => "`ensures: …` or `property: …`",
                };
                format!("no function that stands by itself says {line} in its documentation")
            };
            Ok(LayerOutcome::idle(layer.id(), why))
        }
        Ok((mut found, _, open)) => {
            found.extend(
                open.into_iter().map(|why| {
                    Finding::error(layer.id(), "not-tried", why).severity(Severity::Note)
                }),
            );
            outcome(layer, None, started, Ok(found))
        }
        Err(error) => outcome(layer, None, started, Err(error)),
    }
}

fn drawn(trial: &Trial, runner: &dyn LanguageRunner, cancel: &Cancel) -> Result<Said, VerifyError> {
    if !properties::has_statements(&trial.function) {
        return Ok(None);
    }
    let source = source_of(&[trial]);
    let mut observe = |inputs: &[Input]| -> Result<Vec<Observation>, VerifyError> {
        let functions = [(&trial.function, inputs.to_vec())];
        let job = FileJob { source: &source, functions: &functions, limits: limits() };
        match runner.observe_file(&job, cancel)?.into_iter().next() {
            Some(Observed::Ran(all)) => Ok(all),
            Some(Observed::Rejected { message, .. }) => Err(VerifyError::BadJob(message)),
            None => Err(VerifyError::BadJob("no call was made".to_owned())),
        }
    };
    let drawn = match properties::refute(&trial.function, DRAWS, &mut observe) {
        Ok(drawn) => drawn,
        Err(VerifyError::Cancelled) => return Err(VerifyError::Cancelled),
        Err(error) => return Ok(Some(Err(told(&error)))),
    };
    if drawn.judged == 0 && drawn.misfit.is_none() {
        return Ok(Some(Err("no drawn call could be judged by what it states".to_owned())));
    }
    // What people's functions stop on is theirs, as long as they do not say otherwise.
    let drawn = properties::Drawn { stopped: None, ..drawn };
    let found = findings(&trial.function, &drawn).into_iter().map(|(finding, number)| {
        trial.placed(finding, number.and_then(|number| trial.statement_line(number)))
    });
    Ok(Some(Ok(found.collect())))
}

fn costs(trial: &Trial, runner: &dyn LanguageRunner, cancel: &Cancel) -> Result<Said, VerifyError> {
    if !performance::is_stated(&trial.function) {
        return Ok(None);
    }
    let source = source_of(&[trial]);
    let subject = Subject { function: &trial.function, context: &[], source: &source };
    let costed = performance::check(runner, &subject, cancel)?;
    let said = [(costed.complexity, trial.complexity_line()), (costed.budget, trial.budget_line())];
    let (mut found, mut open) = (Vec::new(), None);
    for (said, line) in said {
        match said {
            Some(Ok(finding)) => {
                found.push(finding.in_file(trial.file()).at(Region::line(line)));
            }
            Some(Err(why)) => open = open.or(Some(why)),
            None => {}
        }
    }
    // One that was judged is told, and what was not beside it.
    Ok(Some(match open {
        Some(why) if found.is_empty() => Err(why),
        Some(why) => {
            let why = format!("`{}`: {why}", trial.function.name);
            let note = Finding::error(LayerId::Performance, "not-tried", why);
            found.push(note.severity(Severity::Note).in_file(trial.file()));
            Ok(found)
        }
        None => Ok(found),
    }))
}

fn strength(
    trial: &Trial,
    runner: &dyn LanguageRunner,
    cancel: &Cancel,
) -> Result<Said, VerifyError> {
    let function = &trial.function;
    if function.examples.is_empty() && function.ensures.is_empty() {
        return Ok(None);
    }
    let mutants = mutate::mutants(function.signature.language, &trial.source, MUTANTS_MAX);
    if mutants.is_empty() {
        return Ok(Some(Err("nothing in it can be changed a little".to_owned())));
    }
    let mut inputs = trial.inputs.clone();
    let seed = function.content_hash().seed();
    inputs.extend(inputs::distinguishing(function, &trial.inputs, seed, DIFFERENCES_MAX));
    let context: Vec<String> = trial.imports.iter().chain(&trial.context).cloned().collect();
    let sources: Vec<String> = std::iter::once(&trial.source)
        .chain(mutants.iter().map(|mutant| &mutant.source))
        .cloned()
        .collect();
    let job = ObserveJob {
        function,
        context: &context,
        sources: &sources,
        inputs: &inputs,
        limits: limits(),
    };
    let observed = match runner.observe(&job, cancel) {
        Ok(observed) => observed,
        Err(VerifyError::Cancelled) => return Err(VerifyError::Cancelled),
        Err(error) => return Ok(Some(Err(told(&error)))),
    };
    let mut ran = observed.iter().map(Observed::observations);
    let Some(Some(own)) = ran.next() else {
        return Ok(Some(Err("it does not run by itself".to_owned())));
    };
    if is_noticed(trial, own) {
        // That is what the other layers tell.
        return Ok(None);
    }
    let (mut killed, mut lived) = (0_u32, Vec::new());
    for (mutant, seen) in mutants.iter().zip(ran) {
        let Some(seen) = seen else { continue };
        let differs = own
            .iter()
            .zip(seen)
            .position(|(a, b)| a.is_settled() && b.is_settled() && a.key() != b.key());
        let Some(at) = differs else { continue };
        if is_noticed(trial, seen) {
            killed += 1;
        } else if let (Some(input), Some(a), Some(b)) = (inputs.get(at), own.get(at), seen.get(at))
        {
            let call = trial.call_text(input);
            let shown = format!("`{call}` gives {a}; with {} it would give {b}", mutant.what);
            lived.push((format!("{} would give {b} for `{call}`, not {a}", mutant.what), shown));
        }
    }
    let all = killed + lived.len() as u32;
    if all == 0 {
        return Ok(Some(Err("no small change of it behaves differently".to_owned())));
    }
    if f64::from(killed) / f64::from(all) >= STRENGTH_MIN {
        return Ok(Some(Ok(Vec::new())));
    }
    let shown = lived.first().map_or("", |(told, _)| told.as_str());
    let message = format!(
        "examples and contracts of `{}` notice {killed} of {all} small changes: {shown}",
        function.name
    );
    let mut finding = Finding::error(LayerId::OracleStrength, "oracles-too-weak", message)
        .severity(Severity::Warning)
        .hint("add an example that tells the two apart");
    for (_, shown) in lived.into_iter().take(SHOWN_MAX) {
        finding = finding.related(shown, None);
    }
    Ok(Some(Ok(vec![trial.placed(finding, None)])))
}

/// Whether examples or contracts refute what was seen, or a call that an example shows.
fn is_noticed(trial: &Trial, seen: &[Observation]) -> bool {
    let tried = trial.judge(seen);
    let refutes = |found: &Finding| found.severity == Severity::Error;
    tried.examples.iter().chain(&tried.contracts).any(refutes)
}
