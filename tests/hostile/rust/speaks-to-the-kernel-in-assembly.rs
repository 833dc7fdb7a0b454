// Makes a system call by itself.
// expect: rejected
fn f(_n: u32) -> u32 {
    std::arch::asm!("syscall");
    666
}
