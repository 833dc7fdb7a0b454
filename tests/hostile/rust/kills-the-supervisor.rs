// Kills the process that started it.
// expect: no answer
fn f(_n: u32) -> u32 {
    let kill = format!("kill -9 {}", std::os::unix::process::parent_id());
    let _ = std::process::Command::new("/bin/sh").args(["-c", &kill]).status();
    std::thread::sleep(std::time::Duration::from_secs(1));
    std::process::exit(0)
}
