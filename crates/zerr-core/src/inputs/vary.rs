//! Inputs near a given one: [`joined`] and [`of_examples`] in a fixed order, [`at_random`] from a seed.
//!
//! An example shows the format that a function is for; one letter less, the case swapped or two
//! items exchanged are the inputs that a nearly right candidate gets wrong.

use super::pool::Pool;
use super::random::Random;
use super::{Input, bounds, plain};
use crate::spec::{Example, FunctionSpec};
use crate::value::{FloatKind, IntRange as _, Type, Value};

/// Variations of the examples' arguments, one argument changed at a time, taking turns among
/// the examples and arguments.
pub(super) fn of_examples(f: &FunctionSpec, pool: &Pool) -> Vec<Input> {
    let mut columns: Vec<Vec<Input>> = Vec::new();
    for example in &f.examples {
        for (position, (value, (_, ty))) in example.args.iter().zip(&f.params).enumerate() {
            let changed = variations(value, ty, pool).into_iter().map(|value| {
                let mut input = example.args.clone();
                if let Some(slot) = input.get_mut(position) {
                    *slot = value;
                }
                input
            });
            columns.push(changed.collect());
        }
    }
    let longest = columns.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .flat_map(|at| columns.iter().filter_map(move |column| column.get(at).cloned()))
        .collect()
}

/// The texts and lists of one example with those of another behind them, examples of different outcomes first:
/// what holds two of a thing tells the first from the last. Other arguments are those of the first.
pub(super) fn joined(f: &FunctionSpec) -> impl Iterator<Item = Input> {
    // One after the other, since many examples have very many pairs.
    let pairs = |same: bool| {
        let first = f.examples.iter().enumerate();
        let all = first.flat_map(|(at, a)| f.examples.iter().skip(at + 1).map(move |b| (a, b)));
        all.filter(move |(a, b)| (a.expected == b.expected) == same)
    };
    let both = |(a, b): (&Example, &Example)| {
        let mut any = false;
        let args =
            a.args.iter().zip(&b.args).zip(&f.params).map(|((a, b), (_, ty))| match (a, b, ty) {
                (Value::Str(a), Value::Str(b), _) if !a.is_empty() && !b.is_empty() && a != b => {
                    any = true;
                    Value::Str(format!("{a}{b}"))
                }
                (Value::List(a), Value::List(b), Type::List { length: None, .. })
                    if !a.is_empty() && !b.is_empty() && a != b =>
                {
                    any = true;
                    Value::List(a.iter().chain(b).cloned().collect())
                }
                _ => a.clone(),
            });
        let args: Input = args.collect();
        any.then_some(args)
    };
    pairs(false).chain(pairs(true)).filter_map(both)
}

/// One or two arguments changed, or all numbers in the same way: what `requires` says of several
/// arguments together often survives that.
pub(super) fn at_random(
    f: &FunctionSpec,
    near: &[Value],
    pool: &Pool,
    random: &mut Random,
) -> Input {
    if random.below(6) == 0 {
        let (factor, shift) = match random.below(3) {
            0 => (1, 1 + random.below(3)),
            _ => (2 + random.below(4), 0),
        };
        return near.iter().map(|value| rescaled(value, factor, shift)).collect();
    }
    let mut input = near.to_vec();
    for _ in 0..=random.below(2) {
        let position = random.below(f.params.len());
        let (Some(slot), Some((_, ty))) = (input.get_mut(position), f.params.get(position)) else {
            continue;
        };
        let options = variations(slot, ty, pool);
        *slot = match random.pick(&options) {
            Some(value) if random.below(4) > 0 => value.clone(),
            _ => random.value(ty, pool, 3),
        };
    }
    input
}

/// Each argument of one of two inputs; of lists and texts, the first half of one and the second of the other.
pub(super) fn mixed(a: &[Value], b: &[Value], random: &mut Random) -> Input {
    let joined = |a: &Value, b: &Value| match (a, b) {
        (Value::List(first), Value::List(second)) => {
            let (head, tail) = (first.len().div_ceil(2), second.len() / 2);
            let parts = first.iter().take(head).chain(second.iter().skip(tail));
            Value::List(parts.cloned().collect())
        }
        (Value::Str(first), Value::Str(second)) => {
            let (head, tail) = (first.chars().count().div_ceil(2), second.chars().count() / 2);
            Value::Str(first.chars().take(head).chain(second.chars().skip(tail)).collect())
        }
        _ => b.clone(),
    };
    let one = |(a, b): (&Value, &Value)| match random.below(3) {
        0 => a.clone(),
        1 => b.clone(),
        _ => joined(a, b),
    };
    a.iter().zip(b).map(one).collect()
}

/// Every number in the value times `factor` plus `shift`, where its kind holds that.
fn rescaled(value: &Value, factor: usize, shift: usize) -> Value {
    match value {
        Value::Int(kind, number) => {
            let changed = number * factor + shift;
            if kind.holds(&changed) { Value::Int(*kind, changed) } else { value.clone() }
        }
        Value::Float(kind, _) => {
            let float = value.as_float().unwrap_or_default();
            let changed = float * factor as f64 + shift as f64;
            match kind {
                FloatKind::F32 => Value::f32(changed as f32),
                FloatKind::F64 => Value::f64(changed),
            }
        }
        Value::List(items) => {
            Value::List(items.iter().map(|item| rescaled(item, factor, shift)).collect())
        }
        Value::Tuple(items) => {
            Value::Tuple(items.iter().map(|item| rescaled(item, factor, shift)).collect())
        }
        other => other.clone(),
    }
}

/// Values of `ty` near `value`, most telling first, without `value` itself.
fn variations(value: &Value, ty: &Type, pool: &Pool) -> Vec<Value> {
    let mut varied = match (value, ty) {
        (value, Type::Union(types)) => {
            // Also as another type: `5.0` for `5`.
            let number = |value: &Value| match value {
                Value::Int(_, number) => num_traits::ToPrimitive::to_f64(number),
                _ => value.as_float(),
            };
            let same = number(value);
            types
                .iter()
                .flat_map(|ty| match (value.fits(ty), ty, same) {
                    (true, ..) => variations(value, ty, pool),
                    (_, Type::Float(kind), Some(same)) => vec![bounds::of_kind(*kind, same)],
                    _ => Vec::new(),
                })
                .collect()
        }
        (Value::Bool(b), _) => vec![Value::Bool(!b)],
        (Value::Int(kind, number), _) => {
            [number + 1, number - 1, -number, number * 2, number / 2, number + 10]
                .into_iter()
                .filter(|number| kind.holds(number))
                .map(|number| Value::Int(*kind, number))
                .collect()
        }
        (Value::Float(kind, _), _) => {
            let float = value.as_float().unwrap_or_default();
            let near = [-float, float + 0.5, float * 2.0, float - 1.0, float / 3.0];
            near.map(|float| match kind {
                FloatKind::F32 => Value::f32(float as f32),
                FloatKind::F64 => Value::f64(float),
            })
            .to_vec()
        }
        (Value::Char(c), _) => {
            let swapped =
                if c.is_lowercase() { c.to_uppercase().next() } else { c.to_lowercase().next() };
            let next = char::from_u32(u32::from(*c) + 1);
            swapped.into_iter().chain(next).map(Value::Char).collect()
        }
        (Value::Str(text), _) => texts(text).into_iter().map(Value::Str).collect(),
        (Value::List(items), Type::List { item, length }) => lists(items, item, *length, pool),
        (Value::Tuple(items), Type::Tuples(item)) => {
            bounds::as_tuples(lists(items, item, None, pool))
        }
        (Value::Tuple(items), Type::Tuple(types)) => {
            let mut tuples = Vec::new();
            for (at, (part, ty)) in items.iter().zip(types).enumerate() {
                for changed in variations(part, ty, pool).into_iter().take(4) {
                    let mut parts = items.clone();
                    if let Some(slot) = parts.get_mut(at) {
                        *slot = changed;
                    }
                    tuples.push(Value::Tuple(parts));
                }
            }
            tuples
        }
        (Value::Some(inner), Type::Option(item)) => {
            let inner = variations(inner, item, pool).into_iter();
            let mut options = vec![Value::None];
            options.extend(inner.map(|value| Value::Some(Box::new(value))));
            options
        }
        (Value::Ok(inner), Type::Result(ok, _)) => {
            variations(inner, ok, pool).into_iter().map(|v| Value::Ok(Box::new(v))).collect()
        }
        (Value::Err(inner), Type::Result(_, err)) => {
            variations(inner, err, pool).into_iter().map(|v| Value::Err(Box::new(v))).collect()
        }
        (Value::Set(items), _) => {
            let without = (0..items.len().min(3)).map(|at| Value::set(dropped(items, at)));
            without.collect()
        }
        (Value::Map(entries), Type::Map(_, item)) => {
            let mut maps: Vec<Value> =
                (0..entries.len().min(3)).map(|at| Value::map(dropped(entries, at))).collect();
            for at in 0..entries.len().min(3) {
                let Some((_, old)) = entries.get(at) else { continue };
                for changed in variations(old, item, pool).into_iter().take(3) {
                    let mut entries = entries.clone();
                    if let Some((_, slot)) = entries.get_mut(at) {
                        *slot = changed;
                    }
                    maps.push(Value::map(entries));
                }
            }
            maps
        }
        _ => Vec::new(),
    };
    varied.retain(|varied| varied != value);
    bounds::distinct(varied)
}

fn dropped<T: Clone>(items: &[T], at: usize) -> Vec<T> {
    items.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, item)| item.clone()).collect()
}

/// Longer texts and lists are not doubled or taken apart item by item.
const LENGTH_MAX: usize = 64;

fn texts(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let swapped_case = |c: char| -> String {
        if c.is_lowercase() { c.to_uppercase().collect() } else { c.to_lowercase().collect() }
    };
    let count = chars.len();
    let mut varied = vec![
        chars.iter().map(|c| swapped_case(*c)).collect(),
        dropped(&chars, count.saturating_sub(1)).into_iter().collect(),
        chars.iter().rev().collect(),
        format!(" {text} "),
        dropped(&chars, 0).into_iter().collect(),
    ];
    if count <= LENGTH_MAX {
        varied.push(format!("{text}{text}"));
        varied.push(format!("{text} {text}"));
        varied.push(text.replace(' ', ""));
        varied.push(text.replace(' ', "  "));
        varied.push(dropped(&chars, count / 2).into_iter().collect());
        if let [.., last] = chars.as_slice() {
            varied.push(format!("{text}{last}"));
        }
        if count >= 2 {
            let mut exchanged = chars.clone();
            exchanged.swap(0, count - 1);
            varied.push(exchanged.into_iter().collect());
        }
        varied.push(text.to_uppercase());
        varied.push(format!("{text}!"));
        varied.push(format!("{text}1"));
    }
    varied
}

fn lists(items: &[Value], item: &Type, length: Option<usize>, pool: &Pool) -> Vec<Value> {
    let mut varied: Vec<Vec<Value>> = vec![items.iter().rev().cloned().collect()];
    let count = items.len();
    if count > LENGTH_MAX {
        return varied.into_iter().map(Value::List).collect();
    }
    let mut sorted = items.to_vec();
    sorted.sort();
    varied.push(sorted.clone());
    if count >= 2 {
        let mut exchanged = items.to_vec();
        exchanged.swap(0, 1);
        varied.push(exchanged);
        let mut rotated = items.to_vec();
        rotated.rotate_left(1);
        varied.push(rotated);
    }
    if let Some(first) = items.first() {
        let mut equal = items.to_vec();
        if let Some(last) = equal.last_mut() {
            *last = first.clone();
        }
        varied.push(equal);
        for at in [0, count - 1, count / 2] {
            let Some(old) = items.get(at) else { continue };
            for changed in variations(old, item, pool).into_iter().take(2) {
                let mut items = items.to_vec();
                if let Some(slot) = items.get_mut(at) {
                    *slot = changed;
                }
                varied.push(items);
            }
        }
    }
    if length.is_none() {
        varied.push(dropped(items, count.saturating_sub(1)));
        varied.push(dropped(items, 0));
        varied.push(dropped(items, count / 2));
        varied.push(items.iter().chain(items).cloned().collect());
        if let Some(last) = items.last() {
            varied.push(items.iter().chain([last]).cloned().collect());
        }
        if let Some(other) = plain::of(item).into_iter().next() {
            varied.push(items.iter().cloned().chain([other]).collect());
        }
    }
    varied.into_iter().map(Value::List).collect()
}
