//! An answer to what a `task_spec.yaml` leaves open, put into it as an example. Main function: [`answered`].
//!
//! # Invariants
//! The text that comes back reads as the same spec with that one example more, or none comes back.

use zerr_syntax::{Language, doc_example};

use super::yaml::{self, Kind, Node};
use super::{Example, FunctionSpec, Spec, hole, parse, write};

/// The text with an example, such as `f([]) == 0`, of a function in front of its other ones; `None` where the
/// text has no place for it, or it says something else there.
pub fn answered(text: &str, function: &str, language: Language, answer: &str) -> Option<String> {
    let specs = parse(text.as_bytes(), "").ok()?;
    let spec = specs.iter().find(|spec| spec.language == language)?;
    let own = spec.functions.iter().find(|one| one.name == function)?;
    let [read] = &doc_example::find(language, function, answer)[..] else { return None };
    let example = hole::typed(read, own).ok()??;
    let new = inserted(text, function, &write::example_text(own, &[&example]))?;
    let again = parse(new.as_bytes(), "").ok()?;
    is_same_but(&specs, &again, function, language, &example).then_some(new)
}

/// Whether nothing differs but that the function has the example more, which it had not before.
fn is_same_but(
    old: &[Spec],
    new: &[Spec],
    function: &str,
    language: Language,
    example: &Example,
) -> bool {
    let is_it = |one: &FunctionSpec| one.name == function;
    let mut without = new.to_vec();
    let mut is_there = false;
    for spec in &mut without {
        for own in spec.functions.iter_mut().filter(|one| is_it(one)) {
            is_there |= spec.language == language && own.examples.first() == Some(example);
            own.examples.splice(..own.examples.len().min(1), []);
        }
    }
    is_there && without == old
}

/// The text with a line, or a part of one, more.
fn inserted(text: &str, function: &str, example: &str) -> Option<String> {
    let bare = text.strip_prefix('\u{feff}').unwrap_or(text);
    let skipped = text.len() - bare.len();
    let root = yaml::read(bare).ok()?;
    let Kind::List(functions) = &field(&root, "functions")?.1.kind else { return None };
    let named =
        |one: &&Node| field(one, "name").is_some_and(|(_, name)| name.raw_text() == Some(function));
    let node = functions.iter().find(named)?;
    let line_end = if bare.contains("\r\n") { "\r\n" } else { "\n" };
    let (at, piece) = if let Some((key, list)) = field(node, "examples") {
        let Kind::List(items) = &list.kind else { return None };
        let at = offset(bare, list.place.line, list.place.column)?;
        if bare.get(at..)?.starts_with('[') {
            let comma = if items.is_empty() { "" } else { ", " };
            (at + 1, format!("{example}{comma}"))
        } else if key.place.line < list.place.line {
            let first = bare.get(offset(bare, list.place.line, 1)?..)?;
            let indent = first.find('-').filter(|at| first.get(..*at).is_some_and(is_blank))?;
            // Right below the key: a comment above the first one is of that one.
            let start = offset(bare, key.place.line + 1, 1)?;
            (start, format!("{}- {example}{line_end}", " ".repeat(indent)))
        } else {
            return None;
        }
    } else {
        let (key, name) = field(node, "name")?;
        let indent = " ".repeat(key.place.column.checked_sub(1)?);
        let start = offset(bare, name.place.line, 1)?;
        let next = start + bare.get(start..)?.find('\n')? + 1;
        (next, format!("{indent}examples:{line_end}{indent}  - {example}{line_end}"))
    };
    let (before, behind) = text.split_at_checked(skipped + at)?;
    Some(format!("{before}{piece}{behind}"))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// A key of a mapping and its value.
fn field<'n>(node: &'n Node, name: &str) -> Option<(&'n Node, &'n Node)> {
    let Kind::Map(entries) = &node.kind else { return None };
    let found = entries.iter().find(|(key, _)| key.raw_text() == Some(name));
    found.map(|(key, value)| (key, value))
}

/// Where a line and column, in characters from 1, stand in the text.
fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let inside = text.get(start..)?.char_indices().nth(column.checked_sub(1)?);
    Some(start + inside.map_or(0, |(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "name: t\nlanguage: [rust, python]\nfunctions:\n  - name: f\n    signature:\n      rust: \"fn f(xs: &[i32]) -> i32\"\n      python: \"def f(xs: list[int]) -> int\"\n    description: The largest.\n";

    fn python(text: &str, answer: &str) -> Option<String> {
        answered(text, "f", Language::Python, answer)
    }

    #[test]
    fn an_answer_stands_before_the_examples_as_they_are_written() {
        let block =
            format!("{HEAD}    examples:\n    # first\n    - args: [[1]]\n      returns: 1\n");
        let with = python(&block, "f([]) == 0").unwrap();
        assert!(
            with.contains(
                "examples:\n    - {args: [[]], returns: 0}\n    # first\n    - args: [[1]]"
            ),
            "{with}"
        );
        let flow = format!("{HEAD}    examples: [{{args: [[1]], returns: 1}}]\n");
        let with = answered(&flow, "f", Language::Rust, "f(&[]) == 0").unwrap();
        assert!(with.contains("[{args: [[]], returns: 0}, {args: [[1]]"), "{with}");
        let none = python(&format!("\u{feff}{HEAD}"), "f([-3]) == -3").unwrap();
        assert!(
            none.contains("- name: f\n    examples:\n      - {args: [[-3]], returns: -3}\n"),
            "{none}"
        );
        let other_ends = HEAD.replace('\n', "\r\n");
        assert!(python(&other_ends, "f([]) == 0").unwrap().contains("returns: 0}\r\n"));
    }

    #[test]
    fn what_fits_nowhere_or_says_something_else_is_not_put_in() {
        assert_eq!(python(HEAD, "g([]) == 0"), None);
        assert_eq!(python(HEAD, "f([])"), None);
        assert_eq!(python(HEAD, "f('a') == 0"), None);
        assert_eq!(answered(HEAD, "g", Language::Python, "g([]) == 0"), None);
        // Rust would have no outcome.
        assert_eq!(python(HEAD, "f([]) raises ValueError"), None);
        let known = format!("{HEAD}    examples: [{{args: [[]], returns: 1}}]\n");
        assert_eq!(python(&known, "f([]) == 0"), None, "it contradicts one that is there");
        let wound = HEAD
            .replace("  - name: f\n", "  - name: f\n    # name\n")
            .replace("The largest.", "\"The\n      largest.\"");
        assert!(python(&wound, "f([]) == 0").is_some());
        let inside = "name: t\nlanguage: python\nfunctions:\n  - {name: f, description: \"The\n     largest.\", signature: \"def f(xs: list[int]) -> int\"}\n";
        assert_eq!(python(inside, "f([]) == 0"), None);
        let anchored = format!("{HEAD}    examples: &e []\n");
        assert_eq!(python(&anchored, "f([]) == 0"), None);
        let flow = "{name: t, language: python, functions: [{name: f, signature: \"def f(x: int) -> int\", description: d}]}";
        assert_eq!(python(flow, "f(1) == 0"), None);
    }
}
