//! Syntax of people's files: tree-sitter first, the language's own parser where that complains.
//!
//! tree-sitter reads a million lines in the time that interpreters take to start, and tells several
//! mistakes at once; but its grammar may be behind the language, so it is believed only where
//! `syn` or `CPython` agree that a file does not parse.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::Deserialize;
use zerr_core::verdict::{Finding, LayerId, LayerOutcome, LayerVerdict, Region, Severity};
use zerr_exec::{Cancel, trusted};
use zerr_syntax::problems::{self, Problem};
use zerr_syntax::{Language, line_column};

use super::side_by_side;
use crate::survey::{SourceFile, Survey};
use crate::{Layer, VerifyError};

/// Mistakes told of one file.
const PROBLEMS_MAX: usize = 20;

pub(super) struct OwnSyntax {
    language: Language,
}

impl OwnSyntax {
    pub(super) fn new(language: Language) -> Self {
        Self { language }
    }
}

impl Layer for OwnSyntax {
    fn id(&self) -> LayerId {
        LayerId::Syntax
    }

    fn survey(&self, survey: &Survey<'_>, cancel: &Cancel) -> Result<LayerOutcome, VerifyError> {
        let started = Instant::now();
        let files: Vec<&SourceFile> = survey.sources(self.language).collect();
        let found = side_by_side(&files, |file| {
            if cancel.is_cancelled() {
                return Vec::new();
            }
            problems::problems(self.language, &file.text, PROBLEMS_MAX)
        });
        if cancel.is_cancelled() {
            return Err(VerifyError::Cancelled);
        }
        let mut suspects: Vec<(&SourceFile, Vec<Problem>)> =
            files.into_iter().zip(found).filter(|(_, problems)| !problems.is_empty()).collect();
        let judged = match self.language {
            // `syn` has already been asked.
            Language::Rust => None,
            Language::Python => cpython(&suspects, cancel)?,
        };
        let mut findings = Vec::new();
        for (file, problems) in &mut suspects {
            let verdict = judged.as_ref().map(|judged| judged.get(file.path.as_str()));
            let severity = match verdict {
                // CPython takes the file: the grammar is behind, and nothing is wrong.
                Some(Some(Parsed { ok: true, .. })) => continue,
                // Nobody else could be asked.
                None if self.language == Language::Python => Severity::Warning,
                Some(None) => Severity::Warning,
                _ => Severity::Error,
            };
            let at = |offset| line_column(&file.text, offset);
            let own = |message: String, region: Region| {
                Finding::error(LayerId::Syntax, "syntax-error", message)
                    .severity(severity)
                    .in_file(file.path.as_str())
                    .at(region)
            };
            if let Some(Some(Parsed { line: Some(line), message, .. })) = verdict {
                findings.push(own(message.clone(), Region::line(*line)));
                problems.retain(|problem| at(problem.span.start).0 != *line);
            }
            findings.extend(problems.iter().map(|problem| {
                let region = Region::between(at(problem.span.start), at(problem.span.end));
                own(problem.message.clone(), region)
            }));
        }
        let ms = started.elapsed().as_millis() as u64;
        let mut outcome = LayerOutcome::ran(LayerId::Syntax, findings, None, ms);
        let is_open = |found: &Finding| found.severity == Severity::Warning;
        if outcome.verdict == LayerVerdict::Passed && outcome.findings.iter().any(is_open) {
            let why = "CPython could not be asked about what the grammar does not know".to_owned();
            outcome.verdict = LayerVerdict::NotRun { why };
        }
        Ok(outcome)
    }
}

#[derive(Debug, Deserialize)]
struct Parsed {
    ok: bool,
    line: Option<usize>,
    #[serde(default)]
    message: String,
}

/// Reads names and texts as JSON, so that no file is read twice or by a name that means something.
const PARSE: &str = "import ast, json, sys
said = {}
for name, text in json.load(sys.stdin).items():
    try:
        ast.parse(text)
        said[name] = {'ok': True}
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        message = getattr(error, 'msg', None) or str(error)
        said[name] = {'ok': False, 'line': getattr(error, 'lineno', None), 'message': message}
print(json.dumps(said))";

/// What `CPython` says of these files; `None` where there is none that answers.
fn cpython(
    suspects: &[(&SourceFile, Vec<Problem>)],
    cancel: &Cancel,
) -> Result<Option<BTreeMap<String, Parsed>>, VerifyError> {
    let Some(python) = trusted::find("python3").filter(|_| !suspects.is_empty()) else {
        return Ok(None);
    };
    let texts: BTreeMap<&str, &str> =
        suspects.iter().map(|(file, _)| (file.path.as_str(), &*file.text)).collect();
    let Ok(texts) = serde_json::to_vec(&texts) else { return Ok(None) };
    let command = trusted::Command::new(python).args(["-I", "-S", "-c", PARSE]).stdin(texts);
    match super::run("python3", command.env("PYTHONWARNINGS", "ignore"), cancel) {
        Ok(outcome) => Ok(serde_json::from_slice(&outcome.stdout).ok()),
        Err(VerifyError::Cancelled) => Err(VerifyError::Cancelled),
        Err(_) => Ok(None),
    }
}
