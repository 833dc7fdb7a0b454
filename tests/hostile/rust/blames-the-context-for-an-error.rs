// Loads the module that holds all candidates once more inside of itself.
// expect: rejected
#[path = "context.rs"]
mod again;

fn f(_n: u32) -> u32 {
    0
}
