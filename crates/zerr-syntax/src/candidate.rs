//! One reply of a model, judged as the text of one function: [`Function`] or [`Flaw`].
//!
//! # Invariants
//! - A malformed reply is data: [`parse`] neither panics nor repairs. [`folded`] moves what a function
//!   stands on into it and changes nothing else.
//!
//! # Non-goals
//! - Types and borrow rules: rustc and `CPython` judge those, confined.

mod frame;
mod gathered;
mod python;
mod rust;

use serde::{Deserialize, Serialize};

use crate::deny::{Policy, Violation};
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

/// Why a reply is not a candidate. Spans are offsets into [`text_of`] the reply
/// without blanks at its lines' ends.
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
    #[error("holds a statement without effect: `{statement}`")]
    NoEffect { statement: String, span: Span },
    #[error("holds `{construct}`: {why}")]
    Forbidden { construct: String, span: Span, why: String },
}

impl From<Violation> for Flaw {
    fn from(violation: Violation) -> Self {
        let Violation { construct, span, why } = violation;
        Self::Forbidden { construct, span, why }
    }
}

/// The text of a reply that is judged: what stands in its one code block, or all of it where
/// there is none, with `\n` line ends and without blank lines around it.
pub fn text_of(reply: &str) -> String {
    frame::text_of(reply)
}

/// Judges a reply as the text of the expected function.
///
/// # Errors
/// The first flaw found.
pub fn parse(
    language: Language,
    text: &str,
    expected: &Signature,
    policy: &Policy,
) -> Result<Function, Flaw> {
    let mut policy = policy.clone();
    policy.types.extend(expected.named_types().into_iter().map(str::to_owned));
    read(language, text, Expected::Shape(expected), &policy)
}

/// A text that holds a function with what it stands on beside it (imports, helpers, constants), as that
/// function alone: what it stands on is inside of it, and means the same there. `None` where something
/// else is there too.
pub fn folded(language: Language, text: &str, name: &str) -> Option<String> {
    gathered::folded(language, &text_of(text), name, gathered::Read::Strictly)
}

/// The text of one function out of whatever a sampler made of a signature: a whole function in prose, in
/// code blocks or beside others, or what goes on behind its head. The result is for [`parse`] to judge.
pub fn function_of(reply: &str, expected: &Signature) -> String {
    gathered::function_of(reply, expected)
}

fn read(
    language: Language,
    text: &str,
    expected: Expected<'_>,
    policy: &Policy,
) -> Result<Function, Flaw> {
    if text.len() > SOURCE_BYTES_MAX {
        return Err(Flaw::TooLong { bytes: text.len(), limit: SOURCE_BYTES_MAX });
    }
    let text = frame::text_of(text);
    frame::refuse_control_characters(&text)?;
    if text.trim().is_empty() {
        return Err(Flaw::NoFunction);
    }
    match language {
        Language::Rust => rust::parse(&text, expected, policy),
        Language::Python => python::parse(&text, expected, policy),
    }
}

/// Judges a reply as the text of a function of a project: the head must be the same, word for word.
///
/// # Errors
/// The first flaw found.
pub fn parse_in_project(
    language: Language,
    text: &str,
    name: &str,
    head: &str,
    policy: &Policy,
) -> Result<Function, Flaw> {
    read(language, text, Expected::Head { name, head }, policy)
}

/// What a function's head has to be.
#[derive(Clone, Copy)]
enum Expected<'a> {
    Shape(&'a Signature),
    Head { name: &'a str, head: &'a str },
}

impl Expected<'_> {
    /// Where the deny-scan begins: a head that is the project's own, word for word, is the project's to
    /// answer for.
    fn judged_from(&self, body: usize) -> usize {
        match self {
            Self::Shape(_) => 0,
            Self::Head { .. } => body,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Shape(signature) => &signature.name,
            Self::Head { name, .. } => name,
        }
    }
}

/// Takes trailing blanks off every line that does not end inside of one of `kept`.
fn without_trailing_blanks(text: &str, kept: &[Span]) -> String {
    let mut out = String::with_capacity(text.len() + 1);
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let content = line.strip_suffix('\n').unwrap_or(line);
        let at = start + content.len();
        let keeps = kept.iter().any(|span| span.start < at && at < span.end);
        out.push_str(if keeps { content } else { content.trim_end() });
        out.push('\n');
        start = end;
    }
    out
}

/// Sorts and drops doubles.
fn set_of<T: Ord>(mut items: Vec<T>) -> Vec<T> {
    items.sort();
    items.dedup();
    items
}

#[cfg(test)]
mod tests;
