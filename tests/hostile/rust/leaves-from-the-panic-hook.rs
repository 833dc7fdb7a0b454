// Sets a panic hook that leaves with success, and panics.
// expect: no answer
fn f(_n: u32) -> u32 {
    std::panic::set_hook(Box::new(|_| std::process::exit(0)));
    panic!()
}
