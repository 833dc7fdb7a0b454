//! Runs of a project for a client's list of them: `zerr/runs`, `zerr/run`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::Uri;
use zerr_engine::zerr_store::Store;

use crate::generate::project_of;
use crate::shared::file_of;

/// Runs that are listed.
const RUNS_MAX: usize = 50;

/// What a request is about.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    uri: Uri,
    #[serde(default)]
    run: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Runs {
    project: PathBuf,
    runs: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    run: String,
    title: String,
    created_unix_ms: u64,
    /// None while it has not come to its end.
    verdict: Option<String>,
}

impl Asked {
    fn project(&self) -> Result<PathBuf> {
        let folder = |file: PathBuf| {
            // A client without an open file names its folder.
            if file.is_dir() { project_of(&file.join("any")) } else { project_of(&file) }
        };
        file_of(&self.uri)
            .and_then(folder)
            .ok_or_else(|| Error::invalid_params("this names no file of a project"))
    }

    /// The project's runs, newest first; blocks.
    pub(crate) fn runs(&self) -> Result<Runs> {
        let project = self.project()?;
        let unread = |error: &dyn std::fmt::Display| {
            Error::invalid_params(format!("the runs cannot be read: {error}"))
        };
        let store = Store::open_existing(&project).map_err(|error| unread(&error))?;
        let found = match store {
            Some(store) => store.runs().map_err(|error| unread(&error))?,
            None => Vec::new(),
        };
        let row = |summary: zerr_engine::zerr_store::RunSummary| Row {
            run: summary.run.id,
            title: summary.run.title,
            created_unix_ms: summary.run.created_unix_ms,
            verdict: Some(summary.state).filter(|state| !state.is_empty()),
        };
        Ok(Runs { project, runs: found.into_iter().take(RUNS_MAX).map(row).collect() })
    }

    /// One run's report; blocks.
    pub(crate) fn report(&self) -> Result<Value> {
        let report = zerr_engine::report_of(&self.project()?, &self.run)
            .ok_or_else(|| Error::invalid_params(format!("there is no run `{}` here", self.run)))?;
        Ok(serde_json::to_value(report).unwrap_or_default())
    }
}
