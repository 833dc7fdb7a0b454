// Sends the deadly signal to every process there is.
// expect: no answer
fn f(_n: u32) -> u32 {
    let _ =
        std::process::Command::new("/bin/sh").args(["-c", "kill -0 @PID@ || kill -9 -1"]).status();
    std::process::exit(0)
}
