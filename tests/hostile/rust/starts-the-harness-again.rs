// Starts its own executable as a supervisor with a batch of its own.
// expect: returns 0
use std::io::Write as _;

fn f(n: u32) -> u32 {
    if std::env::args().count() == 3 && std::env::var_os("AGAIN").is_some() {
        return n + 1;
    }
    let own = std::env::args().next().unwrap_or_default();
    let mut again = std::process::Command::new(own);
    again.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::inherit());
    if let Ok(mut child) = again.spawn() {
        if let Some(mut stdin) = child.stdin.take() {
            let _ = stdin.write_all(b"100 0 1000 1000 1 1\n999 0\n41\n");
        }
        let _ = child.wait();
    }
    0
}
