//! Compilers and interpreters do their work inside the sandbox, and see nothing of the machine.

use zerr_exec::{Cancel, Job, Limits, Outcome, Sandbox, Status, WorkDir};

use crate::{python, python_job, run, sandbox, text, word};

/// `rustc` on a file of the work folder, as a caller would set it up.
fn rustc(sandbox: &Sandbox, work: &WorkDir, args: &[&str]) -> Outcome {
    let sysroot = word("rustc", &["--print", "sysroot"]);
    let mut job = Job::new(sysroot.join("bin/rustc"), work);
    job.args = args.iter().map(Into::into).collect();
    if !sandbox.shows_proc() {
        job.args.push("-Clinker-features=-lld".into());
    }
    job.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
    job.read_only = vec![sysroot];
    job.limits = Limits::compiler();
    sandbox.run(&job, &Cancel::new()).unwrap()
}

#[test]
fn rustc_compiles_and_links_a_program_that_runs() {
    let sandbox = sandbox();
    let work = sandbox.work_dir().unwrap();
    work.write("hello.rs", r#"fn main() { println!("hello {}", 6 * 7); }"#).unwrap();
    let outcome = rustc(sandbox, &work, &["-C", "opt-level=1", "hello.rs"]);
    assert_eq!((outcome.status, text(&outcome.stderr)), (Status::Exited(0), String::new()));

    let outcome = sandbox.run(&Job::new("/zerr/hello", &work), &Cancel::new()).unwrap();
    assert_eq!((outcome.status, text(&outcome.stdout)), (Status::Exited(0), "hello 42\n".into()));
}

#[test]
fn a_shared_folder_can_be_run_but_not_changed_by_another_job() {
    let sandbox = sandbox();
    let compiled = sandbox.work_dir().unwrap();
    compiled.write("it.rs", r#"fn main() { println!("{:?}", std::env::args().nth(1)); }"#).unwrap();
    assert!(rustc(sandbox, &compiled, &["it.rs"]).is_success());
    let shared = compiled.share().unwrap().to_owned();

    let work = sandbox.work_dir().unwrap();
    let mut job = Job::new(shared.join("it"), &work);
    job.args = vec!["x".into()];
    job.read_only = vec![shared.clone()];
    let outcome = sandbox.run(&job, &Cancel::new()).unwrap();
    assert_eq!(text(&outcome.stdout), "Some(\"x\")\n", "{}", text(&outcome.stderr));

    let mut job = Job::new("/bin/sh", &work);
    let script = format!("echo bad > {0}/it || rm {0}/it || chmod 0 {0}/it", shared.display());
    job.args = vec!["-c".into(), script.into()];
    job.read_only = vec![shared];
    assert!(!sandbox.run(&job, &Cancel::new()).unwrap().is_success());
    assert!(compiled.has_file("it"));
}

#[test]
fn the_compiler_cannot_include_what_is_not_shown() {
    let sandbox = sandbox();
    let work = sandbox.work_dir().unwrap();
    work.write("lib.rs", r#"pub const P: &str = include_str!("/etc/passwd");"#).unwrap();
    let outcome = rustc(sandbox, &work, &["--crate-type=lib", "--emit=metadata", "lib.rs"]);
    assert_eq!(outcome.status, Status::Exited(1));
    assert!(text(&outcome.stderr).contains("couldn't read"), "{}", text(&outcome.stderr));

    work.write(
        "lib.rs",
        r#"pub const H: Option<&str> = option_env!("HOME"); const _: () = assert!(H.is_none());"#,
    )
    .unwrap();
    let outcome = rustc(sandbox, &work, &["--crate-type=lib", "--emit=metadata", "lib.rs"]);
    assert_eq!((outcome.status, text(&outcome.stderr)), (Status::Exited(0), String::new()));
}

#[test]
fn python_runs_and_reads_its_input() {
    let work = sandbox().work_dir().unwrap();
    let script = "import json, re, math\nprint(json.dumps(int(input()) + 1))\n";
    let mut job = python_job(&work, script);
    job.stdin = b"41\n".to_vec();
    let outcome = run(&job);
    assert_eq!((text(&outcome.stderr), text(&outcome.stdout)), (String::new(), "42\n".into()));
}

#[test]
fn python_forks_and_threads_within_the_limits() {
    let script = r"
import os, threading
r, w = os.pipe()
if os.fork() == 0:
    os.write(w, b'from the child')
    os._exit(3)
_, status = os.wait()
print(os.read(r, 100).decode(), os.waitstatus_to_exitcode(status))
t = threading.Thread(target=lambda: print('thread'))
t.start(); t.join()
";
    let outcome = python(script);
    let expected = "from the child 3\nthread\n";
    assert_eq!((text(&outcome.stderr), text(&outcome.stdout)), (String::new(), expected.into()));
}
