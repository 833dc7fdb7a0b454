//! `cargo zerr`: the face for terminals, scripts and CI. Main function: [`main`].
//!
//! Start reading at `args` (the command line), then `generate` (the main job) and `write` (how
//! files are changed).
//!
//! # Invariants
//! - Data goes to standard output, everything else to standard error; all of it through `console`.
//! - Every command ends with one of `exit::Exit`.
//! - Only a `Patch` is ever written to a user's file.

mod advisory_db;
mod args;
mod bench;
mod bench_curriculum;
mod bench_lsp;
mod bench_mutants;
mod bench_projects;
mod bench_replay;
mod bench_verify;
mod bench_weights;
mod calibrate;
mod console;
mod decompose;
mod dependencies;
mod doctor;
mod example_tests;
mod exit;
mod explain;
mod failure;
mod find;
mod findings;
mod fix;
mod generate;
mod hook;
mod interrupt;
mod interval;
mod model;
mod outcome;
mod progress;
mod project;
mod questions;
mod recordings;
mod rules;
mod runs;
mod settings;
mod shell;
mod side_by_side;
mod snippet;
mod target;
mod tools;
mod verify;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use crate::args::{Cli, Command, MessageFormat};
use crate::console::{Console, Loudness};
use crate::exit::Exit;
use crate::failure::Failure;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    // Cargo passes its subcommand's name on: `cargo zerr …` arrives as `cargo-zerr zerr …`.
    let through_cargo = arguments.get(1).is_some_and(|first| first == "zerr");
    if through_cargo {
        arguments.remove(1);
    }
    let name = if through_cargo { "cargo zerr" } else { "cargo-zerr" };
    let matches = match Cli::command().bin_name(name).try_get_matches_from(&arguments) {
        Ok(matches) => matches,
        Err(error) => return refused(&error, &arguments).into(),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return refused(&error, &arguments).into(),
    };
    let console = Console::new(&cli.global);
    tell_of_panics(console);
    match dispatch(console, &cli, innermost(&matches)) {
        Ok(exit) => exit.into(),
        Err(failure) => console.failure(&failure).into(),
    }
}

fn dispatch(console: Console, cli: &Cli, matches: &ArgMatches) -> Result<Exit, Failure> {
    let project = || project::find(cli.global.project.as_deref());
    let of_findings = matches!(cli.command, Command::Verify(_) | Command::Audit(_));
    if !of_findings && !matches!(console.format, MessageFormat::Human | MessageFormat::Json) {
        return Err(Failure::usage("this command has no findings to put into that format")
            .hint("`--message-format human` and `json` fit every command"));
    }
    match &cli.command {
        Command::Generate(args) => generate::run(console, &project()?, args, matches),
        Command::Decompose(args) => decompose::run(console, &project()?, args, matches),
        Command::Verify(args) => verify::run(console, &project()?, args),
        Command::Audit(args) => verify::audit(console, &project()?, args),
        Command::Hook(command) => hook::run(console, &project()?, command),
        Command::Calibrate(args) => calibrate::run(console, &project()?, args),
        Command::Runs(command) => runs::run(console, &project()?, command),
        Command::Model(command) => model::run(console, &project()?, command),
        Command::Lsp => match zerr_lsp::serve_stdio() {
            Ok(()) => Ok(Exit::Verified),
            Err(error) => {
                Err(Failure::new(Exit::Internal, "the language server cannot start").because(error))
            }
        },
        Command::Doctor(args) => doctor::run(console, &project()?, args, matches),
        Command::Bench(command) => bench::run(console, &project()?, command),
        Command::Explain(args) => explain::run(console, args),
        Command::Completions(args) => Ok(shell::completions(console, args)),
        Command::Man => shell::man(console),
    }
}

/// The matches of the subcommand that was called.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| innermost(inner))
}

/// Help and version are data; everything else that clap objects to is wrong usage.
fn refused(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let is_wanted = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let json = arguments.windows(2).any(|pair| pair[0] == "--message-format" && pair[1] == "json")
        || arguments.iter().any(|argument| argument == "--message-format=json");
    if json && !is_wanted {
        let console = Console { format: MessageFormat::Json, loudness: Loudness::Normal };
        let text = error.render().to_string();
        return console.failure(&Failure::usage(text.trim_start_matches("error: ").trim_end()));
    }
    // A stream that is gone takes nothing any more.
    drop(error.print());
    if is_wanted { Exit::Verified } else { Exit::Usage }
}

/// A panic is zerr's own fault: it says so, in JSON too, and ends with 101.
fn tell_of_panics(console: Console) {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        default(panic);
        let failure = Failure::new(Exit::Internal, "internal error: this is a mistake in zerr")
            .because(panic)
            .hint("please report it with what you did");
        console.failure(&failure);
    }));
}
