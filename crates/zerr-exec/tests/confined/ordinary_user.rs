//! The same facts for an ordinary user, who gets a user namespace.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Nobody, by convention.
const USER: u32 = 65_534;

#[test]
#[expect(clippy::disallowed_methods, reason = "only the standard library can change the user")]
fn everything_holds_for_an_ordinary_user() {
    if !rustix::process::geteuid().is_root() {
        return; // Then the other tests have just shown it.
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(&folder, PermissionsExt::from_mode(0o755)).unwrap();
    let program = folder.path().join("tests");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = Command::new(&program)
        .args(["hostile::", "bounds::", "folders::"])
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("HOME", "/root"), ("RUST_BACKTRACE", "0")])
        .current_dir("/")
        .uid(USER)
        .gid(USER)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{stdout}");
    assert!(stdout.contains("links_and_pipes_left_by_a_process_are_not_followed ... ok"));
}
