//! A project as one more runner: [`ProjectRunner`]. An input is the name of a test or a call, and the
//! result what became of that.

use std::sync::Arc;

use zerr_core::observe::Observation;
use zerr_core::spec::{CALL, PASSED};
use zerr_core::value::Value;
use zerr_core::verdict::{LayerId, ToolVersion};
use zerr_exec::Cancel;
use zerr_syntax::{Language, site};

use super::{Attempt, CallOutcome, Project, TestOutcome};
use crate::{FileJob, Formatted, LanguageRunner, ObserveJob, Observed, VerifyError};

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
                Some(Attempt::Ran(tests, calls)) => Observed::Ran(
                    job.inputs.iter().map(|it| self.one(it, source, (&tests, &calls))).collect(),
                ),
            });
        }
        Ok(observed)
    }

    /// The function in its file, once more, alone and twice: what passes now and fails then is no pass, and
    /// what the project's own lints refuse, or its users' build, would not compile for them.
    fn observe_file(
        &self,
        job: &FileJob<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Observed>, VerifyError> {
        let Some(body) = site::whole_body(self.language(), job.source) else {
            return Err(VerifyError::BadJob("the file holds no function".to_owned()));
        };
        if let Some((layer, message)) = self.project.objection(&body, cancel)? {
            let refused = Observed::Rejected { layer, message };
            return Ok(vec![refused; job.functions.len()]);
        }
        let again = vec![body; REPEATS];
        let attempts = self.project.attempt(&again, cancel)?;
        // One of them that does not pass is told; they are the same otherwise.
        let told = attempts.iter().find(|it| !it.passed()).or(attempts.first());
        let source = job.source;
        let each = job.functions.iter().map(|(_, inputs)| match told {
            Some(Attempt::Ran(tests, calls)) => {
                let tests = with_flaky(tests, &attempts);
                let ran = (tests.as_slice(), calls.as_slice());
                Observed::Ran(inputs.iter().map(|it| self.one(it, source, ran)).collect())
            }
            Some(Attempt::Refused { layer, message }) => {
                Observed::Rejected { layer: *layer, message: message.clone() }
            }
            None => Observed::Ran(Vec::new()),
        });
        Ok(each.collect())
    }

    fn format(&self, source: &str, cancel: &Cancel) -> Result<Formatted, VerifyError> {
        let style = self.project.style();
        // Lines break where they will stand.
        let depth = self.project.site().path.len().saturating_sub(1);
        let Some(wrapped) = wrap(self.language(), source, depth) else {
            return self.plain.format_as(source, &style, cancel);
        };
        let formatted = self.plain.format_as(&wrapped, &style, cancel)?;
        match unwrap(self.language(), &formatted.text, depth) {
            Some(text) if formatted.note.is_none() => Ok(Formatted { text, ..formatted }),
            _ => Ok(Formatted { text: source.to_owned(), ..formatted }),
        }
    }
}

/// The outcomes, where a test that fails here and passes there with the same body says so.
fn with_flaky(tests: &[TestOutcome], attempts: &[Attempt]) -> Vec<TestOutcome> {
    let passed_once = |at: usize| {
        attempts.iter().any(|it| {
            matches!(it, Attempt::Ran(tests, _) if tests.get(at) == Some(&TestOutcome::Passed))
        })
    };
    let told = tests.iter().enumerate().map(|(at, test)| match test {
        TestOutcome::Failed(why) if passed_once(at) => {
            TestOutcome::Failed(format!("flaky, it passes at other times: {why}"))
        }
        test => test.clone(),
    });
    told.collect()
}

/// How often the winner's tests are run again.
const REPEATS: usize = 2;

/// A function as deep as it stands in its file; `None` for one at the top.
fn wrap(language: Language, source: &str, depth: usize) -> Option<String> {
    if depth == 0 {
        return None;
    }
    match language {
        Language::Rust => {
            let outer = "mod z {\n".repeat(depth - 1);
            Some(format!("{outer}impl Z {{\n{source}\n{}", "}\n".repeat(depth)))
        }
        Language::Python => {
            let mut text = String::new();
            for level in 0..depth {
                text.push_str(&"    ".repeat(level));
                text.push_str("class Z:\n");
            }
            let indent = "    ".repeat(depth);
            text.push_str(&indent);
            text.push_str(&site::shifted(language, source, &indent));
            Some(text)
        }
    }
}

/// The function out of what was wrapped around it.
fn unwrap(language: Language, text: &str, depth: usize) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let end = match language {
        Language::Rust => lines.len().checked_sub(depth)?,
        Language::Python => lines.len(),
    };
    let inner = lines.get(depth..end)?;
    let first = inner.first()?;
    let indent = first.len() - first.trim_start().len();
    let inner = inner.join("\n") + "\n";
    Some(site::unshifted(language, &inner, indent))
}

impl ProjectRunner {
    fn one(
        &self,
        input: &[Value],
        source: &str,
        (tests, calls): (&[TestOutcome], &[CallOutcome]),
    ) -> Observation {
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
        if let Some(call) = name.strip_prefix(CALL) {
            let at = self.project.calls().iter().position(|own| own == call);
            return match at.and_then(|at| calls.get(at)) {
                Some(CallOutcome::Gave(text)) => returned(text),
                Some(CallOutcome::Stopped(kind)) => match self.language() {
                    Language::Rust => Observation::Panicked { message: String::new() },
                    Language::Python => {
                        Observation::Raised { kind: kind.clone(), message: String::new() }
                    }
                },
                Some(CallOutcome::Crashed) => Observation::Crashed { how: "ended".to_owned() },
                Some(CallOutcome::Lost) => Observation::TimedOut,
                // Where no test judges, results that nobody sees are no agreement: only texts are.
                Some(CallOutcome::Unsettled) | None if self.project.tests().is_empty() => {
                    returned(source)
                }
                // It refutes nobody.
                Some(CallOutcome::Unsettled) | None => returned("nothing that can be compared"),
            };
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
            Some(TestOutcome::Lost) => Observation::TimedOut,
            None => Observation::Crashed { how: "the test is not there any more".to_owned() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_passes_at_other_times_is_called_flaky() {
        let failed = || TestOutcome::Failed("left != right".to_owned());
        let ran = |tests: &[TestOutcome]| Attempt::Ran(tests.to_vec(), Vec::new());
        let attempts = [
            ran(&[failed(), failed(), TestOutcome::Passed]),
            ran(&[failed(), TestOutcome::Passed, TestOutcome::Passed]),
        ];
        let Attempt::Ran(tests, _) = &attempts[0] else { unreachable!() };
        let told = with_flaky(tests, &attempts);
        assert_eq!(told[0], failed());
        assert!(
            matches!(&told[1], TestOutcome::Failed(why) if why.starts_with("flaky")),
            "{told:?}"
        );
        assert_eq!(told[2], TestOutcome::Passed);
    }

    #[test]
    fn a_function_is_formatted_as_deep_as_it_stands() {
        let source = "fn f() {\n    g()\n}";
        let wrapped = wrap(Language::Rust, source, 2).unwrap();
        assert_eq!(wrapped, "mod z {\nimpl Z {\nfn f() {\n    g()\n}\n}\n}\n");
        let formatted =
            "mod z {\n    impl Z {\n        fn f() {\n            g()\n        }\n    }\n}\n";
        assert_eq!(unwrap(Language::Rust, formatted, 2).unwrap(), format!("{source}\n"));
        let source = "def f():\n    return 1\n";
        let wrapped = wrap(Language::Python, source, 1).unwrap();
        assert_eq!(wrapped, "class Z:\n    def f():\n        return 1\n");
        assert_eq!(unwrap(Language::Python, &wrapped, 1).unwrap(), source);
        let text = "def f():\n    return \"\"\"a\nb\"\"\"\n";
        let wrapped = wrap(Language::Python, text, 1).unwrap();
        assert!(wrapped.ends_with("\nb\"\"\"\n"), "{wrapped}");
        assert_eq!(unwrap(Language::Python, &wrapped, 1).unwrap(), text);
    }
}
