//! Inputs that say the same with less: [`simpler`].

use num_bigint::BigInt;
use num_traits::{One as _, Signed as _, Zero as _};

use super::Input;
use crate::spec::FunctionSpec;
use crate::value::Value;

/// Simpler inputs than this one that `requires` allows, the simplest first, at most `max`. Going on
/// from one of them, again and again, comes to an end.
pub fn simpler(f: &FunctionSpec, input: &Input, max: usize) -> Vec<Input> {
    let mut columns: Vec<std::vec::IntoIter<Value>> =
        input.iter().map(|value| smaller(value).into_iter()).collect();
    let mut found: Vec<Input> = Vec::new();
    // One argument at a time, taking turns: each argument's boldest step before any timid one.
    loop {
        let mut is_over = true;
        for (position, column) in columns.iter_mut().enumerate() {
            let Some(value) = column.next() else { continue };
            is_over = false;
            let mut one = input.clone();
            if let Some(slot) = one.get_mut(position) {
                *slot = value;
            }
            if f.accepts(&one) && !found.contains(&one) {
                found.push(one);
            }
            if found.len() >= max {
                return found;
            }
        }
        if is_over {
            return found;
        }
    }
}

/// How much there is to read in a value. Every step of [`simpler`] lessens the sum.
pub fn weight(input: &Input) -> u64 {
    input.iter().map(weight_of).sum()
}

fn weight_of(value: &Value) -> u64 {
    match value {
        Value::Unit | Value::None | Value::Bool(false) => 0,
        Value::Bool(true) => 1,
        // A sign is a little more to read.
        Value::Int(_, number) => {
            let size = u64::try_from(number.abs()).unwrap_or(u64::MAX >> 20).min(u64::MAX >> 20);
            size * 2 + u64::from(number.is_negative())
        }
        Value::Float(..) => match value.as_float() {
            Some(float) if float.is_finite() => {
                let whole = float.trunc().abs().min(1e12) as u64;
                whole * 2 + u64::from(float < 0.0) + if float.fract() == 0.0 { 0 } else { 1 << 12 }
            }
            _ => u64::MAX >> 20,
        },
        Value::Char(c) => weight_of_char(*c),
        Value::Str(text) => text.chars().map(|c| 4 + weight_of_char(c)).sum(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| 4 + u64::from(*byte)).sum(),
        Value::Tuple(items) | Value::List(items) | Value::Set(items) => {
            items.iter().map(|item| 4 + weight_of(item)).sum()
        }
        Value::Map(entries) => entries.iter().map(|(k, v)| 4 + weight_of(k) + weight_of(v)).sum(),
        Value::Some(inner) | Value::Ok(inner) | Value::Err(inner) => 1 + weight_of(inner),
        Value::Struct(_, fields) => fields.iter().map(|(_, value)| weight_of(value)).sum(),
        Value::Enum(_, _, payload) => payload.iter().map(weight_of).sum(),
    }
}

fn weight_of_char(c: char) -> u64 {
    match c {
        'a' => 0,
        'b'..='z' => u64::from(u32::from(c) - u32::from('a')),
        'A'..='Z' | '0'..='9' => 40,
        ' '..='~' => 60,
        _ => 100 + u64::from(u32::from(c)),
    }
}

/// Values with less to read than this one, the boldest steps first.
fn smaller(value: &Value) -> Vec<Value> {
    let mut found = match value {
        Value::Bool(true) => vec![Value::Bool(false)],
        Value::Int(kind, number) => {
            integers(number).into_iter().map(|n| Value::Int(*kind, n)).collect()
        }
        Value::Float(kind, _) => {
            let float = value.as_float().unwrap_or(0.0);
            let mut steps = vec![0.0, 1.0, float.trunc(), (float / 2.0).trunc(), -float];
            steps.retain(|step| step.is_finite());
            let of = |step: f64| match kind {
                crate::value::FloatKind::F32 => Value::f32(step as f32),
                crate::value::FloatKind::F64 => Value::f64(step),
            };
            steps.into_iter().map(of).collect()
        }
        Value::Char(_) => vec![Value::Char('a')],
        Value::Str(text) => {
            let chars: Vec<char> = text.chars().collect();
            let text = |chars: Vec<char>| Value::Str(chars.into_iter().collect());
            shorter(&chars, |c| if *c == 'a' { vec![] } else { vec!['a'] })
                .into_iter()
                .map(text)
                .collect()
        }
        Value::Bytes(bytes) => shorter(bytes, |byte| if *byte == 0 { vec![] } else { vec![0] })
            .into_iter()
            .map(Value::Bytes)
            .collect(),
        Value::List(items) => {
            let mut found = shorter(items, smaller);
            found.extend(equal_changed(items));
            found.into_iter().map(Value::List).collect()
        }
        Value::Set(items) => shorter(items, smaller).into_iter().map(Value::set).collect(),
        Value::Map(entries) => shorter(entries, |(key, value)| {
            let values = smaller(value).into_iter().map(|value| (key.clone(), value));
            let keys = smaller(key).into_iter().map(|key| (key, value.clone()));
            values.chain(keys).collect()
        })
        .into_iter()
        .map(Value::map)
        .collect(),
        // Where its length is fixed, shorter ones are no inputs.
        Value::Tuple(items) => {
            let mut found = shorter(items, smaller);
            found.extend(equal_changed(items));
            found.into_iter().map(Value::Tuple).collect()
        }
        Value::Some(inner) => {
            let inside = smaller(inner).into_iter().map(|value| Value::Some(Box::new(value)));
            std::iter::once(Value::None).chain(inside).collect()
        }
        Value::Ok(inner) => smaller(inner).into_iter().map(|v| Value::Ok(Box::new(v))).collect(),
        Value::Err(inner) => smaller(inner).into_iter().map(|v| Value::Err(Box::new(v))).collect(),
        _ => Vec::new(),
    };
    let limit = weight_of(value);
    found.retain(|other| weight_of(other) < limit);
    found
}

/// Towards zero: at once, by halves of what is left, by one; and without the sign.
fn integers(number: &BigInt) -> Vec<BigInt> {
    if number.is_zero() {
        return Vec::new();
    }
    let mut found = vec![BigInt::zero()];
    if number.is_negative() {
        found.push(-number);
    }
    let mut step: BigInt = number / 2;
    while !step.is_zero() && found.len() < 8 {
        found.push(number - &step);
        step /= 2;
    }
    let one = if number.is_negative() { -BigInt::one() } else { BigInt::one() };
    let last = number - one;
    if !found.contains(&last) {
        found.push(last);
    }
    found
}

/// Without its halves, without one item, with one item smaller.
fn shorter<T: Clone>(items: &[T], smaller: impl Fn(&T) -> Vec<T>) -> Vec<Vec<T>> {
    if items.is_empty() {
        return Vec::new();
    }
    let mut found = vec![Vec::new()];
    if items.len() > 3 {
        let (head, tail) = items.split_at(items.len() / 2);
        found.extend([head.to_vec(), tail.to_vec()]);
    }
    for position in 0..items.len() {
        let rest = items.iter().enumerate().filter(|(at, _)| *at != position);
        found.push(rest.map(|(_, item)| item.clone()).collect());
    }
    found.extend(each_changed(items, smaller));
    found
}

fn each_changed<T: Clone>(items: &[T], smaller: impl Fn(&T) -> Vec<T>) -> Vec<Vec<T>> {
    let mut found = Vec::new();
    for (position, item) in items.iter().enumerate() {
        for other in smaller(item) {
            let mut changed = items.to_vec();
            if let Some(slot) = changed.get_mut(position) {
                *slot = other;
            }
            found.push(changed);
        }
    }
    found
}

/// What matters of equal items is often that they are: all of them change together.
fn equal_changed(items: &[Value]) -> Vec<Vec<Value>> {
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let is_first = !items.iter().take(at).any(|before| before == item);
        if is_first && items.iter().filter(|other| *other == item).count() > 1 {
            for other in smaller(item) {
                let change = |one: &Value| if one == item { other.clone() } else { one.clone() };
                found.push(items.iter().map(change).collect());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;
    use crate::value::IntKind;

    fn function(signature: &str, requires: &str) -> FunctionSpec {
        let text = format!(
            "name: t\nlanguage: rust\nfunctions:\n  - name: f\n    signature: \"{signature}\"\n    \
             description: d\n    requires: [\"{requires}\"]\n"
        );
        spec::parse(text.as_bytes(), "t.yaml").unwrap().remove(0).functions.remove(0)
    }

    /// Goes on to the first simpler input that still fails.
    fn shrunk(f: &FunctionSpec, mut input: Input, fails: impl Fn(&Input) -> bool) -> Input {
        loop {
            let weighed = weight(&input);
            let next = simpler(f, &input, 64).into_iter().find(|input| fails(input));
            let Some(next) = next else { return input };
            assert!(weight(&next) < weighed, "{next:?} is no simpler than {input:?}");
            input = next;
        }
    }

    #[test]
    fn a_long_list_with_one_bad_item_comes_down_to_that_item() {
        let f = function("fn f(xs: &[i32]) -> i32", "len(xs) > 0");
        let int = |n: i32| Value::int(IntKind::I32, n);
        let input = vec![Value::List([40, -3, 77, 12, 9, 500].map(int).to_vec())];
        let has_large = |input: &Input| match input.first() {
            Some(Value::List(items)) => items.iter().any(|item| *item > int(50)),
            _ => false,
        };
        assert_eq!(shrunk(&f, input, has_large), vec![Value::List(vec![int(51)])]);
    }

    #[test]
    fn equal_items_become_smaller_together() {
        let f = function("fn f(xs: &[i32]) -> i32", "len(xs) > 0");
        let int = |n: i32| Value::int(IntKind::I32, n);
        let repeats = |input: &Input| match input.first() {
            Some(Value::List(items)) => items.len() > 2 && items.first() == items.last(),
            _ => false,
        };
        let least = shrunk(&f, vec![Value::List(vec![int(70), int(9), int(3), int(70)])], repeats);
        assert_eq!(least, vec![Value::List(vec![int(0), int(0), int(0)])]);
    }

    #[test]
    fn nothing_that_requires_rules_out_is_offered() {
        let f = function("fn f(n: i32, s: &str) -> i32", "n > 6 and len(s) == 2");
        let input = vec![Value::int(IntKind::I32, 1_000), Value::str("Zß")];
        let least = shrunk(&f, input, |_| true);
        assert_eq!(least, vec![Value::int(IntKind::I32, 7), Value::str("aa")]);
    }
}
