// Writes a quarter of a gigabyte to its error stream.
// expect: no answer
fn f(_n: u32) -> u32 {
    for _ in 0..256 {
        eprintln!("{}", "x".repeat(1 << 20));
    }
    666
}
