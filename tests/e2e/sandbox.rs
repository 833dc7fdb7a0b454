//! A machine without a sandbox: the kernel refuses every mount, as it does in locked-down
//! containers.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

use crate::support::{Project, code, stderr, stdout};

const SPEC: &str = "\
name: banners
language: python
description: Banners.
functions:
  - name: banner
    signature: \"def banner(text: str) -> str\"
    description: return the text as a banner, with \\\"*** \\\" before it and \\\" ***\\\" after it
    examples:
      - {args: [\"Hello\"], returns: \"*** Hello ***\"}
      - {args: [\"\"], returns: \"***  ***\"}
";

fn without_mounts(mut command: Command) -> Command {
    let calls = [
        libc::SYS_mount,
        libc::SYS_mount_setattr,
        libc::SYS_open_tree,
        libc::SYS_move_mount,
        libc::SYS_fsopen,
        libc::SYS_pivot_root,
    ];
    let arch = TargetArch::try_from(std::env::consts::ARCH).unwrap();
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    let rules = calls.into_iter().map(|call| (call, Vec::new())).collect();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, refused, arch).unwrap();
    let program: BpfProgram = filter.try_into().unwrap();
    let install = move || seccompiler::apply_filter(&program).map_err(std::io::Error::other);
    // SAFETY: between fork and exec the filter is installed by two system calls; nothing is
    // allocated unless they fail.
    unsafe { command.pre_exec(install) };
    command
}

#[test]
fn without_a_sandbox_nothing_runs() {
    let project = Project::with(&[("task_spec.yaml", SPEC)]);
    let output = without_mounts(project.zerr(["generate", "task_spec.yaml"])).output().unwrap();
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("no sandbox is available"), "{}", stderr(&output));
    assert_eq!(stdout(&output), "");
    assert_eq!(project.names(), ["task_spec.yaml"]);

    let doctor = without_mounts(project.zerr(["doctor"])).output().unwrap();
    assert_eq!(code(&doctor), 2);
    assert!(stdout(&doctor).contains("missing sandbox"), "{}", stdout(&doctor));
}

#[test]
fn who_accepts_the_risk_in_words_gets_a_result_that_says_so() {
    let project = Project::with(&[("task_spec.yaml", SPEC)]);
    let arguments = [
        "generate",
        "task_spec.yaml",
        "--no-isolation-i-accept-the-risk",
        "--message-format",
        "json",
    ];
    let output = without_mounts(project.zerr(arguments)).output().unwrap();
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(report["isolation"], "none (rlimits)");
    assert_eq!(project.names(), ["banners.py", "task_spec.yaml"]);
}
