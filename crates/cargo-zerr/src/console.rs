//! The two streams: [`Console`]. Data goes to standard output, everything else to standard error.
//!
//! # Invariants
//! A reader that goes away (`| head`) ends the output quietly; it is no error and no panic.

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;

use crate::args::{ColorArg, GlobalArgs, MessageFormat};
use crate::exit::Exit;
use crate::failure::{ErrorForm, Failure};

/// How much is said on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Loudness {
    Quiet,
    Normal,
    Verbose,
}

/// Where everything that the program says goes through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    pub(crate) format: MessageFormat,
    pub(crate) loudness: Loudness,
}

#[derive(Serialize)]
struct ErrorDocument<'a> {
    schema_version: u32,
    error: ErrorForm<'a>,
}

impl Console {
    pub(crate) fn new(global: &GlobalArgs) -> Self {
        let choice = match global.color {
            ColorArg::Auto => anstream::ColorChoice::Auto,
            ColorArg::Always => anstream::ColorChoice::Always,
            ColorArg::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        let loudness = match (global.quiet, global.verbose) {
            (true, _) => Loudness::Quiet,
            (false, 0) => Loudness::Normal,
            (false, _) => Loudness::Verbose,
        };
        Self { format: global.message_format, loudness }
    }

    /// Data, as it is.
    #[expect(clippy::unused_self, reason = "what is said goes through the console")]
    pub(crate) fn data(self, text: &str) {
        quietly(write(anstream::stdout().lock(), text));
    }

    /// One line of data.
    pub(crate) fn data_line(self, text: &str) {
        self.data(&format!("{text}\n"));
    }

    /// A JSON document of data.
    pub(crate) fn json(self, document: &impl Serialize) {
        match serde_json::to_string_pretty(document) {
            Ok(text) => self.data_line(&text),
            Err(error) => self.note(&format!("internal error: no JSON can be made: {error}")),
        }
    }

    /// A line for the person in front of it.
    pub(crate) fn note(self, text: &str) {
        if self.loudness > Loudness::Quiet {
            self.say(text);
        }
    }

    /// Why the command failed: JSON on standard output where JSON was asked for, and words on
    /// standard error always.
    pub(crate) fn failure(self, failure: &Failure) -> Exit {
        if self.format == MessageFormat::Json {
            self.json(&ErrorDocument {
                schema_version: zerr_core::report::SCHEMA_VERSION,
                error: failure.form(),
            });
        }
        self.error(failure);
        failure.exit
    }

    /// The words of a failure alone: for one that stands in a document already.
    pub(crate) fn error(self, failure: &Failure) {
        self.say(&failure.render());
    }

    /// Whether a person watches standard error.
    pub(crate) fn is_watched(self) -> bool {
        io::stderr().is_terminal() && self.loudness > Loudness::Quiet
    }

    #[expect(clippy::unused_self, reason = "what is said goes through the console")]
    fn say(self, text: &str) {
        quietly(write(anstream::stderr().lock(), &format!("{text}\n")));
    }
}

fn write(mut stream: impl Write, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

/// A stream that is gone takes nothing any more; there is nobody left to tell.
fn quietly(result: io::Result<()>) {
    drop(result);
}
