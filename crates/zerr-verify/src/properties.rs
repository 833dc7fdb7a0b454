//! The properties layer: what a spec states, tried on many drawn calls. Main type: [`Properties`].
//!
//! Drawing, judging and making simple are `zerr_core::properties`; here the calls are made. Both
//! languages are tried by the same code, and what is stated never enters the process of the code
//! it is about.

use std::time::Instant;

use zerr_core::inputs::Input;
use zerr_core::observe::Observation;
use zerr_core::properties::{self, Drawn};
use zerr_core::spec::FunctionSpec;
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Severity};
use zerr_exec::Cancel;

use crate::{ObserveJob, ObserveLimits, Observed, Subject, Toolchain, VerifyError};

/// Calls that are drawn.
pub(crate) const DRAWS: usize = 256;

/// Drawn arguments may be large: a call that takes its time says nothing about a property.
const CALL_MS: u64 = 250;

/// The layer that speaks of drawn calls.
#[derive(Debug, Clone, Copy)]
pub struct Properties<'a> {
    toolchain: &'a Toolchain,
}

impl<'a> Properties<'a> {
    /// With the tools of this toolchain.
    pub fn new(toolchain: &'a Toolchain) -> Self {
        Self { toolchain }
    }

    /// Looks for calls that break what the function's spec states; blocks.
    ///
    /// # Errors
    /// Only [`VerifyError::Cancelled`]: every other mishap is *not run*.
    pub fn check(
        &self,
        subject: &Subject<'_>,
        cancel: &Cancel,
    ) -> Result<LayerOutcome, VerifyError> {
        let started = Instant::now();
        let function = subject.function;
        if !properties::has_statements(function) {
            let why = "no `ensures` and no `properties` given";
            return Ok(LayerOutcome::not_run(LayerId::Properties, why));
        }
        let mut observe = |inputs: &[Input]| self.observe(subject, inputs, cancel);
        let drawn = properties::refute(function, DRAWS, &mut observe);
        let ms = started.elapsed().as_millis() as u64;
        match drawn {
            Ok(drawn) => Ok(outcome(function, &drawn, ms)),
            Err(VerifyError::Cancelled) => Err(VerifyError::Cancelled),
            Err(error) => {
                Ok(LayerOutcome { ms, ..LayerOutcome::not_run(LayerId::Properties, told(&error)) })
            }
        }
    }

    fn observe(
        self,
        subject: &Subject<'_>,
        inputs: &[Input],
        cancel: &Cancel,
    ) -> Result<Vec<Observation>, VerifyError> {
        let runner = self.toolchain.runner(subject.function.signature.language)?;
        let job = ObserveJob {
            function: subject.function,
            context: subject.context,
            sources: &[subject.source.to_owned()],
            inputs,
            limits: limits(),
        };
        match runner.observe(&job, cancel)?.into_iter().next() {
            Some(Observed::Ran(all)) => Ok(all),
            Some(Observed::Rejected { message, .. }) => Err(VerifyError::BadJob(message)),
            None => Err(VerifyError::BadJob("no call was made".to_owned())),
        }
    }
}

/// Bounds on drawn calls.
pub(crate) fn limits() -> ObserveLimits {
    ObserveLimits { call_ms: CALL_MS, lost_max: 4, wall_ms: 60_000, ..ObserveLimits::default() }
}

/// An error with its hint.
pub(crate) fn told(error: &VerifyError) -> String {
    match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    }
}

fn outcome(function: &FunctionSpec, drawn: &Drawn, ms: u64) -> LayerOutcome {
    let mut findings: Vec<Finding> =
        findings(function, drawn).into_iter().map(|(finding, _)| finding).collect();
    if drawn.judged == 0 && drawn.misfit.is_none() {
        let why = "no drawn call could be judged by what the spec states";
        return LayerOutcome { findings, ms, ..LayerOutcome::not_run(LayerId::Properties, why) };
    }
    if drawn.broken.is_empty() && drawn.misfit.is_none() {
        let statements = function.ensures.len() + function.properties.len() - drawn.undecided.len();
        let what = if statements == 1 { "1 statement" } else { "statements" };
        let count = if statements == 1 { String::new() } else { format!("{statements} ") };
        let message = format!("{count}{what} held on {} drawn calls", drawn.judged);
        findings
            .push(Finding::error(LayerId::Properties, "held", message).severity(Severity::Note));
    }
    LayerOutcome::ran(LayerId::Properties, findings, None, ms)
}

/// What broke, what no call decided, and what stopped, each with the number of its statement.
pub(crate) fn findings(function: &FunctionSpec, drawn: &Drawn) -> Vec<(Finding, Option<usize>)> {
    let error = |rule: &str, message: String| Finding::error(LayerId::Properties, rule, message);
    let mut found: Vec<(Finding, Option<usize>)> = drawn
        .broken
        .iter()
        .map(|broken| {
            let seen = broken.seen.join(", ");
            let message = format!("`{}` does not hold: {seen}", broken.statement);
            let hint = "the simplest call that was found; `requires` allows it";
            let mut found = error("property-violated", message).hint(hint);
            for seen in &broken.seen {
                found = found.related(seen.as_str(), None);
            }
            (found, Some(broken.number))
        })
        .collect();
    found.extend(drawn.undecided.iter().map(|(number, statement)| {
        let message = format!("`{statement}` was decided by no call");
        (error("property-undecided", message).severity(Severity::Warning), Some(*number))
    }));
    if let Some((call, what)) = &drawn.misfit {
        let message = format!("{call} gives {what}, which is no {}", function.returns);
        found.push((error("result-of-another-type", message), None));
    }
    if let Some((call, how)) = &drawn.stopped {
        let hint = format!(
            "rule it out with a `requires`, or show with an example of `{}` that it stops",
            function.name
        );
        let message = format!("{call} {how}");
        let stops = error("call-stops", message).severity(Severity::Warning).hint(hint);
        found.push((stops, None));
    }
    found
}

#[cfg(test)]
mod tests {
    use zerr_core::contract;
    use zerr_core::verdict::LayerVerdict;
    use zerr_syntax::Language;

    use super::*;
    use crate::bench::from_signature;
    use crate::testing::toolchain;

    fn check(
        language: Language,
        signature: &str,
        source: &str,
        ensures: &[&str],
        properties: &[&str],
    ) -> LayerOutcome {
        let mut function = from_signature(language, signature).unwrap();
        let scope = function.scope_after();
        function.ensures =
            ensures.iter().map(|text| contract::parse(text, &scope).unwrap()).collect();
        let parse = |text: &&str| contract::parse_property(text, &scope, &function.name).unwrap();
        function.properties = properties.iter().map(parse).collect();
        let subject = Subject { function: &function, context: &[], source };
        Properties::new(toolchain()).check(&subject, &Cancel::new()).unwrap()
    }

    const RUST: &str = "fn merged(a: &[i64], b: &[i64]) -> Vec<i64> {
    let mut all: Vec<i64> = a.iter().chain(b).copied().collect();
    all.sort();
    all
}
";

    #[test]
    fn a_law_that_holds_is_told_with_the_number_of_calls() {
        let outcome = check(
            Language::Rust,
            "fn merged(a: &[i64], b: &[i64]) -> Vec<i64>",
            RUST,
            &["is_sorted(result)"],
            &["merged(b, a) == result", "len(merged(result, [])) == len(a) + len(b)"],
        );
        assert_eq!(outcome.verdict, LayerVerdict::Passed, "{outcome:?}");
        let said = &outcome.findings[0].message;
        assert!(said.starts_with("3 statements held on 2"), "{said}");
    }

    #[test]
    fn a_law_that_does_not_hold_is_refuted_by_a_call_that_can_be_pasted() {
        let source = "def unique(xs: list[int]) -> list[int]:
    out = []
    for x in xs:
        if not out or out[-1] != x:
            out.append(x)
    return out
";
        let outcome = check(
            Language::Python,
            "def unique(xs: list[int]) -> list[int]",
            source,
            &[],
            &["all(x in result: count(result, x) == 1)"],
        );
        assert_eq!(outcome.verdict, LayerVerdict::Failed, "{outcome:?}");
        let finding = &outcome.findings[0];
        assert_eq!(finding.rule, "property-violated");
        // Three items, the middle one different, all as small as they get.
        let said = finding.message.split("does not hold: ").nth(1).unwrap();
        assert!(
            ["unique([0, 1, 0]) gives [0, 1, 0]", "unique([1, 0, 1]) gives [1, 0, 1]"]
                .contains(&said),
            "{said}"
        );
    }

    #[test]
    fn without_a_statement_the_layer_did_not_run() {
        let source = "def f(x: int) -> int:\n    return x\n";
        let outcome = check(Language::Python, "def f(x: int) -> int", source, &[], &[]);
        assert!(matches!(outcome.verdict, LayerVerdict::NotRun { .. }), "{outcome:?}");
    }
}
