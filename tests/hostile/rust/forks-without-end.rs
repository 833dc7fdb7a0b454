// Starts processes until none can be started, three hundred at most.
// expect: contained
fn f(_n: u32) -> u32 {
    let mut started = Vec::new();
    for _ in 0..300 {
        match std::process::Command::new("/bin/sleep").arg("3").spawn() {
            Ok(child) => started.push(child),
            Err(_) => return 0,
        }
    }
    666
}
