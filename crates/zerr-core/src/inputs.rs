//! The inputs that candidates are told apart by. Main functions: [`initial`], [`mined`],
//! [`distinguishing`].
//!
//! # Invariants
//! Every input fits the parameters' types and meets `requires`. Same spec, same inputs, in the
//! same order.

use zerr_syntax::candidate::Literals;

use crate::spec::FunctionSpec;
use crate::value::Value;

/// The arguments of one call.
pub type Input = Vec<Value>;

/// Arguments of the examples first, then boundaries by type and kind.
pub fn initial(f: &FunctionSpec, max: usize) -> Vec<Input> {
    f.examples.iter().map(|example| example.args.clone()).take(max).collect()
}

/// More inputs, around the constants that candidates hold. None of `existing` comes again.
pub fn mined(
    f: &FunctionSpec,
    literals: &[&Literals],
    existing: &[Input],
    max: usize,
) -> Vec<Input> {
    let _ = (f, literals, existing, max);
    Vec::new()
}

/// More inputs, random from `seed` and mutated from `existing`. None of `existing` comes again.
pub fn distinguishing(f: &FunctionSpec, existing: &[Input], seed: u64, max: usize) -> Vec<Input> {
    let _ = (f, existing, seed, max);
    Vec::new()
}
