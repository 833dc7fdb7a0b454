//! Every input of a small domain: [`bounded`].
//!
//! Each type has a ladder of domains, wide ones first. The widest combination whose inputs all
//! fit the budget is taken, so that one `u8` is tried on all of its values and three integers on
//! a cube around zero.
//!
//! # Invariants
//! - [`Bounded::domain`] names the whole domain: no input in it is left out but those that
//!   `requires` excludes.

use num_bigint::BigInt;

use super::Input;
use super::bounds::{as_tuple, distinct, of_kind};
use crate::spec::FunctionSpec;
use crate::value::{IntKind, IntRange as _, Type, Value};

/// All inputs of a domain that a spec speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounded {
    /// Simplest values first in each parameter, no input twice.
    pub inputs: Vec<Input>,
    /// Inputs of the domain that `requires` excludes.
    pub excluded: usize,
    /// The domain in words, a parameter each: `x from -8 to 8, flag any`.
    pub domain: String,
    /// The domain is all that the parameters' types allow.
    pub is_whole: bool,
}

/// The widest domain of at most `max` inputs. `None` where a parameter's values cannot be built,
/// or where even the smallest domains of all parameters together are too many.
pub fn bounded(f: &FunctionSpec, max: usize) -> Option<Bounded> {
    let mut ladders: Vec<Vec<Domain>> =
        f.params.iter().map(|(_, ty)| ladder(ty, DEPTH_MAX)).collect();
    if ladders.iter().any(Vec::is_empty) {
        return None;
    }
    while size(&ladders) > max {
        if !narrow_widest(&mut ladders) {
            return None;
        }
    }
    let chosen: Vec<&Domain> = ladders.iter().filter_map(|ladder| ladder.first()).collect();
    let all = product(&chosen);
    let total = all.len();
    let inputs: Vec<Input> = all.into_iter().filter(|input| f.accepts(input)).collect();
    let words = chosen.iter().zip(&f.params).map(|(domain, (name, _))| domain.of(name));
    Some(Bounded {
        excluded: total - inputs.len(),
        inputs,
        domain: words.collect::<Vec<_>>().join(", "),
        is_whole: chosen.iter().all(|domain| domain.is_whole),
    })
}

/// Types nested deeper have no small domain that tells anything.
const DEPTH_MAX: usize = 3;

/// More values than this are never taken of one parameter.
const VALUES_MAX: usize = 1_500;

struct Domain {
    values: Vec<Value>,
    /// Behind the parameter's name.
    words: String,
    is_whole: bool,
}

impl Domain {
    fn new(values: Vec<Value>, words: impl Into<String>) -> Self {
        Self { values: distinct(values), words: words.into(), is_whole: false }
    }

    fn whole(values: Vec<Value>) -> Self {
        Self { values, words: "any".to_owned(), is_whole: true }
    }

    fn of(&self, name: &str) -> String {
        format!("{name} {}", self.words)
    }
}

fn size(ladders: &[Vec<Domain>]) -> usize {
    let first = |ladder: &Vec<Domain>| ladder.first().map_or(0, |domain| domain.values.len());
    ladders.iter().map(first).fold(1, usize::saturating_mul)
}

/// Goes one rung down in the widest domain and all that are as wide: no parameter is starved for
/// another's sake, and equals stay equal. Says whether there was anything to narrow.
fn narrow_widest(ladders: &mut [Vec<Domain>]) -> bool {
    let width = |ladder: &Vec<Domain>| ladder.first().map_or(0, |domain| domain.values.len());
    let widest = ladders.iter().filter(|ladder| ladder.len() > 1).map(width).max();
    for ladder in ladders.iter_mut().filter(|ladder| ladder.len() > 1) {
        if Some(width(ladder)) == widest {
            ladder.remove(0);
        }
    }
    widest.is_some()
}

fn product(domains: &[&Domain]) -> Vec<Input> {
    domains.iter().fold(vec![Vec::new()], |inputs, domain| {
        let longer = |input: &Input| {
            domain
                .values
                .iter()
                .map(|value| [input.as_slice(), std::slice::from_ref(value)].concat())
                .collect()
        };
        inputs.iter().flat_map(|input| -> Vec<Input> { longer(input) }).collect()
    })
}

/// Domains of a type from wide to narrow; empty where its values cannot be built.
fn ladder(ty: &Type, depth: usize) -> Vec<Domain> {
    let Some(depth) = depth.checked_sub(1) else { return Vec::new() };
    let domains = match ty {
        Type::Unit => vec![Domain::whole(vec![Value::Unit])],
        Type::None => vec![Domain::whole(vec![Value::None])],
        Type::Bool => vec![Domain::whole(vec![Value::Bool(false), Value::Bool(true)])],
        Type::Int(kind) => integers(*kind),
        Type::Float(kind) => [(-8, 8), (-4, 4), (-2, 2)]
            .map(|(low, high)| {
                let halves = (low..=high).map(|n: i32| of_kind(*kind, f64::from(n) / 2.0));
                let words = format!("in halves from {} to {}", low / 2, high / 2);
                Domain::new(halves.collect(), words)
            })
            .into(),
        Type::Char => [&['a', 'b', 'Z', '0', ' ', 'é'][..], &['a', 'b', ' ']]
            .map(|letters| Domain::new(chars(letters), format!("of {letters:?}")))
            .into(),
        Type::Str => texts(),
        Type::Bytes => {
            let bytes = Type::List { item: Box::new(Type::Int(IntKind::U8)), length: None };
            ladder(&bytes, depth + 1).into_iter().map(as_bytes).collect()
        }
        Type::Tuple(types) => tuples(types, depth),
        Type::Tuples(item) => mapped(lists(item, depth), as_tuple),
        Type::List { item, length: None } => lists(item, depth),
        Type::List { item, length: Some(length) } => arrays(item, *length, depth),
        Type::Set(item) => mapped(lists(item, depth), |value| match value {
            Value::List(items) => Value::set(items),
            other => other,
        }),
        Type::Option(item) => ladder(item, depth)
            .into_iter()
            .map(|inner| {
                let some = inner.values.into_iter().map(|value| Value::Some(Box::new(value)));
                Domain {
                    values: [Value::None].into_iter().chain(some).collect(),
                    words: format!("none or {}", inner.words),
                    is_whole: inner.is_whole,
                }
            })
            .collect(),
        Type::Map(key, item) => maps(key, item, depth),
        // Which of several types a value has is more than a domain says.
        Type::Union(_) | Type::Result(..) | Type::Named(_) | Type::Opaque(_) => Vec::new(),
    };
    domains.into_iter().filter(|domain| domain.values.len() <= VALUES_MAX).collect()
}

/// Near zero first, so that what is refuted is refuted by something small.
fn integers(kind: IntKind) -> Vec<Domain> {
    let within = |radius: i32| {
        let near = (0..=radius).flat_map(|n| [n, -n]).map(BigInt::from);
        let values: Vec<Value> =
            near.filter(|n| kind.holds(n)).map(|n| Value::Int(kind, n)).collect();
        let low = if kind.holds(&BigInt::from(-1)) { -radius } else { 0 };
        Domain::new(values, format!("from {low} to {radius}"))
    };
    let mut domains = Vec::new();
    let radii: &[i32] = match kind {
        IntKind::I8 | IntKind::U8 => {
            let all = within(255).values.into_iter().chain([Value::int(kind, -128)]);
            let all = all.filter(|value| value.fits(&Type::Int(kind))).collect();
            domains.push(Domain::whole(distinct(all)));
            &[100, 64, 31, 16, 10, 8, 7, 5, 4, 3, 2, 1]
        }
        _ => &[100, 64, 31, 16, 10, 8, 7, 5, 4, 3, 2, 1],
    };
    domains.extend(radii.iter().map(|radius| within(*radius)));
    domains
}

fn chars(letters: &[char]) -> Vec<Value> {
    letters.iter().copied().map(Value::Char).collect()
}

fn texts() -> Vec<Domain> {
    [("ab 0A", 4), ("ab 0A", 3), ("ab ", 3), ("ab", 3), ("ab", 2), ("a", 2)]
        .map(|(letters, longest)| {
            let letters: Vec<char> = letters.chars().collect();
            let texts = words_over(&letters, longest).into_iter().map(|text| {
                let text: String = text.into_iter().collect();
                Value::Str(text)
            });
            Domain::new(texts.collect(), format!("of {letters:?} up to length {longest}"))
        })
        .into()
}

/// All sequences of these up to that length, short ones first.
fn words_over<T: Clone>(letters: &[T], longest: usize) -> Vec<Vec<T>> {
    let mut all = vec![Vec::new()];
    let mut last: Vec<Vec<T>> = all.clone();
    for _ in 0..longest {
        last = last
            .iter()
            .flat_map(|word| {
                letters
                    .iter()
                    .map(|letter| [word.as_slice(), std::slice::from_ref(letter)].concat())
            })
            .collect();
        all.extend(last.iter().cloned());
        if all.len() > VALUES_MAX {
            break;
        }
    }
    all
}

fn lists(item: &Type, depth: usize) -> Vec<Domain> {
    let mut domains = Vec::new();
    for longest in [4, 3, 2, 1] {
        for inner in &ladder(item, depth) {
            // What is longer than the budget is not built to be thrown away.
            let fits = inner.values.len().saturating_pow(longest) <= VALUES_MAX;
            if fits && inner.values.len() > 1 {
                let values = words_over(&inner.values, longest as usize);
                let words = format!("lists up to length {longest} of items {}", inner.words);
                domains.push(Domain::new(values.into_iter().map(Value::List).collect(), words));
            }
        }
    }
    domains.sort_by_key(|domain| std::cmp::Reverse(domain.values.len()));
    domains
}

fn arrays(item: &Type, length: usize, depth: usize) -> Vec<Domain> {
    let exponent = u32::try_from(length).unwrap_or(u32::MAX);
    ladder(item, depth)
        .into_iter()
        .filter(|inner| inner.values.len().saturating_pow(exponent) <= VALUES_MAX && length < 16)
        .map(|inner| {
            let columns: Vec<&Domain> = std::iter::repeat_n(&inner, length).collect();
            Domain {
                values: product(&columns).into_iter().map(Value::List).collect(),
                words: format!("items {}", inner.words),
                is_whole: inner.is_whole,
            }
        })
        .collect()
}

/// All parts one rung narrower at a time.
fn tuples(types: &[Type], depth: usize) -> Vec<Domain> {
    let mut ladders: Vec<Vec<Domain>> = types.iter().map(|ty| ladder(ty, depth)).collect();
    let mut domains = Vec::new();
    while ladders.iter().all(|ladder| !ladder.is_empty()) {
        if size(&ladders) <= VALUES_MAX {
            let parts: Vec<&Domain> = ladders.iter().filter_map(|ladder| ladder.first()).collect();
            let words: Vec<&str> = parts.iter().map(|part| part.words.as_str()).collect();
            domains.push(Domain {
                values: product(&parts).into_iter().map(Value::Tuple).collect(),
                words: format!("parts ({})", words.join("; ")),
                is_whole: parts.iter().all(|part| part.is_whole),
            });
        }
        if !narrow_widest(&mut ladders) {
            break;
        }
    }
    domains
}

fn maps(key: &Type, item: &Type, depth: usize) -> Vec<Domain> {
    let narrow = |ty: &Type| ladder(ty, depth).into_iter().last();
    let (Some(keys), Some(items)) = (narrow(key), narrow(item)) else { return Vec::new() };
    let Some(pairs) = ladder(&Type::Tuple(vec![key.clone(), item.clone()]), depth).pop() else {
        return Vec::new();
    };
    let map = |pairs: Vec<Value>| {
        let pairs = pairs.into_iter().filter_map(|pair| match pair {
            Value::Tuple(parts) => <[Value; 2]>::try_from(parts).ok().map(|[k, v]| (k, v)),
            _ => None,
        });
        Value::map(pairs.collect())
    };
    let words = format!("maps of up to 2 entries, keys {}, values {}", keys.words, items.words);
    let values = words_over(&pairs.values, 2).into_iter().map(map).collect();
    vec![Domain::new(values, words)]
}

fn mapped(domains: Vec<Domain>, change: impl Fn(Value) -> Value) -> Vec<Domain> {
    let one = |domain: Domain| Domain {
        values: distinct(domain.values.into_iter().map(&change).collect()),
        words: domain.words,
        is_whole: domain.is_whole,
    };
    domains.into_iter().map(one).collect()
}

fn as_bytes(domain: Domain) -> Domain {
    let byte = |value: &Value| match value {
        Value::Int(_, number) => u8::try_from(number).ok(),
        _ => None,
    };
    let mut domains = mapped(vec![domain], |value| match value {
        Value::List(items) => Value::Bytes(items.iter().filter_map(byte).collect()),
        other => other,
    });
    domains.pop().unwrap_or_else(|| Domain::new(Vec::new(), ""))
}
