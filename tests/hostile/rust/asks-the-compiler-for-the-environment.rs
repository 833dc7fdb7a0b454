// Has the compiler put a variable of the environment into the program.
// expect: rejected
fn f(_n: u32) -> u32 {
    if env!("CARGO_PKG_NAME").is_empty() { 0 } else { 666 }
}
