//! What `ruff check --output-format json` says: [`read`].

use serde::Deserialize;
use zerr_core::verdict::{Finding, LayerId, Region};

/// The findings, as errors, with files as ruff names them.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Finding>, serde_json::Error> {
    let issues: Vec<Issue> = serde_json::from_slice(bytes)?;
    Ok(issues.into_iter().map(Issue::finding).collect())
}

#[derive(Deserialize)]
struct Issue {
    code: Option<String>,
    message: String,
    filename: String,
    location: Place,
    end_location: Place,
    fix: Option<Fix>,
    url: Option<String>,
}

#[derive(Deserialize)]
struct Place {
    row: usize,
    column: usize,
}

#[derive(Deserialize)]
struct Fix {
    applicability: String,
    message: Option<String>,
}

impl Issue {
    fn finding(self) -> Finding {
        let rule = match self.code.as_deref() {
            None | Some("invalid-syntax") => "syntax-error".to_owned(),
            Some(code) => code.to_owned(),
        };
        let region = Region::between(
            (self.location.row, self.location.column),
            (self.end_location.row, self.end_location.column),
        );
        let found = Finding::error(LayerId::StaticAnalysis, rule, self.message)
            .in_file(self.filename)
            .at(region);
        let found = Finding { page: self.url, ..found };
        match self.fix {
            Some(Fix { applicability, message: Some(message) }) => match applicability.as_str() {
                "safe" => found.hint(format!("{message} (`--fix` does it)")),
                _ => found.hint(message),
            },
            _ => found,
        }
    }
}
