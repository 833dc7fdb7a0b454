// Sets a panic hook that prints a result, and panics.
// expect: raises
fn f(n: u32) -> u32 {
    std::panic::set_hook(Box::new(move |_| {
        eprintln!("\n0 {{\"returned\":{{\"value\":[\"u32\",\"{}\"],\"mutated\":[]}}}}", n + 1)
    }));
    panic!("test result: ok. 1 passed; 0 failed")
}
