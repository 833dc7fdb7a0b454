//! The text that is sent to models, and the reader of what comes back: they change together.
//! Main types: [`Prompt`], [`RawReply`].
//!
//! A prompt is versioned by role, because a model may have been trained on one version: the
//! engine uses the newest that the model lists.
//!
//! # Invariants
//! A reply is read or flagged, never repaired.

use serde::{Deserialize, Serialize};
use zerr_syntax::Language;

use crate::sample::RedFlag;
use crate::spec::FunctionSpec;

/// What a model is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The text of one function.
    Function,
}

impl Role {
    /// The name in model cards.
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
        }
    }

    /// The versions that can be rendered, ascending.
    pub fn versions(self) -> &'static [u32] {
        match self {
            Self::Function => FUNCTION_VERSIONS,
        }
    }
}

/// The versions of role `function`, ascending.
pub const FUNCTION_VERSIONS: &[u32] = &[1];

/// What the reply may be at most, in tokens.
pub const FUNCTION_TOKENS_MAX: u32 = 750;

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// `user` or `system`.
    pub role: String,
    /// The text.
    pub content: String,
}

/// What is sent to a model.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Prompt {
    /// What is asked for.
    pub role: Role,
    /// Which wording.
    pub version: u32,
    /// The language of the code that is asked for.
    pub language: Language,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// How the assistant's turn begins; not part of the reply.
    pub prefill: String,
    /// The reply ends before any of these.
    pub stop: Vec<String>,
    /// Longest reply, in tokens.
    pub tokens_max: u32,
}

/// Why a model stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// At a stop sequence.
    Stop,
    /// By itself.
    EndOfTurn,
    /// At the limit of tokens.
    Length,
    /// At the end of the model's context.
    Context,
    /// It was told to.
    Cancelled,
}

/// What a model answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawReply {
    /// Without prefill and stop sequence.
    pub text: String,
    /// Why it ends there.
    pub finish: Finish,
    /// The bytes were not UTF-8, `text` holds replacement characters.
    #[serde(default)]
    pub invalid_utf8: bool,
    /// Length in tokens.
    pub tokens: u32,
}

/// Renders role `function`. `uses` are the functions that it may call. `None` for a version that
/// is not known.
pub fn function(version: u32, f: &FunctionSpec, uses: &[&FunctionSpec]) -> Option<Prompt> {
    let content = match version {
        1 => function_1(f, uses),
        _ => return None,
    };
    Some(Prompt {
        role: Role::Function,
        version,
        language: f.signature.language,
        messages: vec![Message { role: "user".to_owned(), content }],
        prefill: format!("```{}\n", f.signature.language),
        stop: vec!["\n```".to_owned()],
        tokens_max: FUNCTION_TOKENS_MAX,
    })
}

const REPLY_LINE: &str = "Reply with one code block that holds only this function.";

fn header(language: Language) -> &'static str {
    match language {
        Language::Rust => "Write one Rust function.",
        Language::Python => "Write one Python function.",
    }
}

fn function_1(f: &FunctionSpec, uses: &[&FunctionSpec]) -> String {
    let mut lines = vec![
        header(f.signature.language).to_owned(),
        String::new(),
        f.signature.text.clone(),
        String::new(),
        f.description.clone(),
    ];
    lines.extend(f.requires.iter().map(|contract| format!("Requires: {contract}")));
    lines.extend(f.ensures.iter().map(|contract| format!("Ensures: {contract}")));
    lines.extend(f.examples.iter().map(|example| format!("Example: {}", example.text)));
    lines.extend(uses.iter().map(|other| format!("You may call: {}", other.signature.text)));
    lines.extend(f.forbidden.iter().map(|construct| format!("Forbidden: {construct}")));
    lines.push(String::new());
    lines.push(REPLY_LINE.to_owned());
    lines.join("\n")
}

/// The newest version of a role that the model lists, or the newest of all for a model that
/// lists none (or none that is known).
pub fn newest_common(role: Role, listed_by_model: Option<&[u32]>) -> u32 {
    let versions = role.versions();
    versions
        .iter()
        .rev()
        .find(|version| listed_by_model.is_some_and(|listed| listed.contains(version)))
        .or(versions.last())
        .copied()
        .unwrap_or(1)
}

/// The code in a reply.
///
/// # Errors
/// A reply that is not code and nothing else.
pub fn parse_reply(prompt: &Prompt, reply: &RawReply) -> Result<String, RedFlag> {
    if reply.invalid_utf8 {
        return Err(RedFlag::InvalidUtf8);
    }
    if reply.tokens > prompt.tokens_max {
        return Err(RedFlag::TooLong { tokens: reply.tokens });
    }
    match reply.finish {
        Finish::Length | Finish::Context | Finish::Cancelled => return Err(RedFlag::Truncated),
        Finish::Stop | Finish::EndOfTurn => {}
    }
    let code = reply.text.trim_end().trim_start_matches(['\n', '\r']);
    if code.trim().is_empty() {
        return Err(RedFlag::Empty);
    }
    let repeats = |line: &str| {
        let line = line.trim();
        line == REPLY_LINE || line == header(prompt.language)
    };
    if code.lines().any(repeats) {
        return Err(RedFlag::EchoedPrompt);
    }
    let opens = match prompt.language {
        Language::Rust => "fn ",
        Language::Python => "def ",
    };
    let is_fence = |line: &str| line.trim_start().starts_with("```");
    if !code.contains(opens) || code.lines().any(is_fence) {
        return Err(RedFlag::NoCode);
    }
    Ok(code.to_owned())
}

#[cfg(test)]
#[path = "prompt_tests.rs"]
mod tests;
