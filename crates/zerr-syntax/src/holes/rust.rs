//! Unfinished Rust functions.

use tree_sitter::Node;

use super::{Found, Placeholder, dedent};
use crate::literal::{self, LiteralKind};
use crate::tree::{self, named_children, preorder, span};
use crate::{Language, Span};

pub(super) fn hole(function: Node<'_>, text: &str) -> Option<Found> {
    let Placeholder { message } = placeholder(function.child_by_field_name("body")?, text)?;
    found(function, text, message)
}

/// The source of a written function from its `fn` on: who may see it matters to others only.
pub(super) fn source<'a>(function: Node<'_>, text: &'a str) -> &'a str {
    let hidden = tree::children(function)
        .into_iter()
        .find(|child| child.kind() == "visibility_modifier")
        .map_or(function.start_byte(), |visibility| visibility.end_byte());
    text.get(hidden..function.end_byte()).unwrap_or("").trim_start()
}

pub(super) fn found(function: Node<'_>, text: &str, message: Option<String>) -> Option<Found> {
    let body = function.child_by_field_name("body")?;
    let name = tree::text(function.child_by_field_name("name")?, text).to_owned();
    let (doc, start) = documentation(function, text);
    let head = Span::new(function.start_byte(), body.start_byte());
    Some(Found {
        name,
        signature_text: head.text(text).trim().to_owned(),
        doc,
        message,
        body_span: span(body),
        item_span: Span::new(start, function.end_byte()),
        promises: Vec::new(),
        misplaced: misplaced(function),
    })
}

/// The message of a body that is one `todo!()` or `unimplemented!()`; where the function returns
/// `impl Trait`, a value behind it says which type that is.
pub(super) fn placeholder(body: Node<'_>, text: &str) -> Option<Placeholder> {
    let statements = named_children(body);
    let first = match statements.as_slice() {
        [only] => only,
        [first, _] if hides_its_type(body.parent()?) => first,
        _ => return None,
    };
    let call = if first.kind() == "expression_statement" { first.named_child(0)? } else { *first };
    if call.kind() != "macro_invocation" {
        return None;
    }
    let name = tree::text(call.child_by_field_name("macro")?, text);
    if !matches!(name.rsplit("::").next(), Some("todo" | "unimplemented")) {
        return None;
    }
    let message = preorder(call)
        .find(|node| matches!(node.kind(), "string_literal" | "raw_string_literal"))
        .and_then(|node| string(tree::text(node, text)));
    Some(Placeholder { message })
}

/// Whether only a function's body says which type it returns.
pub(super) fn hides_its_type(function: Node<'_>) -> bool {
    let returned = function.child_by_field_name("return_type");
    returned.is_some_and(|ty| preorder(ty).any(|node| node.kind() == "abstract_type"))
}

fn string(text: &str) -> Option<String> {
    match literal::parse(Language::Rust, text).ok()?.kind {
        LiteralKind::Str(value) => Some(value),
        _ => None,
    }
}

fn misplaced(function: Node<'_>) -> Option<&'static str> {
    let mut around = function.parent();
    while let Some(node) = around {
        match node.kind() {
            "impl_item" | "trait_item" => return Some("methods are not supported"),
            "function_item" | "closure_expression" => {
                return Some(super::NESTED);
            }
            _ => around = node.parent(),
        }
    }
    None
}

/// The documentation above a function, and where it or the first attribute begins.
pub(super) fn documentation(function: Node<'_>, text: &str) -> (String, usize) {
    let mut start = function.start_byte();
    let mut blocks: Vec<Vec<String>> = Vec::new();
    let mut above = function.prev_sibling();
    while let Some(node) = above {
        let shown = tree::text(node, text);
        match node.kind() {
            "line_comment" => match shown.strip_prefix("///") {
                Some(line) if !line.starts_with('/') => {
                    blocks.push(vec![line.trim_end_matches(['\n', '\r']).to_owned()]);
                    start = node.start_byte();
                }
                _ => {}
            },
            "block_comment" if shown.starts_with("/**") && shown.len() > 4 => {
                let inside = shown.trim_start_matches("/**").trim_end_matches("*/");
                blocks.push(inside.lines().map(without_star).collect());
                start = node.start_byte();
            }
            "block_comment" => {}
            "attribute_item" => {
                start = node.start_byte();
                let value = shown
                    .strip_prefix("#[doc")
                    .and_then(|rest| rest.trim_start().strip_prefix('='))
                    .and_then(|rest| rest.trim().strip_suffix(']'));
                if let Some(value) = value.and_then(|value| string(value.trim())) {
                    blocks.push(value.lines().map(str::to_owned).collect());
                }
            }
            _ => break,
        }
        above = node.prev_sibling();
    }
    blocks.reverse();
    (dedent(&blocks.concat()), start)
}

fn without_star(line: &str) -> String {
    let trimmed = line.trim_start();
    trimmed.strip_prefix('*').map_or_else(|| line.to_owned(), str::to_owned)
}
