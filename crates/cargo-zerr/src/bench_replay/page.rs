//! A replay as a page: [`page`], and its pictures alone, [`charts`].

use zerr_core::select::Method;
use zerr_report::{Chart, Line, Table};

use super::{ReplayFigures, Scored, percent, rows, span, surest};

/// Tasks that a point of the reliability diagram stands for, at least.
const BIN_MIN: usize = 4;

/// The pictures and their titles.
pub(super) fn charts(figures: &ReplayFigures, scored: &[Scored]) -> Vec<(String, Chart)> {
    let of_method = |at: usize| {
        let mut choices: Vec<(f64, f64)> =
            scored.iter().filter_map(|one| one.choices.get(at).copied()).collect();
        choices.sort_by(|a, b| b.1.total_cmp(&a.1));
        choices
    };
    // Where a share is no whole task there is nothing to tell.
    let curve = |at: usize| {
        let choices = of_method(at);
        let points = (1..=20).map(|step| f64::from(step) / 20.0).filter_map(|coverage| {
            let (right, of) = surest(&choices, coverage);
            (of > 0).then(|| (coverage, right / of as f64))
        });
        points.collect()
    };
    // A picture has colours for so many.
    let of_all = |filters: bool| Chart {
        x: "share of the tasks, the surest first".into(),
        x_max: 1.0,
        y: "right, %".into(),
        lines: Method::ALL
            .iter()
            .enumerate()
            .filter(|(_, method)| method.filters() == filters)
            .map(|(at, method)| Line { name: method.name().to_owned(), points: curve(at) })
            .rev()
            .collect(),
        diagonal: false,
    };
    let drawn = figures.races.iter().map(|row| row.drawn).fold(1.0, f64::max);
    let race = Line {
        name: "ahead by k = 1, 3, 5, 8".into(),
        points: figures.races.iter().map(|row| (row.drawn, row.precision)).collect(),
    };
    let stop = Line {
        name: "until sure by 0.4 to 0.8, or hopeless".into(),
        points: figures.stops.iter().map(|row| (row.drawn, row.precision)).collect(),
    };
    let samples = Chart {
        x: "samples drawn a task".into(),
        x_max: (drawn / 10.0).ceil() * 10.0,
        y: "right of those decided, %".into(),
        lines: vec![race, stop],
        diagonal: false,
    };
    let own = of_method(Method::ALL.len() - 1);
    let bins = (0..10).filter_map(|bin| {
        let low = f64::from(bin) / 10.0;
        let inside: Vec<&(f64, f64)> =
            own.iter().filter(|(_, sure)| *sure >= low && *sure < low + 0.1 + 1e-9).collect();
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| {
            inside.iter().map(|one| of(one)).sum::<f64>() / inside.len() as f64
        };
        (inside.len() >= BIN_MIN).then(|| (mean(&|one| one.1), mean(&|one| one.0)))
    });
    let reliability = Chart {
        x: "confidence".into(),
        x_max: 1.0,
        y: "right, %".into(),
        lines: vec![Line { name: "tasks of like confidence".into(), points: bins.collect() }],
        diagonal: true,
    };
    vec![
        ("Precision against coverage".to_owned(), of_all(true)),
        ("Precision against coverage without examples".to_owned(), of_all(false)),
        ("Samples against precision".to_owned(), samples),
        ("Reliability of the confidence".to_owned(), reliability),
    ]
}

/// The figures as a page with their pictures.
pub(super) fn page(figures: &ReplayFigures, scored: &[Scored]) -> String {
    let methods = Table {
        title: "Ways of choosing".into(),
        columns: ["", "right", "95 %", "surest 25 %", "95 %", "surest 40 %", "95 %"]
            .map(str::to_owned)
            .to_vec(),
        rows: figures
            .methods
            .iter()
            .map(|row| {
                let shares = [row.forced].into_iter().chain(row.precision.iter().copied());
                let bounds = [&row.forced_interval].into_iter().chain(&row.precision_interval);
                let cells = shares.zip(bounds).flat_map(|(it, bounds)| [percent(it), span(bounds)]);
                [row.method.clone()].into_iter().chain(cells).collect()
            })
            .collect(),
    };
    let races = Table {
        title: "Ahead by k among samples that meet the examples".into(),
        columns: ["k", "samples", "decided", "right of those", "95 %"].map(str::to_owned).to_vec(),
        rows: figures
            .races
            .iter()
            .map(|row| {
                let bounds = span(&row.precision_interval);
                let cells = [percent(row.decided), percent(row.precision), bounds];
                [row.k.to_string(), format!("{:.1}", row.drawn)].into_iter().chain(cells).collect()
            })
            .collect(),
    };
    let stops = Table {
        title: "Until the choice by support is so sure, or hopeless".into(),
        columns: ["sure by", "samples", "decided", "right of those", "95 %"]
            .map(str::to_owned)
            .to_vec(),
        rows: figures
            .stops
            .iter()
            .map(|row| {
                let bounds = span(&row.precision_interval);
                let cells = [percent(row.decided), percent(row.precision), bounds];
                let first = [format!("{:.2}", row.enough), format!("{:.1}", row.drawn)];
                first.into_iter().chain(cells).collect()
            })
            .collect(),
    };
    let weights = Table {
        title: "What a sign says of a sample".into(),
        columns: ["sign", "of right ones", "of wrong ones", "odds times"]
            .map(str::to_owned)
            .to_vec(),
        rows: figures.weights.iter().map(|row| row.cells().to_vec()).collect(),
    };
    let promises = Table {
        title: "Promised risk, kept on tasks that the threshold was set without".into(),
        columns: ["risk", "coverage", "realised", "95 %", "could be set"]
            .map(str::to_owned)
            .to_vec(),
        rows: figures
            .promises
            .iter()
            .map(|row| {
                let [risk, coverage, realised, possible] =
                    [row.risk, row.coverage, row.realised, row.possible].map(percent);
                vec![risk, coverage, realised, span(&row.realised_interval), possible]
            })
            .collect(),
    };
    let notes = rows(figures).into_iter().take(4).collect::<Vec<_>>();
    zerr_report::figures(
        "Recorded samples, chosen from",
        &notes,
        &charts(figures, scored),
        &[methods, races, stops, weights, promises],
    )
}
