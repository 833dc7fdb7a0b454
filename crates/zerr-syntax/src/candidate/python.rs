//! Python replies, read by tree-sitter. `CPython` itself judges them later, confined.

use tree_sitter::Node;

use super::{Expected, Flaw, Function, Literals, set_of, without_trailing_blanks};
use crate::deny::{self, Policy};
use crate::literal::{self, LiteralKind};
use crate::signature;
use crate::tree::{self, named_children, preorder, span};
use crate::{Language, Span};

pub(super) fn parse(text: &str, expected: Expected<'_>, policy: &Policy) -> Result<Function, Flaw> {
    let kept = {
        let tree = tree_of(text)?;
        multi_line_strings(tree.root_node(), text)
    };
    let source = without_trailing_blanks(text, &kept);
    let tree = tree_of(&source)?;
    let root = tree.root_node();
    if let Some(span) = tree::depth_exceeds(root) {
        return Err(Flaw::TooDeep { span });
    }
    if let Some((message, span)) = tree::first_error(root, &source) {
        return Err(Flaw::NoParse { message, span });
    }
    let function = only_function(root, &source)?;
    let found = function
        .child_by_field_name("name")
        .map(|name| tree::text(name, &source).to_owned())
        .unwrap_or_default();
    if found != expected.name() {
        return Err(Flaw::OtherName { found });
    }
    let matches = match expected {
        Expected::Shape(expected) => signature::read_python(function, &source)
            .is_ok_and(|signature| signature.same_shape(expected)),
        Expected::Head { head, .. } => head_words(&format!("{head}\n    pass\n"))
            .is_some_and(|asked| head_words(&source).as_ref() == Some(&asked)),
    };
    let Some(body) = function.child_by_field_name("body") else { return Err(Flaw::NoFunction) };
    if !matches {
        let head = Span::new(function.start_byte(), body.start_byte());
        let found = head.text(&source).split_whitespace().collect::<Vec<_>>().join(" ");
        return Err(Flaw::SignatureDiffers { found });
    }
    let from = expected.judged_from(body.start_byte());
    let mut violations = deny::scan_python(root, &source, policy).into_iter();
    if let Some(violation) = violations.find(|violation| violation.span.start >= from) {
        return Err(violation.into());
    }
    if let Some(violation) = deny::unfinished_python(function, &source) {
        return Err(violation.into());
    }
    let mut calls = Vec::new();
    let mut is_recursive = false;
    for node in preorder(body) {
        if is_idle(node) {
            let statement = tree::text(node, &source).to_owned();
            return Err(Flaw::NoEffect { statement, span: span(node) });
        }
        if node.kind() == "identifier" && is_use_of(node, &source, &found) {
            is_recursive = true;
        }
        if node.kind() == "call"
            && let Some(callee) = node.child_by_field_name("function")
            && callee.kind() == "identifier"
        {
            calls.push(tree::text(callee, &source).to_owned());
        }
    }
    Ok(Function {
        normal_form: normal_form(root, &source),
        literals: literals(body, &source),
        calls: set_of(calls),
        is_recursive,
        body_span: span(body),
        source,
    })
}

/// Whether a statement does nothing: a comparison of names and constants, or one of these by itself. Texts
/// and `...` are documentation and what is left out.
fn is_idle(node: Node<'_>) -> bool {
    let plain = |node: Node<'_>| {
        matches!(node.kind(), "identifier" | "integer" | "float" | "true" | "false" | "none")
    };
    let [value] = named_children(node)[..] else { return false };
    let compares = || {
        let sides = named_children(value);
        value.kind() == "comparison_operator"
            && sides.into_iter().all(|side| plain(side) || side.kind() == "string")
    };
    node.kind() == "expression_statement" && (plain(value) || compares())
}

/// The words of the first function's head.
fn head_words(text: &str) -> Option<Vec<String>> {
    let tree = tree::parse(Language::Python, text)?;
    let function = preorder(tree.root_node()).find(|it| it.kind() == "function_definition")?;
    let end = function.child_by_field_name("body")?.start_byte();
    let words = preorder(function)
        .take_while(|node| node.start_byte() < end)
        .filter(|node| node.child_count() == 0 && !node.is_extra() && node.end_byte() <= end)
        .map(|node| tree::text(node, text).to_owned());
    Some(words.collect())
}

fn is_use_of(node: Node<'_>, source: &str, name: &str) -> bool {
    let is_member = node.parent().is_some_and(|parent| {
        parent.kind() == "attribute"
            && parent.child_by_field_name("attribute").is_some_and(|it| it.id() == node.id())
    });
    !is_member && tree::text(node, source) == name
}

fn tree_of(text: &str) -> Result<tree_sitter::Tree, Flaw> {
    tree::parse(Language::Python, text).ok_or_else(|| Flaw::NoParse {
        message: "cannot be read".to_owned(),
        span: Span::new(0, text.len()),
    })
}

fn multi_line_strings(root: Node<'_>, text: &str) -> Vec<Span> {
    preorder(root)
        .filter(|node| node.kind() == "string")
        .map(span)
        .filter(|span| span.text(text).contains('\n'))
        .collect()
}

fn only_function<'tree>(root: Node<'tree>, source: &str) -> Result<Node<'tree>, Flaw> {
    let items = named_children(root);
    let functions: Vec<Node<'tree>> =
        items.iter().copied().filter(|item| item.kind() == "function_definition").collect();
    let decorated = items.iter().find(|item| item.kind() == "decorated_definition");
    match (functions.as_slice(), decorated) {
        (_, Some(item)) => {
            Err(Flaw::ExtraItem { what: "a decorator".to_owned(), span: span(*item) })
        }
        ([], None) => Err(Flaw::NoFunction),
        ([only], None) => match items.iter().find(|item| item.id() != only.id()) {
            None => Ok(*only),
            Some(extra) => {
                let what = match extra.kind() {
                    kind if kind.contains("import") => "an import",
                    "class_definition" => "a class",
                    _ => "a statement",
                };
                Err(Flaw::ExtraItem { what: what.to_owned(), span: span(*extra) })
            }
        },
        (several, None) => Err(Flaw::SeveralFunctions {
            names: several
                .iter()
                .filter_map(|item| item.child_by_field_name("name"))
                .map(|name| tree::text(name, source).to_owned())
                .collect(),
        }),
    }
}

/// Leaves with one space between them; blocks in brackets, statements on lines of their own,
/// comments and doc strings left out.
fn normal_form(root: Node<'_>, source: &str) -> String {
    let mut out = String::new();
    let mut nodes = preorder(root);
    // The ends of the blocks and statements that are open.
    let mut open: Vec<(usize, &str)> = Vec::new();
    while let Some(node) = nodes.next() {
        while let Some((end, close)) = open.last().copied() {
            if node.start_byte() < end {
                break;
            }
            out.push_str(close);
            open.pop();
        }
        let kind = node.kind();
        if node.is_extra() || is_function_doc(node) {
            nodes.skip_children();
            continue;
        }
        if kind == "block" {
            out.push_str("{\n");
            open.push((node.end_byte(), "}\n"));
        } else if node.parent().is_some_and(|it| matches!(it.kind(), "block" | "module"))
            && node.is_named()
        {
            open.push((node.end_byte(), "\n"));
        }
        if kind == "string" {
            out.push_str(tree::text(node, source));
            out.push(' ');
            nodes.skip_children();
        } else if node.child_count() == 0 && kind != ";" && kind != "block" {
            out.push_str(tree::text(node, source));
            out.push(' ');
        }
    }
    while let Some((_, close)) = open.pop() {
        out.push_str(close);
    }
    out
}

fn is_function_doc(node: Node<'_>) -> bool {
    tree::is_doc_string(node)
        && node.prev_named_sibling().is_none()
        && node
            .parent()
            .and_then(|body| body.parent())
            .is_some_and(|it| it.kind() == "function_definition")
}

fn literals(body: Node<'_>, source: &str) -> Literals {
    let mut found = Literals::default();
    let mut nodes = preorder(body);
    while let Some(node) = nodes.next() {
        if !matches!(node.kind(), "integer" | "float" | "string" | "concatenated_string") {
            continue;
        }
        if node.kind().contains("string") {
            if !preorder(node).any(|part| part.kind() == "interpolation") {
                nodes.skip_children();
            }
            if node.parent().is_some_and(tree::is_doc_string) {
                continue;
            }
        }
        let Ok(literal) = literal::parse(Language::Python, tree::text(node, source)) else {
            continue;
        };
        let negated = node.parent().is_some_and(|parent| {
            parent.kind() == "unary_operator" && tree::text(parent, source).starts_with('-')
        });
        let sign = if negated { "-" } else { "" };
        match literal.kind {
            LiteralKind::Int { digits, .. } => found.ints.push(format!("{sign}{digits}")),
            LiteralKind::Float { text, .. } => found.floats.push(format!("{sign}{text}")),
            LiteralKind::Str(text) => found.strings.push(text),
            LiteralKind::Bytes(bytes) => found.strings.extend(String::from_utf8(bytes).ok()),
            _ => {}
        }
    }
    Literals {
        ints: set_of(found.ints),
        floats: set_of(found.floats),
        strings: set_of(found.strings),
        chars: Vec::new(),
    }
}
