//! From types as signatures write them to types of values. Main function: [`lower`].
//!
//! # Invariants
//! How a parameter is passed never changes what its value is: `&[i32]`, `Vec<i32>` and
//! `list[int]` are lists.

use num_traits::ToPrimitive as _;
use zerr_syntax::Language;
use zerr_syntax::signature::{ListForm, TypeExpr};

use crate::value::{FloatKind, Type, Value};

/// The type of the values that belong to `ty` in `language`.
pub fn lower(language: Language, ty: &TypeExpr) -> Type {
    let boxed = |ty: &TypeExpr| Box::new(lower(language, ty));
    match ty {
        TypeExpr::Unit => match language {
            Language::Rust => Type::Unit,
            Language::Python => Type::None,
        },
        TypeExpr::Bool => Type::Bool,
        TypeExpr::Int(kind) => Type::Int(*kind),
        TypeExpr::Float(kind) => Type::Float(*kind),
        TypeExpr::Char => Type::Char,
        TypeExpr::Str { .. } => Type::Str,
        TypeExpr::Bytes => Type::Bytes,
        TypeExpr::Tuple(items) => {
            Type::Tuple(items.iter().map(|item| lower(language, item)).collect())
        }
        TypeExpr::Tuples(item) => Type::Tuples(boxed(item)),
        TypeExpr::List { item, form } => Type::List {
            item: boxed(item),
            length: match form {
                ListForm::Array(length) => Some(*length),
                _ => None,
            },
        },
        TypeExpr::Map { key, value, .. } => Type::Map(boxed(key), boxed(value)),
        TypeExpr::Set { item, .. } => Type::Set(boxed(item)),
        TypeExpr::Option(item) => Type::Option(boxed(item)),
        TypeExpr::Union(items) => {
            let mut types: Vec<Type> = items.iter().map(|item| lower(language, item)).collect();
            types.sort();
            Type::Union(types)
        }
        TypeExpr::Result { ok, err } => Type::Result(boxed(ok), boxed(err)),
        TypeExpr::Ref { inner, .. } => lower(language, inner),
        TypeExpr::Named(name) => Type::Named(name.clone()),
        TypeExpr::Opaque(text) => Type::Opaque(text.clone()),
    }
}

/// Reads an observed value as one of `ty` where the host language draws no line: a Python runner
/// sees `3` and not which of `int`, `float` or `int | None` the signature promised.
///
/// Nothing is rounded and nothing else is changed: a value that does not belong to `ty` comes
/// back as it was, and [`Value::fits`] still says no.
pub fn conform(value: &Value, ty: &Type) -> Value {
    match (value, ty) {
        (Value::None | Value::Some(_), Type::Option(item)) => match value {
            Value::Some(inner) => Value::Some(Box::new(conform(inner, item))),
            _ => Value::None,
        },
        (value, Type::Option(item)) => {
            let inner = conform(value, item);
            if inner.fits(item) { Value::Some(Box::new(inner)) } else { value.clone() }
        }
        (value, Type::Union(types)) if !value.fits(ty) => types
            .iter()
            .map(|ty| (conform(value, ty), ty))
            .find(|(value, ty)| value.fits(ty))
            .map_or_else(|| value.clone(), |(value, _)| value),
        (Value::Int(_, number), Type::Float(FloatKind::F64)) => match number.to_f64() {
            Some(float) if is_exact(number, float) => Value::f64(float),
            _ => value.clone(),
        },
        (Value::None, Type::Unit) => Value::Unit,
        (Value::Unit, Type::None) => Value::None,
        (Value::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            Value::Tuple(items.iter().zip(types).map(|(item, ty)| conform(item, ty)).collect())
        }
        (Value::Tuple(items), Type::Tuples(ty)) => {
            Value::Tuple(items.iter().map(|item| conform(item, ty)).collect())
        }
        (Value::List(items), Type::List { item: ty, .. }) => {
            Value::List(items.iter().map(|item| conform(item, ty)).collect())
        }
        (Value::Set(items), Type::Set(ty)) => {
            Value::set(items.iter().map(|item| conform(item, ty)).collect())
        }
        (Value::Map(entries), Type::Map(key, item)) => {
            Value::map(entries.iter().map(|(k, v)| (conform(k, key), conform(v, item))).collect())
        }
        (Value::Ok(inner), Type::Result(ok, _)) => Value::Ok(Box::new(conform(inner, ok))),
        (Value::Err(inner), Type::Result(_, err)) => Value::Err(Box::new(conform(inner, err))),
        _ => value.clone(),
    }
}

fn is_exact(number: &num_bigint::BigInt, float: f64) -> bool {
    use num_traits::FromPrimitive as _;
    num_bigint::BigInt::from_f64(float).as_ref() == Some(number)
}

#[cfg(test)]
#[path = "ty_tests.rs"]
mod tests;
