//! Results that stand beside a call without a word, on the next line, or behind a variable; and calls
//! whose result is not read: [`unread`].

use super::{
    DocExample, OPERATORS, Outcome, Place, closing, constant, constant_prefix, is_operand,
    is_turned_round, split_top,
};
use crate::{Language, literal};

/// Lines below a variable in which its value may stand.
const LINES_MAX: usize = 6;

impl Place<'_> {
    /// `f(5)  # 10` and `f(9): 18`: a constant, and then the line ends.
    pub(super) fn beside(&self, line: &str, after: usize) -> Option<(String, Outcome, usize)> {
        let bare = line.trim_start_matches(['`', ';', ' ', '\t']);
        let mark = match self.language {
            Language::Python => "#",
            Language::Rust => "//",
        };
        let value = bare.strip_prefix(mark).or_else(|| bare.strip_prefix(": "))?;
        let value = value.trim_start_matches(['`', ' ']);
        let found = constant_prefix(self.language, value, true)?;
        let behind = value.get(found.len()..)?.trim_matches(['`', ' ', '.', ';']);
        let end = after + line.len() - value.len() + found.len();
        let found = constant(self.language, found);
        (behind.is_empty() || behind.starts_with('(')).then_some((found, Outcome::Value, end))
    }

    /// A call that is a whole line, and its result on the next one.
    pub(super) fn below(&self, prefix: &str, line_end: usize) -> Option<(String, Outcome, usize)> {
        let is_alone = prefix.trim_matches(['`', '-', '*', ' ', '\t']).is_empty();
        let rest = self.doc.get(line_end + 1..).filter(|_| is_alone)?;
        let line = rest.lines().next()?;
        let shown = line.trim();
        let value = OPERATORS
            .iter()
            .filter(|word| **word != "=")
            .find_map(|word| shown.strip_prefix(word))
            .unwrap_or(shown)
            .trim();
        let found = constant_prefix(self.language, value, true).filter(|text| text == value)?;
        Some((constant(self.language, found), Outcome::Value, line_end + 1 + line.len()))
    }

    /// `let x = f(3); assert_eq!(x, 14)`: the next that is said of the variable is its value.
    pub(super) fn held(&self, prefix: &str, after: usize) -> Option<(String, Outcome, usize)> {
        let variable = variable(prefix)?;
        let rest = self.doc.get(after..)?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let (at, _) = rest.match_indices(variable).find(|(at, _)| {
            let behind = rest.get(at + variable.len()..).unwrap_or("");
            !rest.get(..*at).is_some_and(|before| before.ends_with(is_word))
                && !behind.starts_with(is_word)
        })?;
        let before = rest.get(..at)?;
        if before.lines().count() > LINES_MAX {
            return None;
        }
        let own = before.rsplit('\n').next()?;
        let after = after + at + variable.len();
        let is_said = own.contains("assert")
            || own.trim() == ">>>"
            || self.doc.get(after..)?.trim_start().starts_with("==");
        if !is_said || is_operand(self.language, own) || is_turned_round(own) {
            return None;
        }
        self.expectation(own, after)
    }
}

/// The variable that a line gives its value to.
fn variable(prefix: &str) -> Option<&str> {
    let name = prefix.trim_end().strip_suffix('=')?.trim();
    let name = name.strip_prefix(">>>").unwrap_or(name).trim();
    let name = name.strip_prefix("let ").unwrap_or(name);
    let name = name.strip_prefix("mut ").unwrap_or(name);
    let name = name.split(':').next()?.trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some(name)
}

/// The first line with a call of constants and another constant that is none of the examples found.
pub(crate) fn unread<'a>(
    language: Language,
    name: &str,
    doc: &'a str,
    found: &[DocExample],
) -> Option<&'a str> {
    let mut start = 0;
    for line in doc.split_inclusive('\n') {
        let at = start;
        start += line.len();
        if found.iter().any(|one| one.span.start < start && at < one.span.end) {
            continue;
        }
        let Some(call) = line.find(name).filter(|call| {
            let before = line.get(..*call).unwrap_or("");
            !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'))
        }) else {
            continue;
        };
        let open = call + name.len();
        let Some(close) = closing(line, open).filter(|_| line.get(open..=open) == Some("(")) else {
            continue;
        };
        let args = split_top(line.get(open + 1..close).unwrap_or(""), ',');
        let is_constant = |text: &str| literal::parse(language, text).is_ok();
        let rest = line.get(close + 1..).and_then(|rest| rest.split(". ").next()).unwrap_or("");
        let says = rest.split([' ', '`', '\n', ';', '.']).any(|word| is_constant(word));
        if !args.is_empty() && args.iter().all(|text| is_constant(text)) && says {
            return Some(line.trim());
        }
    }
    None
}
