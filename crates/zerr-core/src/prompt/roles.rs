//! The roles beside writing and splitting a function: how each is asked, and how its reply is read.
//!
//! # Invariants
//! As for every role, a reply is read or flagged, never repaired.

use zerr_syntax::Language;
use zerr_syntax::signature::Signature;

use super::{Prompt, REPLY_LINE, RawReply, Role, code_prompt, name_of, task, text_of};
use crate::sample::RedFlag;
use crate::spec::FunctionSpec;

fn block(language: Language, code: &str) -> Vec<String> {
    let mut lines = vec![format!("```{language}")];
    lines.extend(code.trim_end().lines().map(str::to_owned));
    lines.push("```".to_owned());
    lines
}

/// Asks for `code`, a function of `from`, in the language of `signature`.
pub fn translate(signature: &Signature, from: Language, code: &str) -> Prompt {
    let into = signature.language;
    let mut lines =
        vec![format!("Write this {} function in {}.", name_of(from), name_of(into)), String::new()];
    lines.extend(block(from, code));
    lines.extend([String::new(), signature.text.clone(), String::new(), REPLY_LINE.to_owned()]);
    code_prompt(Role::Translate, 2, into, &lines).headed(signature)
}

/// Asks for calls of a function with their results, in the form of [`FunctionSpec::examples`].
pub fn examples(f: &FunctionSpec) -> Prompt {
    let language = f.signature.language;
    let mut lines =
        vec![format!("Write examples of one {} function.", name_of(language)), String::new()];
    lines.extend(task(f, &[]));
    lines.extend([
        String::new(),
        "Reply with one code block of calls and their results, one a line.".to_owned(),
    ]);
    code_prompt(Role::Examples, 1, language, &lines)
}

/// Asks what a function does.
pub fn describe(language: Language, code: &str) -> Prompt {
    let mut lines =
        vec![format!("Say what this {} function does.", name_of(language)), String::new()];
    lines.extend(block(language, code));
    lines.extend([String::new(), "Reply with one sentence.".to_owned()]);
    Prompt {
        prefill: String::new(),
        stop: vec!["\n".to_owned()],
        ..code_prompt(Role::Describe, 1, language, &lines)
    }
}

/// Asks for a function without the mistake that `finding` names in `code`.
pub fn repair(f: &FunctionSpec, code: &str, finding: &str) -> Prompt {
    let language = f.signature.language;
    let mut lines = vec![format!("Repair one {} function.", name_of(language)), String::new()];
    lines.extend(task(f, &[]));
    lines.push(String::new());
    lines.extend(block(language, code));
    lines.extend([format!("Finding: {finding}"), String::new(), REPLY_LINE.to_owned()]);
    code_prompt(Role::Repair, 2, language, &lines).headed(&f.signature)
}

/// A call is one line.
const CALL_TOKENS_MAX: u32 = 200;

/// Asks for a call on which two functions of one signature differ.
pub fn distinguish(signature: &Signature, code: &str, rival: &str) -> Prompt {
    let language = signature.language;
    let mut lines = vec![
        format!("Find a call on which these {} functions differ.", name_of(language)),
        String::new(),
        signature.text.clone(),
        String::new(),
    ];
    lines.extend(block(language, code));
    lines.extend(block(language, rival));
    lines
        .extend([String::new(), "Reply with one code block that holds only this call.".to_owned()]);
    Prompt { tokens_max: CALL_TOKENS_MAX, ..code_prompt(Role::Distinguish, 1, language, &lines) }
}

/// The sentence of a description.
///
/// # Errors
/// More than one line, or nothing.
pub fn parse_sentence(prompt: &Prompt, reply: &RawReply) -> Result<String, RedFlag> {
    let text = text_of(prompt, reply)?;
    if text.lines().count() != 1 || text.contains("```") {
        return Err(RedFlag::NoCode);
    }
    Ok(text.trim().to_owned())
}

/// The text of a call of `name`, from its name to its closing bracket.
///
/// # Errors
/// Anything but one line with such a call.
pub fn parse_call(prompt: &Prompt, reply: &RawReply, name: &str) -> Result<String, RedFlag> {
    let text = parse_sentence(prompt, reply)?;
    let rest = text.strip_prefix(name).map(str::trim_start);
    if rest.is_some_and(|rest| rest.starts_with('(') && rest.ends_with(')')) {
        Ok(text)
    } else {
        Err(RedFlag::NoCode)
    }
}
