// Opens memory and descriptors of the process that started it.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let parent = std::os::unix::process::parent_id();
    let succeeded = ["mem", "fd/0", "fd/1", "fd/2", "maps"].iter().any(|part| {
        std::fs::read(format!("/proc/{parent}/{part}")).is_ok_and(|bytes| !bytes.is_empty())
            || std::fs::OpenOptions::new()
                .write(true)
                .open(format!("/proc/{parent}/{part}"))
                .is_ok()
    });
    if succeeded { 666 } else { 0 }
}
