//! Facts about `ty`.

use zerr_syntax::signature;

use super::*;
use crate::value::IntKind;

fn check(language: Language, signature: &str, expected: &str) {
    let signature = signature::parse(language, signature).unwrap();
    let types: Vec<String> =
        signature.params.iter().map(|param| lower(language, &param.ty).to_string()).collect();
    let shown = format!("{} -> {}", types.join("; "), lower(language, &signature.returns));
    assert_eq!(shown, expected);
}

#[test]
fn how_a_value_is_passed_does_not_change_its_type() {
    check(
        Language::Rust,
        "fn f(a: &str, b: String, c: &[i32], d: Vec<i32>, e: &mut Vec<i32>, g: [i32; 2], h: &i32)",
        "text; text; list of i32; list of i32; list of i32; list of 2 i32; i32 -> unit",
    );
    check(
        Language::Python,
        "def f(a: str, b: list[int], c: int | None, d: dict[str, float]) -> None",
        "text; list of int; optional int; map from text to f64 -> none",
    );
}

#[test]
fn observed_values_are_read_as_the_declared_type_and_nothing_is_rounded() {
    let int = |number: i64| Value::int(IntKind::Big, number);
    let float = Type::Float(FloatKind::F64);
    let optional = Type::Option(Box::new(Type::Int(IntKind::Big)));
    assert_eq!(conform(&int(3), &float), Value::f64(3.0));
    assert_eq!(conform(&int((1 << 53) + 1), &float), int((1 << 53) + 1));
    assert_eq!(conform(&Value::Bool(true), &float), Value::Bool(true));
    assert_eq!(conform(&int(3), &optional), Value::Some(Box::new(int(3))));
    assert_eq!(conform(&Value::None, &optional), Value::None);
    assert_eq!(conform(&Value::str("3"), &optional), Value::str("3"));
    assert_eq!(conform(&Value::Some(Box::new(int(3))), &optional), Value::Some(Box::new(int(3))));
    let list = |item: Type| Type::List { item: Box::new(item), length: None };
    assert_eq!(
        conform(&Value::List(vec![int(1), Value::None]), &list(optional)),
        Value::List(vec![Value::Some(Box::new(int(1))), Value::None])
    );
    assert_eq!(conform(&Value::None, &Type::None), Value::None);
}

#[test]
fn a_union_s_value_is_read_as_the_first_of_its_types_that_it_fits() {
    check(
        Language::Python,
        "def f(a: str | int, b: float | int | None, c: list[int | str]) -> Union[str, list[float]]",
        "int or text; optional int or f64; list of int or text -> text or list of f64",
    );
    let int = |number: i64| Value::int(IntKind::Big, number);
    let of = |text: &str| {
        let signature = signature::parse(Language::Python, &format!("def f() -> {text}")).unwrap();
        lower(Language::Python, &signature.returns)
    };
    // A union that holds both says which of them a value is.
    assert_eq!(conform(&int(3), &of("float | int")), int(3));
    assert_eq!(conform(&Value::f64(3.0), &of("float | int")), Value::f64(3.0));
    assert_eq!(conform(&int(3), &of("str | float")), Value::f64(3.0));
    assert_eq!(conform(&Value::Bool(true), &of("str | int")), Value::Bool(true));
    // In Python a truth value is an `int`, which matters to who tells types apart.
    assert!(
        Value::Bool(true).fits(&of("str | int")) && !Value::Bool(true).fits(&of("float | int"))
    );
    assert!(!Value::Bool(true).fits(&of("int")) && !Value::Bool(true).fits(&of("str | float")));
    assert!(Value::List(vec![int(1), Value::str("a")]).fits(&of("list[int | str]")));
    assert!(!Value::List(vec![int(1), Value::str("a")]).fits(&of("list[int] | list[str]")));
    let some = Value::Some(Box::new(Value::str("a")));
    assert_eq!(conform(&Value::str("a"), &of("int | str | None")), some);
}

#[test]
fn what_conforms_stays_as_it_is() {
    for seed in 0..50 {
        for ty in [
            Type::Option(Box::new(Type::Option(Box::new(Type::Bool)))),
            Type::Map(Box::new(Type::Str), Box::new(Type::Float(FloatKind::F64))),
            Type::Result(Box::new(Type::Unit), Box::new(Type::Set(Box::new(Type::Char)))),
            Type::Union(vec![Type::Int(IntKind::Big), Type::Float(FloatKind::F64), Type::Str]),
        ] {
            let value = crate::inputs::any_value(&ty, seed);
            assert!(value.fits(&ty), "{value} is not {ty}");
            assert_eq!(conform(&value, &ty), value);
        }
    }
}
