//! What stands around a function in its file: [`surroundings`].

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::python_names::{member_refusal, module_refusal};
use super::rust_std::refusal;
use super::{Package, Policy, Surroundings};
use crate::Language;
use crate::tree::{self, named_children, preorder};

/// What a whole project defines and imports. Files are scanned by lines and not parsed: a project may be large.
pub fn package(language: Language, files: &[(String, String)]) -> Package {
    let mut items = BTreeSet::new();
    let mut doors = BTreeSet::new();
    for (path, text) in files {
        if language == Language::Python {
            let parts = path.trim_end_matches(".py").split(['/', '\\']);
            items.extend(parts.map(str::to_owned));
        }
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let line = line.trim();
            items.extend(defined(language, line));
            let is_import = match language {
                Language::Rust => {
                    line.starts_with("use ") || (line.starts_with("pub") && line.contains(" use "))
                }
                Language::Python => line.starts_with("import ") || line.starts_with("from "),
            };
            if !is_import {
                continue;
            }
            let mut statement = line.to_owned();
            let is_open = |statement: &str| match language {
                Language::Rust => !statement.contains(';'),
                Language::Python => statement.contains('(') && !statement.contains(')'),
            };
            while is_open(&statement)
                && statement.len() < IMPORT_BYTES_MAX
                && let Some(next) = lines.next()
            {
                statement.push('\n');
                statement.push_str(next);
            }
            doors.extend(opened(language, &statement));
        }
    }
    Package { items: items.into_iter().collect(), doors: doors.into_iter().collect() }
}

/// Longest single import.
const IMPORT_BYTES_MAX: usize = 8 * 1024;

/// The names that a line defines.
fn defined(language: Language, line: &str) -> Vec<String> {
    let words: &[&str] = match language {
        Language::Rust => &[
            "fn",
            "struct",
            "enum",
            "union",
            "trait",
            "type",
            "mod",
            "const",
            "static",
            "macro_rules!",
        ],
        Language::Python => &["def", "class"],
    };
    let parts: Vec<&str> = line.split_whitespace().collect();
    let pairs = parts.windows(2).filter_map(|pair| match pair {
        [word, name] if words.contains(word) => Some(*name),
        _ => None,
    });
    pairs
        .filter_map(|name| {
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            name.get(..end).filter(|name| !name.is_empty() && *name != "fn").map(str::to_owned)
        })
        .collect()
}

/// The names that an import brings in and that lead to what stays refused.
fn opened(language: Language, statement: &str) -> Vec<String> {
    let Some(tree) = tree::parse(language, statement) else { return Vec::new() };
    let mut around = Surroundings::default();
    let mut names = BTreeSet::new();
    match language {
        Language::Rust => rust(tree.root_node(), statement, &mut around, &mut names),
        Language::Python => python(tree.root_node(), statement, &mut around, &mut names),
    }
    let policy = Policy { surroundings: Some(Surroundings::default()), ..Policy::default() };
    if language == Language::Python {
        // `python` has given on what leads to nothing refused.
        let bound = bound_by_imports(tree.root_node(), statement);
        return bound.into_iter().filter(|name| !names.contains(name)).collect();
    }
    let leads_out = |name: &str, path: &str| {
        let segments: Vec<String> = path.split("::").map(str::to_owned).collect();
        let is_std = segments
            .first()
            .is_some_and(|root| matches!(root.trim_start_matches("r#"), "std" | "core" | "alloc"));
        is_std && name != "*" && segments.get(1..).and_then(|it| refusal(it, &policy)).is_some()
    };
    let imports = around.imports.into_iter();
    imports.filter(|(name, path)| leads_out(name, path)).map(|(name, _)| name).collect()
}

/// All names that Python's imports bind.
fn bound_by_imports(root: Node<'_>, text: &str) -> Vec<String> {
    let mut bound = Vec::new();
    for node in preorder(root) {
        let is_from = node.kind() == "import_from_statement";
        if !is_from && node.kind() != "import_statement" {
            continue;
        }
        for name in node.children_by_field_name("name", &mut node.walk()) {
            let (module, alias) = aliased(name, text);
            let head = module.split('.').next().unwrap_or(&module).to_owned();
            bound.push(alias.unwrap_or(head));
        }
    }
    bound
}

/// The surroundings that a file gives to its functions. `crates` are the names of those that its package
/// depends on; nothing for Python.
pub fn surroundings(
    language: Language,
    text: &str,
    crates: &[String],
    package: &Package,
    is_async: bool,
) -> Surroundings {
    let (crates, package) = (crates.to_vec(), package.clone());
    let mut around = Surroundings { crates, is_async, package, ..Surroundings::default() };
    let Some(tree) = tree::parse(language, text) else { return around };
    let root = tree.root_node();
    let mut names = BTreeSet::new();
    match language {
        Language::Rust => rust(root, text, &mut around, &mut names),
        Language::Python => python(root, text, &mut around, &mut names),
    }
    around.names = names.into_iter().collect();
    around.imports.sort();
    around.imports.dedup();
    around
}

fn rust(root: Node<'_>, text: &str, around: &mut Surroundings, names: &mut BTreeSet<String>) {
    let mut macros = BTreeSet::new();
    for node in preorder(root) {
        let named = |field: &str| {
            node.child_by_field_name(field).map(|name| tree::text(name, text).to_owned())
        };
        match node.kind() {
            "function_item" | "struct_item" | "enum_item" | "union_item" | "trait_item"
            | "type_item" | "const_item" | "static_item" | "mod_item" => {
                names.extend(named("name"));
            }
            "macro_definition" => macros.extend(named("name")),
            "macro_invocation" => {
                macros.extend(named("macro").filter(|name| !name.contains(':')));
            }
            "use_declaration" => {
                if let Some(argument) = node.child_by_field_name("argument") {
                    rust_use(argument, text, "", &mut around.imports);
                }
            }
            _ => {}
        }
    }
    around.macros = macros.into_iter().collect();
}

/// One tree of a `use`, as names and paths.
fn rust_use(node: Node<'_>, text: &str, prefix: &str, found: &mut Vec<(String, String)>) {
    let joined = |path: &str| match prefix {
        "" => path.to_owned(),
        prefix => format!("{prefix}::{path}"),
    };
    let shown = |node: Node<'_>| -> String {
        tree::text(node, text).chars().filter(|c| !c.is_whitespace()).collect()
    };
    match node.kind() {
        "use_as_clause" => {
            if let (Some(path), Some(alias)) =
                (node.child_by_field_name("path"), node.child_by_field_name("alias"))
            {
                found.push((shown(alias), joined(&shown(path))));
            }
        }
        "use_list" => {
            for child in named_children(node) {
                rust_use(child, text, prefix, found);
            }
        }
        "scoped_use_list" => {
            let path = node.child_by_field_name("path").map(shown).unwrap_or_default();
            if let Some(list) = node.child_by_field_name("list") {
                rust_use(list, text, &joined(&path), found);
            }
        }
        "use_wildcard" => found.push(("*".to_owned(), joined(&shown(node)))),
        "self" => {
            let name = prefix.rsplit("::").next().unwrap_or(prefix);
            found.push((name.to_owned(), prefix.to_owned()));
        }
        _ => {
            let path = joined(&shown(node));
            let name = path.rsplit("::").next().unwrap_or(&path).to_owned();
            found.push((name, path));
        }
    }
}

fn python(root: Node<'_>, text: &str, around: &mut Surroundings, names: &mut BTreeSet<String>) {
    // Whatever leads to what stays refused is not given on; all modules of the file are known by then.
    let mut members: Vec<(String, String, String)> = Vec::new();
    for node in preorder(root) {
        // What is bound inside of functions is theirs.
        let is_top = ancestors(node).all(|around| around.kind() != "function_definition");
        if !is_top {
            continue;
        }
        match node.kind() {
            "function_definition" | "class_definition" => {
                let in_class = ancestors(node).any(|it| it.kind() == "class_definition");
                if let Some(name) = node.child_by_field_name("name").filter(|_| !in_class) {
                    names.insert(tree::text(name, text).to_owned());
                }
            }
            "assignment" | "augmented_assignment" => {
                let in_class = ancestors(node).any(|it| it.kind() == "class_definition");
                let left = node.child_by_field_name("left").filter(|_| !in_class);
                for name in left.into_iter().flat_map(preorder) {
                    if name.kind() == "identifier" {
                        names.insert(tree::text(name, text).to_owned());
                    }
                }
            }
            "import_statement" => {
                for name in named_children(node) {
                    let (module, alias) = aliased(name, text);
                    let head = module.split('.').next().unwrap_or("").to_owned();
                    match alias {
                        Some(alias) => around.imports.push((alias, module)),
                        None => around.imports.push((head.clone(), head)),
                    }
                }
            }
            "import_from_statement" => {
                let Some(module) = node.child_by_field_name("module_name") else { continue };
                let module = tree::text(module, text).to_owned();
                for name in node.children_by_field_name("name", &mut node.walk()) {
                    let (member, alias) = aliased(name, text);
                    let bound = alias.unwrap_or_else(|| member.clone());
                    members.push((bound, module.clone(), member));
                }
            }
            _ => {}
        }
    }
    let modules = members.iter().map(|(_, module, _)| (format!("from {module}"), module.clone()));
    let mut known = around.clone();
    known.imports.extend(modules);
    let policy = Policy { surroundings: Some(known.clone()), ..Policy::default() };
    for (name, module) in &around.imports {
        if module_refusal(module, &policy).is_none() {
            names.insert(name.clone());
        }
    }
    for (bound, module, member) in members {
        // Types for annotations are only types.
        let is_type = module == "typing" || module == "typing_extensions" || module == "__future__";
        if is_type
            || (module_refusal(&module, &policy).is_none()
                && member_refusal(&module, &member, &policy).is_none())
        {
            names.insert(bound);
        }
    }
    around.imports = known.imports;
}

fn ancestors(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    std::iter::successors(node.parent(), Node::parent)
}

fn aliased(name: Node<'_>, text: &str) -> (String, Option<String>) {
    let shown = |node: Node<'_>| tree::text(node, text).to_owned();
    let inner = name.child_by_field_name("name");
    match inner.zip(name.child_by_field_name("alias")) {
        Some((inner, alias)) => (shown(inner), Some(shown(alias))),
        None => (shown(name), None),
    }
}
