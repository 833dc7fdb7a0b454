//! What generated code may not hold: [`scan`] under a [`Policy`].
//!
//! Main types: [`Policy`] (what a spec allows and forbids), [`Violation`] (one place and why).

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Language, Span};

/// A door out of a pure function that a spec may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    Files,
    Network,
    Environment,
    Time,
}

impl Capability {
    pub const ALL: [Self; 4] = [Self::Files, Self::Network, Self::Environment, Self::Time];

    pub fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Network => "network",
            Self::Environment => "environment",
            Self::Time => "time",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown capability `{0}`")]
pub struct UnknownCapability(pub String);

impl FromStr for Capability {
    type Err = UnknownCapability;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|capability| capability.name() == text)
            .ok_or_else(|| UnknownCapability(text.to_owned()))
    }
}

/// What one function may do. The default allows pure computation and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    pub allow: BTreeSet<Capability>,
    /// Constructs a spec forbids, by the words of [`FORBIDDABLE`], or the name of a function,
    /// method, macro or module that may not appear (`sort`, `HashMap`, `re`).
    pub forbidden: Vec<String>,
    /// The functions of the spec that it may call, besides itself.
    pub allowed_calls: Vec<String>,
    /// The declared structs and enums it may name, besides those of its signature.
    pub types: Vec<String>,
}

/// The words with a meaning of their own in [`Policy::forbidden`]; plurals are understood.
pub const FORBIDDABLE: &[&str] = &[
    "recursion",
    "loop",
    "unsafe",
    "panic",
    "unwrap",
    "indexing",
    "closure",
    "comprehension",
    "import",
    "float",
    "string",
    "macro",
    "mutation",
    "clone",
    "return",
    "exception",
];

/// One place in a text that breaks the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// The construct as it is called or written, such as `unsafe` or `std::fs`.
    pub construct: String,
    pub span: Span,
    pub why: String,
}

/// Every place in `source` that breaks the policy, in order of appearance.
pub fn scan(language: Language, source: &str, policy: &Policy) -> Vec<Violation> {
    let _ = (language, source, policy);
    Vec::new()
}
