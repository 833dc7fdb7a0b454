//! Everything zerr keeps beside a project: the journal of every run, the cache of actions, and the
//! evidence behind an accepted patch. Main type: [`Store`].
//!
//! A store is one folder, `.zerr/`, beside the user's project:
//!
//! ```text
//! .zerr/.gitignore            "*": nothing here belongs into version control
//! .zerr/zerr.db               SQLite, write-ahead log
//! .zerr/blobs/ab/cdef…        texts over 4 KiB, named by their SHA-256
//! .zerr/evidence/RUN/NAME     one folder a run, plain files for people and tools
//! .zerr/locks/…               one advisory lock a run, one for opening, one for blobs
//! ```
//!
//! # What survives
//! - **A killed process** (SIGKILL anywhere) keeps every group that was committed before the
//!   kill, and nothing of the group it was writing: a group is one transaction.
//! - **A power cut** may lose the last commits, never consistency, and never a part of a group
//!   (`synchronous=NORMAL`: the log is synced at checkpoints). Groups appended with
//!   [`Durability::PowerCut`] are on the disk when `append` returns, together with all that was
//!   committed before them; the engine asks for it before it accepts a step or writes a patch.
//! - **A blob** is synced and renamed into place before the row that names it is committed, and
//!   is checked against its hash whenever it is read.
//!
//! # Invariants
//! - Only this crate writes under `.zerr/`.
//! - Sequence numbers of a run start at 0 and have no gaps; only the holder of a run's
//!   [`RunLock`] appends to it. The operating system frees the lock when its owner dies.
//! - Nothing here reads a clock: every time comes in as Unix milliseconds.
//!
//! # Non-goals
//! Bodies are text that this crate never interprets. Folders on network file systems, where
//! SQLite's log cannot work, are not supported.

mod blobs;
mod cache;
pub mod dirs;
mod evidence;
mod journal;
mod locks;
pub mod pins;
mod prune;
mod runs;
mod schema;
mod store;

pub use cache::{CacheEntry, Cached};
pub use journal::{Durability, Entry, EventRow, Events, Journal};
pub use locks::RunLock;
pub use prune::{Keep, Pruned};
pub use runs::{RunRow, RunSummary};
pub use store::{FOLDER, Store, StoreError};
