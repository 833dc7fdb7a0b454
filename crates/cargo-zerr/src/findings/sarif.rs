//! Findings as SARIF 2.1.0, for code scanning services.

use serde_json::{Value, json};
use zerr_core::check::{CheckReport, fingerprint};
use zerr_core::verdict::{Finding, LayerVerdict, Region, Severity};
use zerr_engine::check::Checked;

/// GitHub keeps no more of one run.
const RESULTS_MAX: usize = 5_000;

pub(super) fn document(checked: &Checked) -> Value {
    let texts = checked.texts();
    let report = &checked.report;
    let mut rules: Vec<&str> = report.findings.iter().map(|found| found.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let described: Vec<Value> =
        rules.iter().map(|rule| json!({"id": rule, "name": rule})).collect();
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    // The gravest are kept.
    findings.sort_by_key(|finding| finding.severity);
    let results: Vec<Value> = findings
        .iter()
        .take(RESULTS_MAX)
        .map(|finding| {
            let mut result = json!({
                "ruleId": finding.rule,
                "ruleIndex": rules.binary_search(&finding.rule.as_str()).unwrap_or(0),
                "level": level(finding.severity),
                "message": {"text": text(finding)},
                "partialFingerprints": {"zerr/v1": fingerprint(finding, &texts)},
                "properties": {"layer": finding.layer.name()},
            });
            if let Some(file) = &finding.file {
                let mut place = json!({
                    "artifactLocation": {"uri": uri(file), "uriBaseId": "%SRCROOT%"},
                });
                let related = finding.related.iter().map(|it| {
                    let mut place = place.clone();
                    if let Some(region) = it.region.or(finding.region) {
                        place["region"] = self::region(region);
                    }
                    json!({"physicalLocation": place, "message": {"text": it.message}})
                });
                let related: Vec<Value> = related.collect();
                if !related.is_empty() {
                    result["relatedLocations"] = related.into();
                }
                if let Some(region) = finding.region {
                    place["region"] = self::region(region);
                }
                result["locations"] = json!([{"physicalLocation": place}]);
            }
            result
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "zerr",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": described,
            }},
            "invocations": [{
                "executionSuccessful": checked.is_complete,
                "toolExecutionNotifications": not_run(report),
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// Layers that say nothing, so that their silence is not taken for praise.
fn not_run(report: &CheckReport) -> Vec<Value> {
    let said = report.layers.iter().filter_map(|row| match &row.verdict {
        LayerVerdict::NotRun { why } => {
            let text = format!("{} did not run: {why}", row.layer.name());
            Some(json!({"level": "warning", "message": {"text": text}}))
        }
        _ => None,
    });
    said.collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn text(finding: &Finding) -> String {
    match &finding.hint {
        Some(hint) => format!("{}\n{hint}", finding.message),
        None => finding.message.clone(),
    }
}

fn region(region: Region) -> Value {
    let mut value = json!({"startLine": region.line.max(1), "endLine": region.end_line.max(1)});
    if let Some(column) = region.column {
        value["startColumn"] = json!(column.max(1));
    }
    if let Some(column) = region.end_column {
        value["endColumn"] = json!(column.max(1));
    }
    value
}

/// A path as a relative reference: what is not plain is escaped, byte by byte.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::checked;
    use super::*;

    #[test]
    fn the_document_is_sarif_and_says_the_same() {
        let document = document(&checked());
        let typed: serde_sarif::sarif::Sarif = serde_json::from_value(document.clone()).unwrap();
        let again = serde_json::to_value(&typed).unwrap();
        let results = again["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        assert_eq!(results[0]["level"], "error");
        let place = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "src/a%20b.py");
        assert_eq!(place["region"]["startColumn"], 10);
        assert_eq!(document["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().len(), 2);
    }
}
