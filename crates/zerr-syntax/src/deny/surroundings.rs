//! What stands around a function in its file: [`surroundings`].

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::python_names::{member_refusal, module_refusal};
use super::{Policy, Surroundings};
use crate::Language;
use crate::tree::{self, named_children, preorder};

/// The surroundings that a file gives to its functions. `crates` are the names of those that its package
/// depends on; nothing for Python.
pub fn surroundings(
    language: Language,
    text: &str,
    crates: &[String],
    is_async: bool,
) -> Surroundings {
    let mut around = Surroundings { crates: crates.to_vec(), is_async, ..Surroundings::default() };
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
