//! What rustc says, as JSON lines: [`read`] gives the errors, each with its file and line.

use std::fmt::Write as _;

use serde::Deserialize;

/// One error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Diagnostic {
    /// Such as `E0308`, or a lint's name; empty for a text that does not parse.
    pub(crate) code: String,
    pub(crate) message: String,
    /// File name as rustc was given it and line from 1, outside of macros.
    pub(crate) place: Option<(String, usize)>,
    pub(crate) is_error: bool,
}

impl Diagnostic {
    /// One line for people.
    pub(crate) fn text(&self) -> String {
        let mut text = self.said();
        if let Some((_, line)) = &self.place {
            let _ = write!(text, " (line {line})");
        }
        text
    }
}

impl Diagnostic {
    /// The same without its place.
    pub(crate) fn said(&self) -> String {
        match self.code.as_str() {
            "" => self.message.clone(),
            code => format!("{code}: {}", self.message),
        }
    }
}

#[derive(Deserialize)]
struct RawDiagnostic {
    message: String,
    level: String,
    code: Option<RawCode>,
    #[serde(default)]
    spans: Vec<RawSpan>,
}

#[derive(Deserialize)]
struct RawCode {
    code: String,
}

#[derive(Deserialize)]
struct RawSpan {
    file_name: String,
    line_start: usize,
    is_primary: bool,
    expansion: Option<Box<RawExpansion>>,
}

#[derive(Deserialize)]
struct RawExpansion {
    span: RawSpan,
}

/// Errors and warnings in the order they were said; lines that are something else are left out.
pub(crate) fn read(stderr: &[u8]) -> Vec<Diagnostic> {
    stderr
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<RawDiagnostic>(line).ok())
        .filter(|raw| raw.level.starts_with("error") || raw.level == "warning")
        .filter(|raw| !raw.message.starts_with("aborting due to"))
        .map(|raw| Diagnostic {
            is_error: raw.level.starts_with("error"),
            code: raw.code.map(|code| code.code).unwrap_or_default(),
            place: raw
                .spans
                .into_iter()
                .find(|span| span.is_primary)
                .map(outermost)
                .map(|span| (span.file_name, span.line_start)),
            message: raw.message,
        })
        .collect()
}

/// Where the text stands that a macro's span came from.
fn outermost(span: RawSpan) -> RawSpan {
    let mut span = span;
    while let Some(expansion) = span.expansion.take() {
        span = expansion.span;
    }
    span
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_inside_a_macro_belongs_to_the_file_that_calls_it() {
        let line = br#"{"message":"m","level":"error","code":{"code":"E1"},"spans":[
            {"file_name":"/lib/macros.rs","line_start":9,"is_primary":true,"expansion":
              {"span":{"file_name":"c3.rs","line_start":2,"is_primary":false,"expansion":null}}}]}"#;
        let line: Vec<u8> = line.iter().copied().filter(|byte| *byte != b'\n').collect();
        let all = read(&[b"noise\n".as_slice(), &line].concat());
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].place, Some(("c3.rs".to_owned(), 2)));
        assert_eq!(all[0].text(), "E1: m (line 2)");
    }
}
