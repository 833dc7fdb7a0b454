// Sends a datagram to a port of the machine.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = std::net::UdpSocket::bind("127.0.0.1:0")
        .is_ok_and(|socket| socket.send_to(b"x", "127.0.0.1:@PORT@").is_ok());
    if succeeded { 666 } else { 0 }
}
