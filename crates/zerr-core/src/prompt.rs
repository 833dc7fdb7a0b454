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
use zerr_syntax::signature::Signature;

use crate::sample::RedFlag;
use crate::spec::FunctionSpec;

mod decompose;
mod roles;

pub use decompose::decompose;
pub use roles::{describe, distinguish, examples, parse_call, parse_sentence, repair, translate};

/// What a model is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The text of one function.
    Function,
    /// The parts that a function is made of.
    Decompose,
    /// The same function in the other language.
    Translate,
    /// Calls of a function with their results.
    Examples,
    /// What a function does, in one sentence.
    Describe,
    /// A function without the mistake that was found in it.
    Repair,
    /// A call on which two functions differ.
    Distinguish,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Function,
        Self::Decompose,
        Self::Translate,
        Self::Examples,
        Self::Describe,
        Self::Repair,
        Self::Distinguish,
    ];

    /// The name in model cards.
    pub fn name(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Decompose => "decompose",
            Self::Translate => "translate",
            Self::Examples => "examples",
            Self::Describe => "describe",
            Self::Repair => "repair",
            Self::Distinguish => "distinguish",
        }
    }

    /// The versions that can be rendered, ascending.
    pub fn versions(self) -> &'static [u32] {
        match self {
            Self::Function => FUNCTION_VERSIONS,
            Self::Decompose | Self::Translate | Self::Repair => &[1, 2],
            _ => &[1],
        }
    }
}

/// How a function may be asked to be written: another algorithm, never another identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approach {
    /// Chains of iterators, comprehensions.
    Iterator,
    /// A function that calls itself.
    Recursive,
    /// A table or a `match`.
    Table,
    /// Calls and their results first, as comments.
    TestFirst,
}

impl Approach {
    /// Every approach, in the order in which they are tried.
    pub const ALL: [Self; 4] = [Self::Iterator, Self::Table, Self::TestFirst, Self::Recursive];

    fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Iterator, Language::Rust) => "chain iterators",
            (Self::Iterator, Language::Python) => "use a comprehension or a generator",
            (Self::Recursive, _) => "use recursion",
            (Self::Table, Language::Rust) => "match or look it up",
            (Self::Table, Language::Python) => "look it up in a table",
            (Self::TestFirst, _) => "begin with two calls and their results in comments",
        }
    }
}

/// The versions of role `function`, ascending: 2 can ask for an approach, in 3 the reply begins
/// with the function's head, so that no sample is lost to another name or signature.
pub const FUNCTION_VERSIONS: &[u32] = &[1, 2, 3];

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
/// is not known, and for an `approach` in a version that has none.
pub fn function(
    version: u32,
    f: &FunctionSpec,
    uses: &[&FunctionSpec],
    approach: Option<Approach>,
) -> Option<Prompt> {
    let language = f.signature.language;
    let mut lines = vec![header(language).to_owned(), String::new()];
    lines.extend(task(f, uses));
    match (version, approach) {
        (1..=3, None) => {}
        (2 | 3, Some(approach)) => lines.push(format!("Approach: {}", approach.words(language))),
        _ => return None,
    }
    lines.extend([String::new(), REPLY_LINE.to_owned()]);
    let prompt = code_prompt(Role::Function, version, language, &lines);
    Some(if version >= 3 { prompt.headed(&f.signature) } else { prompt })
}

impl Prompt {
    /// Lets the reply begin with the head of the function that is asked for.
    fn headed(mut self, signature: &Signature) -> Self {
        self.prefill.push_str(&signature.text);
        self.prefill.push_str(match signature.language {
            Language::Rust => " {\n",
            Language::Python => "\n",
        });
        self
    }

    /// What of the prefill is code: the function's head, or nothing.
    fn head(&self) -> &str {
        self.prefill.split_once('\n').map_or("", |(_, head)| head)
    }
}

/// A prompt that is answered by one code block.
fn code_prompt(role: Role, version: u32, language: Language, lines: &[String]) -> Prompt {
    Prompt {
        role,
        version,
        language,
        messages: vec![Message { role: "user".to_owned(), content: lines.join("\n") }],
        prefill: format!("```{language}\n"),
        stop: vec!["\n```".to_owned()],
        tokens_max: FUNCTION_TOKENS_MAX,
    }
}

const REPLY_LINE: &str = "Reply with one code block that holds only this function.";

fn name_of(language: Language) -> &'static str {
    match language {
        Language::Rust => "Rust",
        Language::Python => "Python",
    }
}

fn header(language: Language) -> &'static str {
    match language {
        Language::Rust => "Write one Rust function.",
        Language::Python => "Write one Python function.",
    }
}

/// What a function is to do.
fn task(f: &FunctionSpec, uses: &[&FunctionSpec]) -> Vec<String> {
    let mut lines = vec![f.signature.text.clone(), String::new(), f.description.clone()];
    lines.extend(f.requires.iter().map(|contract| format!("Requires: {contract}")));
    lines.extend(f.ensures.iter().map(|contract| format!("Ensures: {contract}")));
    if let Some(place) = &f.in_project {
        lines.push(format!("It is `{}` of an existing project.", place.path));
        for item in &place.context {
            lines.extend([String::new(), format!("In {}:", item.file), item.text.clone()]);
        }
    } else {
        lines.extend(f.examples.iter().map(|example| format!("Example: {}", example.text)));
    }
    lines.extend(uses.iter().map(|other| format!("You may call: {}", other.signature.text)));
    lines.extend(f.forbidden.iter().map(|construct| format!("Forbidden: {construct}")));
    lines
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

/// What a reply says, when it came to its end and says anything.
///
/// # Errors
/// A reply that is cut off, empty, too long or no text.
pub(crate) fn text_of<'a>(prompt: &Prompt, reply: &'a RawReply) -> Result<&'a str, RedFlag> {
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
    let text = reply.text.trim_end().trim_start_matches(['\n', '\r']);
    if text.trim().is_empty() {
        return Err(RedFlag::Empty);
    }
    let first = prompt.messages.last().and_then(|message| message.content.lines().next());
    let repeats = |line: &str| {
        let line = line.trim();
        line == REPLY_LINE || Some(line) == first
    };
    if text.lines().any(repeats) {
        return Err(RedFlag::EchoedPrompt);
    }
    Ok(text)
}

/// The code in a reply, the head included that it was given. A reply that begins the function
/// again is taken as it stands.
///
/// # Errors
/// A reply that is not code and nothing else.
pub fn parse_reply(prompt: &Prompt, reply: &RawReply) -> Result<String, RedFlag> {
    let text = text_of(prompt, reply)?;
    let goes_on = text.starts_with([' ', '\t', '}']);
    let code = format!("{}{text}", if goes_on { prompt.head() } else { "" });
    let opens = match prompt.language {
        Language::Rust => "fn ",
        Language::Python => "def ",
    };
    let is_fence = |line: &str| line.trim_start().starts_with("```");
    if !code.contains(opens) || code.lines().any(is_fence) {
        return Err(RedFlag::NoCode);
    }
    Ok(code)
}

#[cfg(test)]
#[path = "prompt_tests.rs"]
mod tests;
