// Has the compiler read the accounts of the machine into the program.
// expect: rejected
fn f(_n: u32) -> u32 {
    if include_str!("/etc/passwd").is_empty() { 0 } else { 666 }
}
