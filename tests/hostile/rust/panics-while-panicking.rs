// Panics in a destructor during a panic, which aborts.
// expect: no answer
struct Twice;

impl Drop for Twice {
    fn drop(&mut self) {
        panic!("second");
    }
}

fn f(_n: u32) -> u32 {
    let _held = Twice;
    panic!("first")
}
