//! `cargo xtask codegen`: files that are generated from the code and kept in the repository.
//! Main function: [`run`].

use std::io;

use crate::process::{self, Failure};

/// Write the files, or only compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Write,
    Check,
}

struct Generated {
    path: &'static str,
    /// Arguments of the cargo command that prints the file.
    printed_by: &'static [&'static str],
}

const GENERATED: &[Generated] = &[Generated {
    path: "config/task_spec.schema.json",
    printed_by: &["run", "--quiet", "--package", "zerr-core", "--example", "schema"],
}];

pub(crate) fn run(mode: Mode) -> Result<(), Failure> {
    let mut stale = Vec::new();
    for Generated { path, printed_by } in GENERATED {
        let fresh = process::output(&mut process::cargo(printed_by.iter().copied()))?;
        let place = process::root().join(path);
        let held = match std::fs::read_to_string(&place) {
            Ok(held) => held,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::failed(format!("cannot read {path}: {error}"))),
        };
        if held == fresh {
            eprintln!("{path} is fresh");
            continue;
        }
        match mode {
            Mode::Check => stale.push(*path),
            Mode::Write => {
                std::fs::write(&place, fresh)
                    .map_err(|error| Failure::failed(format!("cannot write {path}: {error}")))?;
                eprintln!("{path} is written");
            }
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "not what the code generates: {}. Run `cargo xtask codegen` and commit the result",
        stale.join(", ")
    )))
}
