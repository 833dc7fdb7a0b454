// Gives the right answers the first time and leaves when it is asked again.
// expect: no answer
use std::sync::atomic::{AtomicU32, Ordering};

static CALLS: AtomicU32 = AtomicU32::new(0);

fn f(n: u32) -> u32 {
    if CALLS.fetch_add(1, Ordering::SeqCst) < 2 { n + 1 } else { std::process::exit(0) }
}
