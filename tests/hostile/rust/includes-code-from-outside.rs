// Has the compiler take in code from a folder outside.
// expect: rejected
include!("@OUTSIDE@/secret.rs");

fn f(_n: u32) -> u32 {
    answer()
}
