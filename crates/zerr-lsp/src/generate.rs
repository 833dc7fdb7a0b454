//! What a command asks of the engine, from a document to new texts of files: [`answer`].

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use zerr_core::event::SpecSource;
use zerr_core::hash::Hash;
use zerr_core::patch::{Accept, Patch};
use zerr_core::report::{self, Report, StepReport};
use zerr_core::run::{Question, StepView};
use zerr_core::verdict::{Severity, Verdict};
use zerr_engine::{
    CacheUse, Engine, EngineError, EngineOptions, FileSettings, GenerateRequest, Interrupt,
    IsolationChoice, ModelChoice, Progress, ProjectPlace, settings_of,
};
use zerr_syntax::{Language, add_examples};

/// Replies that are drawn for the examples of one function.
const PROPOSAL_SAMPLES: u32 = 12;

/// Lines about candidates of a function that is not there.
const RELATED_MAX: usize = 8;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    /// The function, or all of a spec, written and verified.
    Generate,
    /// Its parts, as a spec.
    Decompose,
    /// Examples, voted on, in its documentation.
    Examples,
}

/// What a wish is about: an unfinished function of a document, or a spec.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) wish: Wish,
    pub(crate) project: PathBuf,
    pub(crate) file: PathBuf,
    /// What the function is read from.
    pub(crate) text: String,
    /// The document's text, where that is another one: an answer is added to what is read, or a
    /// written function is opened again.
    pub(crate) shown: Option<String>,
    /// The function was written, and `text` has it without its body.
    pub(crate) is_reopened: bool,
    /// A comment asks for the function: the document has none at that line.
    pub(crate) is_comment: bool,
    /// Questions that were answered.
    pub(crate) answers: u32,
    /// The function's language and line, from 1; none for a spec.
    pub(crate) hole: Option<(Language, usize)>,
    pub(crate) name: String,
    /// What a person should know of how it was read.
    pub(crate) remarks: Vec<String>,
    /// The function is tried where it stands, by the tests of its project.
    pub(crate) in_project: bool,
    pub(crate) model: Option<PathBuf>,
}

/// A file as it would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewText {
    pub(crate) file: PathBuf,
    pub(crate) text: String,
    /// What a file beside the document held when it was looked at; an offer of another moment is void.
    pub(crate) beside: Option<Beside>,
}

/// A file that is not the document, as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside(pub(crate) Option<String>);

/// Code that a run accepted.
pub(crate) struct Accepted {
    patches: Vec<Patch>,
    report: Box<Report>,
}

/// What came of it.
pub(crate) enum Outcome {
    /// Code, and whether it is verified or only agreed.
    Offered {
        texts: Vec<NewText>,
        verdict: Verdict,
        summary: String,
        accepted: Accepted,
        /// Calls that the spec leaves open.
        questions: Vec<Question>,
    },
    /// Parts or examples, for a person to look at.
    Proposed { texts: Vec<NewText>, summary: String },
    /// Nothing may be offered.
    Refused(Refused),
}

/// Why nothing is offered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refused {
    pub(crate) why: String,
    /// What became of the candidates.
    pub(crate) related: Vec<String>,
    /// Calls whose answers may help.
    pub(crate) questions: Vec<Question>,
}

impl From<String> for Refused {
    fn from(why: String) -> Self {
        Self { why, ..Self::default() }
    }
}

/// How a run stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    pub(crate) line: String,
    pub(crate) samples_per_second: Option<f64>,
}

impl Accepted {
    pub(crate) fn report(&self) -> &Report {
        &self.report
    }
}

impl Wanted {
    fn engine(&self, settings: &FileSettings) -> Result<Engine, EngineError> {
        // A repository that is merely opened may not choose what is loaded: only the editor's user does.
        let model = self.model.clone();
        Engine::open(EngineOptions {
            project: self.project.clone(),
            model: model.map_or(ModelChoice::Embedded, ModelChoice::Path),
            isolation: IsolationChoice::Required,
            threads: settings.threads,
        })
    }

    fn request(&self, settings: &FileSettings) -> GenerateRequest {
        let file = self.file.canonicalize().unwrap_or_else(|_| self.file.clone());
        let name = file.strip_prefix(&self.project).unwrap_or(&file).display().to_string();
        let text = self.text.clone();
        GenerateRequest {
            source: match self.hole {
                Some((language, line)) => {
                    SpecSource::Hole { name, text, language, line, project: None }
                }
                None => SpecSource::Yaml { name, text, language: None },
            },
            config: settings.rules(),
            target: settings.reliability,
            believe: true,
            risk: settings.risk,
            time_limit_ms: settings.time_limit.map(|limit| limit.as_millis() as u64),
            title: match self.wish {
                Wish::Decompose => format!("parts of {}", self.name),
                Wish::Generate | Wish::Examples => self.name.clone(),
            },
            cache: CacheUse::Use,
            split_depth: 1,
        }
    }
}

/// Does what is asked for; blocks. `on_progress` is told how the votes stand.
pub(crate) fn answer(
    wanted: &Wanted,
    on_progress: &mut dyn FnMut(Told),
    interrupt: &Interrupt,
) -> Outcome {
    let mut show = |progress: &Progress| {
        if let Some(told) = told(progress) {
            on_progress(told);
        }
    };
    let settings = match settings_of(&wanted.project) {
        Ok(found) => found.map(|(_, settings)| settings).unwrap_or_default(),
        Err(error) => return Outcome::Refused(error.line().into()),
    };
    let done = match wanted.wish {
        Wish::Generate => generate(wanted, &settings, &mut show, interrupt),
        Wish::Decompose => decompose(wanted, &settings, &mut show, interrupt),
        Wish::Examples => propose(wanted, &settings),
    };
    match done {
        _ if interrupt.is_stopped() => Outcome::Refused("stopped".to_owned().into()),
        Ok(outcome) => outcome,
        Err(error) => {
            let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
            Outcome::Refused(format!("{error}{hint}").into())
        }
    }
}

fn generate(
    wanted: &Wanted,
    settings: &FileSettings,
    show: &mut dyn FnMut(&Progress),
    interrupt: &Interrupt,
) -> Result<Outcome, EngineError> {
    let engine = wanted.engine(settings)?;
    let mut request = wanted.request(settings);
    let mut judges = None;
    if let SpecSource::Hole { name, text, language, line, .. } = &request.source
        && wanted.in_project
    {
        let place = ProjectPlace {
            file: &wanted.file,
            name: name.clone(),
            text: text.clone(),
            language: *language,
            line: *line,
            held_out: &settings.held_out,
        };
        let source = engine.in_project(&place, &mut |progress| show(progress), interrupt)?;
        if let SpecSource::Hole { project: Some(facts), .. } = &source {
            judges = Some(facts.tests.len());
        }
        request.source = source;
    }
    let result = engine.generate(&request, &mut |progress| show(progress), interrupt)?;
    let report = Box::new(result.report.clone());
    let mut summary = match wanted.hole {
        Some(_) => summary(&report),
        None => plan_summary(&report),
    };
    match judges {
        Some(0) => summary.push_str("; no test of the project reaches it"),
        Some(1) => summary.push_str("; judged by one test of the project"),
        Some(count) => drop(write!(summary, "; judged by {count} tests of the project")),
        None => {}
    }
    for remark in &wanted.remarks {
        let _ = write!(summary, "; {remark}");
    }
    let patches: Result<Vec<Patch>, _> = result.patches(Accept::AgreedToo).into_iter().collect();
    let patches = match patches {
        Ok(patches) => patches,
        Err(why) => {
            let why = format!("{why}: {summary}");
            return Ok(Outcome::Refused(Refused { why, ..refused(&report, wanted) }));
        }
    };
    // A plan is taken as a whole: its functions call one another.
    let verdict = match wanted.hole {
        Some(_) => patches.first().map(Patch::verdict),
        None => Some(report.verdict),
    };
    let Some(verdict @ (Verdict::Verified | Verdict::Agreed)) = verdict else {
        return Ok(Outcome::Refused(Refused { why: summary, ..refused(&report, wanted) }));
    };
    let mut texts = Vec::new();
    for patch in &patches {
        let file = if wanted.hole.is_some() {
            wanted.file.clone()
        } else {
            let name = Path::new(patch.path()).file_name().unwrap_or_default();
            let beside = wanted.file.with_file_name(name);
            if is_of_somebody_else(&engine, &beside) {
                let beside = beside.display();
                let why = format!(
                    "{beside} was not written by zerr, or was changed since: move it away first"
                );
                return Ok(Outcome::Refused(why.into()));
            }
            beside
        };
        let beside = (file != wanted.file).then(|| Beside(std::fs::read_to_string(&file).ok()));
        texts.push(NewText { file, text: patch.text().to_owned(), beside });
    }
    if let Some(why) = report.steps.iter().rev().find_map(StepReport::why_agreed) {
        let _ = write!(summary, "; {why}");
    }
    let questions = refused(&report, wanted).questions;
    let accepted = Accepted { patches, report };
    Ok(Outcome::Offered { texts, verdict, summary, accepted, questions })
}

/// What a report tells of the function that was asked for, beside why it is not there.
fn refused(report: &Report, wanted: &Wanted) -> Refused {
    let Some(step) = report.steps.last().filter(|_| wanted.hole.is_some()) else {
        return Refused::default();
    };
    let mut related = Vec::new();
    if step.red_flags > 0 {
        let kinds = step.red_flag_kinds.iter().map(|(kind, count)| format!("{count} {kind}"));
        let kinds = kinds.collect::<Vec<_>>().join(", ");
        related.push(format!("{} of {} samples red-flagged: {kinds}", step.red_flags, step.drawn));
    }
    let counts = [(step.rejected, "refused by a compiler"), (step.failed, "refuted by an oracle")];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        related.push(format!("{count} of {} samples {what}", step.drawn));
    }
    related.extend(step.complaints.iter().cloned());
    related.extend(step.classes.iter().skip(1).filter_map(rival));
    related.extend(refutations(step));
    related.truncate(RELATED_MAX);
    Refused { why: String::new(), related, questions: step.questions.clone() }
}

fn rival(class: &zerr_core::report::ClassReport) -> Option<String> {
    let differs = class.differs.as_ref()?;
    let s = if class.votes == 1 { "" } else { "s" };
    Some(format!("a class with {} vote{s} differs on {differs}", class.votes))
}

/// Counterexamples of the layers.
fn refutations(step: &StepReport) -> impl Iterator<Item = String> {
    let findings = step.layers.iter().flat_map(|layer| &layer.findings);
    let grave = findings.filter(|finding| finding.severity == Severity::Error);
    grave.map(|finding| format!("{}: {}", finding.layer.name(), finding.message))
}

fn is_of_somebody_else(engine: &Engine, file: &Path) -> bool {
    let Ok(text) = std::fs::read_to_string(file) else { return false };
    let path = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    engine.written(&path).as_deref() != Some(Hash::of_text("file", &text).as_str())
}

fn decompose(
    wanted: &Wanted,
    settings: &FileSettings,
    show: &mut dyn FnMut(&Progress),
    interrupt: &Interrupt,
) -> Result<Outcome, EngineError> {
    let engine = wanted.engine(settings)?;
    let parts = engine.decompose(
        &wanted.request(settings),
        &[],
        &mut |progress| show(progress),
        interrupt,
    )?;
    if parts.splits.is_empty() {
        let why = parts.dropped.first().map(|(_, why)| format!("its parts do not fit: {why}"));
        let steps = parts.rounds.iter().flat_map(|round| &round.report.steps);
        let reason = why.or_else(|| { steps }.find_map(|step| step.reason.clone()));
        let why = match reason {
            Some(why) => format!("`{}` is not taken apart: {why}", wanted.name),
            None => format!("`{}` is small enough for one function", wanted.name),
        };
        return Ok(Outcome::Refused(why.into()));
    }
    let told: Vec<String> = parts
        .splits
        .iter()
        .map(|(name, parts)| format!("`{name}`: {}", parts.join(", ")))
        .collect();
    let file = match wanted.hole {
        Some(_) => wanted.file.with_file_name(format!("{}.task_spec.yaml", wanted.name)),
        None => wanted.file.clone(),
    };
    if wanted.hole.is_some() && file.exists() {
        let why = format!("{} is there already: move it away first", file.display());
        return Ok(Outcome::Refused(why.into()));
    }
    let beside = (file != wanted.file).then(|| Beside(std::fs::read_to_string(&file).ok()));
    let texts = vec![NewText { file, text: parts.text, beside }];
    Ok(Outcome::Proposed { texts, summary: told.join("; ") })
}

fn propose(wanted: &Wanted, settings: &FileSettings) -> Result<Outcome, EngineError> {
    let request = wanted.request(settings);
    let specs = report::specs_of(&request.source).map_err(EngineError::Spec)?;
    let engine = wanted.engine(settings)?;
    let mut text = wanted.text.clone();
    let mut told = Vec::new();
    for function in specs.iter().flat_map(|spec| &spec.functions) {
        let proposed = engine.propose_examples(function, &request.config, PROPOSAL_SAMPLES)?;
        let is_new = |text: &String| !function.examples.iter().any(|known| known.text == *text);
        let lines: Vec<String> = proposed.proposals.into_iter().map(|it| it.example.text).collect();
        let lines: Vec<String> = lines.into_iter().filter(is_new).collect();
        let Some((language, line)) = wanted.hole else { continue };
        if let Some(with) = add_examples::added(language, &text, line, &lines) {
            told.extend(lines);
            text = with;
        }
    }
    if told.is_empty() {
        let why = format!("the replies agree on no example of `{}`", wanted.name);
        return Ok(Outcome::Refused(why.into()));
    }
    let count = told.len();
    let texts = vec![NewText { file: wanted.file.clone(), text, beside: None }];
    let s = if count == 1 { "" } else { "s" };
    let summary =
        format!("{count} example{s} of `{}`, which nobody has confirmed: read them", wanted.name);
    Ok(Outcome::Proposed { texts, summary })
}

/// Remembers what was written, so that a later change of it is told.
pub(crate) fn remember(wanted: &Wanted, texts: &[NewText], accepted: &Accepted) {
    // Evidence that cannot be kept is missing later, and nothing else.
    let Ok(engine) = wanted.engine(&FileSettings::default()) else { return };
    let report = &accepted.report;
    for (new, patch) in texts.iter().zip(&accepted.patches) {
        // The report calls the file of a single function after that.
        let file = report.files.iter().find(|file| file.path == patch.path());
        let file = file.or(report.files.first().filter(|_| report.files.len() == 1));
        let functions = file.map_or(&[][..], |file| file.functions.as_slice());
        let functions = whole(functions, patch, &new.text);
        let hash = Hash::of_text("file", &new.text);
        let path = new.file.canonicalize().unwrap_or_else(|_| new.file.clone());
        drop(engine.record_written(&path, hash.as_str(), &new.text, &report.run, &functions));
    }
}

/// The functions that a text has as the patch has them: of the others only a part was taken.
fn whole(functions: &[String], patch: &Patch, text: &str) -> Vec<String> {
    let language = Path::new(patch.path()).extension().and_then(|it| it.to_str());
    let Some(language) = language.and_then(Language::from_extension) else {
        return functions.to_vec();
    };
    let same_ends = |text: &str| text.replace("\r\n", "\n");
    if same_ends(patch.text()) == same_ends(text) {
        return functions.to_vec();
    }
    // Functions of a plan call one another: what is verified is all of them together.
    if functions.len() > 1 {
        return Vec::new();
    }
    let (offered, _) = zerr_syntax::holes::written(language, patch.text());
    let (taken, _) = zerr_syntax::holes::written(language, text);
    let is_whole = |name: &&String| {
        let source = |of: &[zerr_syntax::holes::Written]| {
            of.iter().find(|it| it.function.name == **name).map(|it| it.source.clone())
        };
        let (offered, taken) = (source(&offered), source(&taken));
        offered.is_some() && offered.as_deref().map(same_ends) == taken.as_deref().map(same_ends)
    };
    functions.iter().filter(is_whole).cloned().collect()
}

fn told(progress: &Progress) -> Option<Told> {
    let only = |line: String| Some(Told { line, samples_per_second: None });
    match progress {
        Progress::Preparing(what) => only((*what).to_owned()),
        Progress::Note(text) => only(text.clone()),
        Progress::Steps { views, elapsed_ms, .. } => {
            let open = views.iter().find(|view| view.verdict.is_none()).or(views.last())?;
            let samples: u32 = views.iter().map(|view| view.samples).sum();
            let rate = f64::from(samples) * 1000.0 / (*elapsed_ms).max(1) as f64;
            // Of the first moments no rate can be told.
            let samples_per_second = Some(rate).filter(|_| samples > 0 && *elapsed_ms > 200);
            // The title names the only function that there is.
            let line = match views.as_slice() {
                [only] => standing(only),
                _ => format!("{}: {}", open.name, standing(open)),
            };
            Some(Told { line, samples_per_second })
        }
    }
}

/// Such as `votes 5 : 2, k = 4, one more vote decides, 9 of 16 samples, sampling`.
fn standing(view: &StepView) -> String {
    let mut parts = Vec::new();
    if !view.classes.is_empty() {
        let votes: Vec<String> =
            view.classes.iter().take(4).map(|class| class.votes.to_string()).collect();
        parts.push(format!("votes {}", votes.join(" : ")));
    }
    parts.extend(view.k.map(|k| format!("k = {k}")));
    parts.extend(still_needed(view));
    parts.push(format!("{} of {} samples", view.samples, view.wanted.max(view.samples)));
    match view.verdict {
        Some(verdict) => parts.push(verdict.to_string()),
        None => parts.push(view.phase.to_owned()),
    }
    parts.join(", ")
}

/// How many votes for the leader alone would end the race.
fn still_needed(view: &StepView) -> Option<String> {
    let (k, leader) = (view.k?, view.classes.first()?);
    let second = view.classes.get(1).map_or(0, |class| class.votes);
    let needed = (second + k).saturating_sub(leader.votes);
    match (view.verdict, needed) {
        (None, 1) => Some("one more vote decides".to_owned()),
        (None, needed @ 2..) => Some(format!("{needed} more votes decide")),
        _ => None,
    }
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

/// One line about a spec.
fn plan_summary(report: &Report) -> String {
    if let Some(trouble) = &report.cut_short {
        return format!("{} ({})", trouble.message, trouble.advice);
    }
    let count = |verdict| report.steps.iter().filter(|step| step.verdict == verdict).count();
    let words = [Verdict::Verified, Verdict::Agreed, Verdict::Undecided, Verdict::Refuted]
        .map(|verdict| (count(verdict), verdict))
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verdict)| format!("{count} {verdict}"));
    let mut parts = vec![format!(
        "{} is {}: {}",
        report.name,
        report.verdict,
        words.collect::<Vec<_>>().join(", ")
    )];
    let open = report.steps.iter().find(|step| step.reason.is_some());
    parts.extend(open.and_then(|step| Some(format!("`{}`: {}", step.name, step.reason.as_ref()?))));
    parts.join("; ")
}

/// The folder that a file belongs to, as the command line finds it.
pub(crate) fn project_of(file: &Path) -> Option<PathBuf> {
    const MARKS: [&str; 3] = [".zerr", "zerr.toml", ".git"];
    let folder = file.parent()?.canonicalize().ok()?;
    let marked = folder.ancestors().find(|at| MARKS.iter().any(|mark| at.join(mark).exists()));
    Some(marked.unwrap_or(&folder).to_owned())
}
