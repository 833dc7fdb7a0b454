//! How long observing takes: [`bench_fingerprint`], behind `cargo zerr bench fingerprint`.

use std::collections::BTreeSet;
use std::time::Instant;

use zerr_core::observe::Observation;
use zerr_core::spec::FunctionSpec;
use zerr_core::ty::lower;
use zerr_core::value::{IntKind, Value};
use zerr_exec::Cancel;
use zerr_syntax::{Language, signature};

use crate::{ObserveJob, ObserveLimits, Observed, Toolchain, VerifyError};

/// Wall clock of some observations, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BenchReport {
    /// Candidates in a batch.
    pub candidates: usize,
    /// Inputs that each is called on.
    pub inputs: usize,
    /// One Rust candidate, compiled and run.
    pub rust_one_ms: f64,
    /// All Rust candidates, compiled and run.
    pub rust_all_ms: f64,
    /// All Python candidates.
    pub python_all_ms: f64,
}

impl BenchReport {
    /// How much more all Rust candidates take than one.
    pub fn rust_ratio(&self) -> f64 {
        self.rust_all_ms / self.rust_one_ms
    }
}

/// Times 100 candidates on 64 inputs in each language, and one in Rust. What is done once a
/// process is done before.
///
/// # Errors
/// As [`crate::LanguageRunner::observe`]; also when not every candidate answers every input,
/// because then the time says nothing.
pub fn bench_fingerprint(
    toolchain: &Toolchain,
    cancel: &Cancel,
) -> Result<BenchReport, VerifyError> {
    const CANDIDATES: usize = 100;
    const INPUTS: usize = 64;
    let rust = |count| time(toolchain, Language::Rust, count, INPUTS, cancel);
    toolchain.runner(Language::Rust)?.prepare(cancel)?;
    let rust_one_ms = rust(1)?.min(rust(1)?);
    Ok(BenchReport {
        candidates: CANDIDATES,
        inputs: INPUTS,
        rust_one_ms,
        rust_all_ms: rust(CANDIDATES)?,
        python_all_ms: time(toolchain, Language::Python, CANDIDATES, INPUTS, cancel)?,
    })
}

fn time(
    toolchain: &Toolchain,
    language: Language,
    candidates: usize,
    inputs: usize,
    cancel: &Cancel,
) -> Result<f64, VerifyError> {
    let function = function(language)?;
    let sources: Vec<String> = (0..candidates).map(|number| source(language, number)).collect();
    let number = |number: usize| match language {
        Language::Rust => Value::int(IntKind::I64, number),
        Language::Python => Value::int(IntKind::Big, number),
    };
    let inputs: Vec<Vec<Value>> = (0..inputs)
        .map(|input| {
            vec![
                Value::str("ab c".repeat(input % 5)),
                Value::List((0..input).map(number).collect()),
            ]
        })
        .collect();
    let runner = toolchain.runner(language)?;
    let job = ObserveJob {
        function: &function,
        context: &[],
        sources: &sources,
        inputs: &inputs,
        limits: ObserveLimits::default(),
    };
    let started = Instant::now();
    let observed = runner.observe(&job, cancel)?;
    let ms = started.elapsed().as_secs_f64() * 1_000.0;
    let answered = |observed: &Observed| {
        observed.observations().is_some_and(|all| all.iter().all(Observation::is_settled))
    };
    match observed.iter().position(|observed| !answered(observed)) {
        Some(at) => Err(VerifyError::BadJob(format!(
            "candidate {at} does not answer: {:?}",
            observed.get(at)
        ))),
        None => Ok(ms),
    }
}

fn function(language: Language) -> Result<FunctionSpec, VerifyError> {
    let text = match language {
        Language::Rust => "fn score(text: &str, numbers: &[i64]) -> Vec<i64>",
        Language::Python => "def score(text: str, numbers: list[int]) -> list[int]:",
    };
    from_signature(language, text)
}

fn source(language: Language, number: usize) -> String {
    match language {
        Language::Rust => format!(
            "fn score(text: &str, numbers: &[i64]) -> Vec<i64> {{
    let words = text.split_whitespace().count() as i64;
    let mut scores = Vec::new();
    for (position, number) in numbers.iter().enumerate() {{
        if number % 3 == {} {{
            scores.push(number * words + position as i64);
        }}
    }}
    scores.sort();
    scores
}}",
            number % 3
        ),
        Language::Python => format!(
            "def score(text: str, numbers: list[int]) -> list[int]:
    words = len(text.split())
    scores = []
    for position, number in enumerate(numbers):
        if number % 3 == {}:
            scores.append(number * words + position)
    return sorted(scores)",
            number % 3
        ),
    }
}

/// A function of which nothing but the signature is said.
pub(crate) fn from_signature(language: Language, text: &str) -> Result<FunctionSpec, VerifyError> {
    let signature =
        signature::parse(language, text).map_err(|error| VerifyError::BadJob(error.to_string()))?;
    Ok(FunctionSpec {
        name: signature.name.clone(),
        params: signature
            .params
            .iter()
            .map(|param| (param.name.clone(), lower(language, &param.ty)))
            .collect(),
        returns: lower(language, &signature.returns),
        signature,
        description: String::new(),
        examples: Vec::new(),
        requires: Vec::new(),
        ensures: Vec::new(),
        properties: Vec::new(),
        complexity: None,
        budget: None,
        capabilities: BTreeSet::new(),
        forbidden: Vec::new(),
        depends_on: Vec::new(),
        in_project: None,
        unread: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_candidates_cost_a_few_times_one() {
        let report = bench_fingerprint(crate::testing::toolchain(), &Cancel::new()).unwrap();
        // The figure to reach is 5; other tests run beside this one.
        assert!(report.rust_ratio() < 15.0, "{report:?}");
    }
}
