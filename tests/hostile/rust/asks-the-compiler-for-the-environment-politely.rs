// The same with a macro that does not mind when there is none.
// expect: returns 0
fn f(_n: u32) -> u32 {
    if option_env!("CARGO_PKG_NAME").or(option_env!("HOME")).is_some() { 666 } else { 0 }
}
