//! What a model says that it knows, and whether a request lies inside. Main type: [`Scope`].
//!
//! A small model answers a near miss ("the second largest") with what it was taught ("the
//! largest"), every sample agrees, and examples that do not show the difference pass. Agreement
//! means nothing there, so such a request is not sampled at all.
//!
//! # Non-goals
//! Understanding: words are compared, not meanings. Inside is where votes may count, not where
//! they are right.

use std::collections::{BTreeMap, BTreeSet};

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

use crate::spec::FunctionSpec;

/// The words of each subtask that a model was taught, and those that join subtasks to larger ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    subtasks: Vec<String>,
    #[serde(default)]
    joins: Vec<String>,
}

/// Words that shape a sentence and not a task. None that changes what is asked for is here ("not",
/// "only", "each", "other", "first"), and no number.
const SHAPE: &[&str] = &[
    "a",
    "also",
    "an",
    "and",
    "are",
    "as",
    "at",
    "be",
    "by",
    "can",
    "could",
    "exactly",
    "for",
    "from",
    "function",
    "given",
    "had",
    "has",
    "have",
    "having",
    "here",
    "how",
    "if",
    "in",
    "into",
    "is",
    "it",
    "its",
    "itself",
    "just",
    "like",
    "may",
    "of",
    "on",
    "or",
    "should",
    "so",
    "some",
    "such",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "there",
    "these",
    "they",
    "this",
    "those",
    "to",
    "using",
    "via",
    "what",
    "when",
    "where",
    "whether",
    "which",
    "who",
    "whose",
    "will",
    "with",
    "would",
    "you", // What is done with a result.
    "calculate",
    "calculates",
    "called",
    "check",
    "checks",
    "come",
    "comes",
    "compute",
    "computes",
    "create",
    "determine",
    "do",
    "does",
    "done",
    "find",
    "finds",
    "get",
    "gets",
    "give",
    "gives",
    "goes",
    "made",
    "make",
    "makes",
    "out",
    "produce",
    "put",
    "return",
    "returns",
    "say",
    "says",
    "show",
    "take",
    "takes",
    "tell",
    "tells",
    "use",
    "used",
    "work",
    "write", // How people ask.
    "i",
    "must",
    "need",
    "please",
    "todo",
    "user",
    "want",
    "we",
];

impl Scope {
    /// One text of words, parted by spaces, for each subtask; and the words that join subtasks.
    pub fn new(subtasks: Vec<String>, joins: Vec<String>) -> Self {
        Self { subtasks, joins }
    }

    /// Whether one subtask's words cover the description, or, for a function that calls others,
    /// the words of what it calls and of how subtasks are joined.
    ///
    /// # Errors
    /// The words that the closest subtask lacks.
    pub fn covers(
        &self,
        function: &FunctionSpec,
        uses: &[&FunctionSpec],
    ) -> Result<(), Vec<String>> {
        let words = content(function);
        let one = self.lacking(&words).map_err(|lacking| {
            let lacking_too = outside(&words, &self.known_of(uses));
            let composed = !uses.is_empty() && !words.is_empty();
            if composed && lacking_too.len() < lacking.len() { lacking_too } else { lacking }
        });
        match one {
            Err(lacking) if !lacking.is_empty() || words.is_empty() => Err(lacking),
            _ => Ok(()),
        }
    }

    /// The subtask that covers all words, or what the closest one lacks.
    fn lacking(&self, words: &Words) -> Result<&str, Vec<String>> {
        let mut closest: Option<Vec<String>> = None;
        for subtask in &self.subtasks {
            let lacking = outside(words, &subtask.split(' ').map(stem).collect());
            if lacking.is_empty() && !words.is_empty() {
                return Ok(subtask);
            }
            if closest.as_ref().is_none_or(|best| lacking.len() < best.len()) {
                closest = Some(lacking);
            }
        }
        Err(closest.unwrap_or_default())
    }

    /// Stems for what is called and for how it is put together.
    fn known_of(&self, uses: &[&FunctionSpec]) -> BTreeSet<String> {
        let mut known: BTreeSet<String> = self.joins.iter().map(|word| stem(word)).collect();
        // Not all words of the subtasks behind them: two unions say more than either means.
        known.extend(uses.iter().flat_map(|used| content(used).into_keys()));
        known
    }
}

/// Words of a description by their stems.
type Words = BTreeMap<String, String>;

/// The words whose stems are not known, as they are written.
fn outside(words: &Words, known: &BTreeSet<String>) -> Vec<String> {
    words.iter().filter(|(stem, _)| !known.contains(*stem)).map(|(_, word)| word.clone()).collect()
}

/// The words of a description that say what is to be done.
fn content(function: &FunctionSpec) -> Words {
    let mut names: BTreeSet<String> =
        function.params.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.insert(function.name.to_lowercase());
    names.extend(function.depends_on.iter().map(|name| name.to_lowercase()));
    function
        .description
        .to_lowercase()
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty() && !names.contains(*word) && !SHAPE.contains(word))
        .map(|word| (stem(word), word.to_owned()))
        .collect()
}

/// "joins", "joined" and "joining" are one word here (Porter's second stemmer), and so are "add" and
/// "added", of which it leaves "add" and "ad".
fn stem(word: &str) -> String {
    let mut stem = Stemmer::create(Algorithm::English).stem(word).into_owned();
    let mut last = stem.chars().rev();
    if let (Some(a), Some(b)) = (last.next(), last.next())
        && a == b
        && a.is_alphabetic()
    {
        stem.pop();
    }
    stem
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
        let scope = Scope::new(taught.map(str::to_owned).to_vec(), vec!["first".to_owned()]);
        scope.covers(&specs[0].functions[0], &[])
    }

    #[test]
    fn a_near_miss_is_outside() {
        assert_eq!(check("Return the largest of the values."), Ok(()));
        assert_eq!(check("Returns the largest number in the list."), Ok(()));
        assert_eq!(check("return the second largest number"), Err(vec!["second".to_owned()]));
        assert_eq!(check("add up the even numbers, each once").unwrap_err(), ["each", "once"]);
    }

    #[test]
    fn forms_of_a_word_are_one_and_how_one_asks_does_not_matter() {
        assert_eq!(check("find out what is the largest of the listed numbers"), Ok(()));
        assert_eq!(check("work out the value you get when the even numbers are added up"), Ok(()));
        assert_eq!(check("the largest doubled"), Err(vec!["doubled".to_owned()]));
        assert_eq!(check("not the largest"), Err(vec!["not".to_owned()]));
    }

    #[test]
    fn words_of_two_subtasks_are_not_mixed() {
        assert_eq!(check("add up the largest even numbers"), Err(vec!["largest".to_owned()]));
    }

    #[test]
    fn a_description_that_says_nothing_is_outside() {
        assert!(check("return it").is_err());
    }

    #[test]
    fn a_function_that_calls_others_may_speak_of_what_they_do() {
        let text = "name: t\nlanguage: python\nfunctions:\n  - {name: a, signature: \"def a(values: \
                    list[int]) -> int\", description: return the largest number}\n  - {name: b, \
                    signature: \"def b(values: list[int]) -> int\", description: add up the even \
                    values}\n  - {name: top, signature: \"def top(values: list[int]) -> int\", \
                    description: DESCRIPTION, depends_on: [a, b]}\n";
        let taught = ["largest list number", "add up all even list number value"];
        let scope = Scope::new(
            taught.map(str::to_owned).to_vec(),
            vec!["first".to_owned(), "each".to_owned()],
        );
        let covers = |description: &str, uses: &[usize]| {
            let text = text.replace("DESCRIPTION", description);
            let functions = spec::parse(text.as_bytes(), "t").unwrap().remove(0).functions;
            let uses: Vec<&FunctionSpec> = uses.iter().map(|at| &functions[*at]).collect();
            scope.covers(&functions[2], &uses)
        };
        let both = "first add up the even values. Then return the largest of each number";
        assert_eq!(covers(both, &[0, 1]), Ok(()));
        assert!(covers(both, &[0]).is_err());
        assert!(covers(both, &[]).is_err());
        // Words that only other phrasings of the called functions have are none of theirs.
        assert!(covers("first add up all even values. Then the largest", &[0, 1]).is_err());
        assert_eq!(covers("first add up the second largest", &[0, 1]).unwrap_err(), ["second"]);
    }
}
