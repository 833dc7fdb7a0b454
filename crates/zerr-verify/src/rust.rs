//! Rust candidates: compiled together, run one process each. Main type: [`RustRunner`].

mod assemble;
pub(crate) mod compile;
mod cost;
pub(crate) mod diagnostics;
mod tokens;

#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use zerr_core::spec::FunctionSpec;
use zerr_core::verdict::ToolVersion;
use zerr_exec::{Cancel, Job, Limits, Sandbox, Status};
use zerr_syntax::Language;

use crate::frames::Frames;
use crate::job::{check, in_halves};
use crate::performance::Costs;
use crate::toolchain::{MissingTool, RustTools, Tool, needed};
use crate::{FileJob, Formatted, LanguageRunner, ObserveJob, Observed, Style, VerifyError, layers};
use compile::{Compiler, Executable};

pub(crate) use assemble::std_imports;

/// Observes Rust functions.
pub struct RustRunner {
    sandbox: Arc<Sandbox>,
    tools: Arc<RustTools>,
    harness: Harness,
    valgrind: Result<Tool, MissingTool>,
}

/// The compiled harness, once there is one; all runners of a [`crate::Toolchain`] share it.
pub(crate) type Harness = Arc<Mutex<Option<Vec<u8>>>>;

impl RustRunner {
    pub(crate) fn new(
        sandbox: Arc<Sandbox>,
        tools: Arc<RustTools>,
        harness: Harness,
        valgrind: Result<Tool, MissingTool>,
    ) -> RustRunner {
        RustRunner { sandbox, tools, harness, valgrind }
    }

    fn compiler<'a>(&'a self, cancel: &'a Cancel) -> Compiler<'a> {
        Compiler { sandbox: &self.sandbox, tools: &self.tools, harness: &self.harness, cancel }
    }

    /// Runs candidates of one executable until each has answered or no time is left.
    fn run_all(
        &self,
        job: &ObserveJob<'_>,
        executable: &Executable,
        slots: &[usize],
        frames: &mut Frames,
        started: Instant,
        cancel: &Cancel,
    ) -> Result<(), VerifyError> {
        let left = || job.limits.wall_ms.saturating_sub(started.elapsed().as_millis() as u64);
        let inputs = job.inputs.len();
        in_halves(slots.to_vec(), left, |chosen| {
            self.run(job, executable, chosen, frames, left(), cancel)?;
            Ok(chosen.iter().copied().filter(|one| !frames.is_complete(*one, inputs)).collect())
        })?;
        // Was it its own doing?
        for candidate in slots.iter().copied().filter(|_| slots.len() > 1) {
            if frames.was_killed(candidate) && left() > 0 {
                frames.forget(candidate);
                self.run(job, executable, &[candidate], frames, left(), cancel)?;
            }
        }
        Ok(())
    }

    /// Runs candidates of one executable in one confinement.
    fn run(
        &self,
        job: &ObserveJob<'_>,
        executable: &Executable,
        chosen: &[usize],
        frames: &mut Frames,
        wall_ms: u64,
        cancel: &Cancel,
    ) -> Result<(), VerifyError> {
        let work = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        let mut confined = Job::new(executable.host_path(), &work);
        confined.read_only = vec![executable.host_path()];
        let limits = job.limits;
        let calls = (chosen.len() * job.inputs.len()) as u64;
        confined.limits = Limits {
            wall_ms,
            cpu_ms: wall_ms,
            memory_bytes: limits.memory_bytes,
            processes: 64,
            output_bytes_max: (1 << 20) + calls * (limits.result_bytes_max + 200),
            ..Limits::default()
        };
        confined.stdin = supervisor_input(job, chosen, frames);
        let outcome = self.sandbox.run(&confined, cancel)?;
        if outcome.status == Status::Cancelled {
            return Err(VerifyError::Cancelled);
        }
        frames.read(&outcome.stdout);
        Ok(())
    }
}

fn supervisor_input(job: &ObserveJob<'_>, chosen: &[usize], frames: &Frames) -> Vec<u8> {
    let limits = job.limits;
    let mut text = format!(
        "{} {} {} {} {} {}\n",
        limits.call_ms,
        limits.lost_max,
        limits.noise_bytes_max,
        limits.result_bytes_max,
        chosen.len(),
        job.inputs.len()
    );
    for candidate in chosen {
        let _ = writeln!(text, "{candidate} {}", frames.secret_of(*candidate));
    }
    for input in job.inputs {
        text.push_str(&tokens::line(input));
        text.push('\n');
    }
    text.into_bytes()
}

impl LanguageRunner for RustRunner {
    fn language(&self) -> Language {
        Language::Rust
    }

    fn tools(&self) -> Vec<ToolVersion> {
        vec![self.tools.rustc.version.clone()]
    }

    fn costs(&self, job: &ObserveJob<'_>, cancel: &Cancel) -> Result<Costs, VerifyError> {
        check(job)?;
        let valgrind = needed(&self.valgrind)?;
        let executable = match self.compiler(cancel).compile_counted(job)? {
            Ok(executable) => executable,
            Err((_, message)) => return Err(VerifyError::BadJob(message)),
        };
        cost::count(&self.sandbox, valgrind, job, &executable, cancel)
    }

    fn prepare(&self, cancel: &Cancel) -> Result<(), VerifyError> {
        self.compiler(cancel).harness().map(drop)
    }

    fn observe(&self, job: &ObserveJob<'_>, cancel: &Cancel) -> Result<Vec<Observed>, VerifyError> {
        check(job)?;
        if job.sources.is_empty() {
            return Ok(Vec::new());
        }
        let compiled = self.compiler(cancel).compile(job)?;
        let started = Instant::now();
        let mut frames = Frames::new(0..job.sources.len());
        for executable in &compiled.executables {
            self.run_all(job, executable, &executable.candidates, &mut frames, started, cancel)?;
        }
        Ok((0..job.sources.len())
            .map(|candidate| match compiled.refused.get(&candidate) {
                Some((layer, message)) => {
                    Observed::Rejected { layer: *layer, message: message.clone() }
                }
                None => Observed::Ran(frames.take(candidate, job.inputs.len())),
            })
            .collect())
    }

    /// One run of rustc for all functions.
    fn observe_file(
        &self,
        job: &FileJob<'_>,
        cancel: &Cancel,
    ) -> Result<Vec<Observed>, VerifyError> {
        let source = [job.source.to_owned()];
        let jobs: Vec<ObserveJob<'_>> = job.each(&source).collect();
        jobs.iter().try_for_each(check)?;
        let functions: Vec<&FunctionSpec> = jobs.iter().map(|one| one.function).collect();
        let executable = match self.compiler(cancel).compile_file(&functions, job.source)? {
            Ok(executable) => executable,
            Err((layer, message)) => {
                let refused = Observed::Rejected { layer, message };
                return Ok(vec![refused; jobs.len()]);
            }
        };
        let mut observed = Vec::with_capacity(jobs.len());
        for (slot, one) in jobs.iter().enumerate() {
            let mut frames = Frames::new([slot]);
            if !one.inputs.is_empty() {
                let started = Instant::now();
                self.run_all(one, &executable, &[slot], &mut frames, started, cancel)?;
            }
            observed.push(Observed::Ran(frames.take(slot, one.inputs.len())));
        }
        Ok(observed)
    }

    fn format(&self, source: &str, cancel: &Cancel) -> Result<Formatted, VerifyError> {
        self.format_as(source, &Style::default(), cancel)
    }

    fn format_as(
        &self,
        source: &str,
        style: &Style,
        cancel: &Cancel,
    ) -> Result<Formatted, VerifyError> {
        layers::rustfmt(&self.sandbox, &self.tools, source, style, cancel)
    }
}
