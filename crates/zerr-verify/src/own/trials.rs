//! What people's documentation says, tried: examples (unit tests) and contracts of free functions
//! over standard types. Main type: [`Trials`]. What is tried one function at a time is in [`each`].
//!
//! Functions run confined, one compile a file where all of its functions stand by themselves. One that
//! needs more of its crate than other functions of its file is left out.

mod each;

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use zerr_core::trial::{self, Trial, Tried};
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, LayerVerdict, Severity};
use zerr_exec::{Cancel, Sandbox};
use zerr_syntax::Language;

use super::{outcome, project_tests, side_by_side};
use crate::job::{FileJob, LanguageRunner, ObserveLimits, Observed};
use crate::properties::told;
use crate::survey::Survey;
use crate::{Layer, VerifyError, toolchain};

/// The observations that both layers share.
pub(super) struct Trials {
    language: Language,
    own_tools: Option<PathBuf>,
    /// Whether the project's own tests run too.
    tests: bool,
    done: OnceLock<Result<Done, (bool, String)>>,
}

#[derive(Debug, Default)]
struct Done {
    tried: Tried,
    mistakes: Vec<Finding>,
    /// Functions with examples or contracts, and those of them that could be run.
    functions: usize,
    ran: usize,
    /// Those that could be run.
    stand: Vec<Trial>,
}

impl Trials {
    pub(super) fn new(language: Language, own_tools: Option<&Path>, tests: bool) -> Self {
        let own_tools = own_tools.map(Path::to_owned);
        Self { language, own_tools, tests, done: OnceLock::new() }
    }

    /// The trials' layers.
    pub(super) fn layers(self) -> [Arc<dyn Layer>; 6] {
        let trials = Arc::new(self);
        [
            Arc::new(Contracts(Arc::clone(&trials))),
            Arc::new(Examples(Arc::clone(&trials))),
            Arc::new(each::Drawn(Arc::clone(&trials))),
            Arc::new(each::Costs(Arc::clone(&trials))),
            Arc::new(each::Proofs::new(Arc::clone(&trials))),
            Arc::new(each::Strength(trials)),
        ]
    }

    fn runner(&self) -> Result<Arc<dyn LanguageRunner>, VerifyError> {
        let sandbox = Sandbox::probe().map_err(|error| VerifyError::BadJob(error.to_string()))?;
        toolchain::runner(self.language, Arc::new(sandbox), self.own_tools.as_deref())
    }

    fn done(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<&Done, VerifyError> {
        let done = self.done.get_or_init(|| {
            self.run(survey, cancel).map_err(|error| match error {
                VerifyError::Cancelled => (true, String::new()),
                error => (false, error.to_string()),
            })
        });
        match done {
            Ok(done) => Ok(done),
            Err((true, _)) => Err(VerifyError::Cancelled),
            Err((false, message)) => Err(VerifyError::BadJob(message.clone())),
        }
    }

    fn run(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<Done, VerifyError> {
        let mut done = Done::default();
        let mut files: Vec<Vec<Trial>> = Vec::new();
        for file in survey.sources(self.language) {
            let found = trial::trials(self.language, &file.path, &file.text);
            if !found.is_empty() {
                files.push(found);
            }
        }
        if files.is_empty() {
            return Ok(done);
        }
        let runner = self.runner()?;
        let observed: Result<Vec<_>, VerifyError> =
            side_by_side(&files, |trials| Self::observed(trials, runner.as_ref(), cancel))
                .into_iter()
                .collect();
        for (trials, observed) in files.into_iter().zip(observed?) {
            done.functions += trials.len();
            done.take_in(trials, &observed);
        }
        Ok(done)
    }

    /// What the functions of one file did.
    fn observed(
        trials: &[Trial],
        runner: &dyn LanguageRunner,
        cancel: &Cancel,
    ) -> Result<Vec<Observed>, VerifyError> {
        let whole: Vec<&Trial> = trials.iter().collect();
        let mut observed = observe(&whole, runner, cancel)?;
        let is_refused = observed.iter().any(|one| matches!(one, Observed::Rejected { .. }));
        if is_refused && trials.len() > 1 {
            // One that does not stand by itself takes the others down with it.
            observed.clear();
            for trial in trials {
                observed.extend(observe(&[trial], runner, cancel)?);
            }
        }
        Ok(observed)
    }
}

impl Done {
    fn take_in(&mut self, trials: Vec<Trial>, observed: &[Observed]) {
        for (trial, observed) in trials.into_iter().zip(observed) {
            self.mistakes.extend(trial.mistakes.iter().cloned());
            let observations = observed.observations().filter(|seen| !Trial::needs_more(seen));
            let Some(observations) = observations else { continue };
            self.ran += 1;
            let tried = trial.judge(observations);
            self.tried.examples.extend(tried.examples);
            self.tried.contracts.extend(tried.contracts);
            self.tried.examples_judged += tried.examples_judged;
            self.tried.contracts_judged += tried.contracts_judged;
            self.stand.push(trial);
        }
    }
}

fn observe(
    trials: &[&Trial],
    runner: &dyn LanguageRunner,
    cancel: &Cancel,
) -> Result<Vec<Observed>, VerifyError> {
    let source = source_of(trials);
    let functions: Vec<_> =
        trials.iter().map(|trial| (&trial.function, trial.inputs.clone())).collect();
    let job = FileJob { source: &source, functions: &functions, limits: ObserveLimits::default() };
    match runner.observe_file(&job, cancel) {
        // A type that zerr has no values of: nothing can be tried.
        Err(VerifyError::Unsupported(message) | VerifyError::BadJob(message)) => {
            let layer = LayerId::Types;
            Ok(vec![Observed::Rejected { layer, message }; trials.len()])
        }
        observed => observed,
    }
}

/// The functions and what they call, each text once.
fn source_of(trials: &[&Trial]) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for trial in trials {
        let all = trial.imports.iter().chain(&trial.context).chain([&trial.source]);
        for part in all {
            if !parts.contains(&part.as_str()) {
                parts.push(part);
            }
        }
    }
    parts.join("\n\n")
}

struct Contracts(Arc<Trials>);

struct Examples(Arc<Trials>);

fn answer(
    layer: &dyn Layer,
    trials: &Trials,
    survey: &Survey<'_>,
    cancel: &Cancel,
    pick: impl Fn(&Done) -> (Vec<Finding>, usize),
) -> Result<LayerOutcome, VerifyError> {
    let started = Instant::now();
    let done = match trials.done(survey, cancel) {
        Ok(done) => done,
        Err(error) => return outcome(layer, None, started, Err(error)),
    };
    if done.functions == 0 {
        let why = "no free function says examples or contracts in its documentation";
        return Ok(LayerOutcome::idle(layer.id(), why));
    }
    let (mut found, judged) = pick(done);
    let left_out = done.functions - done.ran;
    let all = done.functions;
    if judged == 0 && found.iter().all(|found| found.severity != Severity::Error) {
        let why = match left_out {
            0 => "no documented function holds anything that a call could decide".to_owned(),
            _ => format!(
                "{left_out} of {all} documented functions need more of their crate or package than \
                 their own file"
            ),
        };
        // Somebody would have to move a function for the others.
        let idle = left_out == 0;
        let none = LayerOutcome::not_run(layer.id(), why);
        return Ok(LayerOutcome { findings: found, idle, ..none });
    }
    if left_out > 0 {
        let message = format!(
            "{left_out} of {all} documented functions were not tried: they need more of their crate or \
             package than their own file"
        );
        let note = Finding::error(layer.id(), "not-tried", message).severity(Severity::Note);
        found.push(note);
    }
    outcome(layer, None, started, Ok(found))
}

impl Layer for Contracts {
    fn id(&self) -> LayerId {
        LayerId::Contracts
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        answer(self, &self.0, survey, cancel, |done| {
            let found = done.mistakes.iter().chain(&done.tried.contracts).cloned().collect();
            (found, done.tried.contracts_judged)
        })
    }
}

impl Layer for Examples {
    fn id(&self) -> LayerId {
        LayerId::UnitTests
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let trials = &self.0;
        let mut documented = answer(self, trials, survey, cancel, |done| {
            (done.tried.examples.clone(), done.tried.examples_judged)
        })?;
        if !trials.tests {
            return Ok(documented);
        }
        let own_tools = trials.own_tools.as_deref();
        match project_tests::run(trials.language, survey.root, own_tools, cancel) {
            Ok(tested) if tested.ran == 0 && tested.findings.is_empty() => Ok(documented),
            Ok(tested) => {
                if let LayerVerdict::NotRun { why } = &documented.verdict
                    && !documented.idle
                {
                    let note = Finding::error(self.id(), "not-tried", why.as_str());
                    documented.findings.push(note.severity(Severity::Note));
                }
                documented.findings.push(project_tests::note(&tested));
                documented.findings.extend(tested.findings);
                Ok(LayerOutcome::ran(self.id(), documented.findings, None, documented.ms))
            }
            Err(VerifyError::Cancelled) => Err(VerifyError::Cancelled),
            // Examples that passed do not stand for tests that did not run.
            Err(error) => {
                let why = format!("the project's tests: {}", told(&error));
                let findings = documented.findings;
                Ok(LayerOutcome { findings, ..LayerOutcome::not_run(self.id(), why) })
            }
        }
    }
}
