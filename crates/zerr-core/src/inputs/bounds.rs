//! Boundaries of a type, most telling first: [`of`].

use num_bigint::BigInt;

use super::near;
use super::plain::plain_at_depth;
use super::pool::Pool;
use crate::value::{FloatKind, IntKind, IntRange as _, Type, Value};

/// Values nested deeper are not looked for boundaries of their own.
pub(super) const DEPTH_MAX: usize = 3;

/// Boundaries of `ty` and of what `pool` suggests for it, each once.
pub(super) fn of(ty: &Type, pool: &Pool) -> Vec<Value> {
    distinct(at_depth(ty, pool, DEPTH_MAX))
}

pub(super) fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut seen = std::collections::BTreeSet::new();
    values.into_iter().filter(|value| seen.insert(value.encode())).collect()
}

fn at_depth(ty: &Type, pool: &Pool, depth: usize) -> Vec<Value> {
    let mut values = match ty {
        Type::Unit => vec![Value::Unit],
        Type::None => vec![Value::None],
        Type::Bool => vec![Value::Bool(false), Value::Bool(true)],
        Type::Int(kind) => integers(*kind),
        Type::Float(kind) => floats(*kind),
        Type::Char => {
            ['a', 'Z', '0', ' ', '\n', '_', 'é', 'ß', '日', '9', 'z', 'A', '\0', '\u{10ffff}']
                .map(Value::Char)
                .to_vec()
        }
        Type::Str => texts(),
        Type::Bytes => [&b""[..], b"a", b"\0", b"\xff\xfe", b"ab", b"aa", b"a b\n"]
            .map(|bytes| Value::Bytes(bytes.to_vec()))
            .to_vec(),
        Type::Tuple(types) => tuples(types, pool, depth),
        Type::Tuples(item) => as_tuples(lists(item, pool, depth)),
        Type::List { item, length: None } => lists(item, pool, depth),
        Type::List { item, length: Some(length) } => arrays(item, *length, pool, depth),
        Type::Set(item) => {
            let items = deeper(item, pool, depth);
            let mut sets = vec![Value::Set(Vec::new())];
            sets.extend(items.iter().take(3).map(|item| Value::set(vec![item.clone()])));
            sets.push(Value::set(plain_at_depth(item, depth.saturating_sub(1))));
            sets.push(Value::set(items.iter().take(5).cloned().collect()));
            sets
        }
        Type::Map(key, item) => maps(key, item, pool, depth),
        Type::Option(item) => {
            let mut values = vec![Value::None];
            values.extend(deeper(item, pool, depth).into_iter().map(|v| Value::Some(Box::new(v))));
            values
        }
        Type::Result(ok, err) => {
            let ok = deeper(ok, pool, depth).into_iter().map(|v| Value::Ok(Box::new(v)));
            let err = deeper(err, pool, depth).into_iter().map(|v| Value::Err(Box::new(v)));
            interleaved(ok.collect(), err.collect())
        }
        Type::Union(types) => {
            let truths = [Value::Bool(true), Value::Bool(false)];
            let truths = truths.into_iter().filter(|truth| truth.fits(ty)).collect();
            let columns = types.iter().map(|ty| deeper(ty, pool, depth));
            turns(columns.chain(std::iter::once(truths)))
        }
        Type::Named(_) | Type::Opaque(_) => Vec::new(),
    };
    // What the spec itself names stands before the second half of the general boundaries.
    let suggested = near::at_depth(ty, pool, depth);
    let middle = values.len().min(values.len() / 2 + 2);
    values.splice(middle..middle, suggested);
    values
}

/// Lists as tuples of the same parts.
pub(super) fn as_tuples(lists: Vec<Value>) -> Vec<Value> {
    lists.into_iter().map(as_tuple).collect()
}

pub(super) fn as_tuple(value: Value) -> Value {
    match value {
        Value::List(items) => Value::Tuple(items),
        other => other,
    }
}

/// What values of a tuple of any length are made as.
pub(super) fn as_list(item: &Type) -> Type {
    Type::List { item: Box::new(item.clone()), length: None }
}

fn deeper(ty: &Type, pool: &Pool, depth: usize) -> Vec<Value> {
    match depth.checked_sub(1) {
        Some(depth) => distinct(at_depth(ty, pool, depth)),
        None => plain_at_depth(ty, 0),
    }
}

/// The values of all columns, one of each in turn.
pub(super) fn turns(columns: impl Iterator<Item = Vec<Value>>) -> Vec<Value> {
    let mut columns: Vec<std::vec::IntoIter<Value>> = columns.map(Vec::into_iter).collect();
    let mut mixed = Vec::new();
    loop {
        let before = mixed.len();
        mixed.extend(columns.iter_mut().filter_map(Iterator::next));
        if mixed.len() == before {
            return mixed;
        }
    }
}

pub(super) fn interleaved(a: Vec<Value>, b: Vec<Value>) -> Vec<Value> {
    let (mut a, mut b) = (a.into_iter(), b.into_iter());
    let mut mixed = Vec::with_capacity(a.len() + b.len());
    loop {
        let (next_a, next_b) = (a.next(), b.next());
        if next_a.is_none() && next_b.is_none() {
            return mixed;
        }
        mixed.extend(next_a);
        mixed.extend(next_b);
    }
}

/// Small ones first: they are boundaries of counting. The extremes of the kind are boundaries of
/// arithmetic. Python's integers have none, so those of 32 and 64 bits stand in.
fn integers(kind: IntKind) -> Vec<Value> {
    let mut numbers: Vec<BigInt> =
        [0, 1, -1, 2, 3, 10, -2, 7, 100, -10, 4, 5, 12, 15, 99, -7].map(BigInt::from).to_vec();
    if let Some((low, high)) = kind.range() {
        let extremes: [BigInt; 4] = [high.clone(), low.clone(), &high - 1, &low + 1];
        numbers.splice(4..4, extremes);
        numbers.push(&high / 2 + 1);
    } else {
        let bit = |bits: u32| BigInt::from(1) << bits;
        numbers.extend([bit(31), -bit(31) - 1, bit(63), bit(70) + 1, BigInt::from(1000)]);
    }
    numbers.retain(|number| kind.holds(number));
    numbers.into_iter().map(|number| Value::Int(kind, number)).collect()
}

fn floats(kind: FloatKind) -> Vec<Value> {
    let most = match kind {
        FloatKind::F32 => f64::from(f32::MAX),
        FloatKind::F64 => f64::MAX,
    };
    [
        0.0,
        1.0,
        -1.0,
        1.5,
        -1.5,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        -0.0,
        0.5,
        2.5,
        0.1,
        -0.5,
        100.0,
        most,
        -most,
        1e-7,
        16_777_217.0,
        3.0,
    ]
    .map(|float| of_kind(kind, float))
    .to_vec()
}

pub(super) fn of_kind(kind: FloatKind, float: f64) -> Value {
    match kind {
        FloatKind::F32 => Value::f32(float as f32),
        FloatKind::F64 => Value::f64(float),
    }
}

fn texts() -> Vec<Value> {
    let long: String = "The quick brown fox jumps over the lazy dog. ".repeat(2);
    [
        "",
        "a",
        " ",
        "ab",
        "aa",
        "Aa",
        "a b",
        " a ",
        "é",
        "0",
        "aba",
        "A",
        "12",
        "日本",
        "-1",
        "\t\n",
        "aab",
        "abc def",
        "ß",
        "a,b",
        "Hello, World!",
        "a  b",
        "zz9",
        "()",
        "a\nb",
        "Ab",
        "AEIOU xyz",
        "A man, a plan, a canal: Panama",
        "+7",
        "1.5",
        "e\u{301}x",
        "🦀",
        "a-b_c",
        "\"\\'",
        "ǅ",
        "([)]",
        "x=1",
    ]
    .map(Value::str)
    .into_iter()
    .chain([Value::str(long)])
    .collect()
}

fn tuples(types: &[Type], pool: &Pool, depth: usize) -> Vec<Value> {
    let columns: Vec<Vec<Value>> = types.iter().map(|ty| deeper(ty, pool, depth)).collect();
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    if columns.iter().any(Vec::is_empty) {
        return if types.is_empty() { vec![Value::Tuple(Vec::new())] } else { Vec::new() };
    }
    // Side by side, and shifted against each other.
    let row = |at: usize, shift: usize| {
        let parts = columns.iter().enumerate().filter_map(|(column, values)| {
            values.get((at + column * shift) % values.len().max(1)).cloned()
        });
        Value::Tuple(parts.collect())
    };
    (0..longest).flat_map(|at| [row(at, 0), row(at, 1)]).collect()
}

fn lists(item: &Type, pool: &Pool, depth: usize) -> Vec<Value> {
    let items = deeper(item, pool, depth);
    let plain = plain_at_depth(item, depth.saturating_sub(1));
    let list = |items: Vec<&Value>| Value::List(items.into_iter().cloned().collect());
    let mut lists = vec![Value::List(Vec::new())];
    let (Some(a), Some(b)) = (plain.first(), plain.get(1).or(plain.first())) else { return lists };
    let c = plain.get(2).unwrap_or(a);
    lists.extend([list(vec![a]), list(vec![a, a]), list(vec![b, a])]);
    let shapes = vec![
        list(vec![a, b, a]),
        list(vec![c, a, c, b, b]),
        list(vec![a, b]),
        list(vec![c, b, a]),
        list(vec![a, b, c]),
        Value::List(plain.iter().cycle().take(20).cloned().collect()),
        list(items.iter().take(8).collect()),
        list(vec![a, a, a, a]),
    ];
    // Every boundary of the items: alone (most telling ones), and among others.
    let mut of_items: Vec<Value> = items.iter().take(5).map(|item| list(vec![item])).collect();
    of_items.extend(items.iter().skip(1).take(10).enumerate().map(|(at, item)| match at % 3 {
        0 => list(vec![item, a]),
        1 => list(vec![a, item]),
        _ => list(vec![a, item, b]),
    }));
    let of_kind = match item {
        Type::Int(kind) => integer_lists(*kind),
        Type::Float(kind) => {
            let rows: [&[f64]; 4] =
                [&[0.1, 0.2, 0.3], &[-1.5, 2.5, -3.5], &[1e16, 1.0, -1e16], &[f64::NAN, 1.0]];
            rows.map(|row| Value::List(row.iter().map(|float| of_kind(*kind, *float)).collect()))
                .to_vec()
        }
        _ => Vec::new(),
    };
    lists.extend(interleaved(interleaved(of_kind, shapes), of_items));
    lists
}

fn integer_lists(kind: IntKind) -> Vec<Value> {
    let mut rows: Vec<Vec<BigInt>> = [
        &[-1, -2, -3][..],
        &[5, 3, 8, 1, 9],
        &[2, 2, 1, 1],
        &[-1, 0, 1],
        &[1, 3, 2, 3],
        &[3, -3, 7, -7],
        &[1, 2, 3, 4, 5],
        &[0, 0],
        &[10, 9, 10],
        &[2, 4, 6, 7],
        &[-5, -1, -3],
    ]
    .iter()
    .map(|row| row.iter().copied().map(BigInt::from).collect())
    .collect();
    // Sums and differences that the kind does not hold.
    if let Some((low, high)) = kind.range() {
        rows.insert(1, vec![high.clone(), BigInt::from(1)]);
        rows.push(vec![high.clone(), high]);
        if low < BigInt::from(0) {
            rows.insert(5, vec![low, BigInt::from(-1)]);
        }
    } else {
        rows.insert(3, vec![BigInt::from(1) << 63, BigInt::from(1) << 63]);
    }
    rows.retain(|row| row.iter().all(|number| kind.holds(number)));
    rows.into_iter()
        .map(|row| Value::List(row.into_iter().map(|n| Value::Int(kind, n)).collect()))
        .collect()
}

fn arrays(item: &Type, length: usize, pool: &Pool, depth: usize) -> Vec<Value> {
    /// Longer arrays would take more memory than they tell.
    const LENGTH_MAX: usize = 4_096;
    let items = deeper(item, pool, depth);
    let plain = plain_at_depth(item, depth.saturating_sub(1));
    if length == 0 || length > LENGTH_MAX || items.is_empty() || plain.is_empty() {
        return if length == 0 { vec![Value::List(Vec::new())] } else { Vec::new() };
    }
    let cycle = |from: &[Value], start: usize| {
        Value::List(from.iter().cycle().skip(start).take(length).cloned().collect())
    };
    let mut arrays: Vec<Value> = (0..plain.len()).map(|start| cycle(&plain, start)).collect();
    arrays.extend(items.iter().take(6).map(|item| Value::List(vec![item.clone(); length])));
    for (at, special) in items.iter().enumerate().take(16) {
        if let Value::List(mut values) = cycle(&plain, 0) {
            if let Some(slot) = values.get_mut(at % length) {
                *slot = special.clone();
            }
            arrays.push(Value::List(values));
        }
    }
    arrays.extend((0..items.len()).step_by(length).map(|start| cycle(&items, start)));
    arrays
}

fn maps(key: &Type, item: &Type, pool: &Pool, depth: usize) -> Vec<Value> {
    let keys = deeper(key, pool, depth);
    let items = deeper(item, pool, depth);
    let plain_keys = plain_at_depth(key, depth.saturating_sub(1));
    let plain_items = plain_at_depth(item, depth.saturating_sub(1));
    let zip = |keys: &[Value], items: &[Value], count: usize| {
        let pairs = keys.iter().zip(items.iter().cycle()).take(count);
        Value::map(pairs.map(|(k, v)| (k.clone(), v.clone())).collect())
    };
    let mut maps = vec![Value::Map(Vec::new()), zip(&plain_keys, &plain_items, 1)];
    maps.push(zip(&plain_keys, &plain_items, 3));
    if let Some(same) = plain_items.get(..1) {
        maps.push(zip(&plain_keys, same, 3));
    }
    maps.extend(keys.iter().take(6).map(|key| zip(std::slice::from_ref(key), &plain_items, 1)));
    maps.extend(items.iter().take(8).map(|item| zip(&plain_keys, std::slice::from_ref(item), 1)));
    maps.push(zip(&keys, &items, 6));
    maps
}
