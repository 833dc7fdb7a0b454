//! Examples that name what is given instead of writing a call: [`find`].
//!
//! `For xs = [1, 2], k = 1 the output should be 2`, and the lines `Input: [1, 2], 1` and
//! `Output: 2` of programming exercises.

use super::{DocExample, Outcome, constant, constant_prefix, split_top, without_prompts};
use crate::{Language, Span, literal};

/// Words behind which, on the line of what is given, the result stands.
const RESULTS: &[&str] = &[
    "output should be",
    "result should be",
    "answer should be",
    "function should return",
    "should return",
    "output is",
    "result is",
    "answer is",
];

/// Signs that do the same where nothing stands between.
const SIGNS: &[&str] = &["==>", "=>", "-->", "->", "→", "➞", "➔", "⇒", "⟶"];

/// Words that begin a line with the result.
const LINES: &[&str] = &["output:", "output =", "returns:", "returns ", "return =", "return "];

/// Words that make a sentence say the opposite, or something else.
const EXCEPTIONS: &[&str] =
    &["except", "unless", " not ", "raise", "otherwise", "other than", "all but", "but for"];

/// Lines below what is given that may hold the result.
const LINES_MAX: usize = 4;

/// The examples of a function with these parameters, in order.
pub(super) fn find(language: Language, name: &str, params: &[&str], doc: &str) -> Vec<DocExample> {
    if params.is_empty() {
        return Vec::new();
    }
    let reader = Reader { language, name, params, doc };
    let mut found: Vec<DocExample> = Vec::new();
    let mut start = 0;
    for line in doc.split_inclusive('\n') {
        let is_covered = found.last().is_some_and(|last| start < last.span.end);
        if !is_covered {
            found.extend(reader.read(start, line.trim_end()));
        }
        start += line.len();
    }
    found
}

struct Reader<'a> {
    language: Language,
    name: &'a str,
    params: &'a [&'a str],
    doc: &'a str,
}

/// Whether a line is `name = constant` or `name: constant`, and no result.
fn is_assignment(language: Language, line: &str) -> bool {
    let Some((name, value)) = line.split_once([':', '=']) else { return false };
    let is_name = name.trim().chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_result = LINES.iter().any(|word| line.trim().to_ascii_lowercase().starts_with(word));
    is_name && !is_result && literal::parse(language, value.trim()).is_ok()
}

/// What is given, and where the text goes on.
struct Given {
    start: usize,
    args: Vec<String>,
    end: usize,
}

impl Reader<'_> {
    fn read(&self, start: usize, line: &str) -> Option<DocExample> {
        let given = self.named(start, line).or_else(|| self.input(start, line))?;
        let (expected_text, end) = self.same_line(given.end).or_else(|| self.below(given.end))?;
        Some(DocExample {
            call_text: format!("{}({})", self.name, given.args.join(", ")),
            args_text: given.args,
            expected_text,
            outcome: Outcome::Value,
            loose: false,
            span: Span::new(given.start, end),
        })
    }

    /// `xs = [1, 2], k = 1`: every parameter by its name, in order.
    fn named(&self, start: usize, line: &str) -> Option<Given> {
        let (mut args, mut at, mut first) = (Vec::new(), 0, None);
        if EXCEPTIONS.iter().any(|word| line.to_ascii_lowercase().contains(word)) {
            return None;
        }
        for param in self.params {
            let (name_at, value_at) = assigned(line, at, param)?;
            // Between two of them stands a comma or an `and`, and no more.
            if first.is_some() && !is_joint(line.get(at..name_at)?) {
                return None;
            }
            let value = line.get(value_at..)?;
            let text = constant_prefix(self.language, value, true)?;
            first.get_or_insert(name_at);
            at = value_at + text.len();
            args.push(constant(self.language, text));
        }
        Some(Given { start: start + first?, args, end: start + at })
    }

    /// `Input: [1, 2], 1`, or a line a value below `Input:`, in the order of the parameters.
    fn input(&self, start: usize, line: &str) -> Option<Given> {
        let lead = line.len() - line.trim_start().len();
        let rest = line.get(lead..)?;
        let word = "input:";
        if !rest.get(..word.len())?.eq_ignore_ascii_case(word) {
            return None;
        }
        let is_constant = |text: &String| literal::parse(self.language, text).is_ok();
        let values = rest.get(word.len()..)?;
        let (args, end) = if values.trim().is_empty() {
            let mut end = start + line.len();
            let mut args = Vec::new();
            for below in self.doc.get(end..)?.split_inclusive('\n').skip(1).take(self.params.len())
            {
                let (name, value) = below.split_once([':', '='])?;
                args.push((name.trim(), value.trim().to_owned()));
                end += below.len();
            }
            // A line more gives something more, and nobody knows what for.
            let next = self.doc.get(end..)?.lines().find(|line| !line.trim().is_empty());
            if next.is_some_and(|line| is_assignment(self.language, line)) {
                return None;
            }
            // By their names, where those are the parameters'; else in their order, which those that are
            // named must not contradict.
            let of = |param: &&str| args.iter().find(|(name, _)| name == param);
            let named: Vec<_> = self.params.iter().filter_map(of).collect();
            let mut pairs = self.params.iter().zip(&args);
            let is_ordered = pairs.all(|(param, (name, _))| {
                name == param || !self.params.contains(name) && of(param).is_none()
            });
            let args: Vec<String> = if named.len() == self.params.len() {
                named.into_iter().map(|(_, value)| value.clone()).collect()
            } else if is_ordered {
                args.into_iter().map(|(_, value)| value).collect()
            } else {
                return None;
            };
            (args, end)
        } else {
            (split_top(&without_prompts(values), ','), start + line.len())
        };
        let fits = args.len() == self.params.len() && args.iter().all(is_constant);
        fits.then_some(Given { start: start + lead, args, end: end.min(self.doc.len()) })
    }

    /// The result on the line that goes on here. Between a value and a word for the result stands no
    /// other sentence.
    fn same_line(&self, at: usize) -> Option<(String, usize)> {
        let line = self.doc.get(at..)?.lines().next()?;
        let sign = SIGNS.iter().find_map(|sign| line.trim_start().strip_prefix(sign));
        let value = sign.or_else(|| {
            let bare = line.trim_start_matches([' ', ',', ';']);
            let bare = ["then the ", "the ", "then "].iter().find_map(|it| bare.strip_prefix(it));
            let bare = bare.unwrap_or(line.trim_start_matches([' ', ',', ';']));
            RESULTS.iter().find_map(|word| bare.strip_prefix(word))
        })?;
        let value = value.trim_start_matches([' ', ':', '`']);
        let text = constant_prefix(self.language, value, false)?;
        let end = at + line.len() - value.len() + text.len();
        Some((constant(self.language, text), end))
    }

    /// The result on one of the next lines.
    fn below(&self, at: usize) -> Option<(String, usize)> {
        let rest = self.doc.get(at..)?;
        let first = rest.lines().next()?;
        // What goes on with other words is prose.
        if !first.trim().is_empty() {
            return None;
        }
        let mut start = at + first.len() + 1;
        for line in self.doc.get(start..)?.split_inclusive('\n').take(LINES_MAX) {
            let trimmed = line.trim_start();
            let lower = trimmed.to_ascii_lowercase();
            // Another example, or another paragraph.
            if trimmed.trim_end().is_empty() || lower.starts_with("input:") {
                return None;
            }
            if let Some(word) = LINES.iter().find(|word| lower.starts_with(**word)) {
                let value = trimmed.get(word.len()..)?.trim_start();
                let text = constant_prefix(self.language, value.trim_end(), false)?;
                // `Returns 2 values` is a sentence, `return [2]` by itself is a result.
                if word.starts_with("return") && text != value.trim_end() {
                    return None;
                }
                let end = start + line.len() - value.len() + text.len();
                return Some((constant(self.language, text), end));
            }
            start += line.len();
        }
        None
    }
}

/// Where `name = ` stands from `at` on, and where its value begins.
fn assigned(line: &str, at: usize, name: &str) -> Option<(usize, usize)> {
    let mut from = at;
    loop {
        let found = from + line.get(from..)?.find(name)?;
        from = found + name.len();
        let before = line.get(..found)?;
        let rest = line.get(from..)?;
        let value = rest.trim_start().strip_prefix('=');
        let is_word =
            !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '@'));
        if let Some(value) = value.filter(|value| is_word && !value.starts_with(['=', '>'])) {
            return Some((found, line.len() - value.trim_start().len()));
        }
    }
}

fn is_joint(between: &str) -> bool {
    matches!(between.trim().trim_matches([',', ';']).trim(), "" | "and")
}
