//! Boundaries of single parameters put together into inputs: [`Domains`].
//!
//! All combinations are too many. A boundary is tried beside plain values, where nothing else
//! can hide what it does; then pairs of boundaries, most telling ones first.

use std::ops::Range;

use super::pool::Pool;
use super::{Chosen, Input, bounds, near, plain};
use crate::contract::{Contract, Judgement};
use crate::spec::FunctionSpec;
use crate::value::{IntRange as _, Type, Value};

/// An integer parameter whose contracts leave no more values than this is tried on all of them.
const ENUMERATED_MAX: usize = 48;

/// What each parameter is tried on.
pub(super) struct Domains {
    params: Vec<Domain>,
}

struct Domain {
    ty: Type,
    /// Most telling first.
    bounds: Vec<Value>,
    /// To stand beside another parameter's boundary; never empty unless nothing is known.
    plain: Vec<Value>,
}

impl Domains {
    pub(super) fn new(f: &FunctionSpec, pool: &Pool) -> Self {
        let domain = |position: usize, name: &str, ty: &Type| {
            let own = own_contracts(f, name);
            let allows = |value: &Value| allowed(f, &own, position, value);
            let mut bounds = enumerated(ty, &allows).unwrap_or_default();
            bounds.extend(bounds::of(ty, pool).into_iter().filter(|value| allows(value)));
            let bounds = bounds::distinct(bounds);
            Domain { ty: ty.clone(), plain: beside(f, position, ty, &bounds, &allows), bounds }
        };
        Self::each(f, domain)
    }

    /// Domains of what candidates' own constants suggest, beside plain values.
    pub(super) fn mined(f: &FunctionSpec, mined: &Pool, existing: &[Input]) -> Self {
        let domain = |position: usize, name: &str, ty: &Type| {
            let own = own_contracts(f, name);
            let allows = |value: &Value| allowed(f, &own, position, value);
            let bounds: Vec<Value> =
                near::of(ty, mined).into_iter().filter(|v| allows(v)).collect();
            let mut plain = beside(f, position, ty, &bounds, &allows);
            plain.extend(existing.iter().take(4).filter_map(|input| input.get(position).cloned()));
            Domain { ty: ty.clone(), plain: bounds::distinct(plain), bounds }
        };
        Self::each(f, domain)
    }

    fn each(f: &FunctionSpec, domain: impl Fn(usize, &str, &Type) -> Domain) -> Self {
        let params = f.params.iter().enumerate();
        Self { params: params.map(|(at, (name, ty))| domain(at, name, ty)).collect() }
    }

    /// Every boundary of every parameter. Where there is room, beside plain values; otherwise
    /// boundaries of all parameters at once.
    pub(super) fn boundaries(&self, chosen: &mut Chosen<'_>) {
        let all: usize = self.params.iter().map(|domain| domain.bounds.len()).sum();
        let longest = self.longest();
        let room = chosen.max.saturating_sub(chosen.inputs.len());
        if self.params.len() > 1 && all > room / 2 {
            // One line a boundary holds them all; what fails in one by chance comes again in
            // another with other neighbours. The relations come in between, before the room is
            // used up by boundaries that tell less.
            let first = longest.min(room * 2 / 5);
            self.diagonal(1, 0..first, chosen);
            self.relations(room / 3, chosen);
            self.diagonal(1, first..longest, chosen);
        }
        for at in 0..longest {
            for focus in 0..self.params.len() {
                self.single(focus, at, chosen);
            }
        }
    }

    fn longest(&self) -> usize {
        self.params.iter().map(|domain| domain.bounds.len()).max().unwrap_or(0)
    }

    /// One boundary beside plain values; other plain values where `requires` rejects the first.
    fn single(&self, focus: usize, at: usize, chosen: &mut Chosen<'_>) {
        let Some(value) = self.params.get(focus).and_then(|domain| domain.bounds.get(at)) else {
            return;
        };
        for turn in 0..4 {
            let input: Option<Input> = self
                .params
                .iter()
                .enumerate()
                .map(|(position, domain)| {
                    if position == focus {
                        return Some(value.clone());
                    }
                    let plain = &domain.plain;
                    plain.get((at + position + turn) % plain.len().max(1)).cloned()
                })
                .collect();
            let Some(input) = input else { return };
            if chosen.offer(input) || self.params.len() == 1 {
                return;
            }
        }
    }

    /// Combinations of boundaries: relations between parameters of one type, then pairs.
    pub(super) fn pairs(&self, chosen: &mut Chosen<'_>) {
        if self.params.len() < 2 {
            return;
        }
        self.relations(usize::MAX, chosen);
        let longest = self.longest();
        for shift in [0, 1, 2, 3, 5, 7, 11] {
            if chosen.is_full() {
                return;
            }
            self.diagonal(shift, 0..longest, chosen);
        }
    }

    /// Lines in which the parameters' boundaries run side by side, shifted against each other.
    fn diagonal(&self, shift: usize, lines: Range<usize>, chosen: &mut Chosen<'_>) {
        for line in lines {
            let input: Option<Input> = self
                .params
                .iter()
                .enumerate()
                .map(|(position, domain)| {
                    let from =
                        if domain.bounds.is_empty() { &domain.plain } else { &domain.bounds };
                    from.get((line + position * shift) % from.len().max(1)).cloned()
                })
                .collect();
            if let Some(input) = input {
                chosen.offer(input);
            }
        }
    }

    /// Equal, exchanged, and one the part of the other: what comparing functions turn on. At most
    /// `most` of them, the pairs of parameters taking turns.
    fn relations(&self, most: usize, chosen: &mut Chosen<'_>) {
        let mut columns = Vec::new();
        for (a, first) in self.params.iter().enumerate() {
            for (b, second) in self.params.iter().enumerate().skip(a + 1) {
                let pairs =
                    if first.ty == second.ty { alike(first) } else { item_pairs(first, second) };
                columns.push((a, b, pairs));
            }
        }
        let longest = columns.iter().map(|(_, _, pairs)| pairs.len()).max().unwrap_or(0);
        let mut taken = 0;
        for line in 0..longest {
            for (a, b, pairs) in &columns {
                let (Some((one, other)), Some(mut input)) = (pairs.get(line), self.base()) else {
                    continue;
                };
                if let Some(slot) = input.get_mut(*a) {
                    slot.clone_from(one);
                }
                if let Some(slot) = input.get_mut(*b) {
                    slot.clone_from(other);
                }
                if taken >= most {
                    return;
                }
                taken += usize::from(chosen.offer(input));
            }
        }
    }

    fn base(&self) -> Option<Input> {
        self.params.iter().map(|domain| domain.plain.first().cloned()).collect()
    }
}

fn alike(domain: &Domain) -> Vec<(Value, Value)> {
    let mut pairs = Vec::new();
    let plain: Vec<&Value> = domain.plain.iter().take(3).collect();
    if let [a, b, ..] = plain.as_slice() {
        pairs.extend([same(a), ((*a).clone(), (*b).clone()), ((*b).clone(), (*a).clone())]);
    }
    for value in plain {
        pairs.push(same(value));
        match value {
            Value::Str(text) => {
                let part = |from: usize, count: usize| {
                    Value::Str(text.chars().skip(from).take(count).collect())
                };
                let length = text.chars().count();
                pairs.extend([
                    (value.clone(), part(1, length)),
                    (value.clone(), part(0, 2)),
                    (value.clone(), Value::Str(text.chars().rev().collect())),
                    (value.clone(), Value::Str(text.to_uppercase())),
                    (value.clone(), part(1, length.saturating_sub(2))),
                    (part(0, 2), value.clone()),
                ]);
            }
            Value::List(items) | Value::Tuple(items) if is_of_any_length(value, &domain.ty) => {
                let of = |items: Vec<Value>| match value {
                    Value::Tuple(_) => Value::Tuple(items),
                    _ => Value::List(items),
                };
                let rest = of(items.iter().skip(1).cloned().collect());
                let back = of(items.iter().rev().cloned().collect());
                pairs.extend([
                    (value.clone(), rest.clone()),
                    (value.clone(), back),
                    (rest, value.clone()),
                ]);
            }
            Value::Int(kind, number) => {
                for other in [number + 1, number - 1, -number, number * 2] {
                    if kind.holds(&other) {
                        pairs.push((value.clone(), Value::Int(*kind, other.clone())));
                        pairs.push((Value::Int(*kind, other), value.clone()));
                    }
                }
            }
            _ => {}
        }
    }
    pairs.extend(domain.bounds.iter().take(4).map(same));
    pairs
}

/// Whether a list or tuple of this type may be longer or shorter; an array's inputs are dropped later.
fn is_of_any_length(value: &Value, ty: &Type) -> bool {
    match value {
        Value::Tuple(_) => match ty {
            Type::Tuples(_) => true,
            Type::Option(inner) => is_of_any_length(value, inner),
            Type::Union(types) => types.iter().any(|ty| is_of_any_length(value, ty)),
            _ => false,
        },
        _ => matches!(value, Value::List(_)),
    }
}

fn same(value: &Value) -> (Value, Value) {
    (value.clone(), value.clone())
}

/// A list or text beside one of its own items, or beside a position in it.
fn item_pairs(first: &Domain, second: &Domain) -> Vec<(Value, Value)> {
    let mut pairs = Vec::new();
    for value in first.plain.iter().take(3) {
        for part in parts(value, &first.ty, &second.ty) {
            pairs.push((value.clone(), part));
        }
    }
    for value in second.plain.iter().take(3) {
        for part in parts(value, &second.ty, &first.ty) {
            pairs.push((part, value.clone()));
        }
    }
    pairs
}

fn parts(whole: &Value, of: &Type, ty: &Type) -> Vec<Value> {
    let (length, mut parts) = match whole {
        Value::List(items) | Value::Tuple(items) if is_of_any_length(whole, of) => {
            (items.len(), items.iter().take(1).chain(items.last()).cloned().collect())
        }
        Value::Str(text) => {
            let chars = text.chars().take(1).chain(text.chars().last()).map(Value::Char);
            (text.chars().count(), chars.collect::<Vec<_>>())
        }
        Value::Map(entries) => (entries.len(), entries.iter().map(|(k, _)| k.clone()).collect()),
        Value::Set(items) => (items.len(), items.clone()),
        _ => return Vec::new(),
    };
    if let Type::Int(kind) = ty {
        let lengths = [length, length.saturating_sub(1), length + 1, length / 2];
        parts.extend(lengths.map(|length| Value::int(*kind, length)));
    }
    parts.retain(|part| part.fits(ty));
    parts
}

/// The contracts that speak of one parameter alone.
fn own_contracts<'a>(f: &'a FunctionSpec, name: &str) -> Vec<&'a Contract> {
    f.requires.iter().filter(|contract| contract.params() == [name]).collect()
}

/// Whether a parameter's own contracts hold of the value, whatever the others are.
fn allowed(f: &FunctionSpec, own: &[&Contract], position: usize, value: &Value) -> bool {
    if own.is_empty() {
        return true;
    }
    let args: Option<Input> =
        f.params
            .iter()
            .enumerate()
            .map(|(at, (_, ty))| {
                if at == position { Some(value.clone()) } else { plain::of(ty).into_iter().next() }
            })
            .collect();
    // Without a plain value for the others the whole input is judged later.
    args.is_none_or(|args| {
        own.iter().all(|contract| contract.check(&args, None, None) == Judgement::Holds)
    })
}

/// All values of an integer parameter that its own contracts leave, if they are few.
fn enumerated(ty: &Type, allows: &dyn Fn(&Value) -> bool) -> Option<Vec<Value>> {
    let Type::Int(kind) = ty else { return None };
    // If a wide window leaves few and nothing at its ends, these are all: `hour < 24`.
    let window = (-300..=300).map(num_bigint::BigInt::from).filter(|number| kind.holds(number));
    let all: Vec<Value> = window.map(|number| Value::Int(*kind, number)).collect();
    let total = all.len();
    let left: Vec<Value> = all.into_iter().filter(|value| allows(value)).collect();
    let extremes = kind.range().map(|(low, high)| [low, high]);
    let is_bounded = extremes.is_some_and(|extremes| {
        extremes.into_iter().all(|number| {
            let value = Value::Int(*kind, number);
            left.contains(&value) || !allows(&value)
        })
    });
    // For Python's integers the window itself has to be the judge.
    let ends_are_free = [-300, 300].into_iter().any(|end| allows(&Value::int(*kind, end)));
    let is_bounded = if kind.range().is_none() { !ends_are_free } else { is_bounded };
    (is_bounded && !left.is_empty() && left.len() <= ENUMERATED_MAX && left.len() < total)
        .then(|| ends_first(left))
}

/// The first, the last, and then the others in order.
fn ends_first(mut values: Vec<Value>) -> Vec<Value> {
    if let Some(last) = values.pop() {
        values.insert(values.len().min(1), last);
    }
    values
}

/// What stands beside the boundaries of other parameters: plain values, and the examples'.
fn beside(
    f: &FunctionSpec,
    position: usize,
    ty: &Type,
    bounds: &[Value],
    allows: &dyn Fn(&Value) -> bool,
) -> Vec<Value> {
    let examples = f.examples.iter().filter_map(|example| example.args.get(position).cloned());
    let mut plain: Vec<Value> = plain::of(ty).into_iter().filter(|v| allows(v)).collect();
    let at = plain.len().min(1);
    plain.splice(at..at, examples.take(3));
    if plain.is_empty() {
        // Whatever the contracts leave.
        plain.extend(bounds.iter().take(4).cloned());
    }
    bounds::distinct(plain)
}
