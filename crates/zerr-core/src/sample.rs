//! One reply of a model, judged before it is counted: [`Candidate`] or [`RedFlag`].
//!
//! # Invariants
//! A red-flagged sample is data, not an error: it is recorded, never repaired, never counted. A function
//! beside what it stands on (an import, a helper) is one function: see [`candidate::folded`].

use serde::{Deserialize, Serialize};
use zerr_syntax::candidate::{self, Flaw, Literals};

use crate::prompt::{self, Prompt, RawReply};
use crate::spec::FunctionSpec;

/// Why a sample is discarded before counting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum RedFlag {
    /// Nothing but whitespace.
    #[error("empty reply")]
    Empty,
    /// Cut off at a limit.
    #[error("cut off before its end")]
    Truncated,
    /// Longer than a function of a plan may be.
    #[error("too long ({tokens} tokens)")]
    TooLong {
        /// Length in tokens.
        tokens: u32,
    },
    /// Bytes that are no text.
    #[error("not valid UTF-8")]
    InvalidUtf8,
    /// Prose, a code block of its own, or anything else around or in place of code.
    #[error("no plain code")]
    NoCode,
    /// The prompt again.
    #[error("repeats the prompt")]
    EchoedPrompt,
    /// Code that does not parse.
    #[error("does not parse: {message}")]
    Unparsable {
        /// The parser's words.
        message: String,
    },
    /// A function of another name.
    #[error("defines `{found}`")]
    OtherName {
        /// That name.
        found: String,
    },
    /// The name, but other parameters or another result.
    #[error("has another signature: `{found}`")]
    OtherSignature {
        /// That signature.
        found: String,
    },
    /// More than the one function.
    #[error("holds {what} beside the function")]
    ExtraItems {
        /// What else.
        what: String,
    },
    /// A statement that only makes a value and drops it: words that slipped in.
    #[error("holds a statement without effect: `{statement}`")]
    NoEffect {
        /// Its text.
        statement: String,
    },
    /// A construct that generated code may not hold.
    #[error("holds `{construct}`: {why}")]
    Forbidden {
        /// Such as `unsafe`.
        construct: String,
        /// Why it is forbidden.
        why: String,
    },
    /// Parts of a function that do not fit together.
    #[error("{why}")]
    BadSplit {
        /// What does not fit.
        why: String,
    },
}

impl RedFlag {
    /// The package that the code would need and that nobody offers, by the name that code has for it.
    pub fn wanted_package(&self) -> Option<String> {
        match self {
            Self::Forbidden { construct, why } => zerr_syntax::deny::wanted_package(construct, why),
            _ => None,
        }
    }

    /// A short stable code, for tables and counts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::TooLong { .. } => "too_long",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::NoCode => "no_code",
            Self::EchoedPrompt => "echoed_prompt",
            Self::Unparsable { .. } => "unparsable",
            Self::OtherName { .. } => "other_name",
            Self::OtherSignature { .. } => "other_signature",
            Self::ExtraItems { .. } => "extra_items",
            Self::NoEffect { .. } => "no_effect",
            Self::Forbidden { .. } => "forbidden",
            Self::BadSplit { .. } => "bad_split",
        }
    }
}

/// A sample that is one well-formed function of the asked signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The function's text, one newline at its end.
    pub source: String,
    /// The text without comments and spacing. Equal normal forms behave equally.
    pub normal_form: String,
    /// The constants in it: boundaries to try.
    pub literals: Literals,
    /// Functions that it calls by name, sorted.
    pub calls: Vec<String>,
}

/// Judges one reply.
///
/// # Errors
/// The first red flag found.
pub fn judge(f: &FunctionSpec, prompt: &Prompt, reply: &RawReply) -> Result<Candidate, RedFlag> {
    let code = prompt::parse_reply(prompt, reply)?;
    let language = f.signature.language;
    let function = if let Some(place) = &f.in_project {
        candidate::parse_in_project(language, &code, &f.name, &place.head, &f.policy())
    } else {
        let parse = |code: &str| candidate::parse(language, code, &f.signature, &f.policy());
        let parsed = parse(&code);
        let is_more = matches!(parsed, Err(Flaw::SeveralFunctions { .. } | Flaw::ExtraItem { .. }));
        let folded = || candidate::folded(language, &code, &f.name);
        match is_more.then(folded).flatten() {
            Some(code) => parse(&code),
            None => parsed,
        }
    };
    let function = function.map_err(|flaw| red_flag(flaw, reply.tokens))?;
    Ok(Candidate {
        source: function.source,
        normal_form: function.normal_form,
        literals: function.literals,
        calls: function.calls,
    })
}

fn red_flag(flaw: Flaw, tokens: u32) -> RedFlag {
    match flaw {
        Flaw::TooLong { .. } => RedFlag::TooLong { tokens },
        Flaw::TooDeep { .. } | Flaw::ControlCharacter { .. } => {
            RedFlag::Unparsable { message: flaw.to_string() }
        }
        Flaw::NoParse { message, .. } => RedFlag::Unparsable { message },
        Flaw::NoFunction => RedFlag::NoCode,
        Flaw::OtherName { found } => RedFlag::OtherName { found },
        Flaw::SignatureDiffers { found } => RedFlag::OtherSignature { found },
        Flaw::SeveralFunctions { names } => {
            RedFlag::ExtraItems { what: format!("several functions ({})", names.join(", ")) }
        }
        Flaw::ExtraItem { what, .. } => RedFlag::ExtraItems { what },
        Flaw::NoEffect { statement, .. } => RedFlag::NoEffect { statement },
        Flaw::Forbidden { construct, why, .. } => RedFlag::Forbidden { construct, why },
    }
}

#[cfg(test)]
#[path = "sample_tests.rs"]
mod tests;
