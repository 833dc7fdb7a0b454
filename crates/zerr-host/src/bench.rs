//! Sampling through the host against bare loops over the same bindings.

use std::path::PathBuf;

use clap::Args;

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// A GGUF file; the embedded model without it.
    #[arg(long, value_name = "PATH")]
    model: Option<PathBuf>,
}

pub(crate) fn run(args: &BenchArgs) -> Result<(), String> {
    let _ = &args.model;
    Err("not yet".into())
}
