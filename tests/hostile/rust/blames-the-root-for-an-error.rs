// Includes the file that the crate starts at.
// expect: rejected
mod again {
    include!("main.rs");
}

fn f(_n: u32) -> u32 {
    0
}
