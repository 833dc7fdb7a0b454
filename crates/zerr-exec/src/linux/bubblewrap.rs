//! Namespaces made by `bwrap`, for systems that let it make them and zerr not: [`Bubblewrap`].
//!
//! Some distributions allow user namespaces only to programs with a profile (Ubuntu's `AppArmor`), or
//! install `bwrap` set-uid. What the process sees is the same [`Layout`]; Landlock is missing,
//! because it would forbid `bwrap` its mounts; `/proc` has more in it; the environment has a `PWD`;
//! and an exit code from 129 to 192 reads as the end by a signal.

use std::ffi::{CStr, OsStr, OsString};
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use seccompiler::BpfProgram;

use super::layout::{Layout, Proc, Step, Use};
use crate::{
    Cancel, ExecError, Isolation, Job, Namespace, Outcome, Status, WorkDir, session, trusted,
};

/// `bwrap` and what it needs.
#[derive(Debug)]
pub(super) struct Bubblewrap {
    bwrap: PathBuf,
    filter: BpfProgram,
    proc: Proc,
}

/// Limits the processes inside the user namespace: set outside, the limit would count everything
/// that the user runs. Part of util-linux, which no system is without.
const PRLIMIT: &str = "/usr/bin/prlimit";
/// `bwrap` says an end by a signal as this plus the signal's number, as shells do.
const SIGNAL_BASE: i32 = 128;

impl Bubblewrap {
    /// `None` when it is not installed, or for root, who does not need it.
    pub(super) fn find(filter: BpfProgram, proc: Proc) -> Option<Bubblewrap> {
        if rustix::process::geteuid().is_root() || !Path::new(PRLIMIT).exists() {
            return None;
        }
        Some(Bubblewrap { bwrap: trusted::find("bwrap")?, filter, proc })
    }

    pub(super) fn shows_proc(&self) -> bool {
        self.proc == Proc::Mounted
    }

    #[expect(clippy::unused_self, reason = "asked like the other way of confinement")]
    pub(super) fn isolation(&self) -> Isolation {
        Isolation {
            namespaces: vec![
                Namespace::User,
                Namespace::Mount,
                Namespace::Pid,
                Namespace::Net,
                Namespace::Ipc,
                Namespace::Uts,
            ],
            unprivileged_user: false,
            seccomp: true,
            landlock_abi: None,
            rlimits: true,
            helper: Some("bubblewrap".to_owned()),
        }
    }

    #[expect(clippy::unused_self, reason = "asked like the other way of confinement")]
    pub(super) fn work_dir(&self) -> io::Result<WorkDir> {
        WorkDir::mounted(None)
    }

    #[expect(clippy::disallowed_methods, reason = "this crate starts the processes")]
    pub(super) fn run(&self, job: &Job<'_>, cancel: &Cancel) -> Result<Outcome, ExecError> {
        if job.work.inside_path() == job.work.host_path() {
            return Err(ExecError::BadJob {
                what: "the work folder belongs to another sandbox",
                path: job.work.host_path().to_owned(),
            });
        }
        check_program(job)?;
        let layout = Layout::of(job, self.proc)?;
        let filter = self.filter_pipe().map_err(ExecError::io("cannot make a pipe"))?;
        let (mut report, report_w) = io::pipe().map_err(ExecError::io("cannot make a pipe"))?;

        let mut command = Command::new(&self.bwrap);
        command.env_clear().current_dir("/");
        command.args(
            "--unshare-user --unshare-ipc --unshare-pid --unshare-net --unshare-uts \
             --unshare-cgroup-try --uid 1000 --gid 1000 --hostname zerr --die-with-parent \
             --new-session --clearenv"
                .split_whitespace(),
        );
        command.arg("--seccomp").arg(filter.as_raw_fd().to_string());
        command.arg("--json-status-fd").arg(report_w.as_raw_fd().to_string());
        for step in &layout.steps {
            command.args(arguments(step));
        }
        command.args(["--remount-ro", "/", "--chdir"]).arg(job.work.inside_path());
        for (name, value) in &job.env {
            command.arg("--setenv").args([name, value]);
        }
        // Init is one more process of the same user.
        let processes = job.limits.processes.saturating_add(1);
        command.arg("--").arg(PRLIMIT).arg(format!("--nproc={processes}")).arg("--");
        command.arg(&job.program).args(&job.args);
        session::limited(&mut command, &job.limits);
        session::keeping(&mut command, vec![filter, report_w.into()]);

        let bytes_max = job.limits.file_bytes;
        let mut outcome = session::run(
            command,
            &job.stdin,
            Some(Duration::from_millis(job.limits.wall_ms)),
            job.limits.output_bytes_max,
            cancel,
            &mut || (!job.work.fits(bytes_max)).then_some(Status::DiskLimit),
        )?;
        if let Status::Exited(_) = outcome.status {
            outcome.status = read_report(&mut report).ok_or_else(|| ExecError::Confine {
                step: "bubblewrap",
                source: io::Error::other(String::from_utf8_lossy(&outcome.stderr).into_owned()),
            })?;
        }
        Ok(outcome)
    }

    /// The filter as `bwrap` reads it: the kernel's structs one after the other.
    fn filter_pipe(&self) -> io::Result<OwnedFd> {
        let mut bytes = Vec::with_capacity(self.filter.len() * 8);
        for instruction in &self.filter {
            bytes.extend(instruction.code.to_ne_bytes());
            bytes.extend([instruction.jt, instruction.jf]);
            bytes.extend(instruction.k.to_ne_bytes());
        }
        let (reader, mut writer) = io::pipe()?;
        // A few kilobytes: they fit the pipe, so this does not wait for a reader.
        writer.write_all(&bytes)?;
        Ok(reader.into())
    }
}

/// `bwrap` cannot say apart that there is no program and that the program failed.
fn check_program(job: &Job<'_>) -> Result<(), ExecError> {
    let outside = match job.program.strip_prefix(job.work.inside_path()) {
        Ok(below) => job.work.host_path().join(below),
        Err(_) => job.program.clone(),
    };
    if outside.is_file() {
        return Ok(());
    }
    let source = io::ErrorKind::NotFound.into();
    Err(ExecError::Start { program: job.program.clone(), source })
}

fn arguments(step: &Step) -> Vec<OsString> {
    let inside = |name: &CStr| {
        let mut path = b"/".to_vec();
        path.extend(name.to_bytes());
        OsString::from_vec(path)
    };
    let outside = |path: &CStr| OsStr::from_bytes(path.to_bytes()).to_owned();
    match step {
        Step::Folder(name) => vec!["--dir".into(), inside(name)],
        // Made by the bind.
        Step::EmptyFile(_) => Vec::new(),
        Step::Link { name, to } => vec!["--symlink".into(), outside(to), inside(name)],
        Step::Tmp { at, bytes, .. } => {
            let (perms, size) = ("--perms".into(), "--size".into());
            let bytes = bytes.to_string().into();
            vec![perms, "1777".into(), size, bytes, "--tmpfs".into(), inside(at)]
        }
        Step::Proc { at } => {
            vec!["--proc".into(), inside(at), "--remount-ro".into(), inside(at)]
        }
        Step::Bind { from, at, how } => {
            let how = match how {
                Use::ReadFolder | Use::ReadFile => "--ro-bind",
                Use::Device => "--dev-bind",
                Use::Work => "--bind",
            };
            vec![how.into(), outside(from), inside(at)]
        }
    }
}

/// `bwrap` writes an exit code only once the program had been started.
fn read_report(report: &mut io::PipeReader) -> Option<Status> {
    let mut text = String::new();
    report.read_to_string(&mut text).ok()?;
    let (_, code) = text.split_once("\"exit-code\":")?;
    let digits: String = code.trim_start().chars().take_while(char::is_ascii_digit).collect();
    let code: i32 = digits.parse().ok()?;
    let signal = code - SIGNAL_BASE;
    Some(if (1..=64).contains(&signal) { Status::Signaled(signal) } else { Status::Exited(code) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `None` where `bwrap` is not installed. Root is let through: only its probe would not ask.
    fn bubblewrap() -> Option<Bubblewrap> {
        let filter = super::super::filter::program().unwrap();
        Some(Bubblewrap { bwrap: trusted::find("bwrap")?, filter, proc: Proc::Mounted })
    }

    fn check(script: &str, expected: (Status, &str)) {
        let Some(bubblewrap) = bubblewrap() else { return };
        let work = bubblewrap.work_dir().unwrap();
        let mut job = Job::new("/bin/sh", &work);
        job.args = vec!["-c".into(), script.into()];
        job.env = vec![("A".into(), "b c".into())];
        job.limits.wall_ms = 2_000;
        let outcome = bubblewrap.run(&job, &Cancel::new()).unwrap();
        assert_eq!((outcome.status, &*String::from_utf8_lossy(&outcome.stdout)), expected);
    }

    #[test]
    fn a_job_sees_its_folder_and_environment_and_nothing_else() {
        check("pwd; echo a > f && cat f; echo $A", (Status::Exited(0), "/zerr\na\nb c\n"));
        check(
            "for f in /etc/passwd /root /home /sys; do test -e $f && echo $f; done; exit 3",
            (Status::Exited(3), ""),
        );
        check(
            "ls /dev/fd/ 2>&1; ls /proc/self/fd",
            (
                Status::Exited(0),
                "ls: cannot access '/dev/fd/': No such file or directory\n0\n1\n2\n3\n",
            ),
        );
        check(
            "echo > /usr/x || echo > /x || mkdir /dev/x || echo no; echo > /dev/null",
            (Status::Exited(0), "no\n"),
        );
    }

    #[test]
    fn signals_and_the_wall_clock_are_told_apart() {
        check("kill -TERM $$", (Status::Signaled(15), ""));
        check("echo a; sleep 60", (Status::TimedOut, "a\n"));
    }

    #[test]
    fn a_failure_of_bubblewrap_is_not_the_programs() {
        let Some(mut bubblewrap) = bubblewrap() else { return };
        let work = bubblewrap.work_dir().unwrap();
        bubblewrap.filter.clear();
        bubblewrap.filter.push(seccompiler::sock_filter { code: 0xffff, jt: 0, jf: 0, k: 0 });
        let result = bubblewrap.run(&Job::new("/bin/true", &work), &Cancel::new());
        assert!(matches!(result, Err(ExecError::Confine { .. })), "{result:?}");
    }
}
