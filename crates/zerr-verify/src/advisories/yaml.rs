//! YAML as the JSON value it stands for, for the OSV records of `pypa/advisory-database`: [`read`].
//!
//! # Invariants
//! Bounded depth; no aliases, so that a file cannot grow when it is read.
//!
//! # Non-goals
//! Numbers and truth values: every scalar that counts in a record is a text (a version `1.10` is
//! not the number 1.1), so all are texts but null.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

const DEPTH_MAX: usize = 40;

/// A list or mapping that is still open.
enum Open {
    List(Vec<Value>),
    /// With the key that waits for its value.
    Map(Map<String, Value>, Option<String>),
}

/// Reads the first document.
///
/// # Errors
/// What is wrong, and where.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut stack: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        let refuse = |what: &str| Err(format!("{what} at line {}", span.start.line()));
        if stack.len() > DEPTH_MAX {
            return refuse("too deep");
        }
        let done = match event {
            Event::Scalar(text, style, ..) => match (style, text.as_ref()) {
                (ScalarStyle::Plain, "" | "~" | "null") => Value::Null,
                (_, text) => Value::String(text.to_owned()),
            },
            Event::SequenceStart(..) => {
                stack.push(Open::List(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                stack.push(Open::Map(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match stack.pop() {
                Some(Open::List(items)) => Value::Array(items),
                Some(Open::Map(entries, None)) => Value::Object(entries),
                _ => return refuse("a key without a value"),
            },
            Event::Alias(_) => return refuse("an alias"),
            _ => continue,
        };
        match (stack.last_mut(), done) {
            (None, done) => return Ok(done),
            (Some(Open::List(items)), done) => items.push(done),
            (Some(Open::Map(entries, key)), done) => match (key.take(), done) {
                (Some(key), done) => drop(entries.insert(key, done)),
                (None, Value::String(text)) => *key = Some(text),
                (None, _) => return refuse("a key that is no text"),
            },
        }
    }
    Err("it holds nothing".to_owned())
}
