//! Small changes to Rust.

use tree_sitter::Node;

use super::{Edit, integers, swapped};
use crate::Span;
use crate::tree::{self, named_children, preorder, span};

const METHODS: &[(&str, &str)] = &[
    ("min", "max"),
    ("min_by_key", "max_by_key"),
    ("first", "last"),
    ("any", "all"),
    ("to_uppercase", "to_lowercase"),
    ("to_ascii_uppercase", "to_ascii_lowercase"),
    ("is_uppercase", "is_lowercase"),
    ("is_ascii_uppercase", "is_ascii_lowercase"),
    ("is_alphabetic", "is_alphanumeric"),
    ("is_ascii_alphabetic", "is_ascii_alphanumeric"),
    ("is_ascii_digit", "is_ascii_alphanumeric"),
    ("is_numeric", "is_alphanumeric"),
    ("is_some", "is_none"),
    ("is_ok", "is_err"),
    ("starts_with", "ends_with"),
    ("take", "skip"),
    ("take_while", "skip_while"),
    ("sum", "product"),
    ("push_front", "push_back"),
    ("pop_front", "pop_back"),
    ("trim_start", "trim_end"),
    ("find", "rfind"),
    ("floor", "ceil"),
    ("saturating_add", "saturating_sub"),
    ("wrapping_add", "wrapping_sub"),
    ("checked_add", "checked_sub"),
    ("union", "intersection"),
];

/// Methods that can be left out without a change of type.
const OPTIONAL: &[&str] = &["rev", "abs", "trim", "trim_start", "trim_end", "to_lowercase"];

pub(super) fn edits(root: Node<'_>, source: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for function in named_children(root) {
        if let Some(body) = function.child_by_field_name("body") {
            for node in preorder(body) {
                node_edits(node, source, &mut edits);
            }
            let last = named_children(body).pop();
            let tail = last.filter(|last| last.kind() != "expression_statement" && is_value(*last));
            if let (Some(tail), true) = (tail, has_result(function)) {
                edits.push(Edit::new(span(tail), source, "Default::default()"));
            }
        }
    }
    edits
}

fn has_result(function: Node<'_>) -> bool {
    function.child_by_field_name("return_type").is_some()
}

fn is_value(node: Node<'_>) -> bool {
    !matches!(node.kind(), "let_declaration" | "expression_statement")
        && !node.kind().ends_with("_item")
        && !node.kind().ends_with("_declaration")
}

fn node_edits(node: Node<'_>, source: &str, edits: &mut Vec<Edit>) {
    let shown = tree::text(node, source);
    let mut push = |at: Span, text: &str| edits.push(Edit::new(at, source, text));
    match node.kind() {
        "binary_expression" | "compound_assignment_expr" => {
            if let Some(operator) = node.child_by_field_name("operator") {
                for other in operators(operator.kind()) {
                    push(span(operator), other);
                }
            }
        }
        "unary_expression" => {
            let operator = node.child(0).map(|first| first.kind());
            if let (Some("!" | "-"), Some(inner)) = (operator, node.named_child(0)) {
                push(span(node), tree::text(inner, source));
            }
        }
        "range_expression" => {
            for part in tree::children(node) {
                match part.kind() {
                    "..=" => push(span(part), ".."),
                    ".." if part.next_sibling().is_some() => push(span(part), "..="),
                    _ => {}
                }
            }
        }
        "integer_literal" => {
            let is_length = node.parent().is_some_and(|it| it.kind() == "array_type");
            if !is_length {
                for other in integers(shown) {
                    push(span(node), &other);
                }
            }
        }
        "float_literal" => {
            let zero = shown.starts_with("0.0") || shown == "0.";
            push(span(node), if zero { "1.0" } else { "0.0" });
        }
        "boolean_literal" => push(span(node), if shown == "true" { "false" } else { "true" }),
        "char_literal" => {
            if let ['\'', letter, '\''] = shown.chars().collect::<Vec<_>>().as_slice() {
                push(span(node), if *letter == 'x' { "'y'" } else { "'x'" });
            }
        }
        "string_literal" => {
            let in_macro = node.parent().is_some_and(|it| it.kind() == "token_tree");
            if in_macro {
                let longer = shown.strip_suffix('"').map(|text| format!("{text}x\""));
                if let Some(text) = longer {
                    push(span(node), &text);
                }
            } else {
                push(span(node), if shown == "\"\"" { "\"x\"" } else { "\"\"" });
            }
        }
        "return_expression" => {
            if let Some(value) = node.named_child(0) {
                push(span(value), "Default::default()");
            }
        }
        "expression_statement" => statement(node, source, &mut push),
        "if_expression" => {
            if let Some(condition) = node.child_by_field_name("condition")
                && !matches!(condition.kind(), "let_condition" | "let_chain")
            {
                push(span(condition), &format!("!({})", tree::text(condition, source)));
            }
        }
        "call_expression" => call(node, source, &mut push),
        _ => {}
    }
}

fn statement(node: Node<'_>, source: &str, push: &mut impl FnMut(Span, &str)) {
    let Some(inner) = node.named_child(0) else { return };
    let ends = tree::text(node, source).ends_with(';');
    let drops = match inner.kind() {
        "assignment_expression" | "compound_assignment_expr" | "continue_expression" => true,
        "call_expression" => inner
            .child_by_field_name("function")
            .is_some_and(|function| function.kind() == "field_expression"),
        // A function may end without this return only where more follows.
        "return_expression" => {
            node.parent().and_then(|it| it.parent()).is_some_and(|it| it.kind() == "if_expression")
        }
        _ => false,
    };
    if drops && ends {
        push(span(node), "");
    }
}

fn call(node: Node<'_>, source: &str, push: &mut impl FnMut(Span, &str)) {
    let Some(function) = node.child_by_field_name("function") else { return };
    let function = match function.kind() {
        "generic_function" => function.child_by_field_name("function").unwrap_or(function),
        _ => function,
    };
    let name = match function.kind() {
        "field_expression" => function.child_by_field_name("field"),
        "scoped_identifier" => function.child_by_field_name("name"),
        "identifier" => Some(function),
        _ => None,
    };
    let Some(name) = name else { return };
    let text = tree::text(name, source);
    if let Some(other) = swapped(METHODS, text) {
        push(span(name), other);
    }
    if function.kind() == "field_expression"
        && OPTIONAL.contains(&text)
        && let Some(receiver) = function.child_by_field_name("value")
    {
        push(Span::new(receiver.end_byte(), node.end_byte()), "");
    }
}

fn operators(operator: &str) -> &'static [&'static str] {
    match operator {
        "+" => &["-"],
        "-" | "*" => &["+"],
        "/" => &["*"],
        "%" => &["/"],
        "==" => &["!="],
        "!=" => &["=="],
        "<" => &["<=", ">="],
        "<=" => &["<", ">"],
        ">" => &[">=", "<="],
        ">=" => &[">", "<"],
        "&&" => &["||"],
        "||" => &["&&"],
        "&" => &["|"],
        "|" | "^" => &["&"],
        "<<" => &[">>"],
        ">>" => &["<<"],
        "+=" => &["-="],
        "-=" | "*=" => &["+="],
        "/=" | "%=" => &["*="],
        "|=" | "^=" => &["&="],
        "&=" => &["|="],
        "<<=" => &[">>="],
        ">>=" => &["<<="],
        _ => &[],
    }
}
