//! `bench curriculum`: held-out tasks with ground truth, single samples against what zerr makes of
//! them. Main function: [`run`].

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::Path;

use serde::Serialize;
use zerr_core::run::RunConfig;
use zerr_core::verdict::Verdict;
use zerr_engine::{CurriculumTask, Engine, EngineOptions, IsolationChoice, TaskOutcome};

use crate::args::CurriculumArgs;
use crate::console::Console;
use crate::failure::Failure;
use crate::generate;
use crate::interrupt;
use crate::interval;

/// What came of the tasks of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) tasks: u32,
    pub(crate) single_right: u32,
    pub(crate) singles: u32,
    pub(crate) verified: u32,
    pub(crate) verified_right: u32,
    pub(crate) agreed: u32,
    pub(crate) agreed_right: u32,
    pub(crate) samples: f64,
    pub(crate) simulated: f64,
    pub(crate) expected: f64,
    /// Tasks that the last three are means of.
    pub(crate) raced: u32,
}

impl Row {
    fn add(&mut self, outcome: &TaskOutcome) {
        self.tasks += 1;
        self.single_right += outcome.singles.0;
        self.singles += outcome.singles.1;
        let right = u32::from(outcome.right == Some(true));
        match outcome.verdict {
            Verdict::Verified => {
                self.verified += 1;
                self.verified_right += right;
            }
            Verdict::Agreed => {
                self.agreed += 1;
                self.agreed_right += right;
            }
            Verdict::Undecided | Verdict::Refuted => {}
        }
        if let (Some(simulated), Some(expected), Some(_)) =
            (outcome.simulated, outcome.expected, outcome.right)
        {
            self.raced += 1;
            self.samples += f64::from(outcome.samples);
            self.simulated += simulated;
            self.expected += expected;
        }
    }

    fn line(&self, name: &str) -> String {
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
        let mean = |sum: f64| sum / f64::from(self.raced.max(1));
        let precision = |right: u32, all: u32| match all {
            0 => "            -".to_owned(),
            _ => format!(
                "{:6.2} >={:5.1}",
                100.0 * share(right, all),
                100.0 * interval::of_share(right, all).0
            ),
        };
        format!(
            "{name:<28} {:>5}  {:5.3}  {:>5} {}  {:>5} {}  {:5.1}  {:5.2} {:5.2} {:5.2}",
            self.tasks,
            share(self.single_right, self.singles),
            self.verified,
            precision(self.verified_right, self.verified),
            self.agreed,
            precision(self.agreed_right, self.agreed),
            100.0 * share(self.verified + self.agreed, self.tasks),
            mean(self.samples),
            mean(self.simulated),
            mean(self.expected),
        )
    }
}

const HEAD: &str = "tasks                            n single   verified       %  95%   agreed       %  95%   cover votes simul Eq 16";

#[derive(Serialize)]
pub(crate) struct Figures {
    rows: BTreeMap<String, Row>,
    groups: BTreeMap<String, Row>,
    /// What was heard of winners, and how many of those are right and wrong.
    signs: BTreeMap<&'static str, (u32, u32)>,
    /// Why tasks were not accepted.
    reasons: BTreeMap<String, u32>,
    wrong: Vec<String>,
}

/// The figures, and the table of them.
pub(crate) fn run(
    console: Console,
    project: &Path,
    args: &CurriculumArgs,
) -> Result<(Figures, Vec<String>), Failure> {
    let tasks = read(&args.tasks, args.limit)?;
    let model = generate::model(args.model.model.as_deref())?;
    let engine = Engine::open(EngineOptions {
        project: project.to_owned(),
        model,
        isolation: IsolationChoice::Required,
        threads: args.model.threads,
    })?;
    let engine = generate::with_second(engine, args.second_model.as_deref())?;
    let interrupt = interrupt::listen(console)?;
    let mut figures = Figures {
        rows: BTreeMap::new(),
        groups: BTreeMap::new(),
        signs: BTreeMap::new(),
        reasons: BTreeMap::new(),
        wrong: Vec::new(),
    };
    for (number, task) in tasks.iter().enumerate() {
        let outcome = engine.bench_task(task, &RunConfig::default(), args.draws, &interrupt)?;
        if interrupt.is_stopped() {
            console.note("interrupted; these are the figures so far");
            break;
        }
        let language = task.spec.get("language").and_then(|name| name.as_str()).unwrap_or("?");
        let shown = if task.shown > 0 { "shown" } else { "none" };
        let name = format!("{}, {language}, {shown}", task.tasks);
        figures.rows.entry(name).or_default().add(&outcome);
        figures.rows.entry(task.tasks.clone()).or_default().add(&outcome);
        let group = format!("  {}, {}", task.group, task.tasks);
        figures.groups.entry(group).or_default().add(&outcome);
        for sign in &outcome.signs {
            let counts = figures.signs.entry(sign).or_default();
            match outcome.voted {
                Some(true) => counts.0 += 1,
                Some(false) => counts.1 += 1,
                None => {}
            }
        }
        if let Some(reason) = &outcome.reason {
            *figures.reasons.entry(format!("{}: {reason}", task.tasks)).or_default() += 1;
        }
        if let Some(wrong) = &outcome.wrong {
            figures.wrong.push(format!("{} ({}): {wrong}", task.id, outcome.verdict));
        }
        if number % 20 == 19 {
            console.note(&format!("{} of {} tasks", number + 1, tasks.len()));
        }
    }
    let mut lines = vec![HEAD.to_owned()];
    lines.extend(figures.rows.iter().map(|(name, row)| row.line(name)));
    let roles = engine.model()?.info.card.map(|card| card["p"].clone()).unwrap_or_default();
    if let Some(rows) = roles.as_array() {
        lines.push("single samples by role, as the model's card has them".to_owned());
        lines.extend(rows.iter().map(|row| format!("  {}", crate::model::p_row(row))));
    }
    lines.push("by group".to_owned());
    lines.extend(figures.groups.iter().map(|(name, row)| row.line(name)));
    lines.push("heard of winners beside votes                 right  wrong".to_owned());
    lines.extend(
        figures
            .signs
            .iter()
            .map(|(sign, (right, wrong))| format!("  {sign:<43} {right:>5}  {wrong:>5}")),
    );
    lines.push("not accepted".to_owned());
    lines
        .extend(figures.reasons.iter().map(|(reason, count)| format!("  {reason:<34} {count:>5}")));
    if !figures.wrong.is_empty() {
        lines.push("accepted and wrong".to_owned());
        lines.extend(figures.wrong.iter().cloned());
    }
    Ok((figures, lines))
}

/// Tasks of a file, where there is a limit spread over all of them.
pub(crate) fn read(path: &Path, limit: Option<usize>) -> Result<Vec<CurriculumTask>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| {
        Failure::usage(format!("cannot read {}", path.display()))
            .because(error)
            .hint("`python tasks.py > tasks.jsonl` in crates/zerr-micro/curriculum writes tasks")
    })?;
    let mut tasks: Vec<CurriculumTask> = Vec::new();
    for (number, line) in std::io::BufReader::new(file).lines().enumerate() {
        let bad = |why: String| {
            Failure::usage(format!("{}:{}: no task", path.display(), number + 1)).because(why)
        };
        let line = line.map_err(|error| bad(error.to_string()))?;
        if line.trim().is_empty() {
            continue;
        }
        let task: CurriculumTask =
            serde_json::from_str(&line).map_err(|error| bad(error.to_string()))?;
        if task.truth.is_empty() {
            // Anything would be right.
            return Err(bad("`truth` has no call".to_owned())
                .hint("`python generate.py` runs the functions first, then `tasks.py` knows"));
        }
        tasks.push(task);
    }
    if let Some(limit) = limit.filter(|limit| *limit < tasks.len()) {
        // Spread over all of them, whatever their order.
        let step = tasks.len() as f64 / limit as f64;
        let mut kept = Vec::with_capacity(limit);
        for at in 0..limit {
            kept.push(tasks[(at as f64 * step) as usize].clone());
        }
        tasks = kept;
    }
    Ok(tasks)
}
