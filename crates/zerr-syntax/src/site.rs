//! Functions where they stand in a project, methods included: [`sites`], [`site_at`]. And several
//! bodies for one of them in one text: [`dispatch`].
//!
//! # Non-goals
//! Names as the compiler resolves them: a path says where a function is written, not how it is called.

mod calls;
mod context;
mod dispatch;
mod lines;
mod python;
mod rust;

use serde::{Deserialize, Serialize};
use tree_sitter::Node;

pub use calls::{
    CALLS_FROM_VARIABLE, CALLS_TEST, CALLS_VARIABLE, Call, call_at, calls, with_calls,
};
pub use context::{ContextItem, context, tests_named};
pub use dispatch::{Dispatched, REACHED_VARIABLE, WHICH_VARIABLE, dispatch, replace, unwritten};

pub use lines::{shifted, unshifted};

use crate::tree::{self, preorder};
use crate::{Language, Span, line_column, mutate};

/// A function in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its language.
    pub language: Language,
    /// Where it is written, from the outermost on: modules, the type of an `impl` or the class, its name.
    pub path: Vec<String>,
    /// From its visibility to its body: `pub fn area(&self) -> f64`, `def area(self) -> float:`.
    pub head: Span,
    /// The body: with braces for Rust, the indented block for Python without its doc string.
    pub body: Span,
    /// The whole item with its documentation and attributes.
    pub item: Span,
    /// 1-based first and last line of `item`.
    pub line: usize,
    /// See `line`.
    pub end_line: usize,
    /// The documentation without its markers.
    pub doc: String,
    /// What a body that is still to be written says; `Some("")` where it says nothing.
    pub open: Option<String>,
    /// What is special about it.
    pub form: Form,
}

/// What decides how a function's bodies can be tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "independent words of a function's head")]
pub struct Form {
    /// It takes `self`, or belongs to a class.
    pub is_method: bool,
    /// `async`.
    pub is_async: bool,
    /// `const`: evaluated by the compiler, which reads no environment.
    pub is_const: bool,
    /// It returns some type that only its body says (`-> impl Iterator`).
    pub is_opaque: bool,
    /// It is part of the tests.
    pub is_test: bool,
    /// It stands inside of another function.
    pub is_nested: bool,
}

impl Site {
    /// The last part of its path.
    pub fn name(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    /// Its path as people write it: `shapes::Circle::area`, `shapes.Circle.area`.
    pub fn shown(&self) -> String {
        self.path.join(match self.language {
            Language::Rust => "::",
            Language::Python => ".",
        })
    }

    /// Its body as [`replace`] takes it: whole lines where it stands on lines of its own.
    pub fn body_text<'a>(&self, text: &'a str) -> &'a str {
        let line = text.get(..self.body.start).and_then(|it| it.rfind('\n')).map_or(0, |at| at + 1);
        let lead = text.get(line..self.body.start).unwrap_or("x");
        let is_own_line = self.language == Language::Python && lead.trim().is_empty();
        let start = if is_own_line { line } else { self.body.start };
        text.get(start..self.body.end).unwrap_or("")
    }

    /// Small wrong versions of its body, at most `max`: what was changed, and the body.
    pub fn mutated_bodies(&self, text: &str, max: usize) -> Vec<(String, String)> {
        let source = Span::new(self.head.start, self.body.end).text(text);
        let body = self.body_text(text);
        let head = source.len().saturating_sub(body.len());
        mutate::mutants(self.language, source, max)
            .into_iter()
            .filter(|mutant| mutant.source.get(..head) == source.get(..head))
            .filter_map(|mutant| Some((mutant.what, mutant.source.get(head..)?.to_owned())))
            .collect()
    }

    /// Whether a path that somebody wrote ends here: `area`, `Circle::area`, `crate::shapes::Circle::area`.
    /// `module` is where the file itself stands.
    pub fn is_named(&self, asked: &str, module: &[String]) -> bool {
        let asked: Vec<&str> = asked.split(['.', ':']).filter(|part| !part.is_empty()).collect();
        let asked = match asked.split_first() {
            Some((&"crate", rest)) => rest,
            _ => &asked,
        };
        let full: Vec<&str> = module.iter().chain(&self.path).map(String::as_str).collect();
        !asked.is_empty() && full.ends_with(asked)
    }
}

/// All functions of a file, in order. Those in what does not parse are left out.
pub fn sites(language: Language, text: &str) -> Vec<Site> {
    let Some(tree) = tree::parse(language, text) else { return Vec::new() };
    let kinds = ["function_item", "function_definition"];
    preorder(tree.root_node())
        .filter(|node| kinds.contains(&node.kind()) && !node.has_error())
        .filter_map(|node| one(language, node, text))
        .collect()
}

/// The innermost function that covers a 1-based line.
pub fn site_at(language: Language, text: &str, line: usize) -> Option<Site> {
    sites(language, text)
        .into_iter()
        .filter(|site| site.line <= line && line <= site.end_line)
        .min_by_key(|site| site.end_line - site.line)
}

/// The body of the first function of a text that a model wrote, with the imports above it inside.
pub fn whole_body(language: Language, text: &str) -> Option<String> {
    let site = sites(language, text).into_iter().next()?;
    let body = site.body_text(text);
    if language == Language::Rust {
        return Some(body.to_owned());
    }
    let indent: String = body.chars().take_while(|c| c.is_whitespace()).collect();
    let above = text.get(..site.item.start).unwrap_or("");
    let imports = above
        .lines()
        .filter(|line| line.starts_with("import ") || line.starts_with("from "))
        .map(|line| format!("{indent}{line}\n"));
    Some(imports.chain([body.to_owned()]).collect())
}

/// The parameters of a Python function that have no annotations, a method's receiver among them.
pub fn untyped_params(site: &Site, text: &str) -> Vec<String> {
    python::untyped_params(site.head.text(text))
}

fn one(language: Language, node: Node<'_>, text: &str) -> Option<Site> {
    let mut site = match language {
        Language::Rust => rust::site(node, text),
        Language::Python => python::site(node, text),
    }?;
    site.line = line_column(text, site.item.start).0;
    site.end_line = line_column(text, site.item.end.saturating_sub(1)).0;
    Some(site)
}

#[cfg(test)]
mod tests;
