//! What a child of zerr's sets up for itself through the standard library's `Command`: its own
//! session, the orphan guard, resource limits.
//!
//! # Invariants
//! Each hook is a few system calls: nothing between `fork` and `exec` may allocate or lock.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal};

use crate::pump::Pump;
use crate::{Cancel, ExecError, Job, Limits, Outcome, Status};

/// The child leads a session of its own: no terminal, no Ctrl-C meant for zerr.
pub(crate) fn own_session(command: &mut Command) {
    before_exec(command, || {
        rustix::process::setsid()?;
        Ok(())
    });
}

/// The child dies with the thread that started it, so that a killed zerr leaves nothing behind.
pub(crate) fn die_with_parent(command: &mut Command) {
    #[cfg(target_os = "linux")]
    {
        let parent = rustix::process::getpid();
        before_exec(command, move || {
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // It died before the line above.
            if rustix::process::getppid() != Some(parent) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            Ok(())
        });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// The child has these bounds, and no descriptor of zerr's beyond the standard three.
pub(crate) fn limited(command: &mut Command, limits: &Limits) {
    let limits = resource_limits(limits);
    #[cfg(target_os = "linux")]
    before_exec(command, crate::linux::child::close_the_rest_on_exec);
    before_exec(command, move || {
        for (resource, limit) in limits {
            rustix::process::setrlimit(resource, limit)?;
        }
        Ok(())
    });
}

/// The child keeps these descriptors, at the same numbers. Call after [`limited`].
#[cfg(target_os = "linux")]
pub(crate) fn keeping(command: &mut Command, fds: Vec<OwnedFd>) {
    before_exec(command, move || {
        for fd in &fds {
            rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::empty())?;
        }
        Ok(())
    });
}

#[expect(unsafe_code, reason = "a hook between fork and exec, kept to this one place")]
fn before_exec(command: &mut Command, hook: impl Fn() -> io::Result<()> + Send + Sync + 'static) {
    // SAFETY: the hooks of this module only make system calls; they neither allocate nor lock.
    // (An error is built from a number or a kind, which does not allocate.)
    unsafe { command.pre_exec(hook) };
}

/// The limits as the kernel takes them; never above what zerr itself was given.
///
/// Processes are left out: without a user id of its own, a job would be counted together with
/// everything else the user runs.
pub(crate) fn resource_limits(limits: &Limits) -> [(Resource, Rlimit); 6] {
    let cpu_s = limits.cpu_ms.div_ceil(1000).max(1);
    [
        // One second between the signal that can be caught and the one that cannot.
        (Resource::Cpu, cpu_s, cpu_s + 1),
        (Resource::As, limits.memory_bytes, limits.memory_bytes),
        (Resource::Fsize, limits.file_bytes, limits.file_bytes),
        (Resource::Nofile, limits.open_files, limits.open_files),
        (Resource::Core, 0, 0),
        (Resource::Memlock, 0, 0),
    ]
    .map(|(resource, soft, hard)| {
        let ceiling = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
        let limit = Rlimit { current: Some(soft.min(ceiling)), maximum: Some(hard.min(ceiling)) };
        (resource, limit)
    })
}

/// Runs a job with nothing around it but limits; see [`crate::Sandbox::none_accepted_in_words`].
#[expect(clippy::disallowed_methods, reason = "this crate starts the processes")]
pub(crate) fn run_unconfined(job: &Job<'_>, cancel: &Cancel) -> Result<Outcome, ExecError> {
    let mut command = Command::new(&job.program);
    command.args(&job.args).env_clear().envs(job.env.iter().map(|(k, v)| (k, v)));
    command.current_dir(job.work.host_path());
    limited(&mut command, &job.limits);
    let bytes_max = job.limits.file_bytes;
    run(
        command,
        &job.stdin,
        Some(Duration::from_millis(job.limits.wall_ms)),
        job.limits.output_bytes_max,
        cancel,
        &mut || (!job.work.fits(bytes_max)).then_some(Status::DiskLimit),
    )
}

/// Runs a command to its end in a session of its own, which is killed when it goes out of bounds.
pub(crate) fn run(
    mut command: Command,
    input: &[u8],
    wall: Option<Duration>,
    output_bytes_max: u64,
    cancel: &Cancel,
    watch: &mut dyn FnMut() -> Option<Status>,
) -> Result<Outcome, ExecError> {
    own_session(&mut command);
    die_with_parent(&mut command);
    let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());

    let start = Instant::now();
    let mut child = command
        .spawn()
        .map_err(|source| ExecError::Start { program: command.get_program().into(), source })?;
    let missing = || ExecError::io("a pipe is missing")(io::ErrorKind::BrokenPipe.into());
    let stdin = child.stdin.take().map(OwnedFd::from);
    let stdout = child.stdout.take().map(OwnedFd::from).ok_or_else(missing)?;
    let stderr = child.stderr.take().map(OwnedFd::from).ok_or_else(missing)?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let over = group.and_then(over_fd);

    let pump = Pump {
        stdin,
        input,
        stdout,
        stderr,
        deadline: wall.map(|wall| start + wall),
        output_bytes_max,
        cancel,
        over: over.as_ref().map(std::os::fd::AsFd::as_fd),
        watch,
    };
    let mut ended: Option<io::Result<ExitStatus>> = None;
    // Borrowed by both closures below.
    let child = std::cell::RefCell::new(child);
    let pumped = pump.run(
        || {
            if ended.is_none() {
                ended = child.borrow_mut().try_wait().transpose();
            }
            ended.is_some()
        },
        || kill_group(group, &mut child.borrow_mut()),
    );
    let mut child = child.into_inner();
    let pumped = pumped.inspect_err(|_| kill_group(group, &mut child))?;
    let status = ended.unwrap_or_else(|| child.wait()).map_err(ExecError::io("cannot wait"))?;
    let status = match (pumped.stopped, status.code(), status.signal()) {
        (Some(stopped), _, _) => stopped,
        (None, Some(code), _) => Status::Exited(code),
        (None, None, signal) => Status::Signaled(signal.unwrap_or(0)),
    };
    let wall_ms = start.elapsed().as_millis() as u64;
    Ok(Outcome { status, stdout: pumped.stdout, stderr: pumped.stderr, wall_ms })
}

fn kill_group(group: Option<Pid>, child: &mut Child) {
    if let Some(group) = group {
        let _ = rustix::process::kill_process_group(group, Signal::KILL);
    }
    let _ = child.kill();
}

/// A descriptor that becomes readable when the process ends, where there is such a thing.
fn over_fd(pid: Pid) -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).ok()
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = pid;
        None
    }
}
