//! `bench`: what zerr costs on this machine.

use std::path::{Path, PathBuf};

use serde::Serialize;
use zerr_core::report::SCHEMA_VERSION;
use zerr_engine::{Engine, EngineOptions, IsolationChoice, ModelChoice};
use zerr_exec::{Cancel, trusted};

use crate::args::{BenchCommand, MessageFormat, ModelArgs};
use crate::bench_curriculum;
use crate::bench_lsp;
use crate::bench_mutants;
use crate::bench_projects;
use crate::bench_replay;
use crate::bench_verify;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::runs;

pub(crate) fn run(
    console: Console,
    project: &Path,
    command: &BenchCommand,
) -> Result<Exit, Failure> {
    match command {
        BenchCommand::Sample(args) => {
            let figures = sample(args)?;
            print(console, "sample", &figures, &sample_rows(&figures));
        }
        BenchCommand::Fingerprint => {
            let engine = Engine::open(EngineOptions {
                project: project.to_owned(),
                model: ModelChoice::Embedded,
                isolation: IsolationChoice::Required,
                threads: None,
            })?;
            let report = engine.bench_fingerprint()?;
            let figures = FingerprintFigures {
                candidates: report.candidates,
                inputs: report.inputs,
                rust_one_ms: report.rust_one_ms,
                rust_all_ms: report.rust_all_ms,
                rust_ratio: report.rust_ratio(),
                python_all_ms: report.python_all_ms,
            };
            let rows = [
                format!("{} candidates on {} inputs", figures.candidates, figures.inputs),
                format!(
                    "rust    one {:.0} ms, all {:.0} ms",
                    figures.rust_one_ms, figures.rust_all_ms
                ),
                format!("        all against one: {:.2} × (at most 5 ×)", figures.rust_ratio),
                format!("python  all {:.0} ms (under 2000 ms)", figures.python_all_ms),
            ];
            print(console, "fingerprint", &figures, &rows);
        }
        BenchCommand::Verify => {
            let figures = bench_verify::run()?;
            print(console, "verify", &figures, &figures.rows());
        }
        BenchCommand::Curriculum(args) => {
            let (figures, rows) = bench_curriculum::run(console, project, args)?;
            print(console, "curriculum", &figures, &rows);
        }
        BenchCommand::Mutants(args) => {
            let (figures, rows) = bench_mutants::run(console, project, args)?;
            print(console, "mutants", &figures, &rows);
        }
        BenchCommand::Projects(args) => {
            let (figures, rows) = bench_projects::run(console, project, args)?;
            print(console, "projects", &figures, &rows);
        }
        BenchCommand::Lsp => {
            let figures = bench_lsp::run(ruff())?;
            print(console, "lsp", &figures, &figures.rows());
        }
        BenchCommand::Replay(args) => {
            let (figures, rows) = bench_replay::run(console, project, args)?;
            print(console, "replay", &figures, &rows);
        }
        BenchCommand::Vote { steps } => {
            let folder = tempfile::tempdir().map_err(|error| {
                Failure::usage("no temporary folder can be made").because(error)
            })?;
            let bench = runs::reader(project, ModelChoice::Embedded, None)?
                .bench_vote(folder.path(), *steps)?;
            let figures = VoteFigures {
                steps: bench.steps,
                votes: bench.votes,
                us_per_vote: bench.us_per_vote,
                us_per_vote_in_memory: bench.us_per_vote_in_memory,
            };
            let rows = [
                format!("{} votes on {} steps", figures.votes, figures.steps),
                format!("{:.2} µs a vote, journal included (under 20 µs)", figures.us_per_vote),
                format!("{:.2} µs a vote without journal", figures.us_per_vote_in_memory),
            ];
            print(console, "vote", &figures, &rows);
        }
    }
    Ok(Exit::Verified)
}

/// The host measures itself: only it knows the bindings.
fn sample(args: &ModelArgs) -> Result<serde_json::Value, Failure> {
    let mut command = trusted::Command::new(host()?).arg("bench").timeout_ms(SAMPLE_TIMEOUT_MS);
    if let Some(model) = &args.model {
        command = command.arg("--model").arg(model);
    }
    if let Some(threads) = args.threads {
        command = command.arg("--threads").arg(threads.to_string());
    }
    let failed = || Failure::usage("the model host could not be measured");
    let outcome = command.run(&Cancel::new()).map_err(|error| failed().because(error))?;
    if !outcome.is_success() {
        let said = String::from_utf8_lossy(&outcome.stderr);
        let last = said.lines().last().unwrap_or("it said nothing").to_owned();
        return Err(failed().because(last));
    }
    serde_json::from_slice(&outcome.stdout).map_err(|error| {
        Failure::new(Exit::Internal, "the model host's figures cannot be read").because(error)
    })
}

/// The one that zerr pinned for itself, or that of the search path.
fn ruff() -> Option<PathBuf> {
    let own = zerr_engine::zerr_store::dirs::Dirs::from_env().ok();
    let own = own.map(|dirs| dirs.python_tool("ruff")).filter(|path| path.is_file());
    own.or_else(|| trusted::find("ruff"))
}

const SAMPLE_TIMEOUT_MS: u64 = 600_000;

/// As told, else beside this program, else on the search path.
fn host() -> Result<PathBuf, Failure> {
    let name = format!("zerr-host{}", std::env::consts::EXE_SUFFIX);
    let beside = || std::env::current_exe().ok().map(|own| own.with_file_name(&name));
    std::env::var_os("ZERR_HOST")
        .map(PathBuf::from)
        .or_else(|| beside().filter(|path| path.is_file()))
        .or_else(|| trusted::find(&name))
        .ok_or_else(|| {
            Failure::usage("no program `zerr-host` found")
                .hint("build it with `cargo build -p zerr-host`, or say where it is with ZERR_HOST")
        })
}

#[derive(Serialize)]
struct FingerprintFigures {
    candidates: usize,
    inputs: usize,
    rust_one_ms: f64,
    rust_all_ms: f64,
    rust_ratio: f64,
    python_all_ms: f64,
}

#[derive(Serialize)]
struct VoteFigures {
    steps: u64,
    votes: u64,
    us_per_vote: f64,
    us_per_vote_in_memory: f64,
}

#[derive(Serialize)]
struct BenchDocument<'a, F> {
    schema_version: u32,
    bench: &'a str,
    figures: &'a F,
}

fn print(console: Console, bench: &str, figures: &impl Serialize, rows: &[String]) {
    if console.format == MessageFormat::Json {
        console.json(&BenchDocument { schema_version: SCHEMA_VERSION, bench, figures });
    } else {
        for row in rows {
            console.data_line(row);
        }
    }
}

/// The host's figures as they come: it names them itself.
fn sample_rows(figures: &serde_json::Value) -> Vec<String> {
    let shown = |value: &serde_json::Value| match (value.as_f64(), value.as_str()) {
        (Some(number), _) if number.fract() == 0.0 => format!("{number:.0}"),
        (Some(number), _) => format!("{number:.2}"),
        (_, Some(text)) => text.to_owned(),
        _ => value.to_string(),
    };
    figures
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name:<28} {}", shown(value)))
        .collect()
}
