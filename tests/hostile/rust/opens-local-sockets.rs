// Binds and connects sockets by path and by abstract name.
// expect: returns 0
fn f(_n: u32) -> u32 {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
    let Ok(abstract_name) = SocketAddr::from_abstract_name("zerr-hostile") else { return 0 };
    let succeeded = UnixListener::bind("/tmp/socket").is_ok()
        || UnixStream::connect("@OUTSIDE@/socket").is_ok()
        || UnixListener::bind_addr(&abstract_name).is_ok();
    if succeeded { 666 } else { 0 }
}
