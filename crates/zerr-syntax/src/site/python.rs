//! Python's functions in their files.

use tree_sitter::Node;

use super::{Form, Site};
use crate::holes;
use crate::tree::{self, children};
use crate::{Language, Span};

pub(super) fn site(function: Node<'_>, text: &str) -> Option<Site> {
    let part = holes::python_parts(function, text)?;
    let name = tree::text(function.child_by_field_name("name")?, text).to_owned();
    let mut form = Form {
        is_async: children(function).iter().any(|child| child.kind() == "async"),
        is_test: name.starts_with("test_"),
        ..Form::default()
    };
    let mut path = vec![name];
    let mut around = function.parent();
    while let Some(node) = around {
        match node.kind() {
            "class_definition" => {
                form.is_method |= path.len() == 1 && !form.is_nested;
                path.push(tree::text(node.child_by_field_name("name")?, text).to_owned());
            }
            "function_definition" | "lambda" => form.is_nested = true,
            _ => {}
        }
        around = node.parent();
    }
    path.reverse();
    Some(Site {
        language: Language::Python,
        path,
        head: Span::new(function.start_byte(), part.head_end),
        body: part.body,
        item: part.item,
        line: 0,
        end_line: 0,
        doc: part.doc,
        open: part.open,
        form,
    })
}

/// The names of parameters without annotations in a function's head.
pub(super) fn untyped_params(head: &str) -> Vec<String> {
    let full = format!("{} pass\n", head.trim_end());
    let Some(parsed) = tree::parse(Language::Python, &full) else { return Vec::new() };
    let mut nodes = tree::preorder(parsed.root_node());
    let Some(parameters) = nodes.find(|it| it.kind() == "parameters") else { return Vec::new() };
    let name = |node: Node<'_>| match node.kind() {
        "identifier" => Some(tree::text(node, &full).to_owned()),
        "default_parameter" => {
            Some(tree::text(node.child_by_field_name("name")?, &full).to_owned())
        }
        _ => None,
    };
    children(parameters).into_iter().filter_map(name).collect()
}
