//! What the layers say and what follows from it. Main types: [`LayerOutcome`], [`Verdict`].
//!
//! # Invariants
//! A layer that did not run never counts as passed. There is no `bool` for a verdict.

use serde::{Deserialize, Serialize};

/// The ten verification layers, in the order they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerId {
    /// The text parses.
    Syntax,
    /// The compiler or type checker accepts it.
    Types,
    /// `requires` and `ensures` hold on everything that was observed.
    Contracts,
    /// The given examples come out as given.
    UnitTests,
    /// Properties over generated inputs.
    Properties,
    /// Lints.
    StaticAnalysis,
    /// Forbidden constructs, advisories, secrets.
    Security,
    /// Complexity and budgets.
    Performance,
    /// Bounded exhaustive checks and solvers.
    Formal,
    /// Whether the oracles tell mutants of the winner apart from it.
    OracleStrength,
}

impl LayerId {
    /// Every layer, in order.
    pub const ALL: [LayerId; 10] = [
        Self::Syntax,
        Self::Types,
        Self::Contracts,
        Self::UnitTests,
        Self::Properties,
        Self::StaticAnalysis,
        Self::Security,
        Self::Performance,
        Self::Formal,
        Self::OracleStrength,
    ];

    /// The name in reports and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Types => "types",
            Self::Contracts => "contracts",
            Self::UnitTests => "unit_tests",
            Self::Properties => "properties",
            Self::StaticAnalysis => "static_analysis",
            Self::Security => "security",
            Self::Performance => "performance",
            Self::Formal => "formal",
            Self::OracleStrength => "oracle_strength",
        }
    }
}

/// What one layer says of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum LayerVerdict {
    /// It ran and found nothing wrong.
    Passed,
    /// It ran and refutes the thing.
    Failed,
    /// It did not run; never read as passed.
    NotRun {
        /// The reason, and what would let it run.
        why: String,
    },
}

/// A tool that took part, and its version as it prints it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ToolVersion {
    /// Such as `rustc`.
    pub name: String,
    /// Such as `1.95.0`.
    pub version: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Refutes.
    Error,
    /// Worth a look.
    Warning,
    /// For information.
    Note,
}

/// A place in a text. Lines and columns count from 1, columns in characters; the end is the first
/// place behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Region {
    /// First line.
    pub line: usize,
    /// Where it begins; `None` for whole lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// Last line.
    pub end_line: usize,
    /// Where it ends; `None` for whole lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_column: Option<usize>,
}

impl Region {
    /// A whole line.
    pub fn line(line: usize) -> Self {
        Self { line, column: None, end_line: line, end_column: None }
    }

    /// From the first place up to the second, each line and column.
    pub fn between(start: (usize, usize), end: (usize, usize)) -> Self {
        Self {
            line: start.0,
            column: Some(start.1),
            end_line: end.0.max(start.0),
            end_column: Some(end.1),
        }
    }
}

/// One located observation of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The layer that found it.
    pub layer: LayerId,
    /// A stable name of the rule, such as `E0308` or `example-failed`.
    pub rule: String,
    /// How grave.
    pub severity: Severity,
    /// The file, from the project's root, with `/`; `None` where only one text was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Where in the checked text; `None` for the whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What is wrong.
    pub message: String,
    /// What helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Where its tool explains the rule, when the tool says so; see [`Finding::page`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Another version of a dependency that mends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upgrade: Option<Upgrade>,
    /// Other places of its file that tell more of it, such as the call that shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
}

/// Another place of a finding's file, and what is to be said there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// What it has to do with the finding.
    pub message: String,
    /// Where; `None` for the finding's own place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
}

/// A dependency's version, and the lowest one that lacks what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    /// The package's name in its registry.
    pub package: String,
    /// The version in the lock file.
    pub version: String,
    /// The version to take.
    pub to: String,
}

impl Finding {
    /// An error without a place.
    pub fn error(layer: LayerId, rule: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            layer,
            rule: rule.into(),
            severity: Severity::Error,
            file: None,
            region: None,
            message: message.into(),
            hint: None,
            page: None,
            upgrade: None,
            related: Vec::new(),
        }
    }

    /// The same of another gravity.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same, in this file.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The same, at this place.
    #[must_use]
    pub fn at(mut self, region: impl Into<Option<Region>>) -> Self {
        self.region = region.into();
        self
    }

    /// The same, with what helps.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, with what another place of its file tells of it.
    #[must_use]
    pub fn related(
        mut self,
        message: impl Into<String>,
        region: impl Into<Option<Region>>,
    ) -> Self {
        self.related.push(Related { message: message.into(), region: region.into() });
        self
    }

    /// The page that explains its rule, for the rules whose tools have one.
    pub fn page(&self) -> Option<String> {
        self.page.clone().or_else(|| page_of(&self.rule))
    }

    /// Its first line, when it has a place.
    pub fn line(&self) -> Option<usize> {
        self.region.map(|region| region.line)
    }
}

/// The page that explains a rule of rustc, clippy or `RustSec`, found by the rule's name.
pub fn page_of(rule: &str) -> Option<String> {
    if rule.starts_with("RUSTSEC-") {
        return Some(format!("https://rustsec.org/advisories/{rule}.html"));
    }
    if let Some(lint) = rule.strip_prefix("clippy::") {
        return Some(format!("https://rust-lang.github.io/rust-clippy/stable/index.html#{lint}"));
    }
    // Only rustc's codes have four digits; ruff has some of three.
    let is_error_code = rule.len() == 5
        && rule.strip_prefix('E').is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit()));
    is_error_code.then(|| format!("https://doc.rust-lang.org/error_codes/{rule}.html"))
}

/// What a layer did with one function or file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerOutcome {
    /// Which layer.
    pub layer: LayerId,
    /// What it says.
    #[serde(flatten)]
    pub verdict: LayerVerdict,
    /// What it found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    /// The tool behind it, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolVersion>,
    /// Wall clock, milliseconds.
    pub ms: u64,
    /// It did not run because there is nothing of its kind to look at: nobody has to do anything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idle: bool,
}

impl LayerOutcome {
    /// A layer that did not run, and why.
    pub fn not_run(layer: LayerId, why: impl Into<String>) -> Self {
        let verdict = LayerVerdict::NotRun { why: why.into() };
        Self { layer, verdict, findings: Vec::new(), tool: None, ms: 0, idle: false }
    }

    /// A layer that found nothing of its kind to look at.
    pub fn idle(layer: LayerId, why: impl Into<String>) -> Self {
        Self { idle: true, ..Self::not_run(layer, why) }
    }

    /// A layer that ran; `findings` of severity error refute.
    pub fn ran(layer: LayerId, findings: Vec<Finding>, tool: Option<ToolVersion>, ms: u64) -> Self {
        let refuted = findings.iter().any(|finding| finding.severity == Severity::Error);
        let verdict = if refuted { LayerVerdict::Failed } else { LayerVerdict::Passed };
        Self { layer, verdict, findings, tool, ms, idle: false }
    }
}

/// What zerr says of a step or of a whole run, from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Decided by votes, and an oracle independent of the samples, strong enough to tell mutants
    /// apart, passed.
    Verified,
    /// Decided by votes, refuted by nothing, but pinned down by no strong independent oracle.
    Agreed,
    /// No class may be called the winner.
    Undecided,
    /// Every class was refuted, or the assembled whole was.
    Refuted,
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Verified => "verified",
            Self::Agreed => "agreed",
            Self::Undecided => "undecided",
            Self::Refuted => "refuted",
        })
    }
}
