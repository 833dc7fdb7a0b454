// Opens disks, memory, kernel log and terminals.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = [
        "/dev/mem",
        "/dev/kmsg",
        "/dev/sda",
        "/dev/vda",
        "/dev/tty",
        "/dev/ptmx",
        "/dev/fuse",
        "/dev/kvm",
        "/dev/net/tun",
    ]
    .iter()
    .any(|p| std::fs::File::open(p).is_ok());
    if succeeded { 666 } else { 0 }
}
