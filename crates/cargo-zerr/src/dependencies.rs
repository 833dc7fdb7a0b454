//! Packages that samples needed and that a project does not depend on: told, and proposed where somebody asked
//! for that. Main function: [`of`].

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde::Serialize;
use zerr_core::report::{Report, StepReport};
use zerr_core::verdict::Verdict;
use zerr_engine::Interrupt;
use zerr_engine::zerr_verify::{Advisories, CheckedDependency, Dependency, check_dependency};
use zerr_exec::Cancel;
use zerr_syntax::Language;

use crate::outcome::count;

/// Packages of one function that are looked at, those that most samples need first.
const PACKAGES_MAX: usize = 3;

/// One sample may name anything.
const SAMPLES_MIN: u32 = 2;

/// What a package is checked with.
pub(crate) struct Registries<'a> {
    /// A folder of the project.
    pub(crate) folder: &'a Path,
    pub(crate) advisories: Advisories,
    pub(crate) licences: &'a [String],
}

/// A package that samples needed.
#[derive(Debug, Serialize)]
pub(crate) struct Proposal {
    /// The function.
    function: String,
    /// By the name that code has for it.
    package: String,
    /// Samples that needed it.
    samples: u32,
    /// Of so many.
    of: u32,
    /// What was found out; none where nobody asked for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: Option<CheckedDependency>,
}

/// What the functions of a run that are not verified would need.
pub(crate) fn of(
    report: &Report,
    mut registries: Option<&mut Registries<'_>>,
    interrupt: &Interrupt,
) -> Vec<Proposal> {
    let mut proposals = Vec::new();
    for step in report.steps.iter().filter(|step| step.verdict != Verdict::Verified) {
        for (package, samples) in wanted(step) {
            if interrupt.is_stopped() {
                return proposals;
            }
            let checked = match (&mut registries, step.language) {
                (Some(registries), Some(language)) => {
                    Some(check(registries, language, package, interrupt))
                }
                _ => None,
            };
            proposals.push(Proposal {
                function: step.name.clone(),
                package: package.to_owned(),
                samples,
                of: step.samples,
                checked,
            });
        }
    }
    proposals
}

fn wanted(step: &StepReport) -> Vec<(&str, u32)> {
    let mut wanted: Vec<(&str, u32)> = step
        .wanted_packages
        .iter()
        .map(|(package, samples)| (package.as_str(), *samples))
        .filter(|(_, samples)| *samples >= SAMPLES_MIN)
        .collect();
    wanted.sort_by_key(|(_, samples)| std::cmp::Reverse(*samples));
    wanted.truncate(PACKAGES_MAX);
    wanted
}

fn check(
    registries: &Registries<'_>,
    language: Language,
    package: &str,
    interrupt: &Interrupt,
) -> CheckedDependency {
    let Registries { folder, advisories, licences } = registries;
    let (cancel, done) = (Cancel::new(), AtomicBool::new(false));
    let checked = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                if interrupt.is_stopped() {
                    cancel.cancel();
                }
                std::thread::park_timeout(INTERRUPT_PAUSE);
            }
        });
        let checked = check_dependency(language, package, folder, advisories, licences, &cancel);
        done.store(true, Ordering::Relaxed);
        checked
    });
    // A run is not lost because nobody answers.
    checked.unwrap_or_else(|error| CheckedDependency::Refused { why: error.to_string() })
}

/// Between two looks at whether somebody pressed Ctrl-C.
const INTERRUPT_PAUSE: Duration = Duration::from_millis(50);

impl Proposal {
    /// For people.
    pub(crate) fn line(&self) -> String {
        let Self { function, package, samples, of, checked } = self;
        let of = count(*of as usize, "sample");
        let told = format!(
            "{function}: {samples} of {of} need a package or module `{package}`, which is not there"
        );
        match checked {
            None => format!("{told}; `--propose-dependencies` asks the registry about it"),
            Some(CheckedDependency::Refused { why }) => format!("{told}; not proposed: {why}"),
            Some(CheckedDependency::Proposed(Dependency { version, licence, command, .. })) => {
                format!(
                    "{told}; proposed: version {version}, {licence}, no advisory known against it: \
                     look whether it is the one that is meant, then `{command}` and generate again"
                )
            }
        }
    }
}
