//! The hard oracles of a function step: given examples and contracts, judged on what was
//! observed, outside the candidate's process. Main type: [`Judge`].

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::contract::Judgement;
use crate::inputs::Input;
use crate::literal;
use crate::observe::Observation;
use crate::run::config::RunConfig;
use crate::run::step::Step;
use crate::spec::{CALL, FunctionSpec};
use crate::value::Value;
use crate::verdict::{LayerOutcome, LayerVerdict};

/// Judges the sources of one step.
pub(crate) struct Judge<'a> {
    pub(super) function: &'a FunctionSpec,
    pub(super) inputs: &'a [Input],
    /// For every example that counts: its position and that of its input.
    examples: Vec<(usize, usize)>,
}

/// Why a source is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    Example {
        example: usize,
        input: usize,
    },
    Contract {
        contract: usize,
        input: usize,
    },
    /// Its results cannot be compared with anybody's.
    Unobservable {
        input: usize,
    },
}

impl<'a> Judge<'a> {
    /// `suspects` are examples that no longer count.
    pub(crate) fn new(
        function: &'a FunctionSpec,
        inputs: &'a [Input],
        suspects: &BTreeSet<usize>,
    ) -> Self {
        let examples = function
            .examples
            .iter()
            .enumerate()
            .filter(|(example, _)| !suspects.contains(example))
            .filter_map(|(example, given)| {
                let input = inputs.iter().position(|input| *input == given.args)?;
                Some((example, input))
            })
            .collect();
        Self { function, inputs, examples }
    }

    /// # Errors
    /// The first oracle that the observations fail.
    pub(crate) fn judge(&self, observations: &[Observation]) -> Result<(), Failure> {
        for (example, input) in &self.examples {
            if !self.meets(*example, *input, observations) {
                return Err(Failure::Example { example: *example, input: *input });
            }
        }
        for (input, observation) in observations.iter().enumerate() {
            if matches!(observation, Observation::Opaque { .. }) {
                return Err(Failure::Unobservable { input });
            }
            if let Some(contract) = self.broken_contract(input, observation) {
                return Err(Failure::Contract { contract, input });
            }
        }
        Ok(())
    }

    fn meets(&self, example: usize, input: usize, observations: &[Observation]) -> bool {
        match (self.function.examples.get(example), observations.get(input)) {
            (Some(example), Some(observation)) => example.is_met_by(self.function, observation),
            _ => false,
        }
    }

    /// The first `ensures` that does not hold. A postcondition that is undefined on a result, or
    /// cannot be evaluated, does not hold. A call that panics or raises has no result to judge.
    fn broken_contract(&self, input: usize, observation: &Observation) -> Option<usize> {
        self.not_held(input, observation).map(|(contract, _)| contract)
    }

    /// Whether an observation can be held against nobody: the call did not come to an end, what it gave
    /// cannot be read, or a postcondition has no value there.
    pub(super) fn says_nothing(&self, input: usize, observation: &Observation) -> bool {
        let undefined = || {
            self.not_held(input, observation)
                .is_some_and(|(_, judgement)| matches!(judgement, Judgement::Undefined(_)))
        };
        !observation.is_settled()
            || matches!(observation, Observation::Opaque { .. })
            || undefined()
    }

    fn not_held(&self, input: usize, observation: &Observation) -> Option<(usize, Judgement)> {
        if self.function.ensures.is_empty() {
            return None;
        }
        let args = self.inputs.get(input)?;
        if !self.function.accepts(args) {
            return None;
        }
        let Observation::Returned { value, mutated } = self.function.conform(observation) else {
            return None;
        };
        let mut after: Vec<Value> = args.clone();
        for (position, value) in mutated {
            if let Some(slot) = after.get_mut(position) {
                *slot = value;
            }
        }
        let judged = self.function.ensures.iter().enumerate();
        judged
            .map(|(at, contract)| (at, contract.check(args, Some(&value), Some(&after))))
            .find(|(_, judgement)| *judgement != Judgement::Holds)
    }

    /// Whether some example that counts has this input.
    pub(super) fn is_example(&self, input: usize) -> bool {
        self.examples.iter().any(|(_, own)| *own == input)
    }

    /// Whether there is anything here to judge by.
    pub(super) fn has_oracle(&self) -> bool {
        !self.examples.is_empty() || !self.function.ensures.is_empty()
    }

    /// Whether the oracles had something to judge on these observations: an example, or a
    /// postcondition and nothing but results. A candidate that raises everywhere breaks no
    /// postcondition, and meets none.
    pub(super) fn was_judged(&self, observations: &[Observation]) -> bool {
        if !self.examples.is_empty() {
            return true;
        }
        let mut accepted = self
            .inputs
            .iter()
            .zip(observations)
            .filter(|(input, _)| self.function.accepts(input))
            .map(|(_, observation)| matches!(observation, Observation::Returned { .. }))
            .peekable();
        !self.function.ensures.is_empty() && accepted.peek().is_some() && accepted.all(|seen| seen)
    }

    /// Whether any call that the spec speaks of returned.
    pub(super) fn saw_results(&self, observations: &[Observation]) -> bool {
        self.inputs.iter().zip(observations).any(|(input, observation)| {
            matches!(observation, Observation::Returned { .. }) && self.function.accepts(input)
        })
    }

    /// A call as a person would write it.
    pub(super) fn call(&self, input: usize) -> String {
        self.inputs.get(input).map_or_else(String::new, |args| call_text(self.function, args))
    }

    /// Examples that no source meets, if at least half of the sources meet all the others (and
    /// there are others): then the spec is more likely wrong than everybody.
    pub(super) fn unmeetable(&self, step: &Step, config: &RunConfig) -> BTreeSet<usize> {
        let ran: Vec<&[Observation]> = step
            .sources
            .iter()
            .filter_map(|source| source.observations())
            .filter(|observations| observations.len() == self.inputs.len())
            .collect();
        let nobody: BTreeSet<usize> = self
            .examples
            .iter()
            .filter(|(example, input)| {
                !ran.iter().any(|observations| self.meets(*example, *input, observations))
            })
            .map(|(example, _)| *example)
            .collect();
        let others = self.examples.len() - nobody.len();
        let meet_others = ran
            .iter()
            .filter(|observations| {
                self.examples.iter().all(|(example, input)| {
                    nobody.contains(example) || self.meets(*example, *input, observations)
                })
            })
            .count();
        let enough = step.taken >= config.hopeless_after as usize
            && others > nobody.len()
            && meet_others * 2 >= ran.len()
            && meet_others > 0;
        if enough { nobody } else { BTreeSet::new() }
    }

    /// What the first failed layer says.
    pub(super) fn refuting_layer(layers: &[LayerOutcome]) -> Option<String> {
        layers.iter().find(|layer| layer.verdict == LayerVerdict::Failed).map(|layer| {
            let message = layer.findings.first().map_or("", |finding| finding.message.as_str());
            format!("{}: {message}", layer.layer.name())
        })
    }
}

/// `f(1, "a")` in the function's own language.
pub fn call_text(function: &FunctionSpec, args: &[Value]) -> String {
    let language = function.signature.language;
    if let (Some(_), [Value::Str(test)]) = (&function.in_project, args) {
        return match test.strip_prefix(CALL) {
            Some(call) => call.to_owned(),
            None if test.is_empty() => "its text".to_owned(),
            None => format!("the test `{test}`"),
        };
    }
    let mut text = format!("{}(", function.name);
    for (position, (value, param)) in args.iter().zip(&function.signature.params).enumerate() {
        if position > 0 {
            text.push_str(", ");
        }
        text.push_str(&literal::host_text(language, value, &param.ty));
    }
    text.push(')');
    text
}

/// What a call did, in the function's own language: `[1, 2]`, `raises ValueError`,
/// `None, argument 1 becomes []`.
pub fn outcome_text(function: &FunctionSpec, seen: &Observation) -> String {
    let Observation::Returned { value, mutated } = seen else { return seen.to_string() };
    let signature = &function.signature;
    if function.in_project.is_some() {
        return seen.to_string();
    }
    let mut text = literal::host_text(signature.language, value, &signature.returns);
    for (position, value) in mutated {
        let shown = match signature.params.get(*position) {
            Some(param) => literal::host_text(signature.language, value, &param.ty),
            None => value.to_string(),
        };
        let _ = write!(text, ", argument {} becomes {shown}", position + 1);
    }
    text
}
