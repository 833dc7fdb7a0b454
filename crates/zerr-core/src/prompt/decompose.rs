//! Role `decompose`: how a split is asked for. [`crate::split`] reads what comes back.

use super::{Prompt, Role, code_prompt, name_of, task};
use crate::spec::FunctionSpec;

/// What each line of a reply is for, by version. In 2 a part begins with the words that it stands
/// for: who reads the plan sees where a part comes from, and a model that has just quoted them
/// names the part as if it alone were asked for.
const REPLY_LINES: [&str; 2] = [
    "Reply with one code block: for each part its signature, what it does and the parts it calls.",
    "Reply with one code block. For each part write `For:` and the words of the description that \
     it stands for, then its signature, then `Does:` and what it does and, if it calls parts, \
     `Calls:` and their names. If there is nothing to split, write `one function`.",
];

/// Asks for the parts of a function. `None` for a version that is not known.
pub fn decompose(version: u32, f: &FunctionSpec) -> Option<Prompt> {
    let reply_line = REPLY_LINES.get((version as usize).checked_sub(1)?)?;
    let language = f.signature.language;
    let mut lines =
        vec![format!("Split one {} function into smaller ones.", name_of(language)), String::new()];
    lines.extend(task(f, &[]));
    lines.extend([String::new(), (*reply_line).to_owned()]);
    Some(code_prompt(Role::Decompose, version, language, &lines))
}
