//! Findings as the compiler shows them, then one line a layer.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use zerr_core::check::{CheckReport, LayerRow};
use zerr_core::verdict::{Finding, LayerVerdict, Region, Severity};
use zerr_engine::check::Checked;

use crate::console::{Console, Loudness};
use crate::outcome::{count, printable, time};

pub(super) fn print(console: Console, checked: &Checked) {
    let texts = checked.texts();
    for finding in &checked.report.findings {
        console.data_line(&format!("{}\n", render(finding, &texts)));
    }
    for suppressed in &checked.report.suppressed {
        if console.loudness >= Loudness::Verbose {
            let file = suppressed.finding.file.as_deref().unwrap_or("");
            let line = suppressed.finding.line().unwrap_or(0);
            let rule = &suppressed.finding.rule;
            console.note(&format!("suppressed {rule} at {file}:{line}: {}", suppressed.reason));
        }
    }
}

/// One finding with its lines, what is wrong underlined.
fn render(finding: &Finding, texts: &BTreeMap<&str, &str>) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = finding.message.lines().map(printable).collect::<Vec<_>>().join("\n");
    let title = level.primary_title(message).id(finding.rule.as_str());
    let file = finding.file.as_deref();
    // The line of a secret is the secret.
    let is_secret = finding.rule.starts_with("secret-");
    let shown = file.zip(finding.region).filter(|_| !is_secret).and_then(|(file, region)| {
        let (text, span) = lines(texts.get(file)?, region)?;
        Some((file, region, text, span))
    });
    let mut group = if let Some((file, region, text, span)) = shown {
        title.element(
            Snippet::source(text)
                .line_start(region.line)
                .path(file)
                .annotation(AnnotationKind::Primary.span(span)),
        )
    } else if let Some(file) = file {
        let mut origin = Origin::path(file);
        if let Some(region) = finding.region {
            origin = origin.line(region.line).char_column(region.column.unwrap_or(1));
        }
        title.element(origin)
    } else {
        Group::with_title(title)
    };
    if let Some(hint) = &finding.hint {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    Renderer::styled().render(&[group])
}

/// Longest text of lines that is shown, in bytes, and most lines.
const SHOWN_BYTES_MAX: usize = 2_000;
const SHOWN_LINES_MAX: usize = 6;

/// The lines of a region, at most the first few, and the bytes of them that it covers.
fn lines(text: &str, region: Region) -> Option<(&str, Range<usize>)> {
    let first = region.line.checked_sub(1)?;
    let start = line_start(text, first)?;
    let last = region.end_line.max(region.line).min(region.line + SHOWN_LINES_MAX - 1);
    let end = line_start(text, last).map_or(text.len(), |next| next.saturating_sub(1)).max(start);
    let shown = text.get(start..end)?;
    if shown.len() > SHOWN_BYTES_MAX || shown.trim().is_empty() {
        return None;
    }
    let at = |line: usize, column: Option<usize>| -> Option<usize> {
        let line_at = line_start(text, line.checked_sub(1)?)? - start;
        let rest = shown.get(line_at..)?.lines().next().unwrap_or("");
        let column = column?.checked_sub(1)?;
        let inside = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
        Some(line_at + inside)
    };
    let begin = at(region.line, region.column).unwrap_or(shown.len() - shown.trim_start().len());
    let end = at(region.end_line, region.end_column).unwrap_or(shown.trim_end().len());
    Some((shown, begin..end.max(begin).min(shown.len())))
}

/// Where a line begins, counted from 0.
fn line_start(text: &str, line: usize) -> Option<usize> {
    match line.checked_sub(1) {
        None => Some(0),
        Some(before) => text.match_indices('\n').nth(before).map(|(at, _)| at + 1),
    }
}

pub(super) fn summary(report: &CheckReport, loudness: Loudness) -> String {
    let mut text = String::new();
    let is_loud = loudness >= Loudness::Verbose;
    for row in &report.layers {
        let quiet = row.idle || (row.verdict == LayerVerdict::Passed && row.ms < 1);
        if !quiet || is_loud {
            let _ = writeln!(text, "{}", layer(row));
        }
    }
    // Most projects have nothing to look at for some layers: one line is enough.
    let mut idle: Vec<&str> =
        report.layers.iter().filter(|row| row.idle).map(|row| row.layer.name()).collect();
    idle.dedup();
    if !idle.is_empty() && !is_loud {
        let _ = writeln!(text, "not run  nothing to look at for {} (-v says why)", idle.join(", "));
    }
    let mut counts: Vec<String> =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
            .into_iter()
            .filter(|(severity, _)| report.count(*severity) > 0)
            .map(|(severity, name)| count(report.count(severity), name))
            .collect();
    if counts.is_empty() {
        counts.push("no findings".to_owned());
    }
    if !report.suppressed.is_empty() {
        counts.push(format!("{} suppressed", report.suppressed.len()));
    }
    if report.known > 0 {
        counts.push(format!("{} known to the baseline", report.known));
    }
    let (files, took) = (count(report.files, "file"), time(report.ms));
    let _ = write!(text, "{files} in {took}: {}", counts.join(", "));
    text
}

fn layer(row: &LayerRow) -> String {
    let language = row.language.map_or("", |language| language.name());
    let tool = row.tool.as_ref().map(|tool| format!("{} {}", tool.name, tool.version));
    let tool = tool.map_or_else(String::new, |tool| format!("  {tool}"));
    let name = row.layer.name();
    let took = if row.cached { "cached".to_owned() } else { time(row.ms) };
    match &row.verdict {
        LayerVerdict::Passed if row.findings == 0 => {
            format!("passed   {name:<16} {language:<7} {took:>8}{tool}")
        }
        LayerVerdict::Passed | LayerVerdict::Failed => {
            let word = if row.verdict == LayerVerdict::Failed { "failed " } else { "passed " };
            let found = count(row.findings, "finding");
            format!("{word}  {name:<16} {language:<7} {took:>8}{tool}  {found}")
        }
        LayerVerdict::NotRun { why } => {
            format!(
                "not run  {name:<16} {language:<7} {}",
                printable(why.lines().next().unwrap_or(""))
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TEXT, checked};
    use super::*;

    fn shown(finding: &Finding) -> String {
        let texts = BTreeMap::from([("src/a b.py", TEXT)]);
        anstream::adapter::strip_str(&render(finding, &texts)).to_string()
    }

    #[test]
    fn carets_stand_under_what_is_wrong() {
        let report = checked().report;
        insta::assert_snapshot!(shown(&report.findings[1]), @r#"
        error[unsupported-operator]: no `+` 100 %
                                     for these
         --> src/a b.py:2:10
          |
        2 | x: str = "é" + 1
          |          ^^^^^^^
        "#);
        insta::assert_snapshot!(shown(&report.findings[0]), @"
        warning[F401]: `os` imported but unused
         --> src/a b.py:1:8
          |
        1 | import os
          |        ^^
          |
          = help: remove it
        ");
    }

    #[test]
    fn a_place_that_is_not_in_the_text_is_only_named() {
        let finding = Finding::error(zerr_core::verdict::LayerId::Types, "x", "wrong");
        for region in [Region::line(99), Region::between((2, 500), (2, 900)), Region::line(0)] {
            let shown = shown(&finding.clone().in_file("src/a b.py").at(region));
            assert!(shown.contains("wrong"), "{shown}");
        }
        assert!(shown(&finding).contains("wrong"));
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        let finding = Finding::error(zerr_core::verdict::LayerId::Types, "x", "a\u{1b}[2Jb");
        assert!(!shown(&finding).contains('\u{1b}'));
    }

    #[test]
    fn the_summary_tells_layers_that_did_not_run() {
        let text = summary(&checked().report, Loudness::Normal);
        insta::assert_snapshot!(text, @"
        passed   syntax           python      1 ms
        failed   types            python      5 ms  1 finding
        passed   static_analysis  python      3 ms  1 finding
        not run  security                 no database
        1 file in 9 ms: 1 error, 1 warning
        ");
    }
}
