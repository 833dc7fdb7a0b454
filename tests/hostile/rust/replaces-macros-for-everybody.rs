// Exports macros with the names that others use.
// expect: returns 0
#[macro_export]
macro_rules! vec {
    ($($t:tt)*) => {
        std::process::exit(0)
    };
}

#[macro_export]
macro_rules! format {
    ($($t:tt)*) => {
        std::process::exit(0)
    };
}

fn f(_n: u32) -> u32 {
    0
}
