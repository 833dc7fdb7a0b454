//! Facts about witnesses.

use std::sync::Arc;

use super::*;
use crate::hash::Hash;
use crate::run::{Draw, Drawing};

fn function(language: &str, signature: &str) -> FunctionSpec {
    let spec = json!({
        "name": "t", "language": language,
        "functions": [{"name": "f", "signature": signature, "description": "Counts."}],
    });
    let specs = spec::parse(spec.to_string().as_bytes(), "t").unwrap();
    specs.into_iter().next().unwrap().functions.pop().unwrap()
}

fn rust(signature: &str) -> FunctionSpec {
    function("rust", signature)
}

fn python(signature: &str) -> FunctionSpec {
    function("python", signature)
}

fn int(kind: IntKind, value: i64) -> Value {
    Value::int(kind, value)
}

fn returned(value: Value) -> Observation {
    Observation::Returned { value, mutated: vec![] }
}

fn raised() -> Observation {
    Observation::Raised { kind: "ValueError".to_owned(), message: String::new() }
}

fn panicked() -> Observation {
    Observation::Panicked { message: String::new() }
}

/// A winner that gives these for 0, 1, 2, … and its twin.
fn asked(own: FunctionSpec, results: &[Observation]) -> Asked {
    let twin = twin(&own).unwrap();
    let kind = match &own.params[0].1 {
        Type::Int(kind) => *kind,
        other => panic!("{other}"),
    };
    let seen = (0..).zip(results);
    let seen = seen.map(|(at, seen)| (vec![int(kind, at)], seen.clone()));
    let (inputs, seen) = shared(&own, &twin, seen);
    let language = twin.signature.language;
    let prompt = Arc::new(crate::prompt::function(3, &twin, &[], None).unwrap());
    let draw = |index| Draw { index, seed: 0, temperature: 0.7 };
    let ask = SampleAction {
        step: 0,
        subject: "witness".to_owned(),
        prompt_hash: Hash::of("prompt", &[]),
        prompt,
        draws: (0..8).map(draw).collect(),
        drawing: Drawing::Continuous,
    };
    let witness = Witness::Language(language);
    Asked {
        witness,
        function: Arc::new(twin),
        ask,
        inputs,
        own: Arc::new(own),
        seen,
        context: Vec::new(),
        suspects: BTreeSet::new(),
    }
}

#[test]
fn a_twin_is_written_as_people_write_the_other_language() {
    let text = |function: &FunctionSpec| twin(function).map(|twin| twin.signature.text);
    let of_rust = |signature: &str| text(&rust(signature)).unwrap();
    assert_eq!(
        of_rust("fn f(items: &[i32], n: usize) -> Vec<String>"),
        "def f(items: list[int], n: int) -> list[str]:"
    );
    assert_eq!(
        of_rust("fn f(c: char) -> Result<Option<u8>, String>"),
        "def f(c: str) -> int | None:"
    );
    let of_python = |signature: &str| text(&python(signature));
    assert_eq!(
        of_python("def f(text: str, rows: list[list[int]]) -> list[str]").unwrap(),
        "fn f(text: &str, rows: &[Vec<i64>]) -> Vec<String>"
    );
    assert_eq!(
        of_python("def f(x: float) -> tuple[int, bool] | None").unwrap(),
        "fn f(x: f64) -> Option<(i64, bool)>"
    );
    assert_eq!(of_python("def f(x: dict[str, int]) -> int"), None);
    assert_eq!(of_python("def f(x: int | str) -> int"), None);
    assert_eq!(text(&rust("fn f(items: &mut Vec<i32>) -> i32")), None, "it changes its argument");
    let mut judged = rust("fn f(x: i32) -> i32");
    judged.depends_on.push("g".to_owned());
    assert_eq!(text(&judged), None);
}

#[test]
fn what_both_languages_hold_is_compared_and_nothing_else() {
    let own = rust("fn f(x: u8) -> Result<u8, String>");
    let ok = |value: i64| returned(Value::Ok(Box::new(int(IntKind::U8, value))));
    let err = returned(Value::Err(Box::new(Value::str("no"))));
    let asked = asked(own, &[ok(5), err.clone(), ok(7), ok(1), panicked()]);
    assert_eq!(asked.inputs.len(), 5);
    assert_eq!(asked.inputs[1], vec![int(IntKind::Big, 1)]);
    let big = |value: i64| returned(int(IntKind::Big, value));
    assert_eq!(asked.same(0, &big(5)), Some(true));
    assert_eq!(asked.same(0, &big(6)), Some(false));
    assert_eq!(asked.same(0, &raised()), Some(false));
    assert_eq!(asked.same(1, &raised()), Some(true));
    assert_eq!(asked.same(1, &big(0)), Some(false));
    assert_eq!(asked.same(2, &big(300)), None, "no u8 is 300");
    assert_eq!(asked.same(3, &Observation::TimedOut), None);
    assert_eq!(asked.same(4, &big(300)), None, "it may have been too large");
    assert_eq!(asked.same(4, &raised()), Some(true));
}

#[test]
fn another_model_in_the_same_language_is_held_to_every_difference() {
    let mut asked = asked(
        rust("fn f(x: i32) -> i32"),
        &[returned(int(IntKind::I32, 0)), panicked(), Observation::TimedOut, Observation::TimedOut],
    );
    asked.function = Arc::clone(&asked.own);
    asked.witness = Witness::Model("other".to_owned());
    let mutating = Observation::Returned {
        value: int(IntKind::I32, 0),
        mutated: vec![(0, int(IntKind::I32, 9))],
    };
    assert_eq!(asked.same(0, &returned(int(IntKind::I32, 0))), Some(true));
    assert_eq!(asked.same(0, &mutating), Some(false));
    assert_eq!(asked.same(1, &returned(int(IntKind::I32, 1))), Some(false), "one panics");
    assert_eq!(asked.same(2, &returned(int(IntKind::I32, 1))), Some(false), "one does not end");
    assert_eq!(asked.same(3, &Observation::TimedOut), None);
}

#[test]
fn inputs_that_the_other_language_has_no_values_for_are_left_out() {
    let own = python("def f(x: int) -> int");
    let huge = vec![Value::Int(IntKind::Big, "9223372036854775808".parse().unwrap())];
    let seen = [(huge, returned(int(IntKind::Big, 1))), (vec![int(IntKind::Big, -3)], raised())];
    let (inputs, kept) = shared(&own, &twin(&own).unwrap(), seen.into_iter());
    assert_eq!(inputs, [vec![int(IntKind::I64, -3)]]);
    assert_eq!(kept.len(), 1);
}

#[test]
fn a_witness_contradicts_when_most_of_its_samples_do_one_other_thing_on_most_inputs() {
    let big = |value: i64| returned(int(IntKind::Big, value));
    let asked = asked(
        rust("fn f(x: i32) -> i32"),
        &[0, 2, 4, 6].map(|value| returned(int(IntKind::I32, value))),
    );
    let ran = |values: [i64; 4]| Outcome::Ran(values.map(big).to_vec());
    let (same, wrong, edge) = (ran([0, 2, 4, 6]), ran([0, 1, 4, 9]), ran([9, 2, 4, 6]));
    let rejected =
        Outcome::Rejected { layer: crate::verdict::LayerId::Types, message: String::new() };
    let hear = |sources: &[(u32, &Outcome)]| {
        let sources: Vec<_> =
            sources.iter().map(|(copies, outcome)| (*copies, (*outcome).clone())).collect();
        Testimony::of(&asked, &sources)
    };
    let said = hear(&[(6, &same), (2, &wrong)]);
    assert_eq!((said.drawn, said.valid, said.same, said.other), (8, 8, 6, 2));
    assert!(said.agrees() && !said.contradicts());
    let said = hear(&[(2, &same), (5, &wrong), (1, &rejected)]);
    assert_eq!((said.valid, said.compared, said.apart), (7, 4, 2));
    assert!(said.contradicts() && !said.agrees());
    let first = said.first.unwrap();
    assert_eq!((first.own.as_str(), first.other.as_str()), ("2", "1"));
    assert_eq!(first.call, "f(1)");
    assert!(!hear(&[(3, &wrong), (5, &rejected)]).contradicts(), "too few samples can be run");
    let said = hear(&[(8, &edge)]);
    assert!(!said.contradicts(), "one input of four may be what the spec leaves open");
    assert_eq!(said.apart, 1);
    assert_eq!(hear(&[(8, &rejected)]).valid, 0);
}
