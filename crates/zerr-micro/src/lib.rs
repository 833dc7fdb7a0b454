//! The embedded model: its weights as bytes and its [`Card`], which says what they know and how
//! often one sample is right.
//!
//! *Invariant*: the card's checksum is that of the weights; a test holds it.
//!
//! *Non-goals*: loading or running the model (`zerr-host`), training it (`curriculum/`, which is
//! not part of the published crate).

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The most bytes the weights may have, so that a package registry takes the crate.
pub const WEIGHTS_BYTES_MAX: usize = 9_000_000;

/// The weights: a GGUF file of the `llama` architecture with tokenizer and chat template inside.
pub fn weights() -> &'static [u8] {
    include_bytes!("../model/zerr-micro.gguf")
}

/// The card that belongs to [`weights`], as JSON text.
pub fn card_text() -> &'static str {
    include_str!("../model/card.json")
}

/// The card that belongs to [`weights`].
///
/// # Errors
/// When the text shipped in the crate is not a card; a test rules this out.
pub fn card() -> Result<Card, serde_json::Error> {
    serde_json::from_str(card_text())
}

/// What a model is, which prompts it was trained for, and how often one sample of it is right.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    pub name: String,
    pub version: String,
    /// SHA-256 of the weights, lower-case hexadecimal.
    pub sha256: String,
    pub licence: String,
    pub parameters: u64,
    /// Longest prompt and reply together, in tokens.
    pub context_tokens: u32,
    pub languages: Vec<String>,
    /// For each role, the prompt versions that the model was trained with.
    pub prompts: BTreeMap<String, Vec<u32>>,
    /// Measured chances that one sample is right.
    pub p: Vec<MeasuredP>,
    pub knows: Vec<Family>,
    /// For each function, the words of all its phrasings: a request with any other word is outside
    /// of what the model was taught, and so is one with other types or another name (`scope_types`,
    /// `scope_names` in the file, which the engine reads).
    pub scope: Vec<String>,
}

impl Card {
    /// The newest prompt version of a role that the model was trained with.
    pub fn newest_prompt(&self, role: &str) -> Option<u32> {
        self.prompts.get(role)?.iter().copied().max()
    }

    /// The measured p of a role and language for a prompt version, on phrasings not trained on.
    /// Where several conditions were measured (with and without examples) the smallest counts.
    pub fn p(&self, role: &str, language: &str, prompt_version: u32) -> Option<f64> {
        self.p
            .iter()
            .filter(|row| row.held_out && row.role == role && row.language == language)
            .filter(|row| row.prompt_version == prompt_version)
            .map(|row| row.p)
            .min_by(f64::total_cmp)
    }
}

/// One measurement: the share of single samples that gave the right output on every input.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredP {
    pub role: String,
    pub language: String,
    pub prompt_version: u32,
    /// Between 0 and 1.
    pub p: f64,
    /// Samples drawn.
    pub n: u32,
    pub temperature: f64,
    /// Whether the phrasings were kept out of training.
    pub held_out: bool,
    /// Examples shown in each prompt.
    pub examples: u32,
}

/// A group of functions that the model was trained to write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Family {
    pub family: String,
    pub functions: Vec<String>,
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn card_names_the_checksum_of_the_weights() {
        let digest = Sha256::digest(weights());
        let hex = digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        assert_eq!(card().unwrap().sha256, hex);
    }

    #[test]
    fn weights_fit_a_registry_and_are_a_gguf() {
        assert!(weights().len() <= WEIGHTS_BYTES_MAX);
        assert!(weights().starts_with(b"GGUF"));
    }

    #[test]
    fn card_covers_both_languages_and_the_newest_prompt() {
        let card = card().unwrap();
        assert_eq!(card.languages, ["rust", "python"]);
        assert_eq!(card.newest_prompt("function"), Some(3));
        assert_eq!(card.newest_prompt("plan"), None);
        assert!(card.knows.iter().map(|family| family.functions.len()).sum::<usize>() >= 25);
    }

    #[test]
    fn p_is_the_smallest_held_out_measurement() {
        let mut card = card().unwrap();
        let row = |p, held_out, examples| MeasuredP {
            role: "function".into(),
            language: "rust".into(),
            prompt_version: 1,
            p,
            n: 400,
            temperature: 0.7,
            held_out,
            examples,
        };
        card.p = vec![row(0.9, true, 3), row(0.8, true, 0), row(0.1, false, 0)];
        assert_eq!(card.p("function", "rust", 1), Some(0.8));
        assert_eq!(card.p("function", "rust", 2), None);
        assert_eq!(card.p("function", "python", 1), None);
    }
}
