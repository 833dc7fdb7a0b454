//! Sessions of an editor with the server, in one process.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod choosing;
mod client;
mod generating;
mod telling;
