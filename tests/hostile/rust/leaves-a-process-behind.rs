// Starts a process in a session of its own that outlives it.
// expect: contained
fn f(_n: u32) -> u32 {
    let _ = std::process::Command::new("/bin/sh")
        .args(["-c", "setsid sh -c 'sleep 60; : @TOKEN@' </dev/null >/dev/null 2>&1 & exit 0"])
        .status();
    0
}
