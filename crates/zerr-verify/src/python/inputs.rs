//! What a Python runner is given: arguments ([`to_python`]) and the names that annotations need
//! ([`typing_imports`]).

use serde_json::{Value as Json, json};
use zerr_core::literal;
use zerr_core::value::Value;
use zerr_syntax::signature::{SetForm, Signature, TypeExpr};

/// All arguments in the shared encoding, with one more tag: `F` for a set that has to be frozen.
pub(crate) fn to_python(signature: &Signature, inputs: &[Vec<Value>]) -> Vec<Vec<Json>> {
    inputs
        .iter()
        .map(|input| {
            input
                .iter()
                .zip(&signature.params)
                .map(|(value, param)| encode(value, Some(&param.ty), Place::Free))
                .collect()
        })
        .collect()
}

/// Where a value stands: a member of a set or a key has to be hashable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Free,
    Hashed,
}

fn encode(value: &Value, ty: Option<&TypeExpr>, place: Place) -> Json {
    let many = |items: &[Value], ty: Option<&TypeExpr>, place| {
        Json::Array(items.iter().map(|item| encode(item, ty, place)).collect())
    };
    let ty = match ty {
        Some(union @ TypeExpr::Union(_)) => literal::member(value, union),
        ty => ty,
    };
    match value {
        Value::Set(items) => {
            let (item, frozen) = match ty {
                Some(TypeExpr::Set { item, form }) => {
                    (Some(&**item), *form == SetForm::PyFrozenSet)
                }
                _ => (None, false),
            };
            let tag = if frozen || place == Place::Hashed { "F" } else { "S" };
            json!([tag, many(items, item, Place::Hashed)])
        }
        Value::Map(entries) => {
            let (key_ty, value_ty) = match ty {
                Some(TypeExpr::Map { key, value, .. }) => (Some(&**key), Some(&**value)),
                _ => (None, None),
            };
            let entries: Vec<Json> = entries
                .iter()
                .map(|(key, value)| {
                    json!([
                        encode(key, key_ty, Place::Hashed),
                        encode(value, value_ty, Place::Free)
                    ])
                })
                .collect();
            json!(["m", entries])
        }
        Value::List(items) => {
            let item = match ty {
                Some(TypeExpr::List { item, .. }) => Some(&**item),
                _ => None,
            };
            json!(["l", many(items, item, place)])
        }
        Value::Tuple(items) => {
            let type_of = |at: usize| match ty {
                Some(TypeExpr::Tuple(types)) => types.get(at),
                Some(TypeExpr::Tuples(item)) => Some(&**item),
                _ => None,
            };
            let items: Vec<Json> = items
                .iter()
                .enumerate()
                .map(|(at, item)| encode(item, type_of(at), place))
                .collect();
            json!(["t", items])
        }
        Value::Some(item) => {
            let ty = match ty {
                Some(TypeExpr::Option(ty)) => Some(&**ty),
                _ => None,
            };
            encode(item, ty, place)
        }
        other => other.to_json(),
    }
}

/// Names of `typing` that older signatures use bare.
const TYPING: &[&str] = &[
    "Any",
    "Callable",
    "Dict",
    "FrozenSet",
    "Iterable",
    "Iterator",
    "List",
    "Mapping",
    "Optional",
    "Sequence",
    "Set",
    "Tuple",
    "Type",
    "Union",
];

/// The `import` line that a file with these signatures needs, or nothing. An assembled file begins
/// with exactly this, so that what loads here loads there.
pub(crate) fn typing_imports<'a>(signatures: impl IntoIterator<Item = &'a Signature>) -> String {
    let mut names = std::collections::BTreeSet::new();
    for signature in signatures {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        names.extend(
            signature
                .text
                .split(|c| !is_word(c))
                .filter_map(|word| TYPING.iter().find(|name| **name == word).copied()),
        );
    }
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = names.into_iter().collect();
    format!("from typing import {}\n", names.join(", "))
}
