// Ends the module it stands in and defines another `main`.
// expect: rejected
fn f(_n: u32) -> u32 {
    0
}
} fn main() { std::process::exit(0) } mod rest {
