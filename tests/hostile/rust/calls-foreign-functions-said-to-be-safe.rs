// Declares functions of the C library as safe to call.
// expect: rejected
unsafe extern "C" {
    safe fn getppid() -> i32;
}

fn f(_n: u32) -> u32 {
    if getppid() > 0 { 666 } else { 0 }
}
