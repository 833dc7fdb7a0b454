//! The `cargo-zerr` binary.

fn main() -> std::process::ExitCode {
    cargo_zerr::main()
}
