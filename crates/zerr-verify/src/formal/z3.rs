//! Z3 as a program: one question, one answer. Main type: [`Z3`].
//!
//! It runs confined and with three limits, because it decides questions that may take for ever
//! and reads a text that was made from a model's: its own clock, the processor time, and the wall
//! clock of the sandbox.

use zerr_exec::{Cancel, Job, Limits, Sandbox, Status};

use crate::layers::tool_files;
use crate::python::run;
use crate::{Tool, VerifyError};

pub(super) struct Z3<'a> {
    pub(super) sandbox: &'a Sandbox,
    pub(super) tool: &'a Tool,
}

impl Z3<'_> {
    /// What it writes to this question, `timeout` where it did not end in time.
    pub(super) fn ask(
        &self,
        question: &str,
        seconds: u64,
        cancel: &Cancel,
    ) -> Result<String, VerifyError> {
        let work = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        let mut job = Job::new(&self.tool.path, &work);
        let limit = format!("-T:{seconds}");
        job.args = ["-in", "-smt2", &limit].iter().map(Into::into).collect();
        job.env = vec![("HOME".into(), "/tmp".into()), ("PATH".into(), "/usr/bin:/bin".into())];
        job.read_only = tool_files(self.tool);
        job.stdin = question.as_bytes().to_vec();
        let ms = (seconds + 2) * 1_000;
        job.limits = Limits { wall_ms: ms, cpu_ms: ms, memory_bytes: 4 << 30, ..Limits::default() };
        let outcome = run(self.sandbox, &job, cancel)?;
        let said = String::from_utf8_lossy(&outcome.stdout).into_owned();
        match outcome.status {
            // It ends with 1 when asked for a model that there is none of.
            Status::Exited(0 | 1) if !said.trim().is_empty() => Ok(said),
            Status::TimedOut | Status::Signaled(_) => Ok("timeout".to_owned()),
            status => {
                let complaint = String::from_utf8_lossy(&outcome.stderr);
                let complaint = complaint.lines().next().unwrap_or_default();
                Err(VerifyError::BrokenTool {
                    tool: "z3",
                    message: format!("it ended with {status:?} {complaint}"),
                    hint: "does `echo '(check-sat)' | z3 -in` say `sat`?",
                })
            }
        }
    }
}
