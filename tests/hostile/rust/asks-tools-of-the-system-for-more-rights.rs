// Runs programs that mount, change the user or the namespace.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let attempts = [
        "mount -t tmpfs none /mnt",
        "unshare -r true",
        "nsenter -t 1 -m true",
        "su -c true root </dev/null",
        "mknod /tmp/null c 1 3",
        "chown 0:0 /tmp",
    ];
    let succeeded = attempts.iter().any(|script| {
        std::process::Command::new("/bin/sh")
            .args(["-c", *script])
            .status()
            .is_ok_and(|status| status.success())
    });
    if succeeded { 666 } else { 0 }
}
