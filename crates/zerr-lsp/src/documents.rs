//! The documents that are open: [`Document`].
//!
//! # Invariants
//! What is said of a document is said of its present text: places of older findings move with the
//! text around them, and go where their own text is changed.

use std::cell::OnceCell;

use tower_lsp::lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, Location,
    NumberOrString, Range, TextDocumentContentChangeEvent, Uri,
};
use zerr_core::spec::{self, Manner};
use zerr_core::verdict::{Finding, LayerId, Region, Severity, Upgrade};
use zerr_syntax::holes::{self, Hole};
use zerr_syntax::live::Live;
use zerr_syntax::request::{self, Comment};
use zerr_syntax::{Language, Span};

use crate::text::{Encoding, Text};

/// Findings of one layer at most, while somebody types.
const QUICK_MAX: usize = 100;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Source(Language),
    /// A `task_spec.yaml`.
    Spec,
    /// A `Cargo.toml` or `Cargo.lock`.
    Cargo,
    Other,
}

impl Kind {
    /// By its language's name in the protocol, or by its file's name.
    pub(crate) fn of(language_id: &str, path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        if name.ends_with("task_spec.yaml") || name.ends_with("task_spec.yml") {
            return Self::Spec;
        }
        if name == "Cargo.toml" || name == "Cargo.lock" {
            return Self::Cargo;
        }
        match language_id.parse().ok().or_else(|| Language::from_extension(extension)) {
            Some(language) => Self::Source(language),
            None => Self::Other,
        }
    }
}

/// A finding of the last full check, where it stands now.
#[derive(Debug, Clone)]
struct Placed {
    span: Span,
    finding: Finding,
    /// Other places that tell more of it.
    related: Vec<(Span, String)>,
}

/// How a run about an unfinished function ended without one.
#[derive(Debug, Clone)]
struct Ended {
    span: Span,
    why: String,
    related: Vec<String>,
}

/// What is known of whoever reads diagnostics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) uri: &'a Uri,
    pub(crate) encoding: Encoding,
    /// It shows what else a diagnostic is about; otherwise that stands in the message.
    pub(crate) related: bool,
}

pub(crate) struct Document {
    pub(crate) kind: Kind,
    pub(crate) version: i32,
    /// Counts changes, whatever versions the client says.
    pub(crate) changes: u64,
    pub(crate) text: Text,
    live: Option<Live>,
    full: Vec<Placed>,
    /// Of functions that are no longer what a run wrote, as of some moments ago.
    stale: Vec<Placed>,
    ended: Vec<Ended>,
    /// The unfinished functions of this text, once somebody asked.
    holes: OnceCell<Vec<Hole>>,
    /// The comments that ask for functions.
    comments: OnceCell<Vec<Comment>>,
}

impl Document {
    pub(crate) fn new(kind: Kind, version: i32, text: String) -> Self {
        let live = match kind {
            Kind::Source(language) => Some(Live::new(language, &text)),
            Kind::Spec | Kind::Cargo | Kind::Other => None,
        };
        Self {
            kind,
            version,
            changes: 0,
            text: Text::new(text),
            live,
            full: Vec::new(),
            stale: Vec::new(),
            ended: Vec::new(),
            holes: OnceCell::new(),
            comments: OnceCell::new(),
        }
    }

    /// Takes in changes in their order.
    pub(crate) fn change(
        &mut self,
        version: i32,
        changes: &[TextDocumentContentChangeEvent],
        encoding: Encoding,
    ) {
        let count = self.changes + 1;
        for change in changes {
            if let Some(range) = change.range {
                self.replace(range, &change.text, encoding);
            } else if change.text != self.text.as_str() {
                // The same text again, which some clients send, is no change.
                *self = Self::new(self.kind, version, change.text.clone());
            }
        }
        self.version = version;
        self.changes = count;
    }

    fn replace(&mut self, range: Range, new: &str, encoding: Encoding) {
        let change = self.text.replace(range, new, encoding);
        self.holes = OnceCell::new();
        self.comments = OnceCell::new();
        if let Some(live) = &mut self.live {
            live.change(&change, self.text.as_str());
        }
        let (removed, added) =
            (change.old.end - change.old.start, change.new_end - change.old.start);
        // Whether the text of a place is still there, and where.
        let stays = |span: &mut Span| {
            if span.start >= change.old.end {
                *span = Span::new(span.start + added - removed, span.end + added - removed);
                return true;
            }
            span.end < change.old.start
        };
        for placed in [&mut self.full, &mut self.stale] {
            placed.retain_mut(|placed| {
                placed.related.retain_mut(|(span, _)| stays(span));
                stays(&mut placed.span)
            });
        }
        self.ended.retain_mut(|ended| stays(&mut ended.span));
    }

    /// Its unfinished functions, in order.
    pub(crate) fn holes(&self) -> &[Hole] {
        self.holes.get_or_init(|| match self.kind {
            Kind::Source(language) => holes::holes(language, self.text.as_str()),
            Kind::Spec | Kind::Cargo | Kind::Other => Vec::new(),
        })
    }

    /// The comments that ask for functions, in order.
    pub(crate) fn comments(&self) -> &[Comment] {
        self.comments.get_or_init(|| match self.kind {
            Kind::Source(language) => request::comments(language, self.text.as_str()),
            Kind::Spec | Kind::Cargo | Kind::Other => Vec::new(),
        })
    }

    /// Names of the unfinished functions that can be written and begin within some lines, from 1, in order.
    pub(crate) fn open_within(&self, first: usize, last: usize) -> Vec<String> {
        let holes = self.holes().iter().filter(|hole| (first..=last).contains(&hole.line));
        let writable = holes.filter(|hole| !matches!(spec::manner(hole), Manner::Not(_)));
        writable.map(|hole| hole.name.clone()).collect()
    }

    /// Where the unfinished function of this name is now.
    pub(crate) fn line_of(&self, name: &str) -> Option<usize> {
        self.holes().iter().find(|hole| hole.name == name).map(|hole| hole.line)
    }

    /// The unfinished function at a line, from 1; for a comment that asks for one, the text in which it
    /// stands there, and its line in it.
    pub(crate) fn asked_at(&self, line: usize) -> Option<(Hole, Option<(String, usize)>)> {
        if let Some(hole) = holes::innermost(self.holes(), line) {
            return Some((hole.clone(), None));
        }
        let comment = self.comments().iter().find(|it| (it.line..=it.end_line).contains(&line))?;
        let (text, line) = comment.opened(self.text.as_str())?;
        let hole = holes::hole_at(comment.request.language, &text, line)?;
        Some((hole, Some((text, line))))
    }

    /// What the last full check of this very text found.
    pub(crate) fn set_full(&mut self, findings: Vec<Finding>) {
        // Those are told sooner, by `set_stale`.
        let findings = findings.into_iter().filter(|it| !zerr_engine::is_of_evidence(&it.rule));
        self.full = findings.map(|finding| self.placed(finding)).collect();
    }

    /// What was found of this very text's functions that runs wrote; whether it is something new.
    pub(crate) fn set_stale(&mut self, findings: Vec<Finding>) -> bool {
        let stale: Vec<Placed> = findings.into_iter().map(|one| self.placed(one)).collect();
        let is_new = stale.len() != self.stale.len()
            || stale.iter().zip(&self.stale).any(|(a, b)| a.finding.message != b.finding.message);
        self.stale = stale;
        is_new
    }

    /// How a run about the unfinished function at this line, from 1, ended; forgotten where its text
    /// changes, or another run about it begins.
    pub(crate) fn set_ended(&mut self, line: usize, why: Option<(String, Vec<String>)>) {
        let Some(hole) = holes::innermost(self.holes(), line) else { return };
        let item = hole.item_span;
        let head = Span::new(self.text.offset_of(hole.line, None), self.text.line_end(hole.line));
        self.ended.retain(|ended| ended.span.start < item.start || ended.span.end > item.end);
        if let Some((why, related)) = why {
            let text = self.text.as_str().get(head.start..head.end).unwrap_or_default();
            let indent = text.len() - text.trim_start().len();
            // The whole item, so that any change of it takes this away.
            let span = Span::new((head.start + indent).max(item.start), item.end);
            self.ended.push(Ended { span, why, related });
        }
    }

    /// Other versions of dependencies that mend what was found in a range of the text: each with the
    /// place of the dependency.
    pub(crate) fn upgrades(&self, range: Range, encoding: Encoding) -> Vec<(Span, &Upgrade)> {
        let (start, end) =
            (self.text.offset(range.start, encoding), self.text.offset(range.end, encoding));
        let touches = |span: &Span| span.start <= end && start <= span.end;
        self.full
            .iter()
            .filter(|placed| touches(&placed.span))
            .filter_map(|placed| Some((placed.span, placed.finding.upgrade.as_ref()?)))
            .collect()
    }

    fn placed(&self, finding: Finding) -> Placed {
        let of = |region: Option<Region>| match region {
            Some(region) => {
                let start = self.text.offset_of(region.line, region.column);
                let end = match region.end_column {
                    Some(column) => self.text.offset_of(region.end_line, Some(column)),
                    None => self.text.line_end(region.end_line),
                };
                Span::new(start, end.max(start))
            }
            None => Span::new(0, self.text.line_end(1)),
        };
        let span = of(finding.region);
        let related = finding
            .related
            .iter()
            .map(|it| (it.region.map_or(span, |region| of(Some(region))), it.message.clone()));
        Placed { related: related.collect(), span, finding }
    }

    /// Everything that is known of the present text.
    pub(crate) fn diagnostics(&self, reader: Reader<'_>) -> Vec<Diagnostic> {
        let encoding = reader.encoding;
        let mut found = self.quick(encoding);
        let is_quick = self.live.is_some();
        for placed in self.full.iter().chain(&self.stale) {
            // The tree of the present text knows better.
            if is_quick && placed.finding.layer == LayerId::Syntax {
                continue;
            }
            let mut told = diagnostic(&placed.finding, self.text.range(placed.span, encoding));
            if reader.related && !placed.related.is_empty() {
                let one = |(span, message): &(Span, String)| DiagnosticRelatedInformation {
                    location: Location::new(reader.uri.clone(), self.text.range(*span, encoding)),
                    message: message.clone(),
                };
                told.related_information = Some(placed.related.iter().map(one).collect());
            }
            found.push(told);
        }
        found.extend(self.ended.iter().map(|ended| self.unfinished(ended, reader)));
        found
    }

    /// Why a function is still not there, with what became of its candidates.
    fn unfinished(&self, ended: &Ended, reader: Reader<'_>) -> Diagnostic {
        let Span { start, end } = ended.span;
        let item = self.text.as_str().get(start..end).unwrap_or_default();
        let head = item.lines().next().unwrap_or_default();
        let range = self.text.range(Span::new(start, start + head.len()), reader.encoding);
        let mut message = ended.why.clone();
        let mut related = None;
        if reader.related {
            let location = Location::new(reader.uri.clone(), range);
            let one = |message: &String| DiagnosticRelatedInformation {
                location: location.clone(),
                message: message.clone(),
            };
            related = Some(ended.related.iter().map(one).collect());
        } else {
            for one in &ended.related {
                message.push('\n');
                message.push_str(one);
            }
        }
        Diagnostic {
            range,
            severity: Some(DiagnosticSeverity::INFORMATION),
            code: Some(NumberOrString::String("not-generated".to_owned())),
            source: Some("zerr".to_owned()),
            message,
            related_information: related,
            ..Diagnostic::default()
        }
    }

    /// What can be told while somebody types.
    fn quick(&self, encoding: Encoding) -> Vec<Diagnostic> {
        let text = self.text.as_str();
        match (self.kind, &self.live) {
            (Kind::Source(_), Some(live)) => live
                .problems(text, QUICK_MAX)
                .into_iter()
                .map(|problem| {
                    let finding = Finding::error(LayerId::Syntax, "syntax", problem.message);
                    diagnostic(&finding, self.text.range(problem.span, encoding))
                })
                .collect(),
            (Kind::Spec, _) => {
                let errors = spec::parse(text.as_bytes(), "task_spec.yaml").err();
                let errors = errors.unwrap_or_default().into_iter().map(|error| {
                    let start = self.text.offset_of(error.line, Some(error.column));
                    let end = (start + error.offending.len()).min(self.text.line_end(error.line));
                    let finding = Finding {
                        hint: error.hint,
                        ..Finding::error(LayerId::Syntax, "spec", error.message)
                    };
                    let span = Span::new(start, end.max(start));
                    diagnostic(&finding, self.text.range(span, encoding))
                });
                errors.collect()
            }
            _ => Vec::new(),
        }
    }
}

fn diagnostic(finding: &Finding, range: Range) -> Diagnostic {
    let severity = match finding.severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Note => DiagnosticSeverity::INFORMATION,
    };
    let message = match &finding.hint {
        Some(hint) => format!("{}\nhelp: {hint}", finding.message),
        None => finding.message.clone(),
    };
    let page = finding.page().and_then(|page| page.parse().ok());
    Diagnostic {
        range,
        severity: Some(severity),
        code: Some(NumberOrString::String(finding.rule.clone())),
        code_description: page.map(|href| CodeDescription { href }),
        source: Some(format!("zerr {}", finding.layer.name())),
        message,
        ..Diagnostic::default()
    }
}

/// The edits that make `new` out of a text, one for each run of lines that differ.
pub(crate) fn hunks_between(old: &Text, new: &str, encoding: Encoding) -> Vec<(Range, String)> {
    let (old_lines, new_lines): (Vec<&str>, Vec<&str>) =
        (old.as_str().split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let diff = similar::TextDiff::from_slices(&old_lines, &new_lines);
    let (before, behind) = (offsets(old.as_str()), offsets(new));
    let between = |starts: &[usize], lines: std::ops::Range<usize>| {
        let at = |line: usize| starts.get(line).or(starts.last()).copied().unwrap_or(0);
        Span::new(at(lines.start), at(lines.end))
    };
    let ops = diff.ops().iter().filter(|op| op.tag() != similar::DiffTag::Equal);
    ops.map(|op| {
        let new_span = between(&behind, op.new_range());
        let text = new.get(new_span.start..new_span.end).unwrap_or_default();
        (old.range(between(&before, op.old_range()), encoding), text.to_owned())
    })
    .collect()
}

/// Where each line begins, and the end of the text.
fn offsets(text: &str) -> Vec<usize> {
    let mut at = 0;
    let mut starts = vec![0];
    for line in text.split_inclusive('\n') {
        at += line.len();
        starts.push(at);
    }
    starts
}

/// The one edit that makes `new` out of a text: its range and what goes there.
pub(crate) fn edit_between(old: &Text, new: &str, encoding: Encoding) -> (Range, String) {
    let text = old.as_str();
    let same = text.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let start = text.floor_char_boundary(same).min(new.floor_char_boundary(same));
    let rest = (text.len() - start).min(new.len() - start);
    let behind = text.bytes().rev().zip(new.bytes().rev()).take(rest).take_while(|(a, b)| a == b);
    let behind = behind.count();
    let end = text.ceil_char_boundary(text.len() - behind);
    let new_end = new.len() - (text.len() - end);
    let range: Range = old.range(Span::new(start, end), encoding);
    (range, new.get(start..new_end).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use tower_lsp::lsp_types::Position;

    use super::*;

    fn typed(document: &mut Document, range: ((u32, u32), (u32, u32)), text: &str) {
        let at = |(line, character)| Position::new(line, character);
        let change = TextDocumentContentChangeEvent {
            range: Some(Range::new(at(range.0), at(range.1))),
            range_length: None,
            text: text.to_owned(),
        };
        let version = document.version + 1;
        document.change(version, &[change], Encoding::Utf16);
    }

    fn told(document: &Document) -> Vec<Diagnostic> {
        let uri: Uri = "file:///a".parse().unwrap();
        document.diagnostics(Reader { uri: &uri, encoding: Encoding::Utf16, related: true })
    }

    fn rows(document: &Document) -> Vec<(u32, String)> {
        let found = told(document).into_iter();
        found.map(|one| (one.range.start.line, one.message)).collect()
    }

    #[test]
    fn findings_move_with_the_text_and_go_where_it_is_changed() {
        let text = "def a(x):\n    return x\n\n\ndef b():\n    return 1\n";
        let mut document = Document::new(Kind::Source(Language::Python), 1, text.to_owned());
        let at = |line: usize| {
            Finding::error(LayerId::StaticAnalysis, "rule", format!("{line}"))
                .at(Region::line(line))
        };
        document.set_full(vec![at(2), at(6)]);
        typed(&mut document, ((2, 0), (2, 0)), "# between\n");
        assert_eq!(rows(&document), [(1, "2".to_owned()), (6, "6".to_owned())]);
        typed(&mut document, ((1, 11), (1, 12)), "y");
        assert_eq!(rows(&document), [(6, "6".to_owned())]);
        document.set_full(vec![at(6).related("here", Region::line(1))]);
        typed(&mut document, ((0, 0), (0, 0)), "\n");
        let related = |document: &Document| {
            let told = told(document).remove(0);
            told.related_information
                .unwrap()
                .iter()
                .map(|it| it.location.range.start.line)
                .collect()
        };
        let lines: Vec<u32> = related(&document);
        assert_eq!(lines, [1], "it moves, too");
    }

    #[test]
    fn mistakes_are_told_while_they_are_typed() {
        let mut document = Document::new(Kind::Source(Language::Rust), 1, "fn a() {}\n".to_owned());
        assert!(rows(&document).is_empty());
        typed(&mut document, ((0, 8), (0, 9)), "");
        assert_eq!(rows(&document).len(), 1);
        typed(&mut document, ((0, 8), (0, 8)), "}");
        assert!(rows(&document).is_empty());
        typed(&mut document, ((0, 9), (0, 9)), "}");
        assert_eq!(rows(&document).len(), 1, "one brace too many");
        let spec = Document::new(Kind::Spec, 1, "name: x\nlanguag: rust\n".to_owned());
        let found = told(&spec);
        assert!(
            found.iter().any(|one| one.message.contains("did you mean `language`")),
            "{found:?}"
        );
    }

    #[test]
    fn a_document_is_known_by_its_language_or_its_name() {
        assert_eq!(Kind::of("python", "untitled:1"), Kind::Source(Language::Python));
        assert_eq!(Kind::of("yaml", "/a/task_spec.yaml"), Kind::Spec);
        assert_eq!(Kind::of("", "/a/b.rs"), Kind::Source(Language::Rust));
        assert_eq!(Kind::of("yaml", "/a/b.yaml"), Kind::Other);
        assert_eq!(Kind::of("toml", "/a/Cargo.toml"), Kind::Cargo);
    }

    #[test]
    fn why_a_function_is_not_there_is_told_until_it_is_edited() {
        let text = "x = 1\n\ndef f(n: int) -> int:\n    \"\"\"Double.\"\"\"\n    ...\n";
        let mut document = Document::new(Kind::Source(Language::Python), 1, text.to_owned());
        let why = || Some(("undecided".to_owned(), vec!["2 red flags".to_owned()]));
        document.set_ended(3, why());
        document.set_ended(3, why());
        let found = told(&document);
        assert_eq!(found.len(), 1, "one a function");
        let related = found[0].related_information.as_ref().unwrap();
        assert_eq!(related[0].message, "2 red flags");
        assert_eq!(found[0].range.start, Position::new(2, 0));
        typed(&mut document, ((0, 0), (0, 0)), "# above\n");
        assert_eq!(rows(&document), [(3, "undecided".to_owned())]);
        typed(&mut document, ((4, 7), (4, 13)), "Triple");
        assert_eq!(rows(&document), []);
    }

    #[test]
    fn hunks_make_the_new_text_and_each_is_one_run_of_lines() {
        let old = "a\nb\nc\nd\ne";
        let new = "a\nB\nc\nd\nnew\ne\n";
        let text = Text::new(old.to_owned());
        let hunks = hunks_between(&text, new, Encoding::Utf16);
        assert_eq!(hunks.len(), 2, "{hunks:?}");
        let mut made = text.clone();
        for (range, with) in hunks.iter().rev() {
            made.replace(*range, with, Encoding::Utf16);
        }
        assert_eq!(made.as_str(), new);
    }

    #[test]
    fn the_edit_between_two_texts_is_the_smallest_one() {
        let old = Text::new("fn a() {\n    todo!()\n}\né\n".to_owned());
        let (range, new) = edit_between(&old, "fn a() {\n    1 + 1\n}\né\n", Encoding::Utf16);
        assert_eq!((range.start, range.end), (Position::new(1, 4), Position::new(1, 11)));
        assert_eq!(new, "1 + 1");
        let (range, new) = edit_between(&old, old.as_str(), Encoding::Utf16);
        assert_eq!((range.start, new.as_str()), (range.end, ""));
        let text = Text::new("aé".to_owned());
        let (_, new) = edit_between(&text, "aè", Encoding::Utf16);
        assert_eq!(new, "è");
    }
}
