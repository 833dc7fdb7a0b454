// Reads the environment of every process that it can name.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let pids =
        ["@PID@".to_owned(), "1".to_owned(), std::os::unix::process::parent_id().to_string()];
    let succeeded = pids.iter().any(|pid| {
        std::fs::read(format!("/proc/{pid}/environ")).is_ok_and(|bytes| !bytes.is_empty())
    });
    if succeeded { 666 } else { 0 }
}
