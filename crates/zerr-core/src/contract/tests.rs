//! Facts about `contract`.

use expect_test::{Expect, expect};
use proptest::prelude::*;
use zerr_syntax::Language;

use super::*;
use crate::value::FloatKind;

fn list(item: Type) -> Type {
    Type::List { item: Box::new(item), length: None }
}

/// Parameters `a`, `b`: i32, `n`: u64, `x`: f64, `s`, `t`: text, `xs`: list of i32, `o`: optional
/// i32, `m`: map from text to i32, `p`: (i32, text).
fn scope(language: Language, result: Option<Type>) -> Scope {
    let int = Type::Int(if language == Language::Rust { IntKind::I32 } else { IntKind::Big });
    let params = [
        ("a", int.clone()),
        ("b", int.clone()),
        ("n", Type::Int(IntKind::U64)),
        ("x", Type::Float(FloatKind::F64)),
        ("s", Type::Str),
        ("t", Type::Str),
        ("xs", list(int.clone())),
        ("o", Type::Option(Box::new(int.clone()))),
        ("m", Type::Map(Box::new(Type::Str), Box::new(int.clone()))),
        ("p", Type::Tuple(vec![int.clone(), Type::Str])),
        ("ts", Type::Tuples(Box::new(int))),
    ];
    let params = params.into_iter().map(|(name, ty)| (name.to_owned(), ty)).collect();
    Scope { language, params, result }
}

fn args(language: Language) -> Vec<Value> {
    let kind = if language == Language::Rust { IntKind::I32 } else { IntKind::Big };
    let int = |number: i32| Value::int(kind, number);
    vec![
        int(-7),
        int(2),
        Value::int(IntKind::U64, 9_u64),
        Value::f64(0.5),
        Value::str("Añb"),
        Value::str("b"),
        Value::List(vec![int(3), int(1), int(3)]),
        Value::Some(Box::new(int(4))),
        Value::map(vec![(Value::str("k"), int(5))]),
        Value::Tuple(vec![int(1), Value::str("one")]),
        Value::Tuple(vec![int(3), int(1)]),
    ]
}

#[test]
fn a_tuple_of_any_length_is_looked_at_like_a_list_and_compared_like_a_tuple() {
    for text in [
        "len(ts) == 2",
        "ts[0] == 3",
        "ts == (3, 1)",
        "ts != () and ts + () == ts",
        "ts + (5, 6) == (3, 1, 5, 6)",
        "all(v in ts: v > 0)",
        "sum(ts) == 4",
        "not is_sorted(ts)",
        "reversed(ts) == (1, 3)",
    ] {
        assert_eq!(judge(Language::Python, text), Judgement::Holds, "{text}");
    }
}

fn judge(language: Language, text: &str) -> Judgement {
    let contract = parse(text, &scope(language, None)).unwrap_or_else(|e| panic!("{text}: {e}"));
    contract.check(&args(language), None, None)
}

/// Every line holds (or fails, or is undefined) in Rust.
fn check(judgement: &Judgement, texts: &[&str]) {
    for text in texts {
        let found = judge(Language::Rust, text);
        let same = std::mem::discriminant(&found) == std::mem::discriminant(judgement);
        assert!(same, "`{text}`: {found:?}, not {judgement:?}");
    }
}

fn check_error(text: &str, expected: &Expect) {
    let error = parse(text, &scope(Language::Rust, None)).unwrap_err();
    let marks = format!(
        "{}{}",
        " ".repeat(text.get(..error.span.start).unwrap().chars().count()),
        "^".repeat(error.span.text(text).chars().count().max(1))
    );
    let hint = error.hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    expected.assert_eq(&format!("{text}\n{marks}\n{}{hint}\n", error.message));
}

#[test]
fn true_things_hold() {
    check(
        &Judgement::Holds,
        &[
            "a < b and b < n",
            "a + 2 * b == -3",
            "not a == b",
            "!(a == b) && true || false",
            "false implies 1 / 0 == 1",
            "if a < 0 then n == 9 else n == 0",
            "len(s) == 3 and s[1] == 'ñ' and upper(t) in \"ABC\"",
            "s.starts_with(\"A\") and ends_with(s, t) and not contains(s, \"z\")",
            "all(i in 0..len(xs): xs[i] > 0) and any(v in xs: v == 1)",
            "count(v in xs: v == 3) == 2 and count(xs, 3) == 2 and sum(xs) == 7",
            "sum(i in 1..=4: i * i) == 30",
            "min(xs) == 1 and max(a, b, n) == 9 and abs(a) == 7",
            "sorted(xs) == [1, 3, 3] and is_sorted([1, 1, 2]) and not is_sorted(xs)",
            "o == 4 and o == Some(4) and is_some(o) and unwrap(o) == 4",
            "m[\"k\"] == 5 and \"k\" in m and not \"q\" in m and len(m) == 1",
            "keys(m) == [\"k\"] and values(m) == [5]",
            "p[0] == 1 and p[1] == \"one\"",
            "x == 0.5 and x < 1 and x * 2 == 1 and 2 > x",
            "a in -10..0 and a not in 0..5 and 5 in 0..=5 and not 5 in 0..5",
            "n not in xs",
            "first(xs) == 3 and last(reversed(xs)) == 3 and reversed(s) == \"bñA\"",
            "pow(2, 100) > 10000000000 and 1_000 == 1000",
            "[] == [] and [1, 2] < [1, 3] and (1, \"a\") < (1, \"b\")",
            "(a < b) == true",
            "a == b or a != b and false == false",
        ],
    );
}

#[test]
fn false_things_fail() {
    check(
        &Judgement::Fails,
        &["a == b", "len(xs) == 2", "all(v in xs: v == 3)", "is_none(o)", "true and not true"],
    );
}

#[test]
fn what_has_no_value_is_undefined_and_not_true() {
    check(
        &Judgement::Undefined(String::new()),
        &[
            "a / 0 == 1",
            "a % 0 == 1",
            "div(a, 0) == 1 or true",
            "xs[3] == 0",
            "xs[-1] == 3",
            "m[\"no\"] == 1",
            "min([]) == 1",
            "unwrap(if a < 0 then None else o) == 1",
            "pow(a, -1) == 0",
            "pow(pow(10, 1000), 1000) > 0",
            "all(i in 0..100000000: i >= 0)",
            "all(i in 0..2000: any(j in 0..2000: i + j < 0) or true)",
        ],
    );
}

#[test]
fn an_and_or_or_stops_where_it_is_decided() {
    check(&Judgement::Holds, &["true or xs[99] == 0", "len(xs) > 99 and xs[99] == 0 or true"]);
    check(&Judgement::Fails, &["false and xs[99] == 0"]);
}

#[test]
fn division_is_that_of_the_functions_language() {
    // a = -7, b = 2
    check(
        &Judgement::Holds,
        &["a / b == -3", "a % b == -1", "a // b == -4", "div(a, b) == -4", "mod(a, b) == 1"],
    );
    for text in [
        "a / b == -3.5",
        "a % b == 1",
        "a // b == -4",
        "quot(a, b) == -3",
        "rem(a, b) == -1",
        "mod(a, -b) == -1",
        "xs[-1] == 3",
    ] {
        assert_eq!(judge(Language::Python, text), Judgement::Holds, "{text}");
    }
}

#[test]
fn nan_is_equal_to_nothing_and_has_no_order() {
    let scope = Scope {
        language: Language::Rust,
        params: vec![("x".into(), Type::Float(FloatKind::F64))],
        result: None,
    };
    for (text, expected) in
        [("x == x", false), ("x != x", true), ("x < 1", false), ("is_nan(x)", true)]
    {
        let judgement = parse(text, &scope).unwrap().check(&[Value::f64(f64::NAN)], None, None);
        let wanted = if expected { Judgement::Holds } else { Judgement::Fails };
        assert_eq!(judgement, wanted, "{text}");
    }
}

#[test]
fn integers_and_floats_compare_exactly() {
    let scope = Scope {
        language: Language::Rust,
        params: vec![
            ("n".into(), Type::Int(IntKind::U64)),
            ("x".into(), Type::Float(FloatKind::F64)),
        ],
        result: None,
    };
    // 2^53 + 1 is no float: rounding it would make the two equal.
    let args = [Value::int(IntKind::U64, (1_u64 << 53) + 1), Value::f64(9_007_199_254_740_992.0)];
    assert_eq!(parse("n > x", &scope).unwrap().check(&args, None, None), Judgement::Holds);
}

#[test]
fn f32_arithmetic_rounds_like_f32() {
    let f32_type = Type::Float(FloatKind::F32);
    let scope = Scope {
        language: Language::Rust,
        params: vec![("x".into(), f32_type.clone())],
        result: Some(f32_type),
    };
    let contract = parse("result == x / 3.0 and x != 0.2 and x == 0.1", &scope).unwrap();
    let result = Value::f32(0.1_f32 / 3.0);
    assert_eq!(contract.check(&[Value::f32(0.1)], Some(&result), None), Judgement::Holds);
}

#[test]
fn old_is_before_the_call_and_a_name_is_after_it() {
    let ints = list(Type::Int(IntKind::I32));
    let scope = Scope {
        language: Language::Rust,
        params: vec![("xs".into(), ints)],
        result: Some(Type::Unit),
    };
    let int = |number: i32| Value::int(IntKind::I32, number);
    let before = [Value::List(vec![int(2), int(1)])];
    let after = [Value::List(vec![int(1), int(2)])];
    let contract = parse("xs == sorted(old(xs)) and old(xs[0]) == 2", &scope).unwrap();
    assert_eq!(contract.check(&before, Some(&Value::Unit), Some(&after)), Judgement::Holds);
    assert_eq!(contract.check(&before, Some(&Value::Unit), None), Judgement::Fails);
}

#[test]
fn a_result_of_another_type_is_undefined() {
    let scope = Scope { result: Some(Type::Int(IntKind::I32)), ..scope(Language::Rust, None) };
    let contract = parse("result == result", &scope).unwrap();
    let judgement = contract.check(&args(Language::Rust), Some(&Value::str("3")), None);
    assert!(matches!(judgement, Judgement::Undefined(_)), "{judgement:?}");
}

#[test]
fn literals_are_what_stands_in_the_text() {
    let contract = parse(
        "a < 24 and b > -5 and s != \"no\" and x < 1.5 and a < 24",
        &scope(Language::Rust, None),
    );
    let literals: Vec<String> =
        contract.unwrap().literals().iter().map(ToString::to_string).collect();
    assert_eq!(literals, ["24", "-5", "\"no\"", "1.5"]);
}

#[test]
fn mistakes_have_place_and_hint() {
    check_error(
        "c < 24",
        &expect![[r"
        c < 24
        ^
        unknown name `c`
        hint: parameters are a, b, n, x, s, t, xs, o, m, p, ts
    "]],
    );
    check_error(
        "a = 24",
        &expect![[r"
        a = 24
          ^
        expected the end, found `=`
        hint: write `==` to compare
    "]],
    );
    check_error(
        "0 <= a < 24",
        &expect![[r"
        0 <= a < 24
               ^
        comparisons cannot be chained
        hint: write `a <= b and b < c`
    "]],
    );
    check_error(
        "a + 1",
        &expect![[r"
        a + 1
        ^^^^^
        a contract is true or false, this is an integer
        hint: compare it with something, such as `… == 0`
    "]],
    );
    check_error(
        "a == \"x\"",
        &expect![[r#"
            a == "x"
            ^^^^^^^^
            an integer is never equal to a text
            hint: did you mean `len(…)`?
        "#]],
    );
    check_error(
        "lenn(xs) > 0",
        &expect![[r"
        lenn(xs) > 0
        ^^^^^^^^
        unknown function `lenn`
        hint: did you mean `len`?
    "]],
    );
    check_error(
        "result > 0",
        &expect![[r"
        result > 0
        ^^^^^^
        `result` is not known before the call
        hint: move this contract to `ensures`
    "]],
    );
    check_error(
        "xs and a > 0",
        &expect![[r"
        xs and a > 0
        ^^
        a list where a truth value is wanted
        hint: write `len(…) > 0`
    "]],
    );
    check_error(
        "o > 3",
        &expect![[r"
        o > 3
        ^^^^^
        `>` does not order an optional value and an integer
        hint: write `unwrap(…)` around it, after asking `is_some` or `is_ok`
    "]],
    );
    check_error(
        "all(v > 0)",
        &expect![[r"
        all(v > 0)
        ^^^
        `all` binds a name
        hint: write `all(i in 0..len(xs): xs[i] > 0)` or `all(x in xs: x > 0)`
    "]],
    );
    check_error(
        "s == \"é",
        &expect![[r#"
        s == "é
             ^^
        text without an end
        hint: close it with "
    "#]],
    );
    check_error(
        "",
        &expect![[r"

        ^
        empty contract
    "]],
    );
    check_error(
        "a ? b",
        &expect![[r"
        a ? b
          ^
        unexpected character `?`
    "]],
    );
    check_error(
        "p[2] == 1",
        &expect![[r"
        p[2] == 1
          ^
        a tuple of 2 parts has no part 2
        hint: parts are counted from 0
    "]],
    );
    check_error(
        "len(xs, s) == 1",
        &expect![[r"
        len(xs, s) == 1
        ^^^^^^^^^^
        `len` does not take 2 values
        hint: len(x): characters of a text, items of a list, map or set
    "]],
    );
}

#[test]
fn deep_and_long_contracts_are_refused_and_do_not_overflow() {
    let scope = scope(Language::Rust, None);
    for text in [
        format!("{}a > 0{}", "(".repeat(1_500), ")".repeat(1_500)),
        format!("{} a > 0", "not ".repeat(900)),
        format!("{}a > 0", "-".repeat(3_000)),
        format!("a{} > 0", " + a".repeat(900)),
        format!("a > 0{}", " implies a > 0".repeat(250)),
        format!("xs{} == 0", "[0]".repeat(1_000)),
        "if ".repeat(1_300),
        "x".repeat(10_000),
    ] {
        assert!(parse(&text, &scope).is_err(), "{}", text.get(..40).unwrap_or_default());
    }
}

/// Texts made of the language's own words parse now and then.
fn any_text() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "a", "b", "xs", "s", "o", "m", "p", "x", "n", "0", "1", "2.5", "\"t\"", "(", ")", "[", "]",
        ",", ":", "..", "and", "or", "not", "in", "==", "<", ">=", "+", "-", "*", "/", "//", "%",
        "len(", "all(i", "sum(", "unwrap(", "if", "then", "else", "implies", "pow(", "sorted(",
        "i", ".", "None", "Some(", "min(", "!",
    ]);
    prop::collection::vec(words, 0..14).prop_map(|words| words.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_makes_the_parser_panic(text in prop_oneof![any_text(), ".{0,60}"]) {
        let _ = parse(&text, &scope(Language::Rust, None));
    }

    #[test]
    fn evaluation_is_total(text in any_text(), a in any::<i32>(), b in any::<i32>(), x in any::<f64>()) {
        for language in Language::ALL {
            if let Ok(contract) = parse(&text, &scope(language, None)) {
                let mut args = args(language);
                let kind = if language == Language::Rust { IntKind::I32 } else { IntKind::Big };
                args[0] = Value::int(kind, a);
                args[1] = Value::int(kind, b);
                args[3] = Value::f64(x);
                let _ = contract.check(&args, None, None);
                let _ = contract.literals();
            }
        }
    }

    #[test]
    fn arithmetic_is_that_of_rust(a in any::<i32>(), b in any::<i32>()) {
        let scope = Scope {
            language: Language::Rust,
            params: vec![("a".into(), Type::Int(IntKind::I32)), ("b".into(), Type::Int(IntKind::I32))],
            result: Some(Type::Int(IntKind::I128)),
        };
        let (wide_a, wide_b) = (i128::from(a), i128::from(b));
        let args = [Value::int(IntKind::I32, a), Value::int(IntKind::I32, b)];
        let holds = |text: &str, result: i128| {
            let result = Value::int(IntKind::I128, result);
            parse(text, &scope).unwrap().check(&args, Some(&result), None) == Judgement::Holds
        };
        prop_assert!(holds("result == a * b - a", wide_a * wide_b - wide_a));
        if b != 0 {
            prop_assert!(holds("result == a / b and result == quot(a, b)", wide_a / wide_b));
            prop_assert!(holds("result == a % b and result == rem(a, b)", wide_a % wide_b));
            prop_assert!(holds("mod(a, b) + b * (a // b) == a and result == a", wide_a));
        }
        prop_assert_eq!(holds("(a < b) == (result == 1)", 1), a < b);
    }
}
