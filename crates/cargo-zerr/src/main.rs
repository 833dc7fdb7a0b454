//! The `cargo-zerr` binary.

fn main() {
    cargo_zerr::main();
}
