//! The confinement that zerr makes itself: [`Own`].
//!
//! As root (containers, CI) the process becomes a user that owns nothing; as anybody else it gets a
//! user namespace.

use std::ffi::{CString, OsString};
use std::io::{self, PipeReader, PipeWriter, Read as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Resource, Signal, WaitOptions};
use seccompiler::BpfProgram;

use super::child::{self, Identity, Plan, REPORT_BYTES, Shared, Stage, Strings};
use super::layout::{self, Layout, Proc};
use super::network::{Lent, Networks};
use super::rights::{self, Rights};
use crate::pump::Pump;
use crate::session::resource_limits;
use crate::work_dir::OwnUser;
use crate::{Cancel, ExecError, Isolation, Job, Namespace, Outcome, Status, WorkDir};

/// What holds for every job.
#[derive(Debug)]
pub(super) struct Own {
    filter: BpfProgram,
    landlock_abi: Option<u32>,
    /// As root: jobs get a user of their own.
    user: Option<OwnUser>,
    proc: Proc,
    /// None: each job makes a new one.
    networks: Option<Arc<Networks>>,
}

/// Who the process is for itself when it has a user namespace.
const MAPPED_ID: u32 = 1000;
const STACK_BYTES: u64 = 8 << 20;

impl Own {
    /// What would be used here; nothing is tried yet.
    pub(super) fn new(filter: BpfProgram, proc: Proc, networks: Option<Arc<Networks>>) -> Own {
        let landlock_abi = rights::used_abi(child::landlock_abi());
        let user = may_change_user().then_some(OwnUser);
        Own { filter, landlock_abi, user, proc, networks }
    }

    pub(super) fn shows_proc(&self) -> bool {
        self.proc == Proc::Mounted
    }

    pub(super) fn isolation(&self) -> Isolation {
        let mut namespaces =
            vec![Namespace::Mount, Namespace::Pid, Namespace::Net, Namespace::Ipc, Namespace::Uts];
        if self.user.is_none() {
            namespaces.insert(0, Namespace::User);
        }
        Isolation {
            namespaces,
            unprivileged_user: self.user.is_some(),
            seccomp: true,
            landlock_abi: self.landlock_abi,
            rlimits: true,
            helper: None,
        }
    }

    pub(super) fn work_dir(&self) -> io::Result<WorkDir> {
        WorkDir::mounted(self.user)
    }

    pub(super) fn run(&self, job: &Job<'_>, cancel: &Cancel) -> Result<Outcome, ExecError> {
        let start = Instant::now();
        let (child_ends, ends) = pipes()?;
        let plan = self.plan(job, child_ends)?;
        let mut sources = vec![-1; plan.steps.len()];
        // Given back when all processes of the job are gone.
        let lent = match &self.networks {
            Some(networks) => Some(networks.take().map_err(|source| ExecError::Confine {
                step: "making an empty network",
                source,
            })?),
            None => None,
        };
        let network = lent.as_ref().and_then(Lent::network);
        let shared = Shared { filter: &self.filter, network };
        let pid = child::start(&plan, &shared, &mut sources)
            .map_err(|source| ExecError::Confine { step: "making namespaces", source })?;
        let init = Init::of(pid)?;
        // The child's ends of the pipes.
        drop(plan);

        let Ends { stdin, stdout, stderr, report } = ends;
        let bytes_max = job.limits.file_bytes;
        let pumped = Pump {
            stdin: Some(stdin.into()),
            input: &job.stdin,
            stdout: stdout.into(),
            stderr: stderr.into(),
            deadline: Some(start + Duration::from_millis(job.limits.wall_ms)),
            output_bytes_max: job.limits.output_bytes_max,
            cancel,
            over: Some(init.pidfd.as_fd()),
            watch: &mut || (!job.work.fits(bytes_max)).then_some(Status::DiskLimit),
        }
        .run(|| false, || init.kill())?;
        let killed_by = init.reap();
        let status = match pumped.stopped {
            Some(stopped) => stopped,
            None => read_report(report, killed_by, &job.program)?,
        };
        let wall_ms = start.elapsed().as_millis() as u64;
        Ok(Outcome { status, stdout: pumped.stdout, stderr: pumped.stderr, wall_ms })
    }

    fn plan(&self, job: &Job<'_>, ends: ChildEnds) -> Result<Plan, ExecError> {
        if job.work.owner().is_some() != self.user.is_some() {
            return Err(ExecError::BadJob {
                what: "the work folder belongs to another sandbox",
                path: job.work.host_path().to_owned(),
            });
        }
        let layout = Layout::of(job, self.proc)?;
        let rights = match self.landlock_abi {
            Some(abi) => Some(Rights::of(&layout, abi).map_err(|message| ExecError::Confine {
                step: "landlock",
                source: io::Error::other(message),
            })?),
            None => None,
        };
        // In the user namespace of a network that is entered zerr has the new number already.
        let mapping = |id: u32| {
            let id = if self.networks.is_some() { MAPPED_ID } else { id };
            c_string(mapping_of(id).as_bytes())
        };
        let identity = match job.work.owner() {
            Some(id) => Identity::Id(id),
            None => Identity::Mapped {
                users: mapping(rustix::process::geteuid().as_raw())?,
                groups: mapping(rustix::process::getegid().as_raw())?,
            },
        };
        let program = c_string(job.program.as_os_str().as_bytes())?;
        let mut argv = vec![program.clone()];
        for arg in &job.args {
            argv.push(c_string(arg.as_bytes())?);
        }
        let mut envp = Vec::new();
        for (name, value) in &job.env {
            let mut pair = OsString::from(name);
            pair.push("=");
            pair.push(value);
            envp.push(c_string(pair.as_bytes())?);
        }
        if let (Proc::Absent, Some(folder)) = (self.proc, job.program.parent()) {
            // What the loader takes for `$ORIGIN` when it cannot ask.
            envp.push(c_string(&[b"LD_ORIGIN_PATH=", folder.as_os_str().as_bytes()].concat())?);
        }
        let base = if Path::new(layout::TMP).is_dir() { layout::TMP } else { "/usr" };
        Ok(Plan {
            identity,
            base: c_string(base.as_bytes())?,
            steps: layout.steps,
            work: c_string(job.work.inside_path().as_os_str().as_bytes())?,
            program,
            argv: Strings::new(argv),
            envp: Strings::new(envp),
            limits: limits(job),
            rights,
            stdin: ends.stdin.into(),
            stdout: ends.stdout.into(),
            stderr: ends.stderr.into(),
            report: ends.report.into(),
        })
    }
}

/// The running init; killed and waited for on every way out.
struct Init {
    pid: Pid,
    pidfd: OwnedFd,
    reaped: std::cell::Cell<bool>,
}

impl Init {
    fn of(pid: libc::pid_t) -> Result<Init, ExecError> {
        let lost = || ExecError::io("lost the process that was just started");
        let pid = Pid::from_raw(pid).ok_or_else(|| lost()(io::ErrorKind::NotFound.into()))?;
        match rustix::process::pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Init { pid, pidfd, reaped: false.into() }),
            Err(errno) => {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
                let _ = rustix::process::waitpid(Some(pid), WaitOptions::empty());
                Err(lost()(errno.into()))
            }
        }
    }

    /// Ends the whole namespace.
    fn kill(&self) {
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, Signal::KILL);
    }

    /// Returns the signal that ended init, if one did.
    fn reap(&self) -> Option<i32> {
        self.reaped.set(true);
        let (_, status) = rustix::process::waitpid(Some(self.pid), WaitOptions::empty()).ok()??;
        status.terminating_signal()
    }
}

impl Drop for Init {
    fn drop(&mut self) {
        if !self.reaped.get() {
            self.kill();
            self.reap();
        }
    }
}

struct ChildEnds {
    stdin: PipeReader,
    stdout: PipeWriter,
    stderr: PipeWriter,
    report: PipeWriter,
}

struct Ends {
    stdin: PipeWriter,
    stdout: PipeReader,
    stderr: PipeReader,
    report: PipeReader,
}

fn pipes() -> Result<(ChildEnds, Ends), ExecError> {
    let pipe = || io::pipe().map_err(ExecError::io("cannot make a pipe"));
    let ((stdin_r, stdin), (stdout, stdout_w)) = (pipe()?, pipe()?);
    let ((stderr, stderr_w), (report, report_w)) = (pipe()?, pipe()?);
    let child = ChildEnds { stdin: stdin_r, stdout: stdout_w, stderr: stderr_w, report: report_w };
    Ok((child, Ends { stdin, stdout, stderr, report }))
}

/// How the program ended, by init's word; init is over, so this does not wait.
fn read_report(
    mut report: PipeReader,
    killed_by: Option<i32>,
    program: &Path,
) -> Result<Status, ExecError> {
    let mut bytes = [0; REPORT_BYTES];
    if report.read_exact(&mut bytes).is_err() {
        // The system itself killed init, for example because memory ran out.
        return Ok(Status::Signaled(killed_by.unwrap_or(libc::SIGKILL)));
    }
    let [a, b, c, d, value @ ..] = bytes;
    let stage = u32::from_ne_bytes([a, b, c, d]);
    let value = i32::from_ne_bytes(value);
    if stage == 0 {
        return Ok(match (libc::WIFEXITED(value), libc::WIFSIGNALED(value)) {
            (true, _) => Status::Exited(libc::WEXITSTATUS(value)),
            (_, true) => Status::Signaled(libc::WTERMSIG(value)),
            _ => Status::Signaled(0),
        });
    }
    let source = io::Error::from_raw_os_error(value);
    if stage == Stage::Exec as u32 {
        return Err(ExecError::Start { program: program.to_owned(), source });
    }
    let step = Stage::ALL.iter().find(|(known, _)| *known as u32 == stage);
    Err(ExecError::Confine { step: step.map_or("an unknown step", |(_, name)| name), source })
}

fn limits(job: &Job<'_>) -> Vec<(libc::c_int, libc::rlimit64)> {
    let raw = |limit: Option<u64>| limit.unwrap_or(libc::RLIM64_INFINITY);
    let number = |resource: Resource| match resource {
        Resource::Cpu => libc::RLIMIT_CPU,
        Resource::As => libc::RLIMIT_AS,
        Resource::Fsize => libc::RLIMIT_FSIZE,
        Resource::Nofile => libc::RLIMIT_NOFILE,
        Resource::Memlock => libc::RLIMIT_MEMLOCK,
        _ => libc::RLIMIT_CORE,
    };
    let ceiling = |resource, wanted: u64| {
        let own = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        wanted.min(own)
    };
    // Init is one more process of the same user.
    let processes = ceiling(Resource::Nproc, job.limits.processes.saturating_add(1));
    let stack = ceiling(Resource::Stack, STACK_BYTES);
    let both = |limit| libc::rlimit64 { rlim_cur: limit, rlim_max: limit };
    let mut all: Vec<(libc::c_int, libc::rlimit64)> = resource_limits(&job.limits)
        .into_iter()
        .map(|(resource, limit)| {
            let (rlim_cur, rlim_max) = (raw(limit.current), raw(limit.maximum));
            (number(resource).cast_signed(), libc::rlimit64 { rlim_cur, rlim_max })
        })
        .collect();
    all.push((libc::RLIMIT_NPROC.cast_signed(), both(processes)));
    all.push((libc::RLIMIT_STACK.cast_signed(), both(stack)));
    all
}

/// What maps the user or group `id` to the one that a process has for itself.
pub(super) fn mapping_of(id: u32) -> String {
    format!("{MAPPED_ID} {id} 1")
}

fn c_string(bytes: &[u8]) -> Result<CString, ExecError> {
    CString::new(bytes).map_err(|_| ExecError::BadJob {
        what: "an argument or variable has a zero byte",
        path: Path::new(std::ffi::OsStr::from_bytes(bytes)).to_owned(),
    })
}

/// Whether zerr is root in the full sense: it may mount, and become anybody.
pub(super) fn may_change_user() -> bool {
    use rustix::thread::CapabilitySet;
    let needed = CapabilitySet::SYS_ADMIN
        | CapabilitySet::SETUID
        | CapabilitySet::SETGID
        | CapabilitySet::SETPCAP
        | CapabilitySet::CHOWN;
    rustix::process::geteuid().is_root()
        && rustix::thread::capabilities(None).is_ok_and(|sets| sets.effective.contains(needed))
}

/// Whether this is the machine's root without the rights of root: process limits do not hold for
/// it, so a fork bomb would only end with the wall clock.
pub(super) fn limits_would_not_hold() -> bool {
    let is_machines_root = std::fs::read_to_string("/proc/self/uid_map")
        .is_ok_and(|map| map.lines().any(|line| line.split_whitespace().take(2).eq(["0", "0"])));
    rustix::process::geteuid().is_root() && is_machines_root && !may_change_user()
}
