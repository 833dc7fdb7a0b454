//! What a candidate did on one input, as seen from outside its process. Main type:
//! [`Observation`].
//!
//! # Invariants
//! An observation carries no expectation: whether it is right is judged elsewhere, by code that
//! the candidate cannot reach.

use serde::{Deserialize, Serialize};

use crate::value::Value;
use crate::verdict::LayerId;

/// What became of one source: it did not get as far as running, or this is what it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A parser, compiler or loader refused it.
    Rejected {
        /// The layer that the refusal belongs to.
        layer: LayerId,
        /// The first complaint.
        message: String,
    },
    /// One observation an input, in the order of the inputs.
    Ran(Vec<Observation>),
}

impl Outcome {
    /// The observations, when there are any.
    pub fn observations(&self) -> Option<&[Observation]> {
        match self {
            Self::Ran(observations) => Some(observations),
            Self::Rejected { .. } => None,
        }
    }
}

/// What came out of one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Observation {
    /// The call returned.
    Returned {
        /// The result.
        value: Value,
        /// Arguments that are different after the call: position from 0, value after.
        #[serde(default)]
        mutated: Vec<(usize, Value)>,
    },
    /// A Python exception.
    Raised {
        /// Its class, such as `ValueError`.
        kind: String,
        /// Its text; shown, never compared.
        message: String,
    },
    /// A Rust panic.
    Panicked {
        /// Its text; shown, never compared.
        message: String,
    },
    /// The call did not end within its limit.
    TimedOut,
    /// The process died, left early, or did not hand back the secret.
    Crashed {
        /// What was seen of it, such as `signal 11`.
        how: String,
    },
    /// A result that has no encoding.
    Opaque {
        /// The type's name in the host language.
        #[serde(rename = "type")]
        type_name: String,
    },
    /// More output than allowed.
    OutputLimit,
}

impl Observation {
    /// What two candidates are compared by: everything but the texts meant for people and the last digits of floats.
    pub fn key(&self) -> String {
        match self {
            Self::Returned { value, mutated } => {
                let mut key = format!("returned {}", value.rounded().encode());
                for (position, value) in mutated {
                    key.push_str(" arg");
                    key.push_str(&position.to_string());
                    key.push('=');
                    key.push_str(&value.rounded().encode());
                }
                key
            }
            Self::Raised { kind, .. } => format!("raised {kind}"),
            Self::Panicked { .. } => "panicked".to_owned(),
            Self::TimedOut => "timed out".to_owned(),
            Self::Crashed { .. } => "crashed".to_owned(),
            Self::Opaque { type_name } => format!("opaque {type_name}"),
            Self::OutputLimit => "output limit".to_owned(),
        }
    }

    /// One observation from two of the same call: what they agree on.
    #[must_use]
    pub fn agreed(self, again: Option<&Self>) -> Self {
        match again {
            Some(again) if self.key() == again.key() => self,
            // One that did not end is not settled whatever the other did.
            _ if !self.is_settled() => self,
            Some(again) if !again.is_settled() => again.clone(),
            _ => Self::Opaque { type_name: "result that differs from call to call".to_owned() },
        }
    }

    /// Whether the call ended by itself with something that can be compared.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Returned { .. } | Self::Raised { .. } | Self::Panicked { .. })
    }
}

impl std::fmt::Display for Observation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Returned { value, mutated } => {
                write!(f, "{value}")?;
                for (position, value) in mutated {
                    write!(f, ", argument {} becomes {value}", position + 1)?;
                }
                Ok(())
            }
            Self::Raised { kind, .. } => write!(f, "raises {kind}"),
            Self::Panicked { .. } => f.write_str("panics"),
            Self::TimedOut => f.write_str("does not end in time"),
            Self::Crashed { how } => write!(f, "dies ({how})"),
            Self::Opaque { type_name } => write!(f, "a {type_name} that cannot be looked into"),
            Self::OutputLimit => f.write_str("prints without end"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::IntKind;

    #[test]
    fn messages_are_not_compared_but_mutated_arguments_are() {
        let raised = |message: &str| Observation::Raised {
            kind: "ValueError".into(),
            message: message.into(),
        };
        assert_eq!(raised("a").key(), raised("b").key());
        let returned =
            |mutated: Vec<(usize, Value)>| Observation::Returned { value: Value::Unit, mutated };
        let one = Value::int(IntKind::I32, 1);
        assert_ne!(returned(vec![]).key(), returned(vec![(0, one)]).key());
    }

    #[test]
    fn the_wire_form_is_the_documented_one() {
        let read = |text: &str| serde_json::from_str::<Observation>(text).unwrap();
        assert_eq!(read(r#""timed_out""#), Observation::TimedOut);
        assert_eq!(
            read(r#"{"returned":{"value":["i32","3"],"mutated":[[0,["u"]]]}}"#),
            Observation::Returned {
                value: Value::int(IntKind::I32, 3),
                mutated: vec![(0, Value::Unit)]
            }
        );
        assert_eq!(
            read(r#"{"opaque":{"type":"Foo"}}"#),
            Observation::Opaque { type_name: "Foo".into() }
        );
    }
}
