//! Files about a run that an editor shows: [`report`], [`RunnerUp`], [`difference`].

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use similar::TextDiff;
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
pub(crate) fn report(report: &Report) -> Page {
    Page { name: format!("{}.html", report.run), text: zerr_report::page(report) }
}

/// The difference between a file's text and its next one, in the form of `diff -u`.
pub(crate) fn difference(file: &Path, old: Option<&str>, new: &str) -> String {
    let name = file.display().to_string();
    let from = if old.is_some() { name.as_str() } else { "/dev/null" };
    let diff = TextDiff::from_lines(old.unwrap_or_default(), new);
    diff.unified_diff().header(from, &name).to_string()
}

/// The first two classes of a function's race.
#[derive(Debug)]
pub(crate) struct RunnerUp {
    title: String,
    first: Page,
    second: Page,
    diff: Page,
}

/// Where they lie, for a client that shows them side by side.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    pub(crate) title: String,
    pub(crate) winner: PathBuf,
    pub(crate) runner_up: PathBuf,
    pub(crate) diff: PathBuf,
}

impl RunnerUp {
    /// None where all candidates did the same.
    pub(crate) fn of(report: &Report, name: &str, language: Language) -> Option<Self> {
        let step = evidence::step(report, name, language)?;
        let (winner, rival) = (step.classes.first()?, step.classes.get(1)?);
        let votes = |count: u32| format!("{count} vote{}", if count == 1 { "" } else { "s" });
        let first = format!("winner, {}", votes(winner.votes));
        let second = format!("runner-up, {}", votes(rival.votes));
        let diff = TextDiff::from_lines(&winner.source, &rival.source);
        let diff = diff.unified_diff().context_radius(1000).header(&first, &second).to_string();
        let differs = rival.differs.as_ref().map(|differs| format!("# {differs}\n"));
        let page = |what: &str, extension: &str, text: String| {
            Page::named(format!("{}-{name}{what}.{extension}", report.run), text)
        };
        let line = |source: &str| format!("{}\n", source.trim_end());
        Some(Self {
            title: format!("{name}: {first} | {second}"),
            first: page("-winner", language.extension(), line(&winner.source)),
            second: page("-runner-up", language.extension(), line(&rival.source)),
            diff: page("", "diff", format!("{}{diff}", differs.unwrap_or_default())),
        })
    }

    pub(crate) fn save(&self, project: &Path) -> io::Result<Shown> {
        Ok(Shown {
            title: self.title.clone(),
            winner: self.first.save(project)?,
            runner_up: self.second.save(project)?,
            diff: self.diff.save(project)?,
        })
    }
}

impl Page {
    pub(crate) fn named(name: String, text: String) -> Self {
        Self { name, text }
    }

    /// Writes it into the project's own folder and gives its path. Names come from logs and functions
    /// that a repository may have brought along: nothing is written outside of that folder.
    pub(crate) fn save(&self, project: &Path) -> io::Result<PathBuf> {
        let project = project.canonicalize()?;
        let folder = project.join(FOLDER);
        std::fs::create_dir_all(&folder)?;
        if folder.canonicalize()? != folder {
            let what = format!("{} leads elsewhere", folder.display());
            return Err(io::Error::other(what));
        }
        let path = folder.join(plain(&self.name));
        // Renamed into place: a link that stands there is replaced, not followed.
        let part = folder.join(format!(".{}.part", std::process::id()));
        drop(std::fs::remove_file(&part));
        let mut file = std::fs::File::create_new(&part)?;
        file.write_all(self.text.as_bytes())?;
        std::fs::rename(&part, &path)?;
        Ok(path)
    }
}

/// A name of one part, which begins with a letter or a digit.
fn plain(name: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let name: String = name.chars().map(letter).collect();
    if name.starts_with(char::is_alphanumeric) { name } else { format!("page{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_stay_in_their_folder() {
        let folder = tempfile::tempdir().unwrap();
        let outside = folder.path().join("outside");
        let project = folder.path().join("p");
        std::fs::create_dir(&project).unwrap();
        for name in [outside.display().to_string(), "../../x".to_owned(), "..".to_owned()] {
            let page = Page::named(format!("{name}.html"), "text".to_owned());
            let path = page.save(&project).unwrap();
            assert!(path.starts_with(project.canonicalize().unwrap().join(FOLDER)), "{path:?}");
        }
        #[cfg(unix)]
        {
            let link = project.join(FOLDER).join("a.diff");
            std::os::unix::fs::symlink(&outside, &link).unwrap();
            Page::named("a.diff".to_owned(), "text".to_owned()).save(&project).unwrap();
            std::fs::remove_dir_all(project.join(FOLDER)).unwrap();
            std::os::unix::fs::symlink(folder.path(), project.join(FOLDER)).unwrap();
            assert!(Page::named("b".to_owned(), String::new()).save(&project).is_err());
        }
        assert!(!outside.exists() && !folder.path().join("outside.html").exists());
    }
}
