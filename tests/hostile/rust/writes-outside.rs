// Creates a file in every folder that it can think of.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = [
        "@OUTSIDE@/marker",
        "/usr/zerr-marker",
        "/etc/zerr-marker",
        "/var/tmp/zerr-marker",
        "/dev/shm/zerr-marker",
        "/zerr-marker",
    ]
    .iter()
    .any(|p| std::fs::write(p, "x").is_ok());
    if succeeded { 666 } else { 0 }
}
