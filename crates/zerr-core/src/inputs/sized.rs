//! Inputs of a given size: [`sized`].

use num_bigint::BigInt;

use super::Input;
use crate::spec::FunctionSpec;
use crate::value::{IntKind, IntRange as _, Type, Value};

/// How the items of one input are laid out. What is fast on one order may be slow on another.
const LAYOUTS: [Layout; 4] =
    [Layout::Ascending, Layout::Descending, Layout::Scrambled, Layout::Equal];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Ascending,
    Descending,
    Scrambled,
    Equal,
}

/// Inputs whose lists, texts, maps and sets all hold `n` items, in several orders, as far as
/// `requires` allows them; where there are no such parameters, the integers are `n` or near
/// it. Empty where a type has no such value, or nothing grows.
pub fn sized(f: &FunctionSpec, n: u64) -> Vec<Input> {
    let has_items = f.params.iter().any(|(_, ty)| has_size(ty));
    let mut found: Vec<Input> = Vec::new();
    if !has_items && !f.params.iter().any(|(_, ty)| matches!(ty, Type::Int(_))) {
        // Nothing in it grows.
        return found;
    }
    for layout in LAYOUTS {
        let input: Option<Input> = f
            .params
            .iter()
            .enumerate()
            .map(|(at, (_, ty))| match ty {
                Type::Int(kind) if !has_items => int(*kind, number(at, n, layout)),
                _ => param(ty, n, layout, has_items),
            })
            .collect();
        if let Some(input) = input.filter(|input| f.accepts(input) && !found.contains(input)) {
            found.push(input);
        }
    }
    found
}

fn has_size(ty: &Type) -> bool {
    match ty {
        Type::Str | Type::Bytes | Type::Map(..) | Type::Set(_) | Type::Tuples(_) => true,
        Type::List { length, .. } => length.is_none(),
        Type::Option(inner) => has_size(inner),
        _ => false,
    }
}

fn param(ty: &Type, n: u64, layout: Layout, has_items: bool) -> Option<Value> {
    match ty {
        Type::Option(inner) => param(inner, n, layout, has_items).map(|v| Value::Some(Box::new(v))),
        Type::Tuples(item) => {
            (0..n).map(|at| item_of(item, at, n, layout)).collect::<Option<_>>().map(Value::Tuple)
        }
        Type::List { item, length: None } => {
            (0..n).map(|at| item_of(item, at, n, layout)).collect::<Option<_>>().map(Value::List)
        }
        Type::Set(item) => {
            // Equal items would be one item.
            let of = |at| item_of(item, at, n, Layout::Scrambled);
            let items = (0..n).map(of).collect::<Option<_>>().map(Value::set)?;
            // A small type has no more values.
            matches!(&items, Value::Set(items) if items.len() as u64 == n).then_some(items)
        }
        Type::Map(key, value) => {
            let of = |at| {
                Some((item_of(key, at, n, Layout::Scrambled)?, item_of(value, at, n, layout)?))
            };
            let entries = (0..n).map(of).collect::<Option<_>>().map(Value::map)?;
            matches!(&entries, Value::Map(entries) if entries.len() as u64 == n).then_some(entries)
        }
        Type::Str => Some(Value::Str((0..n).map(|at| letter(at, n, layout)).collect())),
        Type::Bytes => Some(Value::Bytes((0..n).map(|at| letter(at, n, layout) as u8).collect())),
        // Something that is looked for: at the end, nowhere, in the middle, everywhere.
        Type::Int(kind) if has_items => int(
            *kind,
            match layout {
                Layout::Ascending => n.saturating_sub(1),
                Layout::Descending => n + 1,
                Layout::Scrambled => n / 2,
                Layout::Equal => 1,
            },
        ),
        other => item_of(other, 1, n, layout),
    }
}

/// An integer parameter where nothing else grows: all of them `n`, one of them, neighbours, and a
/// number without divisors.
fn number(at: usize, n: u64, layout: Layout) -> u64 {
    let is_first = at == 0;
    match layout {
        Layout::Ascending => n,
        Layout::Descending => {
            if is_first {
                prime_below(n)
            } else {
                1
            }
        }
        Layout::Scrambled => {
            if is_first {
                n.saturating_sub(1)
            } else {
                n
            }
        }
        Layout::Equal => prime_below(n),
    }
}

/// The largest prime that is not above `n`, which is a few thousand at most.
fn prime_below(n: u64) -> u64 {
    let is_prime =
        |n: &u64| *n > 1 && (2..*n).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d));
    (2..=n).rev().find(is_prime).unwrap_or(n)
}

fn item_of(ty: &Type, at: u64, n: u64, layout: Layout) -> Option<Value> {
    let rank = rank(at, n, layout);
    match ty {
        Type::Bool => Some(Value::Bool(rank % 2 == 1)),
        Type::Int(kind) => int(*kind, rank).or_else(|| int(*kind, rank % 100)),
        Type::Float(crate::value::FloatKind::F64) => Some(Value::f64(rank as f64)),
        Type::Float(crate::value::FloatKind::F32) => Some(Value::f32(rank as f32)),
        Type::Char => Some(Value::Char(letter(at, n, layout))),
        Type::Str => Some(Value::str(format!("w{rank}"))),
        Type::Bytes => Some(Value::Bytes(rank.to_be_bytes().to_vec())),
        Type::Option(inner) => item_of(inner, at, n, layout).map(|v| Value::Some(Box::new(v))),
        Type::Tuple(items) => {
            let each = items.iter().map(|item| item_of(item, at, n, layout));
            each.collect::<Option<_>>().map(Value::Tuple)
        }
        // Items of their own do not grow.
        Type::Tuples(item) => {
            let each = (0..2).map(|inner| item_of(item, at + inner, n, layout));
            each.collect::<Option<_>>().map(Value::Tuple)
        }
        Type::List { item, length } => {
            let count = length.map_or(2, |length| length as u64);
            let each = (0..count).map(|inner| item_of(item, at + inner, n, layout));
            each.collect::<Option<_>>().map(Value::List)
        }
        _ => None,
    }
}

fn rank(at: u64, n: u64, layout: Layout) -> u64 {
    match layout {
        Layout::Ascending => at,
        Layout::Descending => n.saturating_sub(at),
        // A multiplier without a common factor with any size that is a power of two.
        Layout::Scrambled => at.wrapping_mul(2_654_435_761) % n.max(1),
        Layout::Equal => 1,
    }
}

fn letter(at: u64, n: u64, layout: Layout) -> char {
    const MIXED: &[u8] = b"ab c1,d(e)F-2 .g";
    match layout {
        Layout::Ascending => char::from(b'a' + (at % 26) as u8),
        Layout::Descending => char::from(b'0' + (n.saturating_sub(at) % 10) as u8),
        Layout::Scrambled => {
            let at = rank(at, n, layout) as usize % MIXED.len();
            MIXED.get(at).copied().map_or('a', char::from)
        }
        Layout::Equal => 'a',
    }
}

fn int(kind: IntKind, value: u64) -> Option<Value> {
    let value = BigInt::from(value);
    if kind.holds(&value) { Some(Value::Int(kind, value)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

    fn function(signature: &str, requires: &str) -> FunctionSpec {
        let text = format!(
            "name: t\nlanguage: rust\nfunctions:\n  - name: f\n    signature: \"{signature}\"\n    \
             description: d\n    requires: [\"{requires}\"]\n"
        );
        spec::parse(text.as_bytes(), "t.yaml").unwrap().remove(0).functions.remove(0)
    }

    #[test]
    fn every_input_has_the_size_and_meets_what_is_required() {
        let f = function("fn f(xs: &[i32], wanted: i32) -> bool", "is_sorted(xs)");
        let found = sized(&f, 256);
        assert_eq!(found.len(), 2, "ascending and equal: {}", found.len());
        for input in &found {
            let Value::List(items) = &input[0] else { panic!() };
            assert_eq!(items.len(), 256);
            assert!(f.accepts(input));
        }
    }

    #[test]
    fn without_items_the_integers_are_the_size() {
        let f = function("fn f(a: u64, b: u8) -> u64", "a > 0");
        let pair = |a: u64, b: u64| vec![Value::int(IntKind::U64, a), Value::int(IntKind::U8, b)];
        assert_eq!(sized(&f, 64), [pair(64, 64), pair(61, 1), pair(63, 64), pair(61, 61)]);
        assert_eq!(sized(&f, 512), [pair(509, 1)], "no u8 is 512");
    }

    #[test]
    fn a_set_of_a_small_type_does_not_grow_past_its_values() {
        let f = function("fn f(xs: &std::collections::BTreeSet<u8>) -> usize", "len(xs) >= 0");
        assert!(!sized(&f, 64).is_empty());
        assert!(sized(&f, 512).is_empty());
        let still = function("fn f(x: f64) -> f64", "x >= 0.0");
        assert!(sized(&still, 64).is_empty(), "nothing in it grows");
    }
}
