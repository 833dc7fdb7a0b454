//! What calls of a Rust function cost, counted by callgrind: [`count`].
//!
//! The candidate's process is run under the tool without its supervisor. Two functions of ours
//! stand around every call (`assemble.rs`); the tool writes its counts before the outer and after
//! the inner one, so that decoding arguments is not counted.

use zerr_core::verdict::ToolVersion;
use zerr_exec::{Cancel, Job, Limits, Sandbox, Status};

use super::compile::Executable;
use super::tokens;
use crate::frames::secret;
use crate::performance::Costs;
use crate::{ObserveJob, Tool, VerifyError};

/// Where the tool writes: this name, a dot and a number from 1.
const OUT: &str = "counts";

/// A count file holds names of all functions that were called.
const FILE_BYTES_MAX: u64 = 16 << 20;

pub(super) fn count(
    sandbox: &Sandbox,
    valgrind: &Tool,
    job: &ObserveJob<'_>,
    executable: &Executable,
    cancel: &Cancel,
) -> Result<Costs, VerifyError> {
    executable.open().map_err(VerifyError::work_dir("change"))?;
    let work = sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
    let mut confined = Job::new(&valgrind.path, &work);
    let out = work.inside_path().join(OUT);
    confined.args = vec!["--tool=callgrind".into(), "--vgdb=no".into(), "-q".into()];
    confined.args.push(format!("--callgrind-out-file={}", out.display()).into());
    confined.args.push("--dump-before=*::door_0_*".into());
    confined.args.push("--dump-after=*::inner_0_*".into());
    confined.args.push(executable.host_path().into());
    confined.args.extend(["0".into(), "0".into()]);
    confined.env = vec![("PATH".into(), "/usr/bin:/bin".into()), ("TMPDIR".into(), "/tmp".into())];
    confined.read_only = vec![executable.host_path()];
    confined.limits = Limits {
        wall_ms: job.limits.wall_ms,
        cpu_ms: job.limits.wall_ms,
        // The tool keeps a shadow of everything.
        memory_bytes: 6 << 30,
        ..Limits::default()
    };
    let secret = secret();
    let mut text = format!("{secret}\n{} {}\n", job.limits.result_bytes_max, job.inputs.len());
    for input in job.inputs {
        text.push_str(&tokens::line(input));
        text.push('\n');
    }
    confined.stdin = text.into_bytes();
    let outcome = sandbox.run(&confined, cancel)?;
    if outcome.status == Status::Cancelled {
        return Err(VerifyError::Cancelled);
    }
    // Lines of the harness: which calls returned, in order, before any is made again.
    let said = String::from_utf8_lossy(&outcome.stderr);
    let returned: Vec<bool> = said
        .lines()
        .filter_map(|line| line.strip_prefix(&secret)?.strip_prefix(' '))
        .filter_map(|line| line.split_once(' '))
        .filter(|(word, _)| word.parse::<usize>().is_ok())
        .map(|(_, json)| json.contains("\"returned\""))
        .collect();
    let mut counts = vec![None; job.inputs.len()];
    // Parts alternate: what was before the call, the call.
    for (at, (slot, returned)) in counts.iter_mut().zip(returned).enumerate() {
        if !returned {
            // A call that unwinds leaves no part, and the numbers of all later ones are open.
            break;
        }
        *slot = work
            .read(format!("{OUT}.{}", 2 * at + 2), FILE_BYTES_MAX)
            .ok()
            .and_then(|bytes| total(&String::from_utf8_lossy(&bytes)));
    }
    if counts.iter().all(Option::is_none) {
        return Err(VerifyError::BrokenTool {
            tool: "valgrind",
            message: said.lines().find(|line| !line.is_empty()).unwrap_or("no counts").to_owned(),
            hint: "does `valgrind --tool=callgrind true` work?",
        });
    }
    let tool = ToolVersion { name: "callgrind".to_owned(), ..valgrind.version.clone() };
    Ok(Costs { unit: "instructions", tool, counts, nanoseconds: Vec::new() })
}

/// The sum over all functions; only for a part that a call's end wrote.
fn total(text: &str) -> Option<u64> {
    if !text.contains("Trigger: --dump-after") {
        return None;
    }
    text.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
}
