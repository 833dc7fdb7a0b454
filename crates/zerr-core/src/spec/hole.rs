//! From an unfinished function in a source file to a [`Spec`] of one function.

use std::collections::BTreeSet;

use zerr_syntax::doc_example::{DocExample, Outcome};
use zerr_syntax::holes::{Hole, Support};
use zerr_syntax::{Language, Span, line_column, literal as syntax, signature};

use super::check::{one_line, unknown_type};
use super::examples;
use super::stated::{Stated, Word, of_line, stated, take};
use super::{ERRORS_MAX, Example, Expected, FunctionSpec, RELIABILITY_DEFAULT, Spec, SpecError};
use crate::literal;
use crate::ty::lower;
use crate::value::Value;

pub(super) fn read(
    hole: &Hole,
    language: Language,
    file: &str,
    text: &str,
) -> Result<Spec, Vec<SpecError>> {
    let source = Source { file, text, hole };
    if let Support::Unsupported(why) | Support::Nested(why) = &hole.support {
        // Types might follow from what only looks like examples.
        let is_open = signature::parse(language, &hole.signature_text).is_err();
        let unread = hole.unread_remark(text).filter(|_| is_open);
        let hint = "zerr writes free functions over standard-library types";
        return Err(vec![source.error(
            &hole.name,
            format!("`{}` cannot be written: {why}", hole.name),
            unread.as_deref().unwrap_or(hint),
        )]);
    }
    let signature = signature::parse(language, &hole.signature_text).map_err(|error| {
        let offending = error.span.text(&hole.signature_text);
        let message = format!("signature does not parse: {}", error.message);
        vec![source.error(offending, message, &error.hint)]
    })?;
    if let Some((ty, hint)) = unknown_type(&signature) {
        let message = format!("zerr knows no values of type `{ty}`");
        return Err(vec![source.error(&ty, message, hint)]);
    }
    let params =
        signature.params.iter().map(|p| (p.name.clone(), lower(language, &p.ty))).collect();
    let returns = lower(language, &signature.returns);
    let mut function = FunctionSpec {
        name: hole.name.clone(),
        description: String::new(),
        examples: Vec::new(),
        requires: Vec::new(),
        ensures: Vec::new(),
        properties: Vec::new(),
        complexity: None,
        budget: None,
        capabilities: BTreeSet::new(),
        forbidden: Vec::new(),
        depends_on: Vec::new(),
        in_project: None,
        unread: None,
        signature,
        params,
        returns,
    };
    let mut errors = Vec::new();
    let mut used: Vec<Span> = Vec::new();
    for doc_example in &hole.doc_examples {
        match typed(doc_example, &function) {
            Ok(Some(example)) => {
                let same = &doc_example.call_text;
                let before = used.iter().filter(|span| span.text(&hole.doc).contains(same)).count();
                used.push(doc_example.span);
                let earlier = function.examples.iter().find(|known| known.args == example.args);
                match earlier {
                    Some(earlier) if *earlier == example => {}
                    Some(earlier) => errors.push(source.error_again(
                        &doc_example.call_text,
                        before,
                        format!("`{}` contradicts an earlier example", example.text),
                        &format!("the earlier one says `{}`", earlier.text),
                    )),
                    None => function.examples.push(example),
                }
            }
            Ok(None) => {}
            Err(Misfit { offending, message, hint }) => {
                errors.push(source.error(&offending, message, &hint));
            }
        }
    }
    // What cannot be read is meant for people: the model sees it as part of the description.
    let mut said = stated(hole, text);
    let mut is_open = false;
    said.retain(|one| {
        let taken = take(&mut function, one);
        is_open |= taken.is_err() && one.word == Word::Requires;
        taken.unwrap_or(false)
    });
    // Without one of its preconditions nobody knows which calls count.
    if is_open {
        function.ensures.clear();
        function.properties.clear();
        function.budget = None;
    }
    function.description = description(&hole.doc, &used, &said);
    if function.description.is_empty()
        && let Some(message) = &hole.message
    {
        function.description = one_line(message);
    }
    if function.description.is_empty() {
        errors.push(source.error(
            &hole.name,
            format!("`{}` has no documentation to go by", hole.name),
            "say above it what it does, best with an example or two",
        ));
    }
    function.unread = hole.unread_example(text);
    if !errors.is_empty() {
        errors.sort_by_key(|error| (error.line, error.column));
        errors.truncate(ERRORS_MAX);
        return Err(errors);
    }
    Ok(Spec {
        name: hole.name.clone(),
        description: String::new(),
        language,
        target: RELIABILITY_DEFAULT,
        functions: vec![function],
    })
}

struct Source<'a> {
    file: &'a str,
    text: &'a str,
    hole: &'a Hole,
}

impl Source<'_> {
    /// An error at the first place in the item that holds `offending`, or at the item.
    fn error(&self, offending: &str, message: impl Into<String>, hint: &str) -> SpecError {
        self.error_again(offending, 0, message, hint)
    }

    /// The same at a later place, after `skipped` that hold it, too.
    fn error_again(
        &self,
        offending: &str,
        skipped: usize,
        message: impl Into<String>,
        hint: &str,
    ) -> SpecError {
        let item = self.hole.item_span;
        let within = item.text(self.text);
        let places: Vec<usize> = if offending.is_empty() {
            Vec::new()
        } else {
            within.match_indices(offending).map(|(at, _)| at).collect()
        };
        let found = places.get(skipped).or(places.last()).copied();
        let offset = item.start + found.unwrap_or(0);
        let (line, column) = line_column(self.text, offset);
        let shown = if found.is_some() { offending } else { within };
        SpecError {
            file: self.file.to_owned(),
            line,
            column,
            offending: shown.lines().next().unwrap_or_default().to_owned(),
            message: message.into(),
            hint: Some(hint.to_owned()).filter(|hint| !hint.is_empty()),
        }
    }
}

/// Why an example is none of the function's.
pub(super) struct Misfit {
    offending: String,
    message: String,
    hint: String,
}

/// A typed example; `None` where the text only looks like one (`f(x) == y` in a sentence) or
/// needs more than constants.
pub(super) fn typed(doc: &DocExample, function: &FunctionSpec) -> Result<Option<Example>, Misfit> {
    let language = function.signature.language;
    let read = |text: &String| syntax::parse(language, text).ok();
    let Some(args) = doc.args_text.iter().map(read).collect::<Option<Vec<_>>>() else {
        return Ok(None);
    };
    if args.len() != function.params.len() {
        return Err(Misfit {
            offending: doc.call_text.clone(),
            message: format!("{} arguments where {} are wanted", args.len(), function.params.len()),
            hint: format!("the signature is `{}`", function.signature.text),
        });
    }
    let fits = |text: &str, error: literal::LiteralError| Misfit {
        offending: text.to_owned(),
        message: error.message,
        hint: error.hint,
    };
    let mut values: Vec<Value> = Vec::with_capacity(args.len());
    for ((arg, text), (_, ty)) in args.iter().zip(&doc.args_text).zip(&function.params) {
        values.push(literal::value(arg, ty).map_err(|error| fits(text, error))?);
    }
    let expected = match doc.outcome {
        Outcome::Raises => Expected::Raises(doc.expected_text.clone()),
        Outcome::Value => {
            let Some(literal) = read(&doc.expected_text) else { return Ok(None) };
            let value = literal::value(&literal, &function.returns)
                .map_err(|error| fits(&doc.expected_text, error))?;
            Expected::Returns(value)
        }
    };
    let text = examples::text(function, &values, &expected, &[]);
    Ok(Some(Example { args: values, expected, mutated: Vec::new(), text }))
}

/// The documentation as one paragraph, without what became examples and statements, without code frames and
/// the headings that announce them.
fn description(doc: &str, used: &[Span], said: &[Stated]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut start = 0;
    for line in doc.split('\n') {
        let span = Span::new(start, start + line.len());
        start += line.len() + 1;
        let is_used = used.iter().any(|used| used.start < span.end && span.start < used.end)
            && words_beside(line, span, used) < WORDS_KEPT;
        let bare = line.trim();
        let heading = bare.trim_start_matches('#').trim().trim_end_matches(':');
        let announces = matches!(
            heading.to_ascii_lowercase().as_str(),
            "example" | "examples" | "doctest" | "doctests"
        );
        let states = of_line(line).is_some_and(|(word, text)| {
            said.iter().any(|one| one.word == word && one.text == text)
        });
        if is_used || states || announces || bare.starts_with("```") || bare.is_empty() {
            continue;
        }
        kept.push(bare.trim_start_matches('#').trim_start());
    }
    one_line(&kept.join(" "))
}

/// A line that says so much beside its example is a sentence.
const WORDS_KEPT: usize = 4;

/// Words of a line outside of examples.
fn words_beside(line: &str, span: Span, used: &[Span]) -> usize {
    let is_outside = |at: usize| !used.iter().any(|used| used.start <= at && at < used.end);
    let bare: String = line
        .char_indices()
        .map(|(at, c)| if c.is_alphabetic() && is_outside(span.start + at) { c } else { ' ' })
        .collect();
    bare.split_whitespace().filter(|word| word.chars().count() > 1).count()
}

#[cfg(test)]
#[path = "hole_tests.rs"]
mod tests;
