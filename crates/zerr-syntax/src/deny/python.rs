//! The deny-scan of Python over tree-sitter's tree, which was judged free of errors before.

use std::collections::{BTreeMap, BTreeSet};

use tree_sitter::Node;

use super::python_names::{
    attribute_refusal, imported_attribute_refusal, is_special_method, is_value_type,
    member_refusal, module_refusal, name_refusal,
};
use super::{Policy, Violation, python_scope};
use crate::Span;
use crate::tree::{self, named_children, preorder, span};

pub(super) fn scan(root: Node<'_>, source: &str, policy: &Policy) -> Vec<Violation> {
    let mut scan = Scan {
        source,
        policy,
        modules: BTreeMap::new(),
        shared: BTreeSet::new(),
        found: Vec::new(),
    };
    for (name, module) in policy.surroundings.iter().flat_map(|around| &around.imports) {
        scan.modules.entry(name.clone()).or_default().push(module.clone());
    }
    for node in preorder(root) {
        scan.import(node);
    }
    scan.find_shared(root);
    for node in preorder(root) {
        scan.node(node);
    }
    for node in python_scope::unbound(root, source, policy) {
        let name = tree::text(node, source);
        scan.report(name, node, name_refusal(name));
    }
    scan.found
}

struct Scan<'a> {
    source: &'a str,
    policy: &'a Policy,
    /// Names that stand for modules, with the module.
    modules: BTreeMap<String, Vec<String>>,
    /// Local names that may stand for what others share.
    shared: BTreeSet<String>,
    found: Vec<Violation>,
}

impl Scan<'_> {
    fn report(&mut self, construct: impl Into<String>, node: Node<'_>, why: impl Into<String>) {
        self.found.push(Violation {
            construct: construct.into(),
            span: span(node),
            why: why.into(),
        });
    }

    fn text(&self, node: Node<'_>) -> String {
        tree::text(node, self.source).to_owned()
    }

    fn import(&mut self, node: Node<'_>) {
        match node.kind() {
            "import_statement" => {
                for name in named_children(node) {
                    let (module, alias) = self.aliased(name);
                    if let Some(why) = module_refusal(&module, self.policy) {
                        self.report(format!("import {module}"), name, why);
                    }
                    // `import a.b` binds `a`.
                    let head = module.split('.').next().unwrap_or("").to_owned();
                    let (bound, module) =
                        alias.map_or_else(|| (head.clone(), head.clone()), |alias| (alias, module));
                    self.modules.entry(bound).or_default().push(module);
                }
            }
            "import_from_statement" | "future_import_statement" => {
                let module = node
                    .child_by_field_name("module_name")
                    .map_or_else(|| "__future__".to_owned(), |module| self.text(module));
                if let Some(why) = module_refusal(&module, self.policy) {
                    self.report(format!("import {module}"), node, why);
                    return;
                }
                for name in node.children_by_field_name("name", &mut node.walk()) {
                    let (member, _) = self.aliased(name);
                    if let Some(why) = member_refusal(&module, &member, self.policy) {
                        self.report(format!("import {module}.{member}"), name, why);
                    }
                }
                if named_children(node).iter().any(|child| child.kind() == "wildcard_import") {
                    self.report("import *", node, "brings in names that nobody sees");
                }
            }
            _ => {}
        }
    }

    fn aliased(&self, name: Node<'_>) -> (String, Option<String>) {
        match (name.child_by_field_name("name"), name.child_by_field_name("alias")) {
            (Some(inner), Some(alias)) => (self.text(inner), Some(self.text(alias))),
            _ => (self.text(name), None),
        }
    }

    fn node(&mut self, node: Node<'_>) {
        match node.kind() {
            "identifier" => self.identifier(node),
            "attribute" => self.attribute(node),
            "call" => self.call(node),
            "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
                self.changes(node.child_by_field_name("left"));
            }
            "as_pattern_target" | "delete_statement" => self.changes(Some(node)),
            // What the grammar takes for an alias, `type(x).y = z`, is an assignment for `CPython`.
            "type_alias_statement" if self.policy.surroundings.is_some() => {
                self.report("type", node, "changes what others share");
            }
            "decorator" => self.decorator(node),
            "class_definition" => self.class(node),
            "comment" => self.comment(node),
            "global_statement" => {
                self.report("global", node, "keeps state from one call to the next");
            }
            "await" | "async"
                if self.policy.surroundings.as_ref().is_some_and(|around| around.is_async) => {}
            "await" => self.report("await", node, "functions are plain, without a runtime"),
            "async" => self.report("async", node, "functions are plain, without a runtime"),
            "yield" => self.generator(node),
            "print_statement" | "exec_statement" => {
                self.report(node.kind(), node, "is no Python 3");
            }
            _ => {}
        }
    }

    fn identifier(&mut self, node: Node<'_>) {
        let name = self.text(node);
        if !name.is_ascii() {
            // Python reads `ｅｖａｌ` as `eval`.
            self.report(name, node, "names are ASCII, so that none passes for another");
            return;
        }
        let parent = node.parent();
        let is_def_name = parent.is_some_and(|parent| {
            parent.kind() == "function_definition"
                && parent.child_by_field_name("name").is_some_and(|it| it.id() == node.id())
        });
        // What a test compares with decides what it sees.
        let compares = self.policy.surroundings.is_some()
            && !matches!(&*name, "__init__" | "__post_init__" | "__repr__" | "__str__");
        let defines_special = is_def_name && is_special_method(&name) && !compares;
        let is_private = self.policy.surroundings.is_some()
            && (matches!(&*name, "__name__" | "__qualname__")
                || (name.starts_with("__") && !name.ends_with("__")));
        // `super().__init__(…)`
        let calls_init = name == "__init__"
            && parent.is_some_and(|parent| {
                parent.kind() == "attribute" && self.text(parent) == "super().__init__"
            });
        let is_future = parent.is_some_and(|parent| {
            parent.kind() == "dotted_name"
                && parent.parent().is_some_and(|it| it.kind().contains("import"))
        });
        let is_member = parent.is_some_and(|parent| match parent.kind() {
            "attribute" => {
                parent.child_by_field_name("attribute").is_some_and(|it| it.id() == node.id())
            }
            "keyword_pattern" => {
                named_children(parent).first().is_some_and(|it| it.id() == node.id())
            }
            "dotted_name" => named_children(parent).first().is_none_or(|it| it.id() != node.id()),
            _ => false,
        });
        if (is_member || name.starts_with("__"))
            && !defines_special
            && !is_private
            && !calls_init
            && !is_future
            && let Some(why) = attribute_refusal(&name)
        {
            self.report(name.clone(), node, why);
        }
        if self.modules.contains_key(&name) {
            self.module_name(node, &name);
        }
    }

    /// A module stands only before a dot: a module in a variable escapes the lists.
    fn module_name(&mut self, node: Node<'_>, name: &str) {
        let Some(parent) = node.parent() else { return };
        let fits = match parent.kind() {
            "attribute" | "dotted_name" | "aliased_import" => true,
            "keyword_argument" => {
                parent.child_by_field_name("name").is_some_and(|it| it.id() == node.id())
            }
            _ => false,
        };
        if !fits {
            self.report(name, node, "a module is no value");
        }
    }

    fn attribute(&mut self, node: Node<'_>) {
        let (Some(object), Some(attribute)) =
            (node.child_by_field_name("object"), node.child_by_field_name("attribute"))
        else {
            return;
        };
        let member = self.text(attribute);
        let object_text = self.text(object);
        if object.kind() == "identifier"
            && let Some(modules) = self.modules.get(&object_text).cloned()
        {
            for module in modules {
                if let Some(why) = member_refusal(&module, &member, self.policy) {
                    self.report(format!("{object_text}.{member}"), node, why);
                    return;
                }
            }
        }
        let root = {
            let mut root = object;
            while let Some(inner) = root.child_by_field_name("object") {
                root = inner;
            }
            self.text(root)
        };
        let is_imported = self.modules.contains_key(&root)
            || self.policy.surroundings.as_ref().is_some_and(|around| around.has(&root));
        if is_imported && let Some(why) = imported_attribute_refusal(&member, self.policy) {
            self.report(member.clone(), node, why);
        }
        if member.starts_with('_')
            && !member.starts_with("__")
            && object_text != "self"
            && self.policy.surroundings.is_none()
            && !matches!(member.as_str(), "_replace" | "_asdict" | "_fields" | "_make")
        {
            self.report(member.clone(), node, "is no public name");
        }
        if matches!(member.as_str(), "format" | "format_map") {
            self.format(node, object);
        }
    }

    /// A function of a project changes itself, its arguments and what it made, and nothing that others
    /// share: a test would see a patched class, or a patched function, in the place of its own.
    fn changes(&mut self, target: Option<Node<'_>>) {
        let Some(around) = self.policy.surroundings.as_ref() else { return };
        let mut nodes = target.into_iter().flat_map(preorder).peekable();
        let mut found = Vec::new();
        while let Some(node) = nodes.next() {
            if !matches!(node.kind(), "attribute" | "subscript") {
                continue;
            }
            let member = node.child_by_field_name("attribute").map(|member| self.text(member));
            let mut root = node;
            while let Some(inner) =
                root.child_by_field_name("object").or(root.child_by_field_name("value"))
            {
                root = inner;
            }
            let name = self.text(root);
            let is_shared = root.kind() != "identifier"
                || name == "cls"
                || around.has(&name)
                || self.modules.contains_key(&name)
                || self.shared.contains(&name);
            if is_shared || member.is_some_and(|member| around.package.defines(&member)) {
                found.push(node);
            }
            // The rest of it is read, not changed.
            while nodes.peek().is_some_and(|inner| inner.end_byte() <= node.end_byte()) {
                nodes.next();
            }
        }
        for node in found {
            self.report(self.text(node), node, "changes what others share");
        }
    }

    /// Local names that may stand for something of the file: `B = Box`, `for B in [Box]`.
    fn find_shared(&mut self, root: Node<'_>) {
        let Some(around) = self.policy.surroundings.as_ref() else { return };
        // A name may be given on from one to the next.
        for _ in 0..4 {
            let mut more = Vec::new();
            for node in preorder(root) {
                let (left, right) = match node.kind() {
                    "assignment" | "for_statement" | "for_in_clause" => {
                        (node.child_by_field_name("left"), node.child_by_field_name("right"))
                    }
                    "named_expression" => {
                        (node.child_by_field_name("name"), node.child_by_field_name("value"))
                    }
                    "as_pattern" => {
                        let target = node.child_by_field_name("alias");
                        (target, named_children(node).first().copied())
                    }
                    _ => continue,
                };
                let (Some(left), Some(right)) = (left, right) else { continue };
                let gives_shared = preorder(right).any(|part| {
                    let is_called_or_read = part.parent().is_some_and(|parent| {
                        let is = |field: &str| {
                            parent.child_by_field_name(field).is_some_and(|it| it.id() == part.id())
                        };
                        is("function") || is("object")
                    });
                    let name = tree::text(part, self.source);
                    part.kind() == "identifier"
                        && ((!is_called_or_read
                            && (around.has(name)
                                || name == "cls"
                                || self.shared.contains(name)
                                || self.modules.contains_key(name)))
                            || name == "type")
                });
                if gives_shared {
                    let names = preorder(left).filter(|it| it.kind() == "identifier");
                    more.extend(names.map(|it| tree::text(it, self.source).to_owned()));
                }
            }
            self.shared.extend(more);
        }
    }

    /// `"{0.__class__}".format(x)` reads attributes by text.
    fn format(&mut self, node: Node<'_>, receiver: Node<'_>) {
        let mut receiver = receiver;
        while receiver.kind() == "parenthesized_expression"
            && let [inner] = named_children(receiver).as_slice()
        {
            receiver = *inner;
        }
        let text = self.text(receiver);
        let is_literal = matches!(receiver.kind(), "string" | "concatenated_string")
            && !preorder(receiver).any(|part| part.kind() == "interpolation");
        let has_escapes =
            ["\\x", "\\u", "\\U", "\\N", "\\1", "\\0"].iter().any(|escape| text.contains(escape));
        if !is_literal || has_escapes {
            self.report("format", node, "what a computed format text reads cannot be judged");
            return;
        }
        let reads_attributes = text.split('{').skip(1).any(|field| {
            let field = field.split(['}', ':', '!']).next().unwrap_or("");
            field.contains(['.', '[', '\'', '"'])
        });
        if reads_attributes {
            self.report("format", node, "reads attributes by text");
        }
    }

    fn call(&mut self, node: Node<'_>) {
        let (Some(function), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return;
        };
        let plain_type = self.text(function) == "type";
        let one_plain = match named_children(arguments).as_slice() {
            [one] => !matches!(one.kind(), "list_splat" | "dictionary_splat"),
            _ => false,
        };
        if plain_type && !one_plain {
            self.report("type(…)", node, "makes a class that nobody sees");
        }
    }

    fn decorator(&mut self, node: Node<'_>) {
        let text = self.text(node);
        let name = text.trim_start_matches('@').trim();
        let name = name.split('(').next().unwrap_or("").trim();
        let last = name.rsplit('.').next().unwrap_or("");
        let nested =
            node.parent().and_then(|it| it.parent()).is_some_and(|it| it.kind() == "block");
        let fits = nested
            && matches!(
                last,
                "cache"
                    | "lru_cache"
                    | "dataclass"
                    | "property"
                    | "staticmethod"
                    | "classmethod"
                    | "total_ordering"
                    | "unique"
                    | "cached_property"
            );
        if !fits {
            self.report(format!("@{name}"), node, "runs while the function is defined");
        }
    }

    fn class(&mut self, node: Node<'_>) {
        let Some(bases) = node.child_by_field_name("superclasses") else { return };
        for base in named_children(bases) {
            let text = self.text(base);
            let last = text.rsplit('.').next().unwrap_or("");
            if base.kind() == "keyword_argument" {
                self.report(text, base, "changes how the class is made");
            } else if !matches!(base.kind(), "identifier" | "attribute" | "subscript")
                || is_value_type(last)
            {
                self.report(text, base, "a class of this kind passes for a plain value");
            }
        }
    }

    fn comment(&mut self, node: Node<'_>) {
        let text = self.text(node);
        if node.start_position().row < 2 && (text.contains("coding:") || text.contains("coding=")) {
            self.report("coding", node, "changes how the text is read");
        }
    }

    /// `yield` makes the function around it another kind of function.
    fn generator(&mut self, node: Node<'_>) {
        let mut around = node.parent();
        while let Some(it) = around {
            if matches!(it.kind(), "function_definition" | "lambda") {
                break;
            }
            around = it.parent();
        }
        let Some(function) = around else { return };
        let is_nested = function.parent().is_some_and(|it| it.kind() != "module");
        let says_so = function.child_by_field_name("return_type").is_some_and(|ty| {
            let text = self.text(ty);
            ["Iterator", "Iterable", "Generator"].iter().any(|name| text.contains(name))
        });
        if !is_nested && !says_so && self.policy.surroundings.is_none() {
            self.report("yield", node, "the return type says nothing of a generator");
        }
    }
}

/// What stands in the place of a body that is still to be written.
pub(crate) fn unfinished(function: Node<'_>, source: &str) -> Option<Violation> {
    let body = function.child_by_field_name("body")?;
    let mut statements = named_children(body);
    if statements.first().is_some_and(|first| tree::is_doc_string(*first)) {
        statements.remove(0);
    }
    let report = |construct: &str, span: Span| {
        Some(Violation { construct: construct.to_owned(), span, why: "is unfinished".to_owned() })
    };
    match statements.as_slice() {
        [] => report("body", span(body)),
        [only] => {
            let text = tree::text(*only, source);
            let raises = only.kind() == "raise_statement" && text.contains("NotImplementedError");
            if raises || text == "..." { report(text, span(*only)) } else { None }
        }
        _ => None,
    }
}
