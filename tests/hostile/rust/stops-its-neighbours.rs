// Stops every process but itself and the one that started it, for good.
// expect: contained
fn f(_n: u32) -> u32 {
    let script = format!(
        "kill -0 @PID@ 2>/dev/null && exit 0; i=2; while [ $i -lt 400 ]; do [ $i = $$ ] || [ $i = {} ] || [ $i = {} ] || kill -STOP $i; i=$((i+1)); done 2>/dev/null",
        std::process::id(),
        std::os::unix::process::parent_id()
    );
    let _ = std::process::Command::new("/bin/sh").args(["-c", &script]).status();
    0
}
