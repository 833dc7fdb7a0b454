//! What is to be done, as a lazy source of steps. Main types: [`Plan`], [`StepDraft`],
//! [`SpecPlan`].
//!
//! # Invariants
//! A plan is a pure function: the same index and the same representatives give the same step. That
//! is what lets a run roll a step back, drop finished steps from memory and resume from its log.

use std::sync::Arc;

use zerr_syntax::Language;

use crate::prompt::{self, Prompt, Role};
use crate::spec::{FunctionSpec, Spec};

/// Where the steps of a run come from; may describe a million of them without holding any.
pub trait Plan {
    /// s: how many steps there are.
    fn steps(&self) -> u64;

    /// The steps that step `index` builds on, all smaller than `index`.
    fn deps(&self, index: u64) -> Vec<u64>;

    /// Step `index`, given the representative of each of its [`Plan::deps`] as far as one leads
    /// yet. `None` when it cannot be put into words before they are known.
    fn step(&self, index: u64, deps: &[Option<&str>]) -> Option<StepDraft>;

    /// The smallest index whose outcome may still be needed once every step below `next` is done.
    fn keep_from(&self, _next: u64) -> u64 {
        0
    }
}

/// One step, ready to be sampled.
#[derive(Clone, Debug)]
pub struct StepDraft {
    /// What a person calls it.
    pub name: String,
    /// What comes back and how it is compared.
    pub kind: StepKind,
    /// What the model is asked.
    pub prompt: Arc<Prompt>,
}

/// Kinds of step; each has its own class key.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// A function, compared by what it does on shared inputs.
    Function(Arc<FunctionSpec>),
    /// A short answer of a fixed format, compared by its parsed value.
    Answer(AnswerFormat),
}

impl StepKind {
    /// The target language, for steps that have one.
    pub fn language(&self) -> Option<Language> {
        match self {
            Self::Function(function) => Some(function.signature.language),
            Self::Answer(_) => None,
        }
    }

    /// The name of the role that is asked.
    pub fn role(&self) -> &'static str {
        match self {
            Self::Function(_) => "function",
            Self::Answer(_) => "answer",
        }
    }
}

/// Formats of short answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerFormat {
    /// One decimal integer that fits 64 bits.
    Integer,
    /// One non-empty line.
    Line,
}

impl AnswerFormat {
    /// The class key of a reply: its parsed value in one spelling; `None` is a red flag.
    pub fn parse(self, reply: &str) -> Option<String> {
        let text = reply.trim();
        match self {
            Self::Integer => text.parse::<i64>().ok().map(|value| value.to_string()),
            Self::Line => (!text.is_empty() && !text.contains('\n')).then(|| text.to_owned()),
        }
    }
}

/// The plan of one or more specs: a step a function, dependencies first.
#[derive(Clone, Debug)]
pub struct SpecPlan {
    functions: Vec<Arc<FunctionSpec>>,
    deps: Vec<Vec<u64>>,
    prompt_version: u32,
}

impl SpecPlan {
    /// Lays the functions of all `specs` end to end. `prompt_versions` are those of the function
    /// role that the model lists, `None` when it has no card.
    pub fn new(specs: &[Spec], prompt_versions: Option<&[u32]>) -> Self {
        let mut functions: Vec<Arc<FunctionSpec>> = Vec::new();
        let mut deps = Vec::new();
        for spec in specs {
            let base = functions.len();
            for function in &spec.functions {
                let position =
                    |name: &String| spec.functions.iter().position(|other| other.name == *name);
                let below = |position: &usize| *position < functions.len() - base;
                let mut own: Vec<u64> = function
                    .depends_on
                    .iter()
                    .filter_map(position)
                    .filter(below)
                    .map(|position| (base + position) as u64)
                    .collect();
                own.sort_unstable();
                own.dedup();
                functions.push(Arc::new(function.clone()));
                deps.push(own);
            }
        }
        let prompt_version = prompt::newest_common(Role::Function, prompt_versions);
        Self { functions, deps, prompt_version }
    }

    /// The functions in order of the steps.
    pub fn functions(&self) -> &[Arc<FunctionSpec>] {
        &self.functions
    }
}

impl Plan for SpecPlan {
    fn steps(&self) -> u64 {
        self.functions.len() as u64
    }

    fn deps(&self, index: u64) -> Vec<u64> {
        self.deps.get(index as usize).cloned().unwrap_or_default()
    }

    fn step(&self, index: u64, _deps: &[Option<&str>]) -> Option<StepDraft> {
        let function = self.functions.get(index as usize)?;
        // A function is asked for by the signatures of what it calls, not by their bodies.
        let uses: Vec<&FunctionSpec> = self
            .deps(index)
            .into_iter()
            .filter_map(|dep| self.functions.get(dep as usize).map(Arc::as_ref))
            .collect();
        Some(StepDraft {
            name: function.name.clone(),
            kind: StepKind::Function(Arc::clone(function)),
            prompt: Arc::new(prompt::function(self.prompt_version, function, &uses)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_by_value_and_not_by_spelling() {
        assert_eq!(AnswerFormat::Integer.parse(" +7\n"), AnswerFormat::Integer.parse("07"));
        assert_eq!(AnswerFormat::Integer.parse("seven"), None);
        assert_eq!(AnswerFormat::Line.parse("a\nb"), None);
        assert_eq!(AnswerFormat::Line.parse(" a b "), Some("a b".into()));
    }
}
