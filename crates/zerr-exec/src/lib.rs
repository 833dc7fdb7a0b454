//! Processes: the only crate that starts any.
//!
//! Two kinds, and no third:
//! - [`trusted`]: the user's own tools on the user's own code (git, cargo, package managers, the
//!   model host).
//! - [`Sandbox`]: everything that reads or runs generated code, compilers and checkers included,
//!   because compiling is running (`include_str!("/etc/passwd")`).
//!
//! Everything here blocks; call it from a thread that may block.
//!
//! ```
//! use zerr_exec::{Cancel, Job, Sandbox, Status};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = match Sandbox::probe() {
//!     Ok(sandbox) => sandbox,
//!     // Fail closed: say `unavailable.hint` and stop, unless the user accepted in words.
//!     Err(unavailable) => return Ok(eprintln!("{unavailable}: {}", unavailable.hint)),
//! };
//!
//! // A fresh folder, the only writable place; `/zerr` inside.
//! let work = sandbox.work_dir()?;
//! work.write("greet.sh", b"read name; echo hello $name > greeting")?;
//!
//! let mut job = Job::new("/bin/sh", &work);
//! job.args = vec!["greet.sh".into()];
//! job.stdin = b"world\n".to_vec();
//! job.limits.wall_ms = 5_000;
//! let outcome = sandbox.run(&job, &Cancel::new())?;
//!
//! assert_eq!(outcome.status, Status::Exited(0));
//! assert_eq!(work.read("greeting", 1024)?, b"hello world\n");
//! # Ok(())
//! # }
//! ```
//!
//! # Invariants
//! - A confined process never runs with fewer layers than [`Sandbox::isolation`] says: a layer
//!   that cannot be set up is an error, not a weaker run.
//! - Nothing that a confined process does (output, files, links, signals) can make this crate
//!   panic, block past the wall clock, or touch a file outside its [`WorkDir`].
//! - `unsafe` lives in the modules that need system calls between `fork` and `exec`, nowhere else.
//!
//! # Non-goals
//! What a language needs to run (toolchain folders, flags) is the caller's knowledge: it passes
//! `read_only` paths and an environment.

#![deny(unsafe_code, unsafe_op_in_unsafe_fn)]

mod cancel;
mod isolation;
mod job;
mod outcome;
mod priority;
mod pump;
mod sandbox;
mod tree;
pub mod trusted;
mod work_dir;

#[cfg(target_os = "linux")]
mod linux;
mod session;

pub use cancel::Cancel;
pub use isolation::{Isolation, Namespace};
pub use job::{Job, Limits};
pub use outcome::{ExecError, Outcome, Status};
pub use priority::{give_way, go_first};
pub use sandbox::{Sandbox, Unavailable};
pub use work_dir::WorkDir;
