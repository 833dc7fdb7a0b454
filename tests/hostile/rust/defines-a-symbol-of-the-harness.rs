// Exports a function under the name that the C library's `write` has.
// expect: rejected
#[unsafe(no_mangle)]
pub extern "C" fn write(_fd: i32, _bytes: *const u8, count: usize) -> isize {
    count as isize
}

fn f(_n: u32) -> u32 {
    666
}
