//! The only crate that starts processes: trusted tools and the sandbox.
