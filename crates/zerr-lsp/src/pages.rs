//! Files about a run that an editor shows: [`report`], [`runner_up`].

use std::io;
use std::path::{Path, PathBuf};

use zerr_core::report::Report;
use zerr_syntax::Language;

use crate::evidence;

/// Where they lie in a project.
const FOLDER: &str = ".zerr/pages";

/// A file's name and its text.
#[derive(Debug)]
pub(crate) struct Page {
    name: String,
    text: String,
}

/// The whole report, for a browser.
#[expect(clippy::unnecessary_wraps, reason = "one type with the others")]
pub(crate) fn report(report: &Report, _: &str, _: Language) -> Option<Page> {
    Some(Page { name: format!("{}.html", report.run), text: zerr_report::page(report) })
}

/// How the second class of a function's race differs from the first.
pub(crate) fn runner_up(report: &Report, name: &str, language: Language) -> Option<Page> {
    let step = evidence::step(report, name, language)?;
    let (winner, rival) = (step.classes.first()?, step.classes.get(1)?);
    let diff = similar::TextDiff::from_lines(&winner.source, &rival.source);
    let votes = |count: u32| format!("{count} vote{}", if count == 1 { "" } else { "s" });
    let (first, second) =
        (format!("winner, {}", votes(winner.votes)), format!("runner-up, {}", votes(rival.votes)));
    let diff = diff.unified_diff().context_radius(1000).header(&first, &second).to_string();
    let differs = rival.differs.as_ref().map(|differs| format!("# {differs}\n"));
    Some(Page {
        name: format!("{}-{name}.diff", report.run),
        text: format!("{}{diff}", differs.unwrap_or_default()),
    })
}

impl Page {
    /// Writes it into the project's own folder and gives its path.
    pub(crate) fn save(&self, project: &Path) -> io::Result<PathBuf> {
        let folder = project.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(&self.name);
        std::fs::write(&path, &self.text)?;
        Ok(path)
    }
}
