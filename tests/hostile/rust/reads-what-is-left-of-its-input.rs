// Reads standard input, where the secret came from.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let mut text = String::new();
    let succeeded =
        std::io::Read::read_to_string(&mut std::io::stdin(), &mut text).is_ok() && !text.is_empty();
    if succeeded { 666 } else { 0 }
}
