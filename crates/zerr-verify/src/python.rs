//! Python candidates: forked from one interpreter, one process each. Main type: [`PythonRunner`].
//!
//! Every batch runs twice at the same time, with other seeds for hashes and the inputs in the
//! other order: what depends on either is no answer.

mod cost;
mod inputs;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use serde::Deserialize;
use serde_json::json;
use zerr_core::observe::Observation;
use zerr_core::spec::FunctionSpec;
use zerr_core::value::Value;
use zerr_core::verdict::{LayerId, ToolVersion};
use zerr_exec::{Cancel, Job, Limits, Outcome, Sandbox, Status, WorkDir};
use zerr_syntax::Language;
use zerr_syntax::deny::Capability;

use crate::frames::Frames;
use crate::job::{check, in_halves};
use crate::performance::Costs;
use crate::toolchain::{MissingTool, PythonTools, Tool};
use crate::{Formatted, LanguageRunner, ObserveJob, Observed, Passes, Style, VerifyError, layers};

pub(crate) use inputs::typing_imports;

/// The program that the interpreter runs, see there.
const RUNNER: &str = include_str!("python/runner.py");

/// Starts [`RUNNER`], its only argument, with builtins of its own: a candidate may replace what is
/// in the module that all others share.
const START: &str = "import builtins, sys
exec(sys.argv.pop(), {'__builtins__': dict(vars(builtins)), '__name__': 'runner'})";

/// Observes Python functions.
pub struct PythonRunner {
    sandbox: Arc<Sandbox>,
    tools: Arc<PythonTools>,
    ruff: Result<Tool, MissingTool>,
}

/// The two ways in which every call is made.
#[derive(Clone, Copy)]
enum Pass {
    Forward,
    Backward,
}

#[derive(Deserialize)]
struct Rejection {
    layer: LayerId,
    /// False when the text is not the candidate's but one that it builds on.
    own: bool,
    line: Option<usize>,
    message: String,
}

#[derive(Default)]
struct Seen {
    rejected: BTreeMap<usize, (LayerId, String)>,
    observed: BTreeMap<usize, Vec<Observation>>,
    lost: Vec<usize>,
    /// Ended by a signal.
    killed: Vec<usize>,
}

impl PythonRunner {
    pub(crate) fn new(
        sandbox: Arc<Sandbox>,
        tools: Arc<PythonTools>,
        ruff: Result<Tool, MissingTool>,
    ) -> PythonRunner {
        PythonRunner { sandbox, tools, ruff }
    }

    fn pass(
        &self,
        job: &ObserveJob<'_>,
        chosen: &[usize],
        pass: Pass,
        wall_ms: u64,
        cancel: &Cancel,
    ) -> Result<Seen, VerifyError> {
        let mut frames = Frames::new(chosen.iter().copied());
        let order: Vec<usize> = match pass {
            Pass::Forward => (0..job.inputs.len()).collect(),
            Pass::Backward => (0..job.inputs.len()).rev().collect(),
        };
        let work = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        let seed = match pass {
            Pass::Forward => "1",
            Pass::Backward => "2",
        };
        let mut confined = python_job(&self.tools, &work, &["-c", START, RUNNER], wall_ms);
        confined.env = vec![("PYTHONHASHSEED".into(), seed.into())];
        let calls = (chosen.len() * job.inputs.len()) as u64;
        confined.limits.output_bytes_max = (1 << 20) + calls * (job.limits.result_bytes_max + 200);
        let candidates: Vec<_> = chosen
            .iter()
            .map(|one| {
                let source = job.sources.get(*one).map_or("", String::as_str);
                json!({"id": one, "secret": frames.secret_of(*one), "source": source})
            })
            .collect();
        confined.stdin = json!({
            "function": job.function.name,
            "imports": typing_imports([&job.function.signature]),
            "modules": job.function.capabilities.iter().copied().flat_map(modules).collect::<Vec<_>>(),
            "builtins": builtins(job.function),
            "context": job.context,
            "candidates": candidates,
            "inputs": inputs::to_python(&job.function.signature, job.inputs),
            "order": order,
            "call_ms": job.limits.call_ms,
            "lost_max": job.limits.lost_max,
            "memory_bytes": job.limits.memory_bytes,
            "result_bytes_max": job.limits.result_bytes_max,
            "width": std::thread::available_parallelism().map_or(2, usize::from).min(8),
        })
        .to_string()
        .into_bytes();
        let outcome = run(&self.sandbox, &confined, cancel)?;
        frames.read(&outcome.stdout);
        let mut seen = Seen::default();
        let rejections = rejections(&outcome.stdout, &frames)?;
        for candidate in chosen {
            if let Some(rejection) = rejections.get(candidate) {
                seen.rejected.insert(*candidate, rejection.clone());
                continue;
            }
            if !frames.is_complete(*candidate, job.inputs.len()) {
                seen.lost.push(*candidate);
            }
            if frames.was_killed(*candidate) {
                seen.killed.push(*candidate);
            }
            seen.observed.insert(*candidate, frames.take(*candidate, job.inputs.len()));
        }
        if seen.lost.len() == chosen.len() && outcome.status == Status::Exited(1) {
            // A Python that cannot run the runner would refute everything.
            let said = String::from_utf8_lossy(&outcome.stderr);
            return Err(VerifyError::BrokenTool {
                tool: "python3",
                message: said.lines().last().unwrap_or("it says nothing").to_owned(),
                hint: "install CPython 3.10 or newer with its whole standard library",
            });
        }
        Ok(seen)
    }

    fn whole_pass(
        &self,
        job: &ObserveJob<'_>,
        all: Vec<usize>,
        pass: Pass,
        cancel: &Cancel,
    ) -> Result<Seen, VerifyError> {
        let started = Instant::now();
        let left = || job.limits.wall_ms.saturating_sub(started.elapsed().as_millis() as u64);
        let mut seen = Seen::default();
        let mut killed_in_company = BTreeSet::new();
        in_halves(all, left, |chosen| {
            let part = self.pass(job, chosen, pass, left(), cancel)?;
            if chosen.len() > 1 {
                killed_in_company.extend(part.killed);
            }
            seen.observed.extend(part.observed);
            seen.rejected.extend(part.rejected);
            Ok(part.lost)
        })?;
        // Was it its own doing?
        for candidate in killed_in_company {
            if left() > 0 {
                let part = self.pass(job, &[candidate], pass, left(), cancel)?;
                seen.observed.extend(part.observed);
                seen.rejected.extend(part.rejected);
            }
        }
        Ok(seen)
    }
}

fn rejections(
    stdout: &[u8],
    frames: &Frames,
) -> Result<BTreeMap<usize, (LayerId, String)>, VerifyError> {
    let mut rejections = BTreeMap::new();
    for line in String::from_utf8_lossy(stdout).lines() {
        let mut parts = line.splitn(4, ' ');
        let (Some(candidate), Some("rejected"), Some(secret), Some(json)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let Ok(candidate) = candidate.parse() else { continue };
        if secret.is_empty() || frames.secret_of(candidate) != secret {
            continue;
        }
        let Ok(said) = serde_json::from_str::<Rejection>(json) else { continue };
        let message = match said.line {
            Some(line) => format!("{} (line {line})", said.message),
            None => said.message,
        };
        if !said.own {
            return Err(VerifyError::Context(message));
        }
        rejections.insert(candidate, (said.layer, message));
    }
    Ok(rejections)
}

/// Modules that a capability opens, beside those that are always open. What they reach is still
/// the sandbox and nothing else.
fn modules(capability: Capability) -> &'static [&'static str] {
    match capability {
        Capability::Files => &["pathlib", "io", "os", "tempfile", "glob", "csv"],
        Capability::Network => &["socket", "ssl", "urllib", "http"],
        Capability::Environment => &["os"],
        Capability::Time => &["time", "datetime", "calendar", "zoneinfo"],
    }
}

fn builtins(function: &FunctionSpec) -> &'static [&'static str] {
    if function.capabilities.contains(&Capability::Files) { &["open"] } else { &[] }
}

/// A confined run of the interpreter.
pub(crate) fn python_job<'a>(
    tools: &PythonTools,
    work: &'a WorkDir,
    args: &[&str],
    wall_ms: u64,
) -> Job<'a> {
    let mut job = Job::new(&tools.python.path, work);
    // Not -I, which would have the seed of hashes drawn anew; the environment is empty anyway.
    job.args = ["-s", "-S", "-B", "-X", "utf8"].iter().chain(args).map(Into::into).collect();
    job.read_only.clone_from(&tools.folders);
    job.limits = Limits {
        wall_ms,
        cpu_ms: wall_ms,
        memory_bytes: 4 << 30,
        processes: 64,
        ..Limits::default()
    };
    job
}

pub(crate) fn run(
    sandbox: &Sandbox,
    job: &Job<'_>,
    cancel: &Cancel,
) -> Result<Outcome, VerifyError> {
    let outcome = sandbox.run(job, cancel)?;
    match outcome.status {
        Status::Cancelled => Err(VerifyError::Cancelled),
        _ => Ok(outcome),
    }
}

/// What the runner says of a call that it did not make, because several before it did not end.
const NOT_RUN: &str = "not run: ";

fn was_made(seen: &Observation) -> bool {
    !matches!(seen, Observation::Crashed { how } if how.starts_with(NOT_RUN))
}

impl PythonRunner {
    /// Backwards the largest arguments come first: where several calls do not end, those that came to
    /// their end forwards are made once more without them.
    fn make_up(
        &self,
        job: &ObserveJob<'_>,
        forward: &Seen,
        backward: &mut Seen,
        cancel: &Cancel,
    ) -> Result<(), VerifyError> {
        for (candidate, second) in &mut backward.observed {
            let Some(first) = forward.observed.get(candidate) else { continue };
            let missed: Vec<usize> = (0..first.len().min(second.len()))
                .filter(|at| first.get(*at).is_some_and(Observation::is_settled))
                .filter(|at| second.get(*at).is_some_and(|seen| !was_made(seen)))
                .collect();
            if missed.is_empty() {
                continue;
            }
            let sources: Vec<String> = job.sources.get(*candidate).cloned().into_iter().collect();
            let inputs: Vec<Vec<Value>> =
                missed.iter().filter_map(|at| job.inputs.get(*at).cloned()).collect();
            let again = ObserveJob { sources: &sources, inputs: &inputs, ..*job };
            let mut made = self.whole_pass(&again, vec![0], Pass::Backward, cancel)?;
            let made = made.observed.remove(&0).unwrap_or_default();
            for (at, seen) in missed.into_iter().zip(made) {
                if let Some(slot) = second.get_mut(at) {
                    *slot = seen;
                }
            }
        }
        Ok(())
    }
}

impl LanguageRunner for PythonRunner {
    fn language(&self) -> Language {
        Language::Python
    }

    fn tools(&self) -> Vec<ToolVersion> {
        vec![self.tools.python.version.clone()]
    }

    fn observe(&self, job: &ObserveJob<'_>, cancel: &Cancel) -> Result<Vec<Observed>, VerifyError> {
        check(job)?;
        if job.sources.is_empty() {
            return Ok(Vec::new());
        }
        let once = match job.limits.passes {
            Passes::Once => Some(Pass::Forward),
            Passes::Again => Some(Pass::Backward),
            Passes::Twice => None,
        };
        if let Some(pass) = once {
            let all = (0..job.sources.len()).collect();
            let mut seen = self.whole_pass(job, all, pass, cancel)?;
            let observed = (0..job.sources.len()).map(|candidate| {
                if let Some((layer, message)) = seen.rejected.remove(&candidate) {
                    return Observed::Rejected { layer, message };
                }
                Observed::Ran(seen.observed.remove(&candidate).unwrap_or_default())
            });
            return Ok(observed.collect());
        }
        let all = (0..job.sources.len()).collect();
        let mut once = BTreeSet::new();
        let (mut forward, mut backward) = if job.limits.lost_max == 0 {
            // One call that is lost says all: what loses one forwards is not looked at again.
            let forward = self.whole_pass(job, all, Pass::Forward, cancel)?;
            let is_lost = |seen: &Vec<Observation>| seen.iter().any(|one| !was_made(one));
            let (left, lost): (Vec<usize>, Vec<usize>) = (0..job.sources.len())
                .partition(|one| forward.observed.get(one).is_some_and(|seen| !is_lost(seen)));
            once.extend(lost);
            let backward = self.whole_pass(job, left, Pass::Backward, cancel)?;
            (forward, backward)
        } else {
            let (forward, backward) = std::thread::scope(|scope| {
                let again = all.clone();
                let backward = scope.spawn(|| self.whole_pass(job, again, Pass::Backward, cancel));
                let forward = self.whole_pass(job, all, Pass::Forward, cancel);
                (forward, backward.join())
            });
            let backward = backward
                .map_err(|_| VerifyError::BadJob("observing stopped in the middle".to_owned()))?;
            (forward?, backward?)
        };
        self.make_up(job, &forward, &mut backward, cancel)?;
        Ok((0..job.sources.len())
            .map(|candidate| {
                let rejected =
                    forward.rejected.get(&candidate).or(backward.rejected.get(&candidate));
                if let Some((layer, message)) = rejected {
                    return Observed::Rejected { layer: *layer, message: message.clone() };
                }
                let second = backward.observed.get(&candidate);
                let first = forward.observed.remove(&candidate).unwrap_or_default();
                if once.contains(&candidate) {
                    return Observed::Ran(first);
                }
                Observed::Ran(
                    first
                        .into_iter()
                        .enumerate()
                        .map(|(input, one)| one.agreed(second.and_then(|two| two.get(input))))
                        .collect(),
                )
            })
            .collect())
    }

    fn costs(&self, job: &ObserveJob<'_>, cancel: &Cancel) -> Result<Costs, VerifyError> {
        check(job)?;
        cost::count(&self.sandbox, &self.tools, job, cancel)
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
        layers::ruff_format(&self.sandbox, self.ruff.as_ref(), source, style, cancel)
    }
}
