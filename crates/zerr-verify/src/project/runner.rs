//! A project as one more runner: [`ProjectRunner`]. An input is the name of a test, and the result what
//! became of that.

use std::sync::Arc;

use zerr_core::observe::Observation;
use zerr_core::spec::PASSED;
use zerr_core::value::Value;
use zerr_core::verdict::{LayerId, ToolVersion};
use zerr_exec::Cancel;
use zerr_syntax::{Language, site};

use super::{Attempt, Project, TestOutcome};
use crate::{Formatted, LanguageRunner, ObserveJob, Observed, VerifyError};

/// Observes the candidates of one function in its project.
pub struct ProjectRunner {
    project: Arc<dyn Project>,
    /// What formats a function by itself.
    plain: Arc<dyn LanguageRunner>,
}

impl ProjectRunner {
    /// `plain` is the runner of the same language.
    pub fn new(project: Arc<dyn Project>, plain: Arc<dyn LanguageRunner>) -> Self {
        Self { project, plain }
    }
}

impl LanguageRunner for ProjectRunner {
    fn language(&self) -> Language {
        self.plain.language()
    }

    fn tools(&self) -> Vec<ToolVersion> {
        self.project.tools()
    }

    fn observe(&self, job: &ObserveJob<'_>, cancel: &Cancel) -> Result<Vec<Observed>, VerifyError> {
        let language = self.language();
        let bodies: Vec<Option<String>> =
            job.sources.iter().map(|source| site::whole_body(language, source)).collect();
        let placed: Vec<String> = bodies.iter().flatten().cloned().collect();
        let mut attempts = self.project.attempt(&placed, cancel)?.into_iter();
        let mut observed = Vec::with_capacity(bodies.len());
        for (source, body) in job.sources.iter().zip(&bodies) {
            let attempt = body.as_ref().and_then(|_| attempts.next());
            observed.push(match attempt {
                None => Observed::Rejected {
                    layer: LayerId::Syntax,
                    message: "it holds no function".to_owned(),
                },
                Some(Attempt::Refused { layer, message }) => Observed::Rejected { layer, message },
                Some(Attempt::Ran(tests)) => Observed::Ran(
                    job.inputs.iter().map(|it| self.one(it, source, &tests)).collect(),
                ),
            });
        }
        Ok(observed)
    }

    fn format(&self, source: &str, cancel: &Cancel) -> Result<Formatted, VerifyError> {
        self.plain.format(source, cancel)
    }
}

impl ProjectRunner {
    fn one(&self, input: &[Value], source: &str, tests: &[TestOutcome]) -> Observation {
        let returned = |text: &str| Observation::Returned {
            value: Value::Str(text.to_owned()),
            mutated: Vec::new(),
        };
        let [Value::Str(name)] = input else {
            return Observation::Crashed { how: "no test".to_owned() };
        };
        if name.is_empty() {
            return returned(source);
        }
        let at = self.project.tests().iter().position(|test| test == name);
        match at.and_then(|at| tests.get(at)) {
            Some(TestOutcome::Passed) => returned(PASSED),
            Some(TestOutcome::Failed(why)) => match self.language() {
                Language::Rust => Observation::Panicked { message: why.clone() },
                Language::Python => {
                    Observation::Raised { kind: "failure".to_owned(), message: why.clone() }
                }
            },
            Some(TestOutcome::Lost) => {
                Observation::Crashed { how: "the test did not come to its end".to_owned() }
            }
            None => Observation::Crashed { how: "the test is not there any more".to_owned() },
        }
    }
}
