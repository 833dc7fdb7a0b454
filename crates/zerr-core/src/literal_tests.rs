//! Facts about `literal`.

use proptest::prelude::*;
use zerr_syntax::literal::parse;
use zerr_syntax::signature;

use super::*;
use crate::ty::lower;

/// The type of the one parameter of a signature.
fn type_of(language: Language, ty: &str) -> TypeExpr {
    let text = match language {
        Language::Rust => format!("fn f(x: {ty})"),
        Language::Python => format!("def f(x: {ty}) -> None"),
    };
    signature::parse(language, &text).unwrap().params[0].ty.clone()
}

fn check(language: Language, ty: &str, cases: &[(Value, &str)]) {
    let ty = type_of(language, ty);
    for (value, text) in cases {
        assert_eq!(host_text(language, value, &ty), *text);
    }
}

fn i32(number: i32) -> Value {
    Value::int(IntKind::I32, number)
}

fn big(number: i64) -> Value {
    Value::int(IntKind::Big, number)
}

#[test]
fn rust_constants_are_written_as_rust_reads_them() {
    let rust = Language::Rust;
    check(
        rust,
        "i32",
        &[(i32(-5), "-5"), (i32(i32::MIN), "i32::MIN"), (i32(i32::MAX), "i32::MAX")],
    );
    check(rust, "u8", &[(Value::int(IntKind::U8, 255), "255"), (Value::int(IntKind::U8, 0), "0")]);
    check(
        rust,
        "f64",
        &[
            (Value::f64(1.0), "1.0"),
            (Value::f64(-0.0), "-0.0"),
            (Value::f64(f64::NAN), "f64::NAN"),
            (Value::f64(f64::NEG_INFINITY), "f64::NEG_INFINITY"),
            (Value::f64(0.1), "0.1"),
            (Value::f64(1e300), "1e300"),
        ],
    );
    check(rust, "f32", &[(Value::f32(0.1), "0.1"), (Value::f32(f32::INFINITY), "f32::INFINITY")]);
    check(rust, "&str", &[(Value::str("a\"\\\n"), r#""a\"\\\n""#)]);
    check(rust, "&String", &[(Value::str("a"), r#""a""#)]);
    check(rust, "char", &[(Value::Char('\''), r"'\''"), (Value::Char('é'), "'é'")]);
    let list = || Value::List(vec![i32(1), i32(2)]);
    check(rust, "Vec<i32>", &[(list(), "vec![1, 2]"), (Value::List(vec![]), "vec![]")]);
    check(rust, "&[i32]", &[(list(), "&[1, 2]")]);
    check(rust, "&mut Vec<i32>", &[(list(), "&mut vec![1, 2]")]);
    check(rust, "[i32; 2]", &[(list(), "[1, 2]")]);
    check(rust, "&i32", &[(i32(3), "&3")]);
    check(
        rust,
        "Option<i32>",
        &[(Value::Some(Box::new(i32(3))), "Some(3)"), (Value::None, "None")],
    );
    check(
        rust,
        "Result<i32, String>",
        &[
            (Value::Ok(Box::new(i32(3))), "Ok(3)"),
            (Value::Err(Box::new(Value::str("e"))), r#"Err("e")"#),
        ],
    );
    check(rust, "(i32, bool)", &[(Value::Tuple(vec![i32(1), Value::Bool(true)]), "(1, true)")]);
    check(rust, "(i32,)", &[(Value::Tuple(vec![i32(1)]), "(1,)")]);
    check(
        rust,
        "HashMap<String, Vec<i32>>",
        &[(Value::map(vec![(Value::str("k"), list())]), r#"HashMap::from([("k", vec![1, 2])])"#)],
    );
    check(rust, "BTreeSet<i32>", &[(Value::set(vec![i32(2), i32(1)]), "BTreeSet::from([1, 2])")]);
}

#[test]
fn python_constants_are_written_as_python_reads_them() {
    let python = Language::Python;
    check(python, "bool", &[(Value::Bool(true), "True")]);
    check(
        python,
        "float",
        &[
            (Value::f64(1.0), "1.0"),
            (Value::f64(-0.0), "-0.0"),
            (Value::f64(f64::NAN), "float(\"nan\")"),
            (Value::f64(f64::NEG_INFINITY), "float(\"-inf\")"),
        ],
    );
    check(python, "str", &[(Value::str("a\"\\\n\u{1}é\u{200b}'"), r#""a\"\\\n\x01é\u200b'""#)]);
    check(python, "bytes", &[(Value::Bytes(b"a\xff\"".to_vec()), r#"b"a\xff\"""#)]);
    check(
        python,
        "list[tuple[int, str]]",
        &[(Value::List(vec![Value::Tuple(vec![big(1), Value::str("a")])]), r#"[(1, "a")]"#)],
    );
    check(python, "tuple[int]", &[(Value::Tuple(vec![big(1)]), "(1,)")]);
    check(
        python,
        "tuple[int, ...]",
        &[
            (Value::Tuple(vec![]), "()"),
            (Value::Tuple(vec![big(1)]), "(1,)"),
            (Value::Tuple(vec![big(1), big(2)]), "(1, 2)"),
        ],
    );
    check(python, "int | None", &[(Value::Some(Box::new(big(1))), "1"), (Value::None, "None")]);
    check(python, "set[int]", &[(Value::Set(vec![]), "set()"), (Value::set(vec![big(1)]), "{1}")]);
    check(
        python,
        "frozenset[int]",
        &[(Value::Set(vec![]), "frozenset()"), (Value::set(vec![big(1)]), "frozenset({1})")],
    );
    check(
        python,
        "dict[str, int]",
        &[(Value::map(vec![(Value::str("a"), big(1))]), r#"{"a": 1}"#)],
    );
}

/// What is wrong, and the text it is wrong in.
fn refused(language: Language, ty: &str, text: &str) -> (String, String) {
    let literal = parse(language, text).unwrap();
    let error = value(&literal, &lower(language, &type_of(language, ty))).unwrap_err();
    (error.message, error.span.text(text).to_owned())
}

#[test]
fn constants_that_do_not_fit_are_refused_where_they_stand() {
    let rust = |ty: &str, text: &str| refused(Language::Rust, ty, text);
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(rust("&[u8]", "[1, 300]"), pair("300 does not fit u8", "300"));
    assert_eq!(rust("u8", "-1"), pair("-1 does not fit u8", "-1"));
    assert_eq!(rust("i32", "1u8"), pair("u8 where i32 is wanted", "1u8"));
    assert_eq!(rust("i32", "\"1\""), pair("a text where i32 is wanted", "\"1\""));
    assert_eq!(rust("(i32, bool)", "(1, true, 2)").0, "3 parts where 2 are wanted");
    assert_eq!(rust("[i32; 2]", "[1]").0, "1 items where 2 are wanted");
    assert_eq!(rust("Result<i32, String>", "3").0, "an integer where i32 or error text is wanted");
    assert_eq!(rust("f32", "1e300").0, "`1e300` does not fit f32");
    assert_eq!(refused(Language::Python, "bool", "1").0, "an integer where bool is wanted");
}

const RUST_TYPES: &[&str] = &[
    "i32",
    "u8",
    "i128",
    "f64",
    "f32",
    "bool",
    "char",
    "&str",
    "String",
    "Vec<i64>",
    "&[f64]",
    "[u16; 3]",
    "Option<i32>",
    "Option<Option<bool>>",
    "Result<i32, String>",
    "(i32, String)",
    "Vec<Vec<char>>",
    "HashMap<String, i32>",
    "BTreeSet<i8>",
    "()",
];
const PYTHON_TYPES: &[&str] = &[
    "int",
    "float",
    "bool",
    "str",
    "bytes",
    "list[int]",
    "list[list[str]]",
    "int | None",
    "tuple[int, str]",
    "tuple[str, ...]",
    "dict[str, int]",
    "set[int]",
    "list[float]",
    "None",
];

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same_value(seed in any::<u64>()) {
        let types = RUST_TYPES.iter().map(|ty| (Language::Rust, ty));
        for (language, ty) in types.chain(PYTHON_TYPES.iter().map(|ty| (Language::Python, ty))) {
            let expr = type_of(language, ty);
            let lowered = lower(language, &expr);
            let value = crate::inputs::any_value(&lowered, seed);
            let text = host_text(language, &value, &expr);
            // An argument's `&` is not part of the constant.
            let literal = parse(language, &text).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
            prop_assert_eq!(super::value(&literal, &lowered), Ok(value), "{}", text);
        }
    }
}
