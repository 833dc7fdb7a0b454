//! YAML values read under the types of a signature: [`value`].

use num_bigint::BigInt;

use super::place::Mistakes;
use super::yaml::{Kind, Node, Plain};
use crate::literal::{float_value, least_widened, range_hint};
use crate::value::{IntKind, IntRange as _, Type, Value};

/// Longer digit strings are not read: nobody means them, and reading takes quadratic time.
const DIGITS_MAX: usize = 5_000;

/// The value of `ty` that is written there; what does not fit is said to `mistakes`.
pub(super) fn value(node: &Node, ty: &Type, mistakes: &mut Mistakes<'_>) -> Option<Value> {
    match ty {
        Type::Unit if node.is_null() => Some(Value::Unit),
        Type::None | Type::Option(_) if node.is_null() => Some(Value::None),
        Type::Bool => match node.scalar() {
            Some(Plain::Bool(b)) => Some(Value::Bool(b)),
            _ => wrong(node, ty, "write true or false", mistakes),
        },
        Type::Int(kind) => integer(node, *kind, mistakes),
        Type::Float(kind) => match node.scalar() {
            Some(Plain::Float(text) | Plain::Int(text, 10)) => {
                let value = float_value(&text, *kind);
                if value.is_none() {
                    mistakes.add(node.place, format!("{text} does not fit {}", kind.name()), None);
                }
                value
            }
            _ => wrong(node, ty, "write a number, .inf, -.inf or .nan", mistakes),
        },
        Type::Char => {
            let text = text(node, ty, mistakes)?;
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Some(Value::Char(c)),
                _ => wrong(node, ty, "write one character in quotes", mistakes),
            }
        }
        Type::Str => text(node, ty, mistakes).map(Value::str),
        Type::Bytes => match &node.kind {
            Kind::List(items) => {
                let bytes = items.iter().map(|item| byte(item, mistakes));
                bytes.collect::<Option<Vec<u8>>>().map(Value::Bytes)
            }
            _ => text(node, ty, mistakes).map(|text| Value::Bytes(text.as_bytes().to_vec())),
        },
        Type::Tuple(types) => {
            let items = list(node, ty, mistakes)?;
            if items.len() != types.len() {
                mistakes.add(
                    node.place,
                    format!("{} parts where {} are wanted", items.len(), types.len()),
                    Some(format!("a value of {ty} is written as a list of {}", types.len())),
                );
                return None;
            }
            let values = items.iter().zip(types).map(|(item, ty)| value(item, ty, mistakes));
            all(values).map(Value::Tuple)
        }
        Type::Tuples(item) => {
            let items = list(node, ty, mistakes)?;
            all(items.iter().map(|node| value(node, item, mistakes))).map(Value::Tuple)
        }
        Type::List { item, length } => {
            let items = list(node, ty, mistakes)?;
            if let Some(length) = length.filter(|length| *length != items.len()) {
                mistakes.add(
                    node.place,
                    format!("{} items where {length} are wanted", items.len()),
                    None,
                );
                return None;
            }
            all(items.iter().map(|node| value(node, item, mistakes))).map(Value::List)
        }
        Type::Set(item) => {
            let items = list(node, ty, mistakes)?;
            let values = all(items.iter().map(|node| value(node, item, mistakes)))?;
            let set = Value::set(values);
            if matches!(&set, Value::Set(distinct) if distinct.len() != items.len()) {
                mistakes.add(node.place, "an item of a set is given twice", None);
                return None;
            }
            Some(set)
        }
        Type::Map(key, item) => map(node, key, item, mistakes),
        Type::Option(item) => option(node, item, mistakes),
        Type::Union(types) => {
            let so_far = mistakes.count();
            let mut read: Vec<Value> = Vec::new();
            for ty in types {
                read.extend(value(node, ty, mistakes));
                mistakes.forget_from(so_far);
            }
            // YAML has one form for lists, tuples, sets and bytes.
            let kind = |value: &Value| match value {
                Value::Float(..) | Value::Int(..) => std::mem::discriminant(&Value::Unit),
                value => std::mem::discriminant(value),
            };
            if read.iter().any(|value| read.first().map(kind) != Some(kind(value))) {
                let hint = "zerr cannot tell which is meant: give the parameter one type";
                return wrong(node, ty, hint, mistakes);
            }
            match least_widened(read) {
                Some(value) => Some(value),
                None => wrong(node, ty, "write a value of one of these types", mistakes),
            }
        }
        Type::Result(ok, err) => match entry(node) {
            Some(("ok", inner)) => value(inner, ok, mistakes).map(|v| Value::Ok(Box::new(v))),
            Some(("err", inner)) => value(inner, err, mistakes).map(|v| Value::Err(Box::new(v))),
            _ => wrong(node, ty, "write {ok: value} or {err: value}", mistakes),
        },
        Type::Unit | Type::None => wrong(node, ty, "write null", mistakes),
        // Such a signature is refused before values are read.
        Type::Named(_) | Type::Opaque(_) => None,
    }
}

fn wrong<T>(node: &Node, ty: &Type, hint: &str, mistakes: &mut Mistakes<'_>) -> Option<T> {
    mistakes.add(
        node.place,
        format!("{} where {ty} is wanted", node.what()),
        Some(hint.to_owned()),
    );
    None
}

/// Looks at every item, so that the mistakes in all of them are found.
fn all(values: impl Iterator<Item = Option<Value>>) -> Option<Vec<Value>> {
    let values: Vec<Option<Value>> = values.collect();
    values.into_iter().collect()
}

fn integer(node: &Node, kind: IntKind, mistakes: &mut Mistakes<'_>) -> Option<Value> {
    let number = match node.scalar() {
        Some(Plain::Int(digits, base)) if digits.len() <= DIGITS_MAX => {
            BigInt::parse_bytes(digits.as_bytes(), base)
        }
        _ => None,
    };
    let Some(number) = number else {
        let hint = match node.scalar() {
            Some(Plain::Text(text)) if text.parse::<BigInt>().is_ok() => "take the quotes off",
            _ => "write digits",
        };
        return wrong(node, &Type::Int(kind), hint, mistakes);
    };
    if kind.holds(&number) {
        return Some(Value::Int(kind, number));
    }
    let digits = node.raw_text().unwrap_or_default();
    mistakes.add(
        node.place,
        format!("{digits} does not fit {}", kind.name()),
        Some(range_hint(kind)),
    );
    None
}

fn byte(node: &Node, mistakes: &mut Mistakes<'_>) -> Option<u8> {
    match integer(node, IntKind::U8, mistakes)? {
        Value::Int(_, number) => u8::try_from(number).ok(),
        _ => None,
    }
}

fn text<'n>(node: &'n Node, ty: &Type, mistakes: &mut Mistakes<'_>) -> Option<&'n str> {
    match node.scalar() {
        Some(Plain::Text(text)) => Some(text),
        Some(_) => wrong(node, ty, "put it in quotes", mistakes),
        None => wrong(node, ty, "write a text in quotes", mistakes),
    }
}

fn list<'n>(node: &'n Node, ty: &Type, mistakes: &mut Mistakes<'_>) -> Option<&'n [Node]> {
    match &node.kind {
        Kind::List(items) => Some(items),
        _ => wrong(node, ty, "write [ … ]", mistakes),
    }
}

fn map(node: &Node, key: &Type, item: &Type, mistakes: &mut Mistakes<'_>) -> Option<Value> {
    let ty = || Type::Map(Box::new(key.clone()), Box::new(item.clone()));
    let mut entries = Vec::new();
    match &node.kind {
        Kind::Map(pairs) => {
            for (k, v) in pairs {
                entries.push((value(k, key, mistakes), value(v, item, mistakes)));
            }
        }
        // Pairs, for keys that YAML has no good way to write.
        Kind::List(pairs) => {
            for pair in pairs {
                match &pair.kind {
                    Kind::List(parts) if parts.len() == 2 => {
                        let mut parts = parts.iter();
                        if let (Some(k), Some(v)) = (parts.next(), parts.next()) {
                            entries.push((value(k, key, mistakes), value(v, item, mistakes)));
                        }
                    }
                    _ => return wrong(pair, &ty(), "write [key, value]", mistakes),
                }
            }
        }
        Kind::Scalar { .. } => return wrong(node, &ty(), "write {key: value}", mistakes),
    }
    let count = entries.len();
    let entries: Option<Vec<(Value, Value)>> =
        entries.into_iter().map(|(k, v)| Some((k?, v?))).collect();
    let map = Value::map(entries?);
    if matches!(&map, Value::Map(distinct) if distinct.len() != count) {
        mistakes.add(node.place, "a key is given twice", None);
        return None;
    }
    Some(map)
}

/// `null` is taken care of; `{some: value}` is needed only where the value may be absent itself.
fn option(node: &Node, item: &Type, mistakes: &mut Mistakes<'_>) -> Option<Value> {
    let inner = match (item, entry(node)) {
        (Type::Option(_), Some(("some", inner))) => inner,
        _ => node,
    };
    value(inner, item, mistakes).map(|value| Value::Some(Box::new(value)))
}

/// The only entry of a mapping.
pub(super) fn entry(node: &Node) -> Option<(&str, &Node)> {
    match &node.kind {
        Kind::Map(entries) => match entries.as_slice() {
            [(key, value)] => Some((key.raw_text()?, value)),
            _ => None,
        },
        _ => None,
    }
}
