//! The extension point: [`Sampler`], what it is asked ([`SampleRequest`]) and what it tells
//! ([`SampleEvent`]).

use std::{future::Future, pin::Pin};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
pub use zerr_wire::Batching;
use zerr_wire::{Draw, Message, ModelInfo};

use crate::SampleError;

/// Draws samples from one model. One sampler serves many requests at once: share it by `Arc`.
pub trait Sampler: Send + Sync {
    fn model(&self) -> &ModelInfo;

    /// Draws every sample of the request and sends each to `sink` as it is finished, in any
    /// order, then [`SampleEvent::Done`].
    ///
    /// A sink that was closed is a cancel. After a cancel no further event is sent; draws that
    /// were not finished are lost, never delivered in part.
    ///
    /// # Errors
    /// [`SampleError::Cancelled`] after a cancel; otherwise what stopped the request as a whole.
    fn sample(
        &self,
        request: SampleRequest,
        sink: mpsc::UnboundedSender<SampleEvent>,
        cancel: CancellationToken,
    ) -> SampleFuture<'_>;
}

/// Boxed, so that `dyn Sampler` works.
pub type SampleFuture<'a> = Pin<Box<dyn Future<Output = Result<(), SampleError>> + Send + 'a>>;

/// Many draws for one prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRequest {
    /// What is asked for, by name: a function's entry point or a task's id. No model sees it;
    /// recorded samples are found by it.
    pub subject: String,
    pub messages: Vec<Message>,
    /// What the reply begins with: part of the prompt, not of the drawn text.
    pub prefill: String,
    /// Each with an index of its own. An empty list is done at once.
    pub draws: Vec<Draw>,
    /// Most tokens a draw may generate, at least 1.
    pub tokens_max: u32,
    /// A draw ends before the first of these texts.
    pub stop: Vec<String>,
    /// GBNF with the rule `root`.
    pub grammar: Option<String>,
    /// [`Batching::Exclusive`] for runs that must repeat byte by byte.
    pub batching: Batching,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SampleEvent {
    /// A draw has this many tokens so far. Sent now and then.
    Progress {
        index: u32,
        tokens: u32,
    },
    Drawn(Drawn),
    /// The host died and was started again; draws that were not delivered are drawn again. `times`
    /// counts from 1.
    Restarted {
        times: u32,
    },
    /// The last event.
    Done(Usage),
}

/// One finished draw: the raw reply, not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub index: u32,
    pub seed: u32,
    /// What was generated after the prefill, without the stop text.
    pub text: String,
    pub finish: Finish,
    /// Tokens generated; 0 where that is not known.
    pub tokens: u32,
    /// Tokens of the prompt; 0 where that is not known.
    pub prompt_tokens: u32,
    /// The model's bytes were not UTF-8: `text` holds U+FFFD where they were not.
    pub invalid_utf8: bool,
    /// From this draw's first token to its last, in milliseconds.
    pub ms: u64,
}

/// Why a draw ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// One of the stop texts came.
    Stop,
    /// The model said that it was done.
    EndOfTurn,
    /// `tokens_max` was reached: the text is cut off.
    Length,
    /// The model's context was full: the text is cut off.
    Context,
}

impl Finish {
    /// The model did not come to an end by itself.
    pub fn is_truncated(self) -> bool {
        matches!(self, Self::Length | Self::Context)
    }
}

/// What a request cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: u32,
    pub generated_tokens: u64,
    pub ms: u64,
}
