//! Boundaries of a type, most telling first: [`of`]; and a few values without any peculiarity:
//! [`plain`].

use num_bigint::BigInt;

use super::pool::Pool;
use crate::value::{FloatKind, IntKind, IntRange as _, Type, Value};

/// Values nested deeper are not looked for boundaries of their own.
const DEPTH_MAX: usize = 3;

/// Boundaries of `ty` and of what `pool` suggests for it, each once.
pub(super) fn of(ty: &Type, pool: &Pool) -> Vec<Value> {
    distinct(at_depth(ty, pool, DEPTH_MAX))
}

/// What only `pool` suggests, each once: the constants, their neighbours, texts that hold them,
/// lists of them and of that length.
pub(super) fn of_pool(ty: &Type, pool: &Pool) -> Vec<Value> {
    distinct(pooled(ty, pool, DEPTH_MAX))
}

/// Values that nobody would call special, at least one unless there is none.
pub(super) fn plain(ty: &Type) -> Vec<Value> {
    plain_at_depth(ty, DEPTH_MAX)
}

pub(super) fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut seen = std::collections::HashSet::new();
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
        Type::Named(_) | Type::Opaque(_) => Vec::new(),
    };
    // What the spec itself names stands before the second half of the general boundaries.
    let suggested = pooled(ty, pool, depth);
    let middle = values.len().min(values.len() / 2 + 2);
    values.splice(middle..middle, suggested);
    values
}

fn deeper(ty: &Type, pool: &Pool, depth: usize) -> Vec<Value> {
    match depth.checked_sub(1) {
        Some(depth) => distinct(at_depth(ty, pool, depth)),
        None => plain_at_depth(ty, 0),
    }
}

fn interleaved(a: Vec<Value>, b: Vec<Value>) -> Vec<Value> {
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

fn of_kind(kind: FloatKind, float: f64) -> Value {
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
        "Ab",
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
        "Aba",
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

fn pooled(ty: &Type, pool: &Pool, depth: usize) -> Vec<Value> {
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
            pool.texts.iter().flat_map(|text| text.chars()).take(40).map(Value::Char).collect()
        }
        Type::Str => pooled_texts(pool),
        Type::Bytes => {
            pool.texts.iter().map(|text| Value::Bytes(text.as_bytes().to_vec())).collect()
        }
        Type::List { item, length: None } => {
            let items = pooled(item, pool, depth);
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
        Type::Option(item) => {
            pooled(item, pool, depth).into_iter().map(|v| Value::Some(Box::new(v))).collect()
        }
        Type::Result(ok, err) => interleaved(
            pooled(ok, pool, depth).into_iter().map(|v| Value::Ok(Box::new(v))).collect(),
            pooled(err, pool, depth).into_iter().map(|v| Value::Err(Box::new(v))).collect(),
        ),
        Type::Tuple(types) => {
            let mut tuples = Vec::new();
            let base: Option<Vec<Value>> =
                types.iter().map(|ty| plain_at_depth(ty, depth).into_iter().next()).collect();
            let Some(base) = base else { return tuples };
            for (at, ty) in types.iter().enumerate() {
                for value in pooled(ty, pool, depth).into_iter().take(12) {
                    let mut parts = base.clone();
                    if let Some(slot) = parts.get_mut(at) {
                        *slot = value;
                    }
                    tuples.push(Value::Tuple(parts));
                }
            }
            tuples
        }
        Type::Set(item) => pooled(item, pool, depth)
            .into_iter()
            .take(12)
            .map(|item| Value::set(vec![item]))
            .collect(),
        Type::Map(key, item) => {
            let keys = pooled(key, pool, depth);
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
    let mut texts: Vec<String> = Vec::new();
    for text in &pool.texts {
        texts.push(text.clone());
    }
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

fn plain_at_depth(ty: &Type, depth: usize) -> Vec<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return match ty {
            Type::List { length: None, .. } => vec![Value::List(Vec::new())],
            Type::Set(_) => vec![Value::Set(Vec::new())],
            Type::Map(..) => vec![Value::Map(Vec::new())],
            Type::Option(_) => vec![Value::None],
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
        Type::Named(_) | Type::Opaque(_) => Vec::new(),
    }
}
