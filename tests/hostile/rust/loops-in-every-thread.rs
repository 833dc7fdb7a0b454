// Keeps all cores busy from ten threads.
// expect: no answer
fn f(_n: u32) -> u32 {
    for _ in 0..10 {
        let _ = std::thread::Builder::new().spawn(|| {
            loop {
                std::hint::spin_loop()
            }
        });
    }
    loop {
        std::hint::spin_loop();
    }
}
