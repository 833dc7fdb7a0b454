// Starts threads until none can be started, two thousand at most.
// expect: contained
fn f(_n: u32) -> u32 {
    for _ in 0..2_000 {
        let sleep = || std::thread::sleep(std::time::Duration::from_secs(2));
        if std::thread::Builder::new().stack_size(16 << 10).spawn(sleep).is_err() {
            return 0;
        }
    }
    666
}
