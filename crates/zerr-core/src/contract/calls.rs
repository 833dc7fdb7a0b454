//! What the functions of contracts give.

use std::cmp::Ordering;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{Signed as _, ToPrimitive as _, Zero as _};
use zerr_syntax::Language;

use super::eval::{Evaluation, not};
use super::tree::Op;
use super::worth::{BITS_MAX, Stop, V, floor_div, rounded, small_enough};

impl Evaluation<'_> {
    pub(super) fn call(&mut self, name: &str, args: &[V]) -> Result<V, Stop> {
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
            ("reversed", [V::Tuple(items)]) => {
                self.pay(items.len())?;
                Ok(V::Tuple(items.iter().rev().cloned().collect()))
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

/// What `trim` and `strip` take off: Python's list is longer.
fn is_space(language: Language, c: char) -> bool {
    c.is_whitespace() || (language == Language::Python && matches!(c, '\u{1c}'..='\u{1f}'))
}
