// A constant whose value takes for ever to compute.
// expect: rejected
const ENDLESS: u32 = {
    let mut i = 0_u32;
    while i != 1 {
        i = i.wrapping_add(2);
    }
    i
};

fn f(_n: u32) -> u32 {
    ENDLESS
}
