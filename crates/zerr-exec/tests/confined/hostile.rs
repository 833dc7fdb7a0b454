//! Programs that try to see, change or reach what is not theirs.

use std::fmt::Write as _;
use std::io::Write as _;
use std::os::fd::AsRawFd as _;
use std::time::{Duration, Instant};

use zerr_exec::{Job, Status};

use crate::{python, python_job, run, sandbox, sh, sh_job, text};

/// Runs each attempt and expects each to fail by an `OSError`.
fn check_refused(attempts: &[&str]) {
    for attempt in attempts {
        let script = format!(
            "import os, socket, ctypes, errno\ntry:\n    r = {attempt}\n    print('done', r)\n\
             except OSError as e:\n    print('refused', errno.errorcode[e.errno])\n"
        );
        let outcome = python(&script);
        let stdout = text(&outcome.stdout);
        assert!(stdout.starts_with("refused"), "{attempt}: {stdout}{}", text(&outcome.stderr));
    }
}

#[test]
fn files_of_the_machine_and_of_the_user_are_not_there() {
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    for path in ["/etc/passwd", "/etc/shadow", "/etc/hostname", "/var/log", &home, manifest] {
        let outcome = sh(&format!("if test -e {path}; then cat {path}; else echo none; fi"));
        assert_eq!(text(&outcome.stdout), "none\n", "{path}");
    }
    check_refused(&["open('/etc/passwd')", "os.stat('/etc/passwd')", "os.scandir('/home')"]);
}

#[test]
fn other_processes_cannot_be_seen() {
    check_refused(&["open('/sys/kernel/ostype').read()"]);
    if sandbox().isolation().helper.is_none() {
        check_refused(&[
            "open('/proc/1/environ').read()",
            "open('/proc/1/mem', 'rb')",
            "open('/proc/1/maps')",
            "os.listdir('/proc/1/fd')",
            "os.readlink('/proc/1/root')",
            "open('/proc/sys/kernel/hostname').read()",
            "open('/proc/kallsyms').read()",
        ]);
    } else {
        // Bubblewrap's own init: its environment is empty.
        let outcome = sh("cat /proc/1/environ");
        assert_eq!(text(&outcome.stdout), "");
    }
    // The numbers of a namespace of its own: zerr's processes have none in it.
    let outcome = python("import os\nprint(os.getppid(), os.getpid() < 10)");
    assert_eq!(text(&outcome.stdout), "1 True\n");
}

#[test]
fn nothing_outside_the_work_folder_can_be_written() {
    check_refused(&[
        "open('/x', 'w')",
        "open('/usr/x', 'w')",
        "open('/etc/ld.so.cache', 'r+b')",
        "open('/bin/sh', 'r+b')",
        "os.mkdir('/dev/x')",
        "os.chmod('/usr', 0o777)",
        "os.chmod('/', 0o777)",
        "os.symlink('/zerr', '/usr/x')",
        "os.link('/usr/bin/env', '/zerr/env')",
        "os.mknod('/zerr/disk', 0o60644, os.makedev(8, 0))",
        "os.remove('/bin/sh')",
        "os.rename('/usr/bin', '/zerr/bin')",
        "open('/proc/self/oom_score_adj', 'w').write('-1000')",
    ]);
    let outcome = sh("echo a > /zerr/a && echo b > /tmp/b && cat a /tmp/b && pwd");
    assert_eq!(text(&outcome.stdout), "a\nb\n/zerr\n", "{}", text(&outcome.stderr));
}

#[test]
fn sockets_of_every_family_are_refused() {
    check_refused(&[
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_INET6, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
        "socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)",
    ]);
}

#[test]
fn calls_that_lead_out_are_refused() {
    // Each by its number on this architecture, with harmless arguments.
    let calls = [
        ("ptrace", libc::SYS_ptrace, "0, 0, 0, 0"),
        ("process_vm_readv", libc::SYS_process_vm_readv, "1, 0, 0, 0, 0, 0"),
        ("pidfd_getfd", libc::SYS_pidfd_getfd, "0, 0, 0"),
        ("io_uring_setup", libc::SYS_io_uring_setup, "1, 0"),
        ("bpf", libc::SYS_bpf, "0, 0, 0"),
        ("perf_event_open", libc::SYS_perf_event_open, "0, 0, 0, 0, 0"),
        ("userfaultfd", libc::SYS_userfaultfd, "0"),
        ("keyctl", libc::SYS_keyctl, "0, 0, 0"),
        ("add_key", libc::SYS_add_key, "0, 0, 0, 0, 0"),
        ("unshare", libc::SYS_unshare, "0x10000000"),
        ("setns", libc::SYS_setns, "0, 0"),
        ("mount", libc::SYS_mount, "0, 0, 0, 0, 0"),
        ("umount", libc::SYS_umount2, "0, 0"),
        ("pivot_root", libc::SYS_pivot_root, "0, 0"),
        ("chroot", libc::SYS_chroot, "b'/zerr'"),
        ("open_tree", libc::SYS_open_tree, "-100, b'/', 1"),
        ("fsopen", libc::SYS_fsopen, "b'tmpfs', 0"),
        ("clone with a new user namespace", libc::SYS_clone, "0x10000011, 0, 0, 0, 0"),
        ("clone with a new network", libc::SYS_clone, "0x40000011, 0, 0, 0, 0"),
        ("clone3", libc::SYS_clone3, "0, 0"),
        ("personality", libc::SYS_personality, "0x0040000"),
        ("open_by_handle_at", libc::SYS_open_by_handle_at, "0, 0, 0"),
        ("name_to_handle_at", libc::SYS_name_to_handle_at, "-100, b'/', 0, 0, 0"),
        ("init_module", libc::SYS_init_module, "0, 0, 0"),
        ("memfd_create", libc::SYS_memfd_create, "b'x', 0"),
        ("typing into a terminal", libc::SYS_ioctl, "0, 0x5412, b'x'"),
        ("a signal that stops", libc::SYS_kill, "os.getpid(), 19"),
        ("a signal that stops a thread", libc::SYS_tgkill, "os.getpid(), os.getpid(), 20"),
        ("limits of another", libc::SYS_prlimit64, "os.getppid(), 7, 0, 0"),
        ("priority of all", libc::SYS_setpriority, "2, 0, 19"),
        ("a call newer than the filter", 500, "0"),
        ("an x32 call", 0x4000_0000 + 41, "2, 1, 0"),
        ("setuid to root", libc::SYS_setuid, "0"),
    ];
    let mut script =
        "import ctypes, errno, os\nlibc = ctypes.CDLL(None, use_errno=True)\n".to_owned();
    for (name, number, args) in calls {
        writeln!(
            script,
            "r = libc.syscall({number}, {args})\nprint({name:?}, r, \
             errno.errorcode.get(ctypes.get_errno()))"
        )
        .unwrap();
    }
    let outcome = python(&script);
    let stdout = text(&outcome.stdout);
    assert_eq!(stdout.lines().count(), calls.len(), "{stdout}{}", text(&outcome.stderr));
    for line in stdout.lines() {
        let refusals = ["-1 EPERM", "-1 ENOSYS"];
        // A user namespace with one user has no root to become.
        let no_root = line == "setuid to root -1 EINVAL";
        assert!(no_root || refusals.iter().any(|refusal| line.ends_with(refusal)), "{line}");
    }
}

#[test]
fn the_environment_is_what_the_job_says() {
    let work = sandbox().work_dir().unwrap();
    let mut job = Job::new("/usr/bin/env", &work);
    // What the two fall-backs add; neither says anything about the machine.
    let added = |line: &str| line == "PWD=/zerr" || line == "LD_ORIGIN_PATH=/usr/bin";
    let environment = |job: &Job<'_>| {
        let outcome = run(job);
        assert_eq!(outcome.status, Status::Exited(0));
        let stdout = text(&outcome.stdout);
        stdout.lines().filter(|line| !added(line)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(environment(&job).is_empty());
    job.env = vec![("A".into(), "b c".into())];
    assert_eq!(environment(&job), ["A=b c"]);
}

#[test]
fn no_descriptor_of_zerrs_is_open_inside() {
    let mut secret = tempfile::tempfile().unwrap();
    secret.write_all(b"secret").unwrap();
    // Without close-on-exec, as a careless library would open it.
    rustix::io::fcntl_setfd(&secret, rustix::io::FdFlags::empty()).unwrap();
    assert!(secret.as_raw_fd() > 2);
    let script = "
import os
def is_open(fd):
    try: os.fstat(fd); return True
    except OSError: return False
print([fd for fd in range(4096) if is_open(fd)])
";
    let outcome = python(script);
    assert_eq!(text(&outcome.stdout), "[0, 1, 2]\n", "{}", text(&outcome.stderr));
}

#[test]
fn no_rights_are_left_and_none_can_be_gained() {
    let outcome = sh("cat /proc/self/status");
    let status = text(&outcome.stdout);
    if status.is_empty() {
        return; // Without /proc there is nothing to ask.
    }
    for capabilities in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        let line = format!("{capabilities}:\t0000000000000000");
        assert!(status.contains(&line), "{status}");
    }
    assert!(status.contains("NoNewPrivs:\t1") && status.contains("Seccomp:\t2"), "{status}");
    assert!(!status.contains("Uid:\t0\t"), "{status}");
}

#[test]
fn a_child_that_leaves_its_session_does_not_outlive_the_job() {
    let work = sandbox().work_dir().unwrap();
    let script = "
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(1); os.close(2)
        open('/zerr/alive', 'w').close()
        while True:
            open('/zerr/tick', 'w').write(str(time.monotonic()))
            time.sleep(0.001)
    os._exit(0)
while not os.path.exists('/zerr/alive'): time.sleep(0.001)
";
    let outcome = run(&python_job(&work, script));
    assert_eq!(outcome.status, Status::Exited(0), "{}", text(&outcome.stderr));
    assert!(work.has_file("alive"));
    // The namespace is gone before `run` returns, so nothing can write any more.
    let before = work.read("tick", 100).ok();
    let deadline = Instant::now() + Duration::from_millis(50);
    while Instant::now() < deadline {
        assert_eq!(work.read("tick", 100).ok(), before);
    }
}

#[test]
fn init_cannot_be_killed_from_inside() {
    let outcome = sh("kill -9 1; kill -9 -1; echo still here");
    // `kill -1` spares the shell itself and cannot reach init.
    assert_eq!(text(&outcome.stdout), "still here\n", "{:?}", outcome.status);
}

#[test]
fn two_jobs_do_not_see_each_others_folders() {
    let first = sandbox().work_dir().unwrap();
    let second = sandbox().work_dir().unwrap();
    first.write("secret", "x").unwrap();
    let host_path = first.host_path().display().to_string();
    let outcome = run(&sh_job(&second, &format!("ls /zerr {host_path}; cat {host_path}/secret")));
    assert_eq!(text(&outcome.stdout), "/zerr:\n");
}

/// Plays both parts: started by itself with a folder, it is the zerr that gets killed.
#[test]
#[expect(clippy::disallowed_methods, reason = "this process is to be killed in mid-job")]
fn a_killed_zerr_leaves_nothing_behind() {
    const FOLDER: &str = "ZERR_EXEC_TEST_HOLDS_A_JOB_IN";
    if std::env::var_os(FOLDER).is_some() {
        let work = sandbox().work_dir().unwrap();
        let script = "while :; do i=$((i+1)); echo $i > tick; done";
        let mut job = sh_job(&work, script);
        (job.limits.wall_ms, job.limits.cpu_ms) = (60_000, 60_000);
        run(&job);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut zerr = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::a_killed_zerr_leaves_nothing_behind"])
        .env(FOLDER, folder.path())
        .env("TMPDIR", folder.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let tick = || {
        let mut folders = std::fs::read_dir(folder.path()).unwrap().flatten();
        folders.find_map(|entry| std::fs::read_to_string(entry.path().join("tick")).ok())
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while tick().is_none_or(|tick| tick.is_empty()) {
        assert!(Instant::now() < deadline && zerr.try_wait().unwrap().is_none(), "no job began");
    }
    zerr.kill().unwrap();
    zerr.wait().unwrap();

    // The kernel kills the job at once, but not before `wait` returns: until it stands still.
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut last = (tick(), Instant::now());
    while last.1.elapsed() < Duration::from_millis(200) {
        assert!(Instant::now() < deadline, "the job goes on");
        let now = tick();
        if now != last.0 {
            last = (now, Instant::now());
        }
    }
}
