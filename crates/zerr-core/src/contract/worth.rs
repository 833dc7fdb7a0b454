//! What expressions are worth: [`V`], and arithmetic on it that neither overflows nor rounds where
//! the host would not.

use std::cmp::Ordering;
use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::{FromPrimitive as _, Signed as _, ToPrimitive as _, Zero as _};
use zerr_syntax::Language;

use super::tree::Op;
use crate::value::{FloatKind, Type, Value};

/// An integer longer than this ends the evaluation.
pub(super) const BITS_MAX: u64 = 100_000;

/// Why there is no value.
pub(super) type Stop = String;

/// A value while it is calculated with.
#[derive(Clone, Debug)]
pub(super) enum V {
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
pub(super) enum Width {
    F32,
    F64,
    Constant,
}

pub(super) fn from_value(value: &Value) -> Result<V, Stop> {
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

/// The value of type `ty` that `v` stands for; `None` where there is none, or it is not exact.
pub(super) fn to_value(v: &V, ty: &Type) -> Option<Value> {
    let many = |items: &[V], ty: &Type| -> Option<Vec<Value>> {
        items.iter().map(|item| to_value(item, ty)).collect()
    };
    let boxed = |v: &V, ty: &Type| to_value(v, ty).map(Box::new);
    Some(match (v, ty) {
        (V::Unit, Type::Unit) => Value::Unit,
        (V::None, Type::None | Type::Option(_)) => Value::None,
        (V::Bool(b), Type::Bool) => Value::Bool(*b),
        (V::Int(number), Type::Int(kind)) => Value::Int(*kind, number.clone()),
        (V::Int(number), Type::Float(FloatKind::F64)) => Value::f64(exact(number).ok()?),
        (V::Float(float, _), Type::Float(FloatKind::F64)) => Value::f64(*float),
        (V::Float(float, Width::F32 | Width::Constant), Type::Float(FloatKind::F32)) => {
            Value::f32(*float as f32)
        }
        (V::Str(text), Type::Str) => Value::str(&**text),
        (V::Str(text), Type::Char) => {
            let mut chars = text.chars();
            let only = chars.next().filter(|_| chars.next().is_none())?;
            Value::Char(only)
        }
        (V::List(items), Type::Bytes) => {
            let byte = |item: &V| match item {
                V::Int(number) => number.to_u8(),
                _ => None,
            };
            Value::Bytes(items.iter().map(byte).collect::<Option<_>>()?)
        }
        (V::List(items), Type::List { item, .. }) => Value::List(many(items, item)?),
        (V::List(items), Type::Set(item)) => Value::set(many(items, item)?),
        (V::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            let each = items.iter().zip(types).map(|(item, ty)| to_value(item, ty));
            Value::Tuple(each.collect::<Option<_>>()?)
        }
        (V::Tuple(items), Type::Tuples(item)) => Value::Tuple(many(items, item)?),
        (V::Map(entries), Type::Map(key, value)) => {
            let each = entries.iter().map(|(k, v)| Some((to_value(k, key)?, to_value(v, value)?)));
            Value::map(each.collect::<Option<_>>()?)
        }
        (V::Some(inner), Type::Option(item)) => Value::Some(boxed(inner, item)?),
        (other, Type::Option(item)) => Value::Some(boxed(other, item)?),
        (V::Ok(inner), Type::Result(ok, _)) => Value::Ok(boxed(inner, ok)?),
        (V::Err(inner), Type::Result(_, err)) => Value::Err(boxed(inner, err)?),
        _ => return None,
    })
}

pub(super) fn small_enough(bits: u64) -> Result<(), Stop> {
    if bits > BITS_MAX {
        return Err(format!("an integer of more than {BITS_MAX} bits"));
    }
    Ok(())
}

/// The integer as a float, if it is one.
pub(super) fn exact(number: &BigInt) -> Result<f64, Stop> {
    number
        .to_f64()
        .filter(|float| BigInt::from_f64(*float).as_ref() == Some(number))
        .ok_or_else(|| format!("{number} is no float"))
}

pub(super) fn floor_div(a: &BigInt, b: &BigInt) -> BigInt {
    let quotient = a / b;
    let remainder = a % b;
    let rounded_up = !remainder.is_zero() && (remainder.is_negative() != b.is_negative());
    if rounded_up { quotient - 1 } else { quotient }
}

/// Rounding an f64 result of + - * / to f32 gives what f32 arithmetic gives (binary64 has more
/// than twice the digits).
pub(super) fn floats(
    language: Language,
    op: Op,
    (a, left): (f64, Width),
    (b, right): (f64, Width),
) -> V {
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

pub(super) fn rounded(value: f64, width: Width) -> f64 {
    if width == Width::F32 { f64::from(value as f32) } else { value }
}

/// Exact, also between integers and floats; `None` for NaN.
pub(super) fn compare_numbers(a: &V, b: &V) -> Option<Ordering> {
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
