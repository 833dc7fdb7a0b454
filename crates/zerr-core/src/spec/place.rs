//! Places in a spec's file, [`Place`], and the list that mistakes are gathered in, [`Mistakes`].

use saphyr_parser::{Marker, Span as YamlSpan};
use zerr_syntax::Span;

use super::yaml::{Kind, Node, Style};
use super::{ERRORS_MAX, SpecError};

/// From where to where: lines and columns in characters, both from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    pub(super) end_column: usize,
}

impl Place {
    pub(super) fn of(span: YamlSpan) -> Self {
        Self {
            line: span.start.line(),
            column: span.start.col() + 1,
            end_line: span.end.line(),
            end_column: span.end.col() + 1,
        }
    }

    pub(super) fn at(marker: Marker) -> Self {
        Self::of(YamlSpan::empty(marker))
    }

    pub(super) fn up_to(self, end: Self) -> Self {
        Self { end_line: end.end_line, end_column: end.end_column, ..self }
    }
}

/// Longest piece of a file that an error repeats, in characters.
const OFFENDING_MAX: usize = 80;

/// Longest message and hint, in characters: they repeat names that may be anything.
const MESSAGE_MAX: usize = 300;

/// More mistakes are not gathered: who made that many needs no list of them.
const GATHERED_MAX: usize = 500;

/// Every mistake found so far. What is found twice at one place (once a language) is kept once.
pub(super) struct Mistakes<'a> {
    file: &'a str,
    lines: Vec<&'a str>,
    found: Vec<SpecError>,
}

impl<'a> Mistakes<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, lines: text.lines().collect(), found: Vec::new() }
    }

    pub(super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Takes back what was found since there were so many.
    pub(super) fn forget_from(&mut self, count: usize) {
        self.found.truncate(count);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn add(
        &mut self,
        place: Place,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        if self.found.len() >= GATHERED_MAX {
            return;
        }
        let short = |text: String| match text.char_indices().nth(MESSAGE_MAX) {
            Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
            None => text,
        };
        let offending = self.text_at(place);
        let error = SpecError {
            file: self.file.to_owned(),
            line: place.line.max(1),
            column: place.column.max(1),
            offending,
            message: short(message.into()),
            hint: hint.into().filter(|hint| !hint.is_empty()).map(short),
        };
        if !self.found.contains(&error) {
            self.found.push(error);
        }
    }

    /// A mistake in a part of a scalar, given by bytes of its content.
    pub(super) fn add_inside(
        &mut self,
        node: &Node,
        span: Span,
        message: impl Into<String>,
        hint: impl Into<Option<String>>,
    ) {
        let place = self.inside(node, span).unwrap_or(node.place);
        self.add(place, message, hint);
    }

    /// Where a part of a scalar stands in the file, if the scalar is written there as it is
    /// read: on one line, without escapes.
    fn inside(&self, node: &Node, span: Span) -> Option<Place> {
        let Kind::Scalar { text, style } = &node.kind else { return None };
        let written = self.text_on_line(node.place)?;
        let quote = match style {
            Style::Plain => 0,
            Style::Quoted => 1,
            Style::Block => return None,
        };
        let bare = written.get(quote..written.len().checked_sub(quote)?)?;
        if bare != text {
            return None;
        }
        let columns = |bytes: usize| {
            text.get(..text.floor_char_boundary(bytes)).map(|before| before.chars().count())
        };
        let column = node.place.column + quote + columns(span.start)?;
        let end_column = node.place.column + quote + columns(span.end.max(span.start))?;
        Some(Place { column, end_column, end_line: node.place.line, line: node.place.line })
    }

    /// The text under a place that begins and ends on one line.
    fn text_on_line(&self, place: Place) -> Option<String> {
        if place.line != place.end_line {
            return None;
        }
        let line = self.lines.get(place.line.checked_sub(1)?)?;
        let skipped = place.column.checked_sub(1)?;
        Some(line.chars().skip(skipped).take(place.end_column.checked_sub(place.column)?).collect())
    }

    fn text_at(&self, place: Place) -> String {
        let on_line = self.text_on_line(place).filter(|text| !text.is_empty());
        let text = on_line.unwrap_or_else(|| {
            let line = place.line.checked_sub(1).and_then(|line| self.lines.get(line));
            let skipped = place.column.saturating_sub(1);
            line.map(|line| line.chars().skip(skipped).collect()).unwrap_or_default()
        });
        text.trim_end().chars().take(OFFENDING_MAX).collect()
    }

    /// All of them by place, at most [`ERRORS_MAX`].
    pub(super) fn into_errors(mut self) -> Vec<SpecError> {
        self.found.sort_by_key(|error| (error.line, error.column));
        self.found.truncate(ERRORS_MAX);
        self.found
    }
}
