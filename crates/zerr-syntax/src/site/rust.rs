//! Rust's functions in their files.

use tree_sitter::Node;

use super::{Form, Site};
use crate::holes;
use crate::tree::{self, children};
use crate::{Language, Span};

pub(super) fn site(function: Node<'_>, text: &str) -> Option<Site> {
    let body = function.child_by_field_name("body")?;
    let (doc, start) = holes::rust_documentation(function, text);
    let mut path = vec![tree::text(function.child_by_field_name("name")?, text).to_owned()];
    let mut form = Form {
        is_test: attributes(function, text).any(is_test),
        is_opaque: holes::rust_hides_its_type(function),
        ..Form::default()
    };
    for child in children(function) {
        match child.kind() {
            "function_modifiers" => {
                let words = tree::text(child, text);
                form.is_async |= words.split_whitespace().any(|word| word == "async");
                form.is_const |= words.split_whitespace().any(|word| word == "const");
            }
            "parameters" => {
                form.is_method |= children(child).iter().any(|it| it.kind() == "self_parameter");
            }
            _ => {}
        }
    }
    let mut around = function.parent();
    while let Some(node) = around {
        let named = match node.kind() {
            "impl_item" => node.child_by_field_name("type"),
            "trait_item" | "mod_item" => node.child_by_field_name("name"),
            "function_item" | "closure_expression" => {
                form.is_nested = true;
                None
            }
            // What a macro is given is only text.
            "token_tree" => return None,
            _ => None,
        };
        form.is_test |= attributes(node, text).any(is_test);
        if let Some(named) = named {
            let shown = tree::text(named, text);
            path.push(shown.split('<').next().unwrap_or(shown).trim().to_owned());
        }
        around = node.parent();
    }
    path.reverse();
    let end = text.get(..body.start_byte())?.trim_end().len();
    Some(Site {
        language: Language::Rust,
        path,
        head: Span::new(function.start_byte(), end),
        body: tree::span(body),
        item: Span::new(start, function.end_byte()),
        line: 0,
        end_line: 0,
        doc,
        open: holes::rust_placeholder(body, text),
        form,
    })
}

/// The attributes above an item.
fn attributes<'a>(item: Node<'_>, text: &'a str) -> impl Iterator<Item = &'a str> {
    let mut found = Vec::new();
    let mut above = item.prev_sibling();
    while let Some(node) = above {
        match node.kind() {
            "attribute_item" => found.push(tree::text(node, text)),
            "line_comment" | "block_comment" => {}
            _ => break,
        }
        above = node.prev_sibling();
    }
    found.into_iter()
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`.
fn is_test(attribute: &str) -> bool {
    let inside = attribute.trim_start_matches("#[").trim_end_matches(']').trim();
    let name = inside.split(['(', '=']).next().unwrap_or("").trim();
    name == "test"
        || name.ends_with("::test")
        || (name == "cfg" && inside.split(|c: char| !c.is_alphanumeric()).any(|it| it == "test"))
}
