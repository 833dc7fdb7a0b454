//! What a model says that it knows, and whether a request lies inside. Main type: [`Scope`].
//!
//! A small model answers a near miss ("the second largest") with what it was taught ("the
//! largest"), every sample agrees, and examples that do not show the difference pass. Agreement
//! means nothing there, so such a request is not sampled at all.
//!
//! # Non-goals
//! Understanding: words are compared, not meanings. Inside is where votes may count, not where
//! they are right.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::spec::FunctionSpec;

/// The words of each subtask that a model was taught.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(Vec<String>);

/// Words that shape a sentence and not a task.
const SHAPE: &[&str] = &[
    "a", "an", "and", "are", "as", "be", "by", "compute", "computes", "for", "from", "function",
    "give", "gives", "in", "is", "it", "its", "of", "on", "return", "returns", "that", "the",
    "then", "this", "to", "which", "with", "write",
];

impl Scope {
    /// One text of words, parted by spaces, for each subtask.
    pub fn new(subtasks: Vec<String>) -> Self {
        Self(subtasks)
    }

    /// Whether one subtask's words cover the description.
    ///
    /// # Errors
    /// The words that the closest subtask lacks.
    pub fn covers(&self, function: &FunctionSpec) -> Result<(), Vec<String>> {
        let mut names: BTreeSet<String> =
            function.params.iter().map(|(name, _)| name.to_lowercase()).collect();
        names.insert(function.name.to_lowercase());
        names.extend(function.depends_on.iter().map(|name| name.to_lowercase()));
        let text = function.description.to_lowercase();
        let words: BTreeSet<&str> = text
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| !word.is_empty() && !names.contains(*word) && !SHAPE.contains(word))
            .collect();
        let mut closest: Option<Vec<String>> = None;
        for subtask in &self.0 {
            let known: BTreeSet<&str> = subtask.split(' ').map(singular).collect();
            let lacking: Vec<String> = words
                .iter()
                .filter(|word| !known.contains(singular(word)))
                .map(|word| (*word).to_owned())
                .collect();
            if lacking.is_empty() && !words.is_empty() {
                return Ok(());
            }
            if closest.as_ref().is_none_or(|best| lacking.len() < best.len()) {
                closest = Some(lacking);
            }
        }
        Err(closest.unwrap_or_default())
    }
}

/// "returns" and "return" are one word here.
fn singular(word: &str) -> &str {
    word.strip_suffix('s').filter(|stem| stem.len() > 2).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

    fn check(description: &str) -> Result<(), Vec<String>> {
        let text = format!(
            "name: t\nlanguage: python\nfunctions:\n  - name: top\n    signature: \"def top(values: \
             list[int]) -> int\"\n    description: {description}\n"
        );
        let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
        let taught = ["largest list number", "add up all even list number value"];
        Scope::new(taught.map(str::to_owned).to_vec()).covers(&specs[0].functions[0])
    }

    #[test]
    fn a_near_miss_is_outside() {
        assert_eq!(check("Return the largest of the values."), Ok(()));
        assert_eq!(check("Returns the largest number in the list."), Ok(()));
        assert_eq!(check("return the second largest number"), Err(vec!["second".to_owned()]));
        assert_eq!(check("add up the even numbers, each once").unwrap_err(), ["each", "once"]);
    }

    #[test]
    fn words_of_two_subtasks_are_not_mixed() {
        assert_eq!(check("add up the largest even numbers"), Err(vec!["largest".to_owned()]));
    }

    #[test]
    fn a_description_that_says_nothing_is_outside() {
        assert!(check("return it").is_err());
    }
}
