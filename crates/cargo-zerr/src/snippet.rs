//! Mistakes in a user's file, shown as the compiler shows them: [`render`], [`plain`].

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use zerr_core::spec::SpecError;

/// What a line under a message is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    Because,
    Hint,
}

/// One mistake: message, place, the line with carets under what is wrong, hint.
pub(crate) fn render(error: &SpecError, text: &str) -> String {
    let title = Level::ERROR.primary_title(error.message.as_str());
    let group = if let Some((line, span)) = span(error, text) {
        // Only the line itself goes in: a spec may be a megabyte, and no line of it need be short.
        title.element(
            Snippet::source(line)
                .line_start(error.line)
                .path(error.file.as_str())
                .annotation(AnnotationKind::Primary.span(span)),
        )
    } else {
        let mut origin = Origin::path(error.file.as_str());
        if error.line > 0 {
            origin = origin.line(error.line).char_column(error.column.max(1));
        }
        title.element(origin)
    };
    let group = match &error.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    };
    Renderer::styled().render(&[group])
}

/// A message without a place.
pub(crate) fn plain(message: &str, notes: &[(Note, &str)]) -> String {
    let title = Level::ERROR.primary_title(message);
    if notes.is_empty() {
        return Renderer::styled().render(&[Group::with_title(title)]);
    }
    let notes = notes.iter().map(|(note, text)| match note {
        Note::Because => Level::NOTE.message(*text),
        Note::Hint => Level::HELP.message(*text),
    });
    Renderer::styled().render(&[title.elements(notes)])
}

/// Longest line that is shown, in bytes.
const LINE_BYTES_MAX: usize = 400;

/// The line that the mistake is on, and the bytes of it that are wrong.
fn span<'a>(error: &SpecError, text: &'a str) -> Option<(&'a str, Range<usize>)> {
    let line = text.split('\n').nth(error.line.checked_sub(1)?)?.trim_end_matches('\r');
    if line.len() > LINE_BYTES_MAX || line.trim().is_empty() {
        return None;
    }
    let start = line
        .char_indices()
        .map(|(at, _)| at)
        .chain([line.len()])
        .nth(error.column.checked_sub(1)?)?;
    let rest = line.get(start..)?;
    let offending = error.offending.lines().next().unwrap_or("");
    let length = if rest.starts_with(offending) && !offending.is_empty() {
        offending.len()
    } else {
        rest.chars().next().map_or(0, char::len_utf8)
    };
    Some((line, start..start + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(error: &SpecError, text: &str) -> String {
        anstream::adapter::strip_str(&render(error, text)).to_string()
    }

    fn error(line: usize, column: usize, offending: &str) -> SpecError {
        SpecError {
            file: "task_spec.yaml".into(),
            line,
            column,
            offending: offending.into(),
            message: "300 does not fit `u8`".into(),
            hint: Some("the range is 0 to 255".into()),
        }
    }

    #[test]
    fn carets_stand_under_the_offending_text() {
        let text = "name: x\n  - args: [\"é\", 300]\n";
        insta::assert_snapshot!(shown(&error(2, 17, "300"), text), @r#"
        error: 300 does not fit `u8`
         --> task_spec.yaml:2:17
          |
        2 |   - args: ["é", 300]
          |                 ^^^
          |
          = help: the range is 0 to 255
        "#);
    }

    #[test]
    fn a_place_that_is_not_in_the_text_is_only_named() {
        for (line, column) in [(9, 1), (1, 99), (0, 0)] {
            let shown = shown(&error(line, column, "300"), "name: x\n");
            assert!(shown.contains("task_spec.yaml") && shown.contains("does not fit"), "{shown}");
        }
    }

    #[test]
    fn escape_sequences_in_a_spec_do_not_reach_the_terminal() {
        let shown = render(&error(1, 1, "\u{1b}[2J"), "\u{1b}[2Jx\n");
        assert!(!shown.contains("\u{1b}[2J"), "{shown:?}");
    }
}
