//! Python signatures, read by tree-sitter.

use tree_sitter::Node;

use super::types::{FloatKind, IntKind, ListForm, MapForm, SetForm, TypeExpr};
use super::{Param, Signature, SignatureError};
use crate::tree::{self, children, named_children, span};
use crate::{Language, Span};

const FREE_FUNCTION: &str =
    "write a function with annotations, such as `def add(a: int, b: int) -> int:`";

pub(super) fn parse(text: &str) -> Result<Signature, SignatureError> {
    let text = text.trim_end();
    let whole = Span::new(0, text.len());
    // A signature has no body of its own: the first completion that parses is it.
    let mut first_failure = None;
    for completion in ["", " pass", ": pass"] {
        let full = format!("{text}{completion}\n");
        let Some(tree) = tree::parse(Language::Python, &full) else { break };
        let root = tree.root_node();
        if let Some(span) = tree::depth_exceeds(root) {
            return Err(SignatureError::new("types are nested too deeply", span, ""));
        }
        match tree::first_error(root, &full) {
            Some((message, span)) => {
                let at = Span::new(span.start.min(whole.end), span.end.min(whole.end));
                first_failure.get_or_insert(SignatureError::new(message, at, FREE_FUNCTION));
            }
            None => return read_module(root, &full),
        }
    }
    Err(first_failure.unwrap_or_else(|| SignatureError::new("no signature", whole, FREE_FUNCTION)))
}

fn read_module(root: Node<'_>, text: &str) -> Result<Signature, SignatureError> {
    let items = named_children(root);
    let refuse = |message: &str, node: Node<'_>| {
        Err(SignatureError::new(message, span(node), FREE_FUNCTION))
    };
    match items.as_slice() {
        [one] => match one.kind() {
            "function_definition" => read(*one, text),
            "decorated_definition" => refuse("decorators are not supported", *one),
            "class_definition" => refuse("classes are not supported", *one),
            _ => refuse("no function definition", *one),
        },
        [_, second, ..] => refuse("text after the signature", *second),
        [] => refuse("no signature", root),
    }
}

/// The signature of a `function_definition` node that holds no error.
pub(crate) fn read(function: Node<'_>, text: &str) -> Result<Signature, SignatureError> {
    let refuse = |what: &str, node: Node<'_>, hint: &str| {
        Err(SignatureError::new(format!("{what} are not supported"), span(node), hint))
    };
    let (Some(name_node), Some(parameters)) =
        (function.child_by_field_name("name"), function.child_by_field_name("parameters"))
    else {
        return Err(SignatureError::new("no function definition", span(function), FREE_FUNCTION));
    };
    if let Some(node) = children(function).into_iter().find(|child| child.kind() == "async") {
        return refuse("async functions", node, "write a plain function");
    }
    if let Some(node) = function.child_by_field_name("type_parameters") {
        return refuse("generic functions", node, "name the types");
    }
    let name = tree::text(name_node, text).to_owned();
    let mut params: Vec<Param> = Vec::new();
    let mut params_text = Vec::new();
    for node in named_children(parameters) {
        let (param, param_text) = read_param(node, params.is_empty(), text)?;
        if params.iter().any(|earlier| earlier.name == param.name) {
            return Err(SignatureError::new(
                format!("two parameters are named `{}`", param.name),
                span(node),
                "give each parameter its own name",
            ));
        }
        params.push(param);
        params_text.push(param_text);
    }
    let Some(returns_node) = function.child_by_field_name("return_type") else {
        return Err(SignatureError::new(
            "missing return type",
            span(parameters),
            format!("add `-> …` before the colon, `-> None` where `{name}` returns nothing"),
        ));
    };
    let returns = read_type(returns_node, text);
    let returns_text = rendered(returns_node, text);
    let params_text = params_text.join(", ");
    Ok(Signature {
        language: Language::Python,
        text: format!("def {name}({params_text}) -> {returns_text}:"),
        name,
        params,
        returns,
    })
}

fn read_param(
    node: Node<'_>,
    is_first: bool,
    text: &str,
) -> Result<(Param, String), SignatureError> {
    let refuse = |message: String, hint: &str| Err(SignatureError::new(message, span(node), hint));
    let shown = tree::text(node, text);
    match node.kind() {
        "identifier" if is_first && (shown == "self" || shown == "cls") => refuse(
            "methods are not supported".to_owned(),
            "write a free function that takes the value as a parameter",
        ),
        "identifier" => {
            refuse(format!("missing type of parameter `{shown}`"), "annotate it, such as `x: int`")
        }
        "default_parameter" | "typed_default_parameter" => refuse(
            "default values are not supported".to_owned(),
            "leave the default out and pass every argument",
        ),
        "typed_parameter" => {
            let parts = named_children(node);
            let (Some(name), Some(ty)) = (parts.first(), node.child_by_field_name("type")) else {
                return refuse(format!("`{shown}` is no parameter"), FREE_FUNCTION);
            };
            if name.kind() != "identifier" {
                return refuse(
                    "`*args` and `**kwargs` are not supported".to_owned(),
                    "take a list or a dict",
                );
            }
            let name = tree::text(*name, text).to_owned();
            let param_text = format!("{name}: {}", rendered(ty, text));
            let ty = read_type(ty, text);
            // Every Python list, dict and set is the caller's own; only observing tells.
            Ok((Param { name, ty, mutable_ref: false }, param_text))
        }
        "list_splat_pattern" | "dictionary_splat_pattern" => {
            refuse("`*args` and `**kwargs` are not supported".to_owned(), "take a list or a dict")
        }
        "keyword_separator" | "positional_separator" => refuse(
            format!("`{shown}` between parameters is not supported"),
            "name the parameters one after another",
        ),
        _ => refuse(format!("`{shown}` is no parameter"), FREE_FUNCTION),
    }
}

/// The neutral form of an annotation; what has none is kept as text.
pub(crate) fn read_type(node: Node<'_>, text: &str) -> TypeExpr {
    match node.kind() {
        "type" | "parenthesized_expression" => match named_children(node).as_slice() {
            [inner] => read_type(*inner, text),
            _ => opaque(node, text),
        },
        "none" => TypeExpr::Unit,
        "identifier" => match tree::text(node, text) {
            "int" => TypeExpr::Int(IntKind::Big),
            "float" => TypeExpr::Float(FloatKind::F64),
            "bool" => TypeExpr::Bool,
            "str" => TypeExpr::Str { owned: true },
            "bytes" => TypeExpr::Bytes,
            "list" | "dict" | "set" | "frozenset" | "tuple" | "object" | "complex"
            | "bytearray" | "memoryview" | "type" | "range" | "slice" | "Any" | "List" | "Dict"
            | "Set" | "FrozenSet" | "Tuple" | "Callable" | "Optional" | "Union" | "Iterable"
            | "Iterator" | "Sequence" | "Mapping" | "Self" | "NoReturn" | "Never" => {
                opaque(node, text)
            }
            name => TypeExpr::Named(name.to_owned()),
        },
        // A forward reference: `"Shape"`.
        "string" => {
            let inner = tree::text(node, text).trim_matches(['"', '\'']);
            let is_name = !inner.is_empty()
                && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                && !inner.starts_with(|c: char| c.is_ascii_digit());
            if is_name { TypeExpr::Named(inner.to_owned()) } else { opaque(node, text) }
        }
        "binary_operator" => read_union(node, text).unwrap_or_else(|| opaque(node, text)),
        // What a union is called where one side has brackets.
        "union_type" => union_of(&named_children(node), text).unwrap_or_else(|| opaque(node, text)),
        "generic_type" | "subscript" => {
            read_generic(node, text).unwrap_or_else(|| opaque(node, text))
        }
        _ => opaque(node, text),
    }
}

/// `X | Y`, `X | None` in either order.
fn read_union(node: Node<'_>, text: &str) -> Option<TypeExpr> {
    let operator = node.child_by_field_name("operator")?;
    if operator.kind() != "|" {
        return None;
    }
    let left = node.child_by_field_name("left")?;
    let right = node.child_by_field_name("right")?;
    union_of(&[left, right], text)
}

/// One of several types, each told once, `None` by itself; `None` where zerr cannot look into one.
fn union_of(sides: &[Node<'_>], text: &str) -> Option<TypeExpr> {
    let mut open: Vec<TypeExpr> = sides.iter().rev().map(|side| read_type(*side, text)).collect();
    let (mut members, mut is_optional) = (Vec::new(), false);
    while let Some(ty) = open.pop() {
        match ty {
            TypeExpr::Unit => is_optional = true,
            TypeExpr::Option(inner) => {
                is_optional = true;
                open.push(*inner);
            }
            TypeExpr::Union(items) => open.extend(items.into_iter().rev()),
            ty => {
                if !members.contains(&ty) {
                    members.push(ty);
                }
            }
        }
    }
    // A frozen set and one that is not are one type of value here.
    let sets = members.iter().filter(|ty| matches!(ty, TypeExpr::Set { .. })).count();
    let is_opaque = |ty: &TypeExpr| matches!(ty, TypeExpr::Opaque(_));
    if members.len() > 1 && (sets > 1 || members.iter().any(is_opaque)) {
        return None;
    }
    let inner = match members.len() {
        0 => return Some(TypeExpr::Unit),
        1 => members.pop()?,
        _ => TypeExpr::Union(members),
    };
    Some(if is_optional { TypeExpr::Option(Box::new(inner)) } else { inner })
}

fn read_generic(node: Node<'_>, text: &str) -> Option<TypeExpr> {
    let mut parts = named_children(node).into_iter();
    let head = parts.next()?;
    let head = tree::text(head, text);
    let head = head.strip_prefix("typing.").unwrap_or(head);
    let mut arguments: Vec<Node<'_>> = parts.collect();
    if let [one] = arguments.as_slice()
        && one.kind() == "type_parameter"
    {
        arguments = named_children(*one);
    }
    let boxed = |node: &Node<'_>| Box::new(read_type(*node, text));
    Some(match (head, arguments.as_slice()) {
        ("list" | "List", [item]) => TypeExpr::List { item: boxed(item), form: ListForm::PyList },
        ("dict" | "Dict", [key, value]) => {
            TypeExpr::Map { key: boxed(key), value: boxed(value), form: MapForm::PyDict }
        }
        ("set" | "Set", [item]) => TypeExpr::Set { item: boxed(item), form: SetForm::PySet },
        ("frozenset" | "FrozenSet", [item]) => {
            TypeExpr::Set { item: boxed(item), form: SetForm::PyFrozenSet }
        }
        ("tuple" | "Tuple", [one]) if tree::text(*one, text) == "()" => TypeExpr::Tuple(Vec::new()),
        ("tuple" | "Tuple", [item, dots]) if tree::text(*dots, text) == "..." => {
            TypeExpr::Tuples(boxed(item))
        }
        ("tuple" | "Tuple", items) if !items.is_empty() => {
            if items.iter().any(|item| tree::text(*item, text) == "...") {
                return None;
            }
            TypeExpr::Tuple(items.iter().map(|item| read_type(*item, text)).collect())
        }
        ("Optional", [inner]) => match read_type(*inner, text) {
            inner @ (TypeExpr::Unit | TypeExpr::Option(_)) => inner,
            inner => TypeExpr::Option(Box::new(inner)),
        },
        ("Union", sides) if !sides.is_empty() => union_of(sides, text)?,
        _ => return None,
    })
}

fn opaque(node: Node<'_>, text: &str) -> TypeExpr {
    TypeExpr::Opaque(rendered(node, text))
}

/// An annotation on one line, spaced as ruff spaces it.
fn rendered(node: Node<'_>, text: &str) -> String {
    let mut out = String::new();
    let mut nodes = tree::preorder(node);
    while let Some(part) = nodes.next() {
        if part.kind() == "string" {
            out.push_str(tree::text(part, text));
            nodes.skip_children();
            // Skipping goes on beside the node; beside the root there is nothing of ours.
            if part.id() == node.id() {
                break;
            }
            continue;
        }
        if part.start_byte() >= node.end_byte() && part.id() != node.id() {
            break;
        }
        if part.child_count() > 0 || part.is_extra() {
            continue;
        }
        match part.kind() {
            "," => out.push_str(", "),
            "|" => out.push_str(" | "),
            _ => out.push_str(tree::text(part, text)),
        }
    }
    out.replace(", ]", "]")
}
