//! Which recorded samples are right: [`Engine::right`], by a reference's results or by assertions.
//!
//! # Invariants
//! Asked after the choice is made: nothing here is seen by what chooses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use zerr_core::inputs::Input;
use zerr_core::observe::Observation;
use zerr_core::spec::FunctionSpec;
use zerr_core::ty::lower;
use zerr_core::value::Value;
use zerr_exec::Cancel;
use zerr_syntax::doc_example;
use zerr_syntax::literal;
use zerr_syntax::signature::{self, ListForm, Signature, TypeExpr};
use zerr_syntax::{Language, type_of_constant};
use zerr_verify::ObserveLimits;

use crate::bench_mutants::{Reference, literal_of};
use crate::bench_replay::{Replayed, TRUE, endless};
use crate::engine::Engine;
use crate::error::EngineError;

/// Inputs of the truth that are run at once: most of what is wrong is wrong on the first ones.
const TRUTH_PORTIONS: [usize; 2] = [12, 1620];

/// Calls that stand for many rows.
const ROWS: ObserveLimits = ObserveLimits { call_ms: 500, result_bytes_max: 4 << 20, ..TRUE };

/// Results that are held at once, in bytes as they are sent; as values they take some six times that.
const HELD: usize = 8 << 20;

/// Texts that share a process at first, beside the reference, whose results tell how many may do so then.
const TEXTS_AT_FIRST: usize = 12;

/// So many rows are not worth a call of their own.
const ROWS_APART: usize = 20;

/// What the truth says of a task's samples.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// Whether each is right; `None` where nobody can say.
    pub right: Option<Vec<bool>>,
    /// Rows of the truth that were not put to anything: of no type, or the reference stops on them.
    pub skipped: usize,
    /// Rows on which at least half of the samples do not end: left out, as the engine does it.
    pub extreme: usize,
}

impl Engine {
    /// Which samples do what the reference does on all of its inputs; nothing where nobody can say.
    ///
    /// # Errors
    /// What keeps calls from being made.
    pub fn right(
        &self,
        replayed: &Replayed,
        truth: &Reference,
        cancel: &Cancel,
    ) -> Result<Judged, EngineError> {
        let Some(function) = &replayed.function else { return Ok(Judged::default()) };
        let has_rows = |rows: &Json| rows.as_array().is_some_and(|rows| !rows.is_empty());
        let by_rows = !truth.canonical_solution.is_empty()
            && (has_rows(&truth.base_input) || has_rows(&truth.plus_input));
        if let Some(test) = truth.test.as_ref().filter(|_| !by_rows) {
            return self.right_by_calls(replayed, function, (test, truth.atol), cancel);
        }
        let judged = self.right_by_rows(replayed, function, truth, true, cancel)?;
        if judged.right.is_none() && judged.extreme > 0 {
            // It may be the samples that never end.
            return self.right_by_rows(replayed, function, truth, false, cancel);
        }
        Ok(judged)
    }

    /// Which samples do what the reference does, on rows that most of them come to an end on or on all.
    fn right_by_rows(
        &self,
        replayed: &Replayed,
        function: &FunctionSpec,
        truth: &Reference,
        leaves_out: bool,
        cancel: &Cancel,
    ) -> Result<Judged, EngineError> {
        let mut judged_rows = Judged::default();
        let mut open: Vec<bool> = replayed.sources.iter().map(Option::is_some).collect();
        let reference = truth.source(function);
        let rows = [&truth.base_input, &truth.plus_input].into_iter().filter_map(Json::as_array);
        let rows: Vec<&Json> = rows.flatten().collect();
        judged_rows.skipped = rows.len();
        let (mut begin, mut judged) = (0, 0);
        for portion in TRUTH_PORTIONS {
            let end = (begin + portion).min(rows.len());
            for (typed, inputs) in typed_rows(function, rows.get(begin..end).unwrap_or_default()) {
                let sources: Vec<Option<String>> = replayed
                    .sources
                    .iter()
                    .zip(&open)
                    .map(|(source, is_open)| source.clone().filter(|_| *is_open))
                    .chain([Some(reference.clone())])
                    .collect();
                let texts = replayed
                    .pool
                    .texts
                    .iter()
                    .zip(&open)
                    .map(|(text, is_open)| text.clone().filter(|_| *is_open));
                let texts = texts.chain([Some("the reference".to_owned())]).collect();
                let part = replayed.beside(texts, sources);
                // Many rows in one call each, where that comes to its end: calls cost most.
                if leaves_out
                    && function.signature.language == Language::Python
                    && inputs.len() > ROWS_APART
                    && let Some(same) =
                        self.same_rows(&part, &typed, &inputs, truth.atol, cancel)?
                {
                    judged_rows.skipped = judged_rows.skipped.saturating_sub(inputs.len());
                    judged += inputs.len();
                    for (is_open, same) in open.iter_mut().zip(same) {
                        *is_open &= same;
                    }
                    continue;
                }
                let mut inputs = inputs;
                let mut seen = self.observed(&part, &typed, &inputs, TRUE, cancel)?;
                if leaves_out && !endless(&seen, inputs.len()).is_empty() {
                    // Whether a single one comes to an end is what is asked, and no measure of the row.
                    let measure =
                        if replayed.sources.len() > 1 { part.clone() } else { part.only_last() };
                    let extreme = self.probed(&measure, &typed, &inputs, cancel)?;
                    judged_rows.extreme += extreme.len();
                    inputs = inputs
                        .into_iter()
                        .enumerate()
                        .filter(|(at, _)| !extreme.contains(at))
                        .map(|(_, input)| input)
                        .collect();
                    seen = self.observed(&part, &typed, &inputs, TRUE, cancel)?;
                }
                let Some(Some(own)) = seen.pop() else { continue };
                // Where it raises, nothing is asked.
                let returns = |one: &&Observation| matches!(one, Observation::Returned { .. });
                let settled = own.iter().filter(returns).count();
                judged_rows.skipped = judged_rows.skipped.saturating_sub(settled);
                judged += settled;
                for (at, is_open) in open.iter_mut().enumerate() {
                    let same = seen.get(at).and_then(Option::as_ref).is_some_and(|seen| {
                        own.iter().zip(seen).all(|(a, b)| is_same(a, b, truth.atol))
                    });
                    *is_open &= same;
                }
            }
            begin = end;
        }
        if judged > 0 {
            judged_rows.right = Some(open);
        }
        Ok(judged_rows)
    }
}

impl Engine {
    /// Which samples do what assertions on `candidate` say.
    fn right_by_calls(
        &self,
        replayed: &Replayed,
        function: &FunctionSpec,
        (test, atol): (&str, f64),
        cancel: &Cancel,
    ) -> Result<Judged, EngineError> {
        let language = function.signature.language;
        let value = |text: &String, ty| {
            zerr_core::literal::value(&literal::parse(language, text).ok()?, ty).ok()
        };
        let (mut inputs, mut expected) = (Vec::new(), Vec::new());
        for found in doc_example::find(language, "candidate", &with_escapes(test)) {
            let typed = found.args_text.iter().zip(&function.params);
            let args: Option<Input> = typed.map(|(text, (_, ty))| value(text, ty)).collect();
            let args = args.filter(|args| args.len() == function.params.len());
            if let Some((args, result)) = args.zip(value(&found.expected_text, &function.returns)) {
                inputs.push(args);
                expected.push(result);
            }
        }
        // What is asserted both ways says nothing.
        let contradicts = |at: usize| {
            let pairs = inputs.iter().zip(&expected);
            pairs.clone().nth(at).is_some_and(|(args, result)| {
                pairs.clone().any(|(a, b)| a == args && !equals(b, result, atol))
            })
        };
        let kept: Vec<usize> = (0..inputs.len()).filter(|at| !contradicts(*at)).collect();
        let inputs: Vec<Input> = kept.iter().filter_map(|at| inputs.get(*at).cloned()).collect();
        let expected: Vec<&Value> = kept.iter().filter_map(|at| expected.get(*at)).collect();
        let skipped = test.matches("candidate(").count().saturating_sub(inputs.len());
        let judged = Judged { skipped, ..Judged::default() };
        if inputs.is_empty() {
            return Ok(judged);
        }
        let limits = ObserveLimits { call_ms: ROWS.call_ms, ..TRUE };
        let seen = self.observed(replayed, function, &inputs, limits, cancel)?;
        let is_right = |seen: &Option<Vec<Observation>>| {
            let Some(seen) = seen else { return false };
            seen.len() == expected.len()
                && seen.iter().zip(&expected).all(|(one, expected)| {
                    matches!(function.conform(one), Observation::Returned { value, .. } if equals(&value, expected, atol))
                })
        };
        Ok(Judged { right: Some(seen.iter().map(is_right).collect()), ..judged })
    }

    /// Whether each sample gives what the last one, the reference, gives on all rows, which come in one
    /// call; `None` where that does not tell: the reference raises, or something takes too long.
    fn same_rows(
        &self,
        part: &Replayed,
        typed: &FunctionSpec,
        rows: &[Input],
        atol: f64,
        cancel: &Cancel,
    ) -> Result<Option<Vec<bool>>, EngineError> {
        let name = "zerr_all_rows";
        let types = typed.signature.params.iter().map(|param| param.ty.clone()).collect();
        let ty = TypeExpr::List { item: Box::new(TypeExpr::Tuple(types)), form: ListForm::PyList };
        let param = signature::Param { name: "rows".to_owned(), ty, mutable_ref: false };
        let lowered = lower(Language::Python, &param.ty);
        let function = FunctionSpec {
            name: name.to_owned(),
            params: vec![("rows".to_owned(), lowered)],
            signature: Signature {
                name: name.to_owned(),
                params: vec![param],
                ..typed.signature.clone()
            },
            ..typed.clone()
        };
        let driver =
            format!("\n\ndef {name}(rows):\n    return [{}(*row) for row in rows]\n", typed.name);
        let mut whole = part.alone();
        whole.pool.texts.clone_from(&part.pool.texts);
        for source in whole.sources.iter_mut().flatten() {
            source.push_str(&driver);
        }
        let input = vec![Value::List(rows.iter().map(|row| Value::Tuple(row.clone())).collect())];
        let inputs = [input];
        let returned = |seen: Option<Vec<Observation>>| match seen?.pop()? {
            Observation::Returned { value: Value::List(items), .. } => Some(items),
            _ => None,
        };
        let is_slow = |one: &Option<Vec<Observation>>| {
            one.as_ref().is_some_and(|seen| seen.iter().any(|it| !it.is_settled()))
        };
        let all = std::mem::take(&mut whole.pool.texts);
        let Some((Some(reference), samples)) = all.split_last() else { return Ok(None) };
        let distinct: Vec<&String> =
            samples.iter().flatten().collect::<BTreeSet<_>>().into_iter().collect();
        let mut right = None;
        let mut same = vec![false; samples.len()];
        let (mut begin, mut at_once) = (0, TEXTS_AT_FIRST);
        // The reference alone where there is no sample: whether there is a truth does not depend on that.
        while right.is_none() || begin < distinct.len() {
            let end = (begin + at_once).min(distinct.len());
            let these = distinct.get(begin..end).unwrap_or_default();
            begin = end;
            let now = samples.iter().map(|text| text.clone().filter(|text| these.contains(&text)));
            let own = Some(reference.clone()).filter(|_| right.is_none());
            whole.pool.texts = now.chain([own]).collect();
            let mut seen = self.observed(&whole, &function, &inputs, ROWS, cancel)?;
            if seen.iter().any(is_slow) {
                return Ok(None);
            }
            if let Some(own) = seen.pop().flatten() {
                let bytes: usize = own.iter().map(|one| one.key().len()).sum();
                at_once = (HELD / bytes.max(1)).max(TEXTS_AT_FIRST);
                right = returned(Some(own));
            }
            let Some(right) = &right else { return Ok(None) };
            for (same, seen) in same.iter_mut().zip(seen) {
                *same |= returned(seen).is_some_and(|items| {
                    items.len() == right.len()
                        && right.iter().zip(&items).all(|(a, b)| equals(a, b, atol))
                });
            }
        }
        Ok(Some(same))
    }
}

impl Reference {
    /// The right function, with the head that the spec has.
    fn source(&self, function: &FunctionSpec) -> String {
        let (head, body) =
            (function.signature.text.trim_end_matches(':'), &self.canonical_solution);
        match function.signature.language {
            Language::Python => format!("{head}:\n{body}"),
            Language::Rust => format!("{head} {{\n{}\n}}\n", body.trim_end().trim_end_matches('}')),
        }
    }
}

/// The rows of arguments as the spec's types, else by their own, whatever the spec guesses: a function
/// of those types and the inputs.
fn typed_rows(function: &FunctionSpec, rows: &[&Json]) -> Vec<(FunctionSpec, Vec<Input>)> {
    let mut groups: BTreeMap<Vec<String>, Vec<Vec<literal::Literal>>> = BTreeMap::new();
    let mut fitting: Vec<Input> = Vec::new();
    for row in rows {
        let args = row.as_array().filter(|args| args.len() == function.params.len());
        let Some(args) = args else { continue };
        let literals: Option<Vec<_>> = args.iter().map(literal_of).collect();
        let Some(literals) = literals else { continue };
        // The spec's own types where they fit: an empty list alone says nothing of its items.
        let own = literals.iter().zip(&function.params);
        let own: Option<Input> =
            own.map(|(one, (_, ty))| zerr_core::literal::value(one, ty).ok()).collect();
        if let Some(own) = own.filter(|own| own.len() == literals.len()) {
            fitting.push(own);
            continue;
        }
        let types: Option<Vec<String>> = literals.iter().map(type_of_constant).collect();
        let Some(types) = types else { continue };
        groups.entry(types).or_default().push(literals);
    }
    let others = groups.into_iter().filter_map(|(types, rows)| {
        let names = function.signature.params.iter().map(|param| &param.name);
        let params: Vec<String> =
            names.zip(&types).map(|(name, ty)| format!("{name}: {ty}")).collect();
        let head = format!("def {}({}) -> int", function.name, params.join(", "));
        let signature = signature::parse(Language::Python, &head).ok()?;
        let params: Vec<_> = signature
            .params
            .iter()
            .map(|param| (param.name.clone(), lower(Language::Python, &param.ty)))
            .collect();
        let inputs = rows
            .iter()
            .filter_map(|row| {
                let typed = row.iter().zip(&params);
                typed.map(|(arg, (_, ty))| zerr_core::literal::value(arg, ty).ok()).collect()
            })
            .collect();
        Some((FunctionSpec { signature, params, ..function.clone() }, inputs))
    });
    let own = (!fitting.is_empty()).then(|| (function.clone(), fitting));
    own.into_iter().chain(others).collect()
}

/// A program whose texts have their line breaks as escapes.
fn with_escapes(program: &str) -> String {
    let (mut is_text, mut is_escaped) = (false, false);
    let mut escaped = String::with_capacity(program.len());
    for c in program.chars() {
        match c {
            '\n' if is_text => escaped.push_str("\\n"),
            c => escaped.push(c),
        }
        is_text ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
    }
    escaped
}

/// Whether a call gave what the reference gave. Where that one stopped, nothing is asked.
fn is_same(right: &Observation, seen: &Observation, atol: f64) -> bool {
    match (right, seen) {
        (Observation::Returned { value, .. }, Observation::Returned { value: other, .. }) => {
            equals(value, other, atol)
        }
        (Observation::Returned { .. }, _) => false,
        _ => true,
    }
}

/// Equality as Python's `==` has it, floats up to `atol`.
fn equals(a: &Value, b: &Value, atol: f64) -> bool {
    let all = |a: &[Value], b: &[Value]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equals(a, b, atol))
    };
    match (a, b) {
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => all(a, b),
        (Value::Map(a), Value::Map(b)) => {
            let flat = |entries: &[(Value, Value)]| -> Vec<Value> {
                entries.iter().flat_map(|(key, value)| [key.clone(), value.clone()]).collect()
            };
            all(&flat(a), &flat(b))
        }
        _ => match (number(a), number(b)) {
            (Some(x), Some(y)) => match (a, b) {
                (Value::Int(_, a), Value::Int(_, b)) => a == b,
                _ => a == b || (x - y).abs() <= atol + 1e-7 * x.abs(),
            },
            _ => a == b,
        },
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(truth) => Some(f64::from(u8::from(*truth))),
        Value::Int(_, number) => number.to_string().parse().ok(),
        Value::Float(_, bits) => Some(f64::from_bits(*bits)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench_replay::ReplayTask;

    #[test]
    fn numbers_are_equal_as_python_has_it_and_near_as_the_truth_says() {
        let one = Value::int(zerr_core::value::IntKind::Big, 1);
        assert!(equals(&one, &Value::Bool(true), 0.0) && equals(&one, &Value::f64(1.0), 0.0));
        assert!(!equals(&one, &Value::f64(1.001), 1e-6));
        assert!(equals(&Value::f64(2.0), &Value::f64(2.000_000_1), 1e-6));
        let list = |item: Value| Value::List(vec![item]);
        assert!(equals(&list(one.clone()), &list(Value::f64(1.0)), 0.0));
        assert!(!equals(&list(one.clone()), &Value::Tuple(vec![one]), 0.0));
        let large = |text: &str| Value::Int(zerr_core::value::IntKind::Big, text.parse().unwrap());
        assert!(!equals(&large("9007199254740993"), &large("9007199254740992"), 0.0));
    }

    #[test]
    fn line_breaks_in_texts_of_assertions_are_kept() {
        let test =
            "assert_eq!(candidate(\"a\\\"\nb\"), \"c\n\");\nassert_eq!(candidate(\"\"), \"d\");\n";
        let found = doc_example::find(Language::Rust, "candidate", &with_escapes(test));
        let shown: Vec<_> =
            found.iter().map(|one| (&*one.args_text[0], &*one.expected_text)).collect();
        assert_eq!(shown, [("\"a\\\"\\nb\"", "\"c\\n\""), ("\"\"", "\"d\"")]);
    }

    #[test]
    fn the_truth_s_inputs_have_types_of_their_own() {
        let task: ReplayTask = serde_json::from_value(serde_json::json!({
            "task_id": "t", "entry_point": "f", "samples": [],
            "prompt": "def f(xs: list[int], n):\n    \"\"\" Take.\n    f([1], 2) ==> 3\n    \"\"\"\n",
        }))
        .unwrap();
        let (function, ..) = task.spec().unwrap();
        let rows = [
            serde_json::json!([[1], 2]),
            serde_json::json!([[1.5], 2]),
            serde_json::json!([[1, "a"], 2]),
            serde_json::json!([[], 3]),
        ];
        let typed = typed_rows(&function, &rows.iter().collect::<Vec<_>>());
        let counts: Vec<usize> = typed.iter().map(|(_, inputs)| inputs.len()).collect();
        assert_eq!(counts.iter().sum::<usize>(), 4);
        assert_eq!(counts.len(), 3, "its own, floats, and a mixed list's");
    }
}
