//! Values near the constants of a [`Pool`]: [`of`].

use super::bounds::{DEPTH_MAX, as_list, as_tuples, distinct, interleaved, of_kind, turns};
use super::plain::plain_at_depth;
use super::pool::Pool;
use crate::value::{IntRange as _, Type, Value};

/// What only `pool` suggests, each once: the constants, their neighbours, texts that hold them,
/// lists of them and of that length.
pub(super) fn of(ty: &Type, pool: &Pool) -> Vec<Value> {
    distinct(at_depth(ty, pool, DEPTH_MAX))
}

pub(super) fn at_depth(ty: &Type, pool: &Pool, depth: usize) -> Vec<Value> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    match ty {
        Type::Int(kind) => pool
            .near_ints()
            .into_iter()
            .chain(pool.ints.iter().map(|int| -int))
            .filter(|number| kind.holds(number))
            .map(|number| Value::Int(*kind, number))
            .collect(),
        Type::Float(kind) => {
            let ints = pool.ints.iter().filter_map(num_traits::ToPrimitive::to_f64);
            let floats = pool.floats.iter().copied().chain(ints);
            floats
                .flat_map(|float| [float, float.next_up(), float.next_down(), -float, float + 1.0])
                .map(|float| of_kind(*kind, float))
                .collect()
        }
        Type::Char => {
            pool.all_texts().flat_map(|text| text.chars()).take(40).map(Value::Char).collect()
        }
        Type::Str => pooled_texts(pool),
        Type::Bytes => {
            pool.texts.iter().map(|text| Value::Bytes(text.as_bytes().to_vec())).collect()
        }
        Type::List { item, length: None } => {
            let items = at_depth(item, pool, depth);
            let plain = plain_at_depth(item, depth);
            let mut lists: Vec<Value> =
                items.iter().take(24).map(|item| Value::List(vec![item.clone()])).collect();
            if let Some(other) = plain.first() {
                lists.extend(
                    items
                        .iter()
                        .take(12)
                        .map(|item| Value::List(vec![other.clone(), item.clone(), other.clone()])),
                );
            }
            // A constant may be a length.
            for length in small_lengths(pool) {
                lists.push(Value::List(plain.iter().cycle().take(length).cloned().collect()));
            }
            lists
        }
        Type::Tuples(item) => as_tuples(at_depth(&as_list(item), pool, depth + 1)),
        Type::Option(item) => {
            at_depth(item, pool, depth).into_iter().map(|v| Value::Some(Box::new(v))).collect()
        }
        Type::Union(types) => turns(types.iter().map(|ty| at_depth(ty, pool, depth))),
        Type::Result(ok, err) => interleaved(
            at_depth(ok, pool, depth).into_iter().map(|v| Value::Ok(Box::new(v))).collect(),
            at_depth(err, pool, depth).into_iter().map(|v| Value::Err(Box::new(v))).collect(),
        ),
        Type::Tuple(types) => {
            let mut tuples = Vec::new();
            let base: Option<Vec<Value>> =
                types.iter().map(|ty| plain_at_depth(ty, depth).into_iter().next()).collect();
            let Some(base) = base else { return tuples };
            for (at, ty) in types.iter().enumerate() {
                for value in at_depth(ty, pool, depth).into_iter().take(12) {
                    let mut parts = base.clone();
                    if let Some(slot) = parts.get_mut(at) {
                        *slot = value;
                    }
                    tuples.push(Value::Tuple(parts));
                }
            }
            tuples
        }
        Type::Set(item) => at_depth(item, pool, depth)
            .into_iter()
            .take(12)
            .map(|item| Value::set(vec![item]))
            .collect(),
        Type::Map(key, item) => {
            let keys = at_depth(key, pool, depth);
            let items = plain_at_depth(item, depth);
            let value = items.first();
            let pairs = keys.into_iter().take(12).zip(value.into_iter().cycle());
            pairs.map(|(key, value)| Value::map(vec![(key, value.clone())])).collect()
        }
        _ => Vec::new(),
    }
}

fn small_lengths(pool: &Pool) -> Vec<usize> {
    let lengths = pool.near_ints().into_iter().filter_map(|n| usize::try_from(n).ok());
    lengths.filter(|length| (2..=64).contains(length)).take(9).collect()
}

fn pooled_texts(pool: &Pool) -> Vec<Value> {
    let mut texts: Vec<String> = pool.all_texts().cloned().collect();
    for text in &pool.texts {
        // What a candidate looks for may stand first, last, in the middle, twice, or be changed.
        texts.extend([
            format!("x{text}y"),
            format!("{text}x"),
            format!("x{text}"),
            format!("{text}{text}"),
            text.to_uppercase(),
            text.to_lowercase(),
        ]);
        let mut shorter = text.clone();
        shorter.pop();
        texts.push(shorter);
    }
    for number in pool.near_ints() {
        texts.push(number.to_string());
    }
    for length in small_lengths(pool) {
        texts.push("abc".chars().cycle().take(length).collect());
    }
    texts.into_iter().map(Value::Str).collect()
}
