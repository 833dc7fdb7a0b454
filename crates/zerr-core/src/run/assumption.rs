//! What is not settled by a spec: [`Assumption`].

use serde::{Deserialize, Serialize};

use crate::supposed::Supposed;

/// Something that the spec does not settle, and what the winner does there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumption {
    /// The call.
    pub call: String,
    /// What the winner does.
    pub outcome: String,
    /// Why it is mentioned.
    pub why: String,
}

/// What is no value, as observations are told.
const NO_VALUES: &[&str] =
    &["raises ", "panics", "not met", "not read", "does not ", "dies ", "prints ", "is supposed"];

impl From<Supposed> for Assumption {
    fn from(supposed: Supposed) -> Self {
        Self {
            call: supposed.contract.text,
            outcome: "is supposed".into(),
            why: format!("the description says \"{}\"; other calls were not tried", supposed.said),
        }
    }
}

impl std::fmt::Display for Assumption {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let is_value = !NO_VALUES.iter().any(|start| self.outcome.starts_with(start));
        let between = if is_value { " == " } else { " " };
        write!(f, "{}{between}{}", self.call, self.outcome)
    }
}
