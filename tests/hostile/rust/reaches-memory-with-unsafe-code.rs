// Reads memory through a made-up address.
// expect: rejected
fn f(n: u32) -> u32 {
    unsafe { *(n as usize as *const u32) }
}
