//! Facts about the translation, without a solver: what the terms say that a call does.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;
use crate::spec::{self, FunctionSpec};
use crate::value::{IntKind, Type};

/// A function whose signature stands in the first line of its text; `more` are YAML lines.
fn function(source: &str, more: &[&str]) -> FunctionSpec {
    let line = source.lines().next().unwrap();
    let is_python = line.starts_with("def");
    let signature = if is_python { line } else { line.split(" {").next().unwrap() };
    let language = if is_python { "python" } else { "rust" };
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

fn translated(source: &str, more: &[&str]) -> Translation {
    translate(&function(source, more), source, &[]).unwrap()
}

fn refusal(source: &str) -> String {
    translate(&function(source, &[]), source, &[]).unwrap_err().to_string()
}

fn run(source: &str, args: &[i128]) -> String {
    let function = function(source, &[]);
    let args: Vec<Value> = args
        .iter()
        .zip(&function.params)
        .map(|(arg, (_, ty))| match ty {
            Type::Int(kind) => Value::int(*kind, *arg),
            _ => Value::Bool(*arg != 0),
        })
        .collect();
    match translate(&function, source, &[]).unwrap().run(&args) {
        Some(Run::Returns(value)) => value.to_string(),
        Some(Run::Stops { rule, line }) => format!("{rule} in line {line}"),
        None => "nothing".to_owned(),
    }
}

#[test]
fn rust_stops_where_the_program_would() {
    let midpoint = "fn midpoint(a: i32, b: i32) -> i32 { (a + b) / 2 }";
    assert_eq!(run(midpoint, &[3, 6]), "4");
    assert_eq!(run(midpoint, &[-3, 0]), "-1");
    assert_eq!(run(midpoint, &[i32::MAX.into(), 1]), "can-overflow in line 1");
    let divide = "fn divide(a: i8, b: i8) -> i8 {\n    a % b\n}";
    assert_eq!(run(divide, &[-7, 2]), "-1");
    assert_eq!(run(divide, &[-7, 0]), "can-divide-by-zero in line 2");
    assert_eq!(run(divide, &[-128, -1]), "can-overflow in line 2");
    let shift = "fn shift(a: u8, by: u32) -> u8 { (a << by) | 1 }";
    assert_eq!(run(shift, &[255, 4]), "241");
    assert_eq!(run(shift, &[1, 8]), "can-overflow in line 1");
    let lowest = "fn lowest(a: i8) -> bool { a == -128 }";
    assert_eq!(run(lowest, &[-128]), "true");
    let guarded = "fn guarded(a: i32, b: i32) -> bool { b != 0 && a / b > 1 }";
    assert_eq!(run(guarded, &[4, 0]), "false");
    assert_eq!(run(guarded, &[4, 2]), "true");
}

#[test]
fn python_rounds_down_and_knows_no_limit() {
    let divide = "def divide(a: int, b: int) -> int:\n    return a // b * 1000 + a % b\n";
    for (a, b, floor, remainder) in [(7, 2, 3, 1), (-7, 2, -4, 1), (7, -2, -4, -1), (-7, -2, 3, -1)]
    {
        assert_eq!(run(divide, &[a, b]), (floor * 1000 + remainder).to_string(), "{a} {b}");
    }
    assert_eq!(run(divide, &[1, 0]), "can-divide-by-zero in line 2");
    let square = "def square(x: int) -> int:\n    y = x\n    y *= x\n    return y\n";
    assert_eq!(run(square, &[10_i128.pow(18)]), (10_i128.pow(36)).to_string());
    let grade = "def grade(x: int) -> int:
    if x < 0:
        return -1
    elif 0 <= x < 10:
        kind = 1
    else:
        kind = 2
    return kind if not x == 5 else 50
";
    assert_eq!(
        ["-4", "4", "5", "10"].map(|x| run(grade, &[x.parse().unwrap()])),
        ["-1", "1", "50", "2"]
    );
    let flag = "def flag(x: int, on: bool) -> bool:\n    return x and on\n";
    assert!(refusal(flag).contains("gives a number"), "{}", refusal(flag));
}

#[test]
fn variables_are_joined_behind_a_branch_and_literals_take_their_kind() {
    let count = "fn count(a: u8, b: bool) -> u8 {
    let mut n = 0;
    if a > 200 { n += 1; } else if a == 7 { return 99; }
    if b { n += a; }
    n
}";
    assert_eq!(run(count, &[255, 0]), "1");
    assert_eq!(run(count, &[255, 1]), "can-overflow in line 4");
    assert_eq!(run(count, &[7, 1]), "99");
    assert_eq!(run(count, &[8, 1]), "8");
    let swap = "fn swap(a: i64, b: i64) -> i64 {
    let (a, b) = if a > b { (b) } else { (a) };
    a - b
}";
    assert!(refusal(swap).contains("a tuple"));
    let order = "fn order(x: i64, y: i64) -> i64 {
    let (mut a, mut b) = (x, y);
    if a > b { (a, b) = (b, a); }
    b - a
}";
    assert_eq!(run(order, &[9, 4]), "5");
    let kinds = "fn kinds(x: i32) -> u64 {
    let big = x as u64;
    match x { 0 => 10, 1 | 2 => 20, 3..=9 => 30, n if n < 0 => big, _ => u64::from(x.unsigned_abs()) }
}";
    assert_eq!(
        [0, 2, 9, 10, -1].map(|x| run(kinds, &[x])),
        ["10", "20", "30", "10", &u64::MAX.to_string()]
    );
}

#[test]
fn methods_do_what_the_library_says() {
    let call = |signature: &str, body: &str, args: &[i128]| {
        run(&format!("fn f({signature} {{ {body} }}"), args)
    };
    let pair = "a: i8, b: i8) -> i8";
    for (body, args, wanted) in [
        ("a.wrapping_add(b)", [127, 1], "-128"),
        ("a.saturating_sub(b)", [-128, 1], "-128"),
        ("a.wrapping_mul(b)", [64, 4], "0"),
        ("a.rem_euclid(b)", [-7, 3], "2"),
        ("a.div_euclid(b)", [-7, -3], "3"),
        ("a.max(b).min(5)", [3, 9], "5"),
        ("a.clamp(-b, b)", [-100, 7], "-7"),
        ("a.clamp(b, -b)", [-100, 7], "can-stop in line 1"),
        ("a.pow(2) + b", [11, 6], "127"),
        ("a.pow(3)", [6, 0], "can-overflow in line 1"),
        ("a.abs()", [-128, 0], "can-overflow in line 1"),
        ("a.signum() * b", [-5, 3], "-3"),
        ("std::cmp::max(a, b)", [-5, 3], "3"),
        ("!a ^ b", [5, 3], "-7"),
        ("(a >> 1) & b", [-8, 7], "4"),
        ("i8::MAX - a", [27, 0], "100"),
    ] {
        assert_eq!(call(pair, body, &args), wanted, "{body}");
    }
    assert_eq!(call("a: i8, b: i8) -> u8", "a.abs_diff(b)", &[-128, 127]), "255");
}

#[test]
fn what_is_not_understood_is_not_translated() {
    let expected: Expect = expect![[r#"
        a loop (line 3) is not translated
        a recursive call (line 1) is not translated
        a call of `g` (line 1) is not translated
        `checked_add` (line 1) is not translated
        `LIMIT` (line 1) is not translated
        `y`, which may have no value, (line 4) is not translated
        a truth value as a number (line 2) is not translated"#]];
    let lines: Vec<String> = [
        "fn f(x: u8) -> u8 {\n    let mut y = x;\n    while y > 0 { y -= 1; }\n    y\n}",
        "fn f(x: u8) -> u8 { if x == 0 { 0 } else { f(x - 1) } }",
        "fn f(x: u8) -> u8 { g(x) }",
        "fn f(x: u8) -> u8 { x.checked_add(1) }",
        "fn f(x: u8) -> u8 { LIMIT }",
        "def f(x: int) -> int:\n    if x > 0:\n        y = 1\n    return y\n",
        "def f(x: bool) -> int:\n    return x + x\n",
    ]
    .map(refusal)
    .into();
    expected.assert_eq(&lines.join("\n"));
}

#[test]
fn a_function_of_the_context_is_looked_into() {
    let source = "fn f(x: i32) -> i32 { if x == 0 { 0 } else { half(x) + 1 } }";
    let context =
        ["/// Half.\npub fn half(of: i32) -> i32 { if of < 0 { return 0; } of / 2 }".to_owned()];
    let translation = translate(&function(source, &[]), source, &context).unwrap();
    let run = |x: i32| translation.run(&[Value::int(IntKind::I32, x)]);
    assert_eq!(run(9), Some(Run::Returns(Value::int(IntKind::I32, 5))));
    assert_eq!(run(-9), Some(Run::Returns(Value::int(IntKind::I32, 1))));
}

/// Everything that has both a contract and a program of the same text.
const SHARED: &[&str] = &[
    "a + b * 2",
    "a - b",
    "a / b",
    "a % b",
    "abs(a - b)",
    "max(a, b, 0) - min(a, b)",
    "if a < b then a else b * b",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// A contract in terms says what its evaluation says, undefined values included.
    #[test]
    fn a_contract_in_terms_says_the_same(
        a in -9_i32..9,
        b in -9_i32..9,
        left in 0..SHARED.len(),
        right in 0..SHARED.len(),
        op in 0..6_usize,
        python in any::<bool>(),
    ) {
        let op = ["==", "!=", "<", "<=", ">", ">="][op];
        let (left, right) = (SHARED[left], SHARED[right]);
        if python && (left.contains('/') || right.contains('/')) {
            return Ok(());
        }
        let contract = format!("({left}) {op} ({right}) or b == 3 and 10 // a > 2");
        let (source, kind) = if python {
            ("def f(a: int, b: int) -> bool:\n    return True\n", IntKind::Big)
        } else {
            ("fn f(a: i32, b: i32) -> bool { true }", IntKind::I32)
        };
        let more = format!("requires: [\"{contract}\"]");
        let function = function(source, &[&more]);
        let translation = translate(&function, source, &[]).unwrap();
        let args = [Value::int(kind, a), Value::int(kind, b)];
        prop_assert_eq!(translation.accepts(&args), Some(function.accepts(&args)), "{}", contract);
    }

    /// Nothing that a solver writes makes the reader panic.
    #[test]
    fn any_answer_is_read(text in "(sat\n)?\\PC*", vectors in any::<bool>()) {
        let translation = translated("fn f(a: i32, b: bool) -> bool { b }", &[]);
        let theory = if vectors { Theory::Vectors } else { Theory::Ints };
        let _ = translation.answer(&text, theory);
    }
}

#[test]
fn a_model_is_read_back() {
    let translation = translated("fn f(a: i32, b: bool) -> bool { b }", &[]);
    let wanted = Answer::Possible(vec![Value::int(IntKind::I32, -3), Value::Bool(true)]);
    assert_eq!(translation.answer("sat\n((v0 (- 3))\n (v1 true))\n", Theory::Ints), wanted);
    assert_eq!(translation.answer("sat\n((v0 #xfffffffd)\n (v1 true))", Theory::Vectors), wanted);
    assert_eq!(translation.answer("unsat\n(error \"…\")\n", Theory::Ints), Answer::Impossible);
    for odd in ["sat\n((v0 99999999999) (v1 true))", "sat\n", "", "timeout", "(error)"] {
        assert!(matches!(translation.answer(odd, Theory::Ints), Answer::Unknown(_)), "{odd}");
    }
}

#[test]
fn a_question_is_one_definition_a_term() {
    let translation =
        translated("def f(x: int) -> int:\n    return x * x\n", &["ensures: [\"result >= 0\"]"]);
    assert_eq!(translation.goals(false), [Goal::Breaks(0)]);
    let text = translation.question(Goal::Breaks(0), Theory::Ints).unwrap();
    expect![[r#"
        (set-option :produce-models true)
        (declare-const v0 Int)
        (define-fun t1 () Int v0)
        (define-fun t2 () Int (* t1 t1))
        (define-fun t4 () Int 0)
        (define-fun t5 () Bool (<= t4 t2))
        (define-fun t6 () Bool (not t5))
        (assert t6)
        (check-sat)
        (get-value (v0))
    "#]]
    .assert_eq(&text);
    assert_eq!(translation.question(Goal::Breaks(0), Theory::Vectors), None);
}

#[test]
fn a_function_that_hides_a_builtin_is_not_taken_for_it() {
    let source = "def f(x: int) -> int:\n    return abs(x)\n";
    let hidden =
        ["def abs(x: int) -> int:\n    while x < 0:\n        x += 1\n    return x\n".to_owned()];
    let refused = translate(&function(source, &[]), source, &hidden).unwrap_err();
    assert_eq!(refused.to_string(), "a call of `abs` (line 2) is not translated");
}
