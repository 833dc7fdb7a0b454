//! What the host says: [`Reply`].

use serde::{Deserialize, Serialize};

use crate::{ModelInfo, WireError};

/// One line from the host to a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    Welcome(Welcome),
    Loaded {
        id: u64,
        model: ModelInfo,
    },
    /// A draw has this many tokens so far. Sent now and then; the number may fall when the host
    /// had to start a draw again for want of cache.
    Progress {
        id: u64,
        index: u32,
        tokens: u32,
    },
    Drawn(Drawn),
    Done(Done),
    Status {
        id: u64,
        status: StatusReport,
    },
    /// With an `id` the request of that id has ended; without, the line could not be understood.
    Error {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
        error: WireError,
    },
}

/// The host introduces itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    pub version: u32,
    /// The version of the host's crate.
    pub host_version: String,
    /// Where models run: `cpu`, `cuda`, `vulkan`, …
    pub backend: String,
    /// Threads for every model; `None`: by each model's size.
    pub threads: Option<u32>,
    pub pid: u32,
}

/// One finished draw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    pub id: u64,
    pub index: u32,
    /// What was generated after the prefill, without the stop text.
    pub text: String,
    pub finish: Finish,
    /// Tokens generated.
    pub tokens: u32,
    /// Tokens of the prompt, prefill included.
    pub prompt_tokens: u32,
    /// The model's bytes were not UTF-8: `text` holds U+FFFD where they were not.
    pub invalid_utf8: bool,
    /// From this draw's first token to its last, in milliseconds.
    pub ms: u64,
}

/// Why a draw ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// One of the stop texts came.
    Stop,
    /// The model said that it was done.
    EndOfTurn,
    /// `tokens_max` was reached.
    Length,
    /// The model's context was full.
    Context,
    Cancelled,
}

/// The end of a sample request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    pub id: u64,
    pub prompt_tokens: u32,
    /// Over all draws, those started again included once.
    pub generated_tokens: u64,
    /// From the request's arrival, in milliseconds.
    pub ms: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StatusReport {
    pub pid: u32,
    pub host_version: String,
    pub uptime_ms: u64,
    pub models: Vec<ModelStatus>,
    /// Resident memory of the host in bytes, where the platform tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    pub clients: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelStatus {
    pub name: String,
    pub sha256: String,
    pub requests: u32,
    pub draws_active: u32,
    pub draws_waiting: u32,
    /// Cells of the KV cache in use, and in all.
    pub cells_used: u32,
    pub cells: u32,
}
