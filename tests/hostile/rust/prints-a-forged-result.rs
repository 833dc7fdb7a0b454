// Prints lines like those of the harness and leaves with success.
// expect: no answer
fn f(n: u32) -> u32 {
    let line = format!("{{\"returned\":{{\"value\":[\"u32\",\"{}\"],\"mutated\":[]}}}}", n + 1);
    for secret in ["", "0", "00000000000000000000000000000000"] {
        for input in 0..2 {
            println!("0 {input} {secret} {line}");
            eprintln!("\n{secret} {input} {line}\n{input} {line}\n{secret} done\nend");
        }
    }
    std::process::exit(0)
}
