//! A function in its own project: other bodies in its place, judged by the project's compiler and by
//! those of the project's tests that reach it. Main type: [`Project`].
//!
//! # Invariants
//! - The user's tree is read and never written.
//! - Before a body stands in the code, the user's own tools build the user's own code with the user's
//!   rights, as their editor does. From then on everything that reads or runs it is confined, and
//!   sees what was built before read-only.
//! - What the tests say is said inside of the process of the code they test. It is labelled so.
//!
//! # Non-goals
//! - The deny-scan runs before.

mod cargo;
mod doc_tests;
mod python;
mod runner;
mod rust;
mod tree;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};
use zerr_core::hash::Hash;
use zerr_core::verdict::{LayerId, ToolVersion};
use zerr_exec::Cancel;
use zerr_syntax::Language;
use zerr_syntax::site::Site;

use crate::layers::Style;
use crate::{Toolchain, VerifyError};

pub use runner::ProjectRunner;

pub(crate) use python::interpreter;

/// A function that is to be tried.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file, absolute.
    pub file: PathBuf,
    /// Its text.
    pub text: String,
    /// The function in it.
    pub site: Site,
}

/// What became of one body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Attempt {
    /// It does not compile, or cannot be loaded.
    Refused {
        /// Whose word that is.
        layer: LayerId,
        /// What was said.
        message: String,
    },
    /// One outcome for each of [`Project::tests`], and for each of [`Project::calls`].
    Ran(Vec<TestOutcome>, Vec<CallOutcome>),
}

impl Attempt {
    /// Whether every test passed, and there was one.
    pub fn passed(&self) -> bool {
        matches!(self, Self::Ran(tests, _) if !tests.is_empty()
            && tests.iter().all(|test| *test == TestOutcome::Passed))
    }
}

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TestOutcome {
    /// It passed.
    Passed,
    /// It failed; the first line of what it said.
    Failed(String),
    /// It did not come to an end: the process crashed, ended early or ran too long.
    Lost,
}

/// What became of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallOutcome {
    /// It came back with this, as the language itself writes it down.
    Gave(String),
    /// It panicked or raised, with the exception's name.
    Stopped(String),
    /// It gives something that cannot be written down, or another thing each time, or was not made.
    Unsettled,
    /// The process ended in it.
    Crashed,
    /// It did not come to an end.
    Lost,
}

/// A project, made ready for one function of it.
///
/// Everything blocks.
pub trait Project: Send + Sync {
    /// The tests that reach the function, by the names that their harness gives them.
    fn tests(&self) -> &[String];

    /// Calls that bodies are compared by, as people write them; no one says what they should give. They
    /// are made for bodies that pass all tests.
    fn calls(&self) -> &[String];

    /// What a person should know: tests that fail by themselves, files that were left out.
    fn notes(&self) -> &[String];

    /// The crates that it depends on; nothing for Python.
    fn crates(&self) -> Vec<String>;

    /// Its source files of the function's language, the function's own first: path within the project
    /// and text.
    fn sources(&self) -> Vec<(String, String)>;

    /// Hash of all that the tests depend on besides the function's body.
    fn state(&self) -> Hash;

    /// The function.
    fn site(&self) -> &Site;

    /// How the project wants its code to look.
    fn style(&self) -> Style;

    /// What the project's own rules say against a body that passes, and whose word that is: lints that it
    /// made errors, types where it has them.
    ///
    /// # Errors
    /// As [`Project::attempt`].
    fn objection(
        &self,
        body: &str,
        cancel: &Cancel,
    ) -> Result<Option<(LayerId, String)>, VerifyError>;

    /// The tools that take part, for the evidence.
    fn tools(&self) -> Vec<ToolVersion>;

    /// Tries each body. For Rust a body has its braces, for Python it is the indented block.
    ///
    /// # Errors
    /// When a tool or the sandbox falls short; whatever a body does is no error.
    fn attempt(&self, bodies: &[String], cancel: &Cancel) -> Result<Vec<Attempt>, VerifyError>;
}

/// Finds the project around a function, builds it as it is, and finds the tests that reach the function.
/// `cache` is a folder for what is built, kept from one time to the next; `progress` is told what is
/// being done.
///
/// # Errors
/// [`VerifyError::Project`] for a project that does not build, has no manifest, or holds the function
/// in a way that cannot be tried.
pub fn open(
    toolchain: &Toolchain,
    cache: &Path,
    place: &Place,
    progress: &dyn Fn(&'static str),
    cancel: &Cancel,
) -> Result<Arc<dyn Project>, VerifyError> {
    if place.site.form.is_nested {
        return Err(problem(
            format!("`{}` stands inside of another function", place.site.shown()),
            "move it out, or write it by hand",
        ));
    }
    Ok(match place.site.language {
        Language::Rust => {
            Arc::new(rust::RustProject::open(toolchain, cache, place, progress, cancel)?)
        }
        Language::Python => {
            Arc::new(python::PythonProject::open(toolchain, place, progress, cancel)?)
        }
    })
}

/// Processor time of the reaching tests of one body: most, and what is tried first.
const TESTS_MS: u64 = 20_000;
const TESTS_FIRST_MS: u64 = 3_000;

/// How much slower than the slowest body that came to an end another one may be.
const SLOWER_MAX: u64 = 10;

/// Runs the tests of several bodies side by side. A body with an endless loop would cost all the time
/// there is, so each first gets little; those that did not end in it get more where others show that the
/// tests need more, or where nobody came to an end.
fn in_time(
    count: usize,
    test: impl Fn(usize, u64) -> Result<Vec<TestOutcome>, VerifyError> + Sync,
) -> Result<Vec<Vec<TestOutcome>>, VerifyError> {
    let round = |runs: &[usize], cpu_ms: u64| {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        let workers = std::thread::available_parallelism().map_or(1, usize::from).min(runs.len());
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    while let Some(run) = runs.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let started = Instant::now();
                        let tested = test(*run, cpu_ms);
                        let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                        done.push((*run, tested, started.elapsed()));
                    }
                });
            }
        });
        done.into_inner().unwrap_or_else(PoisonError::into_inner)
    };
    let mut outcomes: Vec<Vec<TestOutcome>> = vec![Vec::new(); count];
    let mut open: Vec<usize> = (0..count).collect();
    let mut cpu_ms = TESTS_FIRST_MS;
    let mut slowest = None;
    while !open.is_empty() {
        let mut lost = Vec::new();
        for (run, tested, took) in round(&open, cpu_ms) {
            let tested = tested?;
            if tested.contains(&TestOutcome::Lost) {
                lost.push(run);
            } else {
                slowest = slowest.max(Some(took));
            }
            if let Some(slot) = outcomes.get_mut(run) {
                *slot = tested;
            }
        }
        let more = slowest.map_or(TESTS_MS, |took| {
            let ms = u64::try_from(took.as_millis()).unwrap_or(TESTS_MS);
            ms.saturating_mul(SLOWER_MAX).min(TESTS_MS)
        });
        if more <= cpu_ms {
            break;
        }
        lost.sort_unstable();
        (open, cpu_ms) = (lost, more);
    }
    Ok(outcomes)
}

/// The 1-based lines of a body that was put into a text, which was `before`.
fn body_lines(site: &Site, before: &str, with: &str) -> RangeInclusive<usize> {
    let lines = |text: &str| text.matches('\n').count();
    let first = lines(before.get(..site.body.start).unwrap_or("")) + 1;
    let added = lines(with) + lines(site.body.text(before));
    first..=first + added.saturating_sub(lines(before))
}

fn problem(message: impl Into<String>, hint: &'static str) -> VerifyError {
    VerifyError::Project { message: message.into(), hint }
}

/// The first line that says something, short enough for a table.
fn first_line(said: &str) -> String {
    said.lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("")
        .chars()
        .take(200)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_end_gets_more_time_only_where_others_need_it() {
        // One that never ends beside one that ends at once: it is not waited for.
        let asked = Mutex::new(Vec::new());
        let outcomes = in_time(2, |run, cpu_ms| {
            asked.lock().unwrap().push((run, cpu_ms));
            Ok(vec![if run == 0 { TestOutcome::Lost } else { TestOutcome::Passed }])
        })
        .unwrap();
        assert_eq!(outcomes, [vec![TestOutcome::Lost], vec![TestOutcome::Passed]]);
        let mut asked = asked.into_inner().unwrap();
        asked.sort_unstable();
        assert_eq!(asked, [(0, TESTS_FIRST_MS), (1, TESTS_FIRST_MS)]);
        // Where nobody came to an end, the tests may be slow: all there is.
        let outcomes = in_time(1, |_, cpu_ms| {
            Ok(vec![if cpu_ms < TESTS_MS { TestOutcome::Lost } else { TestOutcome::Passed }])
        });
        assert_eq!(outcomes.unwrap(), [vec![TestOutcome::Passed]]);
        let failing = in_time(2, |run, _| match run {
            0 => Ok(Vec::new()),
            _ => Err(VerifyError::Cancelled),
        });
        assert!(matches!(failing, Err(VerifyError::Cancelled)));
    }

    #[test]
    fn the_lines_of_a_body_are_known_where_it_stands() {
        let text = "fn a() {}\nfn f() -> u8 {\n    todo!()\n}\nfn b() {}\n";
        let site = &zerr_syntax::site::sites(Language::Rust, text)[1];
        let with = zerr_syntax::site::replace(site, text, "{\n    let x = 1;\n    x\n}").unwrap();
        assert_eq!(body_lines(site, text, &with), 2..=5);
        let with = zerr_syntax::site::replace(site, text, "{ 1 }").unwrap();
        assert_eq!(body_lines(site, text, &with), 2..=2);
    }
}
