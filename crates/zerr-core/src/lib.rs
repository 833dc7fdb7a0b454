//! What zerr decides and how, as data in and data out.
//!
//! Specs become plans, plans become steps, samples become candidates, candidates become classes,
//! classes race until one leads by k, and the winner is refuted or accepted. [`run::Run`] is the
//! state machine that ties the parts together: it asks for [`run::Action`]s and is told
//! [`event::Event`]s.
//!
//! # Invariants
//! No IO, no clock, no randomness (seeds come in), no async, no threads. The order of a hash map
//! never decides anything.
#![warn(missing_docs)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test"))]
#![cfg_attr(test, allow(clippy::needless_raw_string_hashes, reason = "expect-test writes them"))]

pub mod calibrate;
pub mod check;
pub mod complexity;
pub mod contract;
pub mod event;
pub mod example_tests;
pub mod formal;
pub mod hash;
pub mod icontract;
pub mod implied;
pub mod inputs;
pub mod literal;
pub mod observe;
pub mod patch;
pub mod plan;
pub mod prompt;
pub mod properties;
pub mod proposal;
pub mod report;
pub mod run;
pub mod sample;
pub mod scope;
pub mod select;
pub mod spec;
pub mod split;
pub mod supposed;
pub mod trial;
pub mod ty;
pub mod value;
pub mod verdict;
pub mod vote;
pub mod witness;
