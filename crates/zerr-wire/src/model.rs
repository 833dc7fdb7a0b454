//! Which model is meant ([`ModelRef`]) and what a loaded one is ([`ModelInfo`]).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelRef {
    /// The small model that is part of the host.
    Embedded,
    /// A GGUF file. Clients send absolute paths: the host's working folder is its own.
    Path(PathBuf),
}

/// What a loaded model says about itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// `general.name`, or the file's name.
    pub name: String,
    /// Of the whole file, in lowercase hex. This names the model everywhere.
    pub sha256: String,
    pub size_bytes: u64,
    /// As in the file: `llama`, `qwen2`, …
    pub architecture: String,
    pub parameters: u64,
    /// Most tokens of one prompt and its reply together, here.
    pub context_tokens: u32,
    /// Number of pieces in the vocabulary.
    pub vocab: u32,
    /// Where it runs: `cpu`, `cuda`, …
    pub backend: String,
    /// Threads that llama.cpp uses for it. Samples repeat byte by byte for one number only.
    pub threads: u32,
    /// False: the file has no chat template that llama.cpp knows, and `ChatML` is used.
    pub has_chat_template: bool,
    /// How long loading took, in milliseconds; for a model that was loaded already, the first time.
    pub load_ms: u64,
    /// What was measured about the model; for a file, what lies beside it as `NAME.gguf.card.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card: Option<serde_json::Value>,
}
