//! Generated code on its way to a user's file. Main type: [`Patch`].
//!
//! # Invariants
//! A patch is made from an [`Assembled`] file whose verdict is *verified*, or *agreed* when the
//! user said that this is enough. There is no other way to make one.

use crate::event::SpecSource;
use crate::hash::Hash;
use crate::run::{Assembled, WholeVerdict};
use crate::verdict::Verdict;
use zerr_syntax::Language;

/// How good is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accept {
    /// Verified only.
    VerifiedOnly,
    /// Agreed too; the user says so.
    AgreedToo,
}

/// Text that may be written to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    path: String,
    text: String,
    replaces: Option<Hash>,
    verdict: Verdict,
}

/// Why there is no patch for a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAccepted {
    /// Its verdict is not good enough.
    #[error("`{path}` is {verdict} and not verified")]
    Verdict {
        /// The file.
        path: String,
        /// What zerr says of it.
        verdict: Verdict,
    },
    /// The parts passed and the whole did not.
    #[error("`{path}` was refuted as a whole: {why}")]
    Whole {
        /// The file.
        path: String,
        /// What refuted it.
        why: String,
    },
    /// Moving the body to its place would change a text in it.
    #[error("the function for `{path}` holds a text over several lines, which cannot be moved")]
    TextOverLines {
        /// The file.
        path: String,
    },
    /// The unfinished function is no longer where it was.
    #[error("`{path}` has no unfinished function at line {line}")]
    HoleGone {
        /// The file.
        path: String,
        /// Line from 1.
        line: usize,
    },
}

impl Patch {
    /// The patch of one assembled file. `name` is the spec's name; the file is called after it, or
    /// is the one that holds the unfinished function.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub fn new(
        source: &SpecSource,
        name: &str,
        assembled: &Assembled,
        accept: Accept,
    ) -> Result<Self, NotAccepted> {
        let path = match source {
            SpecSource::Yaml { .. } => format!("{name}.{}", assembled.language.extension()),
            SpecSource::Hole { name, .. } => name.clone(),
        };
        let verdict = match &assembled.whole {
            WholeVerdict::Stands(verdict) => *verdict,
            WholeVerdict::Refuted { why } => {
                return Err(NotAccepted::Whole { path, why: why.clone() });
            }
        };
        let good = verdict == Verdict::Verified
            || (verdict == Verdict::Agreed && accept == Accept::AgreedToo);
        if !good {
            return Err(NotAccepted::Verdict { path, verdict });
        }
        match source {
            SpecSource::Yaml { .. } => {
                Ok(Self { path, text: assembled.text.clone(), replaces: None, verdict })
            }
            SpecSource::Hole { text, language, line, project, .. } => {
                if project.is_none() && has_text_over_lines(*language, &assembled.text) {
                    return Err(NotAccepted::TextOverLines { path });
                }
                let filled = match project {
                    Some(_) => fill_site(*language, text, *line, &assembled.text),
                    None => fill(*language, text, *line, &assembled.text),
                };
                let filled =
                    filled.ok_or(NotAccepted::HoleGone { path: path.clone(), line: *line })?;
                let replaces = Some(Hash::of_text("file", text));
                Ok(Self { path, text: filled, replaces, verdict })
            }
        }
    }

    /// Where it goes: relative to the output folder, or the file as it was named.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text of the file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Hash, in the domain `file`, of the text that it was made for; `None` for a new file.
    pub fn replaces(&self) -> Option<&Hash> {
        self.replaces.as_ref()
    }

    /// What zerr says of it.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }
}

/// The file's text with the body of the unfinished function on `line` replaced by that of the
/// only function in `generated`. Nothing else changes.
fn fill(language: Language, text: &str, line: usize, generated: &str) -> Option<String> {
    let hole = zerr_syntax::holes::hole_at(language, text, line)?;
    let before = text.get(..hole.body_span.start)?;
    let after = text.get(hole.body_span.end..)?;
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lead = before.get(line_start..)?;
    let body = match language {
        Language::Rust => {
            let indent: String = lead.chars().take_while(|c| c.is_whitespace()).collect();
            indented(&rust_body(generated)?, &indent)
        }
        Language::Python if lead.trim().is_empty() => indented(&python_body(generated)?, lead),
        // The body stands behind the colon: `def f(x): ...`
        Language::Python => {
            let indent: String = lead.chars().take_while(|c| c.is_whitespace()).collect();
            let inner = format!("{indent}    ");
            format!("\n{inner}{}", indented(&python_body(generated)?, &inner))
        }
    };
    let before = if body.starts_with('\n') { before.trim_end_matches(' ') } else { before };
    Some(format!("{before}{body}{after}"))
}

/// The same for a function in its project, wherever that stands.
fn fill_site(language: Language, text: &str, line: usize, generated: &str) -> Option<String> {
    let site = zerr_syntax::site::site_at(language, text, line)?;
    let body = zerr_syntax::site::whole_body(language, generated)?;
    let body = match language {
        Language::Rust => {
            let before = text.get(..site.head.start)?;
            let lead = before.get(before.rfind('\n').map_or(0, |newline| newline + 1)..)?;
            let indent: String = lead.chars().take_while(|c| c.is_whitespace()).collect();
            zerr_syntax::site::shifted(language, &body, &indent)
        }
        Language::Python => body,
    };
    zerr_syntax::site::replace(&site, text, &body)
}

/// Whether moving lines to the right could change a text that spans them. In doubt it could: a
/// line with an odd number of quotes counts.
fn has_text_over_lines(language: Language, generated: &str) -> bool {
    let odd =
        |line: &str| line.replace("\\\"", "").replace("'\"'", "").matches('"').count() % 2 == 1;
    let triple = generated.contains("\"\"\"") || generated.contains("'''");
    let continued = generated.lines().any(|line| line.trim_end().ends_with('\\'));
    match language {
        Language::Python => triple || continued,
        Language::Rust => continued || generated.lines().any(odd),
    }
}

/// From the opening to the closing brace. No standard-library type in a signature has a brace.
fn rust_body(generated: &str) -> Option<String> {
    let function = generated.lines().scan(0, |at, line| {
        let start = *at;
        *at += line.len() + 1;
        Some((start, line))
    });
    let start = function
        .into_iter()
        .find(|(_, line)| line.starts_with("fn ") || line.starts_with("pub fn "))?;
    let text = generated.get(start.0..)?;
    let body = text.get(text.find('{')?..=text.rfind('}')?)?;
    Some(body.to_owned())
}

/// The statements with no indentation of their own, imports first.
fn python_body(generated: &str) -> Option<String> {
    let start = generated.find("\ndef ").map(|at| at + 1);
    let start = if generated.starts_with("def ") { 0 } else { start? };
    let imports = generated
        .get(..start)?
        .lines()
        .filter(|line| line.starts_with("import ") || line.starts_with("from "));
    let function = generated.get(start..)?;
    let mut depth = 0usize;
    let mut colon = None;
    for (at, c) in function.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                colon = Some(at);
                break;
            }
            _ => {}
        }
    }
    let body = function.get(colon? + 1..)?;
    let mut lines: Vec<String> = imports.map(str::to_owned).collect();
    for line in body.trim_matches('\n').trim_end().lines() {
        lines.push(line.strip_prefix("    ").unwrap_or(line.trim_start()).to_owned());
    }
    Some(lines.join("\n"))
}

/// The lines after the first moved to the right; no text spans them, see [`has_text_over_lines`].
fn indented(body: &str, indent: &str) -> String {
    let mut lines = body.lines();
    let mut text = lines.next().unwrap_or("").to_owned();
    for line in lines {
        text.push('\n');
        if !line.is_empty() {
            text.push_str(indent);
            text.push_str(line);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_cut_out_of_generated_text() {
        assert_eq!(
            rust_body("/// Adds { one }.\npub fn f(x: i32) -> i32 {\n    x + 1\n}\n").as_deref(),
            Some("{\n    x + 1\n}")
        );
        assert_eq!(
            python_body("import math\n\n\n# def of f:\ndef f(x: dict[str, int]) -> int:\n    if x:\n        return 1\n    return 2\n").as_deref(),
            Some("import math\nif x:\n    return 1\nreturn 2")
        );
    }

    #[test]
    fn a_text_over_several_lines_is_not_moved() {
        assert!(has_text_over_lines(Language::Python, "def f():\n    return \"\"\"a\nb\"\"\"\n"));
        assert!(has_text_over_lines(Language::Rust, "fn f() -> &str {\n    \"a\n    b\"\n}\n"));
        assert!(!has_text_over_lines(
            Language::Rust,
            "fn f(c: char) -> bool {\n    c == '\"'\n}\n"
        ));
        assert!(!has_text_over_lines(Language::Python, "def f():\n    return \"a\"\n"));
    }

    #[test]
    fn lines_move_with_the_place_they_are_put_in() {
        assert_eq!(indented("a\n    b\n\nc", "  "), "a\n      b\n\n  c");
    }
}
