//! Results behind a variable; those that are written as prose may be, too: beside a call without a sign, on
//! the next line, behind a word ([`Place::loosely`]); and calls whose result is not read: [`unread`].
//!
//! Only where nothing else stands before the call, and nothing behind the value.

use super::{DocExample, Outcome, Place, closing, constant, constant_prefix, split_top};
use crate::{Language, literal};

/// Lines below a variable in which its value may stand.
const LINES_MAX: usize = 6;

/// Words between a call and its value.
const WORDS: &[&str] =
    &["is equal to ", "is ", "equals ", "evaluates to ", "yields ", "will return ", "must return "];

/// Signs before a value on the line below.
const SIGNS: &[&str] = &["==>", "=>", "-->", "->", "→", "➞", "➔", "⇒", "⟶"];

/// What may stand before a call that is said something of.
const LEADS: &[&str] = &["e.g.", "i.e.", "example:", "examples:", "for example", "for example,"];

type Found = (String, Outcome, usize);

impl Place<'_> {
    /// What is said of the call that ends at `after`, `prefix` before it on its line.
    pub(super) fn loosely(&self, prefix: &str, after: usize) -> Option<Found> {
        let line = self.doc.get(after..)?.lines().next().unwrap_or("");
        if line.trim_end_matches([';', '`']).trim().is_empty() {
            return self.below(prefix, after + line.len());
        }
        self.beside(prefix, line, after).or_else(|| self.said(prefix, line, after))
    }

    /// `f(5)  # 10` and `f(9): 18`: a constant, and then the line ends.
    fn beside(&self, prefix: &str, line: &str, after: usize) -> Option<Found> {
        let mark = match self.language {
            Language::Python => "#",
            Language::Rust => "//",
        };
        let bare = line.trim_start_matches(['`', ';', ' ', '\t']);
        let value = bare.strip_prefix(mark).or_else(|| bare.strip_prefix(": "))?;
        let value = value.trim_start_matches(['`', ' ']);
        let found = self.plain(value).filter(|_| is_alone(prefix))?;
        let behind = value.get(found.len()..)?.trim_matches(['`', ' ', '.', ';']);
        let end = after + line.len() - value.len() + found.len();
        behind.is_empty().then(|| (constant(self.language, found), Outcome::Value, end))
    }

    /// `f(3) is 6.`: at the beginning of a sentence that says no more.
    fn said(&self, prefix: &str, line: &str, after: usize) -> Option<Found> {
        let shown = line.trim_start_matches(['`', ' ']);
        let value = WORDS.iter().find_map(|word| shown.strip_prefix(word))?;
        let value = value.trim_start_matches(['`', ' ']);
        let start = prefix
            .rfind([';', '.'])
            .filter(|at| prefix.get(at + 1..).is_some_and(|rest| rest.starts_with(' ')));
        let sentence = start.and_then(|at| prefix.get(at + 1..)).unwrap_or(prefix);
        // A list of such sentences: `f(0) is 0, f(1) is 1`.
        let goes_on = prefix.rsplit_once(", ").is_some_and(|(before, rest)| {
            is_alone(rest) && before.contains(&format!("{}(", self.name))
        });
        let is_claim = is_alone(sentence) || goes_on || sentence.trim() == "assert";
        let found = self.plain(value).filter(|_| is_claim)?;
        let rest = value.get(found.len()..)?.trim_start_matches('`');
        let next = rest.strip_prefix(", ").map(|next| next.trim_start_matches('`'));
        let ends = rest.trim().is_empty()
            || rest.starts_with([';', '.'])
            || next.is_some_and(|next| next.starts_with(&format!("{}(", self.name)));
        let end = after + line.len() - value.len() + found.len();
        ends.then(|| (constant(self.language, found), Outcome::Value, end))
    }

    /// A call that is a whole line, and its result on the next one.
    fn below(&self, prefix: &str, line_end: usize) -> Option<Found> {
        let before = self.doc.get(..self.at)?.trim_end_matches(|c: char| c != '\n');
        let above = before.lines().next_back().unwrap_or("").to_lowercase();
        let is_listed = above.contains("input")
            || above.contains("call")
            || above.contains(&format!("{}(", self.name.to_lowercase()));
        let rest = self.doc.get(line_end + 1..).filter(|_| is_alone(prefix) && !is_listed)?;
        let line = rest.lines().next()?;
        let shown = line.trim();
        let value = SIGNS.iter().find_map(|sign| shown.strip_prefix(sign)).unwrap_or(shown).trim();
        let found = self.plain(value).filter(|text| text == value)?;
        Some((constant(self.language, found), Outcome::Value, line_end + 1 + line.len()))
    }

    /// `let x = f(3); assert_eq!(x, 14)`: the next that is said of the variable is its value.
    pub(super) fn held(&self, prefix: &str, after: usize) -> Option<Found> {
        let variable = variable(prefix)?;
        let rest = self.doc.get(after..)?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let (at, _) = rest.match_indices(variable).find(|(at, _)| {
            let behind = rest.get(at + variable.len()..).unwrap_or("");
            !rest.get(..*at).is_some_and(|before| before.ends_with(is_word))
                && !behind.starts_with(is_word)
        })?;
        let before = rest.get(..at)?;
        let fails = ["raises(", "assertRaises", "catch_unwind", "```", "~~~"];
        if before.lines().count() > LINES_MAX || fails.iter().any(|word| before.contains(word)) {
            return None;
        }
        let own = before.rsplit('\n').next()?;
        let behind = after + at + variable.len();
        let line = self.doc.get(behind..)?.lines().next().unwrap_or("");
        let comment = line.to_lowercase();
        if ["fail", "error", "panic"].iter().any(|word| comment.contains(word)) {
            return None;
        }
        let (text, ..) = match (self.language, own.trim()) {
            (Language::Rust, "assert_eq!(") => self.assert_eq("", behind)?,
            (Language::Python, ">>>") if line.trim().is_empty() => {
                self.printed(behind + line.len())?
            }
            (Language::Python, "assert") => {
                let value = line.trim_start().strip_prefix("==")?.trim_start();
                let found = self.plain(value)?;
                let ends = value.get(found.len()..)?.trim_start();
                let is_end = ends.is_empty() || ends.starts_with('#') || ends.starts_with(", \"");
                (is_end.then_some(found)?, Outcome::Value, 0)
            }
            _ => return None,
        };
        // What stands between is read by itself.
        Some((constant(self.language, text), Outcome::Value, after))
    }

    /// The constant that a text begins with, where it is nothing but one: no calculation, and no name that
    /// may be a word.
    fn plain(&self, value: &str) -> Option<String> {
        let found = constant_prefix(self.language, value, true)?;
        let is_tuple = found.starts_with('(') && found.contains(',');
        let is_number = {
            let digits = found.strip_prefix('-').unwrap_or(&found);
            digits.starts_with(|c: char| c.is_ascii_digit())
                && digits.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_'))
        };
        let quoted = ["\"", "'", "[", "{", "&[", "vec![", "String::from("];
        let words = ["True", "False", "None", "true", "false"];
        let wraps = ["Some(", "Ok(", "Err("].iter().any(|start| {
            found.strip_prefix(start).is_some_and(|inside| {
                inside.starts_with(|c: char| c.is_ascii_digit() || "-\"'[({&tfvS".contains(c))
            })
        });
        let is_plain = is_number
            || is_tuple
            || wraps
            || quoted.iter().any(|start| found.starts_with(start))
            || words.contains(&found.as_str());
        is_plain.then_some(found)
    }
}

/// Whether nothing but the marks of a list, or that an example follows, stands before a call.
fn is_alone(prefix: &str) -> bool {
    let is_mark = |c: char| matches!(c, '`' | '-' | '*' | '•' | ' ' | '\t');
    // Of a number in a list.
    let bare = prefix.trim_matches(is_mark);
    let number = bare.trim_end_matches(['.', ')']);
    bare.is_empty()
        || LEADS.contains(&bare.to_lowercase().as_str())
        || (number.len() < bare.len() && number.chars().all(|c| c.is_ascii_digit()))
}

/// The variable that a line gives its value to.
pub(super) fn variable(prefix: &str) -> Option<&str> {
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
        let says = rest.split([' ', '`', '\n', ';', '.']).any(is_constant);
        if !args.is_empty() && args.iter().all(|text| is_constant(text)) && says {
            return Some(line.trim());
        }
    }
    None
}
