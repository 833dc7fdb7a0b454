//! The performance layer: what calls cost, and how that grows with their size. Main type:
//! [`Performance`].
//!
//! Costs are counted, not timed: instructions under callgrind for Rust, events of the tracer for
//! Python, which are the same in every run. What Python's tracer cannot see, work inside of C
//! functions, shows in the processor time, which is looked at beside it.
//!
//! # Invariants
//! - Counts over some sizes refute a bound or are *consistent with* it; they prove none.
//! - The code under test could tamper with its own costs: nothing is verified because of them.

use std::time::Instant;

use zerr_core::complexity::{Bound, Growth, grows};
use zerr_core::contract::Budget;
use zerr_core::inputs::{self, Input};
use zerr_core::run::call_text;
use zerr_core::spec::FunctionSpec;
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

/// Small calls that a budget is held against, beside those that grow.
const SMALL_MAX: usize = 24;

/// Characters of a call that a finding shows.
const CALL_MAX: usize = 100;

/// Calls shorter than this say more about the clock than about the function.
const NANOSECONDS_MIN: u64 = 20_000;

impl<'a> Performance<'a> {
    /// With the tools of this toolchain.
    pub fn new(toolchain: &'a Toolchain) -> Self {
        Self { toolchain }
    }

    /// Says whether the costs of the function's calls grow no faster than its spec allows, and stay
    /// within its budget; blocks.
    ///
    /// # Errors
    /// Only [`VerifyError::Cancelled`]: every other mishap is *not run*.
    pub fn check(
        &self,
        subject: &Subject<'_>,
        cancel: &Cancel,
    ) -> Result<LayerOutcome, VerifyError> {
        if !is_stated(subject.function) {
            return Ok(LayerOutcome::not_run(LayerId::Performance, NOTHING_STATED));
        }
        match self.toolchain.runner(subject.function.signature.language) {
            Ok(runner) => check(runner.as_ref(), subject, cancel).map(Costed::outcome),
            Err(error) => Ok(LayerOutcome::not_run(LayerId::Performance, told(&error))),
        }
    }
}

const NOTHING_STATED: &str = "no `complexity` and no `budget` given";

/// Whether a function's spec says anything about its costs.
pub(crate) fn is_stated(function: &FunctionSpec) -> bool {
    function.complexity.is_some() || function.budget.is_some()
}

/// What the counts say of the statements about cost: of each the finding, or why it was not judged;
/// `None` where it was not made.
#[derive(Debug, Default)]
pub(crate) struct Costed {
    pub(crate) complexity: Option<Result<Finding, String>>,
    pub(crate) budget: Option<Result<Finding, String>>,
    tool: Option<ToolVersion>,
    ms: u64,
}

impl Costed {
    /// Nothing that was stated could be judged, for the same reason.
    fn open(function: &FunctionSpec, why: &str) -> Self {
        Self {
            complexity: function.complexity.map(|_| Err(why.to_owned())),
            budget: function.budget.as_ref().map(|_| Err(why.to_owned())),
            ..Self::default()
        }
    }

    /// As one verdict: a statement that was not judged leaves the layer *not run*, unless another
    /// one is broken.
    fn outcome(self) -> LayerOutcome {
        let (mut findings, mut open) = (Vec::new(), None);
        for said in [self.complexity, self.budget].into_iter().flatten() {
            match said {
                Ok(finding) => findings.push(finding),
                Err(why) => open = open.or(Some(why)),
            }
        }
        let is_broken = findings.iter().any(|finding| finding.severity == Severity::Error);
        match open {
            Some(why) if !is_broken => LayerOutcome {
                findings,
                ms: self.ms,
                ..LayerOutcome::not_run(LayerId::Performance, why)
            },
            _ => LayerOutcome::ran(LayerId::Performance, findings, self.tool, self.ms),
        }
    }
}

/// The statements of a function about its costs, with the tools of one runner.
pub(crate) fn check(
    runner: &dyn LanguageRunner,
    subject: &Subject<'_>,
    cancel: &Cancel,
) -> Result<Costed, VerifyError> {
    let started = Instant::now();
    let function = subject.function;
    // Both growth and budget are looked at on inputs that grow.
    let sizes = function.complexity.unwrap_or(Bound::Quadratic).sizes();
    let mut sized: Vec<(u64, Input)> = sizes
        .into_iter()
        .flat_map(|size| inputs::sized(function, size).into_iter().map(move |input| (size, input)))
        .collect();
    if sized.is_empty() && function.budget.is_none() {
        let why = "`requires` or the parameters' types allow no inputs that grow";
        return Ok(Costed::open(function, why));
    }
    let growing = sized.len();
    if function.budget.is_some() {
        sized.extend(inputs::initial(function, SMALL_MAX).into_iter().map(|input| (0, input)));
    }
    let (sizes, calls): (Vec<u64>, Vec<Input>) = sized.into_iter().unzip();
    let job = ObserveJob {
        function,
        context: subject.context,
        sources: &[subject.source.to_owned()],
        inputs: &calls,
        limits: ObserveLimits { wall_ms: WALL_MS, ..ObserveLimits::default() },
    };
    let costs = match runner.costs(&job, cancel) {
        Ok(costs) => costs,
        Err(VerifyError::Cancelled) => return Err(VerifyError::Cancelled),
        Err(error) => return Ok(Costed::open(function, &told(&error))),
    };
    let sizes_growing = sizes.get(..growing).unwrap_or_default();
    Ok(Costed {
        complexity: function.complexity.map(|bound| growth(bound, sizes_growing, &costs)),
        budget: function
            .budget
            .as_ref()
            .map(|budget| kept(budget, function, &calls, &costs, |at| sizes.get(at).copied())),
        tool: Some(costs.tool),
        ms: started.elapsed().as_millis() as u64,
    })
}

/// Whether the costs grow no faster than the bound, or why nothing can be said.
fn growth(bound: Bound, sizes: &[u64], costs: &Costs) -> Result<Finding, String> {
    let layer = LayerId::Performance;
    let counts = worst(sizes, &costs.counts, 0);
    let times = worst(sizes, &costs.nanoseconds, NANOSECONDS_MIN);
    let table: Vec<String> =
        counts.iter().map(|(size, count)| format!("{count} at n = {size}")).collect();
    let seen = format!("{} {}", costs.unit, table.join(", "));
    let error = |rule: &str, message: String| Finding::error(layer, rule, message);
    Ok(match (grows(bound, &counts), grows(bound, &times)) {
        (Growth::Faster { exponent }, _) => {
            let message =
                format!("the cost grows faster than {bound}, about as n^{exponent:.2}: {seen}");
            error("complexity-exceeded", message)
                .hint("is there a loop in a loop, or a copy or a search in one?")
        }
        (Growth::TooFew, _) if counts.is_empty() => {
            return Err("no call that grows could be counted".to_owned());
        }
        (Growth::TooFew, _) => {
            return Err(format!("fewer than four sizes could be counted: {seen}"));
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
    })
}

/// Whether no call costs more than the budget allows, or why nothing can be said.
fn kept(
    budget: &Budget,
    function: &FunctionSpec,
    calls: &[Input],
    costs: &Costs,
    size: impl Fn(usize) -> Option<u64>,
) -> Result<Finding, String> {
    let (mut undefined, mut uncounted) = (None, None);
    let mut judged: Vec<(usize, u64, u64)> = Vec::new();
    for (at, args) in calls.iter().enumerate() {
        match (costs.counts.get(at).copied().flatten(), budget.allows(args)) {
            (Some(count), Ok(allowed)) => judged.push((at, count, allowed)),
            (_, Err(why)) => undefined = undefined.or(Some((at, why))),
            (None, Ok(_)) => uncounted = uncounted.or(Some(at)),
        }
    }
    let told = |at: usize| {
        let call = calls.get(at).map(|args| call_text(function, args)).unwrap_or_default();
        match size(at) {
            Some(size) if call.chars().count() > CALL_MAX => format!("a call of size {size}"),
            _ => format!("`{call}`"),
        }
    };
    let over = |(_, count, allowed): &&(usize, u64, u64)| count > allowed;
    let unit = costs.unit;
    // The cheapest call that breaks it is the simplest to look at.
    if let Some((at, count, allowed)) = judged.iter().filter(over).min_by_key(|one| one.1) {
        let broken = judged.iter().filter(over).count();
        let message = format!(
            "{} costs {count} {unit}, the budget `{budget}` allows {allowed} ({broken} of {} calls \
             are over it)",
            told(*at),
            judged.len()
        );
        return Ok(Finding::error(LayerId::Performance, "budget-exceeded", message));
    }
    // What was not judged is not kept.
    if let Some((at, why)) = undefined {
        return Err(format!("`{budget}` has no value for {}: {why}", told(at)));
    }
    if let Some(at) = uncounted {
        let why = "it stops or takes too long; say in `requires` which calls count";
        return Err(format!("{} could not be counted: {why}", told(at)));
    }
    let share = |count: u64, allowed: u64| 100.0 * count as f64 / (allowed as f64).max(1.0);
    let nearest = judged.iter().map(|(at, count, allowed)| (*at, share(*count, *allowed)));
    match nearest.max_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((at, share)) => {
            let message = format!(
                "{} calls stay within `{budget}`; the nearest to it, {}, takes {share:.0} % of it",
                judged.len(),
                told(at)
            );
            let note = Finding::error(LayerId::Performance, "budget-kept", message);
            Ok(note.severity(Severity::Note))
        }
        None => Err("no call could be counted".to_owned()),
    }
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
    use zerr_core::contract::parse_budget;
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

    fn budgeted(budget: &str, complexity: Option<Bound>) -> LayerOutcome {
        let mut function =
            from_signature(Language::Python, "def pairs(xs: list[int]) -> int").unwrap();
        function.budget = Some(parse_budget(budget, &function.scope_before()).unwrap());
        function.complexity = complexity;
        let subject = Subject { function: &function, context: &[], source: PAIRS };
        Performance::new(toolchain()).check(&subject, &Cancel::new()).unwrap()
    }

    #[test]
    fn a_budget_is_kept_or_broken_by_a_call_that_is_shown() {
        let kept = budgeted("60 * len(xs) * len(xs) + 80 events", None);
        assert_eq!(
            (rule(&kept), &kept.verdict),
            ("budget-kept", &LayerVerdict::Passed),
            "{kept:?}"
        );
        let broken = budgeted("60 * len(xs) + 80 events", None);
        assert_eq!((rule(&broken), &broken.verdict), ("budget-exceeded", &LayerVerdict::Failed));
        let said = &broken.findings[0].message;
        assert!(said.contains("events, the budget `60 * len(xs) + 80 events` allows"), "{said}");
        // Small calls count too: an empty list costs something.
        let none = budgeted("60 * len(xs) * len(xs) events", None);
        assert!(none.findings[0].message.starts_with("`pairs([])` costs"), "{none:?}");
    }

    #[test]
    fn what_was_not_judged_hides_no_broken_statement_and_is_not_passed() {
        // For the empty list alone.
        let undefined = "90000000000 // len(xs) events";
        let open = budgeted(undefined, Some(Bound::Quadratic));
        assert!(matches!(&open.verdict, LayerVerdict::NotRun { why } if why.contains("no value")));
        assert_eq!(rule(&open), "complexity-consistent");
        let stops = from_signature(Language::Python, "def pairs(n: int) -> int").unwrap();
        let mut function = FunctionSpec { complexity: None, ..stops };
        let budget = parse_budget("50 * abs(n) + 900 events", &function.scope_before()).unwrap();
        function.budget = Some(budget);
        let source =
            "def pairs(n: int) -> int:\n    if n > 100:\n        raise ValueError\n    return n\n";
        let subject = Subject { function: &function, context: &[], source };
        let late = Performance::new(toolchain()).check(&subject, &Cancel::new()).unwrap();
        assert!(matches!(&late.verdict, LayerVerdict::NotRun { .. }), "{late:?}");
        let broken = budgeted(undefined, Some(Bound::Linear));
        assert_eq!(broken.verdict, LayerVerdict::Failed, "{broken:?}");
    }

    #[test]
    fn the_worst_call_of_a_size_counts_and_one_that_did_not_end_leaves_its_size_out() {
        let sizes = [4, 4, 8, 8, 16];
        let counts = [Some(1), Some(3), Some(5), None, Some(9)];
        assert_eq!(worst(&sizes, &counts, 0), [(4, 3), (16, 9)]);
        assert_eq!(worst(&sizes, &counts, 4), [(16, 9)]);
    }
}
