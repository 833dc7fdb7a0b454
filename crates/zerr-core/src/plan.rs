//! What is to be done, as a lazy source of steps. Main types: [`Plan`], [`StepDraft`],
//! [`SpecPlan`].
//!
//! # Invariants
//! A plan is a pure function: the same index and the same representatives give the same step. That
//! is what lets a run roll a step back, drop finished steps from memory and resume from its log.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zerr_syntax::Language;

use crate::prompt::{self, Approach, Prompt, Role};
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
    /// The same asked in other ways, for samples that are drawn when the first way did not decide.
    pub others: Vec<(Approach, Arc<Prompt>)>,
}

/// Whole waves' worth of draws with the first prompt before another approach is tried.
const WAVES_FIRST: u32 = 2;

impl StepDraft {
    /// How the draw with this index is asked: the first in the plain way, then as many as a whole
    /// wave holds with each other approach in turn, the plain one among them.
    pub fn asked(&self, draw: u32, wave: u32) -> (Option<Approach>, &Arc<Prompt>) {
        let round = (draw / wave.max(1)).checked_sub(WAVES_FIRST);
        let turn = round.map(|round| round as usize % (self.others.len() + 1));
        match turn.and_then(|turn| self.others.get(turn)) {
            Some((approach, prompt)) => (Some(*approach), prompt),
            None => (None, &self.prompt),
        }
    }
}

/// Kinds of step; each has its own class key.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// A function, compared by what it does on shared inputs.
    Function(Arc<FunctionSpec>),
    /// The parts that a function is made of, compared by their names, types and calls.
    Split(Arc<FunctionSpec>),
    /// A short answer of a fixed format, compared by its parsed value.
    Answer(AnswerFormat),
}

impl StepKind {
    /// The target language, for steps that have one.
    pub fn language(&self) -> Option<Language> {
        match self {
            Self::Function(function) | Self::Split(function) => Some(function.signature.language),
            Self::Answer(_) => None,
        }
    }

    /// The function to write, where one is.
    pub fn function(&self) -> Option<&FunctionSpec> {
        match self {
            Self::Function(function) => Some(function),
            Self::Split(_) | Self::Answer(_) => None,
        }
    }

    /// The name of the role that is asked.
    pub fn role(&self) -> &'static str {
        match self {
            Self::Function(_) => "function",
            Self::Split(_) => "decompose",
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

/// What is done with the functions of a spec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// They are written.
    #[default]
    Write,
    /// These are taken apart.
    Split {
        /// Their names.
        functions: Vec<String>,
    },
}

impl Purpose {
    /// The role that the model plays.
    pub fn role(&self) -> Role {
        match self {
            Self::Write => Role::Function,
            Self::Split { .. } => Role::Decompose,
        }
    }
}

/// The plan of one or more specs: a step a function, dependencies first.
#[derive(Clone, Debug)]
pub struct SpecPlan {
    functions: Vec<Arc<FunctionSpec>>,
    deps: Vec<Vec<u64>>,
    prompt_version: u32,
    splits: bool,
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
        Self { functions, deps, prompt_version, splits: false }
    }

    /// A step for each of these functions, in one language: Rust where it is written, since its
    /// types say more. `prompt_versions` are those of the decompose role that the model lists.
    pub fn splitting(specs: &[Spec], names: &[String], prompt_versions: Option<&[u32]>) -> Self {
        let rust = specs.iter().find(|spec| spec.language == Language::Rust);
        let functions: Vec<Arc<FunctionSpec>> = rust
            .or(specs.first())
            .into_iter()
            .flat_map(|spec| &spec.functions)
            .filter(|function| names.contains(&function.name))
            .map(|function| Arc::new(function.clone()))
            .collect();
        let deps = vec![Vec::new(); functions.len()];
        let prompt_version = prompt::newest_common(Role::Decompose, prompt_versions);
        Self { functions, deps, prompt_version, splits: true }
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
        if self.splits {
            return Some(StepDraft {
                name: function.name.clone(),
                kind: StepKind::Split(Arc::clone(function)),
                prompt: Arc::new(prompt::decompose(self.prompt_version, function)?),
                others: Vec::new(),
            });
        }
        // A function is asked for by the signatures of what it calls, not by their bodies, in the order in which
        // its spec names them.
        let mut uses: Vec<&FunctionSpec> = self
            .deps(index)
            .into_iter()
            .filter_map(|dep| self.functions.get(dep as usize).map(Arc::as_ref))
            .collect();
        uses.sort_by_key(|used| function.depends_on.iter().position(|name| *name == used.name));
        let asked = |approach| prompt::function(self.prompt_version, function, &uses, approach);
        let fits = |approach: &Approach| {
            *approach != Approach::Recursive || !function.forbidden.iter().any(|f| f == "recursion")
        };
        let others = Approach::ALL.into_iter().filter(fits);
        Some(StepDraft {
            name: function.name.clone(),
            kind: StepKind::Function(Arc::clone(function)),
            prompt: Arc::new(asked(None)?),
            others: others
                .filter_map(|approach| Some((approach, Arc::new(asked(Some(approach))?))))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_approaches_are_asked_in_whole_waves_after_the_first_two() {
        let text = "{name: t, language: rust, functions: [{name: f, description: d, signature: \
                    \"fn f(x: i32) -> i32\", forbid: [recursion]}]}";
        let specs = crate::spec::parse(text.as_bytes(), "t").unwrap();
        let draft = SpecPlan::new(&specs, None).step(0, &[]).unwrap();
        let names: Vec<Option<Approach>> = (0..8).map(|wave| draft.asked(8 * wave, 8).0).collect();
        let others = [Approach::Iterator, Approach::Table, Approach::TestFirst].map(Some);
        assert_eq!(names[..2], [None, None]);
        assert_eq!(names[2..5], others);
        assert_eq!(names[5..], [None, others[0], others[1]]);
        assert_eq!(draft.asked(23, 8).0, draft.asked(16, 8).0);
        let old = SpecPlan::new(&specs, Some(&[1])).step(0, &[]).unwrap();
        assert!(old.others.is_empty());
        assert_eq!(old.asked(60, 8).0, None);
    }

    #[test]
    fn what_may_be_called_stands_in_the_order_of_the_spec() {
        let text = "{name: t, language: rust, functions: [{name: a, description: d, signature: \"fn \
                    a() -> i32\"}, {name: b, description: d, signature: \"fn b() -> i32\"}, {name: \
                    c, description: d, signature: \"fn c() -> i32\", depends_on: [b, a]}]}";
        let specs = crate::spec::parse(text.as_bytes(), "t").unwrap();
        let plan = SpecPlan::new(&specs, None);
        assert_eq!(plan.deps(2), [0, 1]);
        let prompt = format!("{:?}", plan.step(2, &[]).unwrap().prompt);
        let at = |call: &str| prompt.find(&format!("You may call: fn {call}()")).unwrap();
        assert!(at("b") < at("a"), "{prompt}");
    }

    #[test]
    fn answers_are_compared_by_value_and_not_by_spelling() {
        assert_eq!(AnswerFormat::Integer.parse(" +7\n"), AnswerFormat::Integer.parse("07"));
        assert_eq!(AnswerFormat::Integer.parse("seven"), None);
        assert_eq!(AnswerFormat::Line.parse("a\nb"), None);
        assert_eq!(AnswerFormat::Line.parse(" a b "), Some("a b".into()));
    }
}
