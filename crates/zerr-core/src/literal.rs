//! Between values and the text of either language. Main functions: [`value`] reads a constant
//! under a type, [`host_text`] writes one.
//!
//! # Invariants
//! What [`host_text`] writes, a compiler of that language reads as the very same value: widths,
//! signs of zero and NaN included.

use std::fmt::Write as _;

use num_bigint::BigInt;
use zerr_syntax::literal::{Literal, LiteralKind};
use zerr_syntax::signature::{ListForm, MapForm, SetForm, TypeExpr};
use zerr_syntax::{Language, Span};

use crate::value::{DEPTH_MAX, FloatKind, IntKind, IntRange as _, Type, Value};

/// Why a constant is no value of the wanted type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LiteralError {
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// Where in the text that the literal was read from.
    pub span: Span,
    /// What to write instead; may be empty.
    pub hint: String,
}

/// Reads a constant as a value of `ty`.
///
/// # Errors
/// A constant of another type, or one that `ty` cannot hold.
pub fn value(literal: &Literal, ty: &Type) -> Result<Value, LiteralError> {
    read(literal, ty, DEPTH_MAX)
}

fn read(literal: &Literal, ty: &Type, depth: usize) -> Result<Value, LiteralError> {
    let error = |message: String, hint: &str| LiteralError {
        message,
        span: literal.span,
        hint: hint.to_owned(),
    };
    let Some(depth) = depth.checked_sub(1) else {
        return Err(error("nested too deeply".to_owned(), ""));
    };
    let one = |inner: &Literal, ty: &Type| read(inner, ty, depth).map(Box::new);
    let many = |items: &[Literal], ty: &Type| {
        items.iter().map(|item| read(item, ty, depth)).collect::<Result<Vec<_>, _>>()
    };
    match (&literal.kind, ty) {
        (LiteralKind::Neg(inner), Type::Int(_) | Type::Float(_)) => {
            negated(inner, ty, literal.span)
        }
        (LiteralKind::Int { digits, suffix }, Type::Int(kind)) => {
            integer(digits, suffix.as_deref(), false, *kind, literal.span)
        }
        (LiteralKind::Int { digits, suffix: None }, Type::Float(kind)) => {
            float(digits, None, *kind, literal.span)
        }
        (LiteralKind::Float { text, suffix }, Type::Float(kind)) => {
            float(text, suffix.as_deref(), *kind, literal.span)
        }
        (LiteralKind::Str(text), Type::Str) => Ok(Value::Str(text.clone())),
        (LiteralKind::Char(c), Type::Char) => Ok(Value::Char(*c)),
        (LiteralKind::Bytes(bytes), Type::Bytes) => Ok(Value::Bytes(bytes.clone())),
        (LiteralKind::Bytes(bytes), Type::List { item, length })
            if **item == Type::Int(IntKind::U8) && length.is_none_or(|n| n == bytes.len()) =>
        {
            Ok(Value::List(bytes.iter().map(|byte| Value::int(IntKind::U8, *byte)).collect()))
        }
        (LiteralKind::Bool(b), Type::Bool) => Ok(Value::Bool(*b)),
        (LiteralKind::None, Type::None | Type::Option(_)) => Ok(Value::None),
        (LiteralKind::Unit, Type::Unit) => Ok(Value::Unit),
        (LiteralKind::Tuple(items), Type::Unit) if items.is_empty() => Ok(Value::Unit),
        (LiteralKind::Unit, Type::Tuple(types)) if types.is_empty() => Ok(Value::Tuple(vec![])),
        (LiteralKind::Tuple(items), Type::Tuple(types)) if items.len() == types.len() => {
            let items: Result<Vec<_>, _> =
                items.iter().zip(types).map(|(item, ty)| read(item, ty, depth)).collect();
            items.map(Value::Tuple)
        }
        (LiteralKind::Tuple(items), Type::Tuple(types)) => {
            Err(error(format!("{} parts where {} are wanted", items.len(), types.len()), ""))
        }
        (LiteralKind::Tuple(items), Type::Tuples(item)) => many(items, item).map(Value::Tuple),
        (LiteralKind::Unit, Type::Tuples(_)) => Ok(Value::Tuple(Vec::new())),
        (LiteralKind::List(items), Type::List { item, length }) => match length {
            Some(length) if *length != items.len() => {
                Err(error(format!("{} items where {length} are wanted", items.len()), ""))
            }
            _ => many(items, item).map(Value::List),
        },
        (LiteralKind::Set(items), Type::Set(item)) => many(items, item).map(Value::set),
        (LiteralKind::Map(entries), Type::Map(key, item)) => {
            let mut read_entries = Vec::with_capacity(entries.len());
            for (k, v) in entries {
                read_entries.push((read(k, key, depth)?, read(v, item, depth)?));
            }
            Ok(Value::map(read_entries))
        }
        (LiteralKind::Some(inner), Type::Option(item)) => Ok(Value::Some(one(inner, item)?)),
        (_, Type::Option(item)) => Ok(Value::Some(one(literal, item)?)),
        (_, Type::Union(types)) => {
            let read: Vec<Value> =
                types.iter().filter_map(|ty| read(literal, ty, depth).ok()).collect();
            least_widened(read).ok_or_else(|| error(mismatch(literal, ty), ""))
        }
        (LiteralKind::Ok(inner), Type::Result(ok, _)) => Ok(Value::Ok(one(inner, ok)?)),
        (LiteralKind::Err(inner), Type::Result(_, err)) => Ok(Value::Err(one(inner, err)?)),
        (_, Type::Result(..)) => {
            Err(error(mismatch(literal, ty), "write `Ok(…)` or `Err(…)` around it"))
        }
        (LiteralKind::Str(_), Type::Char) => {
            Err(error(mismatch(literal, ty), "write a character in single quotes"))
        }
        _ => Err(error(mismatch(literal, ty), "")),
    }
}

/// Of readings of one text the first that makes the fewest floats: what is written `1` is an integer where
/// a type says so.
pub(crate) fn least_widened(read: Vec<Value>) -> Option<Value> {
    read.into_iter().min_by_key(floats)
}

fn floats(value: &Value) -> usize {
    match value {
        Value::Float(..) => 1,
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => {
            items.iter().map(floats).sum()
        }
        Value::Map(entries) => entries.iter().map(|(k, v)| floats(k) + floats(v)).sum(),
        Value::Some(inner) => floats(inner),
        _ => 0,
    }
}

fn mismatch(literal: &Literal, ty: &Type) -> String {
    let what = match &literal.kind {
        LiteralKind::Int { .. } => "an integer",
        LiteralKind::Float { .. } => "a float",
        LiteralKind::Str(_) => "a text",
        LiteralKind::Char(_) => "a character",
        LiteralKind::Bytes(_) => "bytes",
        LiteralKind::Bool(_) => "a truth value",
        LiteralKind::None => "`None`",
        LiteralKind::Unit => "`()`",
        LiteralKind::Tuple(_) => "a tuple",
        LiteralKind::List(_) => "a list",
        LiteralKind::Map(_) => "a map",
        LiteralKind::Set(_) => "a set",
        LiteralKind::Some(_) => "`Some`",
        LiteralKind::Ok(_) => "`Ok`",
        LiteralKind::Err(_) => "`Err`",
        LiteralKind::Call { .. } => "a value of a declared type",
        LiteralKind::Neg(_) => "a negative number",
    };
    format!("{what} where {ty} is wanted")
}

fn negated(inner: &Literal, ty: &Type, span: Span) -> Result<Value, LiteralError> {
    match (&inner.kind, ty) {
        (LiteralKind::Int { digits, suffix }, Type::Int(kind)) => {
            integer(digits, suffix.as_deref(), true, *kind, span)
        }
        (LiteralKind::Int { digits, suffix: None }, Type::Float(kind)) => {
            float(&format!("-{digits}"), None, *kind, span)
        }
        (LiteralKind::Float { text, suffix }, Type::Float(kind)) => {
            float(&format!("-{text}"), suffix.as_deref(), *kind, span)
        }
        _ => Err(LiteralError { message: mismatch(inner, ty), span, hint: String::new() }),
    }
}

/// Longer digit strings than this are no value that anybody means; reading them takes quadratic
/// time.
const DIGITS_MAX: usize = 5_000;

fn integer(
    digits: &str,
    suffix: Option<&str>,
    negative: bool,
    kind: IntKind,
    span: Span,
) -> Result<Value, LiteralError> {
    let error = |message: String, hint: String| LiteralError { message, span, hint };
    if let Some(suffix) = suffix.filter(|suffix| *suffix != kind.name()) {
        return Err(error(format!("{suffix} where {} is wanted", kind.name()), String::new()));
    }
    let number: Option<BigInt> = if digits.len() > DIGITS_MAX { None } else { digits.parse().ok() };
    let Some(mut number) = number else {
        return Err(error("not an integer that can be read".to_owned(), String::new()));
    };
    if negative {
        number = -number;
    }
    if kind.holds(&number) {
        Ok(Value::Int(kind, number))
    } else {
        Err(error(format!("{number} does not fit {}", kind.name()), range_hint(kind)))
    }
}

/// What a kind holds, for hints: `u8 holds 0 to 255`; empty for Python's `int`.
pub(crate) fn range_hint(kind: IntKind) -> String {
    kind.range()
        .map(|(low, high)| format!("{} holds {low} to {high}", kind.name()))
        .unwrap_or_default()
}

fn float(
    text: &str,
    suffix: Option<&str>,
    kind: FloatKind,
    span: Span,
) -> Result<Value, LiteralError> {
    let error = |message: String| LiteralError { message, span, hint: String::new() };
    if let Some(suffix) = suffix.filter(|suffix| *suffix != kind.name()) {
        return Err(error(format!("{suffix} where {} is wanted", kind.name())));
    }
    float_value(text, kind).ok_or_else(|| error(format!("`{text}` does not fit {}", kind.name())))
}

/// Reads a float; `None` for a text that is none, and for a finite one too large for its kind.
pub(crate) fn float_value(text: &str, kind: FloatKind) -> Option<Value> {
    let is_infinity = text.trim_start_matches(['-', '+']).to_ascii_lowercase().starts_with("inf");
    match kind {
        FloatKind::F64 => {
            let float: f64 = text.parse().ok()?;
            (float.is_finite() || float.is_nan() || is_infinity).then(|| Value::f64(float))
        }
        FloatKind::F32 => {
            let float: f32 = text.parse().ok()?;
            (float.is_finite() || float.is_nan() || is_infinity).then(|| Value::f32(float))
        }
    }
}

/// The value as an expression of `language`, as prompts and reports show it.
///
/// Texts are the same for `&str` and `String`; what a call needs beside (`.to_string()`) is a
/// harness's business. A value that does not belong to `ty` is shown by its [`Display`].
///
/// [`Display`]: std::fmt::Display
pub fn host_text(language: Language, value: &Value, ty: &TypeExpr) -> String {
    match language {
        Language::Rust => rust_text(value, ty, Texts::Same),
        Language::Python => python_text(value, ty),
    }
}

/// The same as [`host_text`], and a compiler takes it for the type: an owned text is one.
pub fn code_text(language: Language, value: &Value, ty: &TypeExpr) -> String {
    match language {
        Language::Rust => rust_text(value, ty, Texts::Owned),
        Language::Python => python_text(value, ty),
    }
}

/// Whether an owned text is told from a borrowed one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Texts {
    Same,
    Owned,
}

fn joined<'a>(
    items: impl IntoIterator<Item = &'a Value>,
    show: impl Fn(&'a Value) -> String,
) -> String {
    items.into_iter().map(show).collect::<Vec<_>>().join(", ")
}

fn rust_text(value: &Value, ty: &TypeExpr, texts: Texts) -> String {
    match (value, ty) {
        (Value::Str(_), TypeExpr::Str { owned: true }) if texts == Texts::Owned => {
            format!("{value}.to_owned()")
        }
        (_, TypeExpr::Ref { inner, .. }) if matches!(**inner, TypeExpr::Str { .. }) => {
            let text = rust_text(value, inner, texts);
            // `&String` wants a reference to one.
            let is_owned = matches!(**inner, TypeExpr::Str { owned: true });
            if is_owned && texts == Texts::Owned { format!("&{text}") } else { text }
        }
        (_, TypeExpr::Ref { mutable, inner }) => {
            format!("&{}{}", if *mutable { "mut " } else { "" }, rust_text(value, inner, texts))
        }
        (Value::Int(kind, number), _) => rust_int(*kind, number),
        (Value::Float(kind, _), _) => rust_float(value, *kind),
        (Value::Tuple(items), TypeExpr::Tuple(types)) if items.len() == types.len() => {
            let parts: Vec<String> =
                items.iter().zip(types).map(|(item, ty)| rust_text(item, ty, texts)).collect();
            if parts.len() == 1 {
                format!("({},)", parts.concat())
            } else {
                format!("({})", parts.join(", "))
            }
        }
        (Value::List(items), TypeExpr::List { item, form }) => {
            let items = joined(items, |value| rust_text(value, item, texts));
            match form {
                ListForm::Vec | ListForm::PyList => format!("vec![{items}]"),
                ListForm::Slice => format!("&[{items}]"),
                ListForm::Array(_) => format!("[{items}]"),
                ListForm::MutSlice => format!("&mut [{items}]"),
                ListForm::MutVec => format!("&mut vec![{items}]"),
            }
        }
        (Value::Set(items), TypeExpr::Set { item, form }) => {
            let name = if *form == SetForm::BTree { "BTreeSet" } else { "HashSet" };
            format!("{name}::from([{}])", joined(items, |value| rust_text(value, item, texts)))
        }
        (Value::Map(entries), TypeExpr::Map { key, value, form }) => {
            let name = if *form == MapForm::BTree { "BTreeMap" } else { "HashMap" };
            let entries: Vec<String> = entries
                .iter()
                .map(|(k, v)| {
                    format!("({}, {})", rust_text(k, key, texts), rust_text(v, value, texts))
                })
                .collect();
            format!("{name}::from([{}])", entries.join(", "))
        }
        (Value::Some(inner), TypeExpr::Option(item)) => {
            format!("Some({})", rust_text(inner, item, texts))
        }
        (Value::Ok(inner), TypeExpr::Result { ok, .. }) => {
            format!("Ok({})", rust_text(inner, ok, texts))
        }
        (Value::Err(inner), TypeExpr::Result { err, .. }) => {
            format!("Err({})", rust_text(inner, err, texts))
        }
        (value, _) => value.to_string(),
    }
}

fn rust_int(kind: IntKind, number: &BigInt) -> String {
    match kind.range() {
        // Eight bits are known by heart; from sixteen on the name says more than the digits.
        Some((low, high)) if high > BigInt::from(255) => {
            if *number == high {
                format!("{}::MAX", kind.name())
            } else if *number == low && low < BigInt::from(0) {
                format!("{}::MIN", kind.name())
            } else {
                number.to_string()
            }
        }
        _ => number.to_string(),
    }
}

fn rust_float(value: &Value, kind: FloatKind) -> String {
    let float = value.as_float().unwrap_or(f64::NAN);
    let name = kind.name();
    if float.is_nan() {
        format!("{name}::NAN")
    } else if float == f64::INFINITY {
        format!("{name}::INFINITY")
    } else if float == f64::NEG_INFINITY {
        format!("{name}::NEG_INFINITY")
    } else {
        shortest(value)
    }
}

/// A float as YAML and both languages read it: the shortest digits that name it.
pub(crate) fn float_text(value: &Value) -> String {
    shortest(value)
}

/// The shortest digits that are read back as the same float of the same kind.
fn shortest(value: &Value) -> String {
    match value {
        Value::Float(FloatKind::F32, bits) => format!("{:?}", f32::from_bits(*bits as u32)),
        _ => format!("{:?}", value.as_float().unwrap_or(f64::NAN)),
    }
}

fn python_text(value: &Value, ty: &TypeExpr) -> String {
    match (value, ty) {
        (Value::Unit | Value::None, _) => "None".to_owned(),
        (Value::Bool(b), _) => if *b { "True" } else { "False" }.to_owned(),
        (Value::Int(_, number), _) => number.to_string(),
        (Value::Float(..), _) => {
            let float = value.as_float().unwrap_or(f64::NAN);
            if float.is_nan() {
                "float(\"nan\")".to_owned()
            } else if float.is_infinite() {
                format!("float(\"{}inf\")", if float < 0.0 { "-" } else { "" })
            } else {
                shortest(value)
            }
        }
        (Value::Char(c), _) => python_str(c.encode_utf8(&mut [0; 4])),
        (Value::Str(text), _) => python_str(text),
        (Value::Bytes(bytes), _) => format!("b\"{}\"", bytes.escape_ascii()),
        (Value::Some(inner), TypeExpr::Option(item)) => python_text(inner, item),
        (_, TypeExpr::Ref { inner, .. }) => python_text(value, inner),
        (_, TypeExpr::Union(_)) => match member(value, ty) {
            Some(ty) => python_text(value, ty),
            None => value.to_string(),
        },
        (Value::Tuple(items), TypeExpr::Tuple(types)) if items.len() == types.len() => {
            let parts: Vec<String> =
                items.iter().zip(types).map(|(item, ty)| python_text(item, ty)).collect();
            if parts.len() == 1 {
                format!("({},)", parts.concat())
            } else {
                format!("({})", parts.join(", "))
            }
        }
        (Value::Tuple(items), TypeExpr::Tuples(item)) => {
            let comma = if items.len() == 1 { "," } else { "" };
            format!("({}{comma})", joined(items, |value| python_text(value, item)))
        }
        (Value::List(items), TypeExpr::List { item, .. }) => {
            format!("[{}]", joined(items, |value| python_text(value, item)))
        }
        (Value::Set(items), TypeExpr::Set { item, form }) => {
            let inner = joined(items, |value| python_text(value, item));
            match (form, items.is_empty()) {
                (SetForm::PyFrozenSet, true) => "frozenset()".to_owned(),
                (SetForm::PyFrozenSet, false) => format!("frozenset({{{inner}}})"),
                (_, true) => "set()".to_owned(),
                (_, false) => format!("{{{inner}}}"),
            }
        }
        (Value::Map(entries), TypeExpr::Map { key, value, .. }) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(k, v)| format!("{}: {}", python_text(k, key), python_text(v, value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        (value, _) => value.to_string(),
    }
}

/// The first type of a Python union that a value belongs to.
pub fn member<'t>(value: &Value, ty: &'t TypeExpr) -> Option<&'t TypeExpr> {
    let TypeExpr::Union(types) = ty else { return None };
    types.iter().find(|ty| value.fits(&crate::ty::lower(Language::Python, ty)))
}

pub(crate) fn python_str(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}') =>
            {
                let _ = match u32::from(c) {
                    code @ 0..=0xff => write!(quoted, "\\x{code:02x}"),
                    code => write!(quoted, "\\u{code:04x}"),
                };
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
#[path = "literal_tests.rs"]
mod tests;
