//! Lenses above functions and plans, and hints behind their heads: [`lenses`], [`hints`].

use tower_lsp::lsp_types::{
    CodeLens, Command, InlayHint, InlayHintLabel, InlayHintTooltip, Position, Range, Uri,
};
use zerr_core::spec::{self, Manner};

use crate::commands::{DECOMPOSE, GENERATE, Place, REPORT, SETTLE, VERIFY, command};
use crate::documents::Kind;
use crate::evidence;
use crate::shared::{Shared, lock};

/// What stands above the lines of a document; none for one that is not open.
pub(crate) fn lenses(shared: &Shared, uri: &Uri) -> Option<Vec<CodeLens>> {
    let lens = |line: usize, title: String, name: Option<&str>| {
        let place = Place::at(uri.clone(), line);
        let at = Position::new(line.saturating_sub(1) as u32, 0);
        let command = match name {
            Some(name) => command(&title, name, &place),
            // A lens without a command is a text.
            None => Some(Command { title, command: String::new(), arguments: None }),
        };
        CodeLens { range: Range::new(at, at), command, data: None }
    };
    let (kind, text, open, asked) = {
        let documents = lock(&shared.documents);
        let document = documents.get(uri.as_str())?;
        let lines: Vec<usize> = document.comments().iter().map(|it| it.line).collect();
        (document.kind, document.text.as_str().to_owned(), document.holes().to_vec(), lines)
    };
    let mut lenses = Vec::new();
    match kind {
        Kind::Source(language) => {
            for hole in open {
                lenses.push(match spec::manner(&hole) {
                    Manner::Alone => {
                        lens(hole.line, "generate and verify".to_owned(), Some(GENERATE))
                    }
                    Manner::InProject => lens(
                        hole.line,
                        "generate and verify by the project's tests".to_owned(),
                        Some(GENERATE),
                    ),
                    Manner::Not(why) => {
                        lens(hole.line, format!("zerr cannot write this: {why}"), None)
                    }
                });
            }
            for line in asked {
                lenses.push(lens(line, "generate and verify".to_owned(), Some(GENERATE)));
            }
            for (function, report) in shared.written(uri) {
                let step = report
                    .as_deref()
                    .and_then(|report| evidence::step(report, &function.name, language));
                let title = format!("zerr: {}", evidence::line(&function, step));
                lenses.push(lens(function.line, title, report.as_ref().map(|_| REPORT)));
                if !function.is_same {
                    lenses.push(lens(function.line, "verify again".to_owned(), Some(VERIFY)));
                } else if step.is_some_and(|step| !step.questions.is_empty()) {
                    let title = "settle what is not stated".to_owned();
                    lenses.push(lens(function.line, title, Some(SETTLE)));
                }
            }
        }
        Kind::Spec => {
            if spec::parse(text.as_bytes(), "task_spec.yaml").is_ok() {
                lenses.push(lens(1, "generate and verify all".to_owned(), Some(GENERATE)));
                lenses.push(lens(1, "decompose".to_owned(), Some(DECOMPOSE)));
            }
            for (line, title) in shared.standing(uri, &text) {
                lenses.push(lens(line, title, None));
            }
        }
        Kind::Cargo | Kind::Other => {}
    }
    Some(lenses)
}

/// How the functions that runs wrote stand, behind their first lines within a range.
pub(crate) fn hints(shared: &Shared, uri: &Uri, range: Range) -> Vec<InlayHint> {
    let encoding = shared.agreed().encoding;
    let Some(language) = shared.language(uri) else { return Vec::new() };
    let rows = range.start.line as usize + 1..=range.end.line as usize + 1;
    let written = shared.written(uri);
    let documents = lock(&shared.documents);
    let Some(document) = documents.get(uri.as_str()) else { return Vec::new() };
    let hint = |(function, report): (zerr_engine::WrittenFunction, Option<_>)| {
        let report: Option<std::sync::Arc<zerr_core::report::Report>> = report;
        let step = report.as_deref().and_then(|it| evidence::step(it, &function.name, language));
        let end = document.text.line_end(function.line);
        InlayHint {
            position: document.text.position(end, encoding),
            label: InlayHintLabel::String(evidence::short(&function, step)),
            kind: None,
            text_edits: None,
            tooltip: Some(InlayHintTooltip::String(evidence::line(&function, step))),
            padding_left: Some(true),
            padding_right: None,
            data: None,
        }
    };
    written.into_iter().filter(|(function, _)| rows.contains(&function.line)).map(hint).collect()
}
