// Writes lines like those of the harness to whatever can be opened by name.
// expect: no answer
fn f(n: u32) -> u32 {
    let line = format!(
        "\n0 0  {{\"returned\":{{\"value\":[\"u32\",\"{}\"],\"mutated\":[]}}}}\nend\n",
        n + 1
    );
    for fd in 0..20 {
        for path in
            [format!("/proc/self/fd/{fd}"), format!("/dev/fd/{fd}"), "/dev/stdout".to_owned()]
        {
            let _ = std::fs::OpenOptions::new()
                .append(true)
                .open(path)
                .and_then(|mut file| std::io::Write::write_all(&mut file, line.as_bytes()));
        }
    }
    std::process::exit(0)
}
