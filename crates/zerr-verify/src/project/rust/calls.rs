//! What bodies do on calls with arguments of the project's own types, apart from its tests.

use std::collections::BTreeSet;

use zerr_exec::{Cancel, Status, WorkDir};
use zerr_syntax::site::{self, CALLS_FROM_VARIABLE, CALLS_TEST, CALLS_VARIABLE};

use super::RustProject;
use super::compile::Lints;
use crate::VerifyError;
use crate::project::CallOutcome;
use crate::rust::diagnostics;

/// Calls of one function.
const CALLS_MAX: usize = 24;

/// How often calls that do not compile are left out: types first, then borrows, then what they hid.
const ROUNDS: usize = 4;

/// Processor time of all calls of one body.
const CALLS_MS: u64 = 3_000;

/// How often calls are gone on with behind one that did not come to its end.
const RESTARTS: usize = 3;

/// The file that calls write what came of them to.
const FILE: &str = "out/calls";

impl RustProject {
    /// Chooses the calls that compile. None is no error: the tests are still there.
    pub(super) fn find_calls(&mut self, cancel: &Cancel) -> Result<(), VerifyError> {
        let inside = |unit: &super::Unit| unit.is_test && self.holds(unit);
        let Some(at) = self.units.iter().position(inside) else { return Ok(()) };
        let mut files = self.tree.sources("rs", &self.file);
        if let Some((_, text)) = files.first_mut() {
            text.clone_from(&self.text);
        }
        let mut calls = site::calls(&self.site, &files, CALLS_MAX);
        for _ in 0..ROUNDS {
            let with = site::with_calls(&self.site, &self.text, &calls);
            let (false, Some(with), Some(unit)) = (calls.is_empty(), with, self.units.get(at))
            else {
                return Ok(());
            };
            let text = self.unwritten(&with);
            let work = self.work_dir(&text)?;
            let outcome = self.compile(unit, &work, Lints::Warn, cancel)?;
            if outcome.is_success() {
                self.calls = calls.iter().map(|call| call.shown.clone()).collect();
                self.calls_unit = Some(at);
                // A call that comes to the function stops there, where it has no body.
                let mut reached = self.call_all(&work, None, cancel)?.into_iter();
                calls.retain(|_| matches!(reached.next(), Some(CallOutcome::Stopped(_))));
                self.calls = calls.iter().map(|call| call.shown.clone()).collect();
                if let Some(with) = site::with_calls(&self.site, &self.text, &calls) {
                    self.text_with_calls = with;
                }
                return Ok(());
            }
            let errors =
                diagnostics::read(&outcome.stderr).into_iter().filter(|said| said.is_error);
            let blamed: BTreeSet<usize> = errors
                .filter_map(|said| said.place)
                .filter(|(file, _)| self.is_here(file))
                .filter_map(|(_, line)| site::call_at(&text, line))
                .collect();
            if blamed.is_empty() {
                return Ok(());
            }
            let mut number = 0..;
            calls.retain(|_| number.next().is_none_or(|at| !blamed.contains(&at)));
        }
        Ok(())
    }

    /// What came of each call with one compiled body.
    pub(super) fn call_all(
        &self,
        compiled: &WorkDir,
        which: Option<usize>,
        cancel: &Cancel,
    ) -> Result<Vec<CallOutcome>, VerifyError> {
        let mut outcomes = vec![CallOutcome::Unsettled; self.calls.len()];
        let unit = self.calls_unit.and_then(|at| self.units.get(at));
        let Some(unit) = unit.filter(|_| !self.calls.is_empty()) else { return Ok(outcomes) };
        let mut from = 0;
        for _ in 0..=RESTARTS {
            let args = [CALLS_TEST.into(), "--test-threads=1".into()];
            let env = |work: &WorkDir| {
                let file = work.inside_path().join(FILE);
                vec![
                    (CALLS_VARIABLE.into(), file.into()),
                    (CALLS_FROM_VARIABLE.into(), from.to_string().into()),
                ]
            };
            let (outcome, work) =
                self.start(unit, compiled, which, (&args, &env), CALLS_MS, cancel)?;
            let said = work.read(FILE, 1 << 20).unwrap_or_default();
            for line in String::from_utf8_lossy(&said).lines() {
                let Some((at, what)) = line.split_once(' ') else { continue };
                let at = at.parse().ok().filter(|at: &usize| *at >= from);
                let Some(slot) = at.and_then(|at| outcomes.get_mut(at)) else { continue };
                from = at.map_or(from, |at| at + 1);
                *slot = match what.split_once(' ') {
                    Some(("gave", text)) => CallOutcome::Gave(text.to_owned()),
                    _ if what == "panicked" => CallOutcome::Stopped(String::new()),
                    _ => CallOutcome::Unsettled,
                };
            }
            let Some(open) = outcomes.get_mut(from) else { break };
            *open = match outcome.status {
                Status::TimedOut => CallOutcome::Lost,
                _ => CallOutcome::Crashed,
            };
            from += 1;
        }
        Ok(outcomes)
    }
}
