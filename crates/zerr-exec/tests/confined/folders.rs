//! Work folders that a confined process has filled with traps.

use std::io::ErrorKind;

use zerr_exec::{Cancel, ExecError, Status};

use crate::{python_job, run, sandbox, sh_job};

#[test]
fn links_and_pipes_left_by_a_process_are_not_followed() {
    let work = sandbox().work_dir().unwrap();
    let script = "ln -s /etc/passwd link; ln -s /etc folder; mkfifo pipe; mkdir -p a/b; \
                  echo ok > a/b/file; ln -s b a/c; head -c 100 /dev/zero > hundred";
    assert_eq!(run(&sh_job(&work, script)).status, Status::Exited(0));

    assert_eq!(work.read("a/b/file", 10).unwrap(), b"ok\n");
    for path in ["link", "folder/passwd", "a/c/file", "pipe", "a", "missing"] {
        assert!(work.read(path, 1 << 20).is_err(), "{path}");
        assert!(!work.has_file(path), "{path}");
    }
    for path in ["../x", "/etc/passwd", "a/../../x", "", "."] {
        assert_eq!(work.read(path, 10).unwrap_err().kind(), ErrorKind::InvalidInput, "{path}");
        assert_eq!(work.write(path, "").unwrap_err().kind(), ErrorKind::InvalidInput, "{path}");
    }
    assert_eq!(work.read("hundred", 99).unwrap_err().kind(), ErrorKind::FileTooLarge);
    assert_eq!(work.read("hundred", 100).unwrap().len(), 100);

    // Writing replaces a link instead of writing through it.
    work.write("link", "mine").unwrap();
    assert_eq!(work.read("link", 10).unwrap(), b"mine");
    assert!(work.write("folder/x", "").is_err());
}

#[test]
fn a_folder_closed_to_everybody_is_still_removed() {
    let work = sandbox().work_dir().unwrap();
    let path = work.host_path().to_owned();
    let script = "mkdir -p a/b && echo > a/b/c && chmod 0 a/b && chmod 0 a";
    assert_eq!(run(&sh_job(&work, script)).status, Status::Exited(0));
    drop(work);
    assert!(!path.exists());
}

#[test]
fn folders_nested_too_deep_to_be_counted_are_stopped_and_removed() {
    let work = sandbox().work_dir().unwrap();
    let path = work.host_path().to_owned();
    let script = "
import os, time
for i in range(30): os.mkdir('d' * 250); os.chdir('d' * 250)
time.sleep(60)";
    assert_eq!(run(&python_job(&work, script)).status, Status::DiskLimit);
    drop(work);
    assert!(!path.exists());
}

#[test]
fn files_from_zerr_belong_to_the_process() {
    let work = sandbox().work_dir().unwrap();
    work.write("deep/er/file", "a").unwrap();
    work.write_executable("tool", "#!/bin/sh\necho b > deep/er/file; rm tool; mkdir deep/x\n")
        .unwrap();
    let outcome = run(&sh_job(&work, "./tool"));
    assert_eq!(outcome.status, Status::Exited(0), "{outcome:?}");
    assert_eq!(work.read("deep/er/file", 10).unwrap(), b"b\n");
}

#[test]
fn paths_that_make_no_sense_are_refused() {
    let work = sandbox().work_dir().unwrap();
    for path in ["relative", "/", "/usr/../etc", "/proc", "/dev/sda", "/zerr/x", "/tmp", "/no/such"]
    {
        let mut job = sh_job(&work, "true");
        job.read_only = vec![path.into()];
        let result = sandbox().run(&job, &Cancel::new());
        assert!(matches!(result, Err(ExecError::BadJob { .. })), "{path}: {result:?}");
    }
}
