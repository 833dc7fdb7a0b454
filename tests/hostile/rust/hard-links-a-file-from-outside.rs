// Makes another name for a file outside in a folder it may write to.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let succeeded = std::fs::hard_link("@OUTSIDE@/secret", "/tmp/mine").is_ok()
        || std::fs::hard_link("/usr/bin/env", "/tmp/env").is_ok();
    if succeeded { 666 } else { 0 }
}
