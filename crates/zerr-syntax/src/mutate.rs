//! Small wrong versions of one function, [`mutants`]: oracles that do not notice them are weak.

use serde::{Deserialize, Serialize};

use crate::{Language, Span};

/// A function with one small change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mutant {
    pub source: String,
    /// What was changed: "`<` → `<=`".
    pub what: String,
    /// Where, in the original.
    pub span: Span,
}

/// At most `max` mutants, in an order that depends on nothing but the text and spreads over the
/// body. Each still parses; none is equal to the original or to another one.
pub fn mutants(language: Language, source: &str, max: usize) -> Vec<Mutant> {
    let _ = (language, source, max);
    Vec::new()
}
