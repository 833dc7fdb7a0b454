//! What can be said of *all* calls of a function: the words for it, [`FormalVerdict`], and the
//! way from a loop-free function and its contracts to questions for a solver ([`translate`]).
//!
//! The parser's tree (`zerr_syntax::loop_free`) becomes terms over mathematical integers and truth
//! values, each with one meaning, whatever language it came from. The same terms are evaluated
//! here and spelled for a solver in two ways (`smt`). They live in the core because contracts are
//! lowered here, and because nothing of it needs IO: asking the solver is somebody else's job.
//!
//! # Invariants
//! - What is not understood exactly is [`NotTranslated`]; nothing is approximated.
//! - A bounded check is never called a proof.

mod lower;
mod smt;
pub(crate) mod term;
#[cfg(test)]
mod tests;
mod translation;

use serde::{Deserialize, Serialize};

use crate::spec::FunctionSpec;
use crate::value::Value;

/// The arguments in a text that goes on behind the opening parenthesis of a call, as a tool shows it:
/// `[1, 2], "a") (which returns 3)`. `None` where they are no constants of the parameters' types.
pub fn call_args(function: &FunctionSpec, text: &str) -> Option<Vec<Value>> {
    let language = function.signature.language;
    // The last parenthesis that closes constants and nothing else.
    let mut ends = text.match_indices(')').map(|(at, _)| at).rev();
    ends.find_map(|end| {
        let inner = text.get(..end)?;
        let list = zerr_syntax::literal::parse(language, &format!("[{inner}]")).ok()?;
        let zerr_syntax::literal::LiteralKind::List(items) = list.kind else { return None };
        if items.len() != function.params.len() {
            return None;
        }
        let typed = items.iter().zip(&function.params);
        typed.map(|(item, (_, ty))| crate::literal::value(item, ty).ok()).collect()
    })
}

pub use self::smt::Theory;
pub use self::translation::{Answer, Goal, NotTranslated, Run, Translation, translate};

/// What is known of all calls that meet `requires`. Weakest claims last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "word")]
pub enum FormalVerdict {
    /// A solver showed it for every call.
    Proved {
        /// What was shown.
        claim: String,
        /// What it rests on, for people.
        assumptions: Vec<String>,
    },
    /// It held on every input of a domain, and nothing is said of others. Never a proof, unless
    /// the domain happens to be all there is.
    BoundedOk {
        /// What held.
        claim: String,
        /// How many inputs were run.
        inputs: usize,
        /// The domain in words.
        bound: String,
    },
    /// A call that breaks the spec, and was seen to break it.
    Counterexample {
        /// The stable name of the broken rule, such as `can-overflow` or `ensures-violated`.
        rule: String,
        /// The call, as it can be pasted.
        call: String,
        /// Its arguments.
        args: Vec<Value>,
        /// What the call did, and what it should have done.
        outcome: String,
    },
    /// It was tried and nothing may be claimed.
    Unknown {
        /// What stood in the way.
        why: String,
    },
    /// It was not tried.
    NotAttempted {
        /// Why, such as `a loop is not translated`.
        why: String,
    },
}

impl FormalVerdict {
    /// Nothing may be claimed, because of this.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown { why: why.into() }
    }

    /// Nothing was tried, because of this.
    pub fn not_attempted(why: impl Into<String>) -> Self {
        Self::NotAttempted { why: why.into() }
    }

    /// The bare word, as reports show it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Proved { .. } => "proved",
            Self::BoundedOk { .. } => "bounded ok",
            Self::Counterexample { .. } => "counterexample",
            Self::Unknown { .. } => "unknown",
            Self::NotAttempted { .. } => "not attempted",
        }
    }
}

impl std::fmt::Display for FormalVerdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.word())?;
        match self {
            Self::Proved { claim, assumptions } if assumptions.is_empty() => f.write_str(claim),
            Self::Proved { claim, assumptions } => {
                write!(f, "{claim} (assuming {})", assumptions.join("; "))
            }
            Self::BoundedOk { claim, inputs, bound } => {
                write!(f, "{claim} on all {inputs} inputs with {bound}")
            }
            Self::Counterexample { call, outcome, .. } => write!(f, "{call} {outcome}"),
            Self::Unknown { why } | Self::NotAttempted { why } => f.write_str(why),
        }
    }
}
