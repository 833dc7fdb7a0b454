// Opens ten thousand files at the same time.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let held: Vec<std::fs::File> =
        (0..10_000).map_while(|_| std::fs::File::open("/dev/null").ok()).collect();
    let succeeded = held.len() == 10_000;
    if succeeded { 666 } else { 0 }
}
