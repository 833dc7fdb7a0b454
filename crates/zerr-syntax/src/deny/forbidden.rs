//! What a spec forbids in its own words, such as `recursion` or `sort`.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use tree_sitter::Node;

use super::Violation;
use crate::tokens::{Flat, FlatKind, flatten};
use crate::tree::{self, preorder, span};
use crate::{Span, macro_args};

const WHY: &str = "the spec forbids it";

/// `loops` and `loop` are one word.
fn words(forbidden: &[String]) -> Vec<String> {
    forbidden
        .iter()
        .map(|text| {
            let text = text.trim().trim_end_matches("()").trim_end_matches('!');
            let singular = text.strip_suffix('s').unwrap_or(text);
            if super::FORBIDDABLE.contains(&singular) { singular } else { text }.to_owned()
        })
        .filter(|text| !text.is_empty())
        .collect()
}

fn violation(construct: &str, span: Span) -> Violation {
    Violation { construct: construct.to_owned(), span, why: WHY.to_owned() }
}

pub(super) fn scan_rust(
    stream: &proc_macro2::TokenStream,
    file: &syn::File,
    forbidden: &[String],
) -> Vec<Violation> {
    let words = words(forbidden);
    if words.is_empty() {
        return Vec::new();
    }
    let mut scan = RustScan { words: &words, around: Vec::new(), found: Vec::new() };
    scan.visit_file(file);
    let mut found = scan.found;
    let flat = flatten(stream);
    let texts: Vec<String> = flat.iter().map(flat_text).collect();
    for word in words.iter().filter(|word| !super::FORBIDDABLE.contains(&word.as_str())) {
        let pattern: Vec<String> = match word.parse::<proc_macro2::TokenStream>() {
            Ok(stream) => flatten(&stream).iter().map(flat_text).collect(),
            Err(_) => continue,
        };
        found.extend(sequences(&texts, &pattern).filter_map(|(first, last)| {
            let (first, last) = (flat.get(first)?, flat.get(last)?);
            Some(violation(word, Span::new(first.span.start, last.span.end)))
        }));
    }
    found
}

fn flat_text(flat: &Flat) -> String {
    match &flat.kind {
        FlatKind::Word(text) | FlatKind::Literal(text) => text.clone(),
        FlatKind::Punct(character, _) | FlatKind::Open(character) | FlatKind::Close(character) => {
            character.to_string()
        }
    }
}

/// Where `pattern` stands in `texts`, by first and last index.
fn sequences<'a>(
    texts: &'a [String],
    pattern: &'a [String],
) -> impl Iterator<Item = (usize, usize)> + 'a {
    texts
        .windows(pattern.len().max(1))
        .enumerate()
        .filter(move |(_, window)| !pattern.is_empty() && *window == pattern)
        .map(|(start, window)| (start, start + window.len() - 1))
}

struct RustScan<'a> {
    words: &'a [String],
    /// The functions around the place that is looked at.
    around: Vec<String>,
    found: Vec<Violation>,
}

impl RustScan<'_> {
    fn hit(&mut self, word: &str, node: &impl Spanned) {
        if self.words.iter().any(|forbidden| forbidden == word) {
            self.found.push(violation(word, Span::from(node.span().byte_range())));
        }
    }
}

impl<'ast> Visit<'ast> for RustScan<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.around.push(item.sig.ident.to_string());
        visit::visit_item_fn(self, item);
        self.around.pop();
    }

    fn visit_expr(&mut self, expr: &'ast syn::Expr) {
        match expr {
            syn::Expr::ForLoop(_) | syn::Expr::While(_) | syn::Expr::Loop(_) => {
                self.hit("loop", expr);
            }
            syn::Expr::Closure(_) => {
                self.hit("closure", expr);
                self.hit("lambda", expr);
            }
            syn::Expr::Index(_) => self.hit("indexing", expr),
            syn::Expr::MethodCall(call) => {
                let name = call.method.to_string();
                if matches!(name.as_str(), "unwrap" | "expect" | "unwrap_err" | "expect_err") {
                    self.hit("unwrap", &call.method);
                    self.hit("panic", &call.method);
                }
            }
            syn::Expr::Path(path) => {
                let last = path.path.segments.last().map(|last| last.ident.to_string());
                if last.is_some_and(|last| self.around.contains(&last)) {
                    self.hit("recursion", expr);
                }
            }
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Float(_), .. }) => {
                self.hit("float", expr);
            }
            _ => {}
        }
        visit::visit_expr(self, expr);
    }

    fn visit_type_path(&mut self, ty: &'ast syn::TypePath) {
        if ty.path.is_ident("f32") || ty.path.is_ident("f64") {
            self.hit("float", ty);
        }
        visit::visit_type_path(self, ty);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.hit("import", item);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.hit("macro", mac);
        let name = mac.path.segments.last().map(|last| last.ident.to_string());
        if let Some("panic" | "unreachable" | "assert" | "assert_eq" | "assert_ne") =
            name.as_deref()
        {
            self.hit("panic", mac);
        }
        if let Some(args) = macro_args::read(mac) {
            args.exprs.iter().for_each(|expr| self.visit_expr(expr));
        }
    }
}

pub(super) fn scan_python(root: Node<'_>, source: &str, forbidden: &[String]) -> Vec<Violation> {
    let words = words(forbidden);
    if words.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for node in preorder(root) {
        for kind in python_words(node, source) {
            if words.iter().any(|word| word == kind) {
                found.push(violation(kind, span(node)));
            }
        }
    }
    let leaves: Vec<Node<'_>> =
        preorder(root).filter(|node| node.child_count() == 0 && !node.is_extra()).collect();
    let texts: Vec<String> =
        leaves.iter().map(|leaf| tree::text(*leaf, source).to_owned()).collect();
    for word in words.iter().filter(|word| !super::FORBIDDABLE.contains(&word.as_str())) {
        let pattern = python_pattern(word);
        found.extend(sequences(&texts, &pattern).filter_map(|(first, last)| {
            let (first, last) = (leaves.get(first)?, leaves.get(last)?);
            Some(violation(word, Span::new(first.start_byte(), last.end_byte())))
        }));
    }
    found
}

/// The leaves of a forbidden piece of text; an operator is one leaf.
fn python_pattern(word: &str) -> Vec<String> {
    let is_operator = !word.contains(|c: char| c.is_alphanumeric() || c == '_');
    let tree = if is_operator { None } else { tree::parse(crate::Language::Python, word) };
    match tree {
        Some(tree) => preorder(tree.root_node())
            .filter(|node| node.child_count() == 0 && node.end_byte() > node.start_byte())
            .map(|node| tree::text(node, word).to_owned())
            .collect(),
        None => vec![word.to_owned()],
    }
}

fn python_words(node: Node<'_>, source: &str) -> Vec<&'static str> {
    match node.kind() {
        "for_statement" | "while_statement" => vec!["loop"],
        "list_comprehension"
        | "set_comprehension"
        | "dictionary_comprehension"
        | "generator_expression" => vec!["comprehension"],
        "lambda" => vec!["lambda", "closure"],
        "subscript" => vec!["indexing"],
        "import_statement" | "import_from_statement" => vec!["import"],
        "float" => vec!["float"],
        "raise_statement" | "assert_statement" => vec!["panic"],
        "identifier" if is_own_name(node, source) => vec!["recursion"],
        "identifier" if tree::text(node, source) == "float" => vec!["float"],
        _ => Vec::new(),
    }
}

/// Does an identifier name a function around it?
fn is_own_name(node: Node<'_>, source: &str) -> bool {
    let name = tree::text(node, source);
    let mut around = node.parent();
    let is_attribute = around.is_some_and(|parent| {
        parent.kind() == "attribute"
            && parent.child_by_field_name("attribute").is_some_and(|it| it.id() == node.id())
    });
    let mut depth = 0;
    while let Some(it) = around {
        if it.kind() == "function_definition"
            && let Some(own) = it.child_by_field_name("name")
            && own.id() != node.id()
            && tree::text(own, source) == name
        {
            return !is_attribute;
        }
        depth += 1;
        around = if depth > tree::TREE_DEPTH_MAX { None } else { it.parent() };
    }
    false
}
