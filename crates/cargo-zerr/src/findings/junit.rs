//! A check as `JUnit` XML: a layer is a suite, a file with findings a failing case.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use zerr_core::check::{CheckReport, LayerRow};
use zerr_core::verdict::{Finding, LayerVerdict, Severity};

pub(super) fn document(report: &CheckReport) -> String {
    let mut document = Report::new("zerr verify");
    for row in &report.layers {
        document.add_test_suite(suite(row, report));
    }
    document.to_string().unwrap_or_default()
}

fn suite(row: &LayerRow, report: &CheckReport) -> TestSuite {
    let name = match row.language {
        Some(language) => format!("{} {}", row.layer.name(), language.name()),
        None => row.layer.name().to_owned(),
    };
    let mut suite = TestSuite::new(name);
    suite.set_time(std::time::Duration::from_millis(row.ms));
    if let LayerVerdict::NotRun { why } = &row.verdict {
        let mut status = TestCaseStatus::skipped();
        status.set_message(why);
        suite.add_test_case(TestCase::new(row.layer.name(), status));
        return suite;
    }
    let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in report.findings.iter().filter(|finding| row.is_of(finding)) {
        files.entry(finding.file.as_deref().unwrap_or("")).or_default().push(finding);
    }
    if files.is_empty() {
        suite.add_test_case(TestCase::new(row.layer.name(), TestCaseStatus::success()));
    }
    for (file, findings) in files {
        let refutes = findings.iter().any(|finding| finding.severity == Severity::Error);
        let told: Vec<String> = findings.iter().map(|finding| line(finding)).collect();
        let mut case = if refutes {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(told.first().cloned().unwrap_or_default());
            status.set_description(told.join("\n"));
            TestCase::new(file, status)
        } else {
            TestCase::new(file, TestCaseStatus::success())
        };
        if !refutes {
            case.set_system_out(told.join("\n"));
        }
        suite.add_test_case(case);
    }
    suite
}

fn line(finding: &Finding) -> String {
    let file = finding.file.as_deref().unwrap_or("");
    let line = finding.line().map_or_else(String::new, |line| format!(":{line}"));
    format!("{file}{line}: {}: {}", finding.rule, finding.message)
}

#[cfg(test)]
mod tests {
    use super::super::testing::checked;
    use super::*;

    #[test]
    fn what_refutes_fails_and_what_did_not_run_is_skipped() {
        let text = document(&checked().report);
        insta::assert_snapshot!(text, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="zerr verify" tests="4" skipped="1" failures="1" errors="0">
            <testsuite name="syntax python" tests="1" skipped="0" errors="0" failures="0" time="0.001">
                <testcase name="syntax"/>
            </testsuite>
            <testsuite name="types python" tests="1" skipped="0" errors="0" failures="1" time="0.005">
                <testcase name="src/a b.py">
                    <failure message="src/a b.py:2: unsupported-operator: no `+` 100 %
        for these">src/a b.py:2: unsupported-operator: no `+` 100 %
        for these</failure>
                </testcase>
            </testsuite>
            <testsuite name="static_analysis python" tests="1" skipped="0" errors="0" failures="0" time="0.003">
                <testcase name="src/a b.py">
                    <system-out>src/a b.py:1: F401: `os` imported but unused</system-out>
                </testcase>
            </testsuite>
            <testsuite name="security" tests="1" skipped="1" errors="0" failures="0" time="0.000">
                <testcase name="security">
                    <skipped message="no database"/>
                </testcase>
            </testsuite>
        </testsuites>
        "#);
    }
}
