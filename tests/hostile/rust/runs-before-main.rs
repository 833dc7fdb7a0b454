// Puts a function where the loader runs it before the harness begins.
// expect: rejected
#[used]
#[unsafe(link_section = ".init_array")]
static EARLY: extern "C" fn() = early;

extern "C" fn early() {
    std::process::exit(0)
}

fn f(_n: u32) -> u32 {
    666
}
