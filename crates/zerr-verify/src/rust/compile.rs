//! From sources to executables: one run of rustc for all, again without those that it refuses.
//! Main type: [`Compiler`].
//!
//! # Invariants
//! - Candidates are compiled under `-F unsafe-code` and never under `--cap-lints`, which would
//!   lift the former.
//! - A candidate is refused only for an error in its own file, or alone.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use zerr_core::spec::FunctionSpec;
use zerr_core::verdict::LayerId;
use zerr_exec::{Cancel, Job, Limits, Outcome, Sandbox, Status, WorkDir};

use super::assemble::{ADAPTERS_FROM, Batch};
use super::diagnostics::{self, Diagnostic};
use crate::toolchain::RustTools;
use crate::{ObserveJob, VerifyError};

/// The harness's text, see there.
const HARNESS: &str = include_str!("harness.rs");

/// Larger than any executable of a batch.
const EXECUTABLE_BYTES_MAX: u64 = 512 << 20;

/// Address space of rustc or its linker: a hundred candidates want a tenth of it, and one that
/// wants all of it should fail soon.
const COMPILER_BYTES_MAX: u64 = 2 << 30;

pub(crate) struct Compiler<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) tools: &'a RustTools,
    /// The compiled harness, once there is one.
    pub(crate) harness: &'a Mutex<Option<Vec<u8>>>,
    pub(crate) cancel: &'a Cancel,
}

/// What became of the sources of a job.
pub(crate) struct Compiled {
    pub(crate) executables: Vec<Executable>,
    pub(crate) refused: BTreeMap<usize, (LayerId, String)>,
}

/// Some candidates in one file.
pub(crate) struct Executable {
    pub(crate) candidates: Vec<usize>,
    /// Holds the file; nothing that runs may write there.
    pub(crate) folder: WorkDir,
}

impl Executable {
    pub(crate) const NAME: &'static str = "batch";

    pub(crate) fn host_path(&self) -> PathBuf {
        self.folder.host_path().join(Self::NAME)
    }

    /// Lets a tool read it that runs it; nothing that runs then is trusted with a secret.
    pub(crate) fn open(&self) -> std::io::Result<()> {
        std::fs::set_permissions(self.host_path(), PermissionsExt::from_mode(0o555))
    }

    /// Lets the file be executed but not read. Linux then keeps the memory and descriptors of its
    /// processes from each other and from themselves in `/proc`, so a candidate reaches neither the
    /// supervisor nor its own secret there.
    fn close(&self) -> std::io::Result<()> {
        std::fs::set_permissions(self.host_path(), PermissionsExt::from_mode(0o111))
    }
}

enum Attempt {
    Built(Executable),
    Refused(BTreeMap<usize, (LayerId, String)>),
    /// It failed and did not say because of whom.
    Failed(String),
}

impl Compiler<'_> {
    /// Compiles all sources of the job, those that belong together in one executable.
    pub(crate) fn compile(&self, job: &ObserveJob<'_>) -> Result<Compiled, VerifyError> {
        let mut compiled = Compiled { executables: Vec::new(), refused: BTreeMap::new() };
        let reaches = |at: &usize| job.sources.get(*at).is_some_and(|one| reaches_neighbours(one));
        let (apart, rest): (Vec<usize>, Vec<usize>) = (0..job.sources.len()).partition(reaches);
        let mut groups: Vec<Vec<usize>> = vec![apart, rest];
        while let Some(mut group) = groups.pop() {
            if group.is_empty() {
                continue;
            }
            match self.attempt(job, &group)? {
                Attempt::Built(executable) => compiled.executables.push(executable),
                Attempt::Refused(_) if group.len() > 1 && group.iter().any(reaches) => {
                    groups.extend(group.into_iter().map(|one| vec![one]));
                }
                Attempt::Refused(refused) => {
                    group.retain(|candidate| !refused.contains_key(candidate));
                    compiled.refused.extend(refused);
                    groups.push(group);
                }
                Attempt::Failed(message) => {
                    let &[alone] = group.as_slice() else {
                        let rest = group.split_off(group.len() / 2);
                        groups.extend([group, rest]);
                        continue;
                    };
                    // Is it the candidate, or would nothing compile here?
                    let Attempt::Built(_) = self.attempt(job, &[])? else {
                        return Err(broken(message));
                    };
                    compiled.refused.insert(alone, (LayerId::Types, message));
                }
            }
        }
        Ok(compiled)
    }

    /// Compiles one source with several functions; an error is its refusal.
    pub(crate) fn compile_file(
        &self,
        functions: &[&FunctionSpec],
        source: &str,
    ) -> Result<Result<Executable, (LayerId, String)>, VerifyError> {
        let slots: Vec<usize> = (0..functions.len()).collect();
        self.compile_all(&Batch::of_file(functions, source), &slots)
    }

    /// Compiles one candidate so that its calls can be told apart from what stands around them; an
    /// error is its refusal.
    pub(crate) fn compile_counted(
        &self,
        job: &ObserveJob<'_>,
    ) -> Result<Result<Executable, (LayerId, String)>, VerifyError> {
        self.compile_all(&Batch::counted(job.function, job.context, job.sources), &[0])
    }

    fn compile_all(
        &self,
        batch: &Batch,
        slots: &[usize],
    ) -> Result<Result<Executable, (LayerId, String)>, VerifyError> {
        let outcome = match self.build(batch, slots)? {
            Ok(executable) => return Ok(Ok(executable)),
            Err(outcome) => outcome,
        };
        let errors = errors_of(&outcome);
        match errors.first() {
            Some(error) => Ok(Err((layer_of(error), error.text()))),
            None => Ok(Err((LayerId::Types, complaint(&outcome, &errors)))),
        }
    }

    /// One run of rustc on a batch; what it said when it refused.
    fn build(
        &self,
        batch: &Batch,
        slots: &[usize],
    ) -> Result<Result<Executable, Outcome>, VerifyError> {
        let folder = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        for (name, text) in &batch.files {
            folder.write(name, text).map_err(VerifyError::work_dir("write"))?;
        }
        let harness = self.harness()?;
        folder.write("libharness.rlib", &harness).map_err(VerifyError::work_dir("write"))?;
        let link = format!("{}=libharness.rlib", batch.harness());
        let args =
            ["--crate-name", Executable::NAME, "-C", "opt-level=0", "--extern", &link, &batch.root];
        let outcome = self.rustc(&folder, &args, 10_000 + 100 * slots.len() as u64)?;
        if outcome.is_success() && folder.has_file(Executable::NAME) {
            let executable = Executable { candidates: slots.to_vec(), folder };
            executable.close().map_err(VerifyError::work_dir("change"))?;
            return Ok(Ok(executable));
        }
        Ok(Err(outcome))
    }

    fn attempt(&self, job: &ObserveJob<'_>, chosen: &[usize]) -> Result<Attempt, VerifyError> {
        let batch = Batch::new(job.function, job.context, job.sources, chosen);
        let outcome = match self.build(&batch, chosen)? {
            Ok(executable) => return Ok(Attempt::Built(executable)),
            Err(outcome) => outcome,
        };
        let errors = errors_of(&outcome);
        let mut refused = BTreeMap::new();
        for error in &errors {
            let Some((file, line)) = &error.place else { continue };
            let candidate = match file.as_str() {
                // A candidate may be what it does not compile beside.
                file if file == batch.context && !chosen.is_empty() => None,
                file if file == batch.context => return Err(VerifyError::Context(error.text())),
                file if file == batch.root => {
                    line.checked_sub(ADAPTERS_FROM).and_then(|at| chosen.get(at)).copied()
                }
                file => batch.candidate_of(file),
            };
            if let Some(candidate) = candidate {
                refused.entry(candidate).or_insert_with(|| (layer_of(error), error.text()));
            }
        }
        Ok(if refused.is_empty() {
            Attempt::Failed(complaint(&outcome, &errors))
        } else {
            Attempt::Refused(refused)
        })
    }

    /// The harness as a library, compiled the first time it is asked for.
    pub(crate) fn harness(&self) -> Result<Vec<u8>, VerifyError> {
        let mut slot = self.harness.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = &*slot {
            return Ok(bytes.clone());
        }
        let folder = self.sandbox.work_dir().map_err(VerifyError::work_dir("make"))?;
        folder.write("harness.rs", HARNESS).map_err(VerifyError::work_dir("write"))?;
        let args = [
            "--crate-type",
            "rlib",
            "--crate-name",
            "zerr_harness",
            "-C",
            "opt-level=0",
            "-o",
            "libharness.rlib",
            "harness.rs",
        ];
        let outcome = self.rustc(&folder, &args, 30_000)?;
        if !outcome.is_success() {
            return Err(broken(complaint(&outcome, &diagnostics::read(&outcome.stderr))));
        }
        let bytes = folder
            .read("libharness.rlib", EXECUTABLE_BYTES_MAX)
            .map_err(VerifyError::work_dir("read"))?;
        *slot = Some(bytes.clone());
        Ok(bytes)
    }

    fn rustc(&self, folder: &WorkDir, args: &[&str], cpu_ms: u64) -> Result<Outcome, VerifyError> {
        const ALWAYS: &[&str] = &[
            "--edition",
            "2024",
            "--error-format=json",
            "-F",
            "unsafe-code",
            "-A",
            "warnings",
            "-C",
            "overflow-checks=on",
            "-C",
            "debug-assertions=on",
            "-C",
            "panic=unwind",
            "-C",
            "debuginfo=0",
        ];
        let job = rustc_job(self.tools, folder, ALWAYS.iter().chain(args).copied(), cpu_ms);
        let outcome = self.sandbox.run(&job, self.cancel)?;
        match outcome.status {
            Status::Cancelled => Err(VerifyError::Cancelled),
            _ => Ok(outcome),
        }
    }
}

/// A confined run of rustc on files in `folder`.
pub(crate) fn rustc_job<'a, 'b>(
    tools: &RustTools,
    folder: &'a WorkDir,
    args: impl Iterator<Item = &'b str>,
    cpu_ms: u64,
) -> Job<'a> {
    let mut job = Job::new(&tools.rustc.path, folder);
    job.args = args.map(OsString::from).collect();
    // The linker's name is looked up here.
    job.env = vec![("PATH".into(), "/usr/bin:/bin".into()), ("TMPDIR".into(), "/tmp".into())];
    job.read_only = vec![tools.sysroot.clone()];
    job.limits = Limits {
        cpu_ms,
        // A machine that is busy with other things is no reason to refuse a candidate.
        wall_ms: 4 * cpu_ms,
        memory_bytes: COMPILER_BYTES_MAX,
        ..Limits::compiler()
    };
    job
}

fn errors_of(outcome: &Outcome) -> Vec<Diagnostic> {
    diagnostics::read(&outcome.stderr).into_iter().filter(|said| said.is_error).collect()
}

/// Parse errors have no code.
pub(crate) fn layer_of(error: &Diagnostic) -> LayerId {
    if error.code.is_empty() { LayerId::Syntax } else { LayerId::Types }
}

/// Whether a text may change what compiles beside it: an implementation holds in the whole crate
/// (`impl PartialEq<Mine> for u32` leaves others' types open), an exported macro has a name there.
fn reaches_neighbours(source: &str) -> bool {
    ["impl", "macro_export"].iter().any(|word| source.contains(word))
}

/// Sent when the processor time is used up.
const SIGXCPU: i32 = 24;

fn complaint(outcome: &Outcome, errors: &[Diagnostic]) -> String {
    match (outcome.status, errors.first()) {
        (Status::TimedOut | Status::Signaled(SIGXCPU), _) => {
            "the compiler did not end in time".to_owned()
        }
        (Status::Signaled(signal), _) => format!("the compiler was ended by signal {signal}"),
        (_, Some(error)) => error.text(),
        (status, None) => {
            let said = String::from_utf8_lossy(&outcome.stderr);
            let said: String = said.lines().next().unwrap_or("").chars().take(300).collect();
            format!("the compiler ended with {status:?} {said}")
        }
    }
}

fn broken(message: String) -> VerifyError {
    VerifyError::BrokenTool {
        tool: "rustc",
        message,
        hint: "does `rustc` compile an empty program, and is a C linker (`cc`) in /usr/bin?",
    }
}
