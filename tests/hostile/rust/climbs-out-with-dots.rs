// Reads the same file by way of the folder above the root.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = std::fs::read("../../../../../../../..@OUTSIDE@/secret").is_ok();
    if succeeded { 666 } else { 0 }
}
