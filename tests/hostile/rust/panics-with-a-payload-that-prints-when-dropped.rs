// Panics with a value whose destructor leaves with success.
// expect: raises
struct Liar(u32);

impl Drop for Liar {
    fn drop(&mut self) {
        eprintln!("\n0 {{\"returned\":{{\"value\":[\"u32\",\"{}\"],\"mutated\":[]}}}}", self.0 + 1);
        std::process::exit(0);
    }
}

fn f(n: u32) -> u32 {
    std::panic::panic_any(Liar(n))
}
