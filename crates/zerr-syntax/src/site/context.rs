//! The code that a model should see when it writes a function of a project: [`context`].
//!
//! What the head names, and what stands beside the function: types with their methods' heads, traits,
//! constants, neighbours. Bodies of other functions are left out: a head says how to call them.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tree_sitter::{Node, Tree};

use super::Site;
use crate::tree::{self, children, preorder};
use crate::{Language, Span};

/// A piece of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContextItem {
    /// What it is called.
    pub name: String,
    /// The file it is from.
    pub file: String,
    /// Its code, without other functions' bodies.
    pub text: String,
}

/// Longest single item, in bytes: of a huge enumeration the beginning says how it goes on.
const ITEM_BYTES_MAX: usize = 1_500;

/// How many steps lie between the head and what is shown: a type's fields have types of their own.
const DEPTH_MAX: usize = 2;

/// The items that `site` reaches, nearest first, as many as fit into `bytes_max`. `files` are those of
/// the project, the function's own first.
pub fn context(site: &Site, files: &[(String, String)], bytes_max: usize) -> Vec<ContextItem> {
    let Some((_, text)) = files.first() else { return Vec::new() };
    let mut found: Vec<ContextItem> = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut wanted: Vec<String> = Vec::new();
    if site.path.len() > 1 {
        wanted.extend(site.path.get(site.path.len() - 2).cloned());
    }
    wanted.extend(names_in(site.language, site.head.text(text)));
    // Each file is parsed once at most, however many names it may define.
    let trees: Vec<OnceCell<Option<Tree>>> = files.iter().map(|_| OnceCell::new()).collect();
    for _ in 0..DEPTH_MAX {
        let mut next = Vec::new();
        for name in wanted {
            if !seen.insert(name.clone()) {
                continue;
            }
            for item in definitions(site, &name, files, &trees) {
                next.extend(names_in(site.language, &item.text));
                found.push(item);
            }
        }
        wanted = next;
    }
    found.extend(neighbours(site, files));
    let mut bytes = 0;
    found.retain(|item| {
        let fits = bytes + item.text.len() <= bytes_max;
        bytes += if fits { item.text.len() } else { 0 };
        fits
    });
    found
}

/// Names of types and constants, in order, each once.
fn names_in(language: Language, text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric() && c != '_') {
        let is_name = word.starts_with(|c: char| c.is_ascii_uppercase())
            && (word.len() > 1 || language == Language::Python);
        if is_name && !names.iter().any(|own| own == word) {
            names.push(word.to_owned());
        }
    }
    names
}

/// Where a type or constant of this name is defined, with the heads of its methods. Files are only parsed
/// where their text has the definition's words.
fn definitions(
    site: &Site,
    name: &str,
    files: &[(String, String)],
    trees: &[OnceCell<Option<Tree>>],
) -> Vec<ContextItem> {
    let words: &[&str] = match site.language {
        Language::Rust => &["struct ", "enum ", "trait ", "type ", "union ", "const ", "static "],
        Language::Python => &["class "],
    };
    let mut found = Vec::new();
    let of_line = site.language == Language::Python;
    for ((file, text), tree) in files.iter().zip(trees) {
        let is_there = text.match_indices(name).any(|(at, _)| {
            let before = text.get(..at).unwrap_or("");
            let ends = text.get(at + name.len()..).unwrap_or("").chars().next();
            let is_whole = !ends.is_some_and(|c| c.is_alphanumeric() || c == '_');
            is_whole
                && (words.iter().any(|word| before.ends_with(word))
                    || (of_line && before.ends_with('\n')))
        });
        // An `impl` may stand in another file; heads of those are shown where the type is.
        if !is_there {
            continue;
        }
        let tree = tree.get_or_init(|| tree::parse(site.language, text));
        let Some(tree) = tree else { continue };
        let mut pieces: Vec<String> = Vec::new();
        for node in preorder(tree.root_node()) {
            let named = |field: &str| {
                node.child_by_field_name(field).map(|it| tree::text(it, text)) == Some(name)
            };
            let piece = match node.kind() {
                "struct_item" | "enum_item" | "union_item" | "type_item" | "const_item"
                | "static_item" | "class_definition" | "trait_item"
                    if named("name") =>
                {
                    heads_only(node, text)
                }
                "impl_item" => {
                    let of = node.child_by_field_name("type").map(|it| tree::text(it, text));
                    let of = of.and_then(|it| it.split('<').next());
                    if of != Some(name) {
                        continue;
                    }
                    heads_only(node, text)
                }
                "assignment" if named("left") && site.language == Language::Python => {
                    tree::text(node, text).to_owned()
                }
                _ => continue,
            };
            pieces.push(cut(piece));
        }
        if !pieces.is_empty() {
            let text = pieces.join("\n");
            found.push(ContextItem { name: name.to_owned(), file: file.clone(), text });
        }
    }
    found
}

/// An item with `…` for the bodies of its functions.
fn heads_only(item: Node<'_>, text: &str) -> String {
    let mut out = String::new();
    let mut at = item.start_byte();
    let mut nodes = preorder(item);
    while let Some(node) = nodes.next() {
        if !matches!(node.kind(), "function_item" | "function_definition") {
            continue;
        }
        nodes.skip_children();
        let Some(body) = node.child_by_field_name("body") else { continue };
        // A constructor shows what there is to work with.
        let name = node.child_by_field_name("name").map(|name| tree::text(name, text));
        if name == Some("__init__") && body.byte_range().len() < ITEM_BYTES_MAX / 2 {
            continue;
        }
        out.push_str(text.get(at..body.start_byte()).unwrap_or(""));
        out.push_str(if node.kind() == "function_item" { "{ … }" } else { "..." });
        at = body.end_byte();
    }
    out.push_str(text.get(at..item.end_byte()).unwrap_or(""));
    out
}

fn cut(text: String) -> String {
    if text.len() <= ITEM_BYTES_MAX {
        return text;
    }
    let end = text.floor_char_boundary(ITEM_BYTES_MAX);
    let kept = text.get(..end).and_then(|text| text.rfind('\n').and_then(|at| text.get(..at)));
    format!("{}\n…", kept.unwrap_or(""))
}

/// The imports of the file, and the heads of the functions that stand beside this one.
fn neighbours(site: &Site, files: &[(String, String)]) -> Vec<ContextItem> {
    let Some((file, text)) = files.first() else { return Vec::new() };
    let Some(tree) = tree::parse(site.language, text) else { return Vec::new() };
    let root = tree.root_node();
    let item =
        |name: &str, text: String| ContextItem { name: name.to_owned(), file: file.clone(), text };
    let imports: Vec<&str> = children(root)
        .into_iter()
        .filter(|node| {
            matches!(node.kind(), "use_declaration" | "import_statement" | "import_from_statement")
        })
        .map(|node| tree::text(node, text))
        .collect();
    let mut found = Vec::new();
    if !imports.is_empty() {
        found.push(item("imports", cut(imports.join("\n"))));
    }
    let heads: Vec<String> = super::sites(site.language, text)
        .into_iter()
        .filter(|other| other.path.len() == 1 && !other.form.is_test && other.item != site.item)
        .map(|other| {
            let line = other.doc.lines().next().unwrap_or("").to_owned();
            let mark = if site.language == Language::Rust { "//" } else { "#" };
            let head = other.head.text(text);
            if line.is_empty() { head.to_owned() } else { format!("{mark} {line}\n{head}") }
        })
        .collect();
    if !heads.is_empty() {
        found.push(item("functions beside it", cut(heads.join("\n"))));
    }
    found
}

/// The text of the functions of these names, which are tests.
pub fn tests_named(
    language: Language,
    names: &[String],
    files: &[(String, String)],
    bytes_max: usize,
) -> Vec<ContextItem> {
    let mut found: Vec<ContextItem> = Vec::new();
    let mut bytes = 0;
    for name in names {
        let last = name.rsplit([':', '.']).next().unwrap_or(name);
        let last = last.split('[').next().unwrap_or(last);
        if found.iter().any(|item| item.name == last) {
            continue;
        }
        let file = files.iter().find(|(_, text)| {
            text.contains(&format!("fn {last}(")) || text.contains(&format!("def {last}("))
        });
        let Some((file, text)) = file else { continue };
        let site = super::sites(language, text).into_iter().find(|site| site.name() == last);
        let Some(site) = site else { continue };
        let shown = Span::new(site.head.start, site.body.end).text(text).to_owned();
        if bytes + shown.len() > bytes_max {
            break;
        }
        bytes += shown.len();
        found.push(ContextItem { name: last.to_owned(), file: file.clone(), text: shown });
    }
    found
}
