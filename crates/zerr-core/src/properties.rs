//! What a spec states, tried on many drawn calls. Main function: [`refute`].
//!
//! `ensures` speaks of one call, a property of several: those that it needs are made when it first
//! asks for them. What breaks a statement is made as simple as it gets before anybody sees it.
//!
//! # Invariants
//! - Same function, same calls, in the same order.
//! - A call that `requires` rules out is not made; a statement that needs it is not judged.
//! - A counterexample was observed as it is told.

use std::collections::BTreeMap;

use crate::contract::{Answer, Judgement, Stated};
use crate::inputs::{self, Input};
use crate::observe::Observation;
use crate::run::{call_text, outcome_text};
use crate::spec::{Expected, FunctionSpec};
use crate::value::Value;

/// Boundaries and constants first, then draws.
const INITIAL_MAX: usize = 64;

/// Times that statements may ask for calls of calls.
const ROUNDS_MAX: usize = 4;

/// Calls that statements may ask for in one round.
const ASKED_MAX: usize = 2_048;

/// Simpler inputs that are tried at once, and how often.
const SIMPLER_MAX: usize = 96;
const SHRINKS_MAX: usize = 32;

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// Calls on drawn arguments that every statement judged which any call decided: the least of
    /// their counts.
    pub judged: usize,
    /// Statements that no call decided, by number and as they are written.
    pub undecided: Vec<(usize, String)>,
    /// The simplest call whose result is not of the type that the signature gives, and what it gave.
    pub misfit: Option<(String, String)>,
    /// What broke, at most one a statement, statements in their order.
    pub broken: Vec<Broken>,
    /// The simplest call that stopped where nothing says that it may, and how it stopped.
    pub stopped: Option<(String, String)>,
}

/// A statement that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The statement as it is written.
    pub statement: String,
    /// Its place among the function's `ensures`, or behind them among its properties.
    pub number: usize,
    /// The call as it can be pasted.
    pub call: String,
    /// What calls gave, each as `f(1) gives 2`.
    pub seen: Vec<String>,
}

/// Observes a function on some inputs, one observation each, in order.
pub type Observe<'a, E> = dyn FnMut(&[Input]) -> Result<Vec<Observation>, E> + 'a;

/// Whether a spec states something that calls can break.
pub fn has_statements(f: &FunctionSpec) -> bool {
    !f.ensures.is_empty() || !f.properties.is_empty()
}

/// Looks for calls that break what the function's spec states, on up to `max` inputs.
///
/// # Errors
/// What `observe` says.
pub fn refute<E>(f: &FunctionSpec, max: usize, observe: &mut Observe<'_, E>) -> Result<Drawn, E> {
    let mut drawn = inputs::initial(f, max.min(INITIAL_MAX));
    let seed = f.content_hash().seed();
    let more = inputs::distinguishing(f, &drawn, seed, max.saturating_sub(drawn.len()));
    drawn.extend(more);
    let mut search = Search { f, known: BTreeMap::new(), observe };
    let count = f.ensures.len() + f.properties.len();
    let verdicts = search.judge(&drawn)?;
    let decided = |number: usize| {
        verdicts.iter().filter(|of| of.get(number).is_some_and(|one| one.is_decided())).count()
    };
    let mut found = Drawn {
        judged: (0..count).map(decided).filter(|count| *count > 0).min().unwrap_or(0),
        undecided: Vec::new(),
        misfit: None,
        broken: Vec::new(),
        stopped: None,
    };
    for number in 0..count {
        let at = |verdict| verdicts.iter().position(|of| of.get(number).copied() == Some(verdict));
        if let Some(first) = at(Said::Fails).and_then(|at| drawn.get(at)) {
            let input = search.simplest(first.clone(), &|search, input| {
                search.said(number, input) == Said::Fails
            })?;
            found.broken.push(search.broken(number, &input));
        } else if at(Said::Holds).is_none() {
            found.undecided.push((number, search.statement(number)));
        }
    }
    let stops = |search: &Search<'_, '_, E>, input: &Input| search.stop_of(input).is_some();
    if let Some(first) = drawn.iter().find(|input| stops(&search, input)) {
        let input = search.simplest(first.clone(), &stops)?;
        found.stopped = search.stop_of(&input).map(|how| (call_text(f, &input), how));
    }
    let misfits = |search: &Search<'_, '_, E>, input: &Input| search.misfit_of(input).is_some();
    if let Some(first) = drawn.iter().find(|input| misfits(&search, input)) {
        let input = search.simplest(first.clone(), &misfits)?;
        found.misfit = search.misfit_of(&input).map(|what| (call_text(f, &input), what));
    }
    Ok(found)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    Holds,
    Fails,
    Nothing,
}

impl Said {
    fn is_decided(self) -> bool {
        self != Self::Nothing
    }
}

struct Search<'a, 'o, E> {
    f: &'a FunctionSpec,
    /// What calls did, by their encoded arguments.
    known: BTreeMap<String, Observation>,
    observe: &'a mut Observe<'o, E>,
}

fn key(input: &[Value]) -> String {
    input.iter().map(Value::encode).collect::<Vec<_>>().join(" ")
}

impl<E> Search<'_, '_, E> {
    /// What every statement says of every input.
    fn judge(&mut self, inputs: &[Input]) -> Result<Vec<Vec<Said>>, E> {
        self.call(inputs.to_vec())?;
        for _ in 0..ROUNDS_MAX {
            let mut asked: Vec<Input> = Vec::new();
            for input in inputs {
                for property in &self.f.properties {
                    if let Stated::Needs(args) = property.check(input, &|args| self.answer(args)) {
                        asked.push(args);
                    }
                }
            }
            if asked.is_empty() {
                break;
            }
            asked.truncate(ASKED_MAX);
            self.call(asked)?;
        }
        let count = self.f.ensures.len() + self.f.properties.len();
        let all = |input| (0..count).map(|number| self.said(number, input)).collect();
        Ok(inputs.iter().map(all).collect())
    }

    /// Makes the calls that were not made yet.
    fn call(&mut self, mut inputs: Vec<Input>) -> Result<(), E> {
        let mut seen = std::collections::BTreeSet::new();
        inputs.retain(|input| {
            let key = key(input);
            !self.known.contains_key(&key) && self.f.accepts(input) && seen.insert(key)
        });
        if inputs.is_empty() {
            return Ok(());
        }
        let observed = (self.observe)(&inputs)?;
        for (input, observation) in inputs.iter().zip(&observed) {
            self.known.insert(key(input), self.f.conform(observation));
        }
        Ok(())
    }

    fn answer(&self, args: &[Value]) -> Option<Answer> {
        if !self.f.accepts(args) {
            return Some(Err("`requires` rules a call out".to_owned()));
        }
        match self.known.get(&key(args))? {
            Observation::Returned { value, .. } if value.fits(&self.f.returns) => {
                Some(Ok(value.clone()))
            }
            other => Some(Err(other.to_string())),
        }
    }

    fn said(&self, number: usize, input: &Input) -> Said {
        let judgement = if let Some(contract) = self.f.ensures.get(number) {
            let Some(Observation::Returned { value, mutated }) = self.known.get(&key(input)) else {
                return Said::Nothing;
            };
            let mut after = input.clone();
            for (position, value) in mutated {
                if let Some(slot) = after.get_mut(*position) {
                    slot.clone_from(value);
                }
            }
            contract.check(input, Some(value), Some(&after))
        } else {
            let property = self.f.properties.get(number - self.f.ensures.len());
            let Some(property) = property else { return Said::Nothing };
            let met_nan = std::cell::Cell::new(input.iter().any(Value::has_nan));
            let said = property.check(input, &|args| {
                let answer = self.answer(args);
                let value = answer.as_ref().and_then(|answer| answer.as_ref().ok());
                met_nan.set(met_nan.get() || value.is_some_and(Value::has_nan));
                answer
            });
            let Stated::Judged(judgement) = said else { return Said::Nothing };
            // An equation says nothing of a value that does not equal itself.
            if judgement == Judgement::Fails && met_nan.get() && !property.text.contains("is_nan") {
                return Said::Nothing;
            }
            judgement
        };
        match judgement {
            Judgement::Holds => Said::Holds,
            Judgement::Fails => Said::Fails,
            Judgement::Undefined(_) => Said::Nothing,
        }
    }

    fn statement(&self, number: usize) -> String {
        let ensures = self.f.ensures.iter().map(|contract| &contract.text);
        let properties = self.f.properties.iter().map(|property| &property.text);
        ensures.chain(properties).nth(number).cloned().unwrap_or_default()
    }

    /// How a call stopped, where no example shows one that stops.
    fn stop_of(&self, input: &Input) -> Option<String> {
        let may_stop =
            self.f.examples.iter().any(|example| !matches!(example.expected, Expected::Returns(_)));
        let seen = self.known.get(&key(input)).filter(|_| !may_stop)?;
        matches!(seen, Observation::Raised { .. } | Observation::Panicked { .. })
            .then(|| seen.to_string())
    }

    /// What a call gave that is no value of the function's type.
    fn misfit_of(&self, input: &Input) -> Option<String> {
        match self.known.get(&key(input))? {
            Observation::Returned { value, .. } if !value.fits(&self.f.returns) => {
                Some(value.to_string())
            }
            _ => None,
        }
    }

    /// The simplest input on the way down from this one that still shows it.
    fn simplest(
        &mut self,
        mut input: Input,
        shows: &dyn Fn(&Self, &Input) -> bool,
    ) -> Result<Input, E> {
        for _ in 0..SHRINKS_MAX {
            let simpler = inputs::simpler(self.f, &input, SIMPLER_MAX);
            self.judge(&simpler)?;
            let showing = simpler.into_iter().filter(|one| shows(self, one));
            match showing.min_by_key(inputs::weight) {
                Some(next) => input = next,
                None => break,
            }
        }
        Ok(input)
    }

    fn broken(&self, number: usize, input: &Input) -> Broken {
        let gives = |args: &[Value]| {
            let seen = self.known.get(&key(args))?;
            Some(format!("{} gives {}", call_text(self.f, args), outcome_text(self.f, seen)))
        };
        let mut seen: Vec<String> = gives(input).into_iter().collect();
        if let Some(at) = number.checked_sub(self.f.ensures.len())
            && let Some(property) = self.f.properties.get(at)
        {
            // The calls that the statement looks at, in its order.
            let asked = std::cell::RefCell::new(Vec::new());
            let _ = property.check(input, &|args| {
                asked.borrow_mut().push(args.to_vec());
                self.answer(args)
            });
            let asked = asked.into_inner();
            seen = asked.iter().filter_map(|args| gives(args)).collect();
            let mut told = std::collections::BTreeSet::new();
            seen.retain(|one| told.insert(one.clone()));
        }
        Broken { statement: self.statement(number), number, call: call_text(self.f, input), seen }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::spec;
    use crate::value::IntKind;

    fn function(text: &str) -> FunctionSpec {
        let head = "name: t\nlanguage: rust\nfunctions:\n  - description: d\n";
        let text = format!("{head}{text}");
        let read = spec::parse(text.as_bytes(), "t.yaml").unwrap_or_else(|e| panic!("{e:?}"));
        read.into_iter().next().unwrap().functions.remove(0)
    }

    fn returned(value: Value) -> Observation {
        Observation::Returned { value, mutated: Vec::new() }
    }

    fn int(input: &Input, at: usize) -> i64 {
        match &input[at] {
            Value::Int(_, number) => i64::try_from(number).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    fn refuted(f: &FunctionSpec, call: impl Fn(&Input) -> Observation) -> Drawn {
        let mut observe = |inputs: &[Input]| -> Result<Vec<Observation>, Infallible> {
            assert!(inputs.iter().all(|input| f.accepts(input)), "{inputs:?}");
            Ok(inputs.iter().map(&call).collect())
        };
        refute(f, 192, &mut observe).unwrap()
    }

    const DISTANCE: &str = "    name: distance\n    signature: \"fn distance(a: i64, b: i64) -> i64\"\n    \
         requires: [\"a in -1000..1000 and b in -1000..1000\"]\n    \
         ensures: [\"result >= 0\"]\n    properties: [\"distance(a, b) == distance(b, a)\"]\n";

    #[test]
    fn what_holds_is_judged_and_not_refuted() {
        let f = function(DISTANCE);
        let drawn = refuted(&f, |input| {
            returned(Value::int(IntKind::I64, (int(input, 0) - int(input, 1)).abs()))
        });
        assert!(drawn.broken.is_empty() && drawn.undecided.is_empty(), "{drawn:?}");
        assert!(drawn.judged > 150, "{}", drawn.judged);
        assert_eq!(drawn.stopped, None);
    }

    #[test]
    fn a_broken_symmetry_is_told_by_the_simplest_two_calls() {
        let f = function(DISTANCE);
        // Wrong only where the first is large.
        let drawn = refuted(&f, |input| {
            let (a, b) = (int(input, 0), int(input, 1));
            returned(Value::int(IntKind::I64, (a - b).abs() + i64::from(a > 20)))
        });
        let [broken] = drawn.broken.as_slice() else { panic!("{drawn:?}") };
        assert_eq!(broken.statement, "distance(a, b) == distance(b, a)");
        assert!(
            ["distance(0, 21)", "distance(21, 0)"].contains(&broken.call.as_str()),
            "{broken:?}"
        );
        let mut seen = broken.seen.clone();
        seen.sort();
        assert_eq!(seen, ["distance(0, 21) gives 21", "distance(21, 0) gives 22"]);
    }

    #[test]
    fn a_statement_that_never_had_a_value_is_undecided_and_no_pass() {
        let f = function(DISTANCE);
        let drawn = refuted(&f, |_| Observation::Panicked { message: "no".to_owned() });
        let texts: Vec<&str> = drawn.undecided.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["result >= 0", "distance(a, b) == distance(b, a)"]);
        assert_eq!(drawn.judged, 0);
        assert_eq!(drawn.stopped.map(|(call, _)| call).as_deref(), Some("distance(0, 0)"));
    }

    #[test]
    fn a_call_of_a_call_is_made_when_it_is_known_on_what() {
        let f = function(
            "    name: squeeze\n    signature: \"fn squeeze(s: &str) -> String\"\n    \
             properties: [\"squeeze(squeeze(s)) == squeeze(s)\"]\n",
        );
        // Drops one `a`: not idempotent where there are two.
        let drawn = refuted(&f, |input| {
            let Value::Str(text) = &input[0] else { panic!() };
            returned(Value::Str(text.replacen('a', "", 1)))
        });
        let [broken] = drawn.broken.as_slice() else { panic!("{drawn:?}") };
        assert_eq!(broken.call, "squeeze(\"aa\")");
    }

    #[test]
    fn a_result_of_another_type_is_told_and_holds_nothing() {
        let f = function(DISTANCE);
        let drawn = refuted(&f, |_| returned(Value::Unit));
        assert_eq!(drawn.judged, 0);
        assert_eq!(drawn.misfit.map(|(call, _)| call).as_deref(), Some("distance(0, 0)"));
    }

    #[test]
    fn what_does_not_equal_itself_breaks_no_equation() {
        let f = function(
            "    name: same\n    signature: \"fn same(x: f64) -> f64\"\n    \
             properties: [\"same(same(x)) == same(x)\"]\n",
        );
        let drawn = refuted(&f, |input| returned(input[0].clone()));
        assert!(drawn.broken.is_empty(), "{drawn:?}");
    }
}
