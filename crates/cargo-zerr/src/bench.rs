//! `bench`: what zerr costs on this machine.

use std::path::Path;

use serde::Serialize;
use zerr_core::report::SCHEMA_VERSION;
use zerr_engine::{Engine, EngineOptions, IsolationChoice, ModelChoice};

use crate::args::{BenchCommand, MessageFormat};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::runs;

pub(crate) fn run(console: Console, project: &Path, command: &BenchCommand) -> Result<Exit, Failure> {
    match command {
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
                format!("rust    one {:.0} ms, all {:.0} ms", figures.rust_one_ms, figures.rust_all_ms),
                format!("        all against one: {:.2} × (at most 5 ×)", figures.rust_ratio),
                format!("python  all {:.0} ms (under 2000 ms)", figures.python_all_ms),
            ];
            print(console, "fingerprint", &figures, &rows);
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
        rows.iter().for_each(|row| console.data_line(row));
    }
}
