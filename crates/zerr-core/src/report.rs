//! What a run came to, as data for a terminal, a file or another program. Main type: [`Report`].
//!
//! # Invariants
//! A report is a pure function of the log: [`Report::of_log`] sees events and nothing else.

use serde::{Deserialize, Serialize};
use zerr_syntax::Language;

use crate::calibrate::{Chance, chance_of};
use crate::event::{Event, SpecSource, Stamped, Started};
use crate::hash::Hash;
use crate::plan::{Plan, Purpose, SpecPlan};
use crate::prompt::Approach;
use crate::run::{
    Acceptance, Assembled, Assumption, ClassSummary, Counted, Finished, Probes, Question, Run,
    Search, Standing, WholeVerdict,
};
use crate::spec::{self, Spec, SpecError};
use crate::verdict::{LayerId, LayerOutcome, LayerVerdict, ToolVersion, Verdict};
use crate::vote::{self, Margin, PriorSource};
use crate::witness::Testimony;

/// The version of the JSON form; raised when a field changes its meaning or goes away.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Version of zerr.
    pub zerr_version: String,
    /// The run's id.
    pub run: String,
    /// The name of what was asked for.
    pub name: String,
    /// The worst verdict of its steps and files.
    pub verdict: Verdict,
    /// Why the run did not come to its end by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_short: Option<Trouble>,
    /// Every step in the order of the plan.
    pub steps: Vec<StepReport>,
    /// The files that would be, or were, written.
    pub files: Vec<FileReport>,
    /// The model.
    pub model: ModelReport,
    /// The isolation that generated code ran in.
    pub isolation: String,
    /// Tools that took part.
    pub tools: Vec<ToolVersion>,
    /// The reliability that was asked for.
    pub target: f64,
    /// The seed of all seeds.
    pub seed: u64,
    /// Milliseconds from the first to the last event.
    pub ms: u64,
}

/// Something that kept a run from its end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trouble {
    /// What it was.
    pub message: String,
    /// What can be done.
    pub advice: String,
}

/// The model, as evidence.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModelReport {
    /// Its name.
    pub name: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Where it ran.
    pub backend: String,
}

/// One step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepReport {
    /// The function's name.
    pub name: String,
    /// Its language.
    pub language: Option<Language>,
    /// Hash over its prompt and the representatives it builds on.
    pub id: String,
    /// Version of the role's prompt.
    pub prompt_version: u32,
    /// What the model was asked, without its chat template.
    pub prompt: String,
    /// Other ways in which it was asked, when the first did not decide.
    pub approaches: Vec<Approach>,
    /// What zerr says.
    pub verdict: Verdict,
    /// Why there is no winner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What can be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
    /// The first complaints about candidates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub complaints: Vec<String>,
    /// The margin; `null` while p was never safely above one half.
    pub k: Option<u32>,
    /// The chance that one vote is right, after red flags and hard oracles.
    pub p: f64,
    /// What was believed before any sample.
    pub p_prior: f64,
    /// Where the prior comes from.
    pub p_source: PriorSource,
    /// Votes that the published formula expects at this p and k.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes_expected: Option<f64>,
    /// Samples counted.
    pub samples: u32,
    /// Samples drawn.
    pub drawn: u32,
    /// Red flags among the counted.
    pub red_flags: u32,
    /// The same by kind.
    pub red_flag_kinds: std::collections::BTreeMap<String, u32>,
    /// Packages that samples would need and that the project does not depend on, and how many samples do.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub wanted_packages: std::collections::BTreeMap<String, u32>,
    /// Candidates refused by a compiler or loader.
    pub rejected: u32,
    /// Candidates refuted by an example or contract.
    pub failed: u32,
    /// The classes, winner first.
    pub classes: Vec<ClassReport>,
    /// What each counted sample came to, in the order of the draws; votes name a class by its place.
    #[serde(default)]
    pub race: Vec<Counted>,
    /// What the winner does where the spec is silent.
    pub assumptions: Vec<Assumption>,
    /// Calls that the spec leaves open and on which classes differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// Every layer, those that did not run included.
    pub layers: Vec<LayerOutcome>,
    /// Inputs that the classes were compared on.
    pub inputs: u32,
    /// How sure the race is of its winner, from 0 to 1; a probability only by calibration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// What that confidence means: by a calibration, or that there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence_means: Option<String>,
    /// How often functions of such a confidence were right, by a calibration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chance: Option<Chance>,
    /// The confidence that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// What others do that were asked for the same function, in the other language or another model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub witnesses: Vec<Testimony>,
    /// What came of asking the model on which calls two texts of the winner differ; calls that were new are
    /// among the inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<Probes>,
    /// What came of searching near the calls on which candidates differ; what was found is among the inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// No class led by k: the winner is what agrees most with all candidates.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub consensus: bool,
    /// What it calls and is only agreed, so that it cannot be more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leans_on: Option<String>,
    /// Words of the description that the model does not know the task, or what it calls, by: it cannot be more than
    /// agreed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untaught: Vec<String>,
    /// Mutants of the winner that the oracles killed.
    pub mutants_killed: Option<u32>,
    /// Mutants that they let live.
    pub mutants_lived: Option<u32>,
    /// Its oracles are the tests of the project that it stands in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_project: bool,
    /// The file it is in.
    pub file: Option<String>,
    /// Milliseconds from its first to its last event.
    pub ms: u64,
}

/// One class.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClassReport {
    /// Its votes.
    pub votes: u32,
    /// Distinct texts in it.
    pub texts: u32,
    /// How it came out.
    pub standing: Standing,
    /// Its first text.
    pub source: String,
    /// SHA-256 of that text, as in the log.
    pub source_hash: String,
    /// Where it differs from the leader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs: Option<String>,
}

/// One file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FileReport {
    /// Name relative to the output folder.
    pub path: String,
    /// Its language.
    pub language: Language,
    /// What zerr says of it as a whole.
    pub verdict: Verdict,
    /// What refuted it, if something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refuted_by: Option<String>,
    /// The functions in it.
    pub functions: Vec<String>,
    /// Its text.
    pub text: String,
    /// Hash of the text.
    pub hash: String,
    /// What the layers said of the whole.
    pub layers: Vec<LayerOutcome>,
}

/// Why a log gives no report.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The first event is not the start.
    #[error("the log does not begin with a start")]
    NoStart,
    /// Written by another version.
    #[error("the log has version {0}, this zerr reads another one")]
    Version(u32),
    /// The text that the run was started from is no spec.
    #[error("the spec in the log cannot be read")]
    Spec(Vec<SpecError>),
}

/// Reads the specs that a run was started from.
///
/// # Errors
/// Every mistake in the text.
pub fn specs_of(source: &SpecSource) -> Result<Vec<Spec>, Vec<SpecError>> {
    match source {
        SpecSource::Yaml { name, text, language } => {
            let mut specs = spec::parse(text.as_bytes(), name)?;
            if let Some(language) = language {
                specs.retain(|spec| spec.language == *language);
            }
            if specs.is_empty() {
                return Err(vec![SpecError {
                    file: name.clone(),
                    line: 1,
                    column: 1,
                    offending: String::new(),
                    message: "the spec does not list the language that was asked for".into(),
                    hint: Some("add it to `language:` and give its signatures".into()),
                }]);
            }
            Ok(specs)
        }
        SpecSource::Hole { name, text, language, line, project } => {
            let error = |message: &str, hint: &str| {
                vec![SpecError {
                    file: name.clone(),
                    line: *line,
                    column: 1,
                    offending: text.lines().nth(line.saturating_sub(1)).unwrap_or("").to_owned(),
                    message: message.to_owned(),
                    hint: Some(hint.to_owned()),
                }]
            };
            if let Some(facts) = project {
                let Some(site) = zerr_syntax::site::site_at(*language, text, *line) else {
                    return Err(error("no function on this line", "name a line inside of one"));
                };
                if site.open.is_none() {
                    return Err(error(
                        "this function is written already",
                        "the body must be `todo!()`, `unimplemented!()`, `raise NotImplementedError` or `...`",
                    ));
                }
                return spec::from_site(&site, facts, name, text).map(|spec| vec![spec]);
            }
            let Some(hole) = zerr_syntax::holes::hole_at(*language, text, *line) else {
                let hint = if zerr_syntax::holes::is_in_macro(*language, text, *line) {
                    "what stands in a macro is only text here: write the function outside of it"
                } else {
                    "the body must be `todo!()`, `unimplemented!()`, `raise NotImplementedError` or `...`"
                };
                return Err(error("no unfinished function on this line", hint));
            };
            spec::from_hole(&hole, *language, name, text).map(|spec| vec![spec])
        }
    }
}

/// What a run does with its specs.
pub fn plan_of(started: &Started, specs: &[Spec]) -> SpecPlan {
    let versions = started.model.prompt_versions.as_deref();
    match &started.purpose {
        Purpose::Write => SpecPlan::new(specs, versions),
        Purpose::Split { functions } => SpecPlan::splitting(specs, functions, versions),
    }
}

/// A run that is as far as its log.
///
/// # Errors
/// [`LogError`].
pub fn replay<'a>(
    log: impl IntoIterator<Item = &'a Stamped>,
) -> Result<(Started, Vec<Spec>, Run<SpecPlan>), LogError> {
    let mut log = log.into_iter();
    let Some(Event::Started(started)) = log.next().map(|stamped| &stamped.event) else {
        return Err(LogError::NoStart);
    };
    if started.log_version != crate::event::LOG_VERSION {
        return Err(LogError::Version(started.log_version));
    }
    let specs = specs_of(&started.source).map_err(LogError::Spec)?;
    let mut run = Run::new(plan_of(started, &specs), started.config.clone());
    let log: Vec<&Stamped> = log.collect();
    let resumed = log.iter().rposition(|stamped| matches!(stamped.event, Event::Resumed));
    for (position, stamped) in log.into_iter().enumerate() {
        let undone = matches!(stamped.event, Event::Stopped(_) | Event::Failed { .. })
            && resumed.is_some_and(|resumed| position < resumed);
        if !undone {
            run.apply(stamped);
        }
    }
    Ok((started.as_ref().clone(), specs, run))
}

impl StepReport {
    /// Why it is agreed and not verified; `None` where it is anything else.
    pub fn why_agreed(&self) -> Option<String> {
        if self.verdict != Verdict::Agreed {
            return None;
        }
        let oracles = if self.in_project { "the tests" } else { "its examples and contracts" };
        if self.consensus {
            return Some(
                "no class leads by k; it agrees most with all candidates, by as much as the stated \
                 risk asks for"
                    .to_owned(),
            );
        }
        if let Some(called) = &self.leans_on {
            let why =
                format!("its own oracles hold, but it calls `{called}`, which is only agreed");
            return Some(why);
        }
        if let Some(open) = self.questions.iter().find(|question| question.is_open()) {
            return Some(format!(
                "{oracles} hold, but candidates that meet them part on `{}`, which nothing settles",
                open.call
            ));
        }
        if let Some(unread) = self.assumptions.iter().find(|one| one.outcome == "not read") {
            return Some(format!(
                "what may be an example (`{}`) could not be read, so that nothing was held against it",
                unread.call
            ));
        }
        if !self.untaught.is_empty() {
            let words: Vec<String> =
                self.untaught.iter().map(|word| format!("\"{word}\"")).collect();
            let words = words.join(" and ");
            let has_passed = |id: LayerId| {
                self.layers.iter().any(|it| it.layer == id && it.verdict == LayerVerdict::Passed)
            };
            if ![LayerId::UnitTests, LayerId::Contracts].into_iter().any(has_passed) {
                return Some(format!(
                    "votes decided it, and only the examples of what calls it speak for it: the model knows \
                     such a task by other words than {words}"
                ));
            }
            return Some(format!(
                "{oracles} hold, but the model knows such a task by other words than {words}"
            ));
        }
        Some(match (self.mutants_killed, self.mutants_lived) {
            (Some(killed), Some(lived)) if lived > 0 => format!(
                "votes decided it, but {oracles} tell only {killed} of {} mutants apart from it",
                killed + lived
            ),
            (Some(killed @ 1..), _) if self.in_project => {
                let s = if killed == 1 { "" } else { "s" };
                format!(
                    "votes decided it, but it has only {killed} mutant{s}: too few to say what the \
                     tests look at"
                )
            }
            _ => "votes decided it, but nothing independent of the samples pins it down".to_owned(),
        })
    }

    /// How sure the race is of its winner, and what that means.
    pub fn confidence_in_words(&self) -> Option<String> {
        let confidence = self.confidence?;
        let alike = self.chance.map(|Chance { right, known, .. }| {
            let right = (right * f64::from(known)).round();
            format!("of {known} accepted ones of such confidence {right} were right when it was calibrated")
        });
        Some(match &self.acceptance {
            None => match alike {
                Some(alike) => format!(
                    "confidence {confidence:.2}; {alike}, in runs with a stated risk, which may draw more: \
                     no promise for this one"
                ),
                None => format!("confidence {confidence:.2}, not calibrated for this model"),
            },
            Some(Acceptance { least, risk, error, known, .. }) => format!(
                "confidence {confidence:.2}{}; from {least:.2} on, at most {} % of what is accepted are \
                 wrong, with a chance of {:.0} % (by {known} functions whose truth is known)",
                alike.map_or_else(String::new, |alike| format!(", and {alike}")),
                // As it was stated, and not a digit less.
                (risk * 1e6).round() / 1e4,
                100.0 * (1.0 - error)
            ),
        })
    }
}

impl Report {
    /// The report of a log.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn of_log(log: &[Stamped]) -> Result<Self, LogError> {
        let (started, specs, run) = replay(log)?;
        let times = || log.iter().map(|stamped| stamped.unix_ms);
        let ms = match (times().min(), times().max()) {
            (Some(first), Some(last)) => last - first,
            _ => 0,
        };
        Ok(Self::of_run(&started, &specs, &run, ms))
    }

    /// The report of a run that is as far as it gets.
    pub fn of_run(started: &Started, specs: &[Spec], run: &Run<SpecPlan>, ms: u64) -> Self {
        let name = specs.first().map_or("", |spec| spec.name.as_str());
        let files: Vec<FileReport> =
            run.assembled().iter().map(|assembled| file_report(name, assembled)).collect();
        let steps: Vec<StepReport> =
            run.finished().map(|finished| step_report(finished, &files, started)).collect();
        let worst = steps
            .iter()
            .map(|step| step.verdict)
            .chain(files.iter().map(|file| file.verdict))
            .max();
        // A run is as good as its files: steps that never became one prove nothing.
        let splits = started.purpose != Purpose::Write;
        let in_file = |step: &StepReport| splits || step.language.is_none() || step.file.is_some();
        let complete = run.cut_short().is_none()
            && steps.len() as u64 >= run.plan().steps()
            && steps.iter().all(in_file);
        Self {
            schema_version: SCHEMA_VERSION,
            zerr_version: started.zerr_version.clone(),
            run: started.run.clone(),
            name: name.to_owned(),
            verdict: match worst {
                Some(verdict) if complete => verdict,
                Some(verdict) => verdict.max(Verdict::Undecided),
                None => Verdict::Undecided,
            },
            cut_short: run
                .cut_short()
                .map(|reason| Trouble { message: reason.to_string(), advice: reason.advice() }),
            steps,
            files,
            model: ModelReport {
                name: started.model.name.clone(),
                sha256: started.model.sha256.clone(),
                backend: started.model.backend.clone(),
            },
            isolation: started.isolation.clone(),
            tools: started.tools.clone(),
            target: started.config.target,
            seed: started.config.seed,
            ms,
        }
    }
}

fn file_report(name: &str, assembled: &Assembled) -> FileReport {
    let (verdict, refuted_by) = match &assembled.whole {
        WholeVerdict::Stands(verdict) => (*verdict, None),
        WholeVerdict::Refuted { why } => (Verdict::Refuted, Some(why.clone())),
    };
    FileReport {
        path: format!("{name}.{}", assembled.language.extension()),
        language: assembled.language,
        verdict,
        refuted_by,
        functions: assembled.functions.clone(),
        hash: Hash::of_text("file", &assembled.text).as_str().to_owned(),
        text: assembled.text.clone(),
        layers: assembled.layers.clone(),
    }
}

fn step_report(finished: &Finished, files: &[FileReport], started: &Started) -> StepReport {
    let settled = &finished.settled;
    let language = finished.kind.language();
    let file = files
        .iter()
        .find(|file| Some(file.language) == language && file.functions.contains(&finished.name));
    let votes_expected = settled
        .k
        .and_then(Margin::new)
        .filter(|_| settled.p > 0.5)
        .map(|k| vote::expected_votes(settled.p, k));
    let mut report = StepReport {
        name: finished.name.clone(),
        language,
        id: finished.id.as_str().to_owned(),
        prompt_version: finished.prompt.version,
        prompt: finished
            .prompt
            .messages
            .iter()
            .map(|message| message.content.as_str())
            .collect::<Vec<_>>()
            .join("\n"),
        approaches: finished.approaches.clone(),
        verdict: settled.verdict,
        reason: settled.reason.as_ref().map(ToString::to_string),
        advice: settled.reason.as_ref().map(crate::run::Reason::advice),
        complaints: settled.reason.as_ref().map(complaints).unwrap_or_default(),
        k: settled.k,
        p: settled.p,
        p_prior: settled.prior.p,
        p_source: settled.prior.source.clone(),
        votes_expected,
        samples: settled.samples,
        drawn: settled.drawn,
        red_flags: settled.red_flags.values().sum(),
        red_flag_kinds: settled.red_flags.clone(),
        wanted_packages: settled.wanted.clone(),
        rejected: settled.rejected,
        failed: settled.failed,
        classes: settled.classes.iter().map(class_report).collect(),
        race: settled.race.clone(),
        assumptions: settled.assumptions.clone(),
        questions: settled.questions.clone(),
        layers: settled.layers.iter().map(with_tool).collect(),
        inputs: settled.inputs,
        confidence: settled.confidence,
        confidence_means: None,
        chance: None,
        witnesses: settled.heard.clone(),
        probes: settled.probes,
        search: settled.search,
        consensus: settled.consensus,
        leans_on: settled.leans_on.clone(),
        untaught: settled.untaught.clone(),
        acceptance: started
            .config
            .acceptance
            .iter()
            .find(|one| Some(one.language) == language)
            .cloned(),
        mutants_killed: settled.mutants.map(|(killed, _)| killed),
        mutants_lived: settled.mutants.map(|(_, lived)| lived),
        in_project: finished.kind.function().is_some_and(|function| function.in_project.is_some()),
        file: file.map(|file| file.path.clone()),
        ms: finished.ms,
    };
    let config = &started.config;
    let by_language = config.calibrated.iter().find(|(own, _)| Some(*own) == language);
    let chances = report.acceptance.as_ref().map(|asked| &asked.chances);
    report.chance = chances
        .or(by_language.map(|(_, chances)| chances))
        .filter(|_| matches!(report.verdict, Verdict::Verified | Verdict::Agreed))
        .zip(report.confidence)
        .and_then(|(chances, confidence)| chance_of(chances, confidence));
    report.confidence_means = report.confidence_in_words();
    report
}

fn complaints(reason: &crate::run::Reason) -> Vec<String> {
    use crate::run::Reason;
    match reason {
        Reason::AllFlagged { complaints }
        | Reason::NoSurvivor { complaints }
        | Reason::AllRefuted { complaints } => complaints.clone(),
        _ => Vec::new(),
    }
}

fn class_report(class: &ClassSummary) -> ClassReport {
    ClassReport {
        votes: class.votes,
        texts: class.texts,
        standing: class.standing,
        source_hash: Hash::of_text("source", &class.source).as_str().to_owned(),
        source: class.source.clone(),
        differs: class.differs.clone(),
    }
}

/// Layers that the core judges itself name zerr as their tool.
fn with_tool(layer: &LayerOutcome) -> LayerOutcome {
    let mut layer = layer.clone();
    if layer.tool.is_none() && !matches!(layer.verdict, LayerVerdict::NotRun { .. }) {
        layer.tool =
            Some(ToolVersion { name: "zerr".into(), version: env!("CARGO_PKG_VERSION").into() });
    }
    layer
}
