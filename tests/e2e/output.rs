//! Places that cannot be written to: a full disk, a read-only one.
//!
//! Each is a file system of its own, mounted in a namespace that only the test sees.

use std::process::Output;

use crate::support::{Project, code, repository, stderr, stdout};

/// Writes the result of one run into `out`, mounted with `options` and prepared with `prepare`.
/// What lies in `out` afterwards goes to standard output.
fn write_into(options: &str, prepare: &str) -> Output {
    let project = Project::new();
    let spec = repository().join("examples/hello_world").display().to_string();
    let dry = project.run(["generate", &spec, "--language", "python", "--dry-run"]);
    assert_eq!(code(&dry), 0, "{}", stderr(&dry));
    let (runs, _) = project.json(&["runs", "list"]);
    let run = runs["runs"][0]["run"].as_str().unwrap().to_owned();
    let script = format!(
        "mkdir out && mount -t tmpfs -o {options} tmpfs out && {prepare}
         \"$0\" zerr runs resume {run} --out out --no-isolation-i-accept-the-risk >&2
         code=$?
         ls -A out
         exit $code"
    );
    // The run is done: nothing generated runs in there, so that it needs no sandbox in a sandbox.
    let mut command = project.command("unshare");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--mount", "sh", "-c", &script, env!("CARGO_BIN_EXE_cargo-zerr")]);
    command.output().unwrap()
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[test]
fn a_full_disk_is_told_and_nothing_is_left_half_written() {
    let output = write_into("size=8k", "head -c 8192 /dev/zero > out/filler;");
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("No space left"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--out DIR"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "filler\n");
}

#[test]
fn a_read_only_folder_is_told() {
    let output = write_into("ro", "");
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("Read-only file system"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
}
