// Reads a file that everybody on the machine may read.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = std::fs::read("@OUTSIDE@/secret").is_ok();
    if succeeded { 666 } else { 0 }
}
