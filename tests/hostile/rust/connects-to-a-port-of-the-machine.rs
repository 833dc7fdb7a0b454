// Connects to a port that the parent listens on.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = std::net::TcpStream::connect("127.0.0.1:@PORT@").is_ok();
    if succeeded { 666 } else { 0 }
}
