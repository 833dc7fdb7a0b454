//! A text that somebody is typing, parsed again only where it changed: [`Live`].
//!
//! tree-sitter recovers from a mistake over the rest of the file, which in a long one takes as long as
//! reading it anew: too long for a key. So while what is being typed does not parse, only the items around
//! it are read; the whole is, once they do.

use std::ops::ControlFlow;

use tree_sitter::{InputEdit, ParseOptions, ParseState, Parser, Point, Tree};

use crate::problems::{Problem, in_tree};
use crate::{Language, Span, tree};

/// The tree of a text, kept up with its changes.
pub struct Live {
    language: Language,
    parser: Option<Parser>,
    /// Of the whole text; where `broken` is, of the one before.
    tree: Option<Tree>,
    /// Items that do not parse by themselves. What stands outside of them has not changed since the whole
    /// was read.
    broken: Option<Broken>,
    /// Shorter texts are always read as a whole.
    long_bytes: usize,
}

/// Some items of a text, read apart from the rest.
struct Broken {
    /// What has changed since the whole was read.
    dirty: Span,
    /// The items around it.
    span: Span,
    read: Read,
}

/// How far something was read that does not parse.
enum Read {
    Whole(Tree),
    /// Recovering from the mistake at this place took too long.
    Until(usize),
}

/// How often tree-sitter may report (every hundred operations) while it recovers: a few milliseconds.
/// What somebody has typed halfway makes no more sense when it is looked at longer.
const RECOVERY_MAX: usize = 20;

/// A text of this length is read as a whole within a millisecond.
const LONG_BYTES: usize = 32 * 1024;

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
        Self::with(language, text, LONG_BYTES)
    }

    fn with(language: Language, text: &str, long_bytes: usize) -> Self {
        let mut parser = tree::parser(language);
        let tree = parser.as_mut().and_then(|parser| parser.parse(text, None));
        Self { language, parser, tree, broken: None, long_bytes }
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
        let touched = Span::new(change.old.start, change.new_end);
        let dirty = match self.broken.take() {
            None => touched,
            Some(broken) => {
                // Ends within what was replaced come to the end of what replaced it.
                let moved = |at: usize| match at {
                    at if at <= change.old.start => at,
                    at if at < change.old.end => change.new_end,
                    at => at - change.old.end + change.new_end,
                };
                let (start, end) = (moved(broken.dirty.start), moved(broken.dirty.end));
                Span::new(start.min(touched.start), end.max(touched.end))
            }
        };
        if text.len() >= self.long_bytes
            && let Some(broken) = self.around(dirty, text)
        {
            self.broken = Some(broken);
            return;
        }
        if text.len() < self.long_bytes {
            let old = self.tree.take();
            self.tree = self.parser.as_mut().and_then(|parser| parser.parse(text, old.as_ref()));
            return;
        }
        let parser = self.parser.as_mut();
        match parser.and_then(|parser| read(parser, text, self.tree.as_ref())) {
            Some(read @ Read::Until(_)) => {
                let span = Span::new(0, text.len());
                self.broken = Some(Broken { dirty, span, read });
            }
            Some(Read::Whole(tree)) => self.tree = Some(tree),
            None => self.tree = None,
        }
    }

    /// The items around a part of the text, if they do not parse by themselves; one more item on either
    /// side, because what is typed may belong to it (`else`, an attribute, a closing brace).
    fn around(&mut self, dirty: Span, text: &str) -> Option<Broken> {
        let tree = self.tree.as_ref()?;
        let root = tree.root_node();
        // Where the whole did not parse, its items say little of where items end.
        if root.child_count() == 0 || root.has_error() {
            return None;
        }
        let mut cursor = root.walk();
        let mut two_before = [0, 0];
        let mut afters: Vec<usize> = Vec::new();
        for child in root.children(&mut cursor).filter(|child| !child.is_extra()) {
            if child.end_byte() < dirty.start {
                two_before = [two_before[1], child.start_byte()];
            } else if child.start_byte() > dirty.end {
                afters.push(child.end_byte());
                break;
            }
        }
        let start = text.floor_char_boundary(two_before[1].min(text.len()));
        let end = afters.first().map_or(text.len(), |end| text.floor_char_boundary(*end));
        let span = Span::new(start, end.max(start));
        if span.end - span.start >= text.len() {
            return None;
        }
        match read(self.parser.as_mut()?, span.text(text), None)? {
            Read::Whole(tree) if !tree.root_node().has_error() => None,
            read => Some(Broken { dirty, span, read }),
        }
    }

    /// As [`crate::problems::problems`] has them.
    pub fn problems(&self, text: &str, most: usize) -> Vec<Problem> {
        if let Some(Broken { span, read: Read::Until(at), .. }) = &self.broken {
            let at = text.floor_char_boundary(span.start + at);
            let before = text.get(..at).unwrap_or("");
            let start = before.rfind('\n').map_or(0, |newline| newline + 1);
            let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
            let blank = line.len() - line.trim_start().len();
            let span = Span::new(start + blank, start + line.trim_end().len().max(blank));
            return vec![Problem { message: "does not parse".to_owned(), span }];
        }
        if let Some(Broken { span, read: Read::Whole(tree), .. }) = &self.broken {
            let own = in_tree(self.language, tree.root_node(), span.text(text), most);
            let moved = own
                .into_iter()
                .map(|problem| Problem { span: problem.span.shifted(span.start), ..problem });
            return moved.collect();
        }
        let root = self.tree.as_ref().map(Tree::root_node);
        root.map(|root| in_tree(self.language, root, text, most)).unwrap_or_default()
    }
}

/// Reads a text unless recovering from its mistakes takes too long.
fn read(parser: &mut Parser, text: &str, old: Option<&Tree>) -> Option<Read> {
    let (mut spent, mut first) = (0, None);
    let mut watch = |state: &ParseState| {
        if !state.has_error() {
            return ControlFlow::Continue(());
        }
        first.get_or_insert(state.current_byte_offset());
        spent += 1;
        if spent > RECOVERY_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut watch);
    let bytes = text.as_bytes();
    let mut input = |at: usize, _: Point| bytes.get(at..).unwrap_or_default();
    let tree = parser.parse_with_options(&mut input, old, Some(options));
    match (tree, first) {
        (Some(tree), _) => Some(Read::Whole(tree)),
        (None, Some(at)) => {
            parser.reset();
            Some(Read::Until(at))
        }
        (None, None) => None,
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
            in_pieces in any::<bool>(),
        ) {
            let (language, start) = if is_rust {
                (Language::Rust, "fn a() -> i32 {\n    1 + 2\n}\n\nfn b(x: &str) {\n    let y = \"é\";\n}\n")
            } else {
                (Language::Python, "def a(x):\n    return x + 1\n\n\ndef b():\n    y = \"é\"\n    return y\n")
            };
            let mut text = start.to_owned();
            let mut live = Live::with(language, &text, if in_pieces { 0 } else { LONG_BYTES });
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
    fn in_a_long_text_only_the_items_around_a_mistake_are_read() {
        let item = "def f(x):\n    if x:\n        return x\n    return 1\n\n\n";
        let mut text = item.repeat(2_000);
        let mut live = Live::new(Language::Python, &text);
        let at = item.len() * 1_000 + "def f(x".len();
        changed(&mut live, &mut text, Span::new(at, at + 1), "");
        let broken = live.broken.as_ref().unwrap();
        assert!(broken.span.end - broken.span.start < 4 * item.len());
        let [problem, ..] =
            live.problems(&text, 9).try_into().unwrap_or_else(|all: Vec<Problem>| {
                assert!(!all.is_empty());
                [all[0].clone()]
            });
        assert!(problem.span.start >= at - 10 && problem.span.start < at + 60, "{problem:?}");
        // Typed elsewhere meanwhile, and put right: the whole is read again.
        let far = item.len() * 500 + "def f(x):\n    ".len();
        changed(&mut live, &mut text, Span::new(far, far), "y = 2\n    ");
        assert!(live.broken.is_some());
        let at = at + "y = 2\n    ".len();
        changed(&mut live, &mut text, Span::new(at, at), ")");
        assert!(live.broken.is_none() && live.problems(&text, 9).is_empty());
    }

    #[test]
    fn what_takes_long_to_recover_from_is_told_at_its_line() {
        let item = "def f(x):\n    return 1\n\n\n";
        let mut text = item.repeat(3_000);
        let mut live = Live::new(Language::Python, &text);
        let at = item.len() * 1_500 + "def f(x):\n    ".len();
        for key in 0..400 {
            changed(&mut live, &mut text, Span::new(at, at), ["x", " ", ")", "a", "("][key % 5]);
        }
        let broken = live.broken.as_ref().unwrap();
        assert!(broken.span.end - broken.span.start < 400 + 4 * item.len(), "it grows by itself");
        let line = text[..at].matches('\n').count();
        let found = live.problems(&text, 9);
        assert!(
            found.iter().any(|it| text[..it.span.start].matches('\n').count().abs_diff(line) < 2)
        );
        changed(&mut live, &mut text, Span::new(at, at + 400), "");
        assert!(live.problems(&text, 9).is_empty());
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
