//! Unfinished functions in a source file: [`holes`], [`hole_at`]. Written ones in the same form:
//! [`written`].
//!
//! Works on half-typed text: an error elsewhere in the file hides no hole.

mod promise;
mod python;
mod rust;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tree_sitter::Node;

use crate::doc_example::{self, DocExample};
use crate::tree::{self, preorder};
use crate::{Language, Span, infer, line_column, signature};

/// Why a function inside of another one is not written.
const NESTED: &str = "functions inside of functions are not supported";

/// A function whose body is still to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hole {
    pub language: Language,
    pub name: String,
    /// As [`crate::signature::parse`] takes it.
    pub signature_text: String,
    /// The documentation without its markers, common indentation removed.
    pub doc: String,
    /// What `todo!("…")` or `NotImplementedError("…")` says.
    pub message: Option<String>,
    /// The body to be replaced: with braces for Rust, the indented block for Python (its
    /// doc string not included).
    pub body_span: Span,
    /// The whole item with its documentation and attributes.
    pub item_span: Span,
    /// 1-based first and last line of `item_span`.
    pub line: usize,
    pub end_line: usize,
    pub doc_examples: Vec<DocExample>,
    /// What may be examples and may be prose: told, and no examples where somebody can be asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loose_examples: Vec<DocExample>,
    /// Types that its annotations do not say are those of its examples, or what its documentation's
    /// words suggest.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inferred: bool,
    /// What icontract's decorators say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promises: Vec<Promise>,
    pub support: Support,
}

impl Hole {
    /// What looks like an example in its documentation and does not count, and what would (see
    /// [`doc_example::meant`]).
    fn meant_examples(&self) -> Vec<(String, String)> {
        if !self.doc_examples.is_empty() {
            return Vec::new();
        }
        let names = match (signature::parse(self.language, &self.signature_text), self.language) {
            (Ok(signature), _) => signature.params.into_iter().map(|it| it.name).collect(),
            (Err(_), Language::Python) => infer::param_names(&self.signature_text),
            (Err(_), Language::Rust) => Vec::new(),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        doc_example::meant(self.language, &self.name, &names, &self.doc)
    }

    /// The file in which its documentation says what it seems to mean; `None` where nothing but what it
    /// says is to be seen.
    pub fn as_meant(&self, text: &str) -> Option<String> {
        let pairs = self.meant_in(text);
        let own = doc_example::reworded(self.item_span.text(text), &pairs)?;
        let (before, after) = (text.get(..self.item_span.start)?, text.get(self.item_span.end..)?);
        Some(format!("{before}{own}{after}"))
    }

    /// [`Self::meant_examples`], but none where the file knows the name that is called.
    fn meant_in(&self, text: &str) -> Vec<(String, String)> {
        let pairs = self.meant_examples();
        let outside = [text.get(..self.item_span.start), text.get(self.item_span.end..)];
        let is_there = |name: &str| {
            outside.iter().flatten().any(|part| {
                part.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
            })
        };
        let mut called = pairs.iter().filter_map(|(written, _)| written.split('(').next());
        if called.any(|name| name != self.name && is_there(name)) { Vec::new() } else { pairs }
    }

    /// What a person should know of how it was read in this file.
    pub fn remarks(&self, text: &str) -> Vec<String> {
        let head = &self.signature_text;
        let inferred = self.inferred.then(|| {
            format!("types that are not written are taken from examples and words: `{head}`")
        });
        inferred.into_iter().chain(self.unread_remark(text)).collect()
    }

    /// What looks like one of its examples and does not count. What is said of a call of which an example was read,
    /// and what is a contract, may be anything.
    pub fn unread_example(&self, text: &str) -> Option<String> {
        let meant = self.meant_in(text).into_iter().next().map(|(written, _)| written);
        if let Some(written) = meant {
            return Some(written.trim_end_matches('(').to_owned());
        }
        let is_known =
            |said: &str| self.doc_examples.iter().any(|one| said.contains(&one.call_text));
        let is_contract = |line: &str| {
            let word =
                line.split(':').next().unwrap_or_default().trim_start_matches(['/', '#', '*', ' ']);
            ["requires", "ensures", "property", "complexity", "budget"].contains(&word)
        };
        let loose = self.loose_examples.iter().map(|one| one.call_text.as_str());
        let line = doc_example::unread(self.language, &self.name, &self.doc, &self.doc_examples);
        let mut all = loose.chain(line);
        all.find(|said| !is_known(said) && !is_contract(said)).map(str::to_owned)
    }

    /// That something looks like its examples and does not count.
    pub fn unread_remark(&self, text: &str) -> Option<String> {
        let Some((written, meant)) = self.meant_in(text).into_iter().next() else {
            if let Some(one) = self.loose_examples.first() {
                let (call, value) = (&one.call_text, &one.expected_text);
                return Some(format!(
                    "what stands beside `{call}` may be prose and is not read as an example; if it is \
                     one, write `{call} == {value}`"
                ));
            }
            let found = &self.doc_examples;
            let line = doc_example::unread(self.language, &self.name, &self.doc, found)?;
            let name = &self.name;
            return Some(format!(
                "`{line}` is not read as an example; one is written `{name}(…) == …`"
            ));
        };
        let (written, meant) = (written.trim_end_matches('('), meant.trim_end_matches('('));
        let name = &self.name;
        Some(format!("`{written}` is no example of `{name}`; if it should be, write `{meant}`"))
    }
}

/// A precondition or postcondition that a decorator of icontract's states, as a contract is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// A postcondition.
    pub ensures: bool,
    pub text: String,
    /// Where the decorator begins, in bytes of the file.
    pub start: usize,
}

/// Can zerr fill the hole?
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    Supported,
    Unsupported(String),
    /// Not where it stands, by itself or in its project.
    Nested(String),
}

/// The unfinished functions of a file, in order.
pub fn holes(language: Language, text: &str) -> Vec<Hole> {
    if !may_be_open(language, text) {
        return Vec::new();
    }
    let Some(tree) = tree::parse(language, text) else { return Vec::new() };
    let root = tree.root_node();
    let mut found = in_tree(language, root, text, 0);
    if root.has_error() {
        let starts = definitions(language, text);
        for (at, start) in starts.iter().enumerate() {
            if found.iter().any(|hole| hole.item_span.contains(*start)) {
                continue;
            }
            let next = starts.get(at + 1..).unwrap_or_default();
            found.extend(alone(language, text, *start, next));
        }
    }
    found.sort_by_key(|hole| hole.item_span);
    found.dedup_by_key(|hole| hole.body_span);
    for hole in &mut found {
        hole.line = line_column(text, hole.item_span.start).0;
        hole.end_line = line_column(text, hole.item_span.end.saturating_sub(1)).0;
    }
    found
}

/// The innermost unfinished function that covers a 1-based line.
pub fn hole_at(language: Language, text: &str, line: usize) -> Option<Hole> {
    innermost(&holes(language, text), line).cloned()
}

/// The innermost of these that covers a 1-based line.
pub fn innermost(holes: &[Hole], line: usize) -> Option<&Hole> {
    holes
        .iter()
        .filter(|hole| hole.line <= line && line <= hole.end_line)
        .min_by_key(|hole| hole.end_line - hole.line)
}

/// Whether a text has a word that every unfinished body or its documentation has: most files have none,
/// and need not be read.
fn may_be_open(language: Language, text: &str) -> bool {
    let marks: &[&str] = match language {
        Language::Rust => &["todo", "unimplemented", "TODO"],
        Language::Python => &["...", "NotImplementedError", "TODO"],
    };
    marks.iter().any(|mark| text.contains(mark))
}

/// A written free function at the top of a file, and what it stands on there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As an unfinished one: signature, documentation, its examples.
    pub function: Hole,
    /// From `fn` or `def` to its end.
    pub source: String,
    /// Names that it calls.
    pub calls: BTreeSet<String>,
}

/// A file's written functions, in order, and the imports at its top.
pub fn written(language: Language, text: &str) -> (Vec<Written>, Vec<String>) {
    let Some(tree) = tree::parse(language, text) else { return (Vec::new(), Vec::new()) };
    let root = tree.root_node();
    let mut found = Vec::new();
    let mut imports = Vec::new();
    for item in tree::children(root) {
        let decorated = match item.kind() {
            "decorated_definition" => item.child_by_field_name("definition"),
            _ => None,
        };
        // Decorators that only state something change nothing.
        let item = match decorated {
            Some(inner) if python::promises(item, text).is_some() => inner,
            _ => item,
        };
        match item.kind() {
            "function_item" | "function_definition" if !item.has_error() => {
                let read = match language {
                    Language::Rust => rust::found(item, text, None),
                    Language::Python => python::found(item, text, None),
                };
                let source = match language {
                    Language::Rust => rust::source(item, text),
                    Language::Python => tree::text(item, text),
                };
                let Some(read) = read else { continue };
                let mut function = read.finish(language, 0, Words::Silent);
                function.line = line_column(text, function.item_span.start).0;
                function.end_line = line_column(text, function.item_span.end.saturating_sub(1)).0;
                found.push(Written {
                    function,
                    source: source.to_owned(),
                    calls: preorder(item)
                        .filter(|node| matches!(node.kind(), "call_expression" | "call"))
                        .filter_map(|call| call.child_by_field_name("function"))
                        .filter(|called| called.kind() == "identifier")
                        .map(|called| tree::text(called, text).to_owned())
                        .collect(),
                });
            }
            "use_declaration" | "import_statement" | "import_from_statement" => {
                imports.push(tree::text(item, text).to_owned());
            }
            _ => {}
        }
    }
    (found, imports)
}

/// Where another import may stand in a Python file, in bytes: at the beginning of the line behind the
/// module's documentation and what it takes from the future.
pub fn import_place(text: &str) -> usize {
    let Some(tree) = tree::parse(Language::Python, text) else { return 0 };
    let mut end = None;
    for (at, item) in tree::children(tree.root_node()).into_iter().enumerate() {
        let is_first = end.is_none() && (at == 0 || item.kind() != "comment");
        match item.kind() {
            // The interpreter's line and what it says of the encoding come first.
            "comment" if end.is_none() => end = end.or(comment_end(item, text)),
            "future_import_statement" => end = Some(item.end_byte()),
            "expression_statement" if is_first || end.is_some() => {
                if !tree::is_doc_string(item) {
                    break;
                }
                end = Some(item.end_byte());
            }
            "comment" => {}
            _ => break,
        }
    }
    let Some(end) = end else { return 0 };
    let rest = text.get(end..).unwrap_or("");
    let line = rest.find('\n').map_or(rest.len(), |at| at + 1);
    let blank = rest.get(line..).unwrap_or("").split_inclusive('\n');
    end + line + blank.take_while(|line| line.trim().is_empty()).map(str::len).sum::<usize>()
}

/// The end of a `#!` line.
fn comment_end(comment: Node<'_>, text: &str) -> Option<usize> {
    tree::text(comment, text).starts_with("#!").then(|| comment.end_byte())
}

/// Whether a 1-based line of a Rust file belongs to what a macro is given or makes.
pub fn is_in_macro(language: Language, text: &str, line: usize) -> bool {
    let Some(tree) = tree::parse(language, text) else { return false };
    let row = line.saturating_sub(1);
    // A function may call one on that line.
    let is_inside = |node: &Node<'_>| {
        let mut around = node.parent();
        while let Some(outer) = around {
            if outer.kind() == "function_item" {
                return true;
            }
            around = outer.parent();
        }
        false
    };
    tree::preorder(tree.root_node())
        .filter(|node| matches!(node.kind(), "macro_invocation" | "macro_definition"))
        .filter(|node| !is_inside(node))
        .any(|node| (node.start_position().row..=node.end_position().row).contains(&row))
}

/// The documentation above a Rust function, and where it or the first attribute begins.
pub(crate) fn rust_documentation(function: Node<'_>, text: &str) -> (String, usize) {
    rust::documentation(function, text)
}

/// What the body of an unfinished Rust function says, or nothing; `None` for a written one.
pub(crate) fn rust_placeholder(body: Node<'_>, text: &str) -> Option<String> {
    Some(rust::placeholder(body, text)?.message.unwrap_or_default())
}

/// Whether only a Rust function's body says which type it returns (`-> impl Iterator`).
pub(crate) fn rust_hides_its_type(function: Node<'_>) -> bool {
    rust::hides_its_type(function)
}

/// A Python function taken apart.
pub(crate) struct PythonParts {
    /// Where the head's colon ends.
    pub(crate) head_end: usize,
    /// The statements, without the doc string.
    pub(crate) body: Span,
    /// With its decorators.
    pub(crate) item: Span,
    pub(crate) doc: String,
    /// What an unfinished body says.
    pub(crate) open: Option<String>,
}

/// A Python function's parts, methods included.
pub(crate) fn python_parts(function: Node<'_>, text: &str) -> Option<PythonParts> {
    python::parts(function, text)
}

fn in_tree(language: Language, root: Node<'_>, text: &str, offset: usize) -> Vec<Hole> {
    preorder(root)
        .filter(|node| {
            matches!(node.kind(), "function_item" | "function_definition") && !node.has_error()
        })
        .filter_map(|node| match language {
            Language::Rust => rust::hole(node, text),
            Language::Python => python::hole(node, text),
        })
        .map(|found| found.finish(language, offset, Words::Asked))
        .collect()
}

/// What stands in a body that is still to be written.
struct Placeholder {
    message: Option<String>,
}

/// Where a line begins a function, its documentation included, as far as the text alone tells.
fn definitions(language: Language, text: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    // Where the lines of documentation and attributes above the current line begin.
    let mut head = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let (begins, leads) = match language {
            Language::Rust => (
                ["fn ", "pub ", "pub(", "const fn ", "async fn "]
                    .iter()
                    .any(|word| trimmed.starts_with(word))
                    && trimmed.contains("fn "),
                trimmed.starts_with("///") || trimmed.starts_with("#["),
            ),
            Language::Python => (trimmed.starts_with("def "), trimmed.starts_with('@')),
        };
        if begins {
            starts.push(head.unwrap_or(at));
        }
        head = if leads { head.or(Some(at)) } else { None };
        at += line.len();
    }
    starts
}

/// The hole that begins here, read apart from the rest of the file; `later` are the definitions behind.
fn alone(language: Language, text: &str, start: usize, later: &[usize]) -> Option<Hole> {
    let rest = text.get(start..)?;
    let indent = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let mut end = rest.len().min(ALONE_BYTES_MAX);
    // The next line that begins a function no deeper than this one ends it.
    for next in later.iter().copied() {
        if next - start >= end {
            break;
        }
        let line = text.get(next..).unwrap_or("");
        let deeper = line.len() - line.trim_start_matches([' ', '\t']).len() > indent;
        if !deeper {
            end = next - start;
            break;
        }
    }
    let piece = rest.get(indent..rest.floor_char_boundary(end))?;
    if !may_be_open(language, piece) {
        return None;
    }
    let tree = tree::parse(language, piece)?;
    in_tree(language, tree.root_node(), piece, start + indent)
        .into_iter()
        .find(|hole| hole.item_span.start == start + indent)
        .map(|mut hole| {
            if indent > 0 && hole.support == Support::Supported && language == Language::Python {
                hole.support = Support::Unsupported("not at the top of the file".to_owned());
            }
            hole
        })
}

/// Longest text that is read apart from the rest of a broken file.
const ALONE_BYTES_MAX: usize = 32 * 1024;

/// Whether a documentation's words may say what type something has. What people wrote is not judged
/// by a guess.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Words {
    Asked,
    Silent,
}

/// What a language finds; the rest of a [`Hole`] follows from it.
struct Found {
    name: String,
    signature_text: String,
    doc: String,
    message: Option<String>,
    body_span: Span,
    item_span: Span,
    promises: Vec<Promise>,
    /// Where it stands, if that is a place zerr cannot write to.
    misplaced: Option<&'static str>,
}

impl Found {
    /// The words that may be asked: none where contracts would be judged on guessed types.
    fn words(&self, words: Words) -> Option<&str> {
        const STATES: [&str; 3] = ["requires:", "ensures:", "property:"];
        let doc = self.doc.to_lowercase();
        let states = !self.promises.is_empty() || STATES.iter().any(|word| doc.contains(word));
        (words == Words::Asked && !states).then_some(self.doc.as_str())
    }

    fn finish(self, language: Language, offset: usize, words: Words) -> Hole {
        let mut parsed = signature::parse(language, &self.signature_text);
        let names: Vec<String> = match (&parsed, language) {
            (Ok(signature), _) => signature.params.iter().map(|it| it.name.clone()).collect(),
            (Err(_), Language::Python) => infer::param_names(&self.signature_text),
            (Err(_), Language::Rust) => Vec::new(),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let all = doc_example::find_loosely(language, &self.name, &names, &self.doc);
        let (loose_examples, doc_examples): (Vec<_>, Vec<_>) =
            all.iter().cloned().partition(|one| one.loose);
        let mut inferred = false;
        if language == Language::Python
            && let Some(text) =
                infer::annotated(&self.signature_text, &doc_examples, self.words(words))
                    .or_else(|| infer::annotated(&self.signature_text, &all, self.words(words)))
            && let Ok(signature) = signature::parse(language, &text)
        {
            (parsed, inferred) = (Ok(signature), true);
        }
        let support = match (self.misplaced, &parsed) {
            (Some(NESTED), _) => Support::Nested(NESTED.to_owned()),
            (Some(reason), _) => Support::Unsupported(reason.to_owned()),
            (None, Err(error)) => Support::Unsupported(error.message.clone()),
            (None, Ok(_)) => Support::Supported,
        };
        Hole {
            language,
            doc_examples,
            loose_examples,
            inferred,
            name: self.name,
            signature_text: parsed.map_or(self.signature_text, |signature| signature.text),
            doc: self.doc,
            message: self.message,
            body_span: self.body_span.shifted(offset),
            item_span: self.item_span.shifted(offset),
            promises: self
                .promises
                .into_iter()
                .map(|promise| Promise { start: promise.start + offset, ..promise })
                .collect(),
            line: 0,
            end_line: 0,
            support,
        }
    }
}

/// Lines without the indentation that all of them have, and without blank lines around them.
fn dedent(lines: &[String]) -> String {
    let indent = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len())
        .min()
        .unwrap_or(0);
    let lines: Vec<&str> =
        lines.iter().map(|line| line.get(indent..).unwrap_or("").trim_end()).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests;
