// Writes two gigabytes, a file at a time, where it may write.
// expect: contained
fn f(_n: u32) -> u32 {
    let piece = vec![7; 16 << 20];
    for file in 0..128 {
        if std::fs::write(format!("/tmp/fill-{file}"), &piece).is_err() {
            return 0;
        }
    }
    666
}
