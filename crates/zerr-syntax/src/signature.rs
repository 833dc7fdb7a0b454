//! The line that names a function, its parameters and its result: [`Signature`].
//!
//! # Invariants
//! - [`parse`] of a signature's own [`Signature::text`] gives the same signature again.
//!
//! # Non-goals
//! - Methods, generics, `async`, `unsafe`, `extern`, default values: each is an error with a hint.

mod python;
mod rust;
mod types;

pub use types::{FloatKind, IntKind, ListForm, MapForm, SetForm, TypeExpr};

use serde::{Deserialize, Serialize};

use crate::{Language, Span};

/// Longest signature that is looked at, in bytes.
pub const SIGNATURE_BYTES_MAX: usize = 8 * 1024;

/// A free function's signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Signature {
    pub language: Language,
    pub name: String,
    pub params: Vec<Param>,
    pub returns: TypeExpr,
    /// One line as a prompt shows it: Rust without body or brace, Python with the colon.
    /// Visibility, attributes and lifetimes are kept as written; a parameter's `mut` is not.
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Param {
    pub name: String,
    pub ty: TypeExpr,
    /// The function may change the caller's value (`&mut …`).
    pub mutable_ref: bool,
}

/// Why a text is not a signature zerr can work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SignatureError {
    pub message: String,
    /// Where in the text that was parsed.
    pub span: Span,
    /// What to write instead; may be empty.
    pub hint: String,
}

impl SignatureError {
    pub(crate) fn new(
        message: impl Into<String>,
        span: impl Into<Span>,
        hint: impl Into<String>,
    ) -> Self {
        Self { message: message.into(), span: span.into(), hint: hint.into() }
    }
}

impl Signature {
    /// The parameters' types, in order.
    pub fn param_types(&self) -> impl ExactSizeIterator<Item = &TypeExpr> {
        self.params.iter().map(|param| &param.ty)
    }

    /// Same name, parameters and result; how the line is spelled does not matter.
    pub fn same_shape(&self, other: &Self) -> bool {
        self.language == other.language
            && self.name == other.name
            && self.params == other.params
            && self.returns == other.returns
    }

    /// The names of declared types, in order of appearance, each once.
    pub fn named_types(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for ty in self.param_types().chain([&self.returns]) {
            for name in ty.named() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}

/// Reads one free function's signature. A body, a trailing `;`, `{` or `:` may be there or not.
///
/// # Errors
/// A text that is no signature, or one of the forms zerr does not write (see the module).
pub fn parse(language: Language, text: &str) -> Result<Signature, SignatureError> {
    if text.len() > SIGNATURE_BYTES_MAX {
        return Err(SignatureError::new(
            format!("signature is longer than {SIGNATURE_BYTES_MAX} bytes"),
            0..text.len(),
            "give only the line that names the function",
        ));
    }
    match language {
        Language::Rust => rust::parse(text),
        Language::Python => python::parse(text),
    }
}
