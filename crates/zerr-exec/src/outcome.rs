//! How a process ended, or why there was none: [`Outcome`], [`ExecError`].

use std::io;
use std::path::PathBuf;

/// What a process left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// What it wrote to standard output, up to the limit.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, up to the limit.
    pub stderr: Vec<u8>,
    /// From start to end, setting up the confinement included.
    pub wall_ms: u64,
}

impl Outcome {
    /// Whether it exited with 0. No evidence by itself: confined code can exit with 0 early.
    pub fn is_success(&self) -> bool {
        self.status == Status::Exited(0)
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// By itself, with this code (0 to 255).
    Exited(i32),
    /// By this signal; `SIGXCPU` (24) or `SIGKILL` (9) when it used up its processor time.
    Signaled(i32),
    /// Killed: the wall clock ran out.
    TimedOut,
    /// Killed: it wrote more output than allowed.
    OutputLimit,
    /// Killed: it filled the work folder past the limit.
    DiskLimit,
    /// Killed: [`crate::Cancel`].
    Cancelled,
}

/// Why a process could not be run to an end. Says nothing about the process itself.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// The program is missing, is no program, or may not be executed.
    #[error("cannot start {}", program.display())]
    Start {
        /// As given.
        program: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The job makes no sense, for example a relative program path.
    #[error("{what}: {}", path.display())]
    BadJob {
        /// What is wrong.
        what: &'static str,
        /// With which path.
        path: PathBuf,
    },
    /// A layer of the confinement could not be set up; nothing was run.
    #[error("confinement failed at {step}")]
    Confine {
        /// Which part.
        step: &'static str,
        /// The system's word.
        source: io::Error,
    },
    /// Anything else between zerr and the system: pipes, memory, processes.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The system's word.
        source: io::Error,
    },
}

impl ExecError {
    pub(crate) fn io(what: &'static str) -> impl FnOnce(io::Error) -> ExecError {
        move |source| ExecError::Io { what, source }
    }
}
