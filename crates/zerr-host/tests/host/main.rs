//! A real host, a real llama.cpp and models of random weights, as clients see them.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod lifecycle;
mod models;
mod protocol;
mod sampling;
mod support;
