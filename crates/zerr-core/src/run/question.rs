//! What a spec leaves open, as questions that a person can answer: [`Question`].

use serde::{Deserialize, Serialize};
use zerr_syntax::Language;

use crate::literal;
use crate::observe::Observation;
use crate::run::oracle::call_text;
use crate::run::step::Step;
use crate::spec::FunctionSpec;

/// Questions of one step at most.
const QUESTIONS_MAX: usize = 3;

/// A call that the spec leaves open, with what the classes of the race do there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The call.
    pub call: String,
    /// At least two, the leader's first.
    pub choices: Vec<Choice>,
}

/// Votes for other answers, one in so many, that make a question one that the examples leave open.
const OPEN_SHARE: u32 = 3;

impl Question {
    /// Whether so many candidates that nothing refutes do something else there that nobody can say what is meant.
    pub fn is_open(&self) -> bool {
        let all: u32 = self.choices.iter().map(|choice| choice.votes).sum();
        let leader = self.choices.first().map_or(0, |choice| choice.votes);
        OPEN_SHARE * (all - leader) >= all
    }
}

/// One answer to a [`Question`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The answer as an example that documentation may hold, such as `f([]) == 0`.
    pub example: String,
    /// Samples that do so, those drawn after the race was decided among them.
    pub votes: u32,
}

/// Where the classes of a race part that nothing refutes. `order` names all classes, leader first.
pub(super) fn questions(step: &Step, order: &[usize]) -> Vec<Question> {
    let Some(function) = step.function().filter(|it| it.in_project.is_none()) else {
        return Vec::new();
    };
    let alive = alive(step, order);
    let Some(((_, leader), rivals)) = alive.split_first() else { return Vec::new() };
    let mut found: Vec<Question> = Vec::new();
    for (_, rival) in rivals {
        let parts = |input: &usize| {
            !step.race.left_out.contains(input)
                && leader.get(*input).map(Observation::key)
                    != rival.get(*input).map(Observation::key)
        };
        let Some(input) = (0..leader.len()).find(parts) else { continue };
        let Some(args) = step.inputs.get(input) else { continue };
        let call = call_text(function, args);
        if found.iter().any(|question| question.call == call) {
            continue;
        }
        let mut choices: Vec<Choice> = Vec::new();
        for (votes, seen) in &alive {
            let example = seen.get(input).and_then(|seen| example_text(function, &call, seen));
            let Some(example) = example else { continue };
            match choices.iter_mut().find(|choice| choice.example == example) {
                Some(choice) => choice.votes += votes,
                None => choices.push(Choice { example, votes: *votes }),
            }
        }
        if choices.len() > 1 {
            found.push(Question { call, choices });
        }
        if found.len() == QUESTIONS_MAX {
            break;
        }
    }
    found
}

/// Whether so many candidates that nothing refutes do something else than the winner that it is no more than agreed:
/// on one input, whatever it is that they do there, or as often as not anywhere.
pub(super) fn is_contested(step: &Step, winner: usize) -> bool {
    if step.function().is_none_or(|it| it.in_project.is_some()) {
        return false;
    }
    let mut order: Vec<usize> = (0..step.race.classes.len()).filter(|at| *at != winner).collect();
    order.insert(0, winner);
    let alive = alive(step, &order);
    let Some(((votes, own), rivals)) = alive.split_first() else { return false };
    let all: u32 = votes + rivals.iter().map(|(votes, _)| votes).sum::<u32>();
    let does_otherwise = |input: usize| -> u32 {
        let Some(own) = own.get(input) else { return 0 };
        // A rival's panic is mostly an overflow that the winner was spared.
        let says = |seen: &&Observation| {
            matches!(seen, Observation::Returned { .. } | Observation::Raised { .. })
        };
        let others = rivals.iter().filter(|(_, seen)| {
            seen.get(input).filter(says).is_some_and(|seen| seen.key() != own.key())
        });
        others.map(|(votes, _)| votes).sum()
    };
    let inputs = (0..own.len()).filter(|input| !step.race.left_out.contains(input));
    2 * votes <= all || inputs.into_iter().any(|input| OPEN_SHARE * does_otherwise(input) >= all)
}

/// Candidates that nothing refutes, as many as there are votes for each behaviour, in this order of the classes.
fn alive<'s>(step: &'s Step, order: &[usize]) -> Vec<(u32, &'s [Observation])> {
    let classes = order.iter().filter_map(|at| {
        let class = step.race.classes.get(*at).filter(|class| !class.struck)?;
        let late = step.race.late.get(at).copied().unwrap_or_default();
        Some((*class.sources.first()?, class.votes + late))
    });
    // Draws that came too late to vote tell as well what the spec leaves open.
    classes
        .chain(step.race.unheard.values().copied())
        .filter_map(|(source, votes)| Some((votes, step.sources.get(source)?.observations()?)))
        .collect()
}

/// Such as `f([]) == 0` or `f([]) raises ValueError`; nothing where no line of documentation says it.
fn example_text(function: &FunctionSpec, call: &str, seen: &Observation) -> Option<String> {
    let language = function.signature.language;
    match seen {
        Observation::Returned { value, mutated } if mutated.is_empty() => {
            let value = literal::host_text(language, value, &function.signature.returns);
            Some(format!("{call} == {value}"))
        }
        Observation::Raised { kind, .. } if language == Language::Python => {
            Some(format!("{call} raises {kind}"))
        }
        _ => None,
    }
}
