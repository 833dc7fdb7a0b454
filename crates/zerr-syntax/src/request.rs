//! Functions that somebody asks for in words: a text with a signature in it, or a comment
//! `TODO(zerr): …`. Main functions: [`requests`], [`comments`].
//!
//! ```text
//! // TODO(zerr): fn add(a: i32, b: i32) -> i32 adds two numbers, and stays at the bounds.
//! // add(1, 2) == 3
//! ```
//!
//! # Invariants
//! What comes out is an unfinished function with documentation, as a person would have written it: from
//! there on everything goes the way of those.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::{Language, Span, signature, tree};

/// What begins a comment that asks for a function.
pub const MARK: &str = "TODO(zerr)";

/// One function that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its language: that of its head, or the one that was said.
    pub language: Language,
    /// Its name.
    pub name: String,
    /// From `fn` or `def` to the type that it gives, without a colon.
    pub head: String,
    /// What is said about it, line by line.
    pub words: Vec<String>,
}

/// Why a text asks for no function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// There is nothing to read.
    #[error("the text is empty")]
    Empty,
    /// No signature stands in it.
    #[error("the text names no function with its types")]
    NoSignature,
}

impl RequestError {
    /// What a person can do about it.
    pub fn hint(self) -> &'static str {
        "write its head into the text, such as `fn add(a: i32, b: i32) -> i32` or `def add(a: int, \
         b: int) -> int`, and what it does, with an example or two: `add(1, 2) == 3`"
    }
}

/// A comment at the top of a file that asks for a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its lines, without what ends the last.
    pub span: Span,
    /// First line, from 1.
    pub line: usize,
    /// Last line.
    pub end_line: usize,
    /// What it asks for.
    pub request: Request,
}

/// The functions that a text asks for, in its order. A head without `fn` or `def` is of `language`, or
/// of the one whose types it names.
///
/// # Errors
/// [`RequestError`] where there is none.
pub fn requests(text: &str, language: Option<Language>) -> Result<Vec<Request>, RequestError> {
    if text.trim().is_empty() {
        return Err(RequestError::Empty);
    }
    let lines: Vec<&str> = text.lines().map(without_marks).collect();
    let mut found: Vec<Request> = Vec::new();
    let mut before: Vec<String> = Vec::new();
    for paragraph in paragraphs(&lines) {
        let mut rest: Vec<String> = Vec::new();
        let mut head = None;
        for line in paragraph {
            match heads(line, language).filter(|_| head.is_none()) {
                Some((request, words)) => {
                    head = Some(request);
                    rest.extend(words);
                }
                None => rest.push((*line).to_owned()),
            }
        }
        match (head, found.last_mut()) {
            (Some(mut request), _) => {
                // What stands in front of the first one is about it.
                request.words = join(std::mem::take(&mut before), rest);
                found.push(request);
            }
            (None, Some(last)) => last.words = join(std::mem::take(&mut last.words), rest),
            (None, None) => before = join(before, rest),
        }
    }
    for request in &mut found {
        let name = &request.name;
        request.words = request.words.iter().flat_map(|line| parted(name, line)).collect();
    }
    if found.is_empty() { Err(RequestError::NoSignature) } else { Ok(found) }
}

/// A sentence and the example behind it, which are read from lines of their own.
fn parted(name: &str, line: &str) -> Vec<String> {
    let call = format!(" {name}(");
    let is_example = |rest: &str| rest.contains("==") || rest.contains(" raises ");
    // Only a sentence that has ended: anything else may be a part of the example.
    let has_ended = |words: &str| {
        let words = words.trim_end();
        words.ends_with(['.', ':', ';', ',']) && !words.contains('(')
    };
    let found = line.find(&call).filter(|at| {
        line.get(..*at).is_some_and(has_ended) && line.get(*at..).is_some_and(is_example)
    });
    match found {
        Some(at) => {
            let (words, example) = line.split_at(at);
            vec![words.trim_end().to_owned(), example.trim_start().to_owned()]
        }
        None => vec![line.to_owned()],
    }
}

/// The comments that ask for a function, in order; one without a signature is a person's own.
pub fn comments(language: Language, text: &str) -> Vec<Comment> {
    if !text.contains(MARK) {
        return Vec::new();
    }
    let sign = match language {
        Language::Rust => "//",
        Language::Python => "#",
    };
    let Some(tree) = tree::parse(language, text) else { return Vec::new() };
    // A line of a text or of a function's body may look like one.
    let real: BTreeSet<usize> = tree::children(tree.root_node())
        .into_iter()
        .filter(|node| matches!(node.kind(), "line_comment" | "comment"))
        .map(|node| node.start_byte())
        .collect();
    let mut found = Vec::new();
    let mut open: Option<(Span, usize, usize)> = None;
    let mut at = 0;
    for (row, line) in text.split_inclusive('\n').enumerate() {
        let bare = line.trim_end_matches(['\n', '\r']);
        let end = at + bare.len();
        let is_comment = bare.starts_with(sign) && real.contains(&at);
        let begins_one = is_comment && begins(bare, sign);
        match &mut open {
            // Documentation below it is the next item's.
            Some((span, _, last)) if is_comment && !begins_one && !is_doc(bare) => {
                (span.end, *last) = (end, row + 1);
            }
            _ => {
                found.extend(open.take().and_then(|open| comment(language, text, open)));
                if begins_one {
                    open = Some((Span::new(at, end), row + 1, row + 1));
                }
            }
        }
        at += line.len();
    }
    found.extend(open.and_then(|open| comment(language, text, open)));
    let root = tree.root_node();
    found.retain(|comment| has_place(&tree::children(root), text, comment));
    found
}

/// Whether a function may stand in the comment's place: not between an item and its attributes or its
/// documentation, and not where the file has a function of that name.
fn has_place(items: &[Node<'_>], text: &str, comment: &Comment) -> bool {
    let name_of = |item: &Node<'_>| {
        let inner = item.child_by_field_name("definition").unwrap_or(*item);
        inner.child_by_field_name("name").map(|name| tree::text(name, text).to_owned())
    };
    let before: Vec<&Node<'_>> =
        items.iter().take_while(|item| item.start_byte() < comment.span.start).collect();
    let is_comment = |item: &&&Node<'_>| matches!(item.kind(), "line_comment" | "block_comment");
    let documents = before.iter().rev().take_while(is_comment).any(|item| {
        tree::text(**item, text).starts_with("///") || tree::text(**item, text).starts_with("/**")
    });
    let item = before.iter().rev().find(|item| !is_comment(item));
    let is_attribute = item.is_some_and(|item| item.kind() == "attribute_item");
    let is_known = items.iter().any(|item| name_of(item).as_deref() == Some(&comment.request.name));
    !documents && !is_attribute && !is_known
}

/// A line of Rust's documentation.
fn is_doc(line: &str) -> bool {
    (line.starts_with("///") && !line.starts_with("////")) || line.starts_with("//!")
}

fn begins(line: &str, sign: &str) -> bool {
    line.strip_prefix(sign)
        .is_some_and(|rest| rest.trim_start_matches(['/', '!', ' ', '\t']).starts_with(MARK))
}

fn comment(
    language: Language,
    text: &str,
    (span, line, end_line): (Span, usize, usize),
) -> Option<Comment> {
    let mut asked = requests(text.get(span.start..span.end)?, Some(language)).ok()?;
    // A second one would be lost with the comment.
    if asked.len() > 1 {
        return None;
    }
    let request = asked.pop().filter(|request| request.language == language)?;
    Some(Comment { span, line, end_line, request })
}

impl Comment {
    /// The text with the unfinished function in the place of the comment, and that function's line.
    pub fn opened(&self, text: &str) -> Option<(String, usize)> {
        let mut stub = self.request.stub();
        if text.contains("\r\n") {
            stub = stub.replace('\n', "\r\n");
        }
        let (before, rest) = text.split_at_checked(self.span.start)?;
        let behind = rest.get(self.span.end - self.span.start..)?;
        let head = stub.lines().position(|line| line.contains(&self.request.name))?;
        // What goes on over the comment is not cut by a function.
        if before.trim_end().ends_with('\\') {
            return None;
        }
        let new = format!("{before}{}{behind}", stub.trim_end());
        let (was, is) =
            (tree::parse(self.request.language, text)?, tree::parse(self.request.language, &new)?);
        let breaks = is.root_node().has_error() && !was.root_node().has_error();
        (!breaks).then_some((new, self.line + head))
    }
}

impl Request {
    /// The unfinished function with its documentation, with a line's end behind it.
    pub fn stub(&self) -> String {
        match self.language {
            Language::Rust => {
                let words: String = self.words.iter().map(|line| doc_line(line)).collect();
                format!("{words}{} {{\n    todo!()\n}}\n", self.head)
            }
            Language::Python => {
                let line =
                    |line: &String| line.replace('\\', "\\\\").replace("\"\"\"", "\\\"\\\"\\\"");
                let words: Vec<String> = self.words.iter().map(line).collect();
                let open = "raise NotImplementedError";
                let doc = match words.as_slice() {
                    [] => String::new(),
                    [only] if !only.ends_with('"') => format!("    \"\"\"{only}\"\"\"\n"),
                    several => {
                        let lines: String = several.iter().map(|line| indented(line)).collect();
                        format!("    \"\"\"\n{lines}    \"\"\"\n")
                    }
                };
                format!("{}:\n{doc}    {open}\n", self.head)
            }
        }
    }
}

fn doc_line(line: &str) -> String {
    if line.is_empty() { "///\n".to_owned() } else { format!("/// {line}\n") }
}

fn indented(line: &str) -> String {
    if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }
}

/// A line without what makes it a comment or an item of a list, and without the mark.
fn without_marks(line: &str) -> &str {
    let bare = line.trim_end();
    let inner = bare.trim_start();
    let inner = ["///", "//!", "//", "#"]
        .iter()
        .find_map(|sign| inner.strip_prefix(sign))
        .map_or(bare, |rest| rest.strip_prefix(' ').unwrap_or(rest));
    match inner.trim_start().strip_prefix(MARK) {
        Some(rest) => rest.trim_start_matches(':').trim_start(),
        None => inner,
    }
}

fn paragraphs<'l, 't>(lines: &'l [&'t str]) -> impl Iterator<Item = &'l [&'t str]> {
    lines.split(|line| line.trim().is_empty()).filter(|paragraph| !paragraph.is_empty())
}

/// Two paragraphs, with an empty line between them.
fn join(mut first: Vec<String>, second: Vec<String>) -> Vec<String> {
    if !first.is_empty() && !second.is_empty() {
        first.push(String::new());
    }
    first.extend(second);
    first
}

/// The head in a line, and what else the line says.
fn heads(line: &str, language: Option<Language>) -> Option<(Request, Option<String>)> {
    for (open, _) in line.match_indices('(') {
        let Some((start, end, request)) = head_at(line, open, language) else { continue };
        let (before, behind) = (line.get(..start)?, line.get(end..)?);
        let quotes = |c: char| c == '`' || c == '*';
        let (before, behind) = (before.trim_end_matches(quotes), behind.trim_start_matches(quotes));
        let behind = behind.trim_start();
        let separators = ["{}", ":", ",", ";", ". ", "–", "—", "- "];
        let behind = separators.iter().find_map(|it| behind.strip_prefix(it)).unwrap_or(behind);
        let words = match (before.trim(), behind.trim()) {
            ("" | "-" | "*", "") => None,
            // The head begins the line: what follows says what it does.
            ("" | "-" | "*", rest) => Some(rest.to_owned()),
            (lead, "") => Some(format!("{lead} `{}`", request.name)),
            (lead, rest) => Some(format!("{lead} `{}` {rest}", request.name)),
        };
        return Some((request, words));
    }
    None
}

/// A head whose parameters begin at this bracket: where it begins and ends.
fn head_at(line: &str, open: usize, language: Option<Language>) -> Option<(usize, usize, Request)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let before = line.get(..open)?;
    // Lifetimes and types of its own.
    let before = match before.strip_suffix('>') {
        Some(generic) => generic.get(..generic.find('<')?)?,
        None => before,
    };
    let name_start = before.trim_end_matches(is_name).len();
    let name = before.get(name_start..).filter(|name| !name.is_empty())?;
    let lead = before.get(..name_start)?.trim_end();
    let close = closing(line, open)?;
    let mut end = close + 1;
    let arrow = line.get(end..)?.trim_start();
    if let Some(rest) = arrow.strip_prefix("->") {
        end = line.len() - rest.len();
        end += type_end(line.get(end..)?);
        // A type that goes on in a way that is not known here would be another one.
        if line.get(end..)?.trim_start().starts_with(['|', '[', '<']) {
            return None;
        }
    }
    let (word, own) = if is_last_word(lead, "fn") {
        ("fn", Some(Language::Rust))
    } else if is_last_word(lead, "def") {
        ("def", Some(Language::Python))
    } else {
        // Without a word in front, only types tell it from a call.
        if !arrow.starts_with("->") {
            return None;
        }
        ("", None)
    };
    let before_word = lead.get(..lead.len() - word.len())?.trim_end();
    let other = ["async", "unsafe", "const", "extern"];
    // Another kind of function than the one that would be written.
    if other.iter().any(|it| is_last_word(before_word, it)) || before_word.ends_with("(crate)") {
        return None;
    }
    let mut start = lead.len() - word.len();
    if own.is_none() {
        start = name_start;
    }
    let tail = line.get(name_start..end)?.trim_end();
    let candidates = match own.or(language) {
        Some(known) => vec![known],
        None => vec![Language::Rust, Language::Python],
    };
    let mut visible = "";
    if own == Some(Language::Rust)
        && let Some(rest) = line.get(..start).map(str::trim_end)
        && is_last_word(rest, "pub")
    {
        visible = "pub ";
        start = rest.len() - "pub".len();
    }
    candidates.into_iter().find_map(|language| {
        let head = match language {
            Language::Rust => format!("{visible}fn {tail}"),
            Language::Python => format!("def {tail}"),
        };
        let parsed = signature::parse(language, &head).ok()?;
        let is_sure = own.is_some() || parsed.named_types().is_empty();
        let name = name.to_owned();
        is_sure.then(|| (start, end, Request { language, name, head, words: Vec::new() }))
    })
}

fn is_last_word(text: &str, word: &str) -> bool {
    text.strip_suffix(word)
        .is_some_and(|rest| !rest.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
}

/// The bracket that closes the one at this place.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, letter) in text.get(open..)?.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + at);
                }
            }
            _ => {}
        }
    }
    None
}

/// How much of a text is one type, spaces in front included.
fn type_end(text: &str) -> usize {
    let mut at = 0;
    let skip = |at: usize| {
        let rest = text.get(at..).unwrap_or("");
        at + rest.len() - rest.trim_start().len()
    };
    let starts = |at: usize, what: &str| text.get(at..).is_some_and(|rest| rest.starts_with(what));
    loop {
        at = skip(at);
        while starts(at, "&") || starts(at, "'") {
            let word = starts(at, "'");
            at += 1;
            if word {
                at += name_len(text.get(at..).unwrap_or(""));
            }
            at = skip(at);
        }
        if starts(at, "mut ") {
            at = skip(at + 4);
        }
        let begin = at;
        if starts(at, "(") || starts(at, "[") {
            at = closing(text, at).map_or(at, |close| close + 1);
        } else {
            loop {
                at += name_len(text.get(at..).unwrap_or(""));
                if starts(at, "::") {
                    at += 2;
                } else if starts(at, ".") && name_len(text.get(at + 1..).unwrap_or("")) > 0 {
                    at += 1;
                } else {
                    break;
                }
            }
            if starts(at, "<") {
                at = angle_end(text, at);
            } else if starts(at, "[") {
                at = closing(text, at).map_or(at, |close| close + 1);
            }
        }
        if at == begin {
            return at;
        }
        // `int | None`
        let next = skip(at);
        if starts(next, "|") && !starts(next, "||") {
            at = next + 1;
        } else {
            return at;
        }
    }
}

fn name_len(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len())
}

fn angle_end(text: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in text.get(open..).unwrap_or("").char_indices() {
        match letter {
            '<' => depth += 1,
            '>' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return open + at + 1;
                }
            }
            _ => {}
        }
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::holes;

    fn one(text: &str, language: Option<Language>) -> Request {
        let mut found = requests(text, language).unwrap();
        assert_eq!(found.len(), 1, "{found:#?}");
        found.remove(0)
    }

    #[test]
    fn heads_are_found_in_the_words_around_them() {
        for (text, head, words) in [
            (
                "Write fn add(a: i32, b: i32) -> i32 that adds two numbers.",
                "fn add(a: i32, b: i32) -> i32",
                &["Write `add` that adds two numbers."][..],
            ),
            (
                "`def first(xs: list[str]) -> str | None`: the first, or None.",
                "def first(xs: list[str]) -> str | None",
                &["the first, or None."],
            ),
            (
                "pub fn get<'a>(m: &'a [u8], at: usize) -> Option<&'a u8> - looks it up",
                "pub fn get<'a>(m: &'a [u8], at: usize) -> Option<&'a u8>",
                &["looks it up"],
            ),
            (
                "largest(xs: list[int]) -> int gives the largest",
                "def largest(xs: list[int]) -> int",
                &["gives the largest"],
            ),
            ("total(xs: &[i64]) -> i64 sums", "fn total(xs: &[i64]) -> i64", &["sums"]),
        ] {
            let found = one(text, None);
            assert_eq!(found.head, head);
            assert_eq!(found.words, words);
        }
        assert_eq!(requests(" \n", None), Err(RequestError::Empty));
        assert_eq!(requests("sort(xs) sorts them", None), Err(RequestError::NoSignature));
    }

    #[test]
    fn paragraphs_belong_to_the_head_before_them() {
        let text = "We need two helpers.\n\nfn twice(x: i32) -> i32\nDoubles.\n\ntwice(2) == 4\n\nfn half(x: i32) -> i32\nHalves.\n";
        let found = requests(text, None).unwrap();
        assert_eq!(found[0].words, ["We need two helpers.", "", "Doubles.", "", "twice(2) == 4"]);
        assert_eq!(found[1].words, ["Halves."]);
    }

    #[test]
    fn a_stub_is_an_unfinished_function_that_keeps_its_examples() {
        let text = "def f(x: int) -> int\nDouble \"\"\"it\"\"\" with a \\ in it.\n\n>>> f(2)\n4\n";
        for (language, text) in [
            (Language::Python, text.to_owned()),
            (Language::Rust, "fn f(x: i32) -> i32\nDoubles.\n\nf(2) == 4\n".to_owned()),
        ] {
            let stub = one(&text, None).stub();
            let found = holes::holes(language, &stub);
            assert_eq!(found.len(), 1, "{stub}");
            assert_eq!(found[0].doc_examples.len(), 1, "{stub}");
        }
    }

    #[test]
    fn a_comment_becomes_the_function_that_it_asks_for() {
        let text = "use std::fmt;\n\n// TODO(zerr): fn add(a: i32, b: i32) -> i32 adds.\n// add(1, 2) == 3\n\nfn main() {}\n// TODO(zerr): mend the roof\n";
        let found = comments(Language::Rust, text);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].line, found[0].end_line), (3, 4));
        let (open, line) = found[0].opened(text).unwrap();
        assert!(open.starts_with("use std::fmt;\n\n/// adds.\n/// add(1, 2) == 3\nfn add(a: i32, b: i32) -> i32 {\n    todo!()\n}\n\nfn main() {}\n"), "{open}");
        assert!(holes::hole_at(Language::Rust, &open, line).is_some(), "line {line}");
        let python = "# TODO(zerr): add(a: int, b: int) -> int\n# Add them.\nx = 1\n";
        let found = comments(Language::Python, python);
        let (open, line) = found[0].opened(python).unwrap();
        assert!(open.contains("def add(a: int, b: int) -> int:\n    \"\"\"Add them.\"\"\"\n    raise NotImplementedError\nx = 1\n"), "{open}");
        assert!(holes::hole_at(Language::Python, &open, line).is_some());
        assert!(
            comments(Language::Python, "def f():\n    # TODO(zerr): g(x: int) -> int\n    ...\n")
                .is_empty()
        );
        let inside = "x = \"\"\"\n# TODO(zerr): f(x: int) -> int doubles\n\"\"\"\n";
        assert!(comments(Language::Python, inside).is_empty(), "a line of a text");
        let one = one("def f(x: int) -> int: doubles. f(2) == 4", None);
        assert_eq!(one.words, ["doubles.", "f(2) == 4"]);
    }
    #[test]
    fn a_comment_that_would_break_or_hide_something_is_left_alone() {
        for (language, text) in [
            (
                Language::Rust,
                "/// Docs.\n#[derive(Debug)]\n// TODO(zerr): fn f(x: i32) -> i32 doubles.\nstruct S;\n",
            ),
            (Language::Rust, "/// Docs.\n// TODO(zerr): fn f(x: i32) -> i32 doubles.\nstruct S;\n"),
            (Language::Python, "x = 1 + \\\n# TODO(zerr): f(x: int) -> int doubles.\n    2\n"),
            (
                Language::Python,
                "# TODO(zerr): f(x: int) -> int doubles.\n#\n# g(x: int) -> int halves.\n",
            ),
            (
                Language::Python,
                "# TODO(zerr): f(x: int) -> int doubles.\n\n\ndef f(x: str) -> str:\n    return x\n",
            ),
            (Language::Python, "# TODO(zerr): async def f(x: int) -> int doubles.\n"),
        ] {
            let opened = comments(language, text).into_iter().find_map(|it| it.opened(text));
            assert_eq!(opened, None, "{text}");
        }
        let text = "// TODO(zerr): fn f(x: i32) -> i32 doubles.\n/// Docs of g.\nfn g() {}\n";
        let (new, _) = comments(Language::Rust, text)[0].opened(text).unwrap();
        assert!(new.ends_with("}\n/// Docs of g.\nfn g() {}\n"), "{new}");
    }

    #[test]
    fn a_type_is_taken_whole_and_signs_stay() {
        let found = one("f(xs: list[int]) -> int|None: -1 is never given", None);
        assert_eq!(found.head, "def f(xs: list[int]) -> int|None");
        assert_eq!(found.words, ["-1 is never given"]);
        let found = one("fn f(x: i32) -> i32 triples.\n\nf(1) + f(2) == 9\n", None);
        assert_eq!(found.words.last().unwrap(), "f(1) + f(2) == 9");
    }
}
