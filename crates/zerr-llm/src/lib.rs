//! Samplers: what draws samples from a language model, behind one trait, [`Sampler`].
//!
//! [`HostSampler`] asks the model host, a process of its own that [`Host::connect_or_start`]
//! finds or starts; [`RecordedSampler`] plays back samples that were drawn before, or that a test
//! wrote.
//!
//! # Invariants
//! - A sample is data whatever it says: no text that a model makes is an error here.
//! - Each draw that was asked for is delivered at most once, even when the host died in between.
//! - No process is started but the host, through `zerr-exec`.
//!
//! # Non-goals
//! Judging samples, choosing prompts, seeds or temperatures.

mod client;
mod error;
mod host;
mod host_sampler;
mod lenient;
mod locate;
mod recorded;
mod sampler;
mod transport;

pub use error::SampleError;
pub use host::{Host, HostOptions};
pub use host_sampler::HostSampler;
pub use lenient::from_str as from_lenient_json;
pub use recorded::{RecordedFinish, RecordedLine, RecordedSampler, RecordedText};
pub use sampler::{
    Batching, Drawn, Finish, SampleEvent, SampleFuture, SampleRequest, Sampler, Usage,
};
pub use zerr_wire::{
    Draw, ErrorKind, Message, ModelInfo, ModelRef, Role, StatusReport, Welcome, WireError,
};
