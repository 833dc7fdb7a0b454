//! What a client asks: [`Request`].

use serde::{Deserialize, Serialize};

use crate::ModelRef;

/// One line from a client to the host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// The first line of every connection.
    Hello { version: u32 },
    /// Load a model unless it is loaded; answered by `Loaded`.
    Load { id: u64, model: ModelRef },
    /// Draw samples for one prompt; answered by `Progress`, `Drawn` and one `Done`.
    Sample(Sample),
    /// Stop the sample request with this id. Draws that were not finished come back as
    /// [`Finish::Cancelled`](crate::Finish::Cancelled), then `Done`. An unknown id is ignored: it
    /// may have finished meanwhile.
    Cancel { id: u64 },
    /// Answered by `Status`.
    Status { id: u64 },
    /// Finish nothing, remove the socket and exit.
    Shutdown,
}

/// Many draws for one prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub id: u64,
    /// SHA-256 of a model that was loaded, in lowercase hex.
    pub model: String,
    pub messages: Vec<Message>,
    /// What the reply begins with. It is part of the prompt and not of the drawn text.
    #[serde(default)]
    pub prefill: String,
    pub draws: Vec<Draw>,
    /// Most tokens a draw may generate, at least 1.
    pub tokens_max: u32,
    /// A draw ends before the first of these texts; the text itself is cut off.
    #[serde(default)]
    pub stop: Vec<String>,
    /// A grammar in llama.cpp's GBNF with the rule `root`, which the drawn text follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grammar: Option<String>,
    #[serde(default)]
    pub batching: Batching,
}

/// One message of the conversation that is rendered with the model's chat template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// How one sample is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draw {
    /// The client's name for this draw, unique within the request.
    pub index: u32,
    /// Every value is a seed: none means "random".
    pub seed: u32,
    /// 0 takes the likeliest token each time, and the seed does not matter.
    pub temperature: f32,
    /// In (0, 1]; 1 keeps the whole vocabulary.
    pub top_p: f32,
}

/// Who else may be in the batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Batching {
    /// Continuous batching with whatever else runs. Fast. The shape of the batch varies, and with
    /// it the last bits of the logits, so that a draw near a tie may come out differently.
    #[default]
    Shared,
    /// The request runs alone, from an empty cache. The same request, model, build and thread
    /// count give the same bytes.
    Exclusive,
}
