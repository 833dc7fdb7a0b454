//! What stands around the function in a reply: code fences, prose, control characters.

use super::Flaw;
use crate::Span;

const FENCE: &str = "```";

pub(super) fn text_of(reply: &str) -> String {
    let reply = reply.replace("\r\n", "\n");
    let block = code_block(&reply).unwrap_or(&reply);
    let mut lines: Vec<&str> = block.split('\n').collect();
    while lines.first().is_some_and(|line| line.trim().is_empty()) {
        lines.remove(0);
    }
    while lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    let mut text = lines.join("\n");
    text.push('\n');
    text
}

/// The inside of the one fenced block. A reply that goes on from an opened fence has only the
/// closing one. Several blocks are no single answer: then the text stays whole and fails.
fn code_block(reply: &str) -> Option<&str> {
    let mut fences = Vec::new();
    let mut start = 0;
    for line in reply.split_inclusive('\n') {
        let trimmed = line.trim_start();
        // A fence may be indented by three blanks at most; deeper ones belong to doc comments.
        if trimmed.starts_with(FENCE) && line.len() - trimmed.len() <= 3 {
            fences.push((start, start + line.len(), trimmed.trim_end() == FENCE));
        }
        start += line.len();
    }
    match fences.as_slice() {
        [(open_start, open_end, bare)] => {
            // One fence closes what the prompt opened, or opens what was cut off at the stop text.
            let before = reply.get(..*open_start)?;
            if *bare && !before.trim().is_empty() { Some(before) } else { reply.get(*open_end..) }
        }
        [(_, open_end, _), (close_start, _, true)] => reply.get(*open_end..*close_start),
        _ => None,
    }
}

/// Characters that read differently from how they look, or end lines for one reader only.
pub(super) fn refuse_control_characters(text: &str) -> Result<(), Flaw> {
    let found = text.char_indices().find(|(_, character)| {
        let is_bidirectional = matches!(
            character,
            '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{FEFF}'
        );
        (character.is_control() && !matches!(character, '\n' | '\t')) || is_bidirectional
    });
    match found {
        Some((at, character)) => Err(Flaw::ControlCharacter {
            character,
            span: Span::new(at, at + character.len_utf8()),
        }),
        None => Ok(()),
    }
}
