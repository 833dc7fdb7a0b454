//! The assembled file of each language, checked once more as a whole. Main type: [`Assembled`].
//!
//! # Invariants
//! What is checked is the text that would be written, formatting included: nothing is changed
//! after the last check.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use zerr_syntax::Language;

use crate::inputs::{self, Input};
use crate::observe::Outcome;
use crate::plan::StepKind;
use crate::run::config::Completeness;
use crate::run::oracle::Judge;
use crate::run::{Finished, WholeAction};
use crate::spec::FunctionSpec;
use crate::verdict::{LayerOutcome, Verdict};

/// A file that was assembled and checked. Only a run makes one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Assembled {
    /// Its language.
    pub language: Language,
    /// The names of the functions in it.
    pub functions: Vec<String>,
    /// What would be written.
    pub text: String,
    /// What follows from its steps and its own checks.
    pub whole: WholeVerdict,
    /// What the layers said of it.
    pub layers: Vec<LayerOutcome>,
}

/// What is said of an assembled file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WholeVerdict {
    /// The worst verdict among its steps; the whole was not refuted.
    Stands(Verdict),
    /// The parts passed and the whole did not.
    Refuted {
        /// What refuted it.
        why: String,
    },
}

#[derive(Clone, Debug)]
struct Wanted {
    language: Language,
    functions: Vec<Arc<FunctionSpec>>,
    text: String,
    worst: Verdict,
    asked: bool,
}

/// All files of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Wholes {
    planned: bool,
    wanted: Vec<Wanted>,
    done: Vec<Assembled>,
}

impl Wholes {
    /// A run that was stopped or failed has no files: what it lacks is not made up.
    pub(super) fn give_up(&mut self) {
        self.planned = true;
        self.wanted.clear();
    }

    /// Decides which files there will be, once every step is final.
    pub(super) fn plan(&mut self, finished: &BTreeMap<u64, Finished>, completeness: Completeness) {
        if std::mem::replace(&mut self.planned, true) {
            return;
        }
        for language in Language::ALL {
            let steps: Vec<(&Arc<FunctionSpec>, &Finished)> = finished
                .values()
                .filter_map(|step| match &step.kind {
                    StepKind::Function(function) if function.signature.language == language => {
                        Some((function, step))
                    }
                    _ => None,
                })
                .collect();
            let accepted: Vec<_> =
                steps.iter().filter(|(_, step)| step.settled.source.is_some()).collect();
            let whole = accepted.len() == steps.len();
            if accepted.is_empty() || (!whole && completeness == Completeness::Whole) {
                continue;
            }
            let sources: Vec<&str> =
                accepted.iter().filter_map(|(_, step)| step.settled.source.as_deref()).collect();
            let functions: Vec<Arc<FunctionSpec>> =
                accepted.iter().map(|(function, _)| Arc::clone(function)).collect();
            let text = assemble(language, &functions, &sources);
            let worst = accepted.iter().map(|(_, step)| step.settled.verdict).max();
            self.wanted.push(Wanted {
                language,
                functions,
                text,
                worst: worst.unwrap_or(Verdict::Undecided),
                asked: false,
            });
        }
    }

    pub(super) fn next(&mut self) -> Option<WholeAction> {
        let wanted = self.wanted.iter_mut().find(|wanted| !wanted.asked)?;
        wanted.asked = true;
        Some(WholeAction {
            language: wanted.language,
            functions: wanted.functions.clone(),
            text: wanted.text.clone(),
        })
    }

    pub(super) fn checked(
        &mut self,
        language: Language,
        text: &str,
        layers: &[LayerOutcome],
        examples: &[(String, Outcome)],
    ) {
        let Some(position) = self.wanted.iter().position(|wanted| wanted.language == language)
        else {
            return;
        };
        let wanted = self.wanted.remove(position);
        let whole = match refutation(&wanted.functions, layers, examples) {
            Some(why) => WholeVerdict::Refuted { why },
            None => WholeVerdict::Stands(wanted.worst),
        };
        self.done.push(Assembled {
            language,
            functions: wanted.functions.iter().map(|function| function.name.clone()).collect(),
            text: text.to_owned(),
            whole,
            layers: layers.to_vec(),
        });
        self.done.sort_by_key(|assembled| assembled.language);
    }

    /// Whether every file that is to be was checked.
    pub(super) fn is_complete(&self) -> bool {
        self.planned && self.wanted.is_empty()
    }

    pub(super) fn done(&self) -> &[Assembled] {
        &self.done
    }
}

fn refutation(
    functions: &[Arc<FunctionSpec>],
    layers: &[LayerOutcome],
    examples: &[(String, Outcome)],
) -> Option<String> {
    if let Some(why) = Judge::refuting_layer(layers) {
        return Some(why);
    }
    for function in functions {
        let outcome = examples.iter().find(|(name, _)| *name == function.name);
        match outcome.map(|(_, outcome)| outcome) {
            None => return Some(format!("`{}` was not run in the assembled file", function.name)),
            Some(Outcome::Rejected { message, .. }) => {
                return Some(format!("`{}`: {message}", function.name));
            }
            Some(Outcome::Ran(observations)) => {
                let inputs = whole_inputs(function);
                let judge = Judge::new(function, &inputs, &BTreeSet::new());
                if observations.len() != inputs.len() {
                    return Some(format!("`{}` was not run on every input", function.name));
                }
                if let Err(failure) = judge.judge(observations) {
                    return Some(judge.describe(&failure, observations));
                }
            }
        }
    }
    None
}

/// What a function is run on in its assembled file: its examples and, where postconditions judge
/// it, boundaries.
pub fn whole_inputs(function: &FunctionSpec) -> Vec<Input> {
    let mut inputs: Vec<Input> = Vec::new();
    let boundaries = if function.ensures.is_empty() {
        Vec::new()
    } else {
        inputs::initial(function, WHOLE_INPUTS_MAX)
    };
    let examples = function.examples.iter().map(|example| example.args.clone());
    for input in examples.chain(boundaries) {
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    inputs
}

const WHOLE_INPUTS_MAX: usize = 24;

/// The text of a file that holds `functions`, each with its description as documentation.
pub fn assemble(language: Language, functions: &[Arc<FunctionSpec>], sources: &[&str]) -> String {
    let mut text = String::new();
    let mut imports: Vec<&str> = Vec::new();
    let mut bodies: Vec<String> = Vec::new();
    for (function, source) in functions.iter().zip(sources) {
        match language {
            // It goes into its place with nothing around it.
            _ if function.in_project.is_some() => bodies.push(source.trim().to_owned()),
            Language::Rust => {
                let mut body = commented("/// ", &function.description);
                if !source.trim_start().starts_with("pub") {
                    body.push_str("pub ");
                }
                body.push_str(source.trim());
                bodies.push(body);
            }
            Language::Python => {
                let (own, body) = split_imports(source);
                for import in own {
                    if !imports.contains(&import) {
                        imports.push(import);
                    }
                }
                let comment = commented("# ", &function.description);
                bodies.push(format!("{comment}{}", body.trim()));
            }
        }
    }
    if !imports.is_empty() {
        text.push_str(&imports.join("\n"));
        text.push_str("\n\n\n");
    }
    let between = if language == Language::Rust { "\n\n" } else { "\n\n\n" };
    text.push_str(&bodies.join(between));
    text.push('\n');
    text
}

fn commented(marker: &str, text: &str) -> String {
    let mut comment = String::new();
    for line in text.lines() {
        comment.push_str(marker);
        comment.push_str(line.trim());
        comment.push('\n');
    }
    comment
}

/// The import lines before a Python function, and the rest.
fn split_imports(source: &str) -> (Vec<&str>, &str) {
    let mut rest = source.trim_start();
    let mut imports = Vec::new();
    while rest.starts_with("import ") || rest.starts_with("from ") {
        let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
        imports.push(line.trim_end());
        rest = below.trim_start();
    }
    (imports, rest)
}
