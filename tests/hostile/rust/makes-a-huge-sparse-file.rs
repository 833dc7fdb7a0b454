// Makes a file of a terabyte with nothing in it.
// expect: contained
fn f(_n: u32) -> u32 {
    let made = std::fs::File::create("/tmp/sparse").and_then(|file| file.set_len(1 << 40));
    if made.is_ok() { 666 } else { 0 }
}
