// A generic function that calls itself with a larger type each time.
// expect: rejected
fn grow<T>(value: T, n: u32) -> u32 {
    if n == 0 { 0 } else { grow((value,), n - 1) }
}

fn f(n: u32) -> u32 {
    grow(0_u8, n)
}
