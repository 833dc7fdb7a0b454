//! Whether the oracles of a function pin its winner down: mutants of it, and functions that do nothing with what they
//! are given, have to be noticed. Main type: [`Strength`].

use std::collections::BTreeSet;

use crate::inputs::Input;
use crate::observe::Observation;
use crate::run::assumption::Assumption;
use crate::run::config::RunConfig;
use crate::run::oracle::{Judge, outcome_text};
use crate::run::step::{Source, SourceState};
use crate::ty::conform;
use crate::value::{Type, Value};
use crate::verdict::{Finding, LayerId, LayerOutcome};

/// Mutants that the tests of a project have to stop at least.
const KILLED_MIN: u32 = 3;

/// A mutant that does something else on one in so many inputs may not live, whatever becomes of the others.
const WIDE_SHARE: usize = 2;

/// Outcomes that are tried as those of all calls, where no example says which.
const CONSTANTS_MOST: usize = 16;

/// Calls for which the oracles have to say which of two results is right, if there are so many.
const TOLD_MIN: usize = 3;

/// Examples that speak for themselves where every mutant does the same on all calls.
const EXAMPLES_ALONE: usize = 3;

/// How well the oracles tell the winner from its mutants.
#[derive(Default)]
pub(super) struct Strength {
    /// Mutants that behave differently and are noticed.
    pub(super) killed: u32,
    /// Mutants that behave differently and pass.
    pub(super) lived: u32,
    /// What those do otherwise.
    pub(super) assumptions: Vec<Assumption>,
    /// Mutants that do the same on all calls: any two examples with different results notice them.
    idle: u32,
    /// Of the mutants that live, the one that does something else on most inputs: what it is, on how many, of how
    /// many.
    widest: Option<(String, usize, usize)>,
}

impl Strength {
    /// `left_out` are inputs that nothing was compared on.
    pub(super) fn measure(
        judge: &Judge<'_>,
        left_out: &BTreeSet<usize>,
        winner: &Source,
        mutants: &[(&Source, &String)],
    ) -> Self {
        let mut strength = Self::default();
        let is_in_project = judge.function.in_project.is_some();
        let own = winner.observations().unwrap_or_default();
        let shown = |seen: Option<&Observation>| {
            seen.map(|seen| outcome_text(judge.function, seen)).unwrap_or_default()
        };
        for (mutant, what) in mutants {
            let SourceState::Ran(observations) = &mutant.state else { continue };
            let differs = |input: &usize| {
                own.get(*input).map(Observation::key)
                    != observations.get(*input).map(Observation::key)
            };
            let inputs = 0..own.len();
            let Some(first) = inputs.clone().find(differs) else {
                // The tests of a project are all that is seen of a function: what they let pass may be the
                // same and may be wrong, and counts as wrong.
                if is_in_project && judge.has_oracle() {
                    strength.lived += 1;
                    strength.assumptions.push(Assumption {
                        call: "the project's tests".to_owned(),
                        outcome: "pass".to_owned(),
                        why: format!("a program with {what} passes them, too"),
                    });
                }
                continue;
            };
            if judge.judge(observations).is_err() {
                // A test that came to no end may have met a busy machine: it tells of no mutant.
                let is_told = !is_in_project
                    || observations.iter().any(|seen| {
                        matches!(seen, Observation::Panicked { .. } | Observation::Raised { .. })
                    });
                let is_idle = !is_in_project && own.len() > 1 && is_one(observations);
                strength.killed += u32::from(is_told && !is_idle);
                strength.idle += u32::from(is_idle);
                continue;
            }
            strength.lived += 1;
            let wide =
                inputs.clone().filter(differs).filter(|input| !left_out.contains(input)).count();
            if !is_in_project && strength.widest.as_ref().is_none_or(|(_, most, _)| wide > *most) {
                let compared = inputs.clone().filter(|input| !left_out.contains(input)).count();
                strength.widest = Some(((*what).clone(), wide, compared));
            }
            let input =
                inputs.filter(differs).find(|input| !left_out.contains(input)).unwrap_or(first);
            let call = judge.call(input);
            if strength.assumptions.iter().any(|assumption| assumption.call == call) {
                continue;
            }
            strength.assumptions.push(Assumption {
                call,
                outcome: shown(own.get(input)),
                why: format!(
                    "a program with {what} passes the same examples and gives {}",
                    shown(observations.get(input))
                ),
            });
        }
        strength
    }

    /// The layer `oracle_strength` for what the winner did.
    pub(super) fn layer(
        &self,
        judge: &Judge<'_>,
        seen: &[Observation],
        config: &RunConfig,
    ) -> LayerOutcome {
        let layer = LayerId::OracleStrength;
        if !judge.has_oracle() {
            return LayerOutcome::not_run(layer, "no example or contract to judge");
        }
        let weak = |message: String| {
            let finding = Finding::error(layer, "oracles-too-weak", message);
            LayerOutcome::ran(layer, vec![finding], None, 0)
        };
        let strong = || LayerOutcome::ran(layer, Vec::new(), None, 0);
        if let Some(trivial) = trivial(judge, seen) {
            return weak(format!(
                "a function that {trivial} meets the examples and contracts, too: give an example of which that is \
                 not true"
            ));
        }
        if let Some(told) = told_of_two(judge, seen).filter(|told| *told < TOLD_MIN) {
            return weak(format!(
                "it gives one of two results, and examples and contracts say for {told} calls alone which: give \
                 {TOLD_MIN} examples"
            ));
        }
        let of = self.killed + self.lived;
        if of == 0 {
            let examples = (0..seen.len()).filter(|input| judge.is_example(*input)).count();
            return match self.idle {
                0 => LayerOutcome::not_run(layer, "no mutant differs from the winner"),
                _ if examples >= EXAMPLES_ALONE => strong(),
                _ => weak(format!(
                    "no small change of it says what they look at: give {EXAMPLES_ALONE} examples"
                )),
            };
        }
        if let Some((what, wide, compared)) =
            self.widest.as_ref().filter(|(_, wide, compared)| WIDE_SHARE * wide >= *compared)
        {
            return weak(format!(
                "a program with {what} meets the examples and contracts, too, and does something else on {wide} of \
                 {compared} inputs"
            ));
        }
        // Candidates that pass the same tests are one class, however they differ: a few mutants of a
        // short body say too little of what those tests look at.
        let is_in_project = judge.function.in_project.is_some();
        let few = is_in_project && self.killed < KILLED_MIN;
        if f64::from(self.killed) / f64::from(of) >= config.strength_min && !few {
            return strong();
        }
        if few && self.lived == 0 {
            return weak(format!(
                "there are only {of} mutants: too few to say what the tests look at"
            ));
        }
        let oracles = if is_in_project { "the tests" } else { "examples and contracts" };
        weak(format!(
            "{oracles} stop {} of {of} mutants: they do not pin the behaviour down",
            self.killed
        ))
    }
}

/// Whether all calls come to the same.
fn is_one(seen: &[Observation]) -> bool {
    let mut keys = seen.iter().map(Observation::key);
    keys.next().is_some_and(|first| keys.all(|key| key == first))
}

/// Whether a call gave nothing, or an error as its result.
fn is_error(seen: &Observation) -> bool {
    !matches!(seen, Observation::Returned { value, .. } if !matches!(value, Value::Err(_)))
}

/// What a function does that does nothing with what it is given and passes the same examples and contracts: it gives the
/// same on all calls (but for those that an example shows to fail, if the winner has several results), or an argument
/// as it is. The winner may be one, and nothing tells that it is right.
fn trivial(judge: &Judge<'_>, seen: &[Observation]) -> Option<String> {
    let function = judge.function;
    if function.in_project.is_some() || judge.inputs.len() < 2 || seen.len() != judge.inputs.len() {
        return None;
    }
    let results = || seen.iter().enumerate().filter(|(_, one)| !is_error(one));
    // What gives one result or fails is told by where it fails.
    let keys: BTreeSet<String> = results().map(|(_, one)| one.key()).collect();
    let fails = |input: usize| {
        keys.len() > 1 && judge.is_example(input) && seen.get(input).is_some_and(is_error)
    };
    let always = |one: &Observation| {
        let with = |(input, own): (usize, &Observation)| {
            if fails(input) { own.clone() } else { one.clone() }
        };
        let all: Vec<Observation> = seen.iter().enumerate().map(with).collect();
        judge.judge(&all).is_ok()
    };
    let has_examples = results().any(|(input, _)| judge.is_example(input));
    let mut tried = BTreeSet::new();
    let constants = results()
        .filter(|(input, one)| {
            (!has_examples || judge.is_example(*input)) && tried.insert(one.key())
        })
        .take(CONSTANTS_MOST);
    for (_, one) in constants {
        if always(one) {
            return Some(format!("always gives {}", outcome_text(function, one)));
        }
    }
    // A postcondition says nothing of calls that give nothing.
    if results().next().is_none()
        && let Some(one) = seen.first()
        && judge.judge(&vec![one.clone(); seen.len()]).is_ok()
    {
        return Some("never gives a result".to_owned());
    }
    let given = function.params.iter().enumerate().find(|(at, _)| {
        let as_it_is = |input: &Input| {
            let value = as_result(input.get(*at)?, &function.returns);
            Some(Observation::Returned { value, mutated: Vec::new() })
        };
        let all: Option<Vec<Observation>> = judge.inputs.iter().map(as_it_is).collect();
        all.is_some_and(|all| judge.judge(&all).is_ok())
    });
    given.map(|(_, (name, _))| format!("gives back `{name}` as it is"))
}

/// Of a winner that gives one of two results, the number of calls for which the oracles say which; nothing where it has
/// more, or too few inputs.
fn told_of_two(judge: &Judge<'_>, seen: &[Observation]) -> Option<usize> {
    if judge.function.in_project.is_some() || seen.len() <= TOLD_MIN {
        return None;
    }
    let mut two: Vec<(String, &Observation)> = Vec::new();
    for one in seen.iter().filter(|one| matches!(one, Observation::Returned { .. })) {
        let key = one.key();
        if two.iter().all(|(known, _)| *known != key) {
            two.push((key, one));
        }
        if two.len() > 2 {
            return None;
        }
    }
    let [(first, one), (_, other)] = &two[..] else { return None };
    let mut flipped = seen.to_vec();
    let mut told = 0;
    for (input, own) in seen.iter().enumerate() {
        if !matches!(own, Observation::Returned { .. }) {
            continue;
        }
        let Some(place) = flipped.get_mut(input) else { continue };
        *place = if own.key() == *first { (*other).clone() } else { (*one).clone() };
        told += usize::from(judge.judge(&flipped).is_err());
        if let Some(place) = flipped.get_mut(input) {
            *place = own.clone();
        }
        if told == TOLD_MIN {
            break;
        }
    }
    Some(told)
}

/// An argument as a result of this type.
fn as_result(value: &Value, ty: &Type) -> Value {
    match (value, ty) {
        (Value::Int(_, number), Type::Int(kind)) => Value::Int(*kind, number.clone()),
        (value, Type::Result(ok, _)) => Value::Ok(Box::new(as_result(value, ok))),
        (value, ty) => conform(value, ty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{self, FunctionSpec};
    use crate::value::IntKind;
    use crate::verdict::LayerVerdict;

    fn function(signature: &str, more: &str) -> FunctionSpec {
        let language = if signature.starts_with("fn") { "rust" } else { "python" };
        let text = format!(
            "name: t\nlanguage: {language}\nfunctions:\n  - name: f\n    signature: \"{signature}\"\n    \
             description: d\n{more}"
        );
        spec::parse(text.as_bytes(), "t").unwrap().remove(0).functions.remove(0)
    }

    fn examples(of: &[(i64, &str)]) -> String {
        let line = |(x, gives): &(i64, &str)| format!("      - {{ args: [{x}], {gives} }}\n");
        format!("    examples:\n{}", of.iter().map(line).collect::<String>())
    }

    fn ints(numbers: &[i64]) -> Vec<Input> {
        numbers.iter().map(|x| vec![Value::int(IntKind::Big, i128::from(*x))]).collect()
    }

    fn gives(value: Value) -> Observation {
        Observation::Returned { value, mutated: Vec::new() }
    }

    /// What the layer says of a function over these numbers.
    fn said(
        function: &FunctionSpec,
        numbers: &[i64],
        strength: &Strength,
        of: &dyn Fn(i64) -> Observation,
    ) -> String {
        let inputs = ints(numbers);
        let seen: Vec<Observation> = numbers.iter().map(|x| of(*x)).collect();
        let judge = Judge::new(function, &inputs, &BTreeSet::new());
        judge.judge(&seen).expect("the winner meets its own oracles");
        let outcome = strength.layer(&judge, &seen, &RunConfig::default());
        match outcome.verdict {
            LayerVerdict::Passed => "strong".to_owned(),
            _ => outcome.findings[0].message.clone(),
        }
    }

    fn killing(killed: u32) -> Strength {
        Strength { killed, ..Strength::default() }
    }

    #[test]
    fn which_of_two_results_is_told_for_three_calls_or_for_all() {
        let even = |x: i64| gives(Value::Bool(x % 2 == 0));
        let numbers = [1, 2, 3, 4, 5, 6, 7, 8];
        let of = |told: &[(i64, &str)], more: &str| {
            let function = function("def f(x: int) -> bool", &(examples(told) + more));
            said(&function, &numbers, &killing(9), &even)
        };
        let two = [(2, "returns: true"), (3, "returns: false")];
        assert!(of(&two, "").contains("for 2 calls alone"), "{}", of(&two, ""));
        let three = [(2, "returns: true"), (3, "returns: false"), (5, "returns: false")];
        assert_eq!(of(&three, ""), "strong");
        assert_eq!(of(&two, "    ensures: [\"result == (x % 2 == 0)\"]\n"), "strong");
        // There are no more calls than these.
        let function = function("def f(x: int) -> bool", &examples(&two));
        assert_eq!(said(&function, &[2, 3], &killing(9), &even), "strong");
    }

    #[test]
    fn examples_of_errors_are_no_other_results() {
        let root = |x: i64| {
            if x < 0 {
                let (kind, message) = ("ValueError".to_owned(), String::new());
                return Observation::Raised { kind, message };
            }
            gives(Value::int(IntKind::Big, i128::from(x.isqrt())))
        };
        let numbers = [4, -1, 9, 16, 30];
        let of = |told: &[(i64, &str)]| {
            let function = function("def f(x: int) -> int", &examples(told));
            said(&function, &numbers, &killing(9), &root)
        };
        let one = [(4, "returns: 2"), (-1, "raises: ValueError")];
        assert!(of(&one).contains("always gives 2"), "{}", of(&one));
        assert_eq!(of(&[one[0], one[1], (9, "returns: 3")]), "strong");
        assert!(!of(&[one[1]]).contains("strong"), "no result at all");
        // What only lets pass what it is given is told by what it refuses.
        let check = |x: i64| {
            if x < 0 { root(x) } else { gives(Value::int(IntKind::Big, i128::from(x))) }
        };
        let told = [(4, "returns: 4"), (9, "returns: 9"), (-1, "raises: ValueError")];
        let passes = function("def f(x: int) -> int", &examples(&told));
        assert_eq!(said(&passes, &numbers, &killing(9), &check), "strong");
        let same = |x: i64| if x < 0 { root(x) } else { gives(Value::Bool(true)) };
        let told = [(4, "returns: true"), (9, "returns: true"), (-1, "raises: ValueError")];
        let passes = function("def f(x: int) -> bool", &examples(&told));
        assert_eq!(said(&passes, &numbers, &killing(9), &same), "strong");
    }

    #[test]
    fn an_argument_given_back_is_compared_as_what_is_returned() {
        let rust =
            function("fn f(x: i32) -> u32", &examples(&[(3, "returns: 3"), (0, "returns: 0")]));
        let inputs: Vec<Input> =
            [3, 0, -2].iter().map(|x| vec![Value::int(IntKind::I32, *x)]).collect();
        let seen: Vec<Observation> =
            [3, 0, 2].iter().map(|x| gives(Value::int(IntKind::U32, *x))).collect();
        let judge = Judge::new(&rust, &inputs, &BTreeSet::new());
        assert_eq!(trivial(&judge, &seen).as_deref(), Some("gives back `x` as it is"));
    }

    #[test]
    fn a_mutant_that_differs_widely_may_not_live_and_one_that_does_nothing_says_nothing() {
        let twice = |x: i64| gives(Value::int(IntKind::Big, i128::from(2 * x)));
        let told = [(1, "returns: 2"), (4, "returns: 8")];
        let two = function("def f(x: int) -> int", &examples(&told));
        let numbers = [1, 4, 5, 6, 7, 8, 9, 10];
        let lives = |wide: usize| Strength {
            killed: 15,
            lived: 1,
            widest: Some(("`a` → `b`".to_owned(), wide, numbers.len())),
            ..Strength::default()
        };
        assert_eq!(said(&two, &numbers, &lives(3), &twice), "strong");
        assert!(said(&two, &numbers, &lives(4), &twice).contains("on 4 of 8 inputs"));
        let idle = Strength { idle: 2, ..Strength::default() };
        assert!(said(&two, &numbers, &idle, &twice).contains("give 3 examples"));
        let three = examples(&[told[0], told[1], (5, "returns: 10")]);
        let three = function("def f(x: int) -> int", &three);
        assert_eq!(said(&three, &numbers, &idle, &twice), "strong");
    }
}
