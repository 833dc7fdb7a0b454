//! The names of actions: hashes over everything that their answer depends on.
//!
//! # Invariants
//! A key holds content only: inputs, prompt, model, tool versions, isolation, form of the answer.
//! No path, no run, no time.

use zerr_core::hash::Hash;
use zerr_core::run::{CheckAction, Draw, Drawing, ObserveAction, SampleAction, hash_of_prompt};
use zerr_core::verdict::ToolVersion;

/// Raised when the form of any answer changes.
const ANSWER_VERSION: &str = "answer-6";

/// One draw from one model.
pub(crate) fn sample(model_sha256: &str, action: &SampleAction, draw: &Draw) -> Hash {
    let drawing = match action.drawing {
        Drawing::Continuous => "continuous",
        Drawing::Deterministic => "deterministic",
    };
    Hash::of(
        "sample",
        &[
            ANSWER_VERSION.as_bytes(),
            model_sha256.as_bytes(),
            hash_of_prompt(&action.prompt).as_str().as_bytes(),
            &draw.seed.to_le_bytes(),
            &draw.temperature.to_le_bytes(),
            drawing.as_bytes(),
        ],
    )
}

/// What the hands are: part of every answer that comes from running code.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings(Hash);

impl Surroundings {
    pub(crate) fn new(tools: &[ToolVersion], isolation: &str) -> Self {
        let tools: Vec<String> =
            tools.iter().map(|tool| format!("{} {}", tool.name, tool.version)).collect();
        let tools = tools.join("\n");
        Self(Hash::of("surroundings", &[tools.as_bytes(), isolation.as_bytes()]))
    }

    /// One source on the inputs of an action.
    pub(crate) fn observe(&self, action: &ObserveAction, source: &Hash) -> Hash {
        let inputs: Vec<String> =
            action.inputs.iter().flatten().map(zerr_core::value::Value::encode).collect();
        let arity = action.inputs.len().to_le_bytes();
        let inputs = inputs.join("\n");
        Hash::of(
            "observe",
            &[
                ANSWER_VERSION.as_bytes(),
                self.0.as_str().as_bytes(),
                action.function.signature.text.as_bytes(),
                action.context_hash.as_str().as_bytes(),
                source.as_str().as_bytes(),
                format!("{:?}", action.function.capabilities).as_bytes(),
                // In a project, what a test does depends on all of that.
                action
                    .function
                    .in_project
                    .as_ref()
                    .map(|_| action.function.content_hash())
                    .as_ref()
                    .map_or("", Hash::as_str)
                    .as_bytes(),
                &arity,
                inputs.as_bytes(),
            ],
        )
    }

    /// The layers on one source.
    pub(crate) fn check(&self, action: &CheckAction) -> Hash {
        Hash::of(
            "check",
            &[
                ANSWER_VERSION.as_bytes(),
                self.0.as_str().as_bytes(),
                // Contracts and examples are what a proof is about.
                action.function.content_hash().as_str().as_bytes(),
                action.context_hash.as_str().as_bytes(),
                action.source.0.as_str().as_bytes(),
                format!("{:?}", action.formal).as_bytes(),
            ],
        )
    }
}
