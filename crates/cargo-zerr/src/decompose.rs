//! `decompose`: functions taken apart, as a spec. Main function: [`run`].

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde::Serialize;
use zerr_core::report::{Report, SCHEMA_VERSION, StepReport};
use zerr_core::verdict::Verdict;
use zerr_engine::{CacheUse, Decomposed, Engine, EngineOptions, GenerateRequest};

use crate::args::{DecomposeArgs, MessageFormat, PageArgs};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::generate;
use crate::interrupt;
use crate::progress::Display;
use crate::settings::Settings;
use crate::target::Target;
use crate::write::{self, Change, Expected, Guard};

pub(crate) fn run(
    console: Console,
    project: &Path,
    args: &DecomposeArgs,
    matches: &ArgMatches,
) -> Result<Exit, Failure> {
    let settings = Settings::resolve(project, &args.settings, matches)?;
    let target = Target::read(&args.target, args.language, project)?;
    known(args, &target)?;
    let request = GenerateRequest {
        source: target.source,
        config: settings.rules(),
        target: settings.reliability.value,
        time_limit_ms: settings.time_limit_ms(),
        believe: true,
        risk: None,
        title: format!("parts of {}", target.title),
        cache: if args.fresh { CacheUse::Fresh } else { CacheUse::Use },
        split_depth: args.depth,
    };
    let engine = Engine::open(EngineOptions {
        project: project.to_owned(),
        model: generate::model(settings.model.value.as_deref())?,
        isolation: generate::isolation(args.isolation),
        threads: settings.threads.value,
    })?;
    let interrupt = interrupt::listen(console)?;
    let mut display = Display::new(console);
    let watch = &mut |progress: &_| display.show(progress);
    let decomposed = engine.decompose(&request, &args.function, watch, &interrupt);
    display.close();
    let decomposed = decomposed?;
    if interrupt.is_stopped() {
        console.note("interrupted; nothing written");
        return Ok(Exit::Interrupted);
    }
    for line in lines(&decomposed) {
        console.note(&line);
    }
    for (round, page) in decomposed.rounds.iter().zip(pages(&args.page)) {
        generate::page(console, &page, &round.report)?;
    }
    let proposed =
        if args.examples { propose(&engine, &decomposed, &settings.rules())? } else { Vec::new() };
    for form in &proposed {
        console.note(&format!(
            "{} ({}): {}  ({} : {} votes; nobody has confirmed it)",
            form.function, form.language, form.example, form.votes, form.against
        ));
    }
    let out =
        args.out.as_deref().map(|path| save(path, &decomposed.text, args.force)).transpose()?;
    match (console.format, &out) {
        (MessageFormat::Json, _) => {
            let document = Document { proposed, ..document(&decomposed, out.as_deref()) };
            console.json(&document);
        }
        (_, Some(path)) => console.data_line(&path.display().to_string()),
        (_, None) => console.data(&decomposed.text),
    }
    Ok(Exit::of_verdict(verdict(&decomposed)))
}

/// A page for each round: parts that are taken apart again get pages of their own, `votes.2.html` behind `votes.html`.
fn pages(asked: &PageArgs) -> impl Iterator<Item = PageArgs> {
    let of_round = |round: usize| {
        let report = asked.report.clone().map(|path| match round {
            1 => path,
            _ => path.with_extension(match path.extension() {
                Some(ending) => format!("{round}.{}", ending.to_string_lossy()),
                None => round.to_string(),
            }),
        });
        PageArgs { report }
    };
    (1..).map(of_round)
}

/// Every `--function` is one of the spec.
fn known(args: &DecomposeArgs, target: &Target) -> Result<(), Failure> {
    let specs = zerr_core::report::specs_of(&target.source).unwrap_or_default();
    let names: Vec<&str> = specs
        .iter()
        .flat_map(|spec| &spec.functions)
        .map(|function| function.name.as_str())
        .collect();
    match args.function.iter().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(Failure::usage(format!("{} has no function `{name}`", args.target))
            .hint(format!("it has {}", names.join(", ")))),
        None => Ok(()),
    }
}

fn save(path: &Path, text: &str, force: bool) -> Result<PathBuf, Failure> {
    let guard = if force { Guard::Force } else { Guard::Careful };
    let change = Change::look(path, text, guard)?;
    change.check(Expected::Own(None))?;
    write::apply(std::slice::from_ref(&change))?;
    Ok(path.to_owned())
}

/// One line for each function that was asked about.
fn lines(decomposed: &Decomposed) -> Vec<String> {
    let steps = decomposed.rounds.iter().flat_map(|round| &round.report.steps);
    steps
        .map(|step| {
            let name = &step.name;
            let parts = decomposed.splits.iter().find(|(split, _)| split == name);
            let votes: Vec<String> =
                step.classes.iter().map(|class| class.votes.to_string()).collect();
            let race = match step.k {
                Some(k) => format!(" (votes {}, k = {k})", votes.join(" : ")),
                None => String::new(),
            };
            let dropped = decomposed.dropped.iter().find(|(split, _)| split == name);
            if let Some((_, why)) = dropped {
                return format!("{name}: its parts do not fit into the spec, {why}{race}");
            }
            match (parts, &step.reason) {
                (Some((_, parts)), _) => format!("{name}: {}{race}", parts.join(", ")),
                (None, Some(reason)) => format!("{name}: undecided, {reason}"),
                (None, None) => format!("{name}: one function{race}"),
            }
        })
        .collect()
}

/// The worst of what was asked for; parts of parts that stay undecided spoil nothing.
fn verdict(decomposed: &Decomposed) -> Verdict {
    let decided = |step: &StepReport| step.reason.is_none();
    match decomposed.rounds.first() {
        Some(_) if !decomposed.dropped.is_empty() => Verdict::Undecided,
        Some(round) if round.report.steps.iter().all(decided) => Verdict::Verified,
        _ => Verdict::Undecided,
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    /// The spec with the parts in it.
    spec: &'a str,
    /// What was split, with the names of the parts.
    splits: Vec<SplitForm<'a>>,
    /// The reports of the runs that decided.
    rounds: Vec<&'a Report>,
    /// Examples that the model proposes for functions without any; nobody has confirmed them.
    proposed: Vec<ProposedForm>,
    /// The file that was written.
    written: Option<String>,
}

#[derive(Serialize)]
struct ProposedForm {
    function: String,
    language: &'static str,
    example: String,
    votes: u32,
    against: u32,
}

/// Replies that are drawn for the examples of one function.
const PROPOSAL_SAMPLES: u32 = 12;

/// Examples for the functions that have none.
fn propose(
    engine: &Engine,
    decomposed: &Decomposed,
    rules: &zerr_core::run::RunConfig,
) -> Result<Vec<ProposedForm>, Failure> {
    let specs = zerr_core::spec::parse(decomposed.text.as_bytes(), "the parts")
        .map_err(zerr_engine::EngineError::Spec)?;
    let mut found = Vec::new();
    for function in specs.iter().flat_map(|spec| &spec.functions) {
        if !function.examples.is_empty() {
            continue;
        }
        let proposed = engine.propose_examples(function, rules, PROPOSAL_SAMPLES)?;
        found.extend(proposed.proposals.into_iter().map(|proposal| ProposedForm {
            function: function.name.clone(),
            language: function.signature.language.name(),
            example: proposal.example.text,
            votes: proposal.votes,
            against: proposal.against,
        }));
    }
    Ok(found)
}

#[derive(Serialize)]
struct SplitForm<'a> {
    function: &'a str,
    parts: &'a [String],
}

fn document<'a>(decomposed: &'a Decomposed, out: Option<&Path>) -> Document<'a> {
    Document {
        schema_version: SCHEMA_VERSION,
        spec: &decomposed.text,
        splits: decomposed
            .splits
            .iter()
            .map(|(function, parts)| SplitForm { function, parts })
            .collect(),
        rounds: decomposed.rounds.iter().map(|round| &round.report).collect(),
        proposed: Vec::new(),
        written: out.map(|path| path.display().to_string()),
    }
}
