//! `calibrate`: tasks whose truth is known, generated as any other, so that a stated risk can be kept.
//! Main function: [`run`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use zerr_core::calibrate::{Chance, belief};
use zerr_core::prompt::Role;
use zerr_core::run::{RolePrior, RunConfig};
use zerr_core::spec::RELIABILITY_DEFAULT;
use zerr_core::verdict::Verdict;
use zerr_engine::{
    Calibration, Decision, Engine, EngineError, EngineOptions, Interrupt, IsolationChoice,
    ModelChoice, PROMISE_ERROR, Reference, ReplayTask, SPLITS, calibration_rules, is_recording,
};
use zerr_exec::Cancel;
use zerr_syntax::Language;

use crate::args::{CalibrateArgs, MessageFormat};
use crate::bench_curriculum;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::generate;
use crate::interrupt;
use crate::interval;
use crate::recordings;
use crate::side_by_side;

/// Risks that the table looks at.
const RISKS: [f64; 4] = [0.02, 0.05, 0.10, 0.20];

/// Samples of each task that are held against the truth one by one.
const SINGLES: u32 = 16;

/// What a risk costs.
#[derive(Debug, Serialize)]
struct Row {
    language: Language,
    risk: f64,
    /// The least confidence that is accepted; none where the risk cannot be promised.
    least: Option<f64>,
    /// The share of all tasks of the language that would be accepted.
    coverage: Option<f64>,
    /// The share of wrong ones among those that are accepted by thresholds of other folds alone.
    held_out: Option<f64>,
    /// Its bounds, 95 %.
    held_out_interval: (f64, f64),
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    schema_version: u32,
    calibration: &'a Calibration,
    error: f64,
    rows: Vec<Row>,
    saved: Option<String>,
}

/// What was tried: how many tasks of each language, and the accepted ones.
#[derive(Default)]
struct Tried {
    tasks: BTreeMap<Language, u32>,
    decisions: Vec<Decision>,
    /// Right and valid samples of each task.
    singles: BTreeMap<Language, Vec<(u32, u32)>>,
    /// Tasks that could not be put to the model, and why.
    left_out: Vec<String>,
}

pub(crate) fn run(console: Console, project: &Path, args: &CalibrateArgs) -> Result<Exit, Failure> {
    let interrupt = interrupt::listen(console)?;
    let model = generate::model(args.model.model.as_deref())?;
    let choice = match args.second_model.as_deref() {
        Some(path) => Some(generate::model(Some(path))?),
        None => None,
    };
    let open = |model: ModelChoice| {
        let engine = Engine::open(EngineOptions {
            project: project.to_owned(),
            model,
            isolation: IsolationChoice::Required,
            threads: args.model.threads,
        })?;
        Ok::<_, EngineError>(match &choice {
            Some(choice) => engine.with_second(choice.clone()),
            None => engine,
        })
    };
    let engine = open(model)?;
    let config = config(args);
    let keeps = !args.dry_run && !args.plain;
    let second = engine.second_model()?;
    let (details, tried) = match (&args.tasks, args.samples.as_slice()) {
        (Some(tasks), _) => {
            let details = named(&engine)?;
            (details, by_tasks(console, &engine, (tasks, args.limit), &config, &interrupt)?)
        }
        (None, samples) => {
            let recordings = recordings::tasks(console, samples, args.limit)?;
            let truth = args.truth.as_deref().ok_or_else(|| {
                Failure::usage("recordings need their truth").hint("name it with `--truth FILE`")
            })?;
            // The model that the samples are of, or the recording as a model of its own.
            let details = match (&args.model.model, samples) {
                (None, [only]) if is_recording(only) => {
                    named(&open(ModelChoice::Path(only.clone()))?)?
                }
                (None, _) if !keeps => (String::new(), String::new()),
                (None, _) => {
                    let what = "nobody knows which model these recordings are of";
                    return Err(Failure::usage(what).hint(
                        "name it with `--model FILE`; `--dry-run` shows the table and keeps nothing",
                    ));
                }
                _ => named(&engine)?,
            };
            (details, by_recordings(console, &engine, (&recordings, truth), &config, &interrupt)?)
        }
    };
    for line in &tried.left_out {
        console.note(&format!("left out: {line}"));
    }
    if interrupt.is_stopped() {
        console.note("interrupted: nothing is kept of a calibration that is not complete");
        return Ok(Exit::Interrupted);
    }
    let calibration = Calibration {
        model: details.0,
        sha256: details.1,
        second: second.as_ref().map(|model| model.sha256.clone()),
        // As a spec that says nothing of it asks for.
        rules: calibration_rules(&RunConfig {
            target: RELIABILITY_DEFAULT,
            second,
            ..config.clone()
        }),
        tasks: tried.tasks.values().sum(),
        decisions: tried.decisions,
        beliefs: beliefs(&tried.singles),
    };
    // What a risk costs is known of the rules for runs with one.
    let rows = if args.plain { Vec::new() } else { rows(&calibration, &tried.tasks) };
    let saved = if keeps {
        let path = calibration
            .save()
            .map_err(|error| Failure::usage("the calibration cannot be written").because(error))?;
        Some(path.display().to_string())
    } else {
        None
    };
    if console.format == MessageFormat::Json {
        console.json(&Document {
            schema_version: 1,
            calibration: &calibration,
            error: PROMISE_ERROR,
            rows,
            saved,
        });
    } else {
        console.data(&table(&calibration, &rows));
        if let Some(path) = saved {
            let beside = args.second_model.as_ref().map_or("", |_| " --second-model PATH");
            console.note(&format!("kept in {path}; `generate{beside} --risk R` uses it"));
        }
    }
    Ok(Exit::Verified)
}

/// What single samples are worth, where enough tasks have some.
fn beliefs(singles: &BTreeMap<Language, Vec<(u32, u32)>>) -> Vec<RolePrior> {
    singles
        .iter()
        .filter_map(|(language, outcomes)| {
            let role = Role::Function.name().to_owned();
            Some(RolePrior { role, language: Some(*language), prior: belief(outcomes)? })
        })
        .collect()
}

/// The rules of a run with a stated risk, for which confidences are learnt, or of one without.
fn config(args: &CalibrateArgs) -> RunConfig {
    RunConfig { fragments: !args.plain, ..RunConfig::default() }
}

/// A model's name and its hash.
fn named(engine: &Engine) -> Result<(String, String), Failure> {
    let info = engine.model()?.info;
    Ok((info.name, info.sha256))
}

fn rows(calibration: &Calibration, tasks: &BTreeMap<Language, u32>) -> Vec<Row> {
    let each =
        tasks.iter().flat_map(|(language, count)| RISKS.map(|risk| (*language, *count, risk)));
    each.map(|(language, count, risk)| {
        let found = calibration.threshold(language, risk);
        let (accepted, wrong) = calibration.held_out(language, risk);
        Row {
            language,
            risk,
            least: found.map(|it| it.confidence),
            coverage: found.map(|it| it.accepted as f64 / f64::from(count.max(1))),
            held_out: (accepted > 0.0).then(|| wrong / accepted),
            held_out_interval: interval::of_share(wrong.round() as u32, accepted.round() as u32),
        }
    })
    .collect()
}

fn table(calibration: &Calibration, rows: &[Row]) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    for verdict in [Verdict::Verified, Verdict::Agreed] {
        let own = calibration.decisions.iter().filter(|one| one.verdict == verdict);
        let (all, right) =
            own.fold((0, 0), |(all, right), one| (all + 1, right + u32::from(one.right)));
        let (low, high) = interval::of_share(right, all);
        line(format!(
            "{verdict}: {right} of {all} right (95 %: {:.1} to {:.1} %), of {} tasks",
            100.0 * low,
            100.0 * high,
            calibration.tasks
        ));
    }
    let wrong = calibration.decisions.iter().filter(|one| !one.right);
    for verdict in [Verdict::Verified, Verdict::Agreed] {
        let own = wrong.clone().filter(|one| one.verdict == verdict);
        let names: Vec<&str> = own.map(|one| one.task.as_str()).collect();
        if !names.is_empty() {
            line(format!("{verdict} and wrong: {}", names.join(", ")));
        }
    }
    if rows.is_empty() {
        return text;
    }
    for belief in &calibration.beliefs {
        let language = belief.language.map_or("all", Language::name);
        line(format!(
            "{language}: one sample is right with p = {:.3}, correlation within a task {:.2}; runs without \
             a risk believe that where it is kept",
            belief.prior.p, belief.prior.correlation
        ));
    }
    line(format!("a promised risk holds with a chance of {}", 1.0 - PROMISE_ERROR));
    line(format!(
        "language  risk  confidence  accepted  wrong on folds that it was set without, 95 % ({SPLITS} splits)"
    ));
    for row in rows {
        let (language, risk) = (row.language.name(), row.risk);
        let (low, high) = row.held_out_interval;
        let folds = row.held_out.map_or_else(
            || "none is accepted there".to_owned(),
            |wrong| format!("{:.1} % ({:.1} to {:.1})", 100.0 * wrong, 100.0 * low, 100.0 * high),
        );
        line(match (row.least, row.coverage) {
            (Some(least), Some(coverage)) => {
                let coverage = 100.0 * coverage;
                format!("{language:<8}  {risk:.2}  {least:10.3}  {coverage:6.1} %  {folds}")
            }
            _ => format!("{language:<8}  {risk:.2}  cannot be promised"),
        });
    }
    let languages: BTreeSet<Language> = rows.iter().map(|row| row.language).collect();
    line("language  confidence from  right  of".to_owned());
    for language in languages {
        for Chance { from, right, known } in calibration.chances(language) {
            let language = language.name();
            line(format!("{language:<8}  {from:15.3}  {:3.0} %  {known}", 100.0 * right));
        }
    }
    text
}

/// Tasks with calls that are known, which the model is asked for.
fn by_tasks(
    console: Console,
    engine: &Engine,
    (file, limit): (&Path, Option<usize>),
    config: &RunConfig,
    interrupt: &Interrupt,
) -> Result<Tried, Failure> {
    let tasks = bench_curriculum::read(file, limit)?;
    let mut tried = Tried::default();
    for (number, task) in tasks.iter().enumerate() {
        let outcome = engine.bench_task(task, config, SINGLES, interrupt)?;
        if interrupt.is_stopped() {
            break;
        }
        let language = task.spec.get("language").and_then(|name| name.as_str());
        let Some(language) = language.and_then(|name| name.parse().ok()) else {
            tried.left_out.push(format!("{}: it says no language", task.id));
            continue;
        };
        *tried.tasks.entry(language).or_default() += 1;
        tried.singles.entry(language).or_default().push((outcome.singles.0, outcome.valid));
        if let (Some(right), Some(confidence)) = (outcome.right, outcome.confidence) {
            let (task, verdict) = (task.id.clone(), outcome.verdict);
            tried.decisions.push(Decision { task, language, verdict, confidence, right });
        }
        tell(console, number, tasks.len());
    }
    Ok(tried)
}

fn tell(console: Console, number: usize, all: usize) {
    if number % 20 == 19 {
        console.note(&format!("{} of {all} tasks", number + 1));
    }
}

/// What came of one recorded task.
#[derive(Default)]
struct Played {
    language: Option<Language>,
    single: Option<(u32, u32)>,
    decision: Option<Decision>,
    left_out: Option<String>,
}

/// Recorded samples, played to the engine as a model would give them.
fn by_recordings(
    console: Console,
    engine: &Engine,
    (tasks, truth): (&[ReplayTask], &Path),
    config: &RunConfig,
    interrupt: &Interrupt,
) -> Result<Tried, Failure> {
    let truths = recordings::truths(console, truth, tasks)?;
    let all = side_by_side::each(console, tasks, side_by_side::cores(), &|task, cancel| {
        if interrupt.is_stopped() {
            return Ok(Played::default());
        }
        by_recording(engine, (task, truths.get(&task.task_id)), config, interrupt, cancel)
    })?;
    let mut tried = Tried::default();
    for played in all {
        tried.left_out.extend(played.left_out);
        let Some(language) = played.language else { continue };
        *tried.tasks.entry(language).or_default() += 1;
        if let Some(single) = played.single {
            tried.singles.entry(language).or_default().push(single);
        }
        tried.decisions.extend(played.decision);
    }
    Ok(tried)
}

fn by_recording(
    engine: &Engine,
    (task, truth): (&ReplayTask, Option<&Reference>),
    config: &RunConfig,
    interrupt: &Interrupt,
    cancel: &Cancel,
) -> Result<Played, EngineError> {
    let Some(truth) = truth else {
        let left_out = Some(format!("{}: the truth says nothing of it", task.task_id));
        return Ok(Played { left_out, ..Played::default() });
    };
    let language = task.language();
    // Where there is no spec nothing can be accepted, and that counts.
    let mut played = Played { language: Some(language), ..Played::default() };
    let Ok(sources) = task.sources() else { return Ok(played) };
    let replayed = engine.replay(&task.with_first(SINGLES as usize), cancel)?;
    if replayed.unread.is_some() {
        return Ok(played);
    }
    let judged = engine.right(&replayed, truth, cancel)?;
    let right = judged.right.iter().flatten().filter(|right| **right).count() as u32;
    let ran = |keys: &&Vec<String>| !keys.is_empty();
    let valid = replayed.pool.behaviour.iter().filter(ran).count() as u32;
    // A truth that could not be run says nothing.
    played.single = judged.right.is_some().then_some((right.min(valid), valid));
    let Some(step) = engine.play(task, &sources, config, interrupt)? else {
        return Ok(played);
    };
    let source = step.classes.first().map(|class| class.source.clone());
    if let (Verdict::Verified | Verdict::Agreed, Some(source), Some(confidence)) =
        (step.verdict, source, step.confidence)
    {
        let right = is_right(engine, task, &source, truth, cancel)?;
        // An example that does not count leaves it to votes.
        let least = if replayed.defects.is_empty() { Verdict::Verified } else { Verdict::Agreed };
        let (task, verdict) = (task.task_id.clone(), step.verdict.max(least));
        played.decision = Some(Decision { task, language, verdict, confidence, right });
    }
    Ok(played)
}

/// Whether a whole function does what the reference does.
fn is_right(
    engine: &Engine,
    task: &ReplayTask,
    source: &str,
    truth: &Reference,
    cancel: &Cancel,
) -> Result<bool, EngineError> {
    let one = task.with_sample(source);
    let replayed = engine.replay(&one, cancel)?;
    let judged = engine.right(&replayed, truth, cancel)?;
    Ok(judged.right.is_some_and(|right| right.first() == Some(&true)))
}
