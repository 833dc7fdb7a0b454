//! `generate`, and what it shares with `runs resume`: from a run's result to files, a table or a
//! document. Main functions: [`run`], [`conclude`].

use std::fs;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde::Serialize;
use zerr_core::event::SpecSource;
use zerr_core::hash::Hash;
use zerr_core::patch::{Accept, NotAccepted, Patch};
use zerr_core::report::Report;
use zerr_core::run::Completeness;
use zerr_core::verdict::Verdict;
use zerr_engine::zerr_verify::Advisories;
use zerr_engine::{
    CacheUse, Engine, EngineOptions, GenerateRequest, Interrupt, IsolationChoice, ModelChoice,
    ProjectPlace, RunResult,
};
use zerr_syntax::Language;

use crate::advisory_db;
use crate::args::{GenerateArgs, IsolationArgs, MessageFormat, PageArgs, WriteArgs};
use crate::console::Console;
use crate::dependencies::{self, Proposal, Registries};
use crate::example_tests::{self, Tests};
use crate::exit::Exit;
use crate::failure::{ErrorForm, Failure};
use crate::find;
use crate::interrupt;
use crate::outcome::{self, count};
use crate::progress::Display;
use crate::project;
use crate::questions;
use crate::settings::Settings;
use crate::target::{self, Target};
use crate::write::{self, Change, Expected, Guard};

pub(crate) fn run(
    console: Console,
    project: &Path,
    args: &GenerateArgs,
    matches: &ArgMatches,
) -> Result<Exit, Failure> {
    let settings = Settings::resolve(project, &args.settings, matches)?;
    if args.todo {
        return todo(console, project, args, &settings);
    }
    let asked = match (&args.function, &args.test, &args.target) {
        (Some(named), ..) => find::named(project, named)?.target(),
        (None, Some(test), _) => find::of_test(project, test)?.target(),
        (None, None, target) => target.clone().unwrap_or_default(),
    };
    let interrupt = interrupt::listen(console)?;
    let engine = open(project, args, &settings)?;
    one(console, project, args, &settings, &engine, &asked, &interrupt)
}

/// All unfinished functions of the project, one after the other; the worst exit code of theirs.
///
/// A test that comes to two of them judges neither while the other is missing: what was not written is
/// tried again for as long as others were.
fn todo(
    console: Console,
    project: &Path,
    args: &GenerateArgs,
    settings: &Settings,
) -> Result<Exit, Failure> {
    let open_functions = find::open(project);
    if open_functions.is_empty() {
        console.note("nothing is unfinished here");
        return Ok(Exit::Verified);
    }
    let interrupt = interrupt::listen(console)?;
    let engine = open(project, args, settings)?;
    let mut worst = Exit::Verified;
    let mut missing = open_functions;
    loop {
        let asked = missing.len();
        let mut left = Vec::new();
        let mut exits = Vec::new();
        for (at, found) in missing.into_iter().enumerate() {
            if interrupt.is_stopped() {
                return Ok(Exit::Interrupted);
            }
            console.note(&format!("{} of {asked}: {}", at + 1, found.shown));
            // What was written before has moved it.
            let target = found.again(project).as_ref().unwrap_or(&found).target();
            let exit = match one(console, project, args, settings, &engine, &target, &interrupt) {
                Ok(exit) => exit,
                // One that cannot be tried keeps no other from it.
                Err(failure) => {
                    console.error(&failure);
                    failure.exit
                }
            };
            match found.again(project) {
                Some(found) => {
                    left.push(found);
                    exits.push(exit);
                }
                None => worst = worse(worst, exit),
            }
        }
        if left.is_empty() || left.len() == asked {
            return Ok(exits.into_iter().fold(worst, worse));
        }
        let names: Vec<&str> = left.iter().map(|found| found.shown.as_str()).collect();
        console.note(&format!(
            "{} of {asked} written; the others are tried again with them: {}",
            asked - left.len(),
            names.join(", ")
        ));
        missing = left;
    }
}

fn worse(one: Exit, other: Exit) -> Exit {
    if other.code() > one.code() { other } else { one }
}

fn open(project: &Path, args: &GenerateArgs, settings: &Settings) -> Result<Engine, Failure> {
    let engine = Engine::open(EngineOptions {
        project: project.to_owned(),
        model: model(settings.model.value.as_deref())?,
        isolation: isolation(args.isolation),
        threads: settings.threads.value,
    })?;
    with_second(engine, args.second_model.as_deref())
}

/// The engine with a second model as a witness, where one is named.
pub(crate) fn with_second(engine: Engine, path: Option<&Path>) -> Result<Engine, Failure> {
    Ok(match path {
        Some(path) => engine.with_second(model(Some(path))?),
        None => engine,
    })
}

fn one(
    console: Console,
    project: &Path,
    args: &GenerateArgs,
    settings: &Settings,
    engine: &Engine,
    asked: &str,
    interrupt: &Interrupt,
) -> Result<Exit, Failure> {
    let mut target =
        Target::read_with(asked, args.language, project, args.in_project || args.test.is_some())?;
    let mut display = Display::new(console);
    // What the settings name is held out wherever a project judges; a flag alone asks for one.
    let held_out = [args.held_out.as_slice(), settings.held_out.value.as_slice()].concat();
    if !args.held_out.is_empty() && !target.in_project {
        return Err(Failure::usage(
            "`--held-out` is for functions that their project's tests judge",
        )
        .hint("try it in its project with `--in-project`"));
    }
    if says_generated(&target.read) {
        console.note(&format!(
            "{} says that it is generated: what makes it will undo the change",
            target.file.display()
        ));
    }
    for remark in &target.remarks {
        console.note(remark);
    }
    if target.in_project {
        target.source = in_project(engine, &target, &held_out, &mut display, interrupt)?;
        notes(console, &target.source);
    }
    let mut config = settings.rules();
    if args.write.partial {
        config.completeness = Completeness::Partial;
    }
    let original = match &target.source {
        SpecSource::Hole { .. } => Some(target.read.clone()),
        SpecSource::Yaml { .. } => None,
    };
    let mut request = GenerateRequest {
        source: target.source,
        config,
        target: settings.reliability.value,
        time_limit_ms: settings.time_limit_ms(),
        title: target.title,
        believe: true,
        risk: settings.risk.value,
        cache: if args.fresh { CacheUse::Fresh } else { CacheUse::Use },
        split_depth: args.split_depth,
    };
    if let Some(path) = args.record.as_deref().filter(|path| path.exists() && !args.write.force) {
        return Err(Failure::usage(format!("{} is there already", path.display()))
            .hint("name another file for the recording, or overwrite it with `--force`"));
    }
    let mut left = questions::LeftOpen::new();
    let first = request.source.clone();
    let is_hole = matches!(first, SpecSource::Hole { .. });
    // A comment that asks for a function has no documentation before there is one.
    let is_opened =
        matches!(&first, SpecSource::Hole { text, .. } if Some(text) != original.as_ref());
    let is_of_this_run = args.write.dry_run
        || args.write.diff
        || asked == target::STDIN
        || (is_hole && (is_opened || args.write.out.is_some()));
    // A function that is not written stays unfinished, with the answers.
    let keep_unwritten = |settled: &SpecSource| {
        if is_hole && !is_of_this_run && *settled != first {
            questions::keep(console, &target.file, &first, settled);
        }
    };
    let result = loop {
        let result = engine.generate(&request, &mut |progress| display.show(progress), interrupt);
        display.close();
        let result = result.inspect_err(|_| keep_unwritten(&request.source))?;
        // What is settled is an example more, and the function is tried by it from the start.
        match questions::settled(console, &request.source, &result.report, &mut left, interrupt) {
            Some(source) => {
                if is_of_this_run {
                    console.note("the answers have no place in a file: they are of this run alone");
                } else if !is_hole {
                    questions::keep(console, &target.file, &request.source, &source);
                }
                if interrupt.is_stopped() {
                    break result;
                }
                request.source = source;
            }
            None => break result,
        }
        display = Display::new(console);
    };
    let mut proposals = Vec::new();
    if target.in_project {
        let folder = target.file.parent().unwrap_or(project);
        let mut ask = args.dependencies.propose_dependencies.then(|| {
            let database = advisory_db::options(&args.dependencies.advisories);
            Registries {
                folder,
                advisories: Advisories::new(database.advisories, database.python_advisories),
                licences: &settings.licences.value,
            }
        });
        proposals = dependencies::of(&result.report, ask.as_mut(), interrupt);
    }
    let origin = Origin {
        file: Some(target.file.as_path()),
        text: original.as_deref(),
        proposals: &proposals,
    };
    let mut write = args.write.clone();
    if asked == target::STDIN && write.out.is_none() {
        // Words have no file that code could go beside.
        write.dry_run = true;
    }
    let found = fs::read(&target.file).ok();
    let exit = conclude(console, project, engine, &result, &write, origin, interrupt);
    if fs::read(&target.file).ok() == found {
        keep_unwritten(&request.source);
    }
    page(console, &args.page, &result.report)?;
    if let Some(path) = &args.record {
        if args.second_model.is_some() {
            console.note(
                "the recording holds no samples of the second model: play it with the same `--second-model`",
            );
        }
        let recording = engine.recording(&result.report.run)?;
        std::fs::write(path, recording).map_err(|error| {
            Failure::usage(format!("cannot write {}", path.display())).because(error)
        })?;
    }
    Ok(exit)
}

/// Whether a file's first lines say that a program wrote it.
fn says_generated(text: &str) -> bool {
    text.lines().take(5).any(|line| {
        let line = line.to_lowercase();
        line.contains("@generated") || line.contains("do not edit")
    })
}

/// Makes the project of a function ready.
fn in_project(
    engine: &Engine,
    target: &Target,
    held_out: &[String],
    display: &mut Display,
    interrupt: &Interrupt,
) -> Result<SpecSource, Failure> {
    let SpecSource::Hole { name, text, language, line, .. } = &target.source else {
        return Ok(target.source.clone());
    };
    let place = ProjectPlace {
        file: &target.file,
        name: name.clone(),
        text: text.clone(),
        language: *language,
        line: *line,
        held_out,
    };
    Ok(engine.in_project(&place, &mut |progress| display.show(progress), interrupt)?)
}

/// What a person should know of the project before they wait.
fn notes(console: Console, source: &SpecSource) {
    let SpecSource::Hole { project: Some(facts), .. } = source else { return };
    let calls = match facts.calls.as_slice() {
        [] => String::new(),
        [first, ..] => {
            format!("; compared by {}, such as {first}", count(facts.calls.len(), "call"))
        }
    };
    match facts.tests.as_slice() {
        [] if facts.calls.is_empty() => console.note(
            "no test reaches the function: candidates can only be compared as texts, and the winner is \
             agreed at best",
        ),
        [] => console.note(&format!(
            "no test reaches the function: the winner is agreed at best{calls}"
        )),
        [one] => console.note(&format!("judged by the test {one}{calls}")),
        [first, rest @ ..] => {
            console.note(&format!("judged by {} tests: {first} and others{calls}", rest.len() + 1));
        }
    }
    for note in &facts.notes {
        console.note(note);
    }
}

pub(crate) fn model(path: Option<&Path>) -> Result<ModelChoice, Failure> {
    let Some(path) = path else { return Ok(ModelChoice::Embedded) };
    // The host has a working folder of its own.
    std::path::absolute(path).map(ModelChoice::Path).map_err(|error| {
        Failure::usage(format!("cannot use the model {}", path.display())).because(error)
    })
}

pub(crate) fn isolation(args: IsolationArgs) -> IsolationChoice {
    if args.no_isolation_i_accept_the_risk {
        IsolationChoice::NoneAcceptedInWords
    } else {
        IsolationChoice::Required
    }
}

/// The report as a page, where one is asked for.
pub(crate) fn page(console: Console, args: &PageArgs, report: &Report) -> Result<(), Failure> {
    let Some(path) = &args.report else { return Ok(()) };
    std::fs::write(path, zerr_report::page(report)).map_err(|error| {
        Failure::usage(format!("cannot write {}", path.display())).because(error)
    })?;
    console.note(&format!("report {}", path.display()));
    Ok(())
}

/// The document of `--message-format json`: the report, and what came of it on disk.
#[derive(Serialize)]
pub(crate) struct RunDocument<'a> {
    #[serde(flatten)]
    pub(crate) report: &'a Report,
    /// Files that now hold their text of the report.
    pub(crate) written: Vec<String>,
    /// Why files were not written.
    pub(crate) not_written: Vec<String>,
    /// The folder with the evidence.
    pub(crate) evidence: Option<String>,
    /// With `--diff`: how the files would change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) diff: Option<String>,
    /// Packages that samples needed and that the project does not depend on.
    #[serde(skip_serializing_if = "<[Proposal]>::is_empty")]
    pub(crate) proposals: &'a [Proposal],
    /// What kept an accepted result from being written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<ErrorForm<'a>>,
}

/// What came of a result on disk.
#[derive(Default)]
struct Outcome {
    /// Data for standard output.
    data: String,
    diff: Option<String>,
    written: Vec<PathBuf>,
    not_written: Vec<String>,
}

/// Where a run comes from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Origin<'a> {
    /// The file as the user named it; none for a run that is found by its id.
    pub(crate) file: Option<&'a Path>,
    /// The text of the file, where the run worked on it with something more.
    pub(crate) text: Option<&'a str>,
    /// Packages that samples needed.
    pub(crate) proposals: &'a [Proposal],
}

/// Writes what is accepted and says what the run came to.
pub(crate) fn conclude(
    console: Console,
    project: &Path,
    engine: &Engine,
    result: &RunResult,
    write: &WriteArgs,
    origin: Origin<'_>,
    interrupt: &Interrupt,
) -> Exit {
    let outcome = if interrupt.is_stopped() {
        Ok(Outcome { not_written: vec!["interrupted".to_owned()], ..Outcome::default() })
    } else {
        put(project, engine, result, write, origin)
    };
    say(console, result, origin.proposals, &outcome);
    let id = &result.report.run;
    if interrupt.is_stopped() {
        if result.is_complete() {
            console.note("interrupted; do it again: what was done is answered from the cache");
            return Exit::Interrupted;
        }
        let out = write.out.as_ref().map(|out| format!(" --out {}", out.display()));
        let second = result.has_second_model().then_some(" --second-model …");
        console.note(&format!(
            "interrupted; go on with `cargo zerr runs resume {id}{}{}`",
            out.unwrap_or_default(),
            second.unwrap_or_default()
        ));
        return Exit::Interrupted;
    }
    match outcome {
        Ok(_) => Exit::of_verdict(result.report.verdict),
        // Said already: with the report on a terminal, in the document for programs.
        Err(failure) => failure.exit,
    }
}

/// The report and what became of it, in the form that was asked for.
fn say(
    console: Console,
    result: &RunResult,
    proposals: &[Proposal],
    outcome: &Result<Outcome, Failure>,
) {
    let nothing = Outcome::default();
    let (done, failure) = match outcome {
        Ok(outcome) => (outcome, None),
        Err(failure) => (&nothing, Some(failure)),
    };
    let shown = |path: &PathBuf| path.display().to_string();
    console.note(outcome::render(&result.report, console.loudness).trim_end());
    if let Some(evidence) = &result.evidence {
        console.note(&format!("evidence {}", evidence.display()));
    }
    for why in &done.not_written {
        console.note(&format!("nothing written: {why}"));
    }
    for proposal in proposals {
        console.note(&proposal.line());
    }
    if console.format == MessageFormat::Json {
        console.json(&RunDocument {
            report: &result.report,
            written: done.written.iter().map(shown).collect(),
            not_written: done.not_written.clone(),
            evidence: result.evidence.as_ref().map(shown),
            diff: done.diff.clone(),
            proposals,
            error: failure.map(Failure::form),
        });
    } else {
        console.data(&done.data);
    }
    if let Some(failure) = failure {
        console.error(failure);
    }
}

/// Writes, or shows what would be written.
fn put(
    project: &Path,
    engine: &Engine,
    result: &RunResult,
    write: &WriteArgs,
    origin: Origin<'_>,
) -> Result<Outcome, Failure> {
    let accept = if write.accept_agreed { Accept::AgreedToo } else { Accept::VerifiedOnly };
    let (patches, mut not_written) = accepted(result, accept, write.partial);
    if write.dry_run {
        let data = code(&patches);
        return Ok(Outcome { data, not_written, ..Outcome::default() });
    }
    let guard = if write.force || write.diff { Guard::Force } else { Guard::Careful };
    let (mut changes, mut beside) = (Vec::new(), Vec::new());
    for patch in &patches {
        let path = destination(project, result.source(), patch, write.out.as_deref(), origin.file)?;
        let tests = if write.write_tests {
            example_tests::of_patch(engine, result, patch, &path)
        } else {
            Tests::default()
        };
        let mut text = format!("{}{}", patch.text(), tests.appended);
        if write.icontract
            && let Some(decorated) = example_tests::decorated(engine, result, patch)
        {
            text = decorated.text;
            let why = |left: &String| format!("{left} has no expression in Python");
            not_written.extend(decorated.left_out.iter().map(why));
        }
        let change = Change::look(&path, &text, guard)?;
        let own = engine.written(change.path());
        let in_place = write.out.is_none();
        let before = origin.text.map(|text| Hash::of_text("file", text));
        change.check(match patch.replaces().filter(|_| in_place) {
            Some(hash) => Expected::Text(before.as_ref().unwrap_or(hash)),
            None => Expected::Own(own.as_deref()),
        })?;
        changes.push(change);
        if let Some((path, text)) = tests.file {
            let change = Change::look(&path, &text, guard)?;
            change.check(Expected::Own(engine.written(change.path()).as_deref()))?;
            beside.push(change);
        }
    }
    if write.diff {
        let diff: String = changes.iter().chain(&beside).map(Change::diff).collect();
        not_written.extend(diff.is_empty().then(|| "nothing would change".to_owned()));
        return Ok(Outcome {
            data: diff.clone(),
            diff: Some(diff),
            not_written,
            ..Outcome::default()
        });
    }
    let count = changes.len();
    changes.extend(beside);
    write::apply(&changes)?;
    let mut outcome = Outcome { not_written, ..Outcome::default() };
    let report = &result.report;
    for (change, patch) in changes.iter().zip(&patches) {
        // Found again by the path that it has now that it exists.
        let path = change.path().canonicalize().unwrap_or_else(|_| change.path().to_owned());
        let file = report.files.iter().find(|file| file.path == patch.path());
        // One that was filled in is called after its function in the report.
        let file = file.or(report.files.first().filter(|_| report.files.len() == 1));
        let generated = file.map_or(&[][..], |file| file.functions.as_slice());
        let hash = change.hash();
        engine.record_written(&path, hash.as_str(), patch.text(), &report.run, generated)?;
        let shown = shortest(&path);
        outcome.data.push_str(&shown.display().to_string());
        outcome.data.push('\n');
        outcome.written.push(shown);
    }
    for change in changes.iter().skip(count) {
        let path = change.path().canonicalize().unwrap_or_else(|_| change.path().to_owned());
        engine.record_written(&path, change.hash().as_str(), "", &report.run, &[])?;
        let shown = shortest(&path);
        outcome.data.push_str(&shown.display().to_string());
        outcome.data.push('\n');
        outcome.written.push(shown);
    }
    Ok(outcome)
}

/// The patches that may be written, and why there are no others.
fn accepted(result: &RunResult, accept: Accept, partial: bool) -> (Vec<Patch>, Vec<String>) {
    let mut patches = Vec::new();
    let mut refusals = Vec::new();
    for patch in result.patches(accept) {
        match patch {
            Ok(patch) => patches.push(patch),
            Err(refusal) => refusals.push(refusal),
        }
    }
    let mut why: Vec<String> = refusals
        .iter()
        .map(|refusal| match refusal {
            NotAccepted::Verdict { verdict: Verdict::Agreed, .. } => {
                format!("{refusal}; `--accept-agreed` writes it")
            }
            _ => refusal.to_string(),
        })
        .collect();
    let report = &result.report;
    let enough = |verdict: Verdict| {
        verdict == Verdict::Verified || (verdict == Verdict::Agreed && accept == Accept::AgreedToo)
    };
    if partial || (enough(report.verdict) && refusals.is_empty()) {
        if patches.is_empty() && why.is_empty() {
            why.push("no function was accepted".to_owned());
        }
        return (patches, why);
    }
    let open = report.steps.iter().filter(|step| !enough(step.verdict)).count();
    if why.is_empty() {
        let open = outcome::count(open, "function");
        why.push(if patches.is_empty() {
            format!("{open} not accepted")
        } else {
            format!("{open} not accepted; `--partial` writes the others")
        });
    }
    (Vec::new(), why)
}

/// The code itself; a comment names the file where there are several.
fn code(patches: &[Patch]) -> String {
    let mut code = String::new();
    for patch in patches {
        if patches.len() > 1 {
            let extension = Path::new(patch.path()).extension().and_then(|name| name.to_str());
            let comment = match extension.and_then(Language::from_extension) {
                Some(Language::Python) => "#",
                _ => "//",
            };
            code.extend([comment, " ", patch.path(), "\n"]);
        }
        code.push_str(patch.text());
    }
    code
}

/// Where a patch goes.
fn destination(
    project: &Path,
    source: &SpecSource,
    patch: &Patch,
    out: Option<&Path>,
    file: Option<&Path>,
) -> Result<PathBuf, Failure> {
    let Some(name) = Path::new(patch.path()).file_name() else {
        return Err(Failure::new(Exit::Internal, format!("{:?} names no file", patch.path())));
    };
    if let Some(out) = out {
        return Ok(out.join(name));
    }
    let (SpecSource::Yaml { name: read, .. } | SpecSource::Hole { name: read, .. }) = source;
    let known = match file {
        Some(file) => file.to_owned(),
        // A resumed run knows its file from the project's folder on.
        None => project.join(read),
    };
    if !known.is_file() {
        return Err(Failure::usage(format!("{read} is not in {}", project.display()))
            .because("files go beside the spec, or into the file with the unfinished function")
            .hint("say where they go with `--out DIR`"));
    }
    Ok(match source {
        SpecSource::Yaml { .. } => known.with_file_name(name),
        SpecSource::Hole { .. } => known,
    })
}

/// As seen from the current folder, where it lies inside.
fn shortest(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let inside = here.ok().map(|here| project::name_under(&here, path));
    inside.flatten().unwrap_or_else(|| path.to_owned())
}
