//! Evidence for people: one line for a lens, a page for a hover.

use std::fmt::Write as _;

use zerr_core::report::{Report, StepReport};
use zerr_core::verdict::{LayerVerdict, Severity};
use zerr_engine::WrittenFunction;
use zerr_syntax::Language;

/// Classes of a race that are shown.
const CLASSES_MAX: usize = 4;

/// The step that wrote a function in this language.
pub(crate) fn step<'r>(
    report: &'r Report,
    name: &str,
    language: Language,
) -> Option<&'r StepReport> {
    report.steps.iter().find(|step| step.name == name && step.language == Some(language))
}

/// Such as `verified, votes 7 : 2, k = 3, 9 layers passed`.
pub(crate) fn line(function: &WrittenFunction, step: Option<&StepReport>) -> String {
    if !function.is_same {
        return "changed since zerr wrote it".to_owned();
    }
    let Some(step) = step else { return format!("written by run {}", function.run) };
    let mut parts = vec![step.verdict.to_string()];
    parts.extend(votes(step));
    let passed = step.layers.iter().filter(|it| it.verdict == LayerVerdict::Passed).count();
    parts.push(format!("{passed} layer{} passed", if passed == 1 { "" } else { "s" }));
    parts.join(", ")
}

/// Such as `verified 7 : 2`.
pub(crate) fn short(function: &WrittenFunction, step: Option<&StepReport>) -> String {
    match step {
        _ if !function.is_same => "changed".to_owned(),
        None => "by zerr".to_owned(),
        Some(step) => {
            let classes = step.classes.iter().take(CLASSES_MAX);
            let votes: Vec<String> = classes.map(|class| class.votes.to_string()).collect();
            format!("{} {}", step.verdict, votes.join(" : ")).trim_end().to_owned()
        }
    }
}

fn votes(step: &StepReport) -> Vec<String> {
    let votes: Vec<String> =
        step.classes.iter().take(CLASSES_MAX).map(|class| class.votes.to_string()).collect();
    let mut parts = Vec::new();
    if !votes.is_empty() {
        parts.push(format!("votes {}", votes.join(" : ")));
    }
    parts.extend(step.k.map(|k| format!("k = {k}")));
    parts
}

/// The evidence as Markdown.
pub(crate) fn page(function: &WrittenFunction, step: &StepReport) -> String {
    let mut text = format!("**zerr: {}**\n\n", line(function, Some(step)));
    let _ = writeln!(
        text,
        "{} samples, {} red-flagged, {} refused by a compiler, {} refuted\n",
        step.drawn, step.red_flags, step.rejected, step.failed
    );
    text.push_str("| layer | says |\n|---|---|\n");
    for layer in &step.layers {
        let said = match &layer.verdict {
            LayerVerdict::Passed => "passed".to_owned(),
            LayerVerdict::Failed => "failed".to_owned(),
            LayerVerdict::NotRun { why } => format!("not run: {}", cell(why)),
        };
        let _ = writeln!(text, "| {} | {said} |", layer.layer.name());
    }
    if let (Some(killed), Some(lived)) = (step.mutants_killed, step.mutants_lived) {
        let _ = writeln!(text, "\n{killed} of {} small changes would be noticed.", killed + lived);
    }
    if !step.assumptions.is_empty() {
        text.push_str("\nNot stated:\n");
        for one in &step.assumptions {
            let _ = writeln!(text, "- `{one}` ({})", one.why);
        }
    }
    let notes = step.layers.iter().flat_map(|layer| &layer.findings);
    let told: Vec<&str> = notes
        .filter(|finding| finding.severity != Severity::Note)
        .map(|finding| finding.message.as_str())
        .collect();
    if !told.is_empty() {
        text.push_str("\nFindings:\n");
        for message in told {
            let _ = writeln!(text, "- {message}");
        }
    }
    let _ = writeln!(text, "\nRun {}: `cargo zerr runs show {}`", function.run, function.run);
    text
}

/// A table's cell stays on its line.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
