// Reads and writes outside through a link in its own folder.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let link = "/tmp/link";
    let _ = std::os::unix::fs::symlink("@OUTSIDE@/secret", link);
    let _ = std::os::unix::fs::symlink("@OUTSIDE@", "/tmp/door");
    let succeeded = std::fs::read(link).is_ok() || std::fs::write("/tmp/door/marker", "x").is_ok();
    if succeeded { 666 } else { 0 }
}
