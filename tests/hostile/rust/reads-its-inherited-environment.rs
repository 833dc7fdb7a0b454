// Looks for what the parent was told in its environment.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = std::env::vars()
        .any(|(name, _)| name.starts_with("CARGO") || name == "HOME" || name == "PATH");
    if succeeded { 666 } else { 0 }
}
