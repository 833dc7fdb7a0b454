// A static of sixty-four gigabytes that the compiler has to hold.
// expect: rejected
static HUGE: [u8; 64 << 30] = [7; 64 << 30];

fn f(n: u32) -> u32 {
    u32::from(HUGE[n as usize])
}
