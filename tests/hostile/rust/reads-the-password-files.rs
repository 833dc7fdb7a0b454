// Reads the files in which accounts are kept.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded =
        ["/etc/passwd", "/etc/shadow", "/etc/hostname"].iter().any(|p| std::fs::read(p).is_ok());
    if succeeded { 666 } else { 0 }
}
