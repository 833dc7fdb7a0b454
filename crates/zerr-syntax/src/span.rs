//! Places in a text: [`Span`] in bytes, and lines and columns for people.

use serde::{Deserialize, Serialize};

/// A half-open range of byte offsets into the text it was made from.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }

    /// The text under this span; empty where the span does not fit the text.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        source.get(self.start..self.end).unwrap_or("")
    }

    pub fn contains(&self, offset: usize) -> bool {
        self.start <= offset && offset < self.end
    }

    pub fn is_empty(&self) -> bool {
        self.start >= self.end
    }

    /// The same span in a text that starts `offset` bytes earlier.
    #[must_use]
    pub fn shifted(&self, offset: usize) -> Self {
        Self { start: self.start + offset, end: self.end + offset }
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// The 1-based line and column (in characters) of a byte offset. An offset past the end, or
/// inside a character, is moved back to the nearest place that exists.
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..text.floor_char_boundary(offset)).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(line_start..).unwrap_or("").chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let text = "aé\nbc";
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 2), (1, 2));
        assert_eq!(line_column(text, 3), (1, 3));
        assert_eq!(line_column(text, 5), (2, 2));
        assert_eq!(line_column(text, 99), (2, 3));
    }

    #[test]
    fn a_span_that_does_not_fit_has_no_text() {
        assert_eq!(Span::new(1, 2).text("é"), "");
        assert_eq!(Span::new(3, 9).text("abc"), "");
        assert_eq!(Span::new(1, 3).text("abc"), "bc");
    }
}
