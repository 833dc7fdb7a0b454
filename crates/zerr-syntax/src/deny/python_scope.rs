//! Names of a Python text that come from outside of it: [`unbound`].
//!
//! Follows Python's scopes (functions, lambdas, comprehensions, classes), so that binding a
//! name in one of them does not hide its use in another.

use std::collections::BTreeSet;

use tree_sitter::Node;

use super::Policy;
use super::python_names::{is_builtin, is_typing_name};
use crate::tree::{self, children, named_children};

/// The identifiers that are neither bound where they stand nor allowed builtins.
pub(super) fn unbound<'tree>(root: Node<'tree>, source: &str, policy: &Policy) -> Vec<Node<'tree>> {
    let mut walk = Walk { source, policy, scopes: Vec::new(), in_type: 0, found: Vec::new() };
    let names = walk.bindings(&[root]);
    walk.scopes.push(Scope { names, is_class: false });
    walk.children(root);
    walk.found
}

struct Scope {
    names: BTreeSet<String>,
    is_class: bool,
}

struct Walk<'a, 'tree> {
    source: &'a str,
    policy: &'a Policy,
    scopes: Vec<Scope>,
    in_type: usize,
    found: Vec<Node<'tree>>,
}

const COMPREHENSIONS: &[&str] = &[
    "list_comprehension",
    "set_comprehension",
    "dictionary_comprehension",
    "generator_expression",
];

/// A walk is as deep as the tree, which was judged before.
impl<'tree> Walk<'_, 'tree> {
    fn text(&self, node: Node<'_>) -> &str {
        tree::text(node, self.source)
    }

    fn children(&mut self, node: Node<'tree>) {
        for child in children(node) {
            self.node(child);
        }
    }

    fn node(&mut self, node: Node<'tree>) {
        match node.kind() {
            "identifier" => self.identifier(node),
            "attribute" => {
                if let Some(object) = node.child_by_field_name("object") {
                    self.node(object);
                }
            }
            "keyword_argument" => {
                if let Some(value) = node.child_by_field_name("value") {
                    self.node(value);
                }
            }
            "function_definition" | "lambda" => self.function(node),
            "class_definition" => self.class(node),
            kind if COMPREHENSIONS.contains(&kind) => self.comprehension(node),
            "import_statement"
            | "import_from_statement"
            | "future_import_statement"
            | "global_statement"
            | "nonlocal_statement" => {}
            "class_pattern" => {
                let mut parts = named_children(node).into_iter();
                if let Some(name) = parts.next() {
                    self.first_name(name);
                }
                parts.for_each(|part| self.node(part));
            }
            "keyword_pattern" => {
                named_children(node).into_iter().skip(1).for_each(|part| self.node(part));
            }
            // In a pattern: `name` binds, `a.b` is a value.
            "dotted_name" => {
                if named_children(node).len() > 1 {
                    self.first_name(node);
                }
            }
            "type" => {
                self.in_type += 1;
                self.children(node);
                self.in_type -= 1;
            }
            _ => self.children(node),
        }
    }

    fn first_name(&mut self, node: Node<'tree>) {
        match named_children(node).first() {
            Some(first) => self.node(*first),
            None => self.node(node),
        }
    }

    fn identifier(&mut self, node: Node<'tree>) {
        let name = self.text(node);
        let last = self.scopes.len().saturating_sub(1);
        // Methods do not see the names of their class.
        let is_bound =
            self.scopes.iter().enumerate().any(|(index, scope)| {
                (!scope.is_class || index == last) && scope.names.contains(name)
            });
        let is_given = is_bound
            || is_builtin(name, self.policy)
            || (self.in_type > 0 && is_typing_name(name))
            || self.policy.allowed_calls.iter().any(|call| call == name)
            || self.policy.surroundings.as_ref().is_some_and(|around| around.has(name))
            || self.policy.types.iter().any(|ty| ty == name);
        if !is_given {
            self.found.push(node);
        }
    }

    fn function(&mut self, node: Node<'tree>) {
        let parameters = node.child_by_field_name("parameters");
        let mut names = BTreeSet::new();
        for parameter in parameters.map(named_children).unwrap_or_default() {
            self.parameter(parameter, &mut names);
        }
        if let Some(ty) = node.child_by_field_name("return_type") {
            self.node(ty);
        }
        let Some(body) = node.child_by_field_name("body") else { return };
        names.extend(self.bindings(&[body]));
        self.scopes.push(Scope { names, is_class: false });
        self.node(body);
        self.scopes.pop();
    }

    /// Defaults and annotations belong to the scope around the function.
    fn parameter(&mut self, parameter: Node<'tree>, names: &mut BTreeSet<String>) {
        match parameter.kind() {
            "identifier" | "list_splat_pattern" | "dictionary_splat_pattern" | "tuple_pattern" => {
                self.targets(parameter, names);
            }
            "typed_parameter" => {
                if let Some(name) = named_children(parameter).first() {
                    self.targets(*name, names);
                }
            }
            _ => {
                if let Some(name) = parameter.child_by_field_name("name") {
                    self.targets(name, names);
                }
            }
        }
        for field in ["type", "value"] {
            if let Some(part) = parameter.child_by_field_name(field) {
                self.node(part);
            }
        }
    }

    fn class(&mut self, node: Node<'tree>) {
        if let Some(bases) = node.child_by_field_name("superclasses") {
            self.node(bases);
        }
        let Some(body) = node.child_by_field_name("body") else { return };
        let names = self.bindings(&[body]);
        self.scopes.push(Scope { names, is_class: true });
        self.node(body);
        self.scopes.pop();
    }

    /// The first iterable belongs to the scope around the comprehension.
    fn comprehension(&mut self, node: Node<'tree>) {
        let parts = named_children(node);
        let mut names = BTreeSet::new();
        let mut outer = None;
        for part in parts.iter().filter(|part| part.kind() == "for_in_clause") {
            if let Some(left) = part.child_by_field_name("left") {
                self.targets(left, &mut names);
            }
            if outer.is_none() {
                outer = part.child_by_field_name("right");
            }
        }
        if let Some(outer) = outer {
            self.node(outer);
        }
        self.scopes.push(Scope { names, is_class: false });
        for part in parts {
            if part.kind() == "for_in_clause" {
                for inner in named_children(part) {
                    if outer.is_none_or(|outer| outer.id() != inner.id()) {
                        self.node(inner);
                    }
                }
            } else {
                self.node(part);
            }
        }
        self.scopes.pop();
    }

    /// What the nodes bind in their own scope.
    fn bindings(&self, nodes: &[Node<'tree>]) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let mut open: Vec<(Node<'tree>, bool)> = nodes.iter().map(|node| (*node, false)).collect();
        while let Some((node, in_comprehension)) = open.pop() {
            let mut enter = true;
            let mut inside = in_comprehension;
            match node.kind() {
                // `:=` binds in the function around a comprehension.
                "named_expression" => {
                    if let Some(name) = node.child_by_field_name("name") {
                        self.targets(name, &mut names);
                    }
                }
                kind if COMPREHENSIONS.contains(&kind) => inside = true,
                "function_definition" | "class_definition" => {
                    if let Some(name) = node.child_by_field_name("name") {
                        self.targets(name, &mut names);
                    }
                    enter = false;
                }
                "lambda" => enter = false,
                _ if in_comprehension => {}
                "assignment"
                | "augmented_assignment"
                | "for_statement"
                | "type_alias_statement" => {
                    if let Some(left) = node.child_by_field_name("left") {
                        self.targets(left, &mut names);
                    }
                }
                "as_pattern_target" | "splat_pattern" => {
                    for it in named_children(node) {
                        self.targets(it, &mut names);
                    }
                }
                "as_pattern" => {
                    if let Some(alias) = named_children(node).last() {
                        self.targets(*alias, &mut names);
                    }
                }
                "case_pattern" => {
                    for part in named_children(node) {
                        if part.kind() == "dotted_name"
                            && let [only] = named_children(part).as_slice()
                        {
                            self.targets(*only, &mut names);
                        }
                    }
                }
                "keyword_pattern" => {
                    if let Some(value) = named_children(node).get(1)
                        && let [only] = named_children(*value).as_slice()
                        && value.kind() == "dotted_name"
                    {
                        self.targets(*only, &mut names);
                    }
                }
                "import_statement" | "import_from_statement" => {
                    for name in node.children_by_field_name("name", &mut node.walk()) {
                        let bound = name.child_by_field_name("alias").unwrap_or(name);
                        let text = self.text(bound).split('.').next().unwrap_or("");
                        names.insert(text.to_owned());
                    }
                    enter = false;
                }
                _ => {}
            }
            if enter {
                open.extend(children(node).into_iter().map(|child| (child, inside)));
            }
        }
        names
    }

    /// The names in an assignment's target.
    fn targets(&self, node: Node<'tree>, names: &mut BTreeSet<String>) {
        match node.kind() {
            "identifier" => {
                names.insert(self.text(node).to_owned());
            }
            "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "dictionary_splat_pattern"
            | "tuple"
            | "list"
            | "parenthesized_expression"
            | "type" => {
                for part in named_children(node) {
                    self.targets(part, names);
                }
            }
            _ => {}
        }
    }
}
