//! What calls of a Python function cost: [`count`]. The counting is `cost.py`.

use serde_json::json;
use zerr_exec::{Cancel, Sandbox};

use super::{RUNNER, inputs, python_job, run, typing_imports};
use crate::performance::Costs;
use crate::{ObserveJob, PythonTools, VerifyError};

const COST: &str = include_str!("cost.py");

/// One call under the tracer, and some without.
const CALL_MS: u64 = 1_000;

pub(super) fn count(
    sandbox: &Sandbox,
    tools: &PythonTools,
    job: &ObserveJob<'_>,
    cancel: &Cancel,
) -> Result<Costs, VerifyError> {
    let work = sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
    let mut confined = python_job(tools, &work, &["-c", COST], job.limits.wall_ms);
    confined.env = vec![("PYTHONHASHSEED".into(), "1".into())];
    let imports = typing_imports([&job.function.signature]);
    let texts: Vec<&str> = std::iter::once(imports.as_str())
        .chain(job.context.iter().chain(job.sources).map(String::as_str))
        .collect();
    confined.stdin = json!({
        "function": job.function.name,
        "texts": texts,
        "library": RUNNER,
        "inputs": inputs::to_python(&job.function.signature, job.inputs),
        "call_ms": CALL_MS,
    })
    .to_string()
    .into_bytes();
    let outcome = run(sandbox, &confined, cancel)?;
    let said = String::from_utf8_lossy(&outcome.stdout);
    let lines = said.lines().filter_map(|line| line.strip_prefix("cost "));
    let (mut counts, mut nanoseconds) = (Vec::new(), Vec::new());
    for line in lines {
        let both = line.split_once(' ').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        counts.push(both.map(|(count, _): (u64, u64)| count));
        nanoseconds.push(both.map(|(_, time)| time));
    }
    counts.resize(job.inputs.len(), None);
    nanoseconds.resize(job.inputs.len(), None);
    if counts.iter().all(Option::is_none) {
        let complaint = String::from_utf8_lossy(&outcome.stderr);
        let last = complaint.lines().last().or(said.lines().last()).unwrap_or("no call ended");
        return Err(VerifyError::BadJob(format!("no call could be counted: {last}")));
    }
    let tool = tools.python.version.clone();
    Ok(Costs { unit: "events", tool, counts, nanoseconds })
}
