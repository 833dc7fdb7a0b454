// A macro that calls itself with twice as many tokens.
// expect: rejected
macro_rules! double {
    ($($t:tt)*) => { double!($($t)* $($t)*) };
}

fn f(_n: u32) -> u32 {
    double!(a b c d);
    0
}
