//! Names of commands and what they are about: [`Place`], [`command`].

use serde::{Deserialize, Serialize};
use tower_lsp::lsp_types::{Command, LSPAny, Uri};

use crate::generate::Wish;

/// Writes an unfinished function: its argument is a [`Place`], as it is of all but [`UPGRADE`].
pub(crate) const GENERATE: &str = "zerr.generate";

/// Checks a file with every layer.
pub(crate) const VERIFY: &str = "zerr.verify";

/// Takes a function apart.
pub(crate) const DECOMPOSE: &str = "zerr.decompose";

/// Puts examples into a function's documentation.
pub(crate) const EXAMPLES: &str = "zerr.examples";

/// Shows the report of the run that wrote a function, or of a run by its id. Its result is the path
/// of an HTML page.
pub(crate) const REPORT: &str = "zerr.report";

/// Shows how the second class differs from the first. Its result says where both and their diff lie.
pub(crate) const RUNNER_UP: &str = "zerr.runnerUp";

/// Asks what the spec of a written function leaves open, and has it written again.
pub(crate) const SETTLE: &str = "zerr.settle";

/// Has cargo write another version into a lock file: its argument is an [`UpgradeOf`].
pub(crate) const UPGRADE: &str = "zerr.upgrade";

pub(crate) const ALL: [&str; 8] =
    [GENERATE, VERIFY, DECOMPOSE, EXAMPLES, REPORT, RUNNER_UP, SETTLE, UPGRADE];

/// The wishes that an action may be for, with their commands.
pub(crate) const WISHES: [(Wish, &str); 3] =
    [(Wish::Generate, GENERATE), (Wish::Decompose, DECOMPOSE), (Wish::Examples, EXAMPLES)];

/// What a command is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) uri: Uri,
    /// From 1; of no meaning to a command about a file.
    #[serde(default)]
    pub(crate) line: usize,
    /// The last line of a selection, from 1: all unfinished functions that begin in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) end_line: Option<usize>,
    /// A run of the project, for a report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<String>,
}

impl Place {
    pub(crate) fn at(uri: Uri, line: usize) -> Self {
        Self { uri, line, end_line: None, run: None }
    }
}

/// A dependency in the lock file `uri`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UpgradeOf {
    pub(crate) uri: Uri,
    pub(crate) package: String,
    pub(crate) version: String,
    pub(crate) to: String,
}

pub(crate) fn command(title: &str, name: &str, argument: &impl Serialize) -> Option<Command> {
    let argument: LSPAny = serde_json::to_value(argument).ok()?;
    Some(Command {
        title: title.to_owned(),
        command: name.to_owned(),
        arguments: Some(vec![argument]),
    })
}
