//! Examples in documentation, [`DocExample`], in the forms people write them.
//!
//! # Non-goals
//! - Values: calls and expected results stay text here, see [`crate::literal`].

mod given;
mod held;
mod meant;

use serde::{Deserialize, Serialize};

pub(crate) use self::held::unread;
pub(crate) use self::meant::{meant, reworded};
use crate::{Language, Span, literal};

/// Longest documentation that is looked at, in bytes.
const DOC_BYTES_MAX: usize = 64 * 1024;

/// One example of a call and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocExample {
    /// The whole call: `add(1, 2)`.
    pub call_text: String,
    pub args_text: Vec<String>,
    /// The expected value as written, or the exception's name.
    pub expected_text: String,
    pub outcome: Outcome,
    /// Where the example stands in the documentation text.
    pub span: Span,
    /// It is written in a way that prose is written in, too: it counts where nobody can be asked, and is
    /// told where somebody can.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub loose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Value,
    Raises,
}

/// The examples of calls of `name` in a documentation text, in order. Only calls with constant
/// arguments and a constant result are examples; all else is prose.
pub fn find(language: Language, name: &str, doc: &str) -> Vec<DocExample> {
    let found = calls(language, name, &[], doc);
    found.into_iter().filter(|one| !one.loose).collect()
}

/// The same where the parameters' names are known: Python's calls may use them.
fn calls(language: Language, name: &str, params: &[&str], doc: &str) -> Vec<DocExample> {
    if name.is_empty() || doc.len() > DOC_BYTES_MAX {
        return Vec::new();
    }
    let mut found: Vec<DocExample> = Vec::new();
    let mut from = 0;
    while let Some(at) = doc.get(from..).and_then(|rest| rest.find(name)).map(|at| at + from) {
        from = at + name.len();
        let is_covered = found.last().is_some_and(|last| at < last.span.end);
        if !is_covered && let Some(example) = (Place { language, doc, at, name, params }).read() {
            from = from.max(example.span.end);
            found.push(example);
        }
    }
    found
}

/// The same, and what names the parameters instead of writing a call: `For n = 3 the output should
/// be 9`, lines `Input: 3` and `Output: 9`.
pub fn find_all(language: Language, name: &str, params: &[&str], doc: &str) -> Vec<DocExample> {
    let found = find_loosely(language, name, params, doc);
    found.into_iter().filter(|one| !one.loose).collect()
}

/// The same and what is written as prose may be, too ([`DocExample::loose`]).
pub(crate) fn find_loosely(
    language: Language,
    name: &str,
    params: &[&str],
    doc: &str,
) -> Vec<DocExample> {
    if doc.len() > DOC_BYTES_MAX {
        return Vec::new();
    }
    let mut found = calls(language, name, params, doc);
    for given in given::find(language, name, params, doc) {
        let overlaps =
            |one: &DocExample| one.span.start < given.span.end && given.span.start < one.span.end;
        if !found.iter().any(overlaps) {
            found.push(given);
        }
    }
    found.sort_by_key(|one| one.span);
    found
}

/// A place where the function's name stands.
struct Place<'a> {
    language: Language,
    doc: &'a str,
    at: usize,
    name: &'a str,
    params: &'a [&'a str],
}

impl Place<'_> {
    fn read(&self) -> Option<DocExample> {
        let before = self.doc.get(..self.at)?;
        let open = self.at + self.name.len();
        if before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'))
            || !self.doc.get(open..)?.starts_with('(')
        {
            return None;
        }
        let close = closing(self.doc, open)?;
        let inside = without_prompts(self.doc.get(open + 1..close)?);
        let written = split_top(&inside, ',');
        let args_text = self.args(&written)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let prefix = self.doc.get(line_start..self.at)?;
        // `crate::f(1)` is a call of `f`.
        let prefix = prefix
            .trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | ':'))
            .trim_end_matches('&');
        if is_operand(self.language, prefix)
            || is_turned_round(prefix)
            || self.is_said_to_fail(before)
            || goes_on_from_above(before)
            || is_one_of_several(prefix, self.name)
        {
            return None;
        }
        let strict = self.expectation(prefix, close + 1);
        let loose = strict.is_none();
        let (expected_text, outcome, end) = match strict {
            Some(found) => found,
            None => self.loosely(prefix, close + 1)?,
        };
        let behind = self.doc.get(end.max(close + 1)..)?.lines().next().unwrap_or("");
        let compared = self.doc.get(close + 1..end.max(close + 1))?.contains("==");
        if is_denied(prefix, behind, compared)
            || (compared && held::variable(prefix).is_some())
            || (compared
                && prefix.trim_start().starts_with(">>>")
                && !self.is_shown_true(close + 1))
        {
            return None;
        }
        if is_in_brackets(prefix) && goes_on_behind(self.doc.get(end..)?) {
            return None;
        }
        // A doctest says itself whether its comparison holds.
        if prefix.trim() == ">>>" && !self.is_printed_true(close + 1, end) {
            return None;
        }
        Some(DocExample {
            call_text: if args_text == written {
                without_prompts(self.doc.get(self.at..=close)?)
            } else {
                format!("{}({})", self.name, args_text.join(", "))
            },
            args_text,
            expected_text,
            outcome,
            span: Span::new(self.at, end),
            loose,
        })
    }

    /// Whether a code block says that what is in it fails.
    fn is_said_to_fail(&self, before: &str) -> bool {
        let is_fence = |line: &&str| {
            let line = line.trim_start();
            line.starts_with("```") || line.starts_with("~~~")
        };
        let fences = before.lines().filter(is_fence);
        let (count, last) = fences.fold((0, ""), |(count, _), line| (count + 1, line));
        let fails = ["should_panic", "compile_fail"].iter().any(|word| last.contains(word));
        self.language == Language::Rust && count % 2 == 1 && fails
    }

    /// Whether a comparison behind a prompt is shown to hold: nothing is printed, or `True`.
    fn is_shown_true(&self, after: usize) -> bool {
        let next = self.doc.get(after..).and_then(|rest| rest.lines().nth(1)).map_or("", str::trim);
        next.is_empty() || next == "True" || next.starts_with(">>>")
    }

    /// The arguments in the parameters' order, all of them constants.
    fn args(&self, written: &[String]) -> Option<Vec<String>> {
        let is_constant = |text: &str| literal::parse(self.language, text).is_ok();
        if written.iter().all(|text| is_constant(text)) {
            return Some(written.to_vec());
        }
        let mut args = vec![None; self.params.len()];
        for (at, text) in written.iter().enumerate() {
            let by_name = text.split_once('=').and_then(|(name, value)| {
                let at = self.params.iter().position(|param| *param == name.trim())?;
                Some((at, value.trim()))
            });
            let (at, value) = by_name.unwrap_or((at, text));
            let slot = args.get_mut(at).filter(|slot| slot.is_none() && is_constant(value))?;
            *slot = Some(value.to_owned());
        }
        args.into_iter().collect()
    }

    fn expectation(&self, prefix: &str, after: usize) -> Option<(String, Outcome, usize)> {
        let rest = self.doc.get(after..)?;
        let bool_text = |value: bool| match (self.language, value) {
            (Language::Rust, true) => "true",
            (Language::Rust, false) => "false",
            (Language::Python, true) => "True",
            (Language::Python, false) => "False",
        };
        let truth = |value: bool| Some((bool_text(value).to_owned(), Outcome::Value, after));
        if let Some(at) = prefix.rfind("assert_eq!(") {
            return self.assert_eq(prefix.get(at + "assert_eq!(".len()..)?, after);
        }
        let trimmed = rest.trim_start();
        if prefix.ends_with("assert!(!") || prefix.ends_with("assert not ") {
            return if ends_claim(trimmed) { truth(false) } else { None };
        }
        if prefix.ends_with("assert!(") || prefix.ends_with("assert ") {
            if trimmed.starts_with(".is_none())") {
                return Some(("None".to_owned(), Outcome::Value, after));
            }
            if ends_claim(trimmed) {
                return truth(true);
            }
        }
        let line = rest.lines().next().unwrap_or("");
        let is_prompt = prefix.trim() == ">>>";
        let is_over = line.trim_end_matches(';').trim().is_empty();
        if is_prompt && (is_over || line.trim_start().starts_with('#')) {
            return self.printed(after + line.len());
        }
        if is_over && held::variable(prefix).is_some() {
            return self.held(prefix, after);
        }
        // It may stand in a comment.
        let shown = line.trim_start_matches(|c| {
            "` \t#".contains(c) || (c == '/' && self.language == Language::Rust)
        });
        let (word, value) = OPERATORS
            .iter()
            .find_map(|word| shown.strip_prefix(word).map(|value| (*word, value)))?;
        let value = value.trim_start_matches(['`', ' ']);
        let start = after + line.len() - value.len();
        if word == "raises " || word == "raises: " {
            let name: String = value
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
                .collect();
            let name = name.trim_end_matches('.').to_owned();
            let end = start + name.len();
            // `raises an error` names none.
            let last = name.rsplit('.').next().unwrap_or("");
            let is_name = last.starts_with(char::is_uppercase);
            return is_name.then_some((name, Outcome::Raises, end));
        }
        let is_symbol = !word.ends_with(' ');
        let found = constant_prefix(self.language, value, is_symbol);
        // A single sign is as often a step of a calculation: nothing but an end may follow.
        let found =
            found.filter(|text| word != "=" || is_end(value.get(text.len()..).unwrap_or("")));
        if let Some(expected) = found {
            let end = start + expected.len();
            return Some((constant(self.language, expected), Outcome::Value, end));
        }
        // `-> 19 - 5 - 6 = 8` shows how it is calculated.
        let (sum, last) = value.rsplit_once('=').filter(|_| is_symbol)?;
        let is_sum = sum.chars().all(|c| c.is_ascii_digit() || " ()+-*/.".contains(c));
        let last = last.trim();
        if !is_sum || literal::parse(self.language, last).is_err() {
            return None;
        }
        Some((last.to_owned(), Outcome::Value, after + line.trim_end().len()))
    }

    /// The other side of `assert_eq!(`; `before` is what stands between it and the call.
    fn assert_eq(&self, before: &str, after: usize) -> Option<(String, Outcome, usize)> {
        let before = before.trim();
        let rest = self.doc.get(after..)?;
        if let Some(expected) = before.strip_suffix(',') {
            let is_plain = rest.trim_start().starts_with([')', ',']);
            let constant = literal::parse(self.language, expected).is_ok();
            return (is_plain && constant)
                .then(|| (expected.trim().to_owned(), Outcome::Value, after));
        }
        if !before.is_empty() {
            return None;
        }
        let expected = rest.trim_start().strip_prefix(',')?;
        let start = self.doc.len() - expected.len();
        let length = top_level_end(expected)?;
        let expected = expected.get(..length)?.trim();
        literal::parse(self.language, expected).ok()?;
        Some((expected.to_owned(), Outcome::Value, start + length))
    }

    /// Whether what a doctest prints does not speak against the comparison in it: a call and what stands
    /// behind it on its line, or what it prints.
    fn is_printed_true(&self, after: usize, end: usize) -> bool {
        let Some(rest) = self.doc.get(after..) else { return false };
        let line = rest.lines().next().unwrap_or("");
        // What is printed is the value itself.
        if end > after + line.len() || line.trim_end_matches(';').trim().is_empty() {
            return true;
        }
        let next = rest.lines().nth(1).map_or("", str::trim);
        next.is_empty() || next == "True" || next.starts_with(">>>") || !line.contains("==")
    }

    /// What stands on the lines below a prompt.
    fn printed(&self, line_end: usize) -> Option<(String, Outcome, usize)> {
        let mut lines: Vec<(&str, usize)> = Vec::new();
        let mut at = line_end + 1;
        for line in self.doc.get(at..)?.split_inclusive('\n') {
            let text = line.trim();
            if text.is_empty() || text.starts_with(">>>") || text.starts_with("```") {
                break;
            }
            at += line.len();
            lines.push((text, at));
        }
        let (first, first_end) = *lines.first()?;
        // What a directive changes is not compared as it stands.
        let asked = self.doc.get(..line_end).and_then(|before| before.lines().next_back());
        if asked.is_some_and(|line| line.contains("doctest:")) {
            return None;
        }
        if first.starts_with("Traceback") {
            let (last, end) = *lines.last()?;
            let name = last.split(':').next()?.trim().to_owned();
            let is_name = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
            return (is_name && lines.len() > 1).then_some((name, Outcome::Raises, end));
        }
        let whole: Vec<&str> = lines.iter().map(|(text, _)| *text).collect();
        let whole = whole.join(" ");
        if literal::parse(self.language, &whole).is_ok() {
            let end = lines.last().map_or(first_end, |(_, end)| *end);
            return Some((whole, Outcome::Value, end));
        }
        let expected = constant(self.language, constant_prefix(self.language, first, true)?);
        Some((expected, Outcome::Value, first_end))
    }
}

/// The shortest beginning of a line that is one constant and after which none goes on.
/// After a symbol (`==`) a sentence may go on; after a word (`returns 2 items`) it may not.
fn constant_prefix(language: Language, line: &str, is_symbol: bool) -> Option<String> {
    line.char_indices()
        .filter(|(_, c)| matches!(c, ' ' | '`' | ',' | ';' | '.' | ')' | '#' | '/'))
        .map(|(at, _)| at)
        .chain([line.len()])
        .filter_map(|end| Some((line.get(..end)?.trim_end(), line.get(end..)?.trim_start())))
        .find(|(text, rest)| {
            !text.is_empty()
                && !is_grouped(text)
                && ends_value(language, rest)
                && (is_symbol || !rest.starts_with(char::is_alphanumeric))
                && (literal::parse(language, text).is_ok()
                    || constant_word(language, text).is_some())
        })
        .map(|(text, _)| text.to_owned())
}

/// `1,000` is a number as people write it, and would be read as a tuple.
fn is_grouped(text: &str) -> bool {
    let is_open = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let bytes = text.as_bytes();
    let digit_behind = |at: usize| bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    is_open && text.match_indices(',').any(|(at, _)| digit_behind(at))
}

/// Truth values and nothing as people write them in another language's manner.
fn constant_word(language: Language, text: &str) -> Option<&'static str> {
    match (language, text) {
        (Language::Python, "true" | "TRUE") => Some("True"),
        (Language::Python, "false" | "FALSE") => Some("False"),
        (Language::Python, "null" | "none" | "nil") => Some("None"),
        (Language::Rust, "True" | "TRUE") => Some("true"),
        (Language::Rust, "False" | "FALSE") => Some("false"),
        _ => None,
    }
}

/// A text that [`constant_prefix`] found, as the language writes it.
fn constant(language: Language, text: String) -> String {
    constant_word(language, &text).map_or(text, str::to_owned)
}

/// Longest first, where one begins like another.
const OPERATORS: &[&str] = &[
    "==>",
    "==",
    "=>",
    "=",
    "-->",
    "->",
    "→",
    "➞",
    "➔",
    "⇒",
    "⟶",
    "returns ",
    "should return ",
    "should be ",
    "should equal ",
    "gives ",
    "raises ",
    "raises: ",
];

/// Whether what stands before a call on its line makes it a part of an expression: `f(1) + f(2) == 3`.
/// One sign alone begins an item of a list.
fn is_operand(language: Language, prefix: &str) -> bool {
    let before = prefix.trim();
    // `- f(1)` begins an item of a list, `-f(1)` is a number.
    if prefix.ends_with(['-', '~']) && before.chars().count() == 1 {
        return true;
    }
    before.chars().count() > 1
        && !before.ends_with(">>>")
        && (before.ends_with(['+', '-', '*', '/', '%', '<', '^', '|', '~', '×', '·', '⋅', '÷', '√', '−'])
            || [" or", "== (", "!= (", "==", "!="].iter().any(|word| before.ends_with(word))
            || (before.ends_with(" and") || before.ends_with("&&"))
                && ["not", "!", "if "].iter().any(|word| before.contains(word)))
        // In Python that divides.
        && !(before.ends_with("//") && language == Language::Rust)
}

/// Whether what stands before a call says the contrary of what follows, in another way than the two that
/// are read: `assert!(!f(1))`, `assert not f(1)`.
fn is_turned_round(prefix: &str) -> bool {
    let denies = ["assert_ne!(", "assertFalse(", "assert_false(", "assertNot", "raises("];
    if denies.iter().any(|word| prefix.contains(word)) {
        return true;
    }
    if prefix.ends_with("assert!(!") || prefix.ends_with("assert not ") {
        return false;
    }
    let bare = prefix.trim_end_matches('(');
    let is_macro = ["assert!", "assert_eq!"].iter().any(|name| bare.ends_with(name));
    let words = bare.trim_end();
    (bare.ends_with('!') && !is_macro)
        || words == "not"
        || words.ends_with(" not")
        || words.ends_with("(not")
}

/// Whether the line above the one that `before` ends in begins the same expression, or says that this one
/// fails.
fn goes_on_from_above(before: &str) -> bool {
    let above = before.rsplit_once('\n').and_then(|(above, _)| above.lines().next_back());
    let above = above.unwrap_or("").trim_end();
    let is_open = above.ends_with(['+', '-', '*', '/', '%', '^', '|', '~', '\\'])
        && !above.trim_start_matches(['-', '*', '/', ' ']).is_empty();
    let fails = ["raises(", "assertRaises", "catch_unwind"];
    is_open || fails.iter().any(|word| above.contains(word))
}

/// Whether what stands around an example on its line says that it does not hold, or when.
fn is_denied(prefix: &str, behind: &str, compared: bool) -> bool {
    const DENY: &[&str] = &[
        "if",
        "unless",
        "not",
        "never",
        "wrong",
        "bug",
        "previously",
        "before",
        "instead",
        "would",
        "whether",
        "while",
        "cannot",
    ];
    let is_code = prefix.contains("assert") || prefix.trim_start().starts_with(">>>");
    // The sentence that it is in.
    let sentence = prefix.rsplit_once(". ").map_or(prefix, |(_, rest)| rest).to_lowercase();
    let mut words = sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let comment = behind.split(['#', '/']).skip(1).collect::<String>().to_lowercase();
    let behind_words: Vec<&str> = behind.split(|c: char| !c.is_alphanumeric()).collect();
    let is_false = behind_words.contains(&"False") || behind_words.contains(&"false");
    (!is_code && words.any(|word| DENY.contains(&word)))
        || (compared && is_false)
        || ["fail", "error", "panic", "wrong"].iter().any(|word| comment.contains(word))
        || behind.trim_end().ends_with('\\')
}

/// Whether a call is one of several whose results stand in one list behind them: `f(1), f(2) = 1, 2`.
fn is_one_of_several(prefix: &str, name: &str) -> bool {
    let Some(before) = prefix.trim_end().strip_suffix(',') else { return false };
    let call = format!("{name}(");
    let last = before.rfind(&call).and_then(|at| before.get(at..)).unwrap_or("");
    before.ends_with(')')
        && !last.is_empty()
        && !["=", "->", "→", "returns"].iter().any(|it| last.contains(it))
}

/// Whether a bracket is open before a call on its line.
fn is_in_brackets(prefix: &str) -> bool {
    prefix.matches('(').count() > prefix.matches(')').count()
}

/// Whether a bracket that closes is part of something larger: `(f(1) == 2) is False`.
fn goes_on_behind(rest: &str) -> bool {
    let Some(behind) = rest.trim_start().strip_prefix(')') else { return false };
    let behind = behind.trim_start_matches([')', ' ']);
    ["is ", "==", "!=", "<", ">", "in ", "and ", "or ", "&&", "||"]
        .iter()
        .any(|word| behind.starts_with(word))
}

/// Whether a statement ends here.
fn is_end(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with(['.', ';', ')', '`', '#', ','])
}

/// What goes on as an expression is no constant that was cut off well.
fn ends_value(language: Language, rest: &str) -> bool {
    let mut chars = rest.chars();
    let words = [
        "if ", "iff ", "or ", "else ", "in ", "as ", "is not ", "is False", "is false", "mod ",
        "(mod ", "to ", "unless ", "only ", "is wrong", "would ", "panics", "fails", ", or ",
        "; or ",
    ];
    let goes_on = words.iter().any(|word| rest.starts_with(word));
    match (chars.next(), chars.next()) {
        _ if goes_on => false,
        (Some('/'), second) => second == Some('/') && language == Language::Rust,
        (Some('.'), second) => second.is_none_or(|c| c.is_whitespace() || c == '`'),
        // `1,000` is one number.
        (Some(','), Some(second)) if second.is_ascii_digit() => false,
        (Some(first), _) => !"+-*%[|&<>=\"'{:^×÷·⋅∙!?→➞➔⇒⟶±≈≡≤≥≠−".contains(first),
        (None, _) => true,
    }
}

fn ends_claim(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([')', '\n', '`', '#']) || rest.starts_with(", \"")
}

/// The place of the bracket that closes the one at `open`, strings left out of account.
fn closing(text: &str, open: usize) -> Option<usize> {
    let rest = text.get(open + 1..)?;
    top_level_end_at(rest, None).map(|at| at + open + 1)
}

/// Where the first top-level `,` or the closing bracket stands.
fn top_level_end(text: &str) -> Option<usize> {
    top_level_end_at(text, Some(','))
}

fn top_level_end_at(text: &str, separator: Option<char>) -> Option<usize> {
    let mut depth = 0_usize;
    let mut chars = text.char_indices();
    while let Some((at, character)) = chars.next() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return Some(at),
            ')' | ']' | '}' => depth -= 1,
            '"' => skip_string(&mut chars, '"'),
            // A quote of one side only is a lifetime or an apostrophe.
            '\'' if text.get(at + 1..)?.lines().next()?.contains('\'') => {
                skip_string(&mut chars, '\'');
            }
            _ if depth == 0 && Some(character) == separator => return Some(at),
            _ => {}
        }
    }
    None
}

fn skip_string(chars: &mut std::str::CharIndices<'_>, quote: char) {
    while let Some((_, character)) = chars.next() {
        if character == '\\' {
            chars.next();
        } else if character == quote {
            return;
        }
    }
}

/// The parts between top-level separators; none for an empty text.
fn split_top(text: &str, separator: char) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let end = top_level_end_at(rest, Some(separator));
        let part = end.map_or(rest, |end| rest.get(..end).unwrap_or(rest));
        if !part.trim().is_empty() {
            parts.push(part.trim().to_owned());
        }
        match end.and_then(|end| rest.get(end + separator.len_utf8()..)) {
            Some(next) => rest = next,
            None => return parts,
        }
    }
}

/// Lines that go on after `...` prompts, as one.
fn without_prompts(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    let lines: Vec<&str> = text
        .lines()
        .map(|line| {
            let trimmed = line.trim();
            trimmed.strip_prefix("... ").unwrap_or(trimmed)
        })
        .collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests;
