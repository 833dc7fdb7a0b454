//! `cargo xtask demo`: from a clean clone to verified code in front of the user. Main function:
//! [`run`].

use std::io;

use crate::process::{self, Failure};
use crate::setup::{self, Consent};

const SPEC: &str = "examples/hello_world";

pub(crate) fn run(consent: Consent) -> Result<(), Failure> {
    setup::run(consent)?;
    build()?;
    let out = process::target().join("demo");
    // What an earlier demo wrote; zerr itself does not overwrite what it finds changed.
    match std::fs::remove_dir_all(&out) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Failure::failed(format!("cannot remove {}: {error}", out.display())));
        }
        _ => {}
    }
    let mut generate = process::command(process::target().join("debug/cargo-zerr"));
    generate.args(["zerr", "generate", SPEC, "--out"]).arg(&out);
    process::run(&mut generate)?;
    let written = out.strip_prefix(process::root()).unwrap_or(&out).display();
    eprintln!(
        "
That was a real run: a model on this machine wrote the functions, zerr ran and judged them.
Look at
  {written}/ : what was written
  {SPEC}/ : the spec; edit it and run the demo again
  cargo run --quiet -- zerr runs list : every run, with its evidence
  cargo run --quiet -- zerr --help : what else there is"
    );
    Ok(())
}

/// Builds the program and the model host, which is a program of its own beside it.
pub(crate) fn build() -> Result<(), Failure> {
    let is_first = !process::target().join("debug/zerr-host").exists();
    if is_first {
        eprintln!(
            "\nThe first build compiles llama.cpp, the engine that runs the model: expect some \
             minutes. Later builds take seconds."
        );
    }
    process::run(&mut process::cargo(["build", "--package", "zerr", "--package", "zerr-host"]))
}
