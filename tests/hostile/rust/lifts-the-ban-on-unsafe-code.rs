// Allows itself what the command line forbids.
// expect: rejected
#[allow(unsafe_code)]
fn f(_n: u32) -> u32 {
    unsafe { std::hint::unreachable_unchecked() }
}
