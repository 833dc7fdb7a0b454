//! `bench replay`: recorded samples of real models, chosen from in every way at once, and how often
//! the choice is right. Main function: [`run`].

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use zerr_core::select::{self, Method};
use zerr_core::vote::Margin;
use zerr_engine::{Engine, EngineOptions, IsolationChoice, ModelChoice, Reference, ReplayTask};
use zerr_exec::Cancel;

use crate::args::ReplayArgs;
use crate::bench_mutants;
use crate::console::Console;
use crate::failure::Failure;
use crate::interval;

/// Margins that races are run with.
const MARGINS: [u32; 4] = [1, 3, 5, 8];

/// Orders of the samples that a race is run over.
const ORDERS: u64 = 20;

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
}

#[derive(Debug, Serialize)]
pub(crate) struct ReplayFigures {
    tasks: usize,
    read: usize,
    samples: usize,
    flagged: usize,
    tests: usize,
    /// Tasks of which some sample is right.
    ceiling: f64,
    methods: Vec<MethodRow>,
    races: Vec<RaceRow>,
    seconds: f64,
    /// Tasks whose prompt gives no spec: wrong in every way of choosing.
    unread: BTreeMap<String, String>,
    /// Tasks that the truth says nothing of: left out.
    not_judged: Vec<String>,
    /// Rows of the truth that could not be put to a function.
    rows_skipped: usize,
}

/// What the table needs of a task.
struct Scored {
    /// Of each method the share of its chosen samples that are right, and how sure it was.
    choices: Vec<(f64, f64)>,
    /// Of each margin: drawn, decided and decided rightly, over all orders.
    races: Vec<(usize, u32, u32)>,
    any: bool,
}

pub(crate) fn run(
    console: Console,
    project: &Path,
    args: &ReplayArgs,
) -> Result<(ReplayFigures, Vec<String>), Failure> {
    let started = std::time::Instant::now();
    let truths: BTreeMap<String, Reference> = bench_mutants::lines::<Reference>(&args.truth)?
        .into_iter()
        .map(|one| (one.task_id.clone(), one))
        .collect();
    let mut tasks: Vec<ReplayTask> = Vec::new();
    for file in &args.samples {
        tasks.extend(bench_mutants::lines::<ReplayTask>(file)?);
    }
    tasks.truncate(args.limit.unwrap_or(usize::MAX));
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
        flagged: 0,
        tests: 0,
        ceiling: 0.0,
        methods: Vec::new(),
        races: Vec::new(),
        seconds: 0.0,
        unread: BTreeMap::new(),
        not_judged: Vec::new(),
        rows_skipped: 0,
    };
    let cancel = Cancel::new();
    let mut scored = Vec::new();
    for (number, task) in tasks.iter().enumerate() {
        let replayed = engine.replay(task, &cancel)?;
        figures.samples += task.samples.len();
        figures.flagged += replayed.sources.iter().filter(|source| source.is_none()).count();
        figures.tests += replayed.tests;
        match &replayed.unread {
            Some(why) => {
                figures.unread.insert(task.task_id.clone(), why.clone());
            }
            None => figures.read += 1,
        }
        // From here on the choice is made.
        let choices: Vec<select::Choice> =
            Method::ALL.iter().map(|method| select::choose(&replayed.pool, *method)).collect();
        let right = match truths.get(&task.task_id) {
            Some(truth) => {
                let judged = engine.right(&replayed, truth, &cancel)?;
                figures.rows_skipped += judged.skipped;
                judged.right
            }
            None => Vec::new(),
        };
        if right.is_empty() && replayed.unread.is_none() {
            figures.not_judged.push(task.task_id.clone());
            continue;
        }
        let is_right = |sample: &usize| right.get(*sample).copied().unwrap_or(false);
        let share = |choice: &select::Choice| {
            let right = choice.samples.iter().filter(|sample| is_right(sample)).count();
            (right as f64 / choice.samples.len().max(1) as f64, choice.confidence)
        };
        let races = MARGINS.iter().map(|k| {
            let (mut drawn, mut decided, mut good) = (0, 0, 0);
            let Some(margin) = Margin::new(*k) else { return (0, 0, 0) };
            for order in 0..ORDERS {
                let mut samples: Vec<usize> = (0..task.samples.len()).collect();
                fastrand::Rng::with_seed(order).shuffle(&mut samples);
                let raced = select::race(&replayed.pool, &samples, margin);
                drawn += raced.drawn;
                decided += u32::from(raced.winner.is_some());
                good += u32::from(raced.winner.as_ref().is_some_and(is_right));
            }
            (drawn, decided, good)
        });
        scored.push(Scored {
            choices: choices.iter().map(share).collect(),
            races: races.collect(),
            any: right.iter().any(|right| *right),
        });
        if number % 10 == 9 {
            let seconds = started.elapsed().as_secs();
            console.note(&format!("{} of {} tasks, {seconds} s", number + 1, tasks.len()));
        }
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
    for (at, k) in MARGINS.iter().enumerate() {
        let of = |one: &Scored| one.races.get(at).copied().unwrap_or_default();
        let (mut drawn, mut decided, mut good) = (0, 0, 0);
        for (d, decisions, right) in scored.iter().map(of) {
            drawn += d;
            decided += decisions;
            good += right;
        }
        let all = count * ORDERS as f64;
        figures.races.push(RaceRow {
            k: *k,
            drawn: drawn as f64 / all,
            decided: f64::from(decided) / all,
            precision: f64::from(good) / f64::from(decided.max(1)),
        });
    }
    figures.seconds = started.elapsed().as_secs_f64();
    let rows = rows(&figures);
    Ok((figures, rows))
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
             could not be run",
            figures.unread.len(),
            figures.not_judged.len(),
            figures.rows_skipped
        ),
        format!("some sample is right      {:5.1} %", 100.0 * figures.ceiling),
        "selection                             right    95 %          at 25 %  95 %          at 40 %  95 %"
            .to_owned(),
    ];
    let percent = |share: f64| format!("{:5.1} %", 100.0 * share);
    let span = |(low, high): &(f64, f64)| format!("{:5.1}-{:5.1}", 100.0 * low, 100.0 * high);
    for row in &figures.methods {
        let mut line =
            format!("{:<36}{}  {}", row.method, percent(row.forced), span(&row.forced_interval));
        for (share, bounds) in row.precision.iter().zip(&row.precision_interval) {
            let _ = write!(line, "   {}  {}", percent(*share), span(bounds));
        }
        rows.push(line);
    }
    rows.push("ahead by k        drawn  decided  right of those".to_owned());
    for row in &figures.races {
        rows.push(format!(
            "{:<16} {:6.1}  {}  {}",
            row.k,
            row.drawn,
            percent(row.decided),
            percent(row.precision)
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
