//! End to end: the real program, the real model host beside it, the real sandbox, the embedded
//! model.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![expect(clippy::disallowed_methods, reason = "tests start the program as a user does")]

mod calibrate;
mod decompose;
mod emacs;
mod examples;
mod fixtures;
mod generated;
mod hello_world;
mod holes;
mod hostile;
mod in_project;
mod interrupted;
mod neovim;
mod node_client;
mod output;
mod questions;
mod recipe;
mod replay;
mod report;
#[cfg(target_os = "linux")]
mod sandbox;
mod support;
mod verify;
mod witness;
mod words;
mod written;
