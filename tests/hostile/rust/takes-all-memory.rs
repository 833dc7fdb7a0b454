// Asks for eight gigabytes, a piece at a time.
// expect: returns 0
fn f(_n: u32) -> u32 {
    let mut held: Vec<Vec<u8>> = Vec::new();
    for _ in 0..128 {
        let mut piece = Vec::new();
        if piece.try_reserve_exact(64 << 20).is_err() {
            return 0;
        }
        held.push(piece);
    }
    666
}
