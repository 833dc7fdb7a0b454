//! Messages between the model host and its clients: [`Request`] and [`Reply`], one JSON object a
//! line.
//!
//! A conversation opens with [`Request::Hello`]; the host answers [`Reply::Welcome`], or
//! [`ErrorKind::VersionMismatch`] and hangs up. Every later request carries an `id` that the
//! client chose, unique within the connection, and every reply to it carries the same `id`, so
//! that many requests may be outstanding at once.
//!
//! # Invariants
//! - A line is at most [`LINE_BYTES_MAX`] bytes. Anything that does not decode is a
//!   [`FrameError`], which the host answers with [`ErrorKind::BadRequest`]: never a panic.
//! - Closing the connection cancels what it asked for.
//!
//! # Non-goals
//! No IO beyond reading a bounded line, and no knowledge of sockets or of llama.cpp.

mod error;
mod frame;
mod model;
mod reply;
mod request;

pub use error::{ErrorKind, WireError};
pub use frame::{FrameError, LINE_BYTES_MAX, decode, encode, read_line};
pub use model::{ModelInfo, ModelRef};
pub use reply::{Done, Drawn, Finish, ModelStatus, Reply, StatusReport, Welcome};
pub use request::{Batching, Draw, Message, Request, Role, Sample};

/// The version of these messages. Host and client must agree exactly: both come from one build,
/// and the socket's name carries the version, so that a newer client starts its own host.
pub const PROTOCOL_VERSION: u32 = 1;
