//! The performance layer: how the cost of calls grows with their size. Main type: [`Performance`].
//!
//! Costs are counted, not timed: instructions under callgrind for Rust, events of the tracer for
//! Python, which are the same in every run. What Python's tracer cannot see, work inside of C
//! functions, shows in the processor time, which is looked at beside it.
//!
//! # Invariants
//! - Counts over some sizes refute a bound or are *consistent with* it; they prove none.
//! - The code under test could tamper with its own costs: nothing is verified because of them.

use std::time::Instant;

use zerr_core::complexity::{Growth, grows};
use zerr_core::inputs::{self, Input};
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, Severity, ToolVersion};
use zerr_exec::Cancel;

use crate::properties::told;
use crate::{LanguageRunner, ObserveJob, ObserveLimits, Subject, Toolchain, VerifyError};

/// What calls cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Costs {
    /// Such as `instructions`.
    pub unit: &'static str,
    /// What counted them.
    pub tool: ToolVersion,
    /// One a call, in order; `None` where it did not end, or stopped.
    pub counts: Vec<Option<u64>>,
    /// Processor time in nanoseconds, the least of several calls; empty where the counts see
    /// everything.
    pub nanoseconds: Vec<Option<u64>>,
}

/// The layer that counts.
#[derive(Debug, Clone, Copy)]
pub struct Performance<'a> {
    toolchain: &'a Toolchain,
}

/// All calls of a function together.
const WALL_MS: u64 = 30_000;

/// Calls shorter than this say more about the clock than about the function.
const NANOSECONDS_MIN: u64 = 20_000;

impl<'a> Performance<'a> {
    /// With the tools of this toolchain.
    pub fn new(toolchain: &'a Toolchain) -> Self {
        Self { toolchain }
    }

    /// Says whether the costs of the function's calls grow no faster than its spec allows; blocks.
    ///
    /// # Errors
    /// Only [`VerifyError::Cancelled`]: every other mishap is *not run*.
    pub fn check(
        &self,
        subject: &Subject<'_>,
        cancel: &Cancel,
    ) -> Result<LayerOutcome, VerifyError> {
        let layer = LayerId::Performance;
        if subject.function.complexity.is_none() {
            return Ok(LayerOutcome::not_run(layer, "no `complexity` given"));
        }
        match self.toolchain.runner(subject.function.signature.language) {
            Ok(runner) => check(runner.as_ref(), subject, cancel),
            Err(error) => Ok(LayerOutcome::not_run(layer, told(&error))),
        }
    }
}

/// The layer with the tools of one runner.
pub(crate) fn check(
    runner: &dyn LanguageRunner,
    subject: &Subject<'_>,
    cancel: &Cancel,
) -> Result<LayerOutcome, VerifyError> {
    let started = Instant::now();
    let layer = LayerId::Performance;
    let Some(bound) = subject.function.complexity else {
        return Ok(LayerOutcome::not_run(layer, "no `complexity` given"));
    };
    let sized: Vec<(u64, Input)> = bound
        .sizes()
        .into_iter()
        .flat_map(|size| {
            inputs::sized(subject.function, size).into_iter().map(move |input| (size, input))
        })
        .collect();
    let calls: Vec<Input> = sized.iter().map(|(_, input)| input.clone()).collect();
    let sizes: Vec<u64> = sized.iter().map(|(size, _)| *size).collect();
    if sizes.is_empty() {
        let why = "`requires` or the parameters' types allow no inputs that grow";
        return Ok(LayerOutcome::not_run(layer, why));
    }
    let job = ObserveJob {
        function: subject.function,
        context: subject.context,
        sources: &[subject.source.to_owned()],
        inputs: &calls,
        limits: ObserveLimits { wall_ms: WALL_MS, ..ObserveLimits::default() },
    };
    let costs = match runner.costs(&job, cancel) {
        Ok(costs) => costs,
        Err(VerifyError::Cancelled) => return Err(VerifyError::Cancelled),
        Err(error) => return Ok(LayerOutcome::not_run(layer, told(&error))),
    };
    let ms = started.elapsed().as_millis() as u64;
    let counts = worst(&sizes, &costs.counts, 0);
    let times = worst(&sizes, &costs.nanoseconds, NANOSECONDS_MIN);
    let table: Vec<String> =
        counts.iter().map(|(size, count)| format!("{count} at n = {size}")).collect();
    let seen = format!("{} {}", costs.unit, table.join(", "));
    let error = |rule: &str, message: String| Finding::error(layer, rule, message);
    let finding = match (grows(bound, &counts), grows(bound, &times)) {
        (Growth::Faster { exponent }, _) => {
            let message =
                format!("the cost grows faster than {bound}, about as n^{exponent:.2}: {seen}");
            error("complexity-exceeded", message)
                .hint("is there a loop in a loop, or a copy or a search in one?")
        }
        (Growth::TooFew, _) => {
            let why = format!("fewer than four sizes could be counted: {seen}");
            return Ok(LayerOutcome { ms, ..LayerOutcome::not_run(layer, why) });
        }
        // Time is noisy: it is told, and refutes nothing.
        (Growth::Consistent { .. }, Growth::Faster { exponent }) => {
            let message = format!(
                "the events are consistent with {bound}, the processor time grows about as \
                 n^{exponent:.2}: {}",
                times
                    .iter()
                    .map(|(size, ns)| format!("{} µs at n = {size}", ns / 1_000))
                    .collect::<Vec<_>>()
                    .join(", ")
            );
            error("complexity-in-builtins", message)
                .severity(Severity::Warning)
                .hint("a search in a list, or a copy of it, is work that no event shows")
        }
        (Growth::Consistent { exponent }, _) => {
            let message = format!("consistent with {bound}, about n^{exponent:.2}: {seen}");
            error("complexity-consistent", message).severity(Severity::Note)
        }
    };
    Ok(LayerOutcome::ran(layer, vec![finding], Some(costs.tool), ms))
}

/// For each size the most that a call of that size cost, where all of them were counted.
fn worst(sizes: &[u64], counts: &[Option<u64>], least: u64) -> Vec<(u64, u64)> {
    let mut found: Vec<(u64, Option<u64>)> = Vec::new();
    for (size, count) in sizes.iter().zip(counts) {
        match found.last_mut() {
            Some((last, most)) if last == size => {
                *most = (*most).max(*count).filter(|_| most.is_some() && count.is_some());
            }
            _ => found.push((*size, *count)),
        }
    }
    let counted = found.into_iter().filter_map(|(size, most)| Some((size, most?)));
    counted.filter(|(_, most)| *most >= least).collect()
}

#[cfg(test)]
mod tests {
    use zerr_core::complexity::Bound;
    use zerr_core::verdict::LayerVerdict;
    use zerr_syntax::Language;

    use super::*;
    use crate::bench::from_signature;
    use crate::testing::toolchain;

    fn check(language: Language, signature: &str, source: &str, bound: Bound) -> LayerOutcome {
        let mut function = from_signature(language, signature).unwrap();
        function.complexity = Some(bound);
        let subject = Subject { function: &function, context: &[], source };
        Performance::new(toolchain()).check(&subject, &Cancel::new()).unwrap()
    }

    fn rule(outcome: &LayerOutcome) -> &str {
        outcome.findings.first().map_or("none", |finding| finding.rule.as_str())
    }

    const PAIRS: &str = "def pairs(xs: list[int]) -> int:
    count = 0
    for i in range(len(xs)):
        for j in range(i):
            if xs[i] == xs[j]:
                count += 1
    return count
";

    #[test]
    fn python_events_tell_a_loop_in_a_loop_from_a_loop() {
        let signature = "def pairs(xs: list[int]) -> int";
        let nested = check(Language::Python, signature, PAIRS, Bound::Linear);
        assert_eq!(
            (rule(&nested), &nested.verdict),
            ("complexity-exceeded", &LayerVerdict::Failed)
        );
        let allowed = check(Language::Python, signature, PAIRS, Bound::Quadratic);
        assert_eq!(rule(&allowed), "complexity-consistent", "{allowed:?}");
    }

    #[test]
    fn work_inside_of_builtins_shows_in_the_time_and_refutes_nothing() {
        let source = "def odd(xs: list[int]) -> int:
    return sum(1 for x in xs if xs.count(x) % 2)
";
        let outcome =
            check(Language::Python, "def odd(xs: list[int]) -> int", source, Bound::Linear);
        assert_ne!(outcome.verdict, LayerVerdict::Failed, "{outcome:?}");
    }

    /// Where valgrind is not installed the layer has to say so.
    #[test]
    fn rust_instructions_are_counted_where_callgrind_is() {
        let source = "fn pairs(xs: &[i64]) -> usize {
    let mut count = 0;
    for i in 0..xs.len() {
        for j in 0..i {
            if xs[i] == xs[j] {
                count += 1;
            }
        }
    }
    count
}
";
        let signature = "fn pairs(xs: &[i64]) -> usize";
        let outcome = check(Language::Rust, signature, source, Bound::Linear);
        match toolchain().valgrind {
            Ok(_) => assert_eq!(rule(&outcome), "complexity-exceeded", "{outcome:?}"),
            Err(_) => match &outcome.verdict {
                LayerVerdict::NotRun { why } => assert!(why.contains("apt-get"), "{why}"),
                other => panic!("{other:?}"),
            },
        }
        let outcome = check(Language::Rust, signature, source, Bound::Quadratic);
        assert_ne!(outcome.verdict, LayerVerdict::Failed, "{outcome:?}");
    }

    #[test]
    fn the_worst_call_of_a_size_counts_and_one_that_did_not_end_leaves_its_size_out() {
        let sizes = [4, 4, 8, 8, 16];
        let counts = [Some(1), Some(3), Some(5), None, Some(9)];
        assert_eq!(worst(&sizes, &counts, 0), [(4, 3), (16, 9)]);
        assert_eq!(worst(&sizes, &counts, 4), [(16, 9)]);
    }
}
