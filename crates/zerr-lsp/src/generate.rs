//! Runs that a command started: [`generate`].

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use zerr_core::event::SpecSource;
use zerr_core::hash::Hash;
use zerr_core::patch::{Accept, Patch};
use zerr_core::report::Report;
use zerr_core::run::{RunConfig, StepView};
use zerr_core::verdict::Verdict;
use zerr_engine::{
    CacheUse, Engine, EngineOptions, GenerateRequest, Interrupt, IsolationChoice, ModelChoice,
    Progress,
};
use zerr_syntax::Language;

/// An unfinished function in a document.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) project: PathBuf,
    pub(crate) file: PathBuf,
    pub(crate) text: String,
    pub(crate) language: Language,
    /// From 1.
    pub(crate) line: usize,
    pub(crate) name: String,
    /// The head of a function whose types are guessed in part.
    pub(crate) inferred: Option<String>,
    pub(crate) model: Option<PathBuf>,
}

/// What a run came to.
pub(crate) enum Outcome {
    /// A text for the whole document, and whether it is verified or only agreed.
    Offered { patch: Patch, verdict: Verdict, summary: String, report: Box<Report> },
    /// Nothing may be offered, and why.
    Refused(String),
}

/// Runs; blocks. `on_progress` is told how the votes stand.
pub(crate) fn generate(
    wanted: &Wanted,
    on_progress: &mut dyn FnMut(String),
    interrupt: &Interrupt,
) -> Outcome {
    let options = EngineOptions {
        project: wanted.project.clone(),
        model: wanted.model.clone().map_or(ModelChoice::Embedded, ModelChoice::Path),
        isolation: IsolationChoice::Required,
        threads: None,
    };
    let file = wanted.file.canonicalize().unwrap_or_else(|_| wanted.file.clone());
    let name = file.strip_prefix(&wanted.project).unwrap_or(&file);
    let request = GenerateRequest {
        source: SpecSource::Hole {
            name: name.display().to_string(),
            text: wanted.text.clone(),
            language: wanted.language,
            line: wanted.line,
        },
        config: RunConfig::default(),
        target: None,
        time_limit_ms: None,
        title: wanted.name.clone(),
        cache: CacheUse::Use,
        split_depth: 1,
    };
    let run = Engine::open(options).and_then(|engine| {
        let mut show = |progress: &Progress| {
            if let Some(line) = line_of(progress) {
                on_progress(line);
            }
        };
        engine.generate(&request, &mut |progress| show(progress), interrupt)
    });
    let result = match run {
        Ok(result) => result,
        Err(error) => {
            let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
            return Outcome::Refused(format!("{error}{hint}"));
        }
    };
    if interrupt.is_stopped() {
        return Outcome::Refused("stopped".to_owned());
    }
    let report = Box::new(result.report.clone());
    let mut summary = summary(&report);
    if let Some(head) = &wanted.inferred {
        let _ = write!(summary, "; its types are taken from examples and words: `{head}`");
    }
    match result.patches(Accept::AgreedToo).into_iter().next() {
        Some(Ok(patch)) => Outcome::Offered { verdict: patch.verdict(), patch, summary, report },
        Some(Err(why)) => Outcome::Refused(format!("{why}: {summary}")),
        None => Outcome::Refused(summary),
    }
}

/// Remembers what was written, so that a later change of it is told.
pub(crate) fn remember(wanted: &Wanted, patch: &Patch, report: &Report) {
    let options = EngineOptions {
        project: wanted.project.clone(),
        model: ModelChoice::Embedded,
        isolation: IsolationChoice::Required,
        threads: None,
    };
    // The report calls the file after the function.
    let file = report.files.first();
    let functions = file.map_or(&[][..], |file| file.functions.as_slice());
    let hash = Hash::of_text("file", patch.text());
    // Evidence that cannot be kept is missing later, and nothing else.
    if let Ok(engine) = Engine::open(options) {
        let path = wanted.file.canonicalize().unwrap_or_else(|_| wanted.file.clone());
        drop(engine.record_written(&path, hash.as_str(), patch.text(), &report.run, functions));
    }
}

fn line_of(progress: &Progress) -> Option<String> {
    match progress {
        Progress::Preparing(what) => Some((*what).to_owned()),
        Progress::Note(text) => Some(text.clone()),
        Progress::Steps { views, .. } => {
            let open = views.iter().find(|view| view.verdict.is_none()).or(views.last())?;
            Some(standing(open))
        }
    }
}

/// Such as `total: votes 5 : 2, k = 4, 9 samples`.
fn standing(view: &StepView) -> String {
    let mut parts = Vec::new();
    if !view.classes.is_empty() {
        let votes: Vec<String> =
            view.classes.iter().take(4).map(|class| class.votes.to_string()).collect();
        parts.push(format!("votes {}", votes.join(" : ")));
    }
    parts.extend(view.k.map(|k| format!("k = {k}")));
    parts.push(format!("{} of {} samples", view.samples, view.wanted.max(view.samples)));
    match view.verdict {
        Some(verdict) => parts.push(verdict.to_string()),
        None => parts.push(view.phase.to_owned()),
    }
    format!("{}: {}", view.name, parts.join(", "))
}

/// One line about the function that was asked for.
fn summary(report: &Report) -> String {
    if let Some(trouble) = &report.cut_short {
        return format!("{} ({})", trouble.message, trouble.advice);
    }
    let Some(step) = report.steps.last() else { return report.verdict.to_string() };
    let votes: Vec<String> = step.classes.iter().take(4).map(|it| it.votes.to_string()).collect();
    let mut parts = vec![format!("`{}` is {}", step.name, step.verdict)];
    if !votes.is_empty() {
        parts.push(format!("votes {}", votes.join(" : ")));
    }
    parts.extend(step.k.map(|k| format!("k = {k}")));
    parts.extend(step.reason.clone());
    parts.extend(step.advice.clone());
    parts.join(", ")
}

/// The folder that a file belongs to, as the command line finds it.
pub(crate) fn project_of(file: &Path) -> Option<PathBuf> {
    const MARKS: [&str; 3] = [".zerr", "zerr.toml", ".git"];
    let folder = file.parent()?.canonicalize().ok()?;
    let marked = folder.ancestors().find(|at| MARKS.iter().any(|mark| at.join(mark).exists()));
    Some(marked.unwrap_or(&folder).to_owned())
}
