//! What a contract is worth for one call: [`evaluate`].
//!
//! # Invariants
//! Total: at most [`STEPS_MAX`] steps, integers of at most [`BITS_MAX`] bits, no deeper recursion
//! than the tree is deep.

use std::cmp::Ordering;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{FromPrimitive as _, Signed as _, ToPrimitive as _, Zero as _};
use zerr_syntax::Language;

use super::tree::{Each, Expr, Node, Op};
use crate::value::{FloatKind, Value};

/// Parts of expressions looked at, items of lists included.
pub(super) const STEPS_MAX: u64 = 1_000_000;

/// An integer longer than this ends the evaluation.
const BITS_MAX: u64 = 100_000;

/// A value while it is calculated with.
#[derive(Clone, Debug)]
enum V {
    Bool(bool),
    Int(BigInt),
    Float(f64, Width),
    Str(Rc<str>),
    Unit,
    None,
    Tuple(Rc<[V]>),
    /// Lists and sets.
    List(Rc<[V]>),
    Map(Rc<[(V, V)]>),
    Some(Rc<V>),
    Ok(Rc<V>),
    Err(Rc<V>),
}

/// A constant takes the width of what it meets, as a compiler would read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    F32,
    F64,
    Constant,
}

/// Why there is no value.
type Stop = String;

/// The arguments before and after the call, and the result.
pub(super) struct Call<'a> {
    pub(super) language: Language,
    pub(super) names: &'a [(String, crate::value::Type)],
    pub(super) before: &'a [Value],
    pub(super) after: &'a [Value],
    pub(super) result: Option<&'a Value>,
}

/// Whether the contract is true of the call, or why it has no value.
pub(super) fn evaluate(expr: &Expr, call: &Call<'_>) -> Result<bool, Stop> {
    let read =
        |values: &[Value]| -> Result<Vec<V>, Stop> { values.iter().map(from_value).collect() };
    let mut evaluation = Evaluation {
        language: call.language,
        names: call.names,
        before: read(call.before)?,
        after: read(call.after)?,
        result: call.result.map(from_value).transpose()?,
        bound: Vec::new(),
        in_old: false,
        steps: 0,
    };
    match evaluation.value(expr)? {
        V::Bool(truth) => Ok(truth),
        _ => Err("neither true nor false".to_owned()),
    }
}

fn from_value(value: &Value) -> Result<V, Stop> {
    let many = |items: &[Value]| items.iter().map(from_value).collect::<Result<Rc<[V]>, Stop>>();
    let one = |inner: &Value| from_value(inner).map(Rc::new);
    Ok(match value {
        Value::Unit => V::Unit,
        Value::None => V::None,
        Value::Bool(b) => V::Bool(*b),
        Value::Int(_, number) => V::Int(number.clone()),
        Value::Float(kind, _) => {
            let width = match kind {
                FloatKind::F32 => Width::F32,
                FloatKind::F64 => Width::F64,
            };
            V::Float(value.as_float().unwrap_or(f64::NAN), width)
        }
        Value::Char(c) => V::Str(c.encode_utf8(&mut [0; 4]).into()),
        Value::Str(text) => V::Str(text.as_str().into()),
        Value::Bytes(bytes) => {
            V::List(bytes.iter().map(|byte| V::Int(BigInt::from(*byte))).collect())
        }
        Value::Tuple(items) => V::Tuple(many(items)?),
        Value::List(items) | Value::Set(items) => V::List(many(items)?),
        Value::Map(entries) => V::Map(
            entries
                .iter()
                .map(|(k, v)| Ok((from_value(k)?, from_value(v)?)))
                .collect::<Result<Rc<[_]>, Stop>>()?,
        ),
        Value::Some(inner) => V::Some(one(inner)?),
        Value::Ok(inner) => V::Ok(one(inner)?),
        Value::Err(inner) => V::Err(one(inner)?),
        Value::Struct(..) | Value::Enum(..) => {
            return Err("a declared type, which contracts do not look into".to_owned());
        }
    })
}

struct Evaluation<'a> {
    language: Language,
    names: &'a [(String, crate::value::Type)],
    before: Vec<V>,
    after: Vec<V>,
    result: Option<V>,
    bound: Vec<(&'a str, V)>,
    in_old: bool,
    steps: u64,
}

impl<'a> Evaluation<'a> {
    fn pay(&mut self, steps: usize) -> Result<(), Stop> {
        self.steps = self.steps.saturating_add(steps as u64);
        if self.steps > STEPS_MAX {
            return Err(format!("more than {STEPS_MAX} steps"));
        }
        Ok(())
    }

    fn value(&mut self, expr: &'a Expr) -> Result<V, Stop> {
        self.pay(1)?;
        match &expr.node {
            Node::Bool(b) => Ok(V::Bool(*b)),
            Node::Int(number) => Ok(V::Int(number.clone())),
            Node::Float(float) => Ok(V::Float(*float, Width::Constant)),
            Node::Str(text) => Ok(V::Str(text.as_str().into())),
            Node::None => Ok(V::None),
            Node::Name(name) => self.name(name),
            Node::List(items) => self.values(items).map(|items| V::List(items.into())),
            Node::Tuple(items) if items.is_empty() => Ok(V::Unit),
            Node::Tuple(items) => self.values(items).map(|items| V::Tuple(items.into())),
            Node::Not(inner) => Ok(V::Bool(!self.truth(inner)?)),
            Node::Neg(inner) => match self.value(inner)? {
                V::Int(number) => Ok(V::Int(-number)),
                V::Float(float, width) => Ok(V::Float(-float, width)),
                _ => Err(not("a number")),
            },
            Node::Binary(op, a, b) => self.binary(*op, a, b),
            Node::Index(of, index) => {
                let of = self.value(of)?;
                let index = self.value(index)?;
                self.index(&of, &index)
            }
            Node::If(condition, yes, no) => {
                let chosen = if self.truth(condition)? { yes } else { no };
                self.value(chosen)
            }
            Node::Call(name, args) => {
                let args = self.values(args)?;
                self.call(name, &args)
            }
            Node::Old(inner) => {
                let was = std::mem::replace(&mut self.in_old, true);
                let value = self.value(inner);
                self.in_old = was;
                value
            }
            Node::Each(each, name, items, body) => self.each(*each, name, items, body),
            Node::Range { .. } => Err("a range is no value".to_owned()),
        }
    }

    fn values(&mut self, items: &'a [Expr]) -> Result<Vec<V>, Stop> {
        items.iter().map(|item| self.value(item)).collect()
    }

    fn truth(&mut self, expr: &'a Expr) -> Result<bool, Stop> {
        match self.value(expr)? {
            V::Bool(truth) => Ok(truth),
            _ => Err(not("a truth value")),
        }
    }

    fn name(&self, name: &str) -> Result<V, Stop> {
        if let Some((_, value)) = self.bound.iter().rev().find(|(bound, _)| *bound == name) {
            return Ok(value.clone());
        }
        if let Some(position) = self.names.iter().position(|(param, _)| param == name) {
            let values = if self.in_old { &self.before } else { &self.after };
            return values.get(position).cloned().ok_or_else(|| format!("`{name}` is not given"));
        }
        match &self.result {
            Some(result) if name == "result" => Ok(result.clone()),
            _ => Err(format!("`{name}` is not given")),
        }
    }

    fn binary(&mut self, op: Op, a: &'a Expr, b: &'a Expr) -> Result<V, Stop> {
        match op {
            Op::And => return Ok(V::Bool(self.truth(a)? && self.truth(b)?)),
            Op::Or => return Ok(V::Bool(self.truth(a)? || self.truth(b)?)),
            Op::Implies => return Ok(V::Bool(!self.truth(a)? || self.truth(b)?)),
            Op::In | Op::NotIn => {
                let is_in = self.is_in(a, b)?;
                return Ok(V::Bool(is_in == (op == Op::In)));
            }
            _ => {}
        }
        let left = self.value(a)?;
        let right = self.value(b)?;
        match op {
            Op::Eq => self.equal(&left, &right).map(V::Bool),
            Op::Ne => Ok(V::Bool(!self.equal(&left, &right)?)),
            Op::Lt => Ok(V::Bool(self.order(&left, &right)? == Some(Ordering::Less))),
            Op::Gt => Ok(V::Bool(self.order(&left, &right)? == Some(Ordering::Greater))),
            Op::Le => Ok(V::Bool(self.order(&left, &right)?.is_some_and(Ordering::is_le))),
            Op::Ge => Ok(V::Bool(self.order(&left, &right)?.is_some_and(Ordering::is_ge))),
            Op::Add => match (&left, &right) {
                (V::Str(a), V::Str(b)) => {
                    self.pay(a.len() + b.len())?;
                    Ok(V::Str(format!("{a}{b}").into()))
                }
                (V::List(a), V::List(b)) => {
                    self.pay(a.len() + b.len())?;
                    Ok(V::List(a.iter().chain(b.iter()).cloned().collect()))
                }
                _ => self.arithmetic(op, &left, &right),
            },
            _ => self.arithmetic(op, &left, &right),
        }
    }

    fn is_in(&mut self, a: &'a Expr, b: &'a Expr) -> Result<bool, Stop> {
        let item = self.value(a)?;
        if let Node::Range { from, to, inclusive } = &b.node {
            let from = self.value(from)?;
            let to = self.value(to)?;
            let above = self.order(&from, &item)?.is_some_and(Ordering::is_le);
            let below = match self.order(&item, &to)? {
                Some(Ordering::Less) => true,
                Some(Ordering::Equal) => *inclusive,
                _ => false,
            };
            return Ok(above && below);
        }
        let items = self.value(b)?;
        self.contains(&items, &item)
    }

    fn contains(&mut self, items: &V, item: &V) -> Result<bool, Stop> {
        if let (V::Str(text), V::Str(part)) = (items, item) {
            self.pay(text.len())?;
            return Ok(text.contains(&**part));
        }
        for other in self.items(items)?.iter() {
            if self.equal(other, item)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a name in a quantifier, `len` or `in` ranges over.
    fn items(&mut self, of: &V) -> Result<Rc<[V]>, Stop> {
        match of {
            V::List(items) => {
                self.pay(items.len())?;
                Ok(items.clone())
            }
            V::Str(text) => {
                self.pay(text.len())?;
                Ok(text.chars().map(|c| V::Str(c.encode_utf8(&mut [0; 4]).into())).collect())
            }
            V::Map(entries) => {
                self.pay(entries.len())?;
                Ok(entries.iter().map(|(key, _)| key.clone()).collect())
            }
            _ => Err(not("a list")),
        }
    }

    fn each(
        &mut self,
        each: Each,
        name: &'a str,
        items: &'a Expr,
        body: &'a Expr,
    ) -> Result<V, Stop> {
        let mut count = BigInt::zero();
        let mut sum = V::Int(BigInt::zero());
        for item in self.domain(items)? {
            self.pay(1)?;
            self.bound.push((name, item));
            let value = self.value(body);
            self.bound.pop();
            match (each, value?) {
                (Each::All, V::Bool(false)) => return Ok(V::Bool(false)),
                (Each::Any, V::Bool(true)) => return Ok(V::Bool(true)),
                (Each::Count, V::Bool(truth)) => count += u8::from(truth),
                (Each::All | Each::Any, V::Bool(_)) => {}
                (Each::Sum, value) => sum = self.arithmetic(Op::Add, &sum, &value)?,
                _ => return Err(not("a truth value")),
            }
        }
        Ok(match each {
            Each::All => V::Bool(true),
            Each::Any => V::Bool(false),
            Each::Count => V::Int(count),
            Each::Sum => sum,
        })
    }

    fn domain(&mut self, items: &'a Expr) -> Result<Domain, Stop> {
        if let Node::Range { from, to, inclusive } = &items.node {
            return match (self.value(from)?, self.value(to)?) {
                (V::Int(from), V::Int(to)) => {
                    let end = if *inclusive { to + 1 } else { to };
                    Ok(Domain::Range(from, end))
                }
                _ => Err(not("an integer")),
            };
        }
        let of = self.value(items)?;
        Ok(Domain::Items(self.items(&of)?, 0))
    }

    fn equal(&mut self, a: &V, b: &V) -> Result<bool, Stop> {
        self.pay(1)?;
        let all = |this: &mut Self, a: &[V], b: &[V]| -> Result<bool, Stop> {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b) {
                if !this.equal(a, b)? {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        match (a, b) {
            (V::Bool(a), V::Bool(b)) => Ok(a == b),
            (V::Int(_) | V::Float(..), V::Int(_) | V::Float(..)) => {
                Ok(compare_numbers(a, b) == Some(Ordering::Equal))
            }
            (V::Str(a), V::Str(b)) => {
                self.pay(a.len().min(b.len()) / 16)?;
                Ok(a == b)
            }
            (V::Unit, V::Unit) | (V::None, V::None) => Ok(true),
            (V::Tuple(a), V::Tuple(b)) | (V::List(a), V::List(b)) => all(self, a, b),
            (V::Map(a), V::Map(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for ((k1, v1), (k2, v2)) in a.iter().zip(b.iter()) {
                    if !self.equal(k1, k2)? || !self.equal(v1, v2)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            (V::Some(a), V::Some(b)) | (V::Ok(a), V::Ok(b)) | (V::Err(a), V::Err(b)) => {
                self.equal(a, b)
            }
            (V::Some(_), V::None) | (V::None, V::Some(_) | V::Ok(_) | V::Err(_)) => Ok(false),
            // The checker allows an optional value beside a plain one.
            (V::Some(a), b) => self.equal(a, b),
            (a, V::Some(b)) => self.equal(a, b),
            _ => Ok(false),
        }
    }

    /// `None` where NaN takes part.
    fn order(&mut self, a: &V, b: &V) -> Result<Option<Ordering>, Stop> {
        self.pay(1)?;
        match (a, b) {
            (V::Int(_) | V::Float(..), V::Int(_) | V::Float(..)) => Ok(compare_numbers(a, b)),
            (V::Str(a), V::Str(b)) => {
                self.pay(a.len().min(b.len()) / 16)?;
                Ok(Some(a.cmp(b)))
            }
            (V::Tuple(a), V::Tuple(b)) | (V::List(a), V::List(b)) => {
                for (a, b) in a.iter().zip(b.iter()) {
                    match self.order(a, b)? {
                        Some(Ordering::Equal) => {}
                        other => return Ok(other),
                    }
                }
                Ok(Some(a.len().cmp(&b.len())))
            }
            _ => Err("values without an order".to_owned()),
        }
    }

    fn arithmetic(&mut self, op: Op, a: &V, b: &V) -> Result<V, Stop> {
        match (a, b) {
            (V::Int(a), V::Int(b)) => self.integers(op, a, b),
            (V::Float(a, left), V::Float(b, right)) => {
                Ok(floats(self.language, op, (*a, *left), (*b, *right)))
            }
            (V::Int(a), V::Float(b, width)) => {
                let a = exact(a)?;
                Ok(floats(self.language, op, (a, Width::Constant), (*b, *width)))
            }
            (V::Float(a, width), V::Int(b)) => {
                let b = exact(b)?;
                Ok(floats(self.language, op, (*a, *width), (b, Width::Constant)))
            }
            _ => Err(not("a number")),
        }
    }

    fn integers(&mut self, op: Op, a: &BigInt, b: &BigInt) -> Result<V, Stop> {
        let divides = matches!(op, Op::Div | Op::FloorDiv | Op::Rem);
        if divides && b.is_zero() {
            return Err("division by zero".to_owned());
        }
        if op == Op::Mul {
            small_enough(a.bits() + b.bits())?;
        }
        self.pay(usize::try_from((a.bits().max(b.bits())) / 1_024).unwrap_or(usize::MAX))?;
        Ok(match (op, self.language) {
            (Op::Add, _) => V::Int(a + b),
            (Op::Sub, _) => V::Int(a - b),
            (Op::Mul, _) => V::Int(a * b),
            (Op::Div, Language::Rust) => V::Int(a / b),
            (Op::Div, Language::Python) => V::Float(exact(a)? / exact(b)?, Width::F64),
            (Op::Rem, Language::Rust) => V::Int(a % b),
            (Op::Rem, Language::Python) => V::Int(a - b * floor_div(a, b)),
            (Op::FloorDiv, _) => V::Int(floor_div(a, b)),
            _ => return Err("not arithmetic".to_owned()),
        })
    }

    fn index(&mut self, of: &V, index: &V) -> Result<V, Stop> {
        if let V::Map(entries) = of {
            let entries = entries.clone();
            for (key, value) in entries.iter() {
                if self.equal(key, index)? {
                    return Ok(value.clone());
                }
            }
            return Err("no such key".to_owned());
        }
        let V::Int(index) = index else { return Err(not("an integer")) };
        let length = match of {
            V::Str(text) => {
                self.pay(text.len() / 8)?;
                text.chars().count()
            }
            V::List(items) | V::Tuple(items) => items.len(),
            _ => return Err(not("a list")),
        };
        let from_end = self.language == Language::Python && index.is_negative();
        let position = if from_end { index + length } else { index.clone() };
        let position = position.to_usize().filter(|position| *position < length);
        let Some(position) = position else {
            return Err(format!("index {index} is out of range, the length is {length}"));
        };
        match of {
            V::Str(text) => text
                .chars()
                .nth(position)
                .map(|c| V::Str(c.encode_utf8(&mut [0; 4]).into()))
                .ok_or_else(|| not("a list")),
            V::List(items) | V::Tuple(items) => {
                items.get(position).cloned().ok_or_else(|| not("a list"))
            }
            _ => Err(not("a list")),
        }
    }

    fn call(&mut self, name: &str, args: &[V]) -> Result<V, Stop> {
        match (name, args) {
            ("len", [x]) => Ok(V::Int(BigInt::from(self.items(x)?.len()))),
            ("abs", [V::Int(x)]) => Ok(V::Int(x.abs())),
            ("abs", [V::Float(x, width)]) => Ok(V::Float(x.abs(), *width)),
            ("sum", [xs]) => {
                let mut sum = V::Int(BigInt::zero());
                for item in self.items(xs)?.iter() {
                    sum = self.arithmetic(Op::Add, &sum, item)?;
                }
                Ok(sum)
            }
            ("min" | "max", [xs]) => {
                let items = self.items(xs)?;
                self.extreme(name == "max", &items)
            }
            ("min" | "max", items) => self.extreme(name == "max", items),
            ("count", [V::Str(text), V::Str(part)]) if !part.is_empty() => {
                self.pay(text.len())?;
                Ok(V::Int(BigInt::from(text.matches(&**part).count())))
            }
            ("count", [xs, item]) => {
                let mut count = 0_usize;
                for other in self.items(xs)?.iter() {
                    count += usize::from(self.equal(other, item)?);
                }
                Ok(V::Int(BigInt::from(count)))
            }
            ("contains", [xs, item]) => self.contains(xs, item).map(V::Bool),
            ("pow", [x, V::Int(n)]) => {
                let n = n
                    .to_u32()
                    .filter(|n| u64::from(*n) <= BITS_MAX)
                    .ok_or("an exponent that is negative or too large")?;
                match x {
                    V::Int(x) => {
                        small_enough(x.bits().saturating_mul(u64::from(n)))?;
                        Ok(V::Int(x.pow(n)))
                    }
                    V::Float(x, width) => {
                        Ok(V::Float(rounded(x.powi(n.cast_signed()), *width), *width))
                    }
                    _ => Err(not("a number")),
                }
            }
            ("div" | "mod" | "quot" | "rem", [V::Int(_), V::Int(b)]) if b.is_zero() => {
                Err("division by zero".to_owned())
            }
            ("div", [V::Int(a), V::Int(b)]) => Ok(V::Int(floor_div(a, b))),
            ("mod", [V::Int(a), V::Int(b)]) => Ok(V::Int(a - b * floor_div(a, b))),
            ("quot", [V::Int(a), V::Int(b)]) => Ok(V::Int(a / b)),
            ("rem", [V::Int(a), V::Int(b)]) => Ok(V::Int(a % b)),
            ("is_nan", [V::Int(_)]) => Ok(V::Bool(false)),
            ("is_nan", [V::Float(x, _)]) => Ok(V::Bool(x.is_nan())),
            ("is_finite", [V::Int(_)]) => Ok(V::Bool(true)),
            ("is_finite", [V::Float(x, _)]) => Ok(V::Bool(x.is_finite())),
            ("sorted", [xs]) => {
                let items = self.items(xs)?;
                self.sorted(&items).map(|items| V::List(items.into()))
            }
            ("is_sorted", [xs]) => {
                let items = self.items(xs)?;
                for pair in items.windows(2) {
                    if let [a, b] = pair
                        && !self.order(a, b)?.is_some_and(Ordering::is_le)
                    {
                        return Ok(V::Bool(false));
                    }
                }
                Ok(V::Bool(true))
            }
            ("reversed", [V::Str(text)]) => {
                self.pay(text.len())?;
                Ok(V::Str(text.chars().rev().collect::<String>().into()))
            }
            ("reversed", [V::List(items)]) => {
                self.pay(items.len())?;
                Ok(V::List(items.iter().rev().cloned().collect()))
            }
            ("first" | "last", [xs]) => {
                let items = self.items(xs)?;
                let item = if name == "first" { items.first() } else { items.last() };
                item.cloned().ok_or_else(|| format!("{name} item of nothing"))
            }
            ("keys", [m]) => self.items(m).map(V::List),
            ("values", [V::Map(entries)]) => {
                self.pay(entries.len())?;
                Ok(V::List(entries.iter().map(|(_, value)| value.clone()).collect()))
            }
            ("lower" | "upper" | "trim", [V::Str(text)]) => {
                self.pay(text.len())?;
                Ok(V::Str(match name {
                    "lower" => text.to_lowercase().into(),
                    "upper" => text.to_uppercase().into(),
                    _ => text.trim_matches(|c| is_space(self.language, c)).into(),
                }))
            }
            ("starts_with", [V::Str(text), V::Str(part)]) => Ok(V::Bool(text.starts_with(&**part))),
            ("ends_with", [V::Str(text), V::Str(part)]) => Ok(V::Bool(text.ends_with(&**part))),
            ("Some", [x]) => Ok(V::Some(Rc::new(x.clone()))),
            ("Ok", [x]) => Ok(V::Ok(Rc::new(x.clone()))),
            ("Err", [x]) => Ok(V::Err(Rc::new(x.clone()))),
            ("is_none", [x]) => Ok(V::Bool(matches!(x, V::None))),
            ("is_some", [x]) => Ok(V::Bool(!matches!(x, V::None))),
            ("is_ok", [x]) => Ok(V::Bool(matches!(x, V::Ok(_)))),
            ("is_err", [x]) => Ok(V::Bool(matches!(x, V::Err(_)))),
            ("unwrap", [V::Some(x) | V::Ok(x)]) | ("unwrap_err", [V::Err(x)]) => Ok((**x).clone()),
            ("unwrap", [V::None]) => Err("unwrap of None".to_owned()),
            ("unwrap", [V::Err(_)]) => Err("unwrap of Err".to_owned()),
            ("unwrap_err", [V::Ok(_)]) => Err("unwrap_err of Ok".to_owned()),
            _ => Err(format!("`{name}` of values it does not take")),
        }
    }

    fn extreme(&mut self, largest: bool, items: &[V]) -> Result<V, Stop> {
        let mut best: Option<&V> = None;
        for item in items {
            let Some(so_far) = best else {
                best = Some(item);
                continue;
            };
            match self.order(item, so_far)? {
                Some(Ordering::Greater) if largest => best = Some(item),
                Some(Ordering::Less) if !largest => best = Some(item),
                Some(_) => {}
                None => return Err("NaN has no order".to_owned()),
            }
        }
        best.cloned().ok_or_else(|| "the extreme of nothing".to_owned())
    }

    /// Merge sort, because the standard library's takes an order that cannot fail.
    fn sorted(&mut self, items: &[V]) -> Result<Vec<V>, Stop> {
        if items.len() < 2 {
            return Ok(items.to_vec());
        }
        let (left, right) = items.split_at(items.len() / 2);
        let (left, right) = (self.sorted(left)?, self.sorted(right)?);
        let mut merged = Vec::with_capacity(items.len());
        let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            let next = match self.order(a, b)? {
                Some(Ordering::Greater) => right.next(),
                Some(_) => left.next(),
                None => return Err("NaN has no order".to_owned()),
            };
            merged.extend(next);
        }
        merged.extend(left);
        merged.extend(right);
        Ok(merged)
    }
}

/// What a quantifier has still to look at.
enum Domain {
    Range(BigInt, BigInt),
    Items(Rc<[V]>, usize),
}

impl Iterator for Domain {
    type Item = V;

    fn next(&mut self) -> Option<V> {
        match self {
            Self::Range(next, end) => (*next < *end).then(|| {
                let item = next.clone();
                *next += 1;
                V::Int(item)
            }),
            Self::Items(items, at) => {
                let item = items.get(*at).cloned();
                *at += 1;
                item
            }
        }
    }
}

fn not(wanted: &str) -> Stop {
    format!("not {wanted}")
}

fn small_enough(bits: u64) -> Result<(), Stop> {
    if bits > BITS_MAX {
        return Err(format!("an integer of more than {BITS_MAX} bits"));
    }
    Ok(())
}

/// The integer as a float, if it is one.
fn exact(number: &BigInt) -> Result<f64, Stop> {
    number
        .to_f64()
        .filter(|float| BigInt::from_f64(*float).as_ref() == Some(number))
        .ok_or_else(|| format!("{number} is no float"))
}

fn floor_div(a: &BigInt, b: &BigInt) -> BigInt {
    let quotient = a / b;
    let remainder = a % b;
    let rounded_up = !remainder.is_zero() && (remainder.is_negative() != b.is_negative());
    if rounded_up { quotient - 1 } else { quotient }
}

/// Rounding an f64 result of + - * / to f32 gives what f32 arithmetic gives (binary64 has more
/// than twice the digits).
fn floats(language: Language, op: Op, (a, left): (f64, Width), (b, right): (f64, Width)) -> V {
    let width = match (left, right) {
        (Width::Constant, width) | (width, Width::Constant) => width,
        (Width::F64, _) | (_, Width::F64) => Width::F64,
        (Width::F32, Width::F32) => Width::F32,
    };
    let (a, b) = (rounded(a, width), rounded(b, width));
    let value = match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div => a / b,
        _ => {
            let remainder = a % b;
            let wrong_side = remainder != 0.0 && (remainder < 0.0) != (b < 0.0);
            if language == Language::Python && wrong_side { remainder + b } else { remainder }
        }
    };
    V::Float(rounded(value, width), width)
}

fn rounded(value: f64, width: Width) -> f64 {
    if width == Width::F32 { f64::from(value as f32) } else { value }
}

/// Exact, also between integers and floats; `None` for NaN.
fn compare_numbers(a: &V, b: &V) -> Option<Ordering> {
    match (a, b) {
        (V::Int(a), V::Int(b)) => Some(a.cmp(b)),
        (V::Float(a, left), V::Float(b, right)) => {
            let (a, b) = match (left, right) {
                (Width::F32, Width::Constant) => (*a, rounded(*b, Width::F32)),
                (Width::Constant, Width::F32) => (rounded(*a, Width::F32), *b),
                _ => (*a, *b),
            };
            a.partial_cmp(&b)
        }
        (V::Int(a), V::Float(b, _)) => compare_mixed(a, *b),
        (V::Float(a, _), V::Int(b)) => compare_mixed(b, *a).map(Ordering::reverse),
        _ => None,
    }
}

fn compare_mixed(a: &BigInt, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    let Some(whole) = BigInt::from_f64(b.floor()) else {
        return Some(if b > 0.0 { Ordering::Less } else { Ordering::Greater });
    };
    match a.cmp(&whole) {
        Ordering::Equal if b > b.floor() => Some(Ordering::Less),
        order => Some(order),
    }
}

/// What `trim` and `strip` take off: Python's list is longer.
fn is_space(language: Language, c: char) -> bool {
    c.is_whitespace() || (language == Language::Python && matches!(c, '\u{1c}'..='\u{1f}'))
}
