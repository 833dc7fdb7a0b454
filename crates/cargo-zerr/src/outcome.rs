//! What a run came to, for people: [`render`].

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, CellAlignment, Table, presets};
use zerr_core::report::{Report, StepReport};
use zerr_core::run::Standing;
use zerr_core::verdict::{LayerId, LayerOutcome, LayerVerdict, Verdict};
use zerr_core::vote::PriorSource;

use crate::console::Loudness;
use crate::progress::votes;

/// The table, then what has to be said about single steps, then the verdict.
pub(crate) fn render(report: &Report, loudness: Loudness) -> String {
    let mut text = format!("{}\n", table(report));
    for step in &report.steps {
        text.push_str(&remarks(step, loudness));
    }
    for file in &report.files {
        if let Some(why) = &file.refuted_by {
            let _ = writeln!(text, "{} was refuted as a whole: {why}", file.path);
        }
    }
    text.push_str(&assumptions(report));
    let not_run = layers_not_run(report);
    if !not_run.is_empty() && loudness < Loudness::Verbose {
        let _ = writeln!(text, "layers that did not run: {}", not_run.join(", "));
    }
    let assumed = report.steps.iter().any(|step| step.p_source == PriorSource::Assumed);
    if assumed {
        text.push_str(
            "nobody measured how often this model is right: p starts from a cautious guess\n",
        );
    }
    text.push_str(&uncalibrated(report));
    let sha = report.model.sha256.get(..12).unwrap_or(&report.model.sha256);
    let _ = writeln!(
        text,
        "\n{} in {}, run {}\nmodel {} ({sha}, {}), isolation {}",
        styled(report.verdict),
        time(report.ms),
        report.run,
        report.model.name,
        report.model.backend,
        report.isolation,
    );
    text
}

/// That nobody calibrated the confidences of what is offered, if so.
fn uncalibrated(report: &Report) -> String {
    let offered = report
        .steps
        .iter()
        .filter(|step| matches!(step.verdict, Verdict::Verified | Verdict::Agreed))
        .filter(|step| step.acceptance.is_none() && step.chance.is_none())
        .filter_map(|step| step.confidence);
    let (low, high) = offered
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), one| (low.min(one), high.max(one)));
    if low > high {
        return String::new();
    }
    let shown = if high - low < 0.005 {
        format!("confidence {low:.2}")
    } else {
        format!("confidence {low:.2} to {high:.2}")
    };
    format!("{shown}, not calibrated for this model (`cargo zerr calibrate`)\n")
}

fn table(report: &Report) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header([
        "step",
        "language",
        "samples",
        "red flags",
        "votes",
        "k",
        "p",
        "verdict",
        "layers",
        "time",
    ]);
    for step in &report.steps {
        let language = step.language.map_or("", zerr_syntax::Language::name);
        table.add_row([
            Cell::new(&step.name),
            Cell::new(language),
            right(step.samples.to_string()),
            right(step.red_flags.to_string()),
            Cell::new(votes(step.classes.iter().map(|class| class.votes))),
            right(step.k.map_or_else(|| "-".to_owned(), |k| k.to_string())),
            right(format!("{:.2}", step.p)),
            Cell::new(step.verdict.to_string()),
            right(passed(&step.layers)),
            right(time(step.ms)),
        ]);
    }
    table
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

/// Layers that passed of those that ran.
fn passed(layers: &[LayerOutcome]) -> String {
    let ran = layers.iter().filter(|layer| !matches!(layer.verdict, LayerVerdict::NotRun { .. }));
    let passed = layers.iter().filter(|layer| matches!(layer.verdict, LayerVerdict::Passed));
    format!("{}/{}", passed.count(), ran.count())
}

/// Lines of code of one class that are shown.
const CODE_LINES_MAX: usize = 60;

fn remarks(step: &StepReport, loudness: Loudness) -> String {
    let mut text = String::new();
    let verbose = loudness >= Loudness::Verbose;
    if step.verdict != Verdict::Verified || verbose {
        let language = step.language.map_or_else(String::new, |language| format!(" ({language})"));
        let _ = writeln!(text, "\n{}{language}: {}", step.name, styled(step.verdict));
    }
    if let Some(reason) = &step.reason {
        let _ = writeln!(text, "  because {reason}");
    }
    if let Some(why) = step.why_agreed() {
        let _ = writeln!(text, "  because {why}");
    }
    for said in step.witnesses.iter().filter(|said| verbose || !said.agrees() || said.other > 0) {
        let _ = writeln!(text, "  {said}");
    }
    if let Some(search) = step.search.filter(|search| verbose || search.parted) {
        let _ = writeln!(text, "  {search}");
    }
    if let Some(probes) = step.probes.filter(|_| verbose) {
        let _ = writeln!(text, "  {probes}");
    }
    if let Some(words) = step
        .confidence_in_words()
        .filter(|_| verbose || step.acceptance.is_some() || step.chance.is_some())
    {
        let _ = writeln!(text, "  {words}");
    }
    if step.verdict != Verdict::Verified || verbose {
        if !step.red_flag_kinds.is_empty() {
            let kinds: Vec<String> = step
                .red_flag_kinds
                .iter()
                .map(|(kind, count)| format!("{kind} × {count}"))
                .collect();
            let _ = writeln!(text, "  red flags: {}", kinds.join(", "));
        }
        if step.rejected + step.failed > 0 {
            let _ = writeln!(
                text,
                "  {} refused by a compiler or loader, {} refuted by {}",
                count(step.rejected as usize, "candidate"),
                step.failed,
                if step.in_project { "a test" } else { "an example or contract" }
            );
        }
        let most = if verbose { usize::MAX } else { 3 };
        for complaint in step.complaints.iter().take(most) {
            let _ = writeln!(text, "  - {}", first_line(complaint));
        }
    }
    if let Some(advice) = &step.advice {
        let _ = writeln!(text, "  advice: {advice}");
    }
    if let Some(called) = &step.leans_on {
        let _ = writeln!(text, "  advice: give `{called}` examples or `ensures`");
    } else if !step.untaught.is_empty() && step.verdict == Verdict::Agreed {
        let _ = writeln!(text, "  advice: read it, and accept it with `--accept-agreed`");
    } else if step.verdict == Verdict::Agreed {
        let more = if step.in_project { "tests that reach it" } else { "examples or `ensures`" };
        let _ = writeln!(text, "  advice: add {more}, or accept it with `--accept-agreed`");
    }
    for class in &step.classes {
        let shown =
            verbose || (step.verdict == Verdict::Agreed && class.standing == Standing::Winner);
        if shown {
            let standing = match class.standing {
                Standing::Winner => "the winner",
                Standing::Refuted => "a refuted class",
                Standing::Rival => "a rival",
            };
            let _ = writeln!(text, "  {standing}, {}:", count(class.votes as usize, "vote"));
            for line in class.source.lines().take(CODE_LINES_MAX) {
                let _ = writeln!(text, "    {}", printable(line));
            }
            if let Some(differs) = &class.differs {
                let _ = writeln!(text, "    differs: {}", first_line(differs));
            }
        }
    }
    if verbose {
        for layer in &step.layers {
            let _ = writeln!(text, "  {}", layer_line(layer));
        }
    }
    text
}

fn layer_line(layer: &LayerOutcome) -> String {
    let tool = layer
        .tool
        .as_ref()
        .map_or_else(String::new, |tool| format!(", {} {}", tool.name, tool.version));
    match &layer.verdict {
        LayerVerdict::Passed => format!("{}: passed{tool}, {} ms", layer.layer.name(), layer.ms),
        LayerVerdict::Failed => {
            let finding = layer.findings.first().map_or("", |finding| finding.message.as_str());
            format!("{}: failed{tool}: {}", layer.layer.name(), first_line(finding))
        }
        LayerVerdict::NotRun { why } => format!("{}: not run: {why}", layer.layer.name()),
    }
}

/// What the spec does not say, and what was taken for granted there. Once for both languages.
fn assumptions(report: &Report) -> String {
    let mut text = String::new();
    let mut seen = BTreeSet::new();
    for step in &report.steps {
        for assumption in &step.assumptions {
            let line = assumption.to_string();
            if seen.insert(line.clone()) {
                let _ = writeln!(text, "  not stated: {}  ({})", first_line(&line), assumption.why);
            }
        }
    }
    for question in report.steps.iter().flat_map(|step| &step.questions) {
        let choices: Vec<String> = question
            .choices
            .iter()
            .map(|choice| format!("{} ({})", choice.example, count(choice.votes as usize, "vote")))
            .collect();
        let line = format!("{}: {}", question.call, choices.join(", "));
        if seen.insert(line) {
            let _ = writeln!(text, "  an example would settle it: {}", choices.join(" or "));
        }
    }
    if !text.is_empty() {
        text.insert_str(0, "\nThe spec leaves open, and the result does so:\n");
    }
    text
}

/// Layers that looked at no step at all.
fn layers_not_run(report: &Report) -> Vec<&'static str> {
    let ran = |layer: &LayerOutcome| !matches!(layer.verdict, LayerVerdict::NotRun { .. });
    let layers = || report.steps.iter().flat_map(|step| &step.layers);
    LayerId::ALL
        .into_iter()
        .filter(|id| layers().any(|layer| layer.layer == *id))
        .filter(|id| !layers().any(|layer| layer.layer == *id && ran(layer)))
        .map(LayerId::name)
        .collect()
}

/// One line of what a model or a tool said, without what could confuse a terminal.
fn first_line(text: &str) -> String {
    const CHARS_MAX: usize = 200;
    let line = text.lines().next().unwrap_or("");
    printable(&line.chars().take(CHARS_MAX).collect::<String>())
}

pub(crate) fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

pub(crate) fn styled(verdict: Verdict) -> String {
    let colour = match verdict {
        Verdict::Verified => AnsiColor::Green,
        Verdict::Agreed => AnsiColor::Cyan,
        Verdict::Undecided => AnsiColor::Yellow,
        Verdict::Refuted => AnsiColor::Red,
    };
    let style = Style::new().bold().fg_color(Some(colour.into()));
    format!("{style}{verdict}{style:#}")
}

pub(crate) fn time(ms: u64) -> String {
    match ms {
        0..=999 => format!("{ms} ms"),
        1_000..=99_999 => format!("{:.1} s", ms as f64 / 1_000.0),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
    }
}

/// `1 sample`, `2 samples`.
pub(crate) fn count(number: usize, what: &str) -> String {
    let plural = match what.strip_suffix("ss") {
        Some(_) => "es",
        None => "s",
    };
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}{plural}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        assert_eq!([time(7), time(1_234), time(125_000)], ["7 ms", "1.2 s", "2 min 5 s"]);
    }

    #[test]
    fn what_a_model_wrote_cannot_move_the_cursor() {
        assert_eq!(first_line("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb");
    }

    #[test]
    fn layers_that_did_not_run_are_not_counted_as_passed() {
        let layers = [
            LayerOutcome::ran(LayerId::Syntax, Vec::new(), None, 1),
            LayerOutcome::not_run(LayerId::Types, "no ty"),
        ];
        assert_eq!(passed(&layers), "1/1");
    }
}
