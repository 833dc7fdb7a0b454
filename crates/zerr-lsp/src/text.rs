//! A document's text as the protocol changes it: [`Text`], [`Encoding`].
//!
//! # Invariants
//! A place outside of the text, or inside of a character, is the nearest one before it that is a
//! boundary: a client that counts in another way is wrong by some letters, and nothing panics.

use tower_lsp::lsp_types::{Position, PositionEncodingKind, Range};
use zerr_syntax::Span;
use zerr_syntax::live::{Change, Place};

/// What a character's place on its line is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// Pairs of bytes of UTF-16, which every client knows.
    #[default]
    Utf16,
}

impl Encoding {
    /// UTF-8 where the client offers it.
    pub(crate) fn negotiated(offered: Option<&[PositionEncodingKind]>) -> Self {
        match offered {
            Some(kinds) if kinds.contains(&PositionEncodingKind::UTF8) => Self::Utf8,
            _ => Self::Utf16,
        }
    }

    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }
}

/// A text and where its lines begin.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    text: String,
    /// Ascending; the first is 0.
    lines: Vec<usize>,
}

impl Text {
    pub(crate) fn new(text: String) -> Self {
        let lines = std::iter::once(0).chain(line_starts(&text, 0)).collect();
        Self { text, lines }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text of a line with its end, counted from 0; empty behind the last one.
    fn line(&self, row: usize) -> &str {
        let Some(start) = self.lines.get(row) else { return "" };
        let end = self.lines.get(row + 1).copied().unwrap_or(self.text.len());
        self.text.get(*start..end).unwrap_or("")
    }

    pub(crate) fn offset(&self, position: Position, encoding: Encoding) -> usize {
        let row = position.line as usize;
        let Some(start) = self.lines.get(row) else { return self.text.len() };
        let line = self.line(row);
        let bare = line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n'));
        let line = bare.unwrap_or(line);
        let wanted = position.character as usize;
        let within = match encoding {
            Encoding::Utf8 => line.floor_char_boundary(wanted),
            Encoding::Utf16 => {
                let mut units = 0;
                let mut end = line.len();
                for (at, character) in line.char_indices() {
                    if units + character.len_utf16() > wanted {
                        end = at;
                        break;
                    }
                    units += character.len_utf16();
                }
                end
            }
        };
        start + within
    }

    pub(crate) fn position(&self, offset: usize, encoding: Encoding) -> Position {
        let offset = self.text.floor_char_boundary(offset);
        let place = self.place(offset);
        let line = self.line(place.row);
        let before = line.get(..place.column).unwrap_or(line);
        let character = match encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.encode_utf16().count(),
        };
        Position::new(place.row as u32, character as u32)
    }

    pub(crate) fn range(&self, span: Span, encoding: Encoding) -> Range {
        Range::new(self.position(span.start, encoding), self.position(span.end, encoding))
    }

    fn place(&self, offset: usize) -> Place {
        let row = self.lines.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.lines.get(row).copied().unwrap_or(0);
        Place { row, column: offset - start }
    }

    /// Where a line and a column in characters stand, both counted from 1.
    pub(crate) fn offset_of(&self, line: usize, column: Option<usize>) -> usize {
        let row = line.saturating_sub(1);
        let Some(start) = self.lines.get(row) else { return self.text.len() };
        let text = self.line(row).trim_end_matches(['\n', '\r']);
        let Some(column) = column else { return *start };
        let within = text.char_indices().nth(column.saturating_sub(1));
        start + within.map_or(text.len(), |(at, _)| at)
    }

    /// The end of a line, counted from 1, without what ends it.
    pub(crate) fn line_end(&self, line: usize) -> usize {
        let row = line.saturating_sub(1);
        let Some(start) = self.lines.get(row) else { return self.text.len() };
        start + self.line(row).trim_end_matches(['\n', '\r']).len()
    }

    /// Puts `new` in the place of the range and says what changed.
    pub(crate) fn replace(&mut self, range: Range, new: &str, encoding: Encoding) -> Change {
        let start = self.offset(range.start, encoding);
        let end = self.offset(range.end, encoding).max(start);
        let (start_place, old_end_place) = (self.place(start), self.place(end));
        self.text.replace_range(start..end, new);
        let new_end = start + new.len();
        let first = start_place.row + 1;
        let last = old_end_place.row + 1;
        let inserted: Vec<usize> = line_starts(new, start).collect();
        let (added, removed) = (new.len(), end - start);
        for line in self.lines.iter_mut().skip(last) {
            *line = *line + added - removed;
        }
        self.lines.splice(first..last, inserted);
        let new_end_place = self.place(new_end);
        Change { old: Span::new(start, end), new_end, start_place, old_end_place, new_end_place }
    }
}

fn line_starts(text: &str, base: usize) -> impl Iterator<Item = usize> {
    text.match_indices('\n').map(move |(at, _)| base + at + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn position(line: u32, character: u32) -> Position {
        Position::new(line, character)
    }

    #[test]
    fn places_are_counted_as_was_agreed() {
        let text = Text::new("a𝔸b\né\r\n".to_owned());
        for (encoding, behind) in [(Encoding::Utf16, 3), (Encoding::Utf8, 5)] {
            assert_eq!(text.offset(position(0, behind), encoding), 5);
            assert_eq!(text.position(5, encoding), position(0, behind));
        }
        // Inside of a character, behind a line, behind the text.
        assert_eq!(text.offset(position(0, 2), Encoding::Utf16), 1);
        assert_eq!(text.offset(position(0, 3), Encoding::Utf8), 1);
        assert_eq!(text.offset(position(1, 99), Encoding::Utf16), 9);
        assert_eq!(text.offset(position(9, 0), Encoding::Utf16), text.as_str().len());
        assert_eq!(text.offset_of(1, Some(3)), 5);
        assert_eq!(text.line_end(2), 9);
    }

    /// The offset by walking through the text, a line and a unit at a time.
    fn walked(text: &str, position: Position, encoding: Encoding) -> usize {
        let mut start = 0;
        for _ in 0..position.line {
            match text[start..].find('\n') {
                Some(at) => start += at + 1,
                None => return text.len(),
            }
        }
        let mut units = 0;
        for (at, character) in text[start..].char_indices() {
            let is_end = character == '\n' || text[start + at..].starts_with("\r\n");
            let width = match encoding {
                Encoding::Utf8 => character.len_utf8(),
                Encoding::Utf16 => character.len_utf16(),
            };
            if is_end || units + width > position.character as usize {
                return start + at;
            }
            units += width;
        }
        text.len()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn a_thousand_keys_end_where_opening_the_last_text_would(
            is_utf8 in any::<bool>(),
            edits in prop::collection::vec(
                ((0..9_u32, 0..12_u32), (0..9_u32, 0..12_u32), "[a-z𝔸é\r\n \t(){}]{0,5}"),
                1..60,
            ),
        ) {
            let encoding = if is_utf8 { Encoding::Utf8 } else { Encoding::Utf16 };
            let start = "fn a() {\n    𝔸é();\r\n}\n\nlast";
            let (mut text, mut plain) = (Text::new(start.to_owned()), start.to_owned());
            for ((line, character), (end_line, end_character), new) in edits {
                let range =
                    Range::new(position(line, character), position(end_line, end_character));
                let from = walked(&plain, range.start, encoding);
                let to = walked(&plain, range.end, encoding).max(from);
                plain.replace_range(from..to, &new);
                text.replace(range, &new, encoding);
                prop_assert_eq!(text.as_str(), plain.as_str());
            }
            let opened = Text::new(plain.clone());
            prop_assert_eq!(&text.lines, &opened.lines);
            for (at, _) in plain.char_indices() {
                // There and back, but for places inside of what ends a line.
                if !plain[at..].starts_with('\n') {
                    prop_assert_eq!(text.offset(text.position(at, encoding), encoding), at);
                }
            }
        }
    }

    #[test]
    fn lines_are_those_of_the_changed_text() {
        let mut text = Text::new("one\ntwo\nthree\n".to_owned());
        let range =
            |a: (u32, u32), b: (u32, u32)| Range::new(position(a.0, a.1), position(b.0, b.1));
        for (range, new) in [
            (range((0, 1), (1, 1)), "X\nY\nZ"),
            (range((2, 0), (2, 0)), "\n\n"),
            (range((0, 0), (9, 0)), "é"),
            (range((0, 1), (0, 0)), "backwards"),
            (range((5, 5), (7, 7)), "\nbehind"),
        ] {
            let before = text.as_str().len();
            let change = text.replace(range, new, Encoding::Utf16);
            assert_eq!(text.lines, Text::new(text.as_str().to_owned()).lines, "{new:?}");
            assert_eq!(
                text.as_str().len(),
                before - (change.old.end - change.old.start) + new.len()
            );
        }
    }
}
