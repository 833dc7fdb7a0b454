//! `zerr-lsp`: the language server by itself; `cargo zerr lsp` is the same.

use std::process::ExitCode;

fn main() -> ExitCode {
    match zerr_lsp::serve_stdio() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
