//! What to run confined, and within what bounds: [`Job`], [`Limits`].

use std::ffi::OsString;
use std::path::PathBuf;

use crate::WorkDir;

/// One confined process.
///
/// It starts in the work folder with exactly the environment given here, its standard input is
/// [`Job::stdin`] and then the end of file, and it sees read-only: `/usr` (and `/bin`, `/lib`, …),
/// the few files of `/etc` that the loader and the linker want, `/dev/{null,zero,random,urandom}`,
/// and [`Job::read_only`]. `/proc` shows its own processes at most. It can write to the work folder
/// and to a small `/tmp` of its own.
#[derive(Debug, Clone)]
pub struct Job<'a> {
    /// Absolute path as seen inside: under [`WorkDir::inside_path`], a `read_only` path or `/usr`.
    pub program: PathBuf,
    /// Arguments, without the program's own name.
    pub args: Vec<OsString>,
    /// The whole environment: nothing is inherited, not even `PATH`. (Where there is no `/proc`, the
    /// loader's `LD_ORIGIN_PATH` is added.)
    pub env: Vec<(OsString, OsString)>,
    /// What the process reads from standard input.
    pub stdin: Vec<u8>,
    /// The only writable place besides `/tmp`.
    pub work: &'a WorkDir,
    /// Absolute files or folders that are visible read-only at the same path inside. As root, jobs
    /// run as another user: what is shown has to be readable for everybody, the folders above it
    /// need not. Never a path that a job could have written to, except [`WorkDir::share`]'s.
    pub read_only: Vec<PathBuf>,
    /// Bounds on what the process may use.
    pub limits: Limits,
}

impl<'a> Job<'a> {
    /// A job with no arguments, no environment, no input and default limits.
    pub fn new(program: impl Into<PathBuf>, work: &'a WorkDir) -> Job<'a> {
        Job {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            stdin: Vec::new(),
            work,
            read_only: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// Bounds on one confined run.
///
/// Memory and processor time hold for each process, so a job as a whole may use up to
/// `processes` times as much; the wall clock holds for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processor time of one process; the kernel counts in seconds, so it is rounded up.
    pub cpu_ms: u64,
    /// Time from start to end of the whole job.
    pub wall_ms: u64,
    /// Address space of one process.
    pub memory_bytes: u64,
    /// Size of one file, of all of `/tmp` together, and of all of the work folder together.
    pub file_bytes: u64,
    /// Processes and threads at one time; as root, those of all jobs in one work folder together.
    pub processes: u64,
    /// Descriptors of one process.
    pub open_files: u64,
    /// Standard output and standard error together; a process that writes more is killed.
    pub output_bytes_max: u64,
}

/// For running a generated function on some inputs.
impl Default for Limits {
    fn default() -> Limits {
        Limits {
            cpu_ms: 10_000,
            wall_ms: 10_000,
            memory_bytes: 1 << 30,
            file_bytes: 64 << 20,
            processes: 32,
            open_files: 256,
            output_bytes_max: 8 << 20,
        }
    }
}

impl Limits {
    /// For a compiler or checker that reads generated code: more memory, threads and time.
    pub fn compiler() -> Limits {
        Limits {
            cpu_ms: 60_000,
            wall_ms: 60_000,
            memory_bytes: 8 << 30,
            file_bytes: 512 << 20,
            processes: 128,
            open_files: 1024,
            output_bytes_max: 32 << 20,
        }
    }
}
