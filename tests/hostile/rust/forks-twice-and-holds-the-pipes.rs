// Leaves a process behind that keeps the streams of the harness open.
// expect: contained
fn f(_n: u32) -> u32 {
    let _ = std::process::Command::new("/bin/sh")
        .args(["-c", "(sh -c 'sleep 60; : @TOKEN@' &) & exit 0"])
        .status();
    0
}
