//! Values without any peculiarity, to stand beside a boundary: [`of`].

use super::bounds::{DEPTH_MAX, as_list, as_tuples, of_kind, turns};
use crate::value::{Type, Value};

/// Values that nobody would call special, at least one unless there is none.
pub(super) fn of(ty: &Type) -> Vec<Value> {
    plain_at_depth(ty, DEPTH_MAX)
}

pub(super) fn plain_at_depth(ty: &Type, depth: usize) -> Vec<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return match ty {
            Type::List { length: None, .. } => vec![Value::List(Vec::new())],
            Type::Tuples(_) => vec![Value::Tuple(Vec::new())],
            Type::Set(_) => vec![Value::Set(Vec::new())],
            Type::Map(..) => vec![Value::Map(Vec::new())],
            Type::Option(_) => vec![Value::None],
            Type::Union(types) => turns(types.iter().map(|ty| plain_at_depth(ty, 0))),
            Type::Tuple(types) if !types.is_empty() => Vec::new(),
            Type::Result(..) | Type::List { .. } => Vec::new(),
            _ => plain_at_depth(ty, 1),
        };
    };
    let inner = |ty: &Type| plain_at_depth(ty, depth);
    let some =
        |values: &[Value], count: usize| values.iter().cycle().take(count).cloned().collect();
    match ty {
        Type::Unit => vec![Value::Unit],
        Type::None => vec![Value::None],
        Type::Bool => vec![Value::Bool(true), Value::Bool(false)],
        Type::Int(kind) => [3, 5, 2, 8, 13].map(|number| Value::int(*kind, number)).to_vec(),
        Type::Float(kind) => [2.5, 4.0, 1.25, 7.75].map(|float| of_kind(*kind, float)).to_vec(),
        Type::Char => ['b', 'k', 'x'].map(Value::Char).to_vec(),
        Type::Str => ["abc", "hello", "xy", "Some words here"].map(Value::str).to_vec(),
        Type::Bytes => vec![Value::Bytes(b"abc".to_vec()), Value::Bytes(b"hello".to_vec())],
        Type::Tuple(types) => {
            let columns: Vec<Vec<Value>> = types.iter().map(inner).collect();
            let row = |at: usize| -> Option<Vec<Value>> {
                let pick = |values: &Vec<Value>| values.get(at % values.len().max(1)).cloned();
                columns.iter().map(pick).collect()
            };
            (0..3).filter_map(row).map(Value::Tuple).collect()
        }
        Type::Tuples(item) => as_tuples(plain_at_depth(&as_list(item), depth + 1)),
        Type::List { item, length } => {
            let items = inner(item);
            let lengths: Vec<usize> = length.map_or(vec![3, 2, 4], |length| vec![length]);
            let lengths = lengths.into_iter().filter(|length| *length <= 4_096);
            lengths
                .filter(|length| *length == 0 || !items.is_empty())
                .map(|length| Value::List(some(&items, length)))
                .collect()
        }
        Type::Set(item) => {
            let items = inner(item);
            vec![Value::set(some(&items, 2)), Value::set(some(&items, 3))]
        }
        Type::Map(key, item) => {
            let (keys, items) = (inner(key), inner(item));
            let map = |count: usize| {
                let pairs = keys.iter().zip(items.iter().cycle()).take(count);
                Value::map(pairs.map(|(k, v)| (k.clone(), v.clone())).collect())
            };
            vec![map(2), map(3)]
        }
        Type::Option(item) => inner(item).into_iter().map(|v| Value::Some(Box::new(v))).collect(),
        Type::Result(ok, _) => inner(ok).into_iter().map(|v| Value::Ok(Box::new(v))).collect(),
        Type::Union(types) => turns(types.iter().map(inner)),
        Type::Named(_) | Type::Opaque(_) => Vec::new(),
    }
}
