//! Facts about `inputs`.

use expect_test::{Expect, expect};

use super::*;
use crate::spec;

/// One function; `more` are further lines of its YAML.
fn function(signature: &str, more: &[&str]) -> FunctionSpec {
    let language = if signature.starts_with("def") { "python" } else { "rust" };
    let name = signature.split(['(', ' ']).nth(1).unwrap();
    let mut text = format!(
        "name: t\nlanguage: {language}\nfunctions:\n  - name: {name}\n    \
         signature: \"{signature}\"\n    description: Does it.\n"
    );
    for line in more {
        text.extend(["    ", line, "\n"]);
    }
    let specs = spec::parse(text.as_bytes(), "s").unwrap_or_else(|errors| panic!("{errors:?}"));
    specs[0].functions[0].clone()
}

fn shown(inputs: &[Input]) -> String {
    let line = |input: &Input| {
        let args: Vec<String> = input.iter().map(ToString::to_string).collect();
        args.join(", ") + "\n"
    };
    inputs.iter().map(line).collect()
}

fn check(f: &FunctionSpec, max: usize, expected: &Expect) {
    expected.assert_eq(&shown(&initial(f, max)));
}

/// Whether the inputs contain one on which the two differ.
fn told_apart<R: PartialEq>(
    inputs: &[Input],
    right: impl Fn(&Input) -> R,
    wrong: impl Fn(&Input) -> R,
) -> bool {
    inputs.iter().any(|input| right(input) != wrong(input))
}

fn int(value: &Value) -> i128 {
    match value {
        Value::Int(_, number) => number.try_into().unwrap(),
        other => panic!("{other}"),
    }
}

fn text(value: &Value) -> &str {
    match value {
        Value::Str(text) => text,
        other => panic!("{other}"),
    }
}

fn ints(value: &Value) -> Vec<i128> {
    match value {
        Value::List(items) => items.iter().map(int).collect(),
        other => panic!("{other}"),
    }
}

#[test]
fn a_small_range_is_tried_whole_with_its_ends_first() {
    let f = function("fn f(hour: u8) -> bool", &["requires: [hour < 24]"]);
    let inputs = initial(&f, 64);
    let hours: Vec<i128> = inputs.iter().map(|input| int(&input[0])).collect();
    assert_eq!(hours[..3], [0, 23, 1]);
    assert_eq!(inputs.len(), 24);
}

#[test]
fn examples_come_first_and_no_input_comes_twice() {
    let f = function(
        "fn f(a: i32, s: &str) -> i32",
        &["examples: [{args: [7, xyz], returns: 1}, {args: [0, ''], returns: 2}]"],
    );
    let inputs = initial(&f, 64);
    assert_eq!(shown(&inputs[..2]), "7, \"xyz\"\n0, \"\"\n");
    let mut keys: Vec<String> = inputs.iter().map(|input| key(input)).collect();
    assert_eq!(keys.len(), 64);
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 64);
}

#[test]
fn every_type_has_inputs_that_fit_and_meet_requires() {
    for (signature, requires) in [
        ("fn f(a: i32, b: i32) -> i32", "a < b"),
        ("fn f(a: u64, b: u64) -> u64", "a > 0 and b > 0 and a % b == 0"),
        ("fn f(x: f64, y: f32) -> f64", "x > 0.5"),
        ("fn f(s: &str, t: String) -> bool", "len(s) > len(t)"),
        ("fn f(c: char, b: bool) -> char", "c != 'a'"),
        ("fn f(xs: &[i32], k: usize) -> i32", "k < len(xs)"),
        ("fn f(xs: Vec<Vec<u8>>) -> u8", "len(xs) > 0"),
        ("fn f(o: Option<i64>, r: Result<i8, String>) -> i8", "is_some(o) or is_ok(r)"),
        ("fn f(m: HashMap<String, i32>, s: HashSet<i32>) -> i32", "len(m) > 0"),
        ("fn f(t: (i32, String), a: [u8; 4]) -> u8", "t[0] != 0"),
        ("fn f(xs: &mut Vec<i32>) -> ()", "is_sorted(xs)"),
        ("def f(a: int, s: str, x: float) -> int", "a != 0"),
        ("def f(xs: list[int], d: dict[str, int], o: int | None) -> int", "len(xs) > 1"),
        ("def f(b: bytes, t: tuple[int, str]) -> int", "len(b) > 0"),
        ("def f(ts: tuple[int, ...]) -> tuple[int, ...]", "len(ts) > 1 and ts[0] > 0"),
    ] {
        let f = function(signature, &[&format!("requires: [\"{requires}\"]")]);
        for inputs in [initial(&f, 64), distinguishing(&f, &[], 3, 32)] {
            assert!(inputs.len() >= 32, "{signature}: {} inputs", inputs.len());
            for input in &inputs {
                assert!(f.accepts(input), "{signature}: {}", shown(std::slice::from_ref(input)));
            }
        }
    }
}

#[test]
fn every_boundary_of_every_parameter_is_tried() {
    let f = function("fn f(a: i32, s: &str, flag: bool) -> i32", &[]);
    let inputs = initial(&f, 64);
    for (position, (_, ty)) in f.params.iter().enumerate() {
        for value in bounds::of(ty, &Pool::default()) {
            let is_tried = inputs.iter().any(|input| input[position] == value);
            assert!(is_tried, "{value} of parameter {position}");
        }
    }
}

#[test]
fn inputs_are_found_where_nearly_all_are_rejected() {
    let f = function(
        "fn f(a: i64, b: i64, c: i64) -> bool",
        &[
            "requires: [a > 0 and b > a and c > b and a * a + b * b == c * c]",
            "examples: [{args: [3, 4, 5], returns: true}]",
        ],
    );
    let inputs = initial(&f, 64);
    assert!(inputs.len() >= 2, "{}", shown(&inputs));
}

#[test]
fn a_function_without_parameters_has_one_input() {
    let f = function("fn f() -> i32", &[]);
    assert_eq!(initial(&f, 64), [Vec::<Value>::new()]);
    assert!(distinguishing(&f, &initial(&f, 64), 1, 8).is_empty());
    assert!(mined(&f, &[&Literals::default()], &[], 8).is_empty());
}

#[test]
fn no_more_than_max_come_back() {
    let f = function("fn f(a: i32) -> i32", &["examples: [{args: [7], returns: 1}]"]);
    for max in [0, 1, 2, 5] {
        assert_eq!(initial(&f, max).len(), max);
        assert_eq!(distinguishing(&f, &[], 1, max).len(), max);
    }
}

#[test]
fn the_order_is_the_same_every_time_and_seeds_differ() {
    let f = function("fn f(xs: &[i32], s: &str) -> i32", &[]);
    assert_eq!(initial(&f, 64), initial(&f, 64));
    assert_eq!(distinguishing(&f, &[], 5, 20), distinguishing(&f, &[], 5, 20));
    assert_ne!(distinguishing(&f, &[], 5, 20), distinguishing(&f, &[], 6, 20));
}

#[test]
fn nothing_known_comes_again() {
    let f = function("fn f(a: u8, s: &str) -> i32", &[]);
    let known = initial(&f, 40);
    let literals = Literals { ints: vec!["7".into(), "200".into()], ..Literals::default() };
    for more in [mined(&f, &[&literals], &known, 40), distinguishing(&f, &known, 1, 40)] {
        assert!(!more.is_empty());
        assert!(more.iter().all(|input| !known.contains(input)));
    }
}

#[test]
fn constants_of_candidates_are_tried_with_their_neighbours() {
    let f = function("fn f(n: i32) -> bool", &[]);
    let literals = Literals { ints: vec!["7431".into()], ..Literals::default() };
    let mined = mined(&f, &[&literals], &initial(&f, 64), 32);
    let numbers: Vec<i128> = mined.iter().map(|input| int(&input[0])).collect();
    for wanted in [7431, 7430, 7432, -7431] {
        assert!(numbers.contains(&wanted), "{numbers:?}");
    }
    let f = function("fn f(s: &str) -> bool", &[]);
    let literals = Literals {
        ints: vec!["17".into()],
        strings: vec!["World".into()],
        chars: vec!['#'],
        ..Literals::default()
    };
    let texts: Vec<String> = super::mined(&f, &[&literals], &[], 64)
        .iter()
        .map(|input| text(&input[0]).to_owned())
        .collect();
    for wanted in ["World", "#", "xWorldy", "#x", "world", "WORLD", "Worl", "17"] {
        assert!(texts.iter().any(|text| text == wanted), "{wanted}: {texts:?}");
    }
    assert!(texts.iter().any(|text| text.chars().count() == 17));
}

/// As many as a run asks for before it looks at candidates.
const FEW: usize = 42;

#[test]
fn off_by_one_against_a_contracts_constant_is_seen() {
    let f = function("fn grade(points: u32) -> bool", &["ensures: [result == (points >= 750)]"]);
    let inputs = initial(&f, FEW);
    assert!(told_apart(&inputs, |i| int(&i[0]) >= 750, |i| int(&i[0]) > 750));
    assert!(told_apart(&inputs, |i| int(&i[0]) >= 750, |i| int(&i[0]) >= 749));
}

#[test]
fn usual_mistakes_with_texts_are_seen() {
    let f = function("fn f(s: &str) -> bool", &[]);
    let inputs = initial(&f, FEW);
    let s = |input: &Input| text(&input[0]).to_owned();
    let reversed = |text: &str| text.chars().rev().collect::<String>();
    // Bytes for characters, trimmed or not, empty, case, one kind of white space, runs.
    assert!(told_apart(&inputs, |i| s(i).len(), |i| s(i).chars().count()));
    assert!(told_apart(&inputs, |i| s(i).is_empty(), |i| s(i).trim().is_empty()));
    assert!(told_apart(&inputs, |i| s(i).trim_matches(' ').len(), |i| s(i).trim().len()));
    assert!(told_apart(
        &inputs,
        |i| s(i) == reversed(&s(i)),
        |i| s(i).to_lowercase() == reversed(&s(i)).to_lowercase()
    ));
    assert!(told_apart(&inputs, |i| s(i).split(' ').count(), |i| s(i).split_whitespace().count()));
    assert!(told_apart(&inputs, |i| s(i).to_uppercase(), |i| s(i).to_ascii_uppercase()));
    assert!(told_apart(&inputs, |i| s(i).to_uppercase().chars().count(), |i| s(i).chars().count()));
    assert!(told_apart(
        &inputs,
        |i| s(i).parse::<i32>().is_ok(),
        |i| !s(i).is_empty() && s(i).chars().all(|c| c.is_ascii_digit())
    ));
    assert!(told_apart(
        &inputs,
        |i| s(i).chars().all(char::is_alphabetic),
        |i| s(i).chars().all(char::is_alphanumeric)
    ));
    assert!(told_apart(&inputs, |i| s(i).lines().count(), |i| s(i).split('\n').count()));
}

#[test]
fn usual_mistakes_with_lists_are_seen() {
    let f = function("fn f(xs: &[i32]) -> i32", &[]);
    let inputs = initial(&f, FEW);
    let xs = |input: &Input| ints(&input[0]);
    // A maximum that starts at 0, the first or last of equal ones, overflow, order, duplicates.
    assert!(told_apart(
        &inputs,
        |i| xs(i).iter().copied().max(),
        |i| xs(i).iter().copied().max().map(|m| m.max(0))
    ));
    let best = |xs: Vec<i128>| xs.iter().position(|x| Some(x) == xs.iter().max());
    let last = |xs: Vec<i128>| xs.iter().rposition(|x| Some(x) == xs.iter().max());
    assert!(told_apart(&inputs, |i| best(xs(i)), |i| last(xs(i))));
    assert!(told_apart(
        &inputs,
        |i| xs(i).iter().sum::<i128>(),
        |i| i128::from(xs(i).iter().fold(0_i32, |a, x| a.wrapping_add(*x as i32)))
    ));
    assert!(told_apart(&inputs, |i| xs(i).is_sorted(), |i| xs(i).is_sorted_by(|a, b| a < b)));
    let unique = |mut xs: Vec<i128>| {
        xs.sort_unstable();
        xs.dedup();
        xs.len()
    };
    let neighbours = |mut xs: Vec<i128>| {
        xs.dedup();
        xs.len()
    };
    assert!(told_apart(&inputs, |i| unique(xs(i)), |i| neighbours(xs(i))));
    let second = |xs: Vec<i128>| {
        let mut xs = xs;
        xs.sort_unstable();
        xs.dedup();
        xs.len().checked_sub(2).map(|at| xs[at])
    };
    let second_wrong = |xs: Vec<i128>| {
        let mut xs = xs;
        xs.sort_unstable();
        xs.len().checked_sub(2).map(|at| xs[at])
    };
    assert!(told_apart(&inputs, |i| second(xs(i)), |i| second_wrong(xs(i))));
    // Evens with `% 2 == 1` for odd, which misses negative ones.
    assert!(told_apart(
        &inputs,
        |i| xs(i).iter().filter(|x| *x % 2 != 0).count(),
        |i| xs(i).iter().filter(|x| *x % 2 == 1).count()
    ));
}

#[test]
fn usual_mistakes_with_several_numbers_are_seen() {
    let f = function("fn clamp(x: i32, lo: i32, hi: i32) -> i32", &["requires: [lo <= hi]"]);
    let inputs = initial(&f, FEW);
    let arg = |input: &Input, at: usize| int(&input[at]);
    let clamp = |i: &Input| arg(i, 0).clamp(arg(i, 1), arg(i, 2));
    assert!(told_apart(&inputs, clamp, |i| arg(i, 0).min(arg(i, 2))));
    assert!(told_apart(&inputs, clamp, |i| arg(i, 0).max(arg(i, 1))));
    assert!(told_apart(&inputs, clamp, |i| arg(i, 0)));
    let f = function("fn f(a: i32, b: i32) -> i32", &[]);
    let inputs = initial(&f, FEW);
    // Overflow, division, equality, order.
    assert!(told_apart(
        &inputs,
        |i| arg(i, 0) + arg(i, 1),
        |i| i128::from((arg(i, 0) as i32).wrapping_add(arg(i, 1) as i32))
    ));
    assert!(told_apart(
        &inputs,
        |i| arg(i, 0).checked_div(arg(i, 1)),
        |i| arg(i, 0).checked_div_euclid(arg(i, 1))
    ));
    assert!(told_apart(&inputs, |i| arg(i, 0) == arg(i, 1), |_| false));
    assert!(told_apart(&inputs, |i| arg(i, 0) > arg(i, 1), |i| arg(i, 0) >= arg(i, 1)));
    assert!(told_apart(&inputs, |i| (arg(i, 0) - arg(i, 1)).abs(), |i| arg(i, 0) - arg(i, 1)));
    assert!(told_apart(&inputs, |i| arg(i, 0) < arg(i, 1), |i| arg(i, 0) != arg(i, 1)));
}

#[test]
fn usual_mistakes_with_two_texts_are_seen() {
    let f = function("fn f(s: &str, part: &str) -> bool", &[]);
    let inputs = initial(&f, FEW);
    let whole = |i: &Input| text(&i[0]).to_owned();
    let part = |i: &Input| text(&i[1]).to_owned();
    assert!(told_apart(&inputs, |i| whole(i) == part(i), |i| whole(i).len() == part(i).len()));
    assert!(told_apart(
        &inputs,
        |i| whole(i).starts_with(&part(i)),
        |i| whole(i).contains(&part(i))
    ));
    assert!(told_apart(&inputs, |i| whole(i).ends_with(&part(i)), |i| whole(i).contains(&part(i))));
    assert!(told_apart(
        &inputs,
        |i| whole(i) == part(i),
        |i| whole(i).to_lowercase() == part(i).to_lowercase()
    ));
    let anagram = |i: &Input| {
        let (mut a, mut b): (Vec<char>, Vec<char>) =
            (whole(i).chars().collect(), part(i).chars().collect());
        a.sort_unstable();
        b.sort_unstable();
        a == b
    };
    assert!(told_apart(&inputs, anagram, |i| whole(i) == part(i)));
}

#[test]
fn a_list_is_tried_with_its_own_items_and_positions() {
    let f = function("fn f(xs: &[i32], k: usize, x: i32) -> bool", &[]);
    let inputs = initial(&f, FEW);
    let holds = |test: &dyn Fn(&Input) -> bool| inputs.iter().any(test);
    assert!(holds(&|i| int(&i[1]) == ints(&i[0]).len() as i128 && !ints(&i[0]).is_empty()));
    assert!(holds(&|i| int(&i[1]) + 1 == ints(&i[0]).len() as i128));
    assert!(holds(&|i| ints(&i[0]).first() == Some(&int(&i[2]))));
    assert!(holds(&|i| ints(&i[0]).len() > 1 && ints(&i[0]).last() == Some(&int(&i[2]))));
}

#[test]
fn the_first_inputs_are_the_most_telling() {
    check(
        &function("fn f(n: i32) -> i32", &[]),
        12,
        &expect![[r#"
        0
        1
        -1
        2
        2147483647
        -2147483648
        2147483646
        -2147483647
        3
        10
        -2
        7
    "#]],
    );
    check(
        &function("fn f(s: &str) -> i32", &["examples: [{args: [Ada], returns: 1}]"]),
        16,
        &expect![[r#"
            "Ada"
            "aDA"
            "Ad"
            ""
            "a"
            " "
            "ab"
            "aa"
            "Aa"
            "a b"
            " a "
            "é"
            "0"
            "aba"
            "A"
            "12"
        "#]],
    );
    check(
        &function("fn f(xs: &[i32]) -> i32", &[]),
        16,
        &expect![[r#"
            []
            [3]
            [3, 3]
            [5, 3]
            [-1, -2, -3]
            [0]
            [3, 5, 3]
            [1]
            [2147483647, 1]
            [-1]
            [2, 3, 2, 5, 5]
            [2]
            [5, 3, 8, 1, 9]
            [2147483647]
            [3, 5]
            [1, 3]
        "#]],
    );
    check(
        &function("def f(x: float, flag: bool) -> float", &[]),
        16,
        &expect![[r#"
        0.0, true
        1.0, false
        -1.0, true
        1.5, false
        -1.5, true
        NaN, false
        inf, true
        -inf, false
        -0.0, true
        0.5, false
        2.5, true
        0.1, false
        -0.5, true
        100.0, false
        1.7976931348623157e308, true
        -1.7976931348623157e308, false
    "#]],
    );
}

#[test]
fn a_small_domain_is_taken_whole() {
    let all = |signature: &str| bounded(&function(signature, &[]), 4_096).unwrap();
    let byte = all("fn f(x: u8) -> u8");
    assert_eq!((byte.inputs.len(), byte.is_whole), (256, true));
    assert_eq!(all("fn f(x: i8) -> i8").inputs.len(), 256);
    let truths = all("fn f(a: bool, b: bool) -> bool");
    assert_eq!((truths.inputs.len(), truths.is_whole), (4, true));
    assert_eq!(all("fn f() -> bool").inputs, [Vec::new()]);
}

#[test]
fn the_domain_of_several_parameters_fits_the_budget_and_is_named() {
    let all = |signature: &str, more: &[&str]| bounded(&function(signature, more), 4_096).unwrap();
    let three = all("fn f(a: i32, b: i32, c: i32) -> i32", &[]);
    assert_eq!(three.domain, "a from -7 to 7, b from -7 to 7, c from -7 to 7");
    assert_eq!(three.inputs.len(), 15 * 15 * 15);
    assert!(!three.is_whole);
    let python = all("def f(x: int, flag: bool) -> int:", &["requires: [\"x >= 0\"]"]);
    assert_eq!(python.domain, "x from -100 to 100, flag any");
    assert_eq!((python.inputs.len(), python.excluded), (202, 200));
    for signature in [
        "fn f(xs: &[i32], k: usize) -> i32",
        "fn f(a: &str, b: &str) -> bool",
        "fn f(x: Option<u8>, y: (bool, i64)) -> bool",
        "def f(m: dict[str, int], x: float) -> bool:",
        "def f(x: bytes, y: set[int]) -> bool:",
        "fn f(x: [u8; 2], c: char) -> bool",
    ] {
        let found = all(signature, &[]);
        assert!(found.inputs.len() > 50 && found.inputs.len() <= 4_096, "{}", found.domain);
    }
}

#[test]
fn what_cannot_be_built_has_no_domain() {
    assert_eq!(bounded(&function("fn f(x: Result<u8, u8>) -> i32", &[]), 4_096), None);
}

#[test]
fn a_union_s_inputs_are_of_each_of_its_types() {
    let f = function(
        "def f(x: int | str, ys: list[int | float]) -> int",
        &[
            "examples:",
            "  - {args: [5, [1, 2.5]], returns: 1}",
            "  - {args: [\"5\", []], returns: 2}",
        ],
    );
    assert_eq!(f.examples[0].args[0], Value::int(crate::value::IntKind::Big, 5));
    assert_eq!(f.examples[1].args[0], Value::str("5"));
    let inputs = initial(&f, 48);
    let first = |is: fn(&Value) -> bool| inputs.iter().filter(|input| is(&input[0])).count();
    let (ints, texts) =
        (first(|v| matches!(v, Value::Int(..))), first(|v| matches!(v, Value::Str(_))));
    let truths = first(|v| matches!(v, Value::Bool(_)));
    assert!(ints + texts + truths == inputs.len(), "{ints} {texts} {truths}");
    assert!(ints > 10 && texts > 10 && truths >= 2, "{ints} {texts} {truths}");
    let has_truth = |input: &Input| input[1].encode().contains("\"b\"");
    assert!(!inputs.iter().any(has_truth), "numbers alone are asked for");
    let is_mixed = |input: &Input| match &input[1] {
        Value::List(items) => {
            items.iter().any(|v| matches!(v, Value::Int(..)))
                && items.iter().any(|v| matches!(v, Value::Float(..)))
        }
        _ => false,
    };
    assert!(inputs.iter().any(is_mixed));
}

fn refused(signature: &str, line: &str) -> String {
    let text = format!(
        "name: t\nlanguage: python\nfunctions:\n  - name: f\n    signature: \"{signature}\"\n    \
         description: Does it.\n    {line}\n"
    );
    let errors = spec::parse(text.as_bytes(), "s").unwrap_err();
    errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ")
}

#[test]
fn what_a_union_leaves_open_is_refused_or_read_as_it_is_written() {
    let f = |signature: &str, args: &str| {
        function(signature, &[&format!("examples: [{{args: {args}, returns: 1}}]")])
    };
    let first = |signature: &str, args: &str| f(signature, args).examples[0].args[0].clone();
    let int = |number: i64| Value::int(crate::value::IntKind::Big, number);
    let list = Value::List;
    assert_eq!(first("def f(x: list[float] | list[int]) -> int", "[[1]]"), list(vec![int(1)]));
    let half = list(vec![Value::f64(1.5)]);
    assert_eq!(first("def f(x: list[float] | list[int]) -> int", "[[1.5]]"), half);
    let signature = "def f(x: list[float] | list[int | str]) -> int";
    assert_eq!(first(signature, "[[1]]"), list(vec![int(1)]));
    for (signature, line, message) in [
        (
            "def f(x: bytes | list[int]) -> int",
            "examples: [{args: [[1]], returns: 1}]",
            "a list where",
        ),
        (
            "def f(x: tuple[int] | list[int]) -> int",
            "examples: [{args: [[1]], returns: 1}]",
            "a list where",
        ),
        ("def f(x: int | str) -> int", "requires: [x > 0]", "several types"),
        ("def f(x: list[int] | set[int]) -> int", "properties: [f(x) == f(x)]", "several types"),
        ("def f(x: int) -> int | str", "ensures: [result == x]", "several types"),
    ] {
        let said = refused(signature, line);
        assert!(said.contains(message), "{signature}, {line}: {said}");
    }
    // Python has one of these.
    let f = function("def f(xs: set[int | float]) -> int", &[]);
    assert!(!f.accepts(&[Value::set(vec![int(1), Value::f64(1.0)])]));
    assert!(f.accepts(&[Value::set(vec![int(1), Value::f64(1.5)])]));
    assert!(initial(&f, 48).iter().all(|input| !input[0].collapses()));
}

#[test]
fn what_the_description_says_of_arguments_is_kept_to() {
    let signature = "def f(xs: list[int], k: int) -> int";
    let mut f = function(signature, &[]);
    f.description =
        "Given a non-empty list xs of positive integers and a positive integer k, sum.".into();
    let length = |input: &Input| match &input[0] {
        Value::List(items) => items.len(),
        other => panic!("{other}"),
    };
    let fits = |input: &Input| length(input) > 0 && !input.iter().any(|v| v.encode().contains('-'));
    let inputs = initial(&f, 48);
    assert!(inputs.len() == 48 && inputs.iter().all(fits), "{}", shown(&inputs));
    assert!(distinguishing(&f, &inputs, 1, 20).iter().all(fits));
    f.description = "Sum.".into();
    assert!(!initial(&f, 48).iter().all(fits));
}

#[test]
fn between_candidates_inputs_are_near_those_that_part_them() {
    let f = function("def f(x: int) -> int", &[]);
    let existing: Vec<Input> =
        (0..40).map(|n| vec![Value::int(crate::value::IntKind::Big, n * n)]).collect();
    let parting = [vec![Value::int(crate::value::IntKind::Big, 1_000_000)]];
    let found = between(&f, &parting, &existing, 7, 12);
    let is_near = |input: &&Input| match &input[0] {
        Value::Int(_, n) => *n >= 200_000.into() && *n <= 10_000_000.into(),
        other => panic!("{other}"),
    };
    assert!(2 * found.iter().filter(is_near).count() > found.len(), "{}", shown(&found));
    assert_eq!(between(&f, &[], &existing, 7, 12), [] as [Input; 0]);
}

#[test]
fn what_two_examples_hold_is_tried_in_one() {
    let f = function(
        "fn f(text: &str, key: &str) -> i32",
        &[
            "examples: [{args: ['a=1', a], returns: 1}, {args: ['b=1', a], returns: 0}, {args: ['a=2', a], returns: 2}]",
        ],
    );
    let first = shown(&initial(&f, 48).into_iter().skip(3).take(2).collect::<Vec<_>>());
    assert_eq!(first, "\"a=1b=1\", \"a\"\n\"a=1a=2\", \"a\"\n");

    let f = function(
        "fn f(xs: &[i32]) -> i32",
        &[
            "examples: [{args: [[1, 7]], returns: 1}, {args: [[9]], returns: 1}, {args: [[]], returns: 0}]",
        ],
    );
    assert_eq!(ints(&initial(&f, 48)[3][0]), [1, 7, 9]);
}
