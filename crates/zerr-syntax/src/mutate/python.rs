//! Small changes to Python.

use tree_sitter::Node;

use super::{Edit, integers, swapped};
use crate::Span;
use crate::tree::{self, children, named_children, preorder, span};

const METHODS: &[(&str, &str)] = &[
    ("upper", "lower"),
    ("isupper", "islower"),
    ("isalpha", "isalnum"),
    ("isdigit", "isalnum"),
    ("lstrip", "rstrip"),
    ("startswith", "endswith"),
    ("find", "rfind"),
    ("append", "extend"),
    ("appendleft", "append"),
    ("popleft", "pop"),
    ("union", "intersection"),
    ("keys", "values"),
    ("floor", "ceil"),
    ("bisect_left", "bisect_right"),
];

const FUNCTIONS: &[(&str, &str)] = &[("min", "max"), ("any", "all"), ("sorted", "list")];

/// Functions that can be left out without a change of type.
const OPTIONAL: &[&str] = &["abs", "reversed", "set", "sorted"];

pub(super) fn edits(root: Node<'_>, source: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for function in named_children(root) {
        if let Some(body) = function.child_by_field_name("body") {
            let mut nodes = preorder(body);
            while let Some(node) = nodes.next() {
                if tree::is_doc_string(node) || node.kind() == "type" {
                    nodes.skip_children();
                    continue;
                }
                node_edits(node, source, &mut edits);
            }
        }
    }
    edits
}

fn node_edits(node: Node<'_>, source: &str, edits: &mut Vec<Edit>) {
    let shown = tree::text(node, source);
    let mut push = |at: Span, text: &str| edits.push(Edit::new(at, source, text));
    match node.kind() {
        "binary_operator" | "boolean_operator" | "augmented_assignment" => {
            if let Some(operator) = node.child_by_field_name("operator")
                && let Some(other) = operator_of(operator.kind())
            {
                push(span(operator), other);
            }
        }
        "comparison_operator" => {
            for operator in node.children_by_field_name("operators", &mut node.walk()) {
                let text = tree::text(operator, source);
                let words: Vec<&str> = text.split_whitespace().collect();
                for other in comparisons(&words.join(" ")) {
                    push(span(operator), other);
                }
            }
        }
        "not_operator" => {
            if let Some(inner) = node.child_by_field_name("argument") {
                push(span(node), &format!("({})", tree::text(inner, source)));
            }
        }
        "unary_operator" if shown.starts_with('-') => {
            if let Some(inner) = node.child_by_field_name("argument") {
                push(span(node), tree::text(inner, source));
            }
        }
        "integer" => integers(shown).iter().for_each(|other| push(span(node), other)),
        "float" => {
            let is_zero = shown.parse::<f64>().is_ok_and(|value| value == 0.0);
            push(span(node), if is_zero { "1.0" } else { "0.0" });
        }
        "true" => push(span(node), "False"),
        "false" => push(span(node), "True"),
        "string" => {
            let is_plain = shown.starts_with(['"', '\'']);
            let is_empty = matches!(shown, "\"\"" | "''");
            if is_plain {
                push(span(node), if is_empty { "\"x\"" } else { "\"\"" });
            } else if let Some(end) = node.children(&mut node.walk()).last()
                && end.kind() == "string_end"
            {
                push(Span::new(end.start_byte(), end.start_byte()), "x");
            }
        }
        "return_statement" => {
            if let Some(value) = node.named_child(0)
                && value.kind() != "none"
            {
                push(span(value), "None");
            }
        }
        "expression_statement" => {
            let drops = node.named_child(0).is_some_and(|inner| {
                matches!(inner.kind(), "call" | "augmented_assignment")
                    || (inner.kind() == "assignment"
                        && inner
                            .child_by_field_name("left")
                            .is_some_and(|left| matches!(left.kind(), "subscript" | "attribute")))
            });
            if drops {
                push(span(node), "pass");
            }
        }
        "continue_statement" => push(span(node), "pass"),
        "if_statement" | "elif_clause" => {
            if let Some(condition) = node.child_by_field_name("condition") {
                push(span(condition), &format!("not ({})", tree::text(condition, source)));
            }
        }
        "if_clause" => {
            if let Some(condition) = node.named_child(0) {
                push(span(condition), &format!("not ({})", tree::text(condition, source)));
            }
        }
        "conditional_expression" => {
            if let Some(condition) = node.named_child(1) {
                push(span(condition), &format!("not ({})", tree::text(condition, source)));
            }
        }
        "call" => call(node, source, &mut push),
        _ => {}
    }
}

fn call(node: Node<'_>, source: &str, push: &mut impl FnMut(Span, &str)) {
    let (Some(function), Some(arguments)) =
        (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
    else {
        return;
    };
    let arguments = named_children(arguments);
    if let Some(name) = function.child_by_field_name("attribute") {
        if let Some(other) = swapped(METHODS, tree::text(name, source)) {
            push(span(name), other);
        }
        return;
    }
    let name = tree::text(function, source);
    if let Some(other) = swapped(FUNCTIONS, name) {
        push(span(function), other);
    }
    if let [only] = arguments.as_slice()
        && OPTIONAL.contains(&name)
        && children(*only).iter().all(|child| child.kind() != "for_in_clause")
    {
        push(span(node), &format!("({})", tree::text(*only, source)));
    }
    if name == "range"
        && let Some(end) = arguments.get(usize::from(arguments.len() > 1))
    {
        let text = tree::text(*end, source);
        push(span(*end), &format!("{text} + 1"));
        push(span(*end), &format!("{text} - 1"));
    }
}

fn operator_of(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "+" => "-",
        "-" | "*" => "+",
        "/" | "%" => "//",
        "//" | "**" => "*",
        "&" => "|",
        "|" | "^" => "&",
        "<<" => ">>",
        ">>" => "<<",
        "and" => "or",
        "or" => "and",
        "+=" => "-=",
        "-=" | "*=" => "+=",
        "/=" | "//=" | "%=" => "*=",
        _ => return None,
    })
}

fn comparisons(operator: &str) -> &'static [&'static str] {
    match operator {
        "==" => &["!="],
        "!=" => &["=="],
        "<" => &["<=", ">="],
        "<=" => &["<", ">"],
        ">" => &[">=", "<="],
        ">=" => &[">", "<"],
        "in" => &["not in"],
        "not in" => &["in"],
        "is" => &["is not"],
        "is not" => &["is"],
        _ => &[],
    }
}
