//! Which tests reach a function: all of them are run while it has no body.

use std::collections::BTreeSet;

use zerr_exec::{Cancel, Status};
use zerr_syntax::site;

use super::compile::Lints;
use super::results::{complaint, fails_unwritten, ignored, read_results};
use super::{ALONE_MAX, COMPILE_LEAST_MS, COMPILE_MS, RustProject, Unit};
use crate::VerifyError;
use crate::project::{TESTS_MS, doc_tests, problem};

/// The same for all tests of the package, which are run once.
const PROBE_MS: u64 = 120_000;

/// How much longer other bodies may take than none did: constants may be computed without end.
const COMPILE_SLOWER_MAX: u64 = 8;

impl RustProject {
    /// Runs all tests without any body: those that come to the function say so.
    pub(super) fn find_tests(&mut self, cancel: &Cancel) -> Result<(), VerifyError> {
        let work = self.work_dir(&self.unwritten(&self.text))?;
        let mut usable = Vec::new();
        let mut slowest = 0;
        for (at, unit) in self.units.iter().enumerate() {
            let outcome = self.compile(unit, &work, Lints::Warn, cancel)?;
            slowest = slowest.max(outcome.wall_ms);
            if outcome.is_success() {
                usable.push(at);
                continue;
            }
            let error = complaint(&outcome);
            if unit.is_foreign {
                let name = unit.call.variable("CARGO_CRATE_NAME").unwrap_or("another package");
                self.notes.push(format!("`{name}` does not compile in the sandbox: {error}"));
            } else if doc_tests::is_own(unit) {
                self.notes
                    .push(format!("the examples of the documentation do not compile: {error}"));
            } else if self.site.form.is_const {
                return Err(problem(
                    format!("`{}` is evaluated by the compiler", self.site.shown()),
                    "constant functions that constants are made of cannot be tried yet",
                ));
            } else {
                return Err(problem(
                    format!("the package does not compile in the sandbox: {error}"),
                    "code that is generated outside of the package's folder is not seen there",
                ));
            }
        }
        self.compile_ms = (COMPILE_SLOWER_MAX * slowest).clamp(COMPILE_LEAST_MS, COMPILE_MS);
        let mut notes = Vec::new();
        for &at in &usable {
            let Some(unit) = self.units.get(at).filter(|unit| unit.is_test) else { continue };
            let listed = self.run_tests(unit, &work, None, &["--list".into()], PROBE_MS, cancel)?.0;
            let names: BTreeSet<String> = String::from_utf8_lossy(&listed.stdout)
                .lines()
                .filter_map(|line| line.strip_suffix(": test").map(str::to_owned))
                .collect();
            if names.is_empty() {
                continue;
            }
            // Two threads: alone, the harness runs tests in its own.
            let args = ["--test-threads=2".into()];
            let (outcome, reached) = self.run_tests(unit, &work, None, &args, PROBE_MS, cancel)?;
            let name =
                unit.call.variable("CARGO_CRATE_NAME").unwrap_or("another package").to_owned();
            if outcome.status == Status::TimedOut && unit.is_foreign {
                self.notes.push(format!("the tests of `{name}` come to no end and are left out"));
                continue;
            }
            if outcome.status == Status::TimedOut {
                return Err(problem(
                    "the package's tests do not come to an end, so nobody knows which reach the function",
                    "does `cargo test` end within two minutes here?",
                ));
            }
            let results = read_results(&outcome.stdout);
            let ignored = ignored(&outcome.stdout);
            let mut found: BTreeSet<String> =
                reached.lines().filter(|name| names.contains(*name)).map(str::to_owned).collect();
            let mut by_themselves = Vec::new();
            let mut alone = 0;
            let (is_foreign, package) = (unit.is_foreign, name);
            for name in &names {
                let passed = results.iter().any(|(own, passed)| own == name && *passed);
                if passed || found.contains(name) || ignored.contains(name) {
                    continue;
                }
                alone += 1;
                if alone > ALONE_MAX && is_foreign {
                    let told =
                        format!("more than {ALONE_MAX} tests of `{package}` fail in the sandbox");
                    notes.push(format!("{told}: those behind them are left out"));
                    break;
                }
                if alone > ALONE_MAX {
                    return Err(problem(
                        format!("more than {ALONE_MAX} tests fail in the sandbox by themselves"),
                        "nobody knows which of them reach the function; do they need the network?",
                    ));
                }
                let args = ["--exact".into(), name.into()];
                let (outcome, reached) =
                    self.run_tests(unit, &work, None, &args, TESTS_MS, cancel)?;
                let ran = read_results(&outcome.stdout);
                if !reached.is_empty() || (self.site.form.is_const && fails_unwritten(&outcome)) {
                    found.insert(name.clone());
                } else if ran.iter().any(|(_, passed)| !passed) {
                    by_themselves.push(name.clone());
                }
            }
            if !by_themselves.is_empty() {
                notes.push(format!(
                    "{} of the tests fail in the sandbox without reaching the function and are \
                     left out ({})",
                    by_themselves.len(),
                    by_themselves.first().map_or("", String::as_str)
                ));
            }
            self.tests.extend(found.into_iter().map(|name| (at, name)));
        }
        self.notes.extend(notes);
        // What reaches nothing need not be compiled again.
        let used: BTreeSet<usize> = self.tests.iter().map(|(at, _)| *at).collect();
        let links_lib =
            self.units.iter().enumerate().any(|(at, unit)| used.contains(&at) && !self.holds(unit));
        let is_linked = |lib: &Unit| {
            used.iter().filter_map(|at| self.units.get(*at)).any(|unit| unit.links(lib))
        };
        let keep: Vec<usize> = (0..self.units.len())
            .filter(|at| {
                let needed = |unit: &Unit| match unit {
                    lib if lib.is_lib && lib.is_foreign => is_linked(lib),
                    lib => lib.is_lib && (links_lib || used.is_empty()),
                };
                used.contains(at)
                    || self.calls_unit == Some(*at)
                    || self.units.get(*at).is_some_and(needed)
            })
            .collect();
        self.calls_unit = self.calls_unit.and_then(|at| keep.iter().position(|kept| *kept == at));
        for (at, _) in &mut self.tests {
            *at = keep.iter().position(|kept| kept == at).unwrap_or(0);
        }
        self.units = keep.iter().filter_map(|at| self.units.get(*at).cloned()).collect();
        self.shown = self
            .tests
            .iter()
            .map(|(at, name)| match self.units.get(*at) {
                Some(unit) if !self.holds(unit) => {
                    format!("{}: {name}", unit.call.variable("CARGO_CRATE_NAME").unwrap_or("tests"))
                }
                _ => name.clone(),
            })
            .collect();
        // One name for two tests would let one stand for both.
        for at in 1..self.shown.len() {
            let (before, rest) = self.shown.split_at_mut(at);
            if let Some(own) = rest.first_mut()
                && before.contains(own)
            {
                let same = before.iter().filter(|name| name.starts_with(own.as_str())).count();
                *own = format!("{own} ({})", same + 1);
            }
        }
        Ok(())
    }

    /// A text of the function's file, without a body there.
    pub(super) fn unwritten(&self, text: &str) -> String {
        site::unwritten(&self.site, text).unwrap_or_else(|| text.to_owned())
    }
}
