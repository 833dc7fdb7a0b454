// Stops the process that started it, so that nobody keeps the time.
// expect: contained
fn f(_n: u32) -> u32 {
    let kill = format!("kill -STOP {}", std::os::unix::process::parent_id());
    let _ = std::process::Command::new("/bin/sh").args(["-c", &kill]).status();
    0
}
