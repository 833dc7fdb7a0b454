// Calls itself until the stack ends.
// expect: no answer
fn deeper(n: u64) -> u64 {
    let here = [n; 512];
    deeper(here[7] + 1) + std::hint::black_box(here)[9]
}

fn f(n: u32) -> u32 {
    deeper(u64::from(n)) as u32
}
