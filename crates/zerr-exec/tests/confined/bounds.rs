//! Programs that take too much: time, memory, processes, output, disk.

use std::time::{Duration, Instant};

use zerr_exec::{Cancel, ExecError, Job, Sandbox, Status};

use crate::{limits, python_job, run, sandbox, sh, sh_job, text};

#[test]
fn exit_codes_and_signals_come_back() {
    assert_eq!(sh("exit 7").status, Status::Exited(7));
    assert_eq!(sh("kill -TERM $$").status, Status::Signaled(libc::SIGTERM));
    assert_eq!(sh("kill -SEGV $$").status, Status::Signaled(libc::SIGSEGV));
    assert_eq!(sh("exec 3</nowhere; true").status, Status::Exited(2));
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let work = sandbox().work_dir().unwrap();
    let start = |program: &str| sandbox().run(&Job::new(program, &work), &Cancel::new());
    assert!(matches!(start("/zerr/missing"), Err(ExecError::Start { .. })));
    assert!(matches!(start("/usr"), Err(ExecError::Start { .. })));
    assert!(matches!(start("sh"), Err(ExecError::BadJob { .. })));
}

#[test]
fn a_busy_loop_runs_out_of_processor_time() {
    let work = sandbox().work_dir().unwrap();
    let mut job = sh_job(&work, "while :; do :; done");
    job.limits = limits(|limits| (limits.cpu_ms, limits.wall_ms) = (1_000, 60_000));
    assert_eq!(run(&job).status, Status::Signaled(libc::SIGXCPU));
}

#[test]
fn sleeping_past_the_wall_clock_is_timed_out() {
    let work = sandbox().work_dir().unwrap();
    let mut job = sh_job(&work, "echo before; sleep 60 & sleep 60; echo after");
    job.limits.wall_ms = 300;
    let outcome = run(&job);
    assert_eq!((outcome.status, text(&outcome.stdout)), (Status::TimedOut, "before\n".into()));
    assert!((300..5_000).contains(&outcome.wall_ms), "{} ms", outcome.wall_ms);
}

#[test]
fn a_cancelled_job_ends_at_once() {
    let work = sandbox().work_dir().unwrap();
    let job = sh_job(&work, "echo > started; sleep 60");
    let cancel = Cancel::new();
    let outcome = std::thread::scope(|scope| {
        let run = scope.spawn(|| sandbox().run(&job, &cancel).unwrap());
        while !work.has_file("started") && !run.is_finished() {
            std::thread::yield_now();
        }
        cancel.cancel();
        run.join().unwrap()
    });
    assert_eq!(outcome.status, Status::Cancelled);
    assert!(outcome.wall_ms < 5_000, "{} ms", outcome.wall_ms);
}

#[test]
fn endless_output_is_cut_off() {
    let work = sandbox().work_dir().unwrap();
    let mut job =
        sh_job(&work, "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done");
    job.limits.output_bytes_max = 100_000;
    let outcome = run(&job);
    assert_eq!((outcome.status, outcome.stdout.len()), (Status::OutputLimit, 100_000));
    assert!(outcome.stdout.capacity() < 1_000_000);

    // Both streams share the limit, and exactly as much is fine.
    let mut job = sh_job(&work, "printf 12345; printf 67890 >&2");
    job.limits.output_bytes_max = 10;
    assert_eq!(run(&job).status, Status::Exited(0));
    job.limits.output_bytes_max = 9;
    assert_eq!(run(&job).status, Status::OutputLimit);
}

#[test]
fn a_fork_bomb_is_bounded_and_ends() {
    let work = sandbox().work_dir().unwrap();
    let script = "
import os, time
children = 0
try:
    while children < 10_000:
        if os.fork() == 0: time.sleep(60); os._exit(0)
        children += 1
except BlockingIOError:
    print('refused after', children)
";
    let mut job = python_job(&work, script);
    job.limits.processes = 20;
    let outcome = run(&job);
    assert_eq!(text(&outcome.stdout), "refused after 19\n", "{}", text(&outcome.stderr));

    let mut job = sh_job(&work, "f() { f | f & }; f; sleep 60");
    job.limits.wall_ms = 500;
    let outcome = run(&job);
    assert!(outcome.wall_ms < 10_000, "{} ms", outcome.wall_ms);
}

#[test]
fn memory_past_the_limit_is_refused() {
    let work = sandbox().work_dir().unwrap();
    let mut job = python_job(&work, "print(len(bytearray(200 << 20)) >> 20)");
    job.limits.memory_bytes = 400 << 20;
    assert_eq!(text(&run(&job).stdout), "200\n");
    job.limits.memory_bytes = 150 << 20;
    let outcome = run(&job);
    assert_eq!(outcome.status, Status::Exited(1));
    assert!(text(&outcome.stderr).contains("MemoryError"), "{}", text(&outcome.stderr));
}

#[test]
fn files_past_the_limit_are_refused() {
    let work = sandbox().work_dir().unwrap();
    let mut job = sh_job(&work, "exec head -c 3000000 /dev/zero > big");
    job.limits.file_bytes = 1_000_000;
    assert_eq!(run(&job).status, Status::Signaled(libc::SIGXFSZ));

    // Many files in /tmp, each within the limit.
    let work = sandbox().work_dir().unwrap();
    let script = "for i in 1 2 3 4 5 6; do head -c 900000 /dev/zero > /tmp/$i || exit 9; done";
    let mut job = sh_job(&work, script);
    job.limits.file_bytes = 1_000_000;
    assert_eq!(run(&job).status, Status::Exited(9));
}

#[test]
fn a_work_folder_that_fills_the_disk_is_stopped() {
    let work = sandbox().work_dir().unwrap();
    let script = "i=0; while :; do i=$((i+1)); head -c 900000 /dev/zero > $i; done";
    let mut job = sh_job(&work, script);
    job.limits.file_bytes = 10_000_000;
    assert_eq!(run(&job).status, Status::DiskLimit);
}

#[test]
fn more_open_files_than_allowed_are_refused() {
    let work = sandbox().work_dir().unwrap();
    let script = "fs = []\ntry:\n  while True: fs.append(open('/dev/null'))\nexcept OSError as e:\n  n = len(fs); fs.clear(); print(n, e.errno)";
    let mut job = python_job(&work, script);
    job.limits.open_files = 40;
    assert_eq!(text(&run(&job).stdout), format!("37 {}\n", libc::EMFILE));
}

#[test]
fn input_larger_than_a_pipe_does_not_deadlock() {
    let work = sandbox().work_dir().unwrap();
    let mut job = Job::new("/bin/cat", &work);
    job.stdin = (0..3_000_000_u32).map(|n| n as u8).collect();
    let outcome = run(&job);
    assert_eq!(outcome.status, Status::Exited(0));
    assert!(outcome.stdout == job.stdin);

    // And a program that does not read it at all is not an error.
    let mut job = Job::new("/bin/true", &work);
    job.stdin = vec![0; 3_000_000];
    assert_eq!(run(&job).status, Status::Exited(0));
}

#[test]
fn an_accepted_run_without_isolation_still_has_limits() {
    let sandbox = Sandbox::none_accepted_in_words();
    assert!(!sandbox.isolation().is_confined());
    let work = sandbox.work_dir().unwrap();
    let run = |job: &Job<'_>| sandbox.run(job, &Cancel::new()).unwrap();

    let outcome = run(&Job::new("/usr/bin/env", &work));
    assert_eq!((outcome.status, text(&outcome.stdout)), (Status::Exited(0), String::new()));
    let outcome = run(&sh_job(&work, "pwd"));
    assert_eq!(text(&outcome.stdout), format!("{}\n", work.inside_path().display()));

    let mut job = sh_job(&work, "sleep 60 & sleep 60");
    job.limits.wall_ms = 200;
    let start = Instant::now();
    assert_eq!(run(&job).status, Status::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(5));

    let mut job = sh_job(&work, "while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyy; done");
    job.limits.output_bytes_max = 10_000;
    assert_eq!(run(&job).status, Status::OutputLimit);
}
