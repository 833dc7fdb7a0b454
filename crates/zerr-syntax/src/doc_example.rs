//! Examples in documentation, [`DocExample`], in the forms people write them.
//!
//! # Non-goals
//! - Values: calls and expected results stay text here, see [`crate::literal`].

use serde::{Deserialize, Serialize};

use crate::{Language, Span};

/// One example of a call and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocExample {
    /// The whole call: `add(1, 2)`.
    pub call_text: String,
    pub args_text: Vec<String>,
    /// The expected value as written, or the exception's name.
    pub expected_text: String,
    pub outcome: Outcome,
    /// Where the example stands in the documentation text.
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Value,
    Raises,
}

/// The examples of calls of `name` in a documentation text, in order.
pub fn find(language: Language, name: &str, doc: &str) -> Vec<DocExample> {
    let _ = (language, name, doc);
    Vec::new()
}
