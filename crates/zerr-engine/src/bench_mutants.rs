//! Mutants of reference solutions, and whether they are wrong: [`Reference`].
//!
//! # Invariants
//! The inputs that decide what is wrong are those of the data set; no layer sees them.

use serde::Deserialize;
use serde_json::Value as Json;
use zerr_core::trial::{Trial, trials};
use zerr_core::value::Value;
use zerr_exec::Cancel;
use zerr_syntax::Language;
use zerr_syntax::literal::{self, Literal};
use zerr_syntax::mutate;
use zerr_verify::{ObserveJob, ObserveLimits, Observed};

use crate::engine::Engine;
use crate::error::EngineError;

/// One line of a data set in the form of `HumanEval+`.
#[derive(Clone, Debug, Deserialize)]
pub struct Reference {
    /// Its name.
    pub task_id: String,
    /// The head of the function with its documentation.
    #[serde(default)]
    pub prompt: String,
    /// The function that is meant.
    pub entry_point: String,
    /// A body that is right.
    #[serde(default)]
    pub canonical_solution: String,
    /// Arguments of calls.
    #[serde(default)]
    pub base_input: Json,
    /// More of them.
    #[serde(default)]
    pub plus_input: Json,
    /// Assertions on `candidate`, where a data set has those and no right body.
    #[serde(default)]
    pub test: Option<String>,
    /// How far floats may be apart.
    #[serde(default)]
    pub atol: f64,
}

/// A reference and its mutants as files of their own.
#[derive(Clone, Debug)]
pub struct Mutated {
    /// The file with the right solution.
    pub original: String,
    /// A file and what was changed in it.
    pub mutants: Vec<(String, String)>,
}

/// Inputs of a task that are run at most.
const INPUTS_MAX: usize = 200;

/// Contracts that somebody wrote for a task, as lines of documentation.
fn with_lines(prompt: &str, lines: &[String]) -> String {
    let end = prompt.rfind("\"\"\"").or_else(|| prompt.rfind("'''"));
    match end {
        Some(end) if !lines.is_empty() => {
            let (head, tail) = prompt.split_at(end);
            format!("{}\n    {}\n    {tail}", head.trim_end(), lines.join("\n    "))
        }
        _ => prompt.to_owned(),
    }
}

impl Reference {
    /// The files; `None` where zerr cannot read the function. `max` is of mutants.
    pub fn mutated(&self, contracts: &[String], max: usize) -> Option<Mutated> {
        let prompt = with_lines(&self.prompt, contracts);
        let original = format!("{prompt}{}", self.canonical_solution);
        let (written, _) = zerr_syntax::holes::written(Language::Python, &original);
        let own = written.into_iter().find(|one| one.function.name == self.entry_point)?;
        let mutants = mutate::mutants(Language::Python, &own.source, max);
        let mutants = mutants
            .into_iter()
            .map(|mutant| (original.replacen(&own.source, &mutant.source, 1), mutant.what))
            .collect();
        Some(Mutated { original, mutants })
    }

    fn trial(&self, text: &str) -> Option<Trial> {
        let found = trials(Language::Python, "a.py", text);
        found.into_iter().find(|trial| trial.function.name == self.entry_point)
    }

    /// The arguments of the data set's calls, as far as they are of the function's types.
    fn inputs(&self, trial: &Trial) -> Vec<Vec<Value>> {
        let rows = [&self.base_input, &self.plus_input].into_iter().filter_map(Json::as_array);
        rows.flatten()
            .filter_map(|row| {
                let args = row.as_array()?;
                let typed = args.iter().zip(&trial.function.params);
                if args.len() != trial.function.params.len() {
                    return None;
                }
                typed
                    .map(|(arg, (_, ty))| zerr_core::literal::value(&literal_of(arg)?, ty).ok())
                    .collect()
            })
            .take(INPUTS_MAX)
            .collect()
    }
}

pub(crate) fn literal_of(json: &Json) -> Option<Literal> {
    literal::parse(Language::Python, &python(json)).ok()
}

/// JSON as Python writes it.
fn python(json: &Json) -> String {
    match json {
        Json::Null => "None".to_owned(),
        Json::Bool(truth) => if *truth { "True" } else { "False" }.to_owned(),
        Json::Array(items) => {
            format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", "))
        }
        Json::Object(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| format!("{key:?}: {}", python(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

impl Engine {
    /// Which mutants do something else than the right solution on the data set's inputs; `None`
    /// where that cannot be seen.
    ///
    /// # Errors
    /// What keeps calls from being made.
    pub fn wrong_mutants(
        &self,
        reference: &Reference,
        mutated: &Mutated,
    ) -> Result<Option<Vec<bool>>, EngineError> {
        let Some(trial) = reference.trial(&mutated.original) else { return Ok(None) };
        let inputs = reference.inputs(&trial);
        if inputs.is_empty() {
            return Ok(None);
        }
        let sources: Vec<String> = std::iter::once(&mutated.original)
            .chain(mutated.mutants.iter().map(|(text, _)| text))
            .cloned()
            .collect();
        let limits = ObserveLimits { call_ms: 300, ..ObserveLimits::default() };
        let job = ObserveJob {
            function: &trial.function,
            context: &[],
            sources: &sources,
            inputs: &inputs,
            limits,
        };
        let observed = self.toolchain.runner(Language::Python)?.observe(&job, &Cancel::new())?;
        let mut ran = observed.iter().map(Observed::observations);
        let Some(Some(own)) = ran.next() else { return Ok(None) };
        let is_wrong = |seen: Option<&[zerr_core::observe::Observation]>| {
            seen.is_none_or(|seen| {
                own.iter().zip(seen).any(|(a, b)| a.is_settled() && a.key() != b.key())
            })
        };
        Ok(Some(ran.map(is_wrong).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contracts_stand_at_the_end_of_the_documentation() {
        let prompt =
            "def f(x: int) -> int:\n    \"\"\" Doubles.\n    >>> f(1)\n    2\n    \"\"\"\n";
        let reference = Reference {
            task_id: "t".to_owned(),
            prompt: prompt.to_owned(),
            entry_point: "f".to_owned(),
            canonical_solution: "    return 2 * x\n".to_owned(),
            base_input: serde_json::json!([[3], ["no"], [1, 2]]),
            plus_input: Json::Null,
            test: None,
            atol: 0.0,
        };
        let contracts = ["ensures: result == x + x".to_owned()];
        let mutated = reference.mutated(&contracts, 8).unwrap();
        assert!(mutated.mutants.len() >= 2, "{mutated:?}");
        let trial = reference.trial(&mutated.original).unwrap();
        assert_eq!(trial.function.ensures.len(), 1);
        assert_eq!(reference.inputs(&trial).len(), 1, "the others are not of its type");
        assert!(mutated.mutants.iter().all(|(text, _)| text.contains("ensures: ")));
    }
}
