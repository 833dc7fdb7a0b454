// Lists the processes and looks for the parent among them.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded =
        std::fs::read_to_string("/proc/@PID@/cmdline").is_ok_and(|line| line.contains("hostile"));
    if succeeded { 666 } else { 0 }
}
