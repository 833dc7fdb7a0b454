// Has the compiler take in a module from a folder outside.
// expect: rejected
#[path = "@OUTSIDE@/secret.rs"]
mod secret;

fn f(_n: u32) -> u32 {
    secret::answer()
}
