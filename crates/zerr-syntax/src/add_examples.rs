//! Examples put into the documentation of a function: [`added`].

use crate::doc_example::{self, DocExample};
use crate::holes::Hole;
use crate::{Language, holes};

/// The text with these lines, such as `f(1) == 2`, in the documentation of the unfinished function at
/// this line, from 1; `None` where there is no such function or nothing to add.
pub fn added(language: Language, text: &str, line: usize, examples: &[String]) -> Option<String> {
    let hole = holes::hole_at(language, text, line)?;
    if examples.is_empty() {
        return None;
    }
    let new = written(&hole, language, text, examples)?;
    // What is read back has to be what was meant: an example that says something else is an oracle that
    // nobody confirmed.
    let read = holes::hole_at(language, &new, line)?.doc_examples;
    let meant = doc_example::find(language, &hole.name, &examples.join("\n"));
    let key = |one: &DocExample| (one.args_text.clone(), one.expected_text.clone(), one.outcome);
    let is_read = meant.len() == examples.len()
        && read.len() == hole.doc_examples.len() + meant.len()
        && read.iter().rev().zip(meant.iter().rev()).all(|(a, b)| key(a) == key(b));
    is_read.then_some(new)
}

fn written(hole: &Hole, language: Language, text: &str, examples: &[String]) -> Option<String> {
    let (at, block) = match language {
        Language::Rust => {
            let at = head_of(text, hole.item_span.start, hole.body_span.start)?;
            let indent = indent_at(text, at);
            (at, block(&format!("{indent}/// "), examples))
        }
        Language::Python => {
            let body = line_start(text, hole.body_span.start);
            let indent = indent_at(text, body);
            let quotes = "\"\"\"";
            let item = text.get(hole.item_span.start..body)?;
            let close = [quotes, "'''"].into_iter().filter_map(|it| item.rfind(it)).max();
            // The letter in front of the quotes that open it.
            let opens = [quotes, "'''"].into_iter().filter_map(|it| item.find(it)).min();
            let before = opens.and_then(|at| item.get(..at)).unwrap_or_default();
            let is_raw = before.trim_end_matches(['b', 'B']).ends_with(['r', 'R'])
                && before.trim_end_matches(char::is_alphabetic).ends_with(char::is_whitespace);
            let escaped: Vec<String> = examples
                .iter()
                .map(|one| if is_raw { one.clone() } else { one.replace('\\', "\\\\") })
                .map(|one| if is_raw { one } else { one.replace(quotes, "\\\"\\\"\\\"") })
                .collect();
            let lines = block(&indent, &escaped);
            match close {
                // Before the closing quotes of the doc string, on lines of their own.
                Some(close) => {
                    let close = hole.item_span.start + close;
                    let is_alone = text.get(line_start(text, close)..close)?.trim().is_empty();
                    if is_alone {
                        let at = line_start(text, close);
                        // What stands right under a doctest would be taken for what it prints.
                        let above = text.get(..at)?.trim_end_matches(['\n', '\r']).len();
                        let is_apart = text.get(above..at)?.matches('\n').count() > 1;
                        (at, if is_apart { lines } else { format!("\n{lines}") })
                    } else {
                        (close, format!("\n\n{lines}{indent}"))
                    }
                }
                None => (body, format!("{indent}{quotes}\n{lines}{indent}{quotes}\n")),
            }
        }
    };
    let block = if text.contains("\r\n") { block.replace('\n', "\r\n") } else { block };
    let (before, behind) = text.split_at_checked(at)?;
    Some(format!("{before}{block}{behind}"))
}

/// A line for each example.
fn block(before: &str, examples: &[String]) -> String {
    examples.iter().flat_map(|one| [before, one, "\n"]).collect()
}

/// Where the line of `fn` begins, behind documentation and attributes.
fn head_of(text: &str, start: usize, body: usize) -> Option<usize> {
    let item = text.get(start..body)?;
    let mut at = line_start(text, start);
    for line in item.lines() {
        let code = line.trim_start();
        if !(code.is_empty() || code.starts_with("//") || code.starts_with("#[")) {
            return Some(line_start(text, at.max(start)));
        }
        at = text.get(at..)?.find('\n').map(|end| at + end + 1)?;
    }
    None
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

fn indent_at(text: &str, start: usize) -> String {
    let line = text.get(start..).unwrap_or_default();
    line.chars().take_while(|c| *c == ' ' || *c == '\t').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(language: Language, text: &str, line: usize) -> String {
        added(language, text, line, &["f(1) == 2".to_owned(), "f(0) == 0".to_owned()]).unwrap()
    }

    #[test]
    fn examples_stand_in_the_documentation_and_are_read_from_there() {
        let rust = "use std::fmt;\n\n/// Doubles.\n#[must_use]\npub fn f(x: i32) -> i32 {\n    todo!()\n}\n";
        let python =
            "def f(x: int) -> int:\n    \"\"\"Double.\"\"\"\n    raise NotImplementedError\n";
        let open = "def f(x: int) -> int:\n    \"\"\"Double.\n    \"\"\"\n    ...\n";
        let bare = "class A:\n    pass\n\ndef f(x: int) -> int:\n    ...\n";
        for (language, text, line) in [
            (Language::Rust, rust, 5),
            (Language::Python, python, 1),
            (Language::Python, open, 1),
            (Language::Python, bare, 4),
        ] {
            let text = with(language, text, line);
            let hole = holes::holes(language, &text).pop().unwrap();
            assert_eq!(hole.doc_examples.len(), 2, "{text}");
        }
        assert_eq!(
            with(Language::Rust, rust, 5),
            "use std::fmt;\n\n/// Doubles.\n#[must_use]\n/// f(1) == 2\n/// f(0) == 0\npub fn f(x: i32) -> \
             i32 {\n    todo!()\n}\n"
        );
        assert_eq!(
            with(Language::Python, python, 1),
            "def f(x: int) -> int:\n    \"\"\"Double.\n\n    f(1) == 2\n    f(0) == 0\n    \"\"\"\n    raise \
             NotImplementedError\n"
        );
    }

    #[test]
    fn an_example_is_not_taken_for_what_a_doctest_prints() {
        let text = "def f(x: int) -> int:\n    \"\"\"Double.\n\n    >>> f(3)\n    6\n    \"\"\"\n    ...\n";
        let once = with(Language::Python, text, 1);
        assert!(once.contains("    6\n\n    f(1) == 2\n    f(0) == 0\n    \"\"\"\n"), "{once}");
        let hole = holes::holes(Language::Python, &once).pop().unwrap();
        assert_eq!(hole.doc_examples.len(), 3, "{once}");
    }

    #[test]
    fn an_example_says_the_same_in_a_doc_string() {
        for open in ["\"\"\"", "'''"] {
            let text = format!("def f(s: str) -> str:\n    {open}Keep it.{open}\n    ...\n");
            let example = r#"f("a\n\\") == "\t""#.to_owned();
            let with = added(Language::Python, &text, 1, &[example]).unwrap();
            let hole = holes::holes(Language::Python, &with).pop().unwrap();
            assert_eq!(hole.doc_examples[0].args_text, [r#""a\n\\""#], "{with}");
        }
        // A doc string of another form would stand above a second one, which nobody reads.
        let text = "def f(s: str) -> str:\n    'Keep it.'\n    ...\n";
        assert_eq!(added(Language::Python, text, 1, &["f(\"a\") == \"a\"".to_owned()]), None);
    }

    #[test]
    fn nothing_is_added_where_there_is_no_hole() {
        assert_eq!(added(Language::Rust, "fn f() {}\n", 1, &["f() == 1".to_owned()]), None);
    }
}
