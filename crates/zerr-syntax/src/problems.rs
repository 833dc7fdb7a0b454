//! What does not parse in a file that people write: [`problems`], several at once.
//!
//! tree-sitter goes on behind a mistake, but its grammars run behind the languages: what it flags
//! in Rust counts only where `syn` does not parse the file either. For Python the caller asks
//! `CPython`.

use tree_sitter::Node;

use crate::tokens::with_tokens;
use crate::tree::{self, preorder};
use crate::{Language, Span};

/// One place that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub message: String,
    pub span: Span,
}

/// The places of a text that do not parse, in order, at most `most` of them.
pub fn problems(language: Language, text: &str, most: usize) -> Vec<Problem> {
    let Some(tree) = tree::parse(language, text) else { return Vec::new() };
    in_tree(language, tree.root_node(), text, most)
}

/// The same of a text whose tree is known.
pub(crate) fn in_tree(language: Language, root: Node<'_>, text: &str, most: usize) -> Vec<Problem> {
    if !root.has_error() || (language == Language::Rust && syn_parses(text)) {
        return Vec::new();
    }
    let mut found: Vec<Problem> = Vec::new();
    let mut nodes = preorder(root);
    while let Some(node) = nodes.next() {
        if found.len() >= most {
            break;
        }
        if !node.has_error() {
            nodes.skip_children();
            continue;
        }
        // An error around other errors says no more than they do.
        if node.is_missing() || (node.is_error() && !has_error_within(node)) {
            found.push(problem(node, text));
        }
    }
    if found.is_empty() {
        found
            .extend(tree::first_error(root, text).map(|(message, span)| Problem { message, span }));
    }
    found.sort_by_key(|problem| problem.span);
    found
}

fn has_error_within(node: Node<'_>) -> bool {
    tree::children(node).into_iter().any(|child| child.has_error() || child.is_missing())
}

fn problem(node: Node<'_>, text: &str) -> Problem {
    let span = tree::span(node);
    if node.is_missing() {
        return Problem { message: format!("`{}` is missing", node.kind()), span };
    }
    let shown: String = span.text(text).trim().chars().take(30).collect();
    let shown = shown.lines().next().unwrap_or("").to_owned();
    Problem { message: format!("unexpected `{shown}`"), span }
}

fn syn_parses(text: &str) -> bool {
    // A shebang line is the file's, not the language's.
    let text = match text.strip_prefix("#!") {
        Some(rest) if !rest.trim_start().starts_with('[') => {
            text.find('\n').and_then(|end| text.get(end..)).unwrap_or("")
        }
        _ => text,
    };
    with_tokens(text, |tokens| syn::parse2::<syn::File>(tokens).is_ok()).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line_column;

    fn check(language: Language, text: &str, expected: &[(usize, &str)]) {
        let found = problems(language, text, 10);
        let found: Vec<(usize, &str)> = found
            .iter()
            .map(|problem| (line_column(text, problem.span.start).0, problem.message.as_str()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn sound_files_have_no_problems() {
        check(
            Language::Rust,
            "#!/usr/bin/env run\nfn f() { if let Some(x) = y && x > 1 {} }\n",
            &[],
        );
        check(Language::Python, "def f(x: int) -> int:\n    return x\n", &[]);
        check(Language::Rust, "", &[]);
        check(Language::Python, "\u{feff}x = 1\r\ny = 2\r\n", &[]);
    }

    #[test]
    fn every_mistake_is_told_not_only_the_first() {
        let rust = "fn a() { let = 1; }\nfn b() -> i32 { 1 }\nfn c( { }\n";
        let lines: Vec<usize> = problems(Language::Rust, rust, 10)
            .iter()
            .map(|problem| line_column(rust, problem.span.start).0)
            .collect();
        assert!(lines.contains(&1) && lines.contains(&3), "{lines:?}");
        let python = "def a(:\n    pass\n\ndef b():\n    return 1\n\nx = = 2\n";
        let lines: Vec<usize> = problems(Language::Python, python, 10)
            .iter()
            .map(|problem| line_column(python, problem.span.start).0)
            .collect();
        assert!(lines.contains(&1) && lines.contains(&7), "{lines:?}");
    }

    #[test]
    fn the_number_of_problems_is_bounded() {
        let text = "fn f( { let = ; }\n".repeat(50);
        assert_eq!(problems(Language::Rust, &text, 5).len(), 5);
    }

    #[test]
    fn hostile_text_is_read_without_a_panic() {
        for language in Language::ALL {
            for text in ["(".repeat(50_000), "\0".repeat(100), "é".repeat(100_000), "\"".to_owned()]
            {
                let _ = problems(language, &text, 3);
            }
        }
    }
}
