//! Calls on which two texts of a winner may differ: as the model thinks ([`Probes`]), and as a search near the
//! calls on which other candidates differ finds them ([`Search`]).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::inputs::{self, Input};
use crate::spec::{FunctionSpec, call_arguments};
use crate::value::Value;

/// What came of asking the model on which calls two texts of a winner differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probes {
    /// Calls that it proposed.
    pub calls: u32,
    /// Those among them that became inputs.
    pub new: u32,
    /// Whether these tell texts apart that did the same before.
    pub parted: bool,
}

impl std::fmt::Display for Probes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { calls, new, parted } = self;
        write!(
            f,
            "asked where two of the texts that led might differ, the model named {}, of which \
             {new} became inputs",
            plural(*calls, "call")
        )?;
        match (new, parted) {
            (0, _) => Ok(()),
            (_, true) => f.write_str(" and told texts apart"),
            (_, false) => f.write_str(" and told nothing apart"),
        }
    }
}

/// What came of a search near the calls on which candidates differ, for calls on which texts of a winner do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search {
    /// Calls on which some candidate does something else than the winner.
    pub near: u32,
    /// Inputs that were added.
    pub new: u32,
    /// Whether these tell texts apart that did the same before.
    pub parted: bool,
}

impl std::fmt::Display for Search {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { near, new, parted } = self;
        let (calls, inputs) = (plural(*near, "call"), plural(*new, "input"));
        let told = if *parted { "told texts apart" } else { "told nothing apart" };
        write!(f, "a search near {calls} on which candidates differ added {inputs} and {told}")
    }
}

fn plural(count: u32, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Longer calls are not read, and larger inputs are not used: in bytes, of the encoded arguments.
const CALL_MAX: usize = 1024;
const INPUT_MAX: usize = 2048;

/// The inputs of calls that are new and in the domain of the function.
pub(super) fn inputs(function: &FunctionSpec, calls: &[String], known: &[Input]) -> Vec<Input> {
    let short = calls.iter().filter(|call| call.len() <= CALL_MAX);
    let read = short.filter_map(|call| call_arguments(function, call));
    let is_small = |input: &Input| input.iter().map(encoded).sum::<usize>() <= INPUT_MAX;
    inputs::proposed(function, read.filter(is_small).collect(), known)
}

fn encoded(value: &Value) -> usize {
    value.encode().len()
}

/// How many words only one of two texts has.
pub(super) fn words_apart(a: &str, b: &str) -> usize {
    let words = |text: &str| -> BTreeSet<String> {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        text.split(|c| !is_part(c)).map(str::to_owned).collect()
    };
    words(a).symmetric_difference(&words(b)).count()
}
