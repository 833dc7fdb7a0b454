//! Findings as GitHub's workflow commands.
//!
//! GitHub shows ten of each gravity a step; more would only hide which are left out.

use std::fmt::Write as _;

use zerr_core::check::CheckReport;
use zerr_core::verdict::{Finding, LayerVerdict, Severity};

const SHOWN_MAX: usize = 10;

pub(super) fn lines(report: &CheckReport) -> String {
    let mut text = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_this = || report.findings.iter().filter(|finding| finding.severity == severity);
        for finding in of_this().take(SHOWN_MAX) {
            text.push_str(&command(finding));
        }
        let rest = of_this().count().saturating_sub(SHOWN_MAX);
        if rest > 0 {
            let _ = writeln!(text, "::notice::zerr: {rest} more {} findings", word(severity));
        }
    }
    for row in &report.layers {
        if let LayerVerdict::NotRun { why } = &row.verdict {
            let _ =
                writeln!(text, "::notice::zerr: {} did not run: {}", row.layer.name(), data(why));
        }
    }
    text
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn command(finding: &Finding) -> String {
    let mut properties: Vec<String> = Vec::new();
    if let Some(file) = &finding.file {
        properties.push(format!("file={}", property(file)));
    }
    if let Some(region) = finding.region {
        properties.push(format!("line={},endLine={}", region.line, region.end_line));
        // Columns of several lines are refused.
        if let (Some(start), Some(end)) = (region.column, region.end_column)
            && region.line == region.end_line
        {
            properties.push(format!("col={start},endColumn={end}"));
        }
    }
    properties.push(format!("title={}", property(&format!("zerr {}", finding.rule))));
    let mut message = finding.message.clone();
    if let Some(hint) = &finding.hint {
        let _ = write!(message, "\n{hint}");
    }
    format!("::{} {}::{}\n", word(finding.severity), properties.join(","), data(&message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::testing::checked;
    use super::*;

    #[test]
    fn commands_are_one_line_each_and_escaped() {
        insta::assert_snapshot!(lines(&checked().report), @"
        ::error file=src/a b.py,line=2,endLine=2,col=10,endColumn=17,title=zerr unsupported-operator::no `+` 100 %25%0Afor these
        ::warning file=src/a b.py,line=1,endLine=1,col=8,endColumn=10,title=zerr F401::`os` imported but unused%0Aremove it
        ::notice::zerr: security did not run: no database
        ");
    }

    #[test]
    fn no_text_can_begin_a_command_of_its_own() {
        let mut report = checked().report;
        report.findings[0].message = "a\n::error::b".into();
        report.findings[0].file = Some("a,line=1::b".into());
        let text = lines(&report);
        assert_eq!(text.lines().count(), 3);
        assert!(text.contains("file=a%2Cline=1%3A%3Ab"), "{text}");
        // Only the beginning of a line is a command.
        let begins = |line: &str| {
            line.starts_with("::error file=")
                || line.starts_with("::warning ")
                || line.starts_with("::notice::zerr: ")
        };
        assert!(text.lines().all(begins), "{text}");
    }

    #[test]
    fn at_most_ten_of_each_gravity_are_told() {
        let mut report = checked().report;
        let one = report.findings[1].clone();
        report.findings = vec![one; 25];
        let text = lines(&report);
        assert_eq!(text.lines().count(), 12);
        assert!(text.contains("15 more error findings\n"), "{text}");
    }
}
