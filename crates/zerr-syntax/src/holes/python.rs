//! Unfinished Python functions.

use tree_sitter::Node;

pub(super) use super::promise::promises;
use super::{Found, Placeholder, PythonParts, dedent};
use crate::literal::{self, LiteralKind};
use crate::tree::{self, named_children, preorder, span};
use crate::{Language, Span};

pub(super) fn hole(function: Node<'_>, text: &str) -> Option<Found> {
    read(function, text, |statements, doc| Some(placeholder(statements, doc, text)?.message))
}

pub(super) fn found(function: Node<'_>, text: &str, message: Option<String>) -> Option<Found> {
    read(function, text, |_, _| Some(message))
}

fn read(
    function: Node<'_>,
    text: &str,
    message: impl FnOnce(&[Node<'_>], &str) -> Option<Option<String>>,
) -> Option<Found> {
    let body = function.child_by_field_name("body")?;
    let mut statements = named_children(body);
    let mut doc = String::new();
    let mut doc_end = body.start_byte();
    if let Some(first) = statements.first().copied()
        && tree::is_doc_string(first)
    {
        statements.remove(0);
        doc = documentation(tree::text(first, text));
        doc_end = first.end_byte();
    }
    let message = message(&statements, &doc)?;
    let body_span = match (statements.first(), statements.last()) {
        (Some(first), Some(last)) => Span::new(first.start_byte(), last.end_byte()),
        _ => Span::new(doc_end, doc_end),
    };
    let decorated = function.parent().filter(|it| it.kind() == "decorated_definition");
    let item = decorated.unwrap_or(function);
    let head = Span::new(function.start_byte(), body.start_byte());
    let promises = decorated.map(|item| promises(item, text));
    let is_changed = matches!(promises, Some(None));
    Some(Found {
        name: tree::text(function.child_by_field_name("name")?, text).to_owned(),
        signature_text: without_comment(head.text(text)),
        doc,
        message,
        body_span,
        item_span: span(item),
        promises: promises.flatten().unwrap_or_default(),
        misplaced: if is_changed {
            Some("decorators are not supported")
        } else {
            misplaced(function)
        },
    })
}

pub(super) fn parts(function: Node<'_>, text: &str) -> Option<PythonParts> {
    let written = found(function, text, None)?;
    let head = Span::new(function.start_byte(), function.child_by_field_name("body")?.start_byte());
    let colon = head.start + without_comment(head.text(text)).len();
    Some(PythonParts {
        head_end: colon,
        body: written.body_span,
        item: written.item_span,
        doc: written.doc,
        open: hole(function, text).map(|hole| hole.message.unwrap_or_default()),
    })
}

/// A comment may stand between the colon and the body.
fn without_comment(head: &str) -> String {
    match head.rfind(':') {
        Some(colon) if head.get(colon..).is_some_and(|rest| rest.contains('#')) => {
            head.get(..=colon).unwrap_or(head).trim().to_owned()
        }
        _ => head.trim().to_owned(),
    }
}

/// The message of a body that is not written yet.
fn placeholder(statements: &[Node<'_>], doc: &str, text: &str) -> Option<Placeholder> {
    let says_todo = doc.contains("TODO");
    match statements {
        [] => says_todo.then_some(Placeholder { message: None }),
        [only] => {
            let shown = tree::text(*only, text);
            match only.kind() {
                "expression_statement" if shown == "..." => Some(Placeholder { message: None }),
                "pass_statement" if says_todo => Some(Placeholder { message: None }),
                "raise_statement" if shown.contains("NotImplementedError") => {
                    let message = preorder(*only)
                        .find(|node| node.kind() == "string")
                        .and_then(|node| string(tree::text(node, text)));
                    Some(Placeholder { message })
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn string(text: &str) -> Option<String> {
    match literal::parse(Language::Python, text).ok()?.kind {
        LiteralKind::Str(value) => Some(value),
        _ => None,
    }
}

/// A doc string's text as `inspect.cleandoc` has it: the first line has no indentation.
fn documentation(shown: &str) -> String {
    let value = string(shown).unwrap_or_default();
    let mut lines = value.lines();
    let first = lines.next().unwrap_or("").trim().to_owned();
    let rest: Vec<String> = lines.map(|line| line.replace('\t', "    ")).collect();
    format!("{first}\n{}", dedent(&rest)).trim().to_owned()
}

fn misplaced(function: Node<'_>) -> Option<&'static str> {
    let mut around = function.parent();
    while let Some(node) = around {
        match node.kind() {
            "class_definition" => return Some("methods are not supported"),
            "function_definition" | "lambda" => {
                return Some(super::NESTED);
            }
            _ => around = node.parent(),
        }
    }
    None
}
