// Makes twenty thousand empty files.
// expect: contained
fn f(_n: u32) -> u32 {
    for file in 0..20_000 {
        if std::fs::File::create(format!("/tmp/empty-{file}")).is_err() {
            return 0;
        }
    }
    666
}
