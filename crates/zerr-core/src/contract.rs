//! The small typed expression language of `requires` and `ensures`. Main types: [`Contract`],
//! [`Scope`], [`Judgement`].
//!
//! # Invariants
//! Evaluation is total: it ends within a bounded number of steps, and neither panics nor
//! overflows. Integers are unbounded here, whatever their kind.

use serde::{Serialize, Serializer};
use zerr_syntax::Span;

use crate::value::{Type, Value};

/// What a contract may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The parameters, in order.
    pub params: Vec<(String, Type)>,
    /// The type of `result`; `None` in `requires`.
    pub result: Option<Type>,
}

/// A checked boolean expression over parameters and result.
///
/// Serialised as its text; reading it back takes the [`Scope`] that it was checked against.
#[derive(Clone, Debug)]
pub struct Contract {
    /// As it was written.
    pub text: String,
}

/// What a contract says of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is true.
    Holds,
    /// It is false.
    Fails,
    /// It has no value there; never read as true. The text says why (`division by zero`).
    Undefined(String),
}

/// Why a text is no contract.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ContractError {
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// Where, in bytes of the text.
    pub span: Span,
    /// What to write instead.
    pub hint: Option<String>,
}

/// Reads and checks a contract.
///
/// # Errors
/// The first mistake, with its place.
pub fn parse(text: &str, scope: &Scope) -> Result<Contract, ContractError> {
    let _ = scope;
    Ok(Contract { text: text.to_owned() })
}

impl Contract {
    /// Judges one call. `args` before the call; `result` and `after` (all arguments after the
    /// call; `None` when nothing was changed) for `ensures`.
    pub fn check(
        &self,
        args: &[Value],
        result: Option<&Value>,
        after: Option<&[Value]>,
    ) -> Judgement {
        let _ = (args, result, after);
        Judgement::Undefined("not read yet".to_owned())
    }

    /// The constants in the text, in order, each once: boundaries to try.
    pub fn literals(&self) -> Vec<Value> {
        Vec::new()
    }
}

impl PartialEq for Contract {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Contract {}

impl std::fmt::Display for Contract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Contract {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
