//! Role `decompose`: how a split is asked for. [`crate::split`] reads what comes back.

use super::{Prompt, Role, code_prompt, name_of, task};
use crate::spec::FunctionSpec;

/// What each line of a reply is for.
const REPLY_LINE: &str =
    "Reply with one code block: for each part its signature, what it does and the parts it calls.";

/// Asks for the parts of a function. `None` for a version that is not known.
pub fn decompose(version: u32, f: &FunctionSpec) -> Option<Prompt> {
    if version != 1 {
        return None;
    }
    let language = f.signature.language;
    let mut lines =
        vec![format!("Split one {} function into smaller ones.", name_of(language)), String::new()];
    lines.extend(task(f, &[]));
    lines.extend([String::new(), REPLY_LINE.to_owned()]);
    Some(code_prompt(Role::Decompose, version, language, &lines))
}
