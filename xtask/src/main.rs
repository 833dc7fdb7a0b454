//! Everything a contributor types: `cargo xtask demo`, `test`, `check`, `ci`, `setup`,
//! `codegen`, `train-micro`, `vscode`.
//!
//! It has to work on a machine with nothing but a Rust toolchain, and to be built there in
//! seconds: that is why it parses its few arguments itself and depends on almost nothing.
//!
//! Exit codes: 0 done, 1 something failed, 2 wrong usage or something is missing that it may
//! not install by itself.

#![expect(clippy::print_stderr, reason = "it talks to the person who typed it")]

mod architecture;
mod check;
mod codegen;
mod demo;
#[expect(dead_code, unreachable_pub, reason = "the store's rule, shared as it is")]
#[path = "../../crates/zerr-store/src/dirs.rs"]
mod dirs;
mod editors;
#[expect(unreachable_pub, reason = "the store's list, shared as it is")]
#[path = "../../crates/zerr-store/src/pins.rs"]
mod pins;
mod process;
mod python_tools;
mod setup;
mod test;
mod train_micro;
mod vscode;

use std::process::ExitCode;

use process::Failure;

const HELP: &str = "\
cargo xtask COMMAND [OPTIONS]

  demo [--yes]            set up, build, and generate examples/hello_world before your eyes
  test [--yes] [ARGS…]    set up, build, run every test; ARGS go to `cargo test`
  check [--yes]           formatting, architecture, generated files, clippy, deny, typos
  ci [--yes]              check, then test: all that CI runs
  setup [--yes]           install what is missing, and zerr's own Python tools
  codegen [--check]       write the generated files, or only say whether they are fresh
  train-micro [--small]   train the embedded model from its curriculum
  vscode [--yes]          only the extension's session in a real VS Code, of what is built

  --yes      install missing packages without asking (CI=true does the same)
  --check    write nothing; fail when a file would change
  --small    prove the recipe in minutes instead of training the real model
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Failure> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(Failure::usage(format!("no command\n\n{HELP}")));
    };
    if rest.iter().any(|argument| argument == "--help") {
        eprint!("{HELP}");
        return Ok(());
    }
    match command.as_str() {
        "demo" => demo::run(setup::Consent::read(&flags(rest, &["--yes"])?)),
        "test" => {
            let (ours, theirs): (Vec<_>, Vec<_>) =
                rest.iter().cloned().partition(|argument| argument == "--yes");
            test::run(setup::Consent::read(&ours), &theirs)
        }
        "check" => check::run(setup::Consent::read(&flags(rest, &["--yes"])?)),
        "ci" => {
            let consent = setup::Consent::read(&flags(rest, &["--yes"])?);
            // The tests run whatever the checks say: one run tells all there is to mend.
            let (checked, tested) = (check::run(consent), test::run(consent, &[]));
            checked.and(tested)
        }
        "setup" => setup::run(setup::Consent::read(&flags(rest, &["--yes"])?)),
        "codegen" => codegen::run(match flags(rest, &["--check"])?.as_slice() {
            [] => codegen::Mode::Write,
            _ => codegen::Mode::Check,
        }),
        "train-micro" => train_micro::run(&flags(rest, &["--small"])?),
        "vscode" => vscode::only(setup::Consent::read(&flags(rest, &["--yes"])?)),
        "help" | "--help" | "-h" => {
            eprint!("{HELP}");
            Ok(())
        }
        other => Err(Failure::usage(format!("there is no command {other:?}\n\n{HELP}"))),
    }
}

fn flags(given: &[String], known: &[&str]) -> Result<Vec<String>, Failure> {
    match given.iter().find(|flag| !known.contains(&flag.as_str())) {
        Some(flag) => Err(Failure::usage(format!("there is no option {flag:?} here\n\n{HELP}"))),
        None => Ok(given.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(arguments: &[&str]) -> u8 {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        dispatch(&arguments).map_or_else(|failure| failure.code(), |()| 0)
    }

    #[test]
    fn wrong_usage_exits_with_two_before_anything_runs() {
        for wrong in [&[][..], &["dmeo"], &["demo", "--force"], &["codegen", "--yes"]] {
            assert_eq!(code(wrong), 2, "{wrong:?}");
        }
    }

    #[test]
    fn help_runs_nothing() {
        for help in [&["--help"][..], &["help"], &["test", "--help"]] {
            assert_eq!(code(help), 0, "{help:?}");
        }
    }
}
