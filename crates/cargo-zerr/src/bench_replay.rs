//! `bench replay`: recorded samples of real models, chosen from in every way at once, and how often
//! the choice is right. Main function: [`run`].

mod page;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use zerr_core::calibrate::{self, Known, Promise, held_out};
use zerr_core::run::RunConfig;
use zerr_core::select::{self, Course, Method, Pool, Raced};
use zerr_core::verdict::Verdict;
use zerr_core::vote::Margin;
use zerr_engine::{
    Engine, EngineError, EngineOptions, Interrupt, IsolationChoice, ModelChoice, Reference,
    ReplayTask, SPLITS,
};
use zerr_exec::Cancel;

use crate::args::ReplayArgs;
use crate::bench_weights::{WeightRow, Weights};
use crate::console::Console;
use crate::failure::Failure;
use crate::interval;
use crate::recordings;
use crate::side_by_side;

/// Margins that races are run with.
const MARGINS: [u32; 4] = [1, 3, 5, 8];

/// How sure a choice has to be before drawing stops.
const ENOUGH: [f64; 6] = [0.4, 0.5, 0.55, 0.6, 0.7, 0.8];

/// Orders of the samples that a race is run over.
const ORDERS: u64 = 20;

/// Risks that are promised, the first one for `--selections`.
const RISKS: [f64; 2] = [0.10, 0.05];

/// The chance that a promise is broken.
const ERROR: f64 = 0.10;

/// Tasks with wrong examples, or without a spec, that the table names.
const NAMED_MAX: usize = 6;

/// Red flags that the table names.
const FLAGS_MAX: usize = 8;

/// Samples that a chosen function stands for where it is tried by itself.
const COPIES: usize = 16;

/// Shares of the tasks, the surest first, at which precision is told.
const COVERAGES: [f64; 2] = [0.25, 0.40];

/// One way of choosing over all tasks.
#[derive(Clone, Debug, Serialize)]
struct MethodRow {
    method: String,
    /// The share of tasks whose choice is right, where one has to be made.
    forced: f64,
    forced_interval: (f64, f64),
    /// The same among the surest quarter and the surest two fifths.
    precision: Vec<f64>,
    precision_interval: Vec<(f64, f64)>,
}

/// Races with one margin over all tasks.
#[derive(Clone, Debug, Default, Serialize)]
struct RaceRow {
    k: u32,
    drawn: f64,
    decided: f64,
    precision: f64,
    precision_interval: (f64, f64),
}

/// Choices until they are so sure, or hopeless, over all tasks.
#[derive(Clone, Debug, Default, Serialize)]
struct StopRow {
    enough: f64,
    drawn: f64,
    decided: f64,
    precision: f64,
    precision_interval: (f64, f64),
}

#[derive(Debug, Serialize)]
pub(crate) struct ReplayFigures {
    tasks: usize,
    read: usize,
    samples: usize,
    /// The fewest and the most samples of a task.
    samples_a_task: (usize, usize),
    /// Orders of the samples that races are run over, with the seeds 0, 1 and so on.
    orders: u64,
    /// Splits into folds that promises are tried on, with the seeds 0, 1 and so on.
    splits: u64,
    flagged: usize,
    /// Red flags by kind.
    flags: BTreeMap<String, usize>,
    tests: usize,
    /// Tasks of which some sample is right.
    ceiling: f64,
    methods: Vec<MethodRow>,
    races: Vec<RaceRow>,
    stops: Vec<StopRow>,
    /// What a sign says of a sample.
    weights: Vec<WeightRow>,
    promises: Vec<PromiseRow>,
    /// Of what was accepted at the first risk and then tried by every layer: right ones and all, by verdict.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    verdicts: BTreeMap<Verdict, (u32, u32)>,
    seconds: f64,
    /// The most memory that this process, without those it starts, held at once, in bytes.
    memory_bytes: Option<u64>,
    /// Tasks whose prompt gives no spec: wrong in every way of choosing.
    unread: BTreeMap<String, String>,
    /// Tasks whose examples cannot all be right, and what is wrong.
    defects: BTreeMap<String, Vec<String>>,
    /// Tasks that the truth says nothing of: left out.
    not_judged: Vec<String>,
    /// Rows of the truth that could not be put to a function.
    rows_skipped: usize,
    /// Rows on which at least half of the samples do not end.
    rows_extreme: usize,
}

/// Drawn, decided and decided rightly, over all orders.
type Drawn = (usize, u32, u32);

/// What the table needs of a task.
struct Scored {
    /// Of each method the share of its chosen samples that are right, and how sure it was.
    choices: Vec<(f64, f64)>,
    /// Of each margin.
    races: Vec<Drawn>,
    /// Of each way to be sure enough.
    stops: Vec<Drawn>,
    any: bool,
    /// Whether the sample that would be written is right.
    selected: bool,
}

pub(crate) fn run(
    console: Console,
    project: &Path,
    args: &ReplayArgs,
) -> Result<(ReplayFigures, Vec<String>), Failure> {
    let started = std::time::Instant::now();
    let tasks = recordings::tasks(console, &args.samples, args.limit)?;
    let truths = recordings::truths(console, &args.truth, &tasks)?;
    let engine = Engine::open(EngineOptions {
        project: project.to_owned(),
        model: ModelChoice::Embedded,
        isolation: IsolationChoice::Required,
        threads: None,
    })?;
    let mut figures = ReplayFigures {
        tasks: tasks.len(),
        read: 0,
        samples: 0,
        samples_a_task: samples_a_task(&tasks),
        orders: ORDERS,
        splits: SPLITS,
        flagged: 0,
        flags: BTreeMap::new(),
        tests: 0,
        ceiling: 0.0,
        methods: Vec::new(),
        races: Vec::new(),
        stops: Vec::new(),
        weights: Vec::new(),
        promises: Vec::new(),
        verdicts: BTreeMap::new(),
        seconds: 0.0,
        memory_bytes: None,
        unread: BTreeMap::new(),
        defects: BTreeMap::new(),
        not_judged: Vec::new(),
        rows_skipped: 0,
        rows_extreme: 0,
    };
    let mut weights = Weights::default();
    let (mut scored, mut selections, mut pools) = (Vec::new(), Vec::new(), Vec::new());
    // Which selections the truth says something of.
    let mut judged: Vec<usize> = Vec::new();
    // Much of one is waiting for processes to start.
    let at_once = 2 * side_by_side::cores();
    let all = side_by_side::each(console, &tasks, at_once, &|task, cancel| {
        tried(&engine, task, truths.get(&task.task_id), args.pools.is_some(), cancel)
    })?;
    for (task, tried) in tasks.iter().zip(all) {
        figures.samples += task.samples.len();
        figures.flagged += tried.flagged;
        figures.tests += tried.tests;
        match tried.unread {
            Some(why) => {
                figures.unread.insert(task.task_id.clone(), why);
            }
            None => figures.read += 1,
        }
        for (flag, count) in tried.flags {
            *figures.flags.entry(flag).or_default() += count;
        }
        figures.rows_skipped += tried.rows_skipped;
        figures.rows_extreme += tried.rows_extreme;
        if let Some(selection) = tried.selection.as_ref().filter(|one| !one.defects.is_empty()) {
            figures.defects.insert(task.task_id.clone(), selection.defects.clone());
        }
        selections.extend(tried.selection);
        pools.extend(tried.pool);
        let Some(one) = tried.scored else {
            figures.not_judged.push(task.task_id.clone());
            continue;
        };
        judged.push(selections.len().saturating_sub(1));
        weights.merge(&tried.weights);
        scored.push(one);
    }
    let count = scored.len().max(1) as f64;
    figures.ceiling = scored.iter().filter(|one| one.any).count() as f64 / count;
    for (at, method) in Method::ALL.iter().enumerate() {
        let mut choices: Vec<(f64, f64)> =
            scored.iter().filter_map(|one| one.choices.get(at).copied()).collect();
        choices.sort_by(|a, b| b.1.total_cmp(&a.1));
        let part = |coverage: f64| surest(&choices, coverage);
        let parts: Vec<(f64, usize)> = COVERAGES.iter().map(|it| part(*it)).collect();
        let mean = |(right, of): &(f64, usize)| right / (*of).max(1) as f64;
        let bounds =
            |(right, of): &(f64, usize)| interval::of_share(right.round() as u32, *of as u32);
        figures.methods.push(MethodRow {
            method: method.name().to_owned(),
            forced: mean(&part(1.0)),
            forced_interval: bounds(&part(1.0)),
            precision: parts.iter().map(mean).collect(),
            precision_interval: parts.iter().map(bounds).collect(),
        });
    }
    // Means over all tasks and orders: drawn, decided, right of those; bounds as of one order.
    let means = |of: &dyn Fn(&Scored) -> Option<Drawn>| {
        let (mut drawn, mut decided, mut good) = (0, 0, 0);
        for (d, decisions, right) in scored.iter().filter_map(of) {
            drawn += d;
            decided += decisions;
            good += right;
        }
        let all = count * ORDERS as f64;
        let precision = f64::from(good) / f64::from(decided.max(1));
        let once = |of: u32| (f64::from(of) / ORDERS as f64).round() as u32;
        let bounds = interval::of_share(once(good), once(decided));
        (drawn as f64 / all, f64::from(decided) / all, precision, bounds)
    };
    for (at, k) in MARGINS.iter().enumerate() {
        let (drawn, decided, precision, precision_interval) =
            means(&|one| one.races.get(at).copied());
        figures.races.push(RaceRow { k: *k, drawn, decided, precision, precision_interval });
    }
    for (at, enough) in ENOUGH.iter().enumerate() {
        let (drawn, decided, precision, precision_interval) =
            means(&|one| one.stops.get(at).copied());
        let enough = *enough;
        figures.stops.push(StopRow { enough, drawn, decided, precision, precision_interval });
    }
    let (known, names): (Vec<Known>, Vec<String>) = scored
        .iter()
        .zip(&judged)
        .filter_map(|(one, at)| {
            let right = f64::from(u8::from(one.selected));
            let selection = selections.get(*at)?;
            let known = Known { confidence: selection.confidence, right };
            Some((known, selection.task_id.clone()))
        })
        .unzip();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    figures.weights = weights.rows();
    figures.promises = RISKS.iter().map(|risk| kept(&known, &names, *risk)).collect();
    // A task is accepted by a threshold that was set without it.
    let promise = Promise { risk: RISKS[0], error: ERROR };
    for (at, is_accepted) in judged.iter().zip(held_out(&known, &names, promise, 0)) {
        if let Some(selection) = selections.get_mut(*at).filter(|_| is_accepted) {
            selection.verdict = Verdict::Agreed;
        }
    }
    if args.selections.is_some() {
        let rights: BTreeMap<usize, bool> =
            judged.iter().copied().zip(scored.iter().map(|one| one.selected)).collect();
        figures.verdicts = verified(console, &engine, &tasks, &mut selections, &rights)?;
    }
    figures.seconds = started.elapsed().as_secs_f64();
    figures.memory_bytes = memory_bytes();
    if let Some(path) = &args.selections {
        write_lines(path, &selections)?;
    }
    if let Some(path) = &args.pools {
        write_lines(path, &pools)?;
    }
    if let Some(path) = &args.report {
        let page = page::page(&figures, &scored);
        std::fs::write(path, page).map_err(|error| unwritable(path, error))?;
        console.note(&format!("report {}", path.display()));
    }
    if let Some(folder) = &args.plots {
        std::fs::create_dir_all(folder).map_err(|error| unwritable(folder, error))?;
        for (title, chart) in page::charts(&figures, &scored) {
            let name: String = title
                .to_lowercase()
                .chars()
                .map(|c| if c.is_alphanumeric() { c } else { '-' })
                .collect();
            let path = folder.join(format!("{name}.svg"));
            std::fs::write(&path, chart.svg()).map_err(|error| unwritable(&path, error))?;
        }
        console.note(&format!("plots {}", folder.display()));
    }
    let rows = rows(&figures);
    Ok((figures, rows))
}

fn samples_a_task(tasks: &[ReplayTask]) -> (usize, usize) {
    let counts = || tasks.iter().map(|task| task.samples.len());
    (counts().min().unwrap_or(0), counts().max().unwrap_or(0))
}

/// What came of one task.
#[derive(Default)]
struct Tried {
    flagged: usize,
    flags: BTreeMap<String, usize>,
    tests: usize,
    unread: Option<String>,
    rows_skipped: usize,
    rows_extreme: usize,
    weights: Weights,
    selection: Option<Selection>,
    pool: Option<PoolLine>,
    /// `None` where the truth says nothing of it.
    scored: Option<Scored>,
}

/// Samples of one task, chosen from in every way, and then held against the truth.
fn tried(
    engine: &Engine,
    task: &ReplayTask,
    truth: Option<&Reference>,
    with_pool: bool,
    cancel: &Cancel,
) -> Result<Tried, EngineError> {
    let replayed = engine.replay(task, cancel)?;
    let mut tried = Tried {
        flagged: replayed.sources.iter().filter(|source| source.is_none()).count(),
        tests: replayed.tests,
        unread: replayed.unread.clone(),
        flags: replayed.flags.clone(),
        ..Tried::default()
    };
    // From here on the choice is made.
    let choices: Vec<select::Choice> =
        Method::ALL.iter().map(|method| select::choose(&replayed.pool, *method)).collect();
    let right = match truth {
        Some(truth) => {
            let judged = engine.right(&replayed, truth, cancel)?;
            tried.rows_skipped = judged.skipped;
            tried.rows_extreme = judged.extreme;
            judged.right
        }
        None => None,
    };
    let is_judged = right.is_some() || (truth.is_some() && replayed.unread.is_some());
    let right = right.unwrap_or_default();
    tried.weights.add(&replayed.pool, &replayed.as_implied, &right);
    let is_right = |sample: &usize| right.get(*sample).copied().unwrap_or(false);
    let share = |choice: &select::Choice| {
        let right = choice.samples.iter().filter(|sample| is_right(sample)).count();
        (right as f64 / choice.samples.len().max(1) as f64, choice.confidence)
    };
    let orders: Vec<Vec<usize>> = (0..ORDERS)
        .map(|order| {
            let mut samples: Vec<usize> = (0..task.samples.len()).collect();
            fastrand::Rng::with_seed(order).shuffle(&mut samples);
            samples
        })
        .collect();
    let sum = |raced: &mut dyn Iterator<Item = Raced>| {
        raced.fold((0, 0, 0), |(drawn, decided, good), raced| {
            let is_good = raced.winner.as_ref().is_some_and(is_right);
            let is_decided = raced.winner.is_some();
            (drawn + raced.drawn, decided + u32::from(is_decided), good + u32::from(is_good))
        })
    };
    let races = MARGINS.iter().filter_map(|k| Margin::new(*k)).map(|margin| {
        sum(&mut orders.iter().map(|order| select::race(&replayed.pool, order, margin)))
    });
    let courses = Course::over(&replayed.pool, &orders);
    let stops =
        ENOUGH.iter().map(|enough| sum(&mut courses.iter().map(|course| course.until(*enough))));
    let chosen = choices.last().filter(|choice| !choice.samples.is_empty());
    let sample = chosen.and_then(|choice| choice.samples.first()).copied();
    tried.selection = Some(Selection {
        task_id: task.task_id.clone(),
        verdict: Verdict::Undecided,
        code: sample.and_then(|sample| replayed.sources.get(sample)?.clone()),
        confidence: chosen.map_or(0.0, |choice| choice.confidence),
        assumptions: sample.map(|sample| replayed.assumptions(sample)).unwrap_or_default(),
        is_open: replayed.pool.doubted
            || !replayed.defects.is_empty()
            || sample.is_some_and(|sample| select::is_open(&replayed.pool, sample)),
        defects: replayed.defects.clone(),
    });
    tried.pool = with_pool.then(|| pool_line(task, &replayed.pool, &right));
    tried.scored = is_judged.then(|| Scored {
        choices: choices.iter().map(share).collect(),
        races: races.collect(),
        stops: stops.collect(),
        any: right.iter().any(|right| *right),
        selected: sample.as_ref().is_some_and(is_right),
    });
    Ok(tried)
}

/// Tries what is accepted as `generate` does a winner, by all layers and its mutants: the selections get the
/// verdicts. Says how many of each verdict are right, and of how many.
fn verified(
    console: Console,
    engine: &Engine,
    tasks: &[ReplayTask],
    selections: &mut [Selection],
    rights: &BTreeMap<usize, bool>,
) -> Result<BTreeMap<Verdict, (u32, u32)>, Failure> {
    let accepted: Vec<usize> = (0..selections.len())
        .filter(|at| {
            selections
                .get(*at)
                .is_some_and(|one| one.verdict == Verdict::Agreed && one.code.is_some())
        })
        .collect();
    let chosen: Vec<ReplayTask> = accepted
        .iter()
        .filter_map(|at| Some(tasks.get(*at)?.with_sample(selections.get(*at)?.code.as_ref()?)))
        .collect();
    console.note(&format!("{} accepted, now tried by every layer", chosen.len()));
    let interrupt = Interrupt::new();
    let tried = side_by_side::each(console, &chosen, side_by_side::cores(), &|task, _| {
        let code = task.samples.first().map(|sample| sample.text().to_owned());
        let step = engine.play(task, &vec![code; COPIES], &RunConfig::default(), &interrupt)?;
        Ok(step.map_or(Verdict::Undecided, |step| step.verdict))
    })?;
    let mut verdicts: BTreeMap<Verdict, (u32, u32)> = BTreeMap::new();
    for (at, mut verdict) in accepted.iter().zip(tried) {
        if let Some(selection) = selections.get_mut(*at) {
            // By itself it has no rivals: what these leave open is known from the pool.
            if selection.is_open {
                verdict = verdict.max(Verdict::Agreed);
            }
            selection.verdict = verdict;
        }
        let (right, all) = verdicts.entry(verdict).or_default();
        *right += u32::from(rights.get(at) == Some(&true));
        *all += 1;
    }
    Ok(verdicts)
}

/// One line of `--selections`.
#[derive(Serialize)]
struct Selection {
    task_id: String,
    verdict: Verdict,
    code: Option<String>,
    confidence: f64,
    assumptions: Vec<String>,
    /// Whether other candidates leave open what is meant, or an example is doubted.
    #[serde(skip)]
    is_open: bool,
    /// What is wrong with the prompt's examples.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    defects: Vec<String>,
}

/// One line of `--pools`.
#[derive(Serialize)]
struct PoolLine {
    task_id: String,
    texts: Vec<Option<usize>>,
    behaviour: Vec<Vec<usize>>,
    /// For each number in `behaviour` whether it stands for something that was returned.
    returned: Vec<bool>,
    meets: Vec<bool>,
    tests: Vec<Vec<bool>>,
    decisions: Vec<u32>,
    derived: Vec<bool>,
    right: Vec<bool>,
}

fn pool_line(task: &ReplayTask, pool: &Pool, right: &[bool]) -> PoolLine {
    let mut texts: Vec<&str> = Vec::new();
    let mut keys: Vec<&str> = Vec::new();
    PoolLine {
        task_id: task.task_id.clone(),
        texts: pool
            .texts
            .iter()
            .map(|one| one.as_deref().map(|it| place(&mut texts, it)))
            .collect(),
        behaviour: pool
            .behaviour
            .iter()
            .map(|of| of.iter().map(|key| place(&mut keys, key)).collect())
            .collect(),
        returned: keys.iter().map(|key| key.starts_with("returned")).collect(),
        meets: pool.meets_examples.clone(),
        tests: pool.tests.clone(),
        decisions: pool.decisions.clone(),
        derived: task.derived.clone(),
        right: right.to_vec(),
    }
}

/// The place of a text among those that were seen before, where it is put if it is new.
fn place<'a>(seen: &mut Vec<&'a str>, text: &'a str) -> usize {
    seen.iter().position(|one| *one == text).unwrap_or_else(|| {
        seen.push(text);
        seen.len() - 1
    })
}

fn write_lines(path: &Path, lines: &[impl Serialize]) -> Result<(), Failure> {
    let mut text = String::new();
    for line in lines {
        let line = serde_json::to_string(line).map_err(|error| {
            Failure::new(crate::exit::Exit::Internal, format!("a line has no JSON: {error}"))
        })?;
        text.push_str(&line);
        text.push('\n');
    }
    std::fs::write(path, text).map_err(|error| unwritable(path, error))
}

fn unwritable(path: &Path, error: std::io::Error) -> Failure {
    Failure::usage(format!("cannot write {}", path.display())).because(error)
}

/// A promised risk, and what came of it on tasks that the threshold was set without.
#[derive(Clone, Debug, Serialize)]
struct PromiseRow {
    risk: f64,
    error: f64,
    /// Means over all splits.
    coverage: f64,
    realised: f64,
    /// As of one split.
    realised_interval: (f64, f64),
    /// The share of folds' thresholds that could be set at all.
    possible: f64,
    /// The threshold from all tasks, if one can be set.
    threshold: Option<f64>,
}

fn kept(known: &[Known], tasks: &[&str], risk: f64) -> PromiseRow {
    let promise = Promise { risk, error: ERROR };
    let (mut accepted, mut wrong, mut possible) = (0, 0.0, 0);
    for split in 0..SPLITS {
        let all = held_out(known, tasks, promise, split);
        for (one, _) in known.iter().zip(&all).filter(|(_, is_accepted)| **is_accepted) {
            accepted += 1;
            wrong += 1.0 - one.right;
        }
        possible += usize::from(all.iter().any(|is_accepted| *is_accepted));
    }
    let tries = SPLITS as f64 * known.len().max(1) as f64;
    let once = |of: f64| (of / SPLITS as f64).round() as u32;
    let bounds = interval::of_share(once(wrong), once(f64::from(accepted)));
    PromiseRow {
        risk,
        error: ERROR,
        coverage: f64::from(accepted) / tries,
        realised: wrong / f64::from(accepted.max(1)),
        realised_interval: bounds,
        possible: possible as f64 / SPLITS as f64,
        threshold: calibrate::threshold(known, promise).map(|it| it.confidence),
    }
}

/// The most memory that this process held at once; `None` where the system does not say.
fn memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes << 10)
}

/// How many of the surest tasks are right, and how many there are at this coverage. Tasks that are as
/// sure as the last one of them count by their share, whatever their order in the file.
fn surest(choices: &[(f64, f64)], coverage: f64) -> (f64, usize) {
    let top = (coverage * choices.len() as f64).round() as usize;
    let Some(last) = top.checked_sub(1).and_then(|at| choices.get(at)).map(|(_, sure)| *sure)
    else {
        return (0.0, 0);
    };
    let sum = |which: &dyn Fn(f64) -> bool| {
        let these = choices.iter().filter(|(_, sure)| which(*sure));
        these.fold((0.0, 0), |(right, count), (one, _)| (right + one, count + 1))
    };
    let (above, count) = sum(&|sure| sure > last);
    let (tied, ties) = sum(&|sure| sure.total_cmp(&last).is_eq());
    (above + tied * (top - count) as f64 / ties.max(1) as f64, top)
}

fn percent(share: f64) -> String {
    format!("{:5.1} %", 100.0 * share)
}

fn span((low, high): &(f64, f64)) -> String {
    format!("{:5.1}-{:5.1}", 100.0 * low, 100.0 * high)
}

fn rows(figures: &ReplayFigures) -> Vec<String> {
    let mut rows = vec![
        format!(
            "{} of {} tasks read, {} samples, {} red-flagged, {} tests of a model, {:.0} s",
            figures.read,
            figures.tasks,
            figures.samples,
            figures.flagged,
            figures.tests,
            figures.seconds
        ),
        format!(
            "{} tasks without a spec count as wrong, {} without truth are left out, {} rows of the truth \
             could not be run, {} are extreme (most samples do not end)",
            figures.unread.len(),
            figures.not_judged.len(),
            figures.rows_skipped,
            figures.rows_extreme
        ),
        format!(
            "races over {ORDERS} orders of the samples (seeds 0 to {}), promises over {SPLITS} splits into folds \
             (seeds 0 to {}){}",
            ORDERS - 1,
            SPLITS - 1,
            figures.memory_bytes.map_or_else(String::new, |bytes| format!(
                ", at most {} MB of memory beside the sandboxes",
                bytes >> 20
            ))
        ),
        format!("some sample is right      {:5.1} %", 100.0 * figures.ceiling),
        "selection                             right    95 %          at 25 %  95 %          at 40 %  95 %"
            .to_owned(),
    ];
    for row in &figures.methods {
        let mut line =
            format!("{:<36}{}  {}", row.method, percent(row.forced), span(&row.forced_interval));
        for (share, bounds) in row.precision.iter().zip(&row.precision_interval) {
            let _ = write!(line, "   {}  {}", percent(*share), span(bounds));
        }
        rows.push(line);
    }
    for (task, why) in figures.unread.iter().take(NAMED_MAX) {
        rows.push(format!("no spec for {task}: {why}"));
    }
    if !figures.not_judged.is_empty() {
        let names: Vec<&String> = figures.not_judged.iter().collect();
        rows.push(format!("without truth: {}", recordings::named(&names)));
    }
    let mut flags: Vec<(&String, &usize)> = figures.flags.iter().collect();
    flags.sort_by_key(|(flag, count)| (std::cmp::Reverse(**count), *flag));
    let shown: Vec<String> =
        flags.iter().take(FLAGS_MAX).map(|(flag, count)| format!("{flag} {count}")).collect();
    rows.push(format!("most frequent red flags: {}", shown.join(", ")));
    for (task, defects) in figures.defects.iter().take(NAMED_MAX) {
        rows.push(format!("examples of {task}: {}", defects.join("; ")));
    }
    if let Some(more) = figures.defects.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        rows.push(format!("and of {more} more tasks (`--message-format json` has them)"));
    }
    for row in &figures.promises {
        rows.push(match row.threshold {
            Some(threshold) => format!(
                "risk {} at confidence {}: from {threshold:.3} on; on held-out folds {} of the tasks, {} wrong ({})",
                row.risk,
                1.0 - row.error,
                percent(row.coverage).trim(),
                percent(row.realised).trim(),
                span(&row.realised_interval).trim()
            ),
            None => format!("risk {}: cannot be promised from {} tasks", row.risk, figures.tasks),
        });
    }
    for (verdict, (right, all)) in &figures.verdicts {
        rows.push(format!(
            "of those accepted at risk {}, tried by every layer: {verdict} {all}, {right} of them right ({})",
            RISKS[0],
            span(&interval::of_share(*right, *all)).trim()
        ));
    }
    rows.push("ahead by k        drawn  decided  right of those, 95 %".to_owned());
    for row in &figures.races {
        rows.push(format!(
            "{:<16} {:6.1}  {}  {}  {}",
            row.k,
            row.drawn,
            percent(row.decided),
            percent(row.precision),
            span(&row.precision_interval)
        ));
    }
    rows.push("sign of a sample              of right  of wrong  odds times".to_owned());
    for [sign, right, wrong, ratio] in figures.weights.iter().map(WeightRow::cells) {
        rows.push(format!("{sign:<28}  {right:>8}  {wrong:>8}  {ratio:>10}"));
    }
    rows.push("until sure by     drawn  decided  right of those, 95 %".to_owned());
    for row in &figures.stops {
        rows.push(format!(
            "{:<16} {:6.1}  {}  {}  {}",
            row.enough,
            row.drawn,
            percent(row.decided),
            percent(row.precision),
            span(&row.precision_interval)
        ));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_that_are_as_sure_count_by_their_share() {
        let choices = [(1.0, 0.9), (0.0, 0.5), (1.0, 0.5), (1.0, 0.5), (0.0, 0.1)];
        assert_eq!(surest(&choices, 0.2), (1.0, 1));
        let (right, count) = surest(&choices, 0.4);
        assert_eq!(count, 2);
        assert!((right - (1.0 + 2.0 / 3.0)).abs() < 1e-9);
        assert_eq!(surest(&choices, 1.0), (3.0, 5));
        assert_eq!(surest(&[], 0.5), (0.0, 0));
    }
}
