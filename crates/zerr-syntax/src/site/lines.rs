//! Moving code to the right and back without changing the texts in it: [`shifted`].

use std::collections::BTreeSet;

use crate::Language;
use crate::tokens::{FlatKind, flatten, with_tokens};

/// The lines of a piece of code, from 0, that begin inside of a text.
pub(super) fn in_texts(language: Language, code: &str) -> BTreeSet<usize> {
    let spans: Vec<(usize, usize)> = match language {
        Language::Rust => with_tokens(code, |tokens| {
            flatten(&tokens)
                .into_iter()
                .filter(
                    |token| matches!(&token.kind, FlatKind::Literal(text) if text.contains('\n')),
                )
                .map(|token| (token.span.start, token.span.end))
                .collect()
        })
        .unwrap_or_default(),
        Language::Python => python_texts(code),
    };
    let mut start = 0;
    let mut inside = BTreeSet::new();
    for (number, line) in code.split_inclusive('\n').enumerate() {
        if spans.iter().any(|(from, to)| *from < start && start < *to) {
            inside.insert(number);
        }
        start += line.len();
    }
    inside
}

/// Where texts in triple quotes stand.
fn python_texts(code: &str) -> Vec<(usize, usize)> {
    let bytes = code.as_bytes();
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => {
                at += code.get(at..).and_then(|rest| rest.find('\n')).unwrap_or(code.len() - at);
            }
            b'"' | b'\'' => {
                let rest = bytes.get(at..).unwrap_or_default();
                let triple = [*byte; 3];
                let quote: &[u8] =
                    if rest.starts_with(&triple) { &triple } else { std::slice::from_ref(byte) };
                let begin = at;
                at += quote.len();
                while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
                    if rest.starts_with(b"\\") {
                        at += 2;
                    } else if rest.starts_with(quote) {
                        at += quote.len();
                        break;
                    } else if quote.len() == 1 && rest.starts_with(b"\n") {
                        break;
                    } else {
                        at += 1;
                    }
                }
                spans.push((begin, at));
            }
            _ => at += 1,
        }
    }
    spans
}

/// The lines after the first with this in front of them, but for those that begin inside of a text, and
/// empty ones.
pub fn shifted(language: Language, code: &str, indent: &str) -> String {
    let inside = in_texts(language, code);
    let mut out = String::new();
    for (number, line) in code.split_inclusive('\n').enumerate() {
        if number > 0 && !line.trim().is_empty() && !inside.contains(&number) {
            out.push_str(indent);
        }
        out.push_str(line);
    }
    out
}

/// All lines without their first `columns` bytes, as far as these are blank; those that begin inside of a
/// text are left as they are.
pub fn unshifted(language: Language, code: &str, columns: usize) -> String {
    let inside = in_texts(language, code);
    let mut out = String::new();
    for (number, line) in code.split_inclusive('\n').enumerate() {
        let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
        let cut = if inside.contains(&number) { 0 } else { columns.min(blank) };
        out.push_str(line.get(cut..).unwrap_or(""));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_lines() {
        let rust = "{\n    let a = \"x\n  y\";\n    // it's\n    r#\"\n\"#\n}";
        assert_eq!(in_texts(Language::Rust, rust).into_iter().collect::<Vec<_>>(), [2, 5]);
        assert_eq!(
            shifted(Language::Rust, rust, "  "),
            "{\n      let a = \"x\n  y\";\n      // it's\n      r#\"\n\"#\n  }"
        );
        let python = "    \"\"\"A\n  b\\\"\"\"\n    c\"\"\"\n    # it's\n    return 'x\\'' + \"\"\"d\ne\"\"\"\n";
        assert_eq!(in_texts(Language::Python, python).into_iter().collect::<Vec<_>>(), [1, 2, 5]);
        let moved = unshifted(Language::Python, python, 4);
        assert!(
            moved.starts_with("\"\"\"A\n  b") && moved.ends_with("\"\"\"d\ne\"\"\"\n"),
            "{moved}"
        );
    }
}
