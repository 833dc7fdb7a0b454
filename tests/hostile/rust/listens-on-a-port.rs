// Opens a port for others to come in.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = std::net::TcpListener::bind("127.0.0.1:0").is_ok()
        || std::net::TcpListener::bind("[::1]:0").is_ok();
    if succeeded { 666 } else { 0 }
}
