// Leaves a destructor for the end of the thread, which leaves with success and prints a result.
// expect: returns 0
struct Late(u32);

impl Drop for Late {
    fn drop(&mut self) {
        eprintln!("\n0 {{\"returned\":{{\"value\":[\"u32\",\"{}\"],\"mutated\":[]}}}}", self.0 + 1);
    }
}

thread_local! {
    static LATE: std::cell::RefCell<Option<Late>> = const { std::cell::RefCell::new(None) };
}

fn f(n: u32) -> u32 {
    LATE.with(|late| *late.borrow_mut() = Some(Late(n)));
    0
}
