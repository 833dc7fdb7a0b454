//! What layers found in people's own code, and what of it counts: [`CheckReport`], made from
//! outcomes, the suppressions in the code, and a [`Baseline`].
//!
//! # Invariants
//! - A suppression needs a reason; one without is itself a finding and suppresses nothing.
//! - The report is a pure function of its inputs: order of arrival decides nothing.
//!
//! # Non-goals
//! Where texts come from and how a report is shown.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use zerr_syntax::Language;

use crate::hash::Hash;
use crate::verdict::{Finding, LayerId, LayerOutcome, LayerVerdict, Region, Severity, ToolVersion};

/// The version of [`CheckReport`] as JSON.
pub const SCHEMA_VERSION: u32 = 1;

/// One layer's line of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRow {
    /// Which layer.
    pub layer: LayerId,
    /// The language it looked at; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What it says.
    #[serde(flatten)]
    pub verdict: LayerVerdict,
    /// The tool behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolVersion>,
    /// Findings that count.
    pub findings: usize,
    /// Wall clock, milliseconds.
    pub ms: u64,
    /// Whether an earlier check of the same content with the same tools answered.
    pub cached: bool,
    /// It did not run because there was nothing of its kind to look at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle: bool,
}

impl LayerRow {
    /// Whether a finding is of this layer and language. One whose file tells no language is
    /// everybody's: better that two rows fail than that none does.
    pub fn is_of(&self, finding: &Finding) -> bool {
        finding.layer == self.layer
            && (self.language.is_none()
                || language_of(finding).is_none_or(|language| Some(language) == self.language))
    }
}

/// A finding that a person has answered for in the code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// Why it does not count.
    pub reason: String,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Files that were looked at.
    pub files: usize,
    /// One line a layer and language, in the layers' order.
    pub layers: Vec<LayerRow>,
    /// What counts, by file and place.
    pub findings: Vec<Finding>,
    /// What a comment in the code answers for.
    pub suppressed: Vec<Suppressed>,
    /// Findings that the baseline knows.
    pub known: usize,
    /// Wall clock, milliseconds.
    pub ms: u64,
}

/// An outcome and what it was about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The language; `None` for all.
    pub language: Option<Language>,
    /// What the layer says.
    pub outcome: LayerOutcome,
    /// Whether it comes from the cache.
    pub cached: bool,
}

impl CheckReport {
    /// Puts together what layers say of these files (path and text).
    pub fn new(
        files: &BTreeMap<&str, &str>,
        looked: Vec<Looked>,
        baseline: Option<&Baseline>,
        ms: u64,
    ) -> Self {
        let mut comments: BTreeMap<&str, Vec<Suppression>> = BTreeMap::new();
        let mut findings = Vec::new();
        for (path, text) in files {
            let (found, wrong) = suppressions(path, text);
            if !found.is_empty() {
                comments.insert(path, found);
            }
            findings.extend(wrong);
        }
        let mut rows = Vec::new();
        for Looked { language, outcome, cached } in looked {
            let LayerOutcome { layer, verdict, findings: found, tool, ms, idle } = outcome;
            findings.extend(found);
            rows.push(LayerRow { layer, language, verdict, tool, findings: 0, ms, cached, idle });
        }
        rows.sort_by_key(|row| (row.layer, row.language));
        findings.sort_by(|a, b| order(a).cmp(&order(b)));
        // A library and its tests say the same twice.
        findings.dedup();

        let mut suppressed = Vec::new();
        let mut counted = Vec::new();
        for finding in findings {
            let by = finding.file.as_deref().and_then(|file| comments.get(file));
            let reason = by.into_iter().flatten().find(|comment| comment.covers(&finding));
            match reason {
                Some(comment) => {
                    suppressed.push(Suppressed { finding, reason: comment.reason.clone() });
                }
                None => counted.push(finding),
            }
        }
        let before = counted.len();
        if let Some(baseline) = baseline {
            counted = baseline.without_known(counted, files);
        }
        let known = before - counted.len();
        for row in &mut rows {
            let of = row.clone();
            let own = counted.iter().filter(|finding| of.is_of(finding));
            row.findings = own.clone().count();
            let ran = !matches!(row.verdict, LayerVerdict::NotRun { .. });
            if ran {
                // Suppressed and known findings do not refute.
                let mut errors = own.filter(|finding| finding.severity == Severity::Error);
                row.verdict = match errors.next() {
                    Some(_) => LayerVerdict::Failed,
                    None => LayerVerdict::Passed,
                };
            }
        }
        Self {
            schema_version: SCHEMA_VERSION,
            files: files.len(),
            layers: rows,
            findings: counted,
            suppressed,
            known,
            ms,
        }
    }

    /// Findings of this gravity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }
}

fn order(finding: &Finding) -> (Option<&str>, Option<Region>, LayerId, &str, &str) {
    (
        finding.file.as_deref(),
        finding.region,
        finding.layer,
        finding.rule.as_str(),
        finding.message.as_str(),
    )
}

/// Files of other kinds belong to whoever looks at all languages.
fn language_of(finding: &Finding) -> Option<Language> {
    let file = finding.file.as_deref()?;
    match file.rsplit_once('.')?.1 {
        "py" | "pyi" => Some(Language::Python),
        "rs" | "toml" | "lock" => Some(Language::Rust),
        _ => None,
    }
}

/// `zerr: allow(RULE, …) REASON` in a comment: it covers its own line and, where nothing else stands
/// on that, the next.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Suppression {
    rules: BTreeSet<String>,
    reason: String,
    lines: (usize, usize),
}

impl Suppression {
    fn covers(&self, finding: &Finding) -> bool {
        let Some(line) = finding.line() else { return false };
        (self.lines.0..=self.lines.1).contains(&line) && self.rules.contains(&finding.rule)
    }
}

const MARK: &str = "zerr: allow(";

fn suppressions(path: &str, text: &str) -> (Vec<Suppression>, Vec<Finding>) {
    let mut found = Vec::new();
    let mut wrong = Vec::new();
    if !text.contains(MARK) {
        return (found, wrong);
    }
    for (number, line) in text.lines().enumerate() {
        let Some((before, after)) = line.split_once(MARK) else { continue };
        // Only in a comment: a string that speaks of suppressions suppresses nothing.
        let Some(lead) = comment_lead(before) else { continue };
        let number = number + 1;
        let Some((rules, reason)) = after.split_once(')') else { continue };
        let reason = reason.trim().trim_start_matches([':', '-']).trim();
        if reason.is_empty() {
            let message = "a suppression without a reason suppresses nothing";
            wrong.push(
                Finding::error(LayerId::StaticAnalysis, "suppression-without-reason", message)
                    .in_file(path)
                    .at(Region::line(number))
                    .hint("say why after the parenthesis: `zerr: allow(RULE) because …`"),
            );
            continue;
        }
        let alone = lead.trim().is_empty();
        found.push(Suppression {
            rules: rules.split(',').map(|rule| rule.trim().to_owned()).collect(),
            reason: reason.to_owned(),
            lines: (number, number + usize::from(alone)),
        });
    }
    (found, wrong)
}

/// What stands before the comment that ends here, if these are the beginning of one.
fn comment_lead(before: &str) -> Option<&str> {
    // Within a string it is no comment: what opens one has to be closed before.
    if ['"', '\''].iter().any(|quote| before.matches(*quote).count() % 2 == 1) {
        return None;
    }
    let trimmed = before.trim_end();
    ["//", "#"]
        .iter()
        .find_map(|mark| trimmed.strip_suffix(mark))
        .map(|lead| lead.trim_end_matches('/'))
}

/// Findings that are known and do not count again. A finding is known by rule, file and the text of
/// its line, so that lines may move.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// How often each is known.
    pub known: BTreeMap<String, u32>,
}

impl Baseline {
    /// All that a report counts.
    pub fn of(report: &CheckReport, files: &BTreeMap<&str, &str>) -> Self {
        let mut known: BTreeMap<String, u32> = BTreeMap::new();
        for finding in &report.findings {
            *known.entry(fingerprint(finding, files)).or_default() += 1;
        }
        Self { schema_version: SCHEMA_VERSION, known }
    }

    fn without_known(&self, findings: Vec<Finding>, files: &BTreeMap<&str, &str>) -> Vec<Finding> {
        let mut left = self.known.clone();
        let is_new = |finding: &Finding| match left.get_mut(&fingerprint(finding, files)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        let mut is_new = is_new;
        findings.into_iter().filter(|finding| is_new(finding)).collect()
    }
}

/// A name of a finding that outlives edits elsewhere in its file.
pub fn fingerprint(finding: &Finding, files: &BTreeMap<&str, &str>) -> String {
    let file = finding.file.as_deref().unwrap_or("");
    let line = finding.line().and_then(|line| files.get(file)?.lines().nth(line.checked_sub(1)?));
    let parts = [finding.rule.as_str(), file, line.map_or(finding.message.as_str(), str::trim)];
    let parts = parts.map(str::as_bytes);
    Hash::of("finding", &parts).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, line: usize, rule: &str) -> Finding {
        Finding::error(LayerId::StaticAnalysis, rule, "wrong").in_file(file).at(Region::line(line))
    }

    fn report(text: &str, findings: Vec<Finding>, baseline: Option<&Baseline>) -> CheckReport {
        let outcome = LayerOutcome::ran(LayerId::StaticAnalysis, findings, None, 1);
        let looked = Looked { language: Some(Language::Python), outcome, cached: false };
        CheckReport::new(&BTreeMap::from([("a.py", text)]), vec![looked], baseline, 1)
    }

    #[test]
    fn a_suppression_with_a_reason_covers_its_line_or_the_next() {
        let text = "import os  # zerr: allow(F401) kept for its side effects\n\
                    # zerr: allow(E711, F401): a protocol\nimport sys\nimport re\n";
        let findings = (1..=4).map(|line| at("a.py", line, "F401")).collect();
        let report = report(text, findings, None);
        assert_eq!(report.findings.iter().filter_map(Finding::line).collect::<Vec<_>>(), [4]);
        assert_eq!(report.suppressed[0].reason, "kept for its side effects");
        assert_eq!(report.layers[0].verdict, LayerVerdict::Failed);
    }

    #[test]
    fn a_suppression_of_another_rule_or_in_a_string_covers_nothing() {
        let text = "import os  # zerr: allow(E501) long\nx = '# zerr: allow(F401) no'\n";
        let report = report(text, vec![at("a.py", 1, "F401"), at("a.py", 2, "F401")], None);
        assert_eq!(report.findings.len(), 2);
    }

    #[test]
    fn a_suppression_without_a_reason_is_a_finding() {
        let report = report("import os  # zerr: allow(F401)\n", vec![at("a.py", 1, "F401")], None);
        let rules: Vec<&str> = report.findings.iter().map(|found| found.rule.as_str()).collect();
        assert_eq!(rules, ["F401", "suppression-without-reason"]);
    }

    #[test]
    fn what_the_baseline_knows_does_not_count_even_where_lines_moved() {
        let first = report("import os\n", vec![at("a.py", 1, "F401")], None);
        let baseline = Baseline::of(&first, &BTreeMap::from([("a.py", "import os\n")]));
        let moved = "x = 1\nimport os\nimport sys\n";
        let findings = vec![at("a.py", 2, "F401"), at("a.py", 3, "F401")];
        let second = report(moved, findings, Some(&baseline));
        assert_eq!((second.known, second.findings.len()), (1, 1));
        assert_eq!(second.findings[0].line(), Some(3));
        // The same line once more is new.
        let twice = "import os\nimport os\n";
        let findings = vec![at("a.py", 1, "F401"), at("a.py", 2, "F401")];
        assert_eq!(report(twice, findings, Some(&baseline)).findings.len(), 1);
    }

    #[test]
    fn a_layer_whose_findings_are_all_answered_for_passes() {
        let text = "import os  # zerr: allow(F401) why not\n";
        let passed = report(text, vec![at("a.py", 1, "F401")], None);
        assert_eq!(passed.layers[0].verdict, LayerVerdict::Passed);
        let not_run = LayerOutcome::not_run(LayerId::Types, "ty is missing");
        let looked = Looked { language: None, outcome: not_run, cached: false };
        let report = CheckReport::new(&BTreeMap::new(), vec![looked], None, 1);
        assert!(matches!(report.layers[0].verdict, LayerVerdict::NotRun { .. }));
    }

    #[test]
    fn an_error_without_a_file_fails_its_layer() {
        let finding = Finding::error(LayerId::StaticAnalysis, "link", "linking failed");
        let report = report("", vec![finding], None);
        assert_eq!(
            (&report.layers[0].verdict, report.layers[0].findings),
            (&LayerVerdict::Failed, 1)
        );
    }

    #[test]
    fn what_two_targets_say_alike_is_said_once_and_order_does_not_matter() {
        let (a, b) = (at("a.py", 2, "F401"), at("a.py", 1, "E711"));
        let one = report("", vec![a.clone(), b.clone(), a.clone()], None);
        let two = report("", vec![b, a], None);
        assert_eq!(one.findings, two.findings);
    }
}
