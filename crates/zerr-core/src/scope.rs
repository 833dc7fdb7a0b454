//! What a model says that it knows, and whether a request lies inside. Main type: [`Scope`].
//!
//! A small model answers a near miss ("the second largest") with what it was taught ("the
//! largest"), every sample agrees, and examples that do not show the difference pass. Agreement
//! means nothing there, so such a request is not sampled at all.
//!
//! # Non-goals
//! Understanding: words and types are compared, not meanings. Inside is where votes may count, not where
//! they are right.

use std::collections::{BTreeMap, BTreeSet};

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

use crate::spec::FunctionSpec;
use crate::value::Type;

/// The words of each subtask that a model was taught, and those that join subtasks to larger ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    subtasks: Vec<String>,
    /// What each subtask takes and gives, as [`types_of`] writes it; none where a card is silent.
    #[serde(default)]
    types: Vec<String>,
    /// The words of the names that each subtask was taught under; none where a card is silent.
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    joins: Vec<String>,
}

/// Words that shape a sentence and not a task, in all their forms. None that changes what is asked for is here ("not",
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
    "way",
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
    "said",
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

/// Words of a name that say nothing of the task.
const PLAIN_NAMES: &[&str] = &[
    "bar", "calc", "example", "foo", "func", "handle", "helper", "main", "my", "new", "perform",
    "process", "run", "solution", "solve", "step", "task", "test",
];

impl Scope {
    /// One text of words, parted by spaces, for each subtask; what each takes and gives, in the
    /// same order, as `int [str] -> bool`; the words of the names that each was taught under; and the words
    /// that join subtasks. Types and names may be empty: then they are not compared.
    pub fn new(
        subtasks: Vec<String>,
        types: Vec<String>,
        names: Vec<String>,
        joins: Vec<String>,
    ) -> Self {
        Self { subtasks, types, names, joins }
    }

    /// Whether the words of one subtask of these types cover the description and the name, or, for a function that
    /// calls others, the words of what it calls and of how subtasks are joined cover the description.
    ///
    /// # Errors
    /// The words that the closest subtask lacks.
    pub fn covers(
        &self,
        function: &FunctionSpec,
        uses: &[&FunctionSpec],
    ) -> Result<(), Vec<String>> {
        let words = content(function);
        let one = self.lacking(&words, &named(function), &types_of(function)).map_err(|lacking| {
            let lacking_too = outside(&words, &self.known_of(uses));
            let composed = !uses.is_empty() && !words.is_empty();
            if composed && lacking_too.len() < lacking.len() { lacking_too } else { lacking }
        });
        match one {
            Err(lacking) if !lacking.is_empty() || words.is_empty() => Err(lacking),
            _ => Ok(()),
        }
    }

    /// Whether a sentence that says what a function does means a subtask that its description may mean, too;
    /// `None` where the words of one of them lie outside of all subtasks of these types.
    pub fn agrees(&self, function: &FunctionSpec, sentence: &str) -> Option<bool> {
        let types = types_of(function);
        let asked = self.covering(&content(function), &types);
        let described = FunctionSpec { description: sentence.to_owned(), ..function.clone() };
        let said = self.covering(&content(&described), &types);
        (!asked.is_empty() && !said.is_empty()).then(|| said.iter().any(|one| asked.contains(one)))
    }

    /// The subtasks of these types that cover all words.
    fn covering(&self, words: &Words, types: &str) -> BTreeSet<&str> {
        let is_it = |(at, subtask): &(usize, &String)| {
            self.types.get(*at).is_none_or(|known| known == types)
                && outside(words, &subtask.split(' ').map(stem).collect()).is_empty()
        };
        let of = self.subtasks.iter().enumerate().filter(is_it);
        if words.is_empty() { BTreeSet::new() } else { of.map(|(_, it)| it.as_str()).collect() }
    }

    /// The subtask of these types that covers all words, or what the closest one lacks. A word of the name
    /// has to be one of its names': a `clear_bit` that is to "switch off the bit" is no `toggle_bit`, whose
    /// phrasings have all words of the description. The others may be of its phrasings.
    fn lacking(&self, words: &Words, name: &Words, types: &str) -> Result<&str, Vec<String>> {
        let mut closest: Option<Vec<String>> = None;
        for (at, subtask) in self.subtasks.iter().enumerate() {
            // What takes or gives something else is another task, whatever words it shares.
            if self.types.get(at).is_some_and(|known| known != types) {
                continue;
            }
            let mut known: BTreeSet<String> = subtask.split(' ').map(stem).collect();
            let mut lacking = outside(words, &known);
            if let Some(names) = self.names.get(at) {
                let called: BTreeSet<String> = names.split(' ').map(stem).collect();
                let shared = name.keys().any(|stem| called.contains(stem));
                known.extend(called);
                let strange = if shared { outside(name, &known) } else { words_of(name) };
                lacking.extend(strange);
                let mut told = BTreeSet::new();
                lacking.retain(|word| told.insert(word.clone()));
            }
            if lacking.is_empty() && !words.is_empty() {
                return Ok(subtask);
            }
            if closest.as_ref().is_none_or(|best| lacking.len() < best.len()) {
                closest = Some(lacking);
            }
        }
        Err(closest.unwrap_or_else(|| vec![types.to_owned()]))
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

/// The words as they are written.
fn words_of(words: &Words) -> Vec<String> {
    words.values().cloned().collect()
}

/// What a function takes and gives, without what differs between the languages: `int [str] ->
/// bool`. An error is no result, since Python raises it.
fn types_of(function: &FunctionSpec) -> String {
    let params = function.params.iter().map(|(_, ty)| plain(ty) + " ").collect::<String>();
    format!("{params}-> {}", plain(&function.returns))
}

/// One type of [`types_of`].
fn plain(ty: &Type) -> String {
    match ty {
        Type::Unit | Type::None => "none".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Int(_) => "int".to_owned(),
        Type::Float(_) => "float".to_owned(),
        Type::Char | Type::Str => "str".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::List { item, .. } => format!("[{}]", plain(item)),
        Type::Tuple(items) => {
            format!("({})", items.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        Type::Tuples(item) => format!("({}, ...)", plain(item)),
        Type::Map(key, value) => format!("{{{}: {}}}", plain(key), plain(value)),
        Type::Set(item) => format!("{{{}}}", plain(item)),
        Type::Option(item) => format!("{}?", plain(item)),
        Type::Result(ok, _) => plain(ok),
        other => other.to_string(),
    }
}

/// The words of a description that say what is to be done.
fn content(function: &FunctionSpec) -> Words {
    let mut names: BTreeSet<String> =
        function.params.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.insert(function.name.to_lowercase());
    names.extend(function.depends_on.iter().map(|name| name.to_lowercase()));
    let description = function.description.to_lowercase();
    let words = description.split(|c: char| !c.is_alphanumeric() && c != '_');
    by_stem(words.filter(|word| !names.contains(*word)))
}

/// The words of a function's name that say what is to be done.
fn named(function: &FunctionSpec) -> Words {
    let name = function.name.to_lowercase();
    let says = |word: &&str| {
        word.len() > 1
            && !PLAIN_NAMES.contains(word)
            && !function.params.iter().any(|(param, _)| param.to_lowercase() == *word)
    };
    by_stem(name.split(|c: char| !c.is_alphabetic()).filter(says))
}

/// Words by their stems, without those that only shape a sentence.
fn by_stem<'a>(words: impl Iterator<Item = &'a str>) -> Words {
    // Not by `stem`, to which "off" is "of".
    let shape: BTreeSet<String> = SHAPE.iter().map(|word| porter(word)).collect();
    words
        .filter(|word| !word.is_empty() && !SHAPE.contains(word) && !shape.contains(&porter(word)))
        .map(|word| (stem(word), word.to_owned()))
        .collect()
}

/// "joins", "joined" and "joining" are one word (Porter's second stemmer).
fn porter(word: &str) -> String {
    Stemmer::create(Algorithm::English).stem(word).into_owned()
}

/// As [`porter`], and "add" and "added", of which that leaves "add" and "ad", are one word, too.
fn stem(word: &str) -> String {
    let mut stem = porter(word);
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
        check_of("def top(values: list[int]) -> int", description)
    }

    fn check_of(signature: &str, description: &str) -> Result<(), Vec<String>> {
        let language = if signature.starts_with("fn") { "rust" } else { "python" };
        let text = format!(
            "name: t\nlanguage: {language}\nfunctions:\n  - name: top\n    signature: \
             \"{signature}\"\n    description: {description}\n"
        );
        let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
        let taught = ["largest list number", "add up all even list number value", "sort split"];
        let types = ["[int] -> int", "[int] -> int", "str {str: int?} -> [(str, float)]"];
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let scope = Scope::new(owned(&taught), owned(&types), Vec::new(), owned(&["first"]));
        scope.covers(&specs[0].functions[0], &[])
    }

    #[test]
    fn a_description_agrees_with_what_may_mean_the_same() {
        let text = "name: t\nlanguage: python\nfunctions:\n  - name: top\n    signature: \
                    \"def top(values: list[int]) -> int\"\n    description: the largest number\n";
        let function = spec::parse(text.as_bytes(), "t.yaml").unwrap()[0].functions[0].clone();
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let taught = ["largest list number", "smallest number", "largest number"];
        let types = ["[int] -> int", "[int] -> int", "[str] -> int"];
        let scope = Scope::new(owned(&taught), owned(&types), Vec::new(), Vec::new());
        assert_eq!(scope.agrees(&function, "Find the largest of the list."), Some(true));
        assert_eq!(scope.agrees(&function, "Give the smallest of `values`."), Some(false));
        assert_eq!(scope.agrees(&function, "Give the number."), Some(true), "it may mean either");
        assert_eq!(scope.agrees(&function, "Give the second largest."), None);
        assert_eq!(scope.agrees(&function, ""), None);
    }

    #[test]
    fn a_task_of_other_types_is_another_task() {
        let largest = "return the largest number";
        assert_eq!(check_of("fn top(values: &[u8]) -> u8", largest), Ok(()));
        assert_eq!(
            check_of("def top(values: list[str]) -> str", largest).unwrap_err(),
            ["[str] -> str"]
        );
        assert!(check_of("def top(values: list[int]) -> int | None", largest).is_err());
        for signature in [
            "def top(a: str, m: dict[str, int | None]) -> list[tuple[str, float]]",
            "fn top(a: char, m: BTreeMap<String, Option<i32>>) -> Result<Vec<(char, f64)>, String>",
        ] {
            assert_eq!(check_of(signature, "split and sort it"), Ok(()));
        }
    }

    #[test]
    fn a_name_says_what_is_asked_as_the_description_does() {
        let covers = |name: &str, description: &str| {
            let text = format!(
                "name: t\nlanguage: python\nfunctions:\n  - name: {name}\n    signature: \"def \
                 {name}(n: int, bit: int) -> int\"\n    description: {description}\n"
            );
            let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
            let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            let taught = owned(&["change switch turn off on index other"]);
            let scope =
                Scope::new(taught, Vec::new(), owned(&["flip invert switch toggle"]), Vec::new());
            scope.covers(&specs[0].functions[0], &[])
        };
        let off = "switch off the bit with the given index";
        assert_eq!(covers("clear_bit", off), Err(vec!["clear".to_owned()]));
        for name in ["toggle_bit", "flipped", "f", "bit2", "my_func", "toggles_of_bit", "switch_off"] {
            assert_eq!(covers(name, off), Ok(()), "{name}");
        }
        assert_eq!(covers("turn_off", off).unwrap_err(), ["off", "turn"], "none of its names'");
        assert_eq!(covers("switch_all", off).unwrap_err(), ["all"]);
        assert_eq!(covers("clear_bit", "clear it").unwrap_err(), ["clear"], "said once");
        // A word of the names is one of the name, not of the description.
        assert!(covers("toggle_bit", "invert the bit").is_err());
    }

    #[test]
    fn a_word_that_is_nearly_one_of_shape_is_a_word() {
        assert_eq!(check("the largest number off the list").unwrap_err(), ["off"]);
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
        assert_eq!(check("finding a way, taking the largest"), Ok(()));
        // These change the task, and so may what is quoted.
        assert_eq!(check("the largest of all but the even numbers").unwrap_err().len(), 2);
        assert_eq!(check("the largest number like `12`").unwrap_err(), ["12"]);
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
            Vec::new(),
            Vec::new(),
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
