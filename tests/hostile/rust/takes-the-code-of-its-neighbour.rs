// Includes the file of another candidate and answers with its function.
// expect: rejected
mod stolen {
    include!("c0.rs");

    pub fn answer(n: u32) -> u32 {
        f(n)
    }
}

fn f(n: u32) -> u32 {
    stolen::answer(n)
}
