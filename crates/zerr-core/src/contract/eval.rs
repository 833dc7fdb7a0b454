//! What a contract is worth for one call: [`evaluate`].
//!
//! # Invariants
//! Total: at most [`STEPS_MAX`] steps, integers of bounded length, no deeper recursion than the
//! tree is deep.

use std::cmp::Ordering;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{Signed as _, ToPrimitive as _, Zero as _};
use zerr_syntax::Language;

use super::tree::{Each, Expr, Node, Op};
use super::worth::{
    Stop, V, Width, compare_numbers, exact, floats, floor_div, from_value, small_enough,
};
use crate::value::Value;

/// Parts of expressions looked at, items of lists included.
pub(super) const STEPS_MAX: u64 = 1_000_000;

/// The arguments before and after the call, and the result.
pub(super) struct Call<'a> {
    pub(super) language: Language,
    pub(super) names: &'a [(String, crate::value::Type)],
    pub(super) before: &'a [Value],
    pub(super) after: &'a [Value],
    pub(super) result: Option<&'a Value>,
}

/// The function that a property is about, and what is known of its calls.
pub(super) struct Own<'a> {
    pub(super) name: &'a str,
    pub(super) params: &'a [(String, crate::value::Type)],
    pub(super) answers: &'a dyn Fn(&[Value]) -> Option<super::Answer>,
}

/// Why a property was not decided.
pub(super) enum Halt {
    /// A call on these arguments has to be made first.
    Needs(Vec<Value>),
    Stop(Stop),
}

/// Whether the property is true of the arguments in `call`.
pub(super) fn evaluate_property(expr: &Expr, call: &Call<'_>, own: Own<'_>) -> Result<bool, Halt> {
    let mut needs = None;
    evaluate_with(expr, call, Some(own), &mut needs).and_then(|value| truth_of(&value)).map_err(
        |why| match needs {
            Some(args) => Halt::Needs(args),
            None => Halt::Stop(why),
        },
    )
}

/// Whether the contract is true of the call, or why it has no value.
pub(super) fn evaluate(expr: &Expr, call: &Call<'_>) -> Result<bool, Stop> {
    evaluate_with(expr, call, None, &mut None).and_then(|value| truth_of(&value))
}

/// The integer that the expression is for the call, or why it has no value.
pub(super) fn evaluate_int(expr: &Expr, call: &Call<'_>) -> Result<BigInt, Stop> {
    match evaluate_with(expr, call, None, &mut None)? {
        V::Int(number) => Ok(number),
        _ => Err(not("an integer")),
    }
}

fn truth_of(value: &V) -> Result<bool, Stop> {
    if let V::Bool(truth) = value { Ok(*truth) } else { Err("neither true nor false".to_owned()) }
}

fn evaluate_with(
    expr: &Expr,
    call: &Call<'_>,
    own: Option<Own<'_>>,
    needs: &mut Option<Vec<Value>>,
) -> Result<V, Stop> {
    let read =
        |values: &[Value]| -> Result<Vec<V>, Stop> { values.iter().map(from_value).collect() };
    let mut evaluation = Evaluation {
        language: call.language,
        names: call.names,
        before: read(call.before)?,
        after: read(call.after)?,
        result: call.result.map(from_value).transpose()?,
        own,
        needs: None,
        bound: Vec::new(),
        in_old: false,
        steps: 0,
    };
    let value = evaluation.value(expr);
    *needs = evaluation.needs;
    value
}

pub(super) struct Evaluation<'a> {
    pub(super) language: Language,
    names: &'a [(String, crate::value::Type)],
    before: Vec<V>,
    after: Vec<V>,
    result: Option<V>,
    own: Option<Own<'a>>,
    /// Set where the evaluation stopped for want of a call.
    needs: Option<Vec<Value>>,
    bound: Vec<(&'a str, V)>,
    in_old: bool,
    steps: u64,
}

impl<'a> Evaluation<'a> {
    pub(super) fn pay(&mut self, steps: usize) -> Result<(), Stop> {
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
            // Python's `()` is a tuple.
            Node::Tuple(items) if items.is_empty() && self.language == Language::Rust => {
                Ok(V::Unit)
            }
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
                match &self.own {
                    Some(own) if own.name == name => self.own_call(&args),
                    _ => self.call(name, &args),
                }
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

    fn own_call(&mut self, args: &[V]) -> Result<V, Stop> {
        let Some(own) = &self.own else { return Err(not("a call")) };
        let args = super::property::typed_args(own.params, args)?;
        let Some(answer) = (own.answers)(&args) else {
            self.needs = Some(args);
            return Err("a call that was not made yet".to_owned());
        };
        from_value(&answer?)
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
                (V::Tuple(a), V::Tuple(b)) => {
                    self.pay(a.len() + b.len())?;
                    Ok(V::Tuple(a.iter().chain(b.iter()).cloned().collect()))
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

    pub(super) fn contains(&mut self, items: &V, item: &V) -> Result<bool, Stop> {
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
    pub(super) fn items(&mut self, of: &V) -> Result<Rc<[V]>, Stop> {
        match of {
            V::List(items) | V::Tuple(items) => {
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

    pub(super) fn equal(&mut self, a: &V, b: &V) -> Result<bool, Stop> {
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
    pub(super) fn order(&mut self, a: &V, b: &V) -> Result<Option<Ordering>, Stop> {
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

    pub(super) fn arithmetic(&mut self, op: Op, a: &V, b: &V) -> Result<V, Stop> {
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

pub(super) fn not(wanted: &str) -> Stop {
    format!("not {wanted}")
}
