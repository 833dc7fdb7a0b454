//! From bodies to executables: rustc as cargo would call it, on a copy, all bodies at once.

use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

use zerr_core::verdict::LayerId;
use zerr_exec::{Cancel, Job, Limits, Outcome, Status, WorkDir};
use zerr_syntax::site::{self, Dispatched};

use super::results::complaint;
use super::{OUT, RustProject, finished};
use crate::VerifyError;
use crate::project::cargo::{RustcCall, Unit};
use crate::project::{Attempt, TestOutcome, tree};
use crate::rust::compile::layer_of;
use crate::rust::diagnostics;

/// For so long bodies are compiled.
const ALL_MAX: Duration = Duration::from_mins(1);

/// Bodies that were compiled together.
pub(super) struct Batch {
    /// Positions among the bodies.
    pub(super) bodies: Vec<usize>,
    pub(super) work: WorkDir,
}

/// Whether lints may refuse a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lints {
    /// As the project has it.
    Own,
    Warn,
}

/// What became of compiling a group.
pub(super) enum Compiled {
    Built,
    /// These are to blame, by position in the group.
    Refused(Vec<(usize, LayerId, String)>),
    /// It does not compile, and nobody is to blame by name.
    Failed,
    /// The only one took too long.
    Ended,
}

impl RustProject {
    /// One run of rustc as cargo would make it, on the copy.
    pub(super) fn compile(
        &self,
        unit: &Unit,
        work: &WorkDir,
        lints: Lints,
        cancel: &Cancel,
    ) -> Result<Outcome, VerifyError> {
        let out = work.inside_path().join(OUT);
        let mut args: Vec<OsString> = Vec::new();
        let mut own = unit.call.args.iter().peekable();
        while let Some(arg) = own.next() {
            match arg.as_str() {
                "--out-dir" => {
                    own.next();
                    args.extend(["--out-dir".into(), out.clone().into()]);
                }
                "-C" if own.peek().is_some_and(|next| next.starts_with("incremental=")) => {
                    own.next();
                }
                "--cap-lints" => {
                    own.next();
                }
                "--extern" => {
                    args.push(arg.into());
                    if let Some(linked) = own.next() {
                        args.push(self.linked(linked, &out).into());
                    }
                }
                _ => args.push(self.moved(arg, work).into()),
            }
        }
        // While bodies stand side by side, what one leaves unused refuses no other.
        if lints == Lints::Warn {
            args.extend(["--cap-lints", "warn"].map(OsString::from));
        }
        args.push("-L".into());
        let mut search = OsString::from("dependency=");
        search.push(&out);
        args.push(search);
        let rustc = unit.call.sysroot().map_or(&self.tools.rustc.path, |_| &unit.call.program);
        let mut job = self.job(rustc, args, &unit.call, work, ".");
        job.limits = Limits {
            cpu_ms: self.compile_ms,
            wall_ms: 2 * self.compile_ms,
            file_bytes: 2 << 30,
            ..Limits::compiler()
        };
        finished(self.sandbox.run(&job, cancel)?)
    }

    /// Compiles all units with a text in the function's place.
    pub(super) fn compile_group(
        &self,
        work: &WorkDir,
        made: &Dispatched,
        count: usize,
        cancel: &Cancel,
    ) -> Result<Compiled, VerifyError> {
        work.write(Path::new(tree::FOLDER).join(&self.file), &made.text)
            .map_err(VerifyError::work_dir("write"))?;
        for unit in &self.units {
            let outcome = self.compile(unit, work, Lints::Warn, cancel)?;
            if outcome.is_success() {
                continue;
            }
            let mut refused: Vec<(usize, LayerId, String)> = Vec::new();
            for error in diagnostics::read(&outcome.stderr).iter().filter(|said| said.is_error) {
                let Some((file, line)) = &error.place else { continue };
                let body = made.body_at(*line).filter(|_| self.is_here(file));
                if let Some(body) = body
                    && !refused.iter().any(|(own, ..)| *own == body)
                {
                    refused.push((body, layer_of(error), error.said()));
                }
            }
            // A compiler that was ended says nothing of the body.
            let ended = matches!(outcome.status, Status::TimedOut | Status::Signaled(_));
            return Ok(match refused.is_empty() {
                true if count == 1 && ended => Compiled::Ended,
                true if count == 1 => {
                    Compiled::Refused(vec![(0, LayerId::Types, complaint(&outcome))])
                }
                true => Compiled::Failed,
                false => Compiled::Refused(refused),
            });
        }
        Ok(Compiled::Built)
    }

    fn lost(&self) -> Attempt {
        Attempt::Ran(vec![TestOutcome::Lost; self.tests.len()], self.no_calls())
    }

    /// Compiles the bodies, as many at once as compile.
    pub(super) fn compile_all(
        &self,
        bodies: &[String],
        attempts: &mut [Option<Attempt>],
        cancel: &Cancel,
    ) -> Result<Vec<Batch>, VerifyError> {
        let together = site::dispatch(&self.site, &self.text, &[]).is_some();
        let started = Instant::now();
        let mut groups: Vec<Vec<usize>> = if together {
            // Constants are computed while compiling, perhaps without end: those pay for themselves, and so
            // does what may hold for all that is compiled beside it.
            let alone =
                |body: &String| ["const ", "impl ", "impl<"].iter().any(|word| body.contains(word));
            let (alone, rest): (Vec<usize>, Vec<usize>) =
                (0..bodies.len()).partition(|at| bodies.get(*at).is_some_and(alone));
            alone.into_iter().map(|one| vec![one]).chain([rest]).collect()
        } else {
            (0..bodies.len()).map(|body| vec![body]).collect()
        };
        let mut batches = Vec::new();
        while let Some(mut group) = groups.pop() {
            if started.elapsed() > ALL_MAX {
                for body in group {
                    if let Some(slot) = attempts.get_mut(body) {
                        // Nobody knows what it would do.
                        *slot = Some(self.lost());
                    }
                }
                continue;
            }
            let work = self.work_dir(&self.text)?;
            while !group.is_empty() {
                let chosen: Vec<String> =
                    group.iter().filter_map(|body| bodies.get(*body).cloned()).collect();
                let made = match chosen.as_slice() {
                    [body] if !together => site::replace(&self.site, &self.text_with_calls, body)
                        .map(|text| Dispatched { text, lines: Vec::new() }),
                    chosen => site::dispatch(&self.site, &self.text_with_calls, chosen),
                };
                let Some(made) = made else {
                    group.clear();
                    break;
                };
                match self.compile_group(&work, &made, group.len(), cancel)? {
                    Compiled::Built => break,
                    Compiled::Refused(refused) => {
                        let refused = refused.into_iter().filter_map(|(at, layer, message)| {
                            group.get(at).map(|body| (*body, layer, message))
                        });
                        let refused: Vec<_> = refused.collect();
                        group.retain(|body| !refused.iter().any(|(own, ..)| own == body));
                        for (body, layer, message) in refused {
                            if let Some(slot) = attempts.get_mut(body) {
                                *slot = Some(Attempt::Refused { layer, message });
                            }
                        }
                    }
                    Compiled::Ended => {
                        for body in std::mem::take(&mut group) {
                            if let Some(slot) = attempts.get_mut(body) {
                                *slot = Some(self.lost());
                            }
                        }
                    }
                    Compiled::Failed => {
                        let rest = group.split_off(group.len() / 2);
                        groups.push(rest);
                    }
                }
            }
            if !group.is_empty() {
                batches.push(Batch { bodies: group, work });
            }
        }
        Ok(batches)
    }

    /// Paths of the workspace as they are in the copy.
    pub(super) fn moved(&self, text: &str, work: &WorkDir) -> String {
        let target = self.built.target.to_string_lossy();
        if text.contains(&*target) {
            return text.to_owned();
        }
        let inside = work.inside_path().join(tree::FOLDER);
        let (root, inside) = (self.built.root.to_string_lossy(), inside.to_string_lossy());
        let mut out = String::new();
        let mut rest = text;
        // Of `/w/a` and `/w/a-b` only the first is below `/w/a`.
        while let Some((before, after)) = rest.split_once(&*root) {
            let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
            let is_whole = !after.starts_with(goes_on);
            out.push_str(before);
            out.push_str(if is_whole { &inside } else { &root });
            rest = after;
        }
        out.push_str(rest);
        out
    }

    /// A linked library: of those that are compiled here, the one of this copy.
    pub(super) fn linked(&self, linked: &str, out: &Path) -> String {
        let own = self.units.iter().filter(|unit| unit.is_lib).find_map(|unit| {
            let (name, path) = linked.split_once('=')?;
            let file = Path::new(path).file_name()?.to_str()?;
            file.starts_with(&format!("lib{}.", unit.stem))
                .then(|| format!("{name}={}", out.join(format!("lib{}.rlib", unit.stem)).display()))
        });
        own.unwrap_or_else(|| linked.to_owned())
    }

    /// A confined job that starts in a folder of the copy.
    pub(super) fn job<'a>(
        &self,
        program: &Path,
        args: Vec<OsString>,
        call: &RustcCall,
        work: &'a WorkDir,
        folder: &str,
    ) -> Job<'a> {
        let mut job = Job::new("/bin/sh", work);
        let start = work.inside_path().join(tree::FOLDER).join(folder);
        job.args = vec!["-c".into(), "cd \"$1\" && shift && exec \"$@\"".into(), "sh".into()];
        job.args.extend([start.into(), program.as_os_str().to_owned()]);
        job.args.extend(args);
        job.env = call
            .env
            .iter()
            .map(|(name, value)| (name.into(), self.moved(value, work).into()))
            .collect();
        job.env.push(("PATH".into(), "/usr/bin:/bin".into()));
        job.env.push(("TMPDIR".into(), "/tmp".into()));
        job.env.push(("HOME".into(), "/tmp".into()));
        let sysroot = call.sysroot().unwrap_or(&self.tools.sysroot).to_owned();
        job.read_only = vec![sysroot, self.built.target.clone()];
        job
    }
}
