//! Why a command could not do what it is for: [`Failure`], for people and as JSON.

use serde::Serialize;
use zerr_core::spec::SpecError;
use zerr_engine::{EngineError, ErrorClass, SettingsError};

use crate::exit::Exit;
use crate::snippet;

/// What went wrong, why, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// What: a lowercase fragment.
    pub(crate) message: String,
    /// Why, outermost first.
    pub(crate) because: Vec<String>,
    pub(crate) hint: Option<String>,
    mistakes: Option<Box<Mistakes>>,
}

/// Mistakes in a file that the user wrote, and its text, to show the lines.
#[derive(Debug)]
struct Mistakes {
    places: Vec<SpecError>,
    text: String,
}

/// [`Failure`] as JSON, under the key `error`.
#[derive(Serialize)]
pub(crate) struct ErrorForm<'a> {
    exit_code: u8,
    message: &'a str,
    because: &'a [String],
    hint: Option<&'a str>,
    places: Vec<PlaceForm<'a>>,
}

#[derive(Serialize)]
struct PlaceForm<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    offending: &'a str,
    message: &'a str,
    hint: Option<&'a str>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), because: Vec::new(), hint: None, mistakes: None }
    }

    /// Something that the user has to put right.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn because(mut self, why: impl std::fmt::Display) -> Self {
        self.because.push(why.to_string());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Mistakes in a file with this text.
    pub(crate) fn in_file(what: &str, places: Vec<SpecError>, text: String) -> Self {
        let count = places.len();
        let mistakes =
            if count == 1 { "a mistake".to_owned() } else { format!("{count} mistakes") };
        let mut failure = Self::usage(format!("{what} has {mistakes}"));
        failure.mistakes = Some(Box::new(Mistakes { places, text }));
        failure
    }

    /// As it is shown on a terminal, with colours that the stream may take away again.
    pub(crate) fn render(&self) -> String {
        let mut lines = Vec::new();
        if let Some(mistakes) = &self.mistakes {
            let shown = mistakes.places.iter().map(|place| snippet::render(place, &mistakes.text));
            lines.extend(shown);
        }
        let mut closing = Vec::new();
        closing.extend(self.because.iter().map(|why| (snippet::Note::Because, why.as_str())));
        closing.extend(self.hint.iter().map(|hint| (snippet::Note::Hint, hint.as_str())));
        lines.push(snippet::plain(&self.message, &closing));
        lines.join("\n\n")
    }

    /// Mistakes in a file that the user wrote.
    pub(crate) fn places(&self) -> &[SpecError] {
        self.mistakes.as_ref().map_or(&[], |mistakes| &mistakes.places)
    }

    pub(crate) fn form(&self) -> ErrorForm<'_> {
        ErrorForm {
            exit_code: self.exit.code(),
            message: &self.message,
            because: &self.because,
            hint: self.hint.as_deref(),
            places: self
                .places()
                .iter()
                .map(|place| PlaceForm {
                    file: &place.file,
                    line: place.line,
                    column: place.column,
                    offending: &place.offending,
                    message: &place.message,
                    hint: place.hint.as_deref(),
                })
                .collect(),
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Unread { ref path, ref why } => {
                Self::usage(format!("cannot read the settings in {}", path.display())).because(why)
            }
            SettingsError::Wrong { path, text, places } => {
                Self::in_file(&path.display().to_string(), places, text)
            }
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let exit = match error.class() {
            ErrorClass::Usage | ErrorClass::Setup | ErrorClass::Spec => Exit::Usage,
            ErrorClass::Internal => Exit::Internal,
        };
        let mut failure = Self::new(exit, error.to_string());
        failure.hint = error.hint();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            // A transparent error says again what the one around it said.
            let why = cause.to_string();
            if why != failure.message && failure.because.last() != Some(&why) {
                failure.because.push(why);
            }
            source = cause.source();
        }
        if let EngineError::Spec(places) = error {
            failure.mistakes = Some(Box::new(Mistakes { places, text: String::new() }));
        }
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let failure = Failure::usage("cannot write x.rs").because("disk full").hint("free space");
        let shown = anstream::adapter::strip_str(&failure.render()).to_string();
        assert_eq!(shown, "error: cannot write x.rs\n |\n = note: disk full\n = help: free space");
    }

    #[test]
    fn the_json_form_holds_every_place() {
        let place = SpecError {
            file: "a.yaml".into(),
            line: 2,
            column: 3,
            offending: "x".into(),
            message: "wrong".into(),
            hint: None,
        };
        let failure = Failure::in_file("a.yaml", vec![place.clone(), place], String::new());
        let json = serde_json::to_value(failure.form()).unwrap();
        assert_eq!(json["message"], "a.yaml has 2 mistakes");
        assert_eq!(json["places"].as_array().map(Vec::len), Some(2));
        assert_eq!(json["exit_code"], 2);
    }
}
