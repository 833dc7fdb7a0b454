//! One reply of a model, judged as the text of one function: [`Function`] or [`Flaw`].
//!
//! # Invariants
//! - A malformed reply is data: [`parse`] neither panics nor repairs.
//!
//! # Non-goals
//! - Types and borrow rules: rustc and CPython judge those, confined.

use serde::{Deserialize, Serialize};

use crate::deny::Policy;
use crate::signature::Signature;
use crate::{Language, Span};

/// Longest function that is looked at, in bytes.
pub const SOURCE_BYTES_MAX: usize = 32 * 1024;

/// A reply that is one function of the expected signature and breaks no rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Function {
    /// The text with `\n` line ends, no trailing blanks (outside of literals) and one newline
    /// at its end.
    pub source: String,
    /// The text without comments, doc strings and spacing. Equal normal forms behave equally;
    /// the reverse does not hold.
    pub normal_form: String,
    pub literals: Literals,
    /// Free functions it calls by name, itself included, sorted, each once.
    pub calls: Vec<String>,
    pub is_recursive: bool,
    /// The body inside `source`: with braces for Rust, the indented block for Python.
    pub body_span: Span,
}

/// The constants in a function, decoded, sorted, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Literals {
    /// Decimal, with a minus sign where the text negates the literal.
    pub ints: Vec<String>,
    /// As Rust and Python both read them, without suffix or `_`.
    pub floats: Vec<String>,
    pub strings: Vec<String>,
    pub chars: Vec<char>,
}

/// Why a reply is not a candidate. Spans are offsets into the reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    #[error("longer than {limit} bytes")]
    TooLong { bytes: usize, limit: usize },
    #[error("nested too deeply to be judged")]
    TooDeep { span: Span },
    #[error("holds the control character {character:?}")]
    ControlCharacter { character: char, span: Span },
    #[error("does not parse: {message}")]
    NoParse { message: String, span: Span },
    #[error("holds no function")]
    NoFunction,
    #[error("defines `{found}`")]
    OtherName { found: String },
    #[error("has another signature: `{found}`")]
    SignatureDiffers { found: String },
    #[error("defines several functions")]
    SeveralFunctions { names: Vec<String> },
    #[error("holds {what} beside the function")]
    ExtraItem { what: String, span: Span },
    #[error("holds `{construct}`: {why}")]
    Forbidden { construct: String, span: Span, why: String },
}

/// Judges a reply as the text of the expected function. A frame of one code block around it
/// (and prose outside of that block) is taken off first.
///
/// # Errors
/// The first flaw found.
pub fn parse(
    language: Language,
    text: &str,
    expected: &Signature,
    policy: &Policy,
) -> Result<Function, Flaw> {
    let _ = (language, text, expected, policy);
    Err(Flaw::NoFunction)
}
