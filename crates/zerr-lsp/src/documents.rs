//! The documents that are open: [`Document`].
//!
//! # Invariants
//! What is said of a document is said of its present text: places of older findings move with the
//! text around them, and go where their own text is changed.

use std::cell::OnceCell;

use tower_lsp::lsp_types::{
    Diagnostic, DiagnosticSeverity, NumberOrString, Range, TextDocumentContentChangeEvent,
};
use zerr_core::spec;
use zerr_core::verdict::{Finding, LayerId, Severity};
use zerr_syntax::holes::{self, Hole};
use zerr_syntax::live::Live;
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
}

pub(crate) struct Document {
    pub(crate) kind: Kind,
    pub(crate) version: i32,
    pub(crate) text: Text,
    live: Option<Live>,
    full: Vec<Placed>,
    /// The unfinished functions of this text, once somebody asked.
    holes: OnceCell<Vec<Hole>>,
}

impl Document {
    pub(crate) fn new(kind: Kind, version: i32, text: String) -> Self {
        let live = match kind {
            Kind::Source(language) => Some(Live::new(language, &text)),
            Kind::Spec | Kind::Other => None,
        };
        Self {
            kind,
            version,
            text: Text::new(text),
            live,
            full: Vec::new(),
            holes: OnceCell::new(),
        }
    }

    /// Takes in changes in their order.
    pub(crate) fn change(
        &mut self,
        version: i32,
        changes: &[TextDocumentContentChangeEvent],
        encoding: Encoding,
    ) {
        for change in changes {
            if let Some(range) = change.range {
                self.replace(range, &change.text, encoding);
            } else if change.text != self.text.as_str() {
                // The same text again, which some clients send, is no change.
                *self = Self::new(self.kind, version, change.text.clone());
            }
        }
        self.version = version;
    }

    fn replace(&mut self, range: Range, new: &str, encoding: Encoding) {
        let change = self.text.replace(range, new, encoding);
        self.holes = OnceCell::new();
        if let Some(live) = &mut self.live {
            live.change(&change, self.text.as_str());
        }
        let (removed, added) =
            (change.old.end - change.old.start, change.new_end - change.old.start);
        self.full.retain_mut(|placed| {
            if placed.span.start >= change.old.end {
                placed.span = Span::new(
                    placed.span.start + added - removed,
                    placed.span.end + added - removed,
                );
                return true;
            }
            placed.span.end < change.old.start
        });
    }

    /// Its unfinished functions, in order.
    pub(crate) fn holes(&self) -> &[Hole] {
        self.holes.get_or_init(|| match self.kind {
            Kind::Source(language) => holes::holes(language, self.text.as_str()),
            Kind::Spec | Kind::Other => Vec::new(),
        })
    }

    /// What the last full check of this very text found.
    pub(crate) fn set_full(&mut self, findings: Vec<Finding>) {
        let placed = findings.into_iter().map(|finding| {
            let span = match finding.region {
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
            Placed { span, finding }
        });
        self.full = placed.collect();
    }

    /// Everything that is known of the present text.
    pub(crate) fn diagnostics(&self, encoding: Encoding) -> Vec<Diagnostic> {
        let mut found = self.quick(encoding);
        let is_quick = self.live.is_some();
        for placed in &self.full {
            // The tree of the present text knows better.
            if is_quick && placed.finding.layer == LayerId::Syntax {
                continue;
            }
            found.push(diagnostic(&placed.finding, self.text.range(placed.span, encoding)));
        }
        found
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
    Diagnostic {
        range,
        severity: Some(severity),
        code: Some(NumberOrString::String(finding.rule.clone())),
        source: Some(format!("zerr {}", finding.layer.name())),
        message,
        ..Diagnostic::default()
    }
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
    use zerr_core::verdict::Region;

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

    fn rows(document: &Document) -> Vec<(u32, String)> {
        let found = document.diagnostics(Encoding::Utf16).into_iter();
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
        let found = spec.diagnostics(Encoding::Utf16);
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
