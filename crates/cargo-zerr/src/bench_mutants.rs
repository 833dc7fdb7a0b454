//! `bench mutants`: mutants of reference solutions, and which layers of `verify` catch them. Main
//! function: [`run`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use serde_json::Value;
use zerr_engine::{Engine, EngineOptions, IsolationChoice, ModelChoice, Mutated, Reference};
use zerr_exec::{Cancel, trusted};

use crate::args::MutantArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::recordings;

/// Longer than any run over a data set.
const TIMEOUT_MS: u64 = 3_600_000;

/// What came of it.
#[derive(Debug, Serialize)]
pub(crate) struct MutantFigures {
    /// Functions of the data set, and those that zerr can read.
    tasks: usize,
    read: usize,
    /// Mutants that do something else than the right solution on the data set's inputs.
    wrong: usize,
    /// Mutants that do the same there.
    same: usize,
    /// Tasks with contracts of their own.
    with_contracts: usize,
    /// Wrong mutants by the layers that refuse them.
    caught: BTreeMap<String, usize>,
    caught_by_any: usize,
    /// Right solutions that a layer refuses.
    false_alarms: Vec<String>,
}

pub(crate) fn run(
    console: Console,
    project: &Path,
    args: &MutantArgs,
) -> Result<(MutantFigures, Vec<String>), Failure> {
    let references = recordings::lines::<Reference>(&args.truth)?;
    let contracts: BTreeMap<String, Vec<String>> = match &args.contracts {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(cannot_read(path))?;
            serde_json::from_str(&text).map_err(|error| {
                Failure::usage(format!("{} is no table of contracts", path.display()))
                    .because(error)
                    .hint("write {\"TASK\": [\"ensures: …\", …], …}")
            })?
        }
        None => BTreeMap::new(),
    };
    let engine = Engine::open(EngineOptions {
        project: project.to_owned(),
        model: ModelChoice::Embedded,
        isolation: IsolationChoice::Required,
        threads: None,
    })?;
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::usage("no temporary folder can be made").because(error))?;
    let none = Vec::new();
    let mut figures = MutantFigures {
        tasks: references.len(),
        read: 0,
        wrong: 0,
        same: 0,
        with_contracts: 0,
        caught: BTreeMap::new(),
        caught_by_any: 0,
        false_alarms: Vec::new(),
    };
    // Files of wrong mutants with that of their original.
    let mut wrong: Vec<(String, String)> = Vec::new();
    let mut originals: Vec<(String, String)> = Vec::new();
    let limit = args.limit.unwrap_or(usize::MAX);
    for (number, reference) in references.iter().take(limit).enumerate() {
        let own = contracts.get(&reference.task_id).unwrap_or(&none);
        let Some(mutated) = reference.mutated(own, args.mutants) else { continue };
        let Some(verdicts) = engine.wrong_mutants(reference, &mutated)? else { continue };
        figures.read += 1;
        figures.with_contracts += usize::from(!own.is_empty());
        let first = format!("t{number}_0.py");
        write(folder.path(), &first, &mutated)?;
        for (at, ((text, _), is_wrong)) in mutated.mutants.iter().zip(verdicts).enumerate() {
            if !is_wrong {
                figures.same += 1;
                continue;
            }
            figures.wrong += 1;
            let name = format!("t{number}_{}.py", at + 1);
            std::fs::write(folder.path().join(&name), text).map_err(cannot_write(&name))?;
            wrong.push((name, first.clone()));
        }
        originals.push((first, reference.task_id.clone()));
        if number % 10 == 9 {
            console.note(&format!("{} tasks, {} wrong mutants", number + 1, figures.wrong));
        }
    }
    console.note(&format!("verifying {} files", wrong.len() + originals.len()));
    let names: Vec<&str> = args.layers.iter().map(|layer| layer.name()).collect();
    let refused = verified(folder.path(), &names.join(","))?;
    let of = |file: &str| refused.get(file).cloned().unwrap_or_default();
    for (file, original) in &wrong {
        let layers: BTreeSet<String> = of(file).into_iter().collect();
        // A layer that refuses the right solution has not told the two apart.
        let before: BTreeSet<String> = of(original).into_iter().collect();
        let caught: Vec<&String> = layers.difference(&before).collect();
        figures.caught_by_any += usize::from(!caught.is_empty());
        for layer in caught {
            *figures.caught.entry(layer.clone()).or_default() += 1;
        }
    }
    for (file, task) in &originals {
        figures.false_alarms.extend(of(file).into_iter().map(|layer| format!("{task}: {layer}")));
    }
    let rows = rows(&figures);
    Ok((figures, rows))
}

fn rows(figures: &MutantFigures) -> Vec<String> {
    let share = |count: usize| 100.0 * count as f64 / figures.wrong.max(1) as f64;
    let mut rows = vec![
        format!(
            "{} of {} tasks, {} with contracts: {} wrong mutants, {} that do the same",
            figures.read, figures.tasks, figures.with_contracts, figures.wrong, figures.same
        ),
        format!("caught by any layer   {:5.1} %", share(figures.caught_by_any)),
    ];
    for (layer, count) in &figures.caught {
        rows.push(format!("  {layer:<20}{:5.1} %", share(*count)));
    }
    rows.push(format!("right solutions that are refused  {}", figures.false_alarms.len()));
    rows.extend(figures.false_alarms.iter().take(12).map(|alarm| format!("  {alarm}")));
    rows
}

/// The layers that refuse each file.
fn verified(folder: &Path, layers: &str) -> Result<BTreeMap<String, Vec<String>>, Failure> {
    let own = std::env::current_exe()
        .map_err(|error| Failure::usage("this program cannot be found").because(error))?;
    let failed = || Failure::usage("`verify` of the mutants failed");
    let outcome = trusted::Command::new(own)
        .args(["verify", "--project", ".", "--message-format", "json", "--layers", layers, "."])
        .cwd(folder)
        .timeout_ms(TIMEOUT_MS)
        .output_bytes_max(256 << 20)
        .run(&Cancel::new())
        .map_err(|error| failed().because(error))?;
    let report: Value =
        serde_json::from_slice(&outcome.stdout).map_err(|error| failed().because(error))?;
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for finding in report["findings"].as_array().into_iter().flatten() {
        let text = |key: &str| finding[key].as_str().unwrap_or("").to_owned();
        let layers = refused.entry(text("file")).or_default();
        if text("severity") == "error" && !layers.contains(&text("layer")) {
            layers.push(text("layer"));
        }
    }
    Ok(refused)
}

fn write(folder: &Path, name: &str, mutated: &Mutated) -> Result<(), Failure> {
    std::fs::write(folder.join(name), &mutated.original).map_err(cannot_write(name))
}

fn cannot_write(name: &str) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::usage(format!("cannot write {name}")).because(error)
}

pub(crate) fn cannot_read(path: &Path) -> impl Fn(std::io::Error) -> Failure {
    move |error| Failure::usage(format!("cannot read {}", path.display())).because(error)
}
