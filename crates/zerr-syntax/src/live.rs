//! A text that somebody is typing, parsed again only where it changed: [`Live`].

use tree_sitter::{InputEdit, Parser, Point, Tree};

use crate::problems::{Problem, in_tree};
use crate::{Language, Span, tree};

/// The tree of a text, kept up with its changes.
pub struct Live {
    language: Language,
    parser: Option<Parser>,
    tree: Option<Tree>,
}

/// A row and the bytes before it on its line, both from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub row: usize,
    pub column: usize,
}

/// One change: what stood in `old` became what stands from its start to `new_end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// In the text before.
    pub old: Span,
    /// In the text after.
    pub new_end: usize,
    pub start_place: Place,
    pub old_end_place: Place,
    pub new_end_place: Place,
}

impl From<Place> for Point {
    fn from(place: Place) -> Self {
        Self::new(place.row, place.column)
    }
}

impl Live {
    pub fn new(language: Language, text: &str) -> Self {
        let mut parser = tree::parser(language);
        let tree = parser.as_mut().and_then(|parser| parser.parse(text, None));
        Self { language, parser, tree }
    }

    /// Takes in a change that has been made; `text` is the one after it.
    pub fn change(&mut self, change: &Change, text: &str) {
        if let Some(tree) = &mut self.tree {
            tree.edit(&InputEdit {
                start_byte: change.old.start,
                old_end_byte: change.old.end,
                new_end_byte: change.new_end,
                start_position: change.start_place.into(),
                old_end_position: change.old_end_place.into(),
                new_end_position: change.new_end_place.into(),
            });
        }
        let old = self.tree.take();
        self.tree = self.parser.as_mut().and_then(|parser| parser.parse(text, old.as_ref()));
    }

    /// As [`crate::problems::problems`] has them.
    pub fn problems(&self, text: &str, most: usize) -> Vec<Problem> {
        let root = self.tree.as_ref().map(Tree::root_node);
        root.map(|root| in_tree(self.language, root, text, most)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::problems::problems;

    fn place(text: &str, at: usize) -> Place {
        let before = &text[..at];
        let line = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place { row: before.matches('\n').count(), column: at - line }
    }

    fn changed(live: &mut Live, text: &mut String, old: Span, new: &str) {
        let (start_place, old_end_place) = (place(text, old.start), place(text, old.end));
        text.replace_range(old.start..old.end, new);
        let new_end = old.start + new.len();
        let new_end_place = place(text, new_end);
        live.change(&Change { old, new_end, start_place, old_end_place, new_end_place }, text);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        #[test]
        fn a_text_that_was_typed_has_the_problems_of_one_that_was_opened(
            edits in prop::collection::vec((0..400_usize, 0..9_usize, "[a-z(){}:=\n é\"]{0,6}"), 1..12),
            is_rust in any::<bool>(),
        ) {
            let (language, start) = if is_rust {
                (Language::Rust, "fn a() -> i32 {\n    1 + 2\n}\n\nfn b(x: &str) {\n    let y = \"é\";\n}\n")
            } else {
                (Language::Python, "def a(x):\n    return x + 1\n\n\ndef b():\n    y = \"é\"\n    return y\n")
            };
            let mut text = start.to_owned();
            let mut live = Live::new(language, &text);
            for (at, length, new) in edits {
                let start = text.floor_char_boundary(at % (text.len() + 1));
                let end = text.ceil_char_boundary((start + length).min(text.len()));
                changed(&mut live, &mut text, Span::new(start, end), &new);
            }
            let places = |found: Vec<Problem>| -> Vec<Span> {
                found.into_iter().map(|problem| problem.span).collect()
            };
            let typed = places(live.problems(&text, 50));
            let opened = places(problems(language, &text, 50));
            // How tree-sitter recovers may depend on the way there; that there is something to
            // recover from may not.
            prop_assert_eq!(typed.is_empty(), opened.is_empty(), "{}", text);
        }
    }

    #[test]
    fn a_mistake_comes_and_goes_with_its_letters() {
        let mut text = "def a(x):\n    return x\n".to_owned();
        let mut live = Live::new(Language::Python, &text);
        assert!(live.problems(&text, 9).is_empty());
        changed(&mut live, &mut text, Span::new(8, 9), "");
        assert!(!live.problems(&text, 9).is_empty());
        changed(&mut live, &mut text, Span::new(8, 8), ":");
        assert!(live.problems(&text, 9).is_empty());
    }
}
