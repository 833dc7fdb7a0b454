//! tree-sitter, held so that its trees of any depth can be walked without recursion.
//!
//! Main functions: [`parse`], [`preorder`], [`depth_exceeds`].

use tree_sitter::{Node, Parser, Tree, TreeCursor};

use crate::{Language, Span};

/// Deepest tree that code with a recursive walk is given.
pub(crate) const TREE_DEPTH_MAX: u32 = 300;

/// The tree of any text at all; `None` only when tree-sitter refuses the grammar.
pub(crate) fn parse(language: Language, text: &str) -> Option<Tree> {
    parser(language)?.parse(text, None)
}

/// A parser for a language; `None` only when tree-sitter refuses the grammar.
pub(crate) fn parser(language: Language) -> Option<Parser> {
    let grammar = match language {
        Language::Rust => tree_sitter_rust::LANGUAGE,
        Language::Python => tree_sitter_python::LANGUAGE,
    };
    let mut parser = Parser::new();
    parser.set_language(&grammar.into()).ok()?;
    Some(parser)
}

/// Every node under and including `root`, parents first, without recursion.
pub(crate) fn preorder(root: Node<'_>) -> Preorder<'_> {
    Preorder { cursor: root.walk(), state: State::Fresh }
}

pub(crate) struct Preorder<'tree> {
    cursor: TreeCursor<'tree>,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Fresh,
    Inside,
    Done,
}

impl Preorder<'_> {
    /// The depth of the node that was handed out last; the root's is 0.
    pub(crate) fn depth(&self) -> u32 {
        self.cursor.depth()
    }

    /// Goes on beside the node that was handed out last instead of under it.
    pub(crate) fn skip_children(&mut self) {
        while !self.cursor.goto_next_sibling() {
            if !self.cursor.goto_parent() {
                self.state = State::Done;
                return;
            }
        }
        self.state = State::Fresh;
    }
}

impl<'tree> Iterator for Preorder<'tree> {
    type Item = Node<'tree>;

    fn next(&mut self) -> Option<Node<'tree>> {
        match self.state {
            State::Done => return None,
            State::Fresh => {}
            State::Inside => {
                if !self.cursor.goto_first_child() {
                    self.skip_children();
                    if self.state == State::Done {
                        return None;
                    }
                }
            }
        }
        self.state = State::Inside;
        Some(self.cursor.node())
    }
}

/// Is there a node deeper than [`TREE_DEPTH_MAX`], and where does it stand?
pub(crate) fn depth_exceeds(root: Node<'_>) -> Option<Span> {
    let mut nodes = preorder(root);
    while let Some(node) = nodes.next() {
        if nodes.depth() > TREE_DEPTH_MAX {
            return Some(span(node));
        }
    }
    None
}

/// The first place that does not parse, and what is wrong there.
pub(crate) fn first_error(root: Node<'_>, text: &str) -> Option<(String, Span)> {
    if !root.has_error() {
        return None;
    }
    for node in preorder(root) {
        if node.is_missing() {
            return Some((format!("`{}` is missing", node.kind()), span(node)));
        }
        if node.is_error() {
            let shown: String = span(node).text(text).trim().chars().take(30).collect();
            let shown = shown.lines().next().unwrap_or("").to_owned();
            return Some((format!("unexpected `{shown}`"), span(node)));
        }
    }
    None
}

pub(crate) fn span(node: Node<'_>) -> Span {
    Span::from(node.byte_range())
}

pub(crate) fn text<'a>(node: Node<'_>, source: &'a str) -> &'a str {
    span(node).text(source)
}

/// All children, comments included.
pub(crate) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.children(&mut node.walk()).collect()
}

/// The named children that are not comments.
pub(crate) fn named_children(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).filter(|child| !child.is_extra()).collect()
}

/// Is this Python statement a plain string and nothing else?
pub(crate) fn is_doc_string(statement: Node<'_>) -> bool {
    statement.kind() == "expression_statement"
        && matches!(named_children(statement).as_slice(), [only]
            if matches!(only.kind(), "string" | "concatenated_string"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preorder_visits_every_node_once_and_can_skip() {
        let tree = parse(Language::Python, "f(1)\ng(2)\n").unwrap();
        let count = preorder(tree.root_node()).count();
        assert_eq!(count, tree.root_node().descendant_count());
        let mut nodes = preorder(tree.root_node());
        let mut kinds = Vec::new();
        while let Some(node) = nodes.next() {
            kinds.push(node.kind());
            if node.kind() == "expression_statement" {
                nodes.skip_children();
            }
        }
        assert_eq!(kinds, ["module", "expression_statement", "expression_statement"]);
    }

    #[test]
    fn deep_garbage_is_walked_without_recursion() {
        for language in Language::ALL {
            let text = "(".repeat(60_000);
            let tree = parse(language, &text).unwrap();
            let _ = depth_exceeds(tree.root_node());
            assert!(first_error(tree.root_node(), &text).is_some());
        }
    }
}
