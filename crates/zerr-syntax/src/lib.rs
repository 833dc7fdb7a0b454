//! Source text as data: what zerr knows about a piece of Rust or Python without running it.
//!
//! Two parsers share the work. tree-sitter reads what people write, half-typed text included
//! ([`holes`], [`mutate`]), and all Python; `syn` judges Rust that a model wrote
//! ([`candidate`], [`deny`]), because there a wrong "it parses" costs more than a lost sample.
//!
//! Main types: [`signature::Signature`], [`candidate::Function`], [`deny::Policy`].
//!
//! # Invariants
//! - No IO, no clock, no randomness, no async, no processes.
//! - Nothing here panics or overflows the stack, whatever the text: depth and size are judged
//!   before a recursive parser sees it.
//!
//! # Non-goals
//! - Type checking and name resolution as compilers do them: rustc and `CPython` have the last word.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::needless_raw_string_hashes,
        reason = "a test may fail by panicking, and expect-test chooses its own quotes"
    )
)]

pub mod add_examples;
pub mod candidate;
pub mod deny;
pub mod doc_example;
pub mod holes;
pub mod literal;
pub mod live;
pub mod loop_free;
pub mod mutate;
pub mod problems;
pub mod request;
pub mod signature;
pub mod site;

mod decisions;
mod infer;
mod language;
mod macro_args;
mod span;
mod tokens;
mod tree;

pub use decisions::decisions;
pub use infer::type_of_constant;
pub use language::{Language, UnknownLanguage};
pub use span::{Span, line_column};
