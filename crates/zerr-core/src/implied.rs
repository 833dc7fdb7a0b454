//! What a function's name and description suggest of its results, as contracts that nobody stated.
//! Main function: [`implied`].
//!
//! Only `bench replay` asks for these, to measure what they weigh: on `CodeGen`'s samples nothing, right ones
//! break them as often as wrong ones (`docs/selection.md`). No run believes them before that changes.
//!
//! # Non-goals
//! Understanding: words and types are looked at, not sentences.

use std::collections::BTreeSet;

use crate::contract::{self, Contract};
use crate::observe::Observation;
use crate::spec::FunctionSpec;
use crate::value::{Type, Value};

/// The contracts that name and description of a function suggest, each of which fits its types.
pub fn implied(function: &FunctionSpec) -> Vec<Contract> {
    let text = format!("{} {}", function.name, function.description).to_lowercase();
    let words: BTreeSet<&str> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let has = |wanted: &[&str]| wanted.iter().any(|word| words.contains(word));
    let says = |wanted: &[&str]| wanted.iter().any(|phrase| text.contains(phrase));
    let list = function.params.iter().find(|(_, ty)| matches!(ty, Type::List { .. }));
    let gives_list = matches!(function.returns, Type::List { .. });
    let of_same_items = list.is_some_and(|(_, ty)| *ty == function.returns);
    let mut found: Vec<String> = Vec::new();
    let mut suggest = |text: String| found.push(text);
    if gives_list
        && has(&["sort", "sorted", "ascending", "increasing"])
        && !has(&[
            "descending",
            "decreasing",
            "reverse",
            "reversed",
            "by",
            "key",
            "according",
            "only",
        ])
    {
        suggest("is_sorted(result)".to_owned());
    }
    if gives_list && has(&["unique", "distinct", "duplicates", "dedup", "deduplicate"]) {
        suggest("all(i in 0..len(result): count(result, result[i]) == 1)".to_owned());
    }
    if let Some((xs, _)) = list {
        if of_same_items && has(&["filter", "remove", "keep", "drop", "select", "only", "unique"]) {
            suggest(format!("len(result) <= len({xs})"));
            suggest(format!("all(v in result: v in {xs})"));
        }
        if of_same_items
            && has(&["sort", "sorted", "reverse", "reversed", "rotate", "shuffle", "swap"])
        {
            suggest(format!("len(result) == len({xs})"));
        }
        let is_item =
            matches!(list, Some((_, Type::List { item, .. })) if **item == function.returns);
        let extreme =
            &["largest", "smallest", "maximum", "minimum", "biggest", "longest", "shortest"];
        if is_item
            && has(extreme)
            && !has(&[
                "sum",
                "product",
                "difference",
                "subarray",
                "number",
                "count",
                "digit",
                "positive",
            ])
        {
            suggest(format!("len({xs}) == 0 or result in {xs}"));
        }
        if has(&["average", "mean"]) && !has(&["absolute", "deviation", "rounded", "round"]) {
            suggest(format!("len({xs}) == 0 or (result >= min({xs}) and result <= max({xs}))"));
        }
    }
    let text_param = function.params.iter().find(|(_, ty)| *ty == Type::Str);
    if let Some((text, _)) = text_param.filter(|_| function.returns == Type::Str) {
        if has(&["reverse", "reversed"]) && !has(&["palindrome", "append", "suffix"]) {
            suggest(format!("len(result) == len({text})"));
        }
        if has(&["remove", "removes", "removing", "without", "strip", "delete", "filter"]) {
            suggest(format!("len(result) <= len({text})"));
        }
    }
    let counts =
        says(&["number of", "how many", "count ", "counts ", "length of", "distance", "absolute"]);
    if matches!(function.returns, Type::Int(_) | Type::Float(_)) && counts {
        suggest("result >= 0".to_owned());
    }
    if let ([(n, Type::Int(_))], Type::Int(_)) = (function.params.as_slice(), &function.returns)
        && has(&["divisor", "factor", "divides"])
        && !has(&["number", "count", "sum", "many"])
    {
        suggest(format!("result == 0 or mod({n}, result) == 0"));
    }
    if gives_list && has(&["even"]) && !has(&["odd", "index", "indices", "length", "positions"]) {
        suggest("all(v in result: mod(v, 2) == 0)".to_owned());
    }
    let scope = function.scope_after();
    found.iter().filter_map(|text| contract::parse(text, &scope).ok()).collect()
}

/// The first of some calls whose result breaks the contract, by its place.
pub fn broken<'a>(
    contract: &Contract,
    function: &FunctionSpec,
    calls: impl Iterator<Item = (&'a [Value], &'a Observation)>,
) -> Option<usize> {
    calls.enumerate().find_map(|(at, (args, seen))| {
        let Observation::Returned { value, mutated } = function.conform(seen) else { return None };
        if !mutated.is_empty() || !function.accepts(args) {
            return None;
        }
        (contract.check(args, Some(&value), None) == contract::Judgement::Fails).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;
    use crate::value::IntKind;

    fn function(signature: &str, description: &str) -> FunctionSpec {
        let name = signature.split(['(', ' ']).nth(1).unwrap();
        let spec = serde_json::json!({"name": "t", "language": "python", "functions": [
            {"name": name, "signature": signature, "description": description},
        ]});
        let specs = spec::parse(spec.to_string().as_bytes(), "t").unwrap();
        specs.into_iter().next().unwrap().functions.pop().unwrap()
    }

    fn texts(signature: &str, description: &str) -> Vec<String> {
        implied(&function(signature, description)).into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn names_and_words_suggest_what_fits_the_types() {
        assert_eq!(
            texts("def sort_all(xs: list[int]) -> list[int]", "Sort the numbers."),
            ["is_sorted(result)", "len(result) == len(xs)"]
        );
        assert_eq!(
            texts("def keep_even(xs: list[int]) -> list[int]", "Keep the even ones."),
            [
                "len(result) <= len(xs)",
                "all(v in result: v in xs)",
                "all(v in result: mod(v, 2) == 0)"
            ]
        );
        assert_eq!(
            texts("def best(xs: list[int]) -> int", "The largest item."),
            ["len(xs) == 0 or result in xs"]
        );
        assert_eq!(
            texts("def vowels(s: str) -> int", "Count the number of vowels."),
            ["result >= 0"]
        );
        assert_eq!(
            texts("def largest_divisor(n: int) -> int", "The largest divisor below n."),
            ["result == 0 or mod(n, result) == 0"]
        );
        assert!(texts("def sort_all(text: str) -> str", "Sort the words.").is_empty());
        assert!(texts("def by_length(xs: list[str]) -> list[str]", "Sort by length.").len() == 1);
        assert!(texts("def add(a: int, b: int) -> int", "Add.").is_empty());
    }

    #[test]
    fn what_breaks_a_suggestion_is_found_among_calls_that_return() {
        let function = function("def sort_all(xs: list[int]) -> list[int]", "Sort the numbers.");
        let list = |items: &[i64]| {
            Value::List(items.iter().map(|item| Value::int(IntKind::Big, *item)).collect())
        };
        let returned =
            |items: &[i64]| Observation::Returned { value: list(items), mutated: vec![] };
        let calls = [
            (vec![list(&[2, 1])], Observation::TimedOut),
            (vec![list(&[2, 1])], returned(&[1, 2])),
            (vec![list(&[3, 1])], returned(&[3, 1])),
        ];
        let calls = || calls.iter().map(|(args, seen)| (args.as_slice(), seen));
        let found = implied(&function);
        assert_eq!(broken(&found[0], &function, calls()), Some(2));
        assert_eq!(broken(&found[1], &function, calls()), None);
    }
}
