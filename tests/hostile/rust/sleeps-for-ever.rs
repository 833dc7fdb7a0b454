// Sleeps for an hour.
// expect: no answer
fn f(_n: u32) -> u32 {
    std::thread::sleep(std::time::Duration::from_secs(3_600));
    666
}
