// Prints zero bytes, no UTF-8 and sequences that command a terminal.
// expect: returns 0
use std::io::Write as _;

fn f(_n: u32) -> u32 {
    for bytes in
        [b"\0\xff\xfe\n".as_slice(), b"\x1b[2J\x1b]0;owned\x07\x1b[6n\n", b"\r\x1b[1A\x9b31m"]
    {
        let _ = std::io::stderr().write_all(bytes);
        let _ = std::io::stdout().write_all(bytes);
    }
    0
}
