//! What went wrong, as the host tells it: [`WireError`].

use serde::{Deserialize, Serialize};

/// An error that crosses the socket. The hint travels apart from the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct WireError {
    #[serde(flatten)]
    pub kind: ErrorKind,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ErrorKind {
    /// No such file, it cannot be read, or no model with that hash is loaded.
    ModelMissing,
    /// The file ends before what its header promises.
    ModelTruncated,
    /// A sound file of an architecture that this llama.cpp does not know.
    ModelUnknownArchitecture { architecture: String },
    /// Not a GGUF file, or its header makes no sense.
    NotAModel,
    /// A GGUF file that cannot be sampled from (no vocabulary, an encoder, split in parts, too
    /// large for the memory).
    ModelUnsuitable,
    /// Prompt and one token of reply do not fit.
    PromptTooLong { tokens: u32, context: u32 },
    /// Host and client speak different versions.
    VersionMismatch { host: u32, client: u32 },
    /// A line that is not a request, or a request that asks for nonsense.
    BadRequest,
    /// Too much is waiting already.
    Busy,
    /// The host's own failure.
    Internal,
}

impl WireError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
