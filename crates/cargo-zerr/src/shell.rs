//! `completions` and `man`: made from the command line's own description.

use clap::{Command, CommandFactory as _};

use crate::args::{Cli, CompletionsArgs};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) fn completions(console: Console, args: &CompletionsArgs) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cargo-zerr", &mut script);
    console.data(&String::from_utf8_lossy(&script));
    Exit::Verified
}

/// One page for each command, one after the other.
pub(crate) fn man(console: Console) -> Result<Exit, Failure> {
    let mut pages = Vec::new();
    let mut command = Cli::command().bin_name("cargo zerr").display_name("cargo-zerr");
    command.build();
    render(&command, &mut pages)
        .map_err(|error| Failure::new(Exit::Internal, "no manual can be made").because(error))?;
    console.data(&String::from_utf8_lossy(&pages));
    Ok(Exit::Verified)
}

fn render(command: &Command, pages: &mut Vec<u8>) -> std::io::Result<()> {
    clap_mangen::Man::new(command.clone()).render(pages)?;
    command.get_subcommands().try_for_each(|command| render(command, pages))
}
