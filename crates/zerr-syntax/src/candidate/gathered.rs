//! One function out of a text that holds more: [`folded`], [`function_of`].
//!
//! What the function stands on (imports, helpers, constants, types beside it) goes into its body, which
//! means the same in both languages. What it does not stand on is left away, or keeps the text from being
//! one function.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use tree_sitter::Node;

use crate::Language;
use crate::signature::Signature;
use crate::tree::{self, children, named_children, preorder};

const FENCE: &str = "```";

/// How a text is read.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Read {
    /// What the function does not stand on is left away: a recording is read as its sampler meant it.
    Whole,
    /// The same for a text that goes on behind a head, and may begin the function once more.
    Behind,
    /// What the function does not stand on keeps the text from being one function.
    Strictly,
}

/// Longest text that is looked through, in bytes.
const TEXT_BYTES_MAX: usize = 4 * super::SOURCE_BYTES_MAX;

/// The function of this name with what it stands on inside of it; `None` where there is none that can
/// be read, where something else stays, or where a name would mean something else inside of it.
pub(super) fn folded(language: Language, text: &str, name: &str, how: Read) -> Option<String> {
    let tree = tree::parse(language, text)?;
    let root = tree.root_node();
    let mut items = items(language, root, text);
    let is_own = |item: &Item<'_>| item.is_function && item.binds.contains(name);
    let own = match language {
        // The last one counts.
        Language::Python if how != Read::Behind => items.iter().rposition(is_own)?,
        _ => items.iter().position(is_own)?,
    };
    let function = items.remove(own);
    items.retain(|item| !is_own(item));
    let inside = bound(function.node, text);
    let kept = stood_on(&items, &function, &inside, (text, name));
    if how == Read::Strictly {
        let others = named_children(root).into_iter().filter(|node| !node.is_extra());
        let known = items.len() + 1 + items.iter().map(|item| item.attributes).sum::<usize>();
        let keeps_state = |item: &Item<'_>| keeps_state(language, item, (&function, &items), text);
        if root.has_error()
            || others.count() != known
            || kept.len() != items.len()
            || items.iter().any(keeps_state)
        {
            return None;
        }
    }
    let helpers: Vec<&Item<'_>> = kept.iter().filter_map(|at| items.get(*at)).collect();
    // A helper's name that the function gives to something of its own.
    let is_caught = |item: &&Item<'_>| {
        let own = bound(item.node, text);
        used(item.node, text).iter().any(|name| inside.contains(name) && !own.contains(name))
    };
    if helpers.iter().any(is_caught) || is_changed(root, &helpers, &function, text) {
        return None;
    }
    match language {
        Language::Python => python(&function, &helpers, text, name),
        Language::Rust => rust(&function, &helpers, text),
    }
}

/// The items that a function needs, and those that these need, in their order.
fn stood_on(
    items: &[Item<'_>],
    function: &Item<'_>,
    inside: &BTreeSet<String>,
    (text, name): (&str, &str),
) -> BTreeSet<usize> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut open: Vec<String> = Vec::new();
    let mut kept = BTreeSet::new();
    for (at, item) in items.iter().enumerate() {
        // A value that is worked out with the function, or after it, is no part of it.
        let comes_first = item.node.start_byte() < function.node.start_byte();
        let is_value = item.node.kind() == "expression_statement";
        if !item.binds.is_disjoint(inside)
            || (is_value && (!comes_first || used(item.node, text).contains(name)))
        {
            continue;
        }
        if item.is_silent {
            kept.insert(at);
        }
        for name in &item.binds {
            by_name.entry(name).or_default().push(at);
        }
    }
    open.extend(used(function.node, text).into_iter().filter(|name| !inside.contains(name)));
    while let Some(name) = open.pop() {
        for at in by_name.remove(name.as_str()).unwrap_or_default() {
            if let Some(item) = items.get(at).filter(|_| kept.insert(at)) {
                open.extend(used(item.node, text));
            }
        }
    }
    kept
}

/// Whether something in a Python file may be different from call to call, and begins anew inside of a
/// function: anything but imports, plain helpers and values that nothing changes.
fn keeps_state(
    language: Language,
    item: &Item<'_>,
    (function, items): (&Item<'_>, &[Item<'_>]),
    text: &str,
) -> bool {
    if language == Language::Rust {
        return matches!(item.node.kind(), "static_item" | "macro_definition");
    }
    match item.node.kind() {
        "import_statement" | "import_from_statement" => false,
        // Defaults are made once.
        "function_definition" => preorder(item.node).any(|part| {
            part.kind().ends_with("default_parameter")
                && part.child_by_field_name("value").is_none_or(|value| !is_fixed(value))
        }),
        "expression_statement" => {
            let value = named_children(item.node)
                .first()
                .and_then(|assignment| assignment.child_by_field_name("right"));
            let is_table =
                value.is_some_and(|value| matches!(value.kind(), "list" | "dictionary" | "set"));
            let is_plain = value.is_some_and(|value| {
                preorder(value).all(|part| part.kind() != "call" && part.kind() != "await")
            });
            let everywhere = items.iter().map(|item| item.node).chain([function.node]);
            let changed = everywhere.flat_map(preorder).any(|part| {
                part.kind() == "identifier"
                    && item.binds.contains(tree::text(part, text))
                    && part.start_byte() != item.node.start_byte()
                    && is_changed_by(part, text)
            });
            !is_plain || (is_table && changed)
        }
        _ => true,
    }
}

/// Whether a value is one that no call changes.
fn is_fixed(value: Node<'_>) -> bool {
    matches!(
        value.kind(),
        "integer" | "float" | "string" | "true" | "false" | "none" | "unary_operator"
    )
}

/// Whether a name stands where its value may be changed, or handed on to what may change it.
fn is_changed_by(name: Node<'_>, text: &str) -> bool {
    const READING: &[&str] = &["get", "items", "keys", "values", "index", "count", "copy"];
    let Some(parent) = name.parent() else { return false };
    match parent.kind() {
        "attribute" => parent
            .child_by_field_name("attribute")
            .is_none_or(|attribute| !READING.contains(&tree::text(attribute, text))),
        "subscript" => parent.parent().is_some_and(|over| {
            over.kind() == "delete_statement"
                || (over.kind().ends_with("assignment") && is_field(over, "left", parent))
        }),
        "argument_list" => parent
            .parent()
            .and_then(|call| call.child_by_field_name("function"))
            .is_none_or(|called| {
                ![
                    "len",
                    "sorted",
                    "enumerate",
                    "zip",
                    "min",
                    "max",
                    "sum",
                    "set",
                    "list",
                    "any",
                    "all",
                    "map",
                    "dict",
                    "tuple",
                ]
                .contains(&tree::text(called, text))
            }),
        "return_statement" | "delete_statement" => true,
        _ => false,
    }
}

/// Whether a statement above a Python function does something with a value that it stands on.
fn is_changed(root: Node<'_>, helpers: &[&Item<'_>], function: &Item<'_>, text: &str) -> bool {
    let values: BTreeSet<&String> = helpers
        .iter()
        .filter(|item| item.node.kind() == "expression_statement")
        .flat_map(|item| &item.binds)
        .collect();
    let is_kept = |node: &Node<'_>| helpers.iter().any(|item| item.node.id() == node.id());
    let defines = |node: &Node<'_>| node.kind().contains("definition");
    named_children(root)
        .into_iter()
        .filter(|node| node.start_byte() < function.node.start_byte())
        .filter(|node| !values.is_empty() && !is_kept(node) && !defines(node))
        .any(|node| used(node, text).iter().any(|name| values.contains(name)))
}

/// Something at the top of a text that a function may stand on.
struct Item<'tree> {
    node: Node<'tree>,
    /// Where it begins, its attributes included.
    start: usize,
    attributes: usize,
    is_function: bool,
    /// Names that it stands for.
    binds: BTreeSet<String>,
    /// It works without being named: a trait in scope.
    is_silent: bool,
}

fn items<'tree>(language: Language, root: Node<'tree>, text: &str) -> Vec<Item<'tree>> {
    let mut found = Vec::new();
    let mut attributes: Vec<usize> = Vec::new();
    for node in named_children(root) {
        if node.kind() == "attribute_item" {
            attributes.push(node.start_byte());
            continue;
        }
        if node.is_extra() {
            continue;
        }
        let before = std::mem::take(&mut attributes);
        let inner = match node.kind() {
            "decorated_definition" => node.child_by_field_name("definition"),
            _ => None,
        };
        let binds = binds(language, inner.unwrap_or(node), text);
        if node.has_error() || binds.is_empty() {
            continue;
        }
        let kind = inner.unwrap_or(node).kind();
        found.push(Item {
            node,
            start: before.first().copied().unwrap_or(node.start_byte()),
            attributes: before.len(),
            is_function: matches!(kind, "function_definition" | "function_item"),
            is_silent: kind == "use_declaration" && is_trait_like(tree::text(node, text)),
            binds,
        });
    }
    found
}

/// Names that an item of a file stands for; none for what is no item.
fn binds(language: Language, node: Node<'_>, text: &str) -> BTreeSet<String> {
    let named = |field: &str| {
        let found = node.child_by_field_name(field).map(|name| tree::text(name, text).to_owned());
        found.into_iter().collect()
    };
    match (language, node.kind()) {
        (Language::Python, "import_statement" | "import_from_statement") => {
            let module = node.child_by_field_name("module_name").map(|module| module.id());
            named_children(node)
                .into_iter()
                .filter(|part| Some(part.id()) != module)
                .filter_map(|part| match part.kind() {
                    "aliased_import" => part.child_by_field_name("alias"),
                    _ => Some(part),
                })
                .filter_map(|part| tree::text(part, text).split('.').next().map(str::to_owned))
                .collect()
        }
        (Language::Python, "expression_statement") => {
            let [assignment] = named_children(node)[..] else { return BTreeSet::new() };
            let left = assignment.child_by_field_name("left");
            let left = left.filter(|_| assignment.kind() == "assignment");
            let names = left.into_iter().flat_map(preorder);
            names
                .filter(|part| part.kind() == "identifier")
                .map(|part| tree::text(part, text).to_owned())
                .collect()
        }
        (Language::Rust, "use_declaration") => tree::text(node, text)
            .trim_start_matches("use")
            .split(['{', '}', ',', ';'])
            .filter_map(|path| path.split([':', ' ']).rfind(|part| !part.is_empty()))
            .map(str::to_owned)
            .collect(),
        (Language::Rust, "impl_item") => ["type", "trait"]
            .into_iter()
            .filter_map(|field| node.child_by_field_name(field))
            .flat_map(preorder)
            .filter(|part| part.kind() == "type_identifier")
            .map(|part| tree::text(part, text).to_owned())
            .collect(),
        (
            Language::Rust,
            "const_item" | "static_item" | "type_item" | "struct_item" | "enum_item"
            | "function_item" | "trait_item" | "macro_definition",
        )
        | (Language::Python, "function_definition" | "class_definition") => named("name"),
        _ => BTreeSet::new(),
    }
}

/// Whether an import may bring a trait, whose methods are called without its name.
fn is_trait_like(import: &str) -> bool {
    const HOMES: &[&str] = &["fmt", "str", "iter", "hash", "convert", "ops", "cmp", "borrow"];
    let path = import.trim_start_matches("use").trim();
    let mut parts = path.split("::");
    parts.next() == Some("std") && parts.next().is_some_and(|home| HOMES.contains(&home))
}

/// Names that are read or bound somewhere in a node; not those of attributes and keyword arguments.
fn used(node: Node<'_>, text: &str) -> BTreeSet<String> {
    let is_name = |part: &Node<'_>| match part.parent() {
        Some(parent) if parent.kind() == "attribute" => !is_field(parent, "attribute", *part),
        Some(parent) if parent.kind() == "keyword_argument" => !is_field(parent, "name", *part),
        _ => true,
    };
    preorder(node)
        .filter(|part| matches!(part.kind(), "identifier" | "type_identifier"))
        .filter(is_name)
        .map(|part| tree::text(part, text).to_owned())
        .collect()
}

fn is_field(parent: Node<'_>, field: &str, child: Node<'_>) -> bool {
    parent.child_by_field_name(field).is_some_and(|found| found.id() == child.id())
}

/// Names that a function or a helper gives to something of its own, wherever in it; not its own name.
fn bound(node: Node<'_>, text: &str) -> BTreeSet<String> {
    let definition = node.child_by_field_name("definition").unwrap_or(node);
    let binds = |part: &Node<'_>| {
        let Some(parent) = part.parent() else { return false };
        match parent.kind() {
            "parameters"
            | "lambda_parameters"
            | "typed_parameter"
            | "list_splat_pattern"
            | "dictionary_splat_pattern"
            | "tuple_pattern"
            | "pattern_list"
            | "list_pattern"
            | "as_pattern_target"
            | "closure_parameters"
            | "mut_pattern"
            | "ref_pattern"
            | "reference_pattern"
            | "captured_pattern"
            | "slice_pattern"
            | "match_pattern" => true,
            "default_parameter"
            | "typed_default_parameter"
            | "named_expression"
            | "function_definition"
            | "class_definition"
            | "function_item"
            | "const_item" => parent.id() != definition.id() && is_field(parent, "name", *part),
            "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
                is_field(parent, "left", *part)
            }
            "let_declaration" | "parameter" | "for_expression" => {
                is_field(parent, "pattern", *part)
            }
            "aliased_import" => is_field(parent, "alias", *part),
            "dotted_name" => parent.parent().is_some_and(|it| it.kind().starts_with("import")),
            _ => false,
        }
    };
    preorder(definition)
        .filter(|part| part.kind() == "identifier")
        .filter(binds)
        .map(|part| tree::text(part, text).to_owned())
        .collect()
}

fn rust(function: &Item<'_>, helpers: &[&Item<'_>], text: &str) -> Option<String> {
    let body = function.node.child_by_field_name("body")?.start_byte() + 1;
    let mut out = text.get(function.node.start_byte()..body)?.to_owned();
    for helper in helpers {
        out.push('\n');
        let own = text.get(helper.start..helper.node.end_byte())?;
        // A text of several lines stays as it is.
        let is_movable = !preorder(helper.node).any(|part| {
            (part.kind().contains("string") || part.kind().contains("macro"))
                && tree::text(part, text).contains('\n')
        });
        out.push_str(&if is_movable { deeper(own, "    ") } else { own.to_owned() });
    }
    out.push_str(text.get(body..function.node.end_byte())?);
    out.push('\n');
    Some(out)
}

fn python(function: &Item<'_>, helpers: &[&Item<'_>], text: &str, name: &str) -> Option<String> {
    let definition = function.node.child_by_field_name("definition").unwrap_or(function.node);
    let block = definition.child_by_field_name("body")?;
    let colon = children(definition).into_iter().rfind(|part| part.kind() == ":")?;
    let head = text.get(definition.start_byte()..colon.end_byte())?;
    let line_start = text.get(..block.start_byte())?.rfind('\n').map_or(0, |at| at + 1);
    let before = text.get(line_start..block.start_byte())?;
    let is_one_line = !before.trim().is_empty();
    let indent = if is_one_line { "    " } else { before };
    // A text of several lines may not be moved to the side.
    let is_movable = |node: Node<'_>| {
        !preorder(node).any(|part| part.kind() == "string" && tree::text(part, text).contains('\n'))
    };
    let mut moved = Vec::new();
    for helper in helpers {
        if !is_movable(helper.node) {
            return None;
        }
        moved.push(deeper(tree::text(helper.node, text), indent));
    }
    let mut out = format!("{head}\n");
    if function.node.kind() == "decorated_definition" {
        if !is_movable(function.node) {
            return None;
        }
        // What decorates it goes with it.
        moved.push(deeper(tree::text(function.node, text), indent));
        let params = definition.child_by_field_name("parameters")?;
        let names: Option<Vec<&str>> =
            named_children(params).into_iter().map(|param| param_name(param, text)).collect();
        moved.push(format!("{indent}return {name}({})", names?.join(", ")));
        out.push_str(&moved.join("\n"));
        out.push('\n');
        return Some(out);
    }
    let mut rest = block.start_byte();
    if !is_one_line {
        // Comments stand before the block.
        rest = text.get(colon.end_byte()..).and_then(|it| it.find('\n'))? + colon.end_byte() + 1;
        let doc = named_children(block).into_iter().next().filter(|it| tree::is_doc_string(*it));
        if let Some(doc) = doc.filter(|_| !moved.is_empty()) {
            out.push_str(text.get(rest..doc.end_byte())?);
            out.push('\n');
            rest = doc.end_byte();
            rest += text.get(rest..)?.starts_with('\n') as usize;
        }
    }
    for helper in &moved {
        out.push_str(helper);
        out.push('\n');
    }
    if is_one_line {
        out.push_str(indent);
    }
    out.push_str(text.get(rest..definition.end_byte().max(rest))?);
    out.truncate(out.trim_end().len());
    out.push('\n');
    Some(out)
}

/// The name of a parameter that is one value.
fn param_name<'a>(param: Node<'_>, text: &'a str) -> Option<&'a str> {
    let named = match param.kind() {
        "identifier" => param,
        "default_parameter" | "typed_default_parameter" => param.child_by_field_name("name")?,
        "typed_parameter" => param.named_child(0).filter(|it| it.kind() == "identifier")?,
        _ => return None,
    };
    Some(tree::text(named, text))
}

fn deeper(text: &str, indent: &str) -> String {
    let lines = text
        .lines()
        .map(|line| if line.trim().is_empty() { String::new() } else { format!("{indent}{line}") });
    lines.collect::<Vec<_>>().join("\n")
}

/// The one function that a model's text gives for a signature: the whole one in it, or the signature with
/// what goes on behind it.
pub(super) fn function_of(reply: &str, expected: &Signature) -> String {
    let language = expected.language;
    let reply = reply.replace("\r\n", "\n");
    let text = block(&reply, expected);
    let end = text.get(..TEXT_BYTES_MAX).map_or(text.len(), |text| text.rfind('\n').unwrap_or(0));
    let text = text.get(..end).unwrap_or("");
    let starts = starts_of(text, expected);
    let is_whole = starts.is_some() && !goes_on(text, expected);
    if let (Some((first, own)), true) = (starts, is_whole) {
        let tried = [0, first, own].into_iter().filter_map(|at| text.get(at..));
        let mut found =
            tried.filter_map(|text| folded(language, text, &expected.name, Read::Whole));
        if let Some(function) = found.next() {
            return headed(function, expected);
        }
        // The last bracket may have been what the sampler stopped at.
        let closed = text.get(own..).map(|text| format!("{}\n}}\n", text.trim_end()));
        let closed = closed.filter(|_| language == Language::Rust);
        let closed = closed.and_then(|text| folded(language, &text, &expected.name, Read::Behind));
        if let Some(function) = closed {
            return function;
        }
        return text.get(own..).map(|text| without_rest(text, language)).unwrap_or_default();
    }
    let continued = continuations(text, expected);
    let mut read =
        continued.iter().filter_map(|text| folded(language, text, &expected.name, Read::Behind));
    read.next().unwrap_or_else(|| {
        continued.first().map(|text| without_rest(text, language)).unwrap_or_default()
    })
}

/// The signature with a body behind it, in the ways in which a body may have been cut out.
fn continuations(text: &str, expected: &Signature) -> Vec<String> {
    let head = &expected.text;
    let blank = text.split_inclusive('\n').take_while(|line| line.trim().is_empty());
    let text = text.get(blank.map(str::len).sum()..).unwrap_or("");
    if expected.language == Language::Rust {
        let opened = format!("{head} {{\n{text}");
        // The bracket may have been what the sampler stopped at.
        return vec![opened.clone(), format!("{}\n}}\n", opened.trim_end())];
    }
    let head = head.trim_end_matches(':');
    let as_is = format!("{head}:\n{text}\n");
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let Some(first) = lines().next() else { return vec![as_is] };
    if first.starts_with([' ', '\t']) || ends_samples(first) {
        return vec![as_is];
    }
    // The first line lost its blanks, or all lines did.
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let own = || lines().skip(1).take_while(|line| !begins_another(line));
    let next = own().next().map_or(4, indent_of);
    let least = own().min_by_key(|line| indent_of(line)).unwrap_or("    ");
    let lost = least.get(..indent_of(least)).unwrap_or("");
    let opens = first.trim_end().ends_with(':') && next == lost.len();
    let lost = match lost.strip_suffix('\t') {
        Some(less) if opens => less,
        None if opens => lost.get(..lost.len().saturating_sub(4)).unwrap_or(""),
        _ => lost,
    };
    let at_first = format!("{head}:\n{lost}{}\n", text.trim_start());
    let all = format!("{head}:\n{}\n", deeper(text, "    "));
    let mut tried = if lost.is_empty() { vec![all] } else { vec![at_first, all] };
    if begins_another(first) {
        // An import may be the body's, or what comes behind an empty one.
        tried.push(as_is);
    }
    tried
}

/// Whether a line in the first column ends every sample.
fn ends_samples(line: &str) -> bool {
    ["def ", "class ", "@", "if __name__", "print("].iter().any(|word| line.starts_with(word))
}

/// Whether a line in the first column is where samplers stop.
fn begins_another(line: &str) -> bool {
    ["def ", "class ", "@", "#", "if __name__", "print(", "assert ", "import ", "from "]
        .iter()
        .any(|word| line.starts_with(word))
}

/// Whether a text goes on behind the head, whatever follows.
fn goes_on(text: &str, expected: &Signature) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    let is_inside = first.starts_with([' ', '\t']) || first.starts_with("return ");
    is_inside && own_start(first, expected).is_none()
}

/// What stands in the first code block that defines the function, or in the first one; all where there
/// is none.
fn block<'a>(reply: &'a str, expected: &Signature) -> &'a str {
    let mut fences = Vec::new();
    let mut at = 0;
    for line in reply.split_inclusive('\n') {
        if line.trim_start().starts_with(FENCE) {
            fences.push((at, at + line.len()));
        }
        at += line.len();
    }
    let Some(first) = fences.first() else { return reply };
    let before = reply.get(..first.0).unwrap_or("");
    let ends = fences.iter().skip(1).map(|fence| fence.0).chain([reply.len()]);
    let inside: Vec<&str> = fences
        .iter()
        .zip(ends)
        .step_by(2)
        .filter_map(|(open, end)| reply.get(open.1..end))
        .collect();
    let defining = inside.iter().find(|text| own_start(text, expected).is_some()).copied();
    // The fence closes what the prompt has opened.
    let is_open = own_start(before, expected).is_some() || goes_on(before, expected);
    defining.or(is_open.then_some(before)).or(inside.first().copied()).unwrap_or(reply)
}

/// Where the first item stands that may belong to the function, and where the function itself does.
fn starts_of(text: &str, expected: &Signature) -> Option<(usize, usize)> {
    let own = own_start(text, expected)?;
    let opens: &[&str] = match expected.language {
        Language::Python => &["import ", "from ", "def ", "class ", "@", "async def "],
        Language::Rust => &["use ", "fn ", "pub ", "#[", "struct ", "enum ", "const ", "static "],
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if at >= own || opens.iter().any(|word| line.starts_with(word)) {
            break;
        }
        at += line.len();
    }
    Some((at.min(own), own))
}

/// Where the line with the function's head begins.
fn own_start(text: &str, expected: &Signature) -> Option<usize> {
    let (keyword, before): (&str, &[&str]) = match expected.language {
        Language::Python => ("def", &["", "async"]),
        Language::Rust => ("fn", &["", "pub", "pub(crate)", "const", "pub const"]),
    };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let head = line.find(keyword).and_then(|found| {
            let is_own = before.contains(&line.get(..found)?.trim());
            let rest = line.get(found + keyword.len()..)?;
            let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
            let rest = rest.strip_prefix(expected.name.as_str())?.trim_start();
            (is_own && rest.starts_with(['(', '<'])).then_some(())
        });
        if head.is_some() {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// A text that does not read as one function, up to where its lines begin in the first column again.
fn without_rest(text: &str, language: Language) -> String {
    let mut lines = text.lines();
    let mut out = lines.next().unwrap_or("").to_owned();
    for line in lines {
        let ends = !line.trim().is_empty() && !line.starts_with([' ', '\t', ')', ']', '}']);
        if ends {
            break;
        }
        out.push('\n');
        out.push_str(line);
        if line.starts_with('}') && language == Language::Rust {
            break;
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

/// A Python function under the signature's own head: its types are what a model need not write again, and
/// parameters may have other names.
fn headed(function: String, expected: &Signature) -> String {
    if expected.language == Language::Rust {
        return function;
    }
    let Some(tree) = tree::parse(Language::Python, &function) else { return function };
    let Some(node) = named_children(tree.root_node()).into_iter().next() else { return function };
    let is_async = children(node).first().is_some_and(|part| part.kind() == "async");
    let colon = children(node).into_iter().rfind(|part| part.kind() == ":");
    let is_separator = |param: &Node<'_>| param.kind().ends_with("_separator");
    let names: Option<Vec<&str>> = node.child_by_field_name("parameters").and_then(|params| {
        let params = named_children(params).into_iter().filter(|param| !is_separator(param));
        params.map(|param| param_name(param, &function)).collect()
    });
    let (Some(colon), Some(names), false) = (colon, names, is_async) else { return function };
    let body = function.get(colon.end_byte() + 1..).unwrap_or("");
    if names.len() != expected.params.len() {
        return function;
    }
    // That of its first statement: comments may stand anywhere.
    let first = node.child_by_field_name("body").map_or(0, |block| block.start_byte());
    let line = function.get(..first).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let indent = function.get(line..first).unwrap_or("    ");
    let pairs = names.iter().zip(&expected.params);
    let others: Vec<_> = pairs.filter(|(own, param)| **own != param.name).collect();
    let mut out = format!("{}:\n", expected.text.trim_end_matches(':'));
    if !others.is_empty() {
        // At once: names may have changed places.
        let own: Vec<&str> = others.iter().map(|(own, _)| **own).collect();
        let given: Vec<&str> = others.iter().map(|(_, param)| param.name.as_str()).collect();
        let _ = writeln!(out, "{indent}{} = {}", own.join(", "), given.join(", "));
    }
    out.push_str(body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature;

    const PYTHON: &str = "def f(xs: list[int], n: int) -> int:";
    const RUST: &str = "fn f(n: i32) -> i32";

    fn of(line: &str, reply: &str) -> String {
        let language = if line == RUST { Language::Rust } else { Language::Python };
        function_of(reply, &signature::parse(language, line).unwrap())
    }

    #[test]
    fn a_body_is_read_however_it_was_cut() {
        let whole = format!("{PYTHON}\n    if n:\n        return 1\n    return n\n");
        for reply in [
            "    if n:\n        return 1\n    return n\n\n\ndef f(xs):\n    return 3\n",
            "if n:\n        return 1\n    return n\n",
            "if n:\n    return 1\nreturn n",
            "```python\n    if n:\n        return 1\n    return n\n```\n",
            "    if n:\n        return 1\n    return n\n```\nIt works.\n```\nf([], 1)\n```\n",
            "\n    if n:\n        return 1\n    return n\n\nprint(f([], 1))\nif x\n",
        ] {
            assert_eq!(of(PYTHON, reply), whole, "{reply}");
        }
        let over_lines = "    y = [\n1,\n]\n# why\n    return y[0]\nassert f([], 1)\n";
        let shown = format!("{PYTHON}\n    y = [\n1,\n]\n# why\n    return y[0]\n");
        assert_eq!(of(PYTHON, over_lines), shown);
        // Where the bracket was what the sampler stopped at, too.
        for reply in [
            "    n + 1\n}\n\nfn main() { f(1); }\n",
            "    n + 1\n",
            "    n + 1",
            "/// Doc.\nfn f(n: i32) -> i32 {\n    n + 1",
        ] {
            assert_eq!(of(RUST, reply), format!("{RUST} {{\n    n + 1\n}}\n"), "{reply}");
        }
    }

    #[test]
    fn a_whole_function_is_found_with_what_it_stands_on() {
        let body = format!("{PYTHON}\n    return n\n");
        for reply in [
            "`def f(xs, n)` is easy, isn't it?\n\ndef f(xs, n): return n\n",
            "def f(\n    xs,\n    n=2,\n):\n    return n\n",
            "```\nf([], 1)\n```\nor\n```python\ndef f(xs, n):\n    return n\n\nprint(f([], 1))\n```\n",
            "def f(xs, n):\n    return 0\n\ndef f(xs, n):\n    return n\n",
            "import os\nimport unittest\n\ndef f(xs: List, n) -> int:\n    return n\n\nif __name__ == '__main__':\n    unittest.main()\n",
        ] {
            assert_eq!(of(PYTHON, reply), body, "{reply}");
        }
        let reply = "import math, re as r\nfrom typing import List\nLIMIT = 3\n\ndef g(x):\n    # Up.\n    return math.ceil(x)\n\n\
                     def f(ys, n):\n    \"\"\"Doc.\"\"\"\n    return g(n) + LIMIT + len(ys) + h()\n\ndef h():\n    return 1\n";
        expect_test::expect![[r#"
            def f(xs: list[int], n: int) -> int:
                ys = xs
                """Doc."""
                import math, re as r
                LIMIT = 3
                def g(x):
                    # Up.
                    return math.ceil(x)
                def h():
                    return 1
                return g(n) + LIMIT + len(ys) + h()
        "#]]
        .assert_eq(&of(PYTHON, reply));
        let cached =
            "from functools import cache\n\n@cache\ndef f(xs, n):\n    return n and f(xs, n - 1)\n";
        expect_test::expect![[r#"
            def f(xs: list[int], n: int) -> int:
                from functools import cache
                @cache
                def f(xs, n):
                    return n and f(xs, n - 1)
                return f(xs, n)
        "#]]
        .assert_eq(&of(PYTHON, cached));
        let rust = "Here:\n```rust\nuse std::collections::HashMap;\nuse std::fmt::Write;\n\n#[derive(Clone)]\nstruct P(i32);\n\n\
                    impl P { fn x(&self) -> i32 { self.0 } }\n\nfn f(n: i32) -> i32 {\n    P(n).x()\n}\n\nfn main() {}\n```";
        expect_test::expect![[r#"
            fn f(n: i32) -> i32 {
                use std::fmt::Write;
                #[derive(Clone)]
                struct P(i32);
                impl P { fn x(&self) -> i32 { self.0 } }
                P(n).x()
            }
        "#]]
        .assert_eq(&of(RUST, rust));
    }

    #[test]
    fn a_name_means_the_same_inside_or_nothing_is_folded() {
        let body = |lines: &str| format!("{PYTHON}\n{lines}");
        // What comes behind a function is no part of it, nor what its own names hide.
        for (reply, lines) in [
            (
                "def f(xs, n):\n    result = 2 * n\n    return result\n\nresult = f([], 3)\nprint(result)\n",
                "    result = 2 * n\n    return result\n",
            ),
            ("    return 2 * n\n\nn = 5\nprint(f([], n))\n", "    return 2 * n\n"),
            (
                "import xs\nt = int(input())\ndef f(xs, n):\n    t = n\n    return t\n",
                "    t = n\n    return t\n",
            ),
            (" Here it is:\n\n```python\ndef f(xs, n):\n    return n\n```\n", "    return n\n"),
            ("return the number:\n```python\ndef f(xs, n):\n    return n\n```\n", "    return n\n"),
            ("def f(xs, m):\n# Why.\n    return m\n", "    m = n\n# Why.\n    return m\n"),
            ("def f(xs, n, /):\n    return n\n", "    return n\n"),
            ("assert n\n    return n\n", "    assert n\n    return n\n"),
            ("if n > 3:\n\t\treturn 1\n\treturn 2\n", "\tif n > 3:\n\t\treturn 1\n\treturn 2\n"),
        ] {
            assert_eq!(of(PYTHON, reply), body(lines), "{reply}");
        }
        let python = |text: &str| super::super::folded(Language::Python, text, "f");
        for text in [
            // Helpers would find the function's names.
            "def count(x):\n    return x\n\ndef g(x):\n    return count(x)\n\ndef f(n):\n    count = n\n    return g(n)\n",
            "x = 10\n\ndef g():\n    return x\n\ndef f(n):\n    x = n\n    return g()\n",
            "def g(t):\n    return len(t)\n\ndef f(len):\n    return g(len)\n",
            // Something happens to a value before.
            "T = []\nfor i in range(9):\n    T.append(i)\n\ndef f(n):\n    return T[n]\n",
            "result = 1\n\ndef f(n):\n    result = n\n    return result\n",
            // What lives from call to call.
            "calls = []\n\ndef f(n):\n    calls.append(n)\n    return len(calls)\n",
            "seen = {}\n\ndef f(n):\n    seen[n] = 1\n    return len(seen)\n",
            "import itertools\nc = itertools.count()\n\ndef f(n):\n    return next(c)\n",
            "def g(x, seen=[]):\n    seen.append(x)\n    return len(seen)\n\ndef f(n):\n    return g(n)\n",
            "class C:\n    k = 0\n\ndef f(n):\n    C.k += 1\n    return C.k\n",
        ] {
            assert_eq!(python(text), None, "{text}");
        }
        let table = "VALUES = {\"I\": 1}\nBASE = 10 ** 9 + 7\n\ndef f(s):\n    return VALUES.get(s, BASE) + VALUES[s]\n";
        assert!(python(table).is_some());
        let rust = "const T: &str = \"a\nb\";\ntrait D { fn d(&self) -> i32; }\nimpl D for i32 { fn d(&self) -> i32 { 1 } }\nfn f(n: i32) -> i32 { n.d() + T.len() as i32 + D::d(&n) }";
        let folded = super::super::folded(Language::Rust, rust, "f").unwrap();
        assert!(folded.contains("\"a\nb\"") && folded.contains("impl D for i32"), "{folded}");
        let chain: String = (1..9_000).map(|at| format!("a{at}=a{}\n", at - 1)).rev().collect();
        let long = format!("{chain}def f(xs, n):\n    return n\n");
        assert!(of(PYTHON, &long).len() < 200_000);
    }

    #[test]
    fn only_what_a_function_stands_on_is_folded_into_it() {
        let python = |text: &str| super::super::folded(Language::Python, text, "f");
        let helped = "import math\n\ndef f(x):\n    return math.floor(x)\n";
        let one = "def f(x):\n    import math\n    return math.floor(x)\n";
        assert_eq!(python(helped).as_deref(), Some(one));
        for text in [
            "import math\n\ndef f(x):\n    return x\n",
            "import math\n\ndef f(x):\n    return math.floor(x)\n\nprint(f(1))\n",
            "def g(x):\n    return x\n\ndef f(x):\n    return x\n",
            // A text of two lines would change.
            "T = '''a\nb'''\n\ndef f(x):\n    return T\n",
        ] {
            assert_eq!(python(text), None, "{text}");
        }
        let rust = "use std::cmp::max;\nconst N: i32 = 2;\nfn f(x: i32) -> i32 { max(x, N) }";
        let folded = super::super::folded(Language::Rust, rust, "f").unwrap();
        assert_eq!(
            folded,
            "fn f(x: i32) -> i32 {\n    use std::cmp::max;\n    const N: i32 = 2; max(x, N) }\n"
        );
        assert_eq!(super::super::folded(Language::Rust, "mod a {}\nfn f() {}", "f"), None);
    }
}
