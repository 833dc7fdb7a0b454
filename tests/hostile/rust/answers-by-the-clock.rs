// Gives another answer every time, by the clock.
// expect: no answer
fn f(_n: u32) -> u32 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |past| past.subsec_nanos() | 1 << 30)
}
