// Replaces the program that its neighbours run from.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let own = std::env::args().next().unwrap_or_default();
    let succeeded = std::fs::OpenOptions::new().write(true).open(&own).is_ok()
        || std::fs::rename(&own, "/tmp/moved").is_ok()
        || std::fs::remove_file(&own).is_ok();
    if succeeded { 666 } else { 0 }
}
