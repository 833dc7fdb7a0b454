//! `runs list`, `runs show`, `runs resume`.

use std::path::Path;
use std::time::{Duration, SystemTime};

use comfy_table::{Table, presets};
use serde::Serialize;
use zerr_core::report::SCHEMA_VERSION;
use zerr_engine::zerr_store::RunSummary;
use zerr_engine::{Engine, EngineOptions, IsolationChoice, ModelChoice};

use crate::args::{MessageFormat, ResumeArgs, RunsCommand, ShowArgs};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::generate::{self, Origin, RunDocument};
use crate::interrupt;
use crate::outcome;
use crate::progress::Display;

pub(crate) fn run(
    console: Console,
    project: &Path,
    command: &RunsCommand,
) -> Result<Exit, Failure> {
    match command {
        RunsCommand::List => list(console, project),
        RunsCommand::Show(args) => show(console, project, args),
        RunsCommand::Resume(args) => resume(console, project, args),
    }
}

/// An engine for commands that run no generated code, and so need no sandbox.
pub(crate) fn reader(
    project: &Path,
    model: ModelChoice,
    threads: Option<u32>,
) -> Result<Engine, Failure> {
    let isolation = IsolationChoice::NoneAcceptedInWords;
    let project = project.to_owned();
    Ok(Engine::open(EngineOptions { project, model, isolation, threads })?)
}

#[derive(Serialize)]
struct ListDocument<'a> {
    schema_version: u32,
    runs: Vec<RowForm<'a>>,
}

#[derive(Serialize)]
struct RowForm<'a> {
    run: &'a str,
    name: &'a str,
    state: &'a str,
    created_unix_ms: u64,
    events: u64,
}

fn list(console: Console, project: &Path) -> Result<Exit, Failure> {
    let runs = reader(project, ModelChoice::Embedded, None)?.runs()?;
    if console.format == MessageFormat::Json {
        let row = |summary| {
            let RunSummary { run, state, events }: &RunSummary = summary;
            RowForm {
                run: &run.id,
                name: &run.title,
                state: standing(state),
                created_unix_ms: run.created_unix_ms,
                events: *events,
            }
        };
        let runs = runs.iter().map(row).collect();
        console.json(&ListDocument { schema_version: SCHEMA_VERSION, runs });
        return Ok(Exit::Verified);
    }
    if runs.is_empty() {
        console.note(&format!("no runs in {}", project.join(".zerr").display()));
        return Ok(Exit::Verified);
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["run", "name", "state", "begun", "events"]);
    for summary in &runs {
        let begun = SystemTime::UNIX_EPOCH + Duration::from_millis(summary.run.created_unix_ms);
        table.add_row([
            summary.run.id.clone(),
            summary.run.title.clone(),
            standing(&summary.state).to_owned(),
            humantime::format_rfc3339_seconds(begun).to_string(),
            summary.events.to_string(),
        ]);
    }
    console.data_line(&table.trim_fmt());
    Ok(Exit::Verified)
}

/// A run without a word for its end is going on, or was killed.
fn standing(state: &str) -> &str {
    if state.is_empty() { "unfinished" } else { state }
}

fn show(console: Console, project: &Path, args: &ShowArgs) -> Result<Exit, Failure> {
    let engine = reader(project, ModelChoice::Embedded, None)?;
    let result = engine.report(&args.run)?;
    generate::page(console, &args.page, &result.report)?;
    if let Some(path) = &args.record {
        let recording = engine.recording(&result.report.run)?;
        let written = std::fs::File::create_new(path)
            .and_then(|mut file| std::io::Write::write_all(&mut file, recording.as_bytes()));
        written.map_err(|error| {
            Failure::usage(format!("cannot write {}", path.display()))
                .because(error)
                .hint("name a file that is not there yet")
        })?;
    }
    let evidence = result.evidence.as_ref().map(|path| path.display().to_string());
    if console.format == MessageFormat::Json {
        console.json(&RunDocument {
            report: &result.report,
            written: Vec::new(),
            not_written: Vec::new(),
            evidence,
            diff: None,
            proposals: &[],
            error: None,
        });
    } else {
        console.data(&outcome::render(&result.report, console.loudness));
        if let Some(evidence) = evidence {
            console.data_line(&format!("evidence {evidence}"));
        }
    }
    Ok(Exit::Verified)
}

fn resume(console: Console, project: &Path, args: &ResumeArgs) -> Result<Exit, Failure> {
    let engine = Engine::open(EngineOptions {
        project: project.to_owned(),
        model: generate::model(args.model.as_deref())?,
        isolation: generate::isolation(args.isolation),
        threads: args.threads,
    })?;
    let engine = generate::with_second(engine, args.second_model.as_deref())?;
    let interrupt = interrupt::listen(console)?;
    let mut display = Display::new(console);
    let result = engine.resume(&args.run, &mut |progress| display.show(progress), &interrupt);
    display.close();
    let result = result?;
    let exit = generate::conclude(
        console,
        project,
        &engine,
        &result,
        &args.write,
        Origin::default(),
        &interrupt,
    );
    generate::page(console, &args.page, &result.report)?;
    Ok(exit)
}
