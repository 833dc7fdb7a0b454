//! Constant expressions of both languages as one tree, [`Literal`].
//!
//! # Non-goals
//! - Types: `5` is an integer here, which width it has is known to who asks.

mod digits;
mod python;
mod rust;

use serde::{Deserialize, Serialize};

use crate::{Language, Span};

/// Longest constant that is looked at, in bytes.
pub const LITERAL_BYTES_MAX: usize = 64 * 1024;
/// Most constants and characters that `[0; n]` or `"a" * n` may make.
const REPEAT_MAX: usize = 10_000;

/// A constant expression and where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Literal {
    pub kind: LiteralKind,
    pub span: Span,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LiteralKind {
    /// Decimal digits, no sign; `suffix` is Rust's type suffix or the type of `i32::MAX`.
    Int {
        digits: String,
        suffix: Option<String>,
    },
    /// As Rust's and Python's parsers read it, no sign: `1.5`, `1e9`, `inf`, `nan`.
    Float {
        text: String,
        suffix: Option<String>,
    },
    Str(String),
    Char(char),
    Bytes(Vec<u8>),
    Bool(bool),
    /// `None` of either language.
    None,
    Unit,
    Tuple(Vec<Literal>),
    /// A Vec, slice, array or Python list.
    List(Vec<Literal>),
    Map(Vec<(Literal, Literal)>),
    Set(Vec<Literal>),
    Some(Box<Literal>),
    Ok(Box<Literal>),
    Err(Box<Literal>),
    /// A declared struct or enum: `Point { x: 1 }`, `Shape::Circle(2)`, `Color.RED`. `args` come
    /// by position, `fields` by name.
    Call {
        name: String,
        args: Vec<Literal>,
        fields: Vec<(String, Literal)>,
    },
    Neg(Box<Literal>),
}

/// Why a text is not a constant zerr can read. Spans are offsets into the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LiteralError {
    pub message: String,
    pub span: Span,
    /// What to write instead; may be empty.
    pub hint: String,
}

impl LiteralError {
    fn new(message: impl Into<String>, span: impl Into<Span>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), span: span.into(), hint: hint.into() }
    }
}

impl Literal {
    fn new(kind: LiteralKind, span: impl Into<Span>) -> Self {
        Self { kind, span: span.into() }
    }

    /// The value of an integer, where it fits.
    fn as_int(&self) -> Option<i128> {
        match &self.kind {
            LiteralKind::Int { digits, .. } => digits.parse().ok(),
            LiteralKind::Neg(inner) => inner.as_int()?.checked_neg(),
            _ => None,
        }
    }

    /// Constants, characters and bytes in it: what repeating it multiplies.
    fn leaves(&self) -> usize {
        let all = |items: &[Self]| items.iter().map(Self::leaves).sum::<usize>();
        let inside = match &self.kind {
            LiteralKind::Bytes(bytes) => bytes.len(),
            LiteralKind::Str(text)
            | LiteralKind::Int { digits: text, .. }
            | LiteralKind::Float { text, .. } => text.len(),
            LiteralKind::Char(_) | LiteralKind::Bool(_) | LiteralKind::None | LiteralKind::Unit => {
                1
            }
            LiteralKind::Tuple(items) | LiteralKind::List(items) | LiteralKind::Set(items) => {
                all(items)
            }
            LiteralKind::Map(items) => {
                items.iter().map(|(key, value)| key.leaves() + value.leaves()).sum()
            }
            LiteralKind::Some(inner)
            | LiteralKind::Ok(inner)
            | LiteralKind::Err(inner)
            | LiteralKind::Neg(inner) => inner.leaves(),
            LiteralKind::Call { args, fields, .. } => {
                all(args) + fields.iter().map(|(_, value)| value.leaves()).sum::<usize>()
            }
        };
        inside.max(1)
    }

    fn of_int(value: i128, suffix: Option<String>, span: Span) -> Self {
        let digits = value.unsigned_abs().to_string();
        let plain = Self::new(LiteralKind::Int { digits, suffix }, span);
        if value < 0 { Self::new(LiteralKind::Neg(Box::new(plain)), span) } else { plain }
    }
}

/// Reads one constant expression.
///
/// # Errors
/// A text that does not parse, or that is no constant.
pub fn parse(language: Language, text: &str) -> Result<Literal, LiteralError> {
    let whole = Span::new(0, text.len());
    if text.len() > LITERAL_BYTES_MAX {
        return Err(LiteralError::new("the value is too long", whole, "give a shorter one"));
    }
    if text.trim().is_empty() {
        return Err(LiteralError::new("no value", whole, "write a value, such as `3`"));
    }
    match language {
        Language::Rust => rust::parse(text),
        Language::Python => python::parse(text),
    }
}

#[cfg(test)]
mod tests;
