// Opens settings of the kernel for writing, and writes nothing.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = [
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/sys/kernel/uevent_helper",
        "/sys/fs/cgroup/cgroup.procs",
    ]
    .iter()
    .any(|p| std::fs::OpenOptions::new().write(true).open(p).is_ok());
    if succeeded { 666 } else { 0 }
}
