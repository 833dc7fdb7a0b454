//! What a model says that it knows, and whether a request lies inside. Main type: [`Scope`].
//!
//! A small model answers a near miss ("the second largest") with what it was taught ("the
//! largest"), every sample agrees, and examples that do not show the difference pass. Agreement
//! means nothing there, so such a request is not sampled at all.
//!
//! # Non-goals
//! Understanding: words, signs and types are compared, not meanings. Inside is where votes may count, not where
//! they are right.

mod signs;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use rust_stemmers::{Algorithm, Stemmer};
use serde::{Deserialize, Serialize};

use crate::spec::FunctionSpec;
use crate::value::Type;

/// What a model was taught. Types and names stand in the order of the subtasks; where a card is silent, they are empty
/// and not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// The words and signs of each subtask's phrasings, parted by spaces.
    pub subtasks: Vec<String>,
    /// What each subtask takes and gives, as `int [str] -> bool`.
    #[serde(default)]
    pub types: Vec<String>,
    /// The words of the names that each subtask was taught under.
    #[serde(default)]
    pub names: Vec<String>,
    /// The words and signs of each way to join subtasks to larger ones, parted by spaces.
    #[serde(default)]
    pub joins: Vec<String>,
    /// Positions of subtasks that were only taught where what they use may be called.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub calling: BTreeSet<usize>,
}

/// What the closest subtask lacks of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// Words of the description, or the types where no subtask has these.
    pub words: Vec<String>,
    /// Words of the function's name.
    pub name: Vec<String>,
    /// Whether the name says nothing, and no example does.
    pub nameless: bool,
    /// Whether it would be asked for with two examples that give different results.
    pub examples: bool,
    /// Whether it would be asked for if it could call what it was taught with.
    pub calling: bool,
}

/// What a function may call, with what that calls in turn.
#[derive(Clone, Debug)]
pub struct Used {
    /// What is called.
    pub function: Arc<FunctionSpec>,
    /// What it calls.
    pub uses: Vec<Used>,
}

/// What is asked for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    words: &'a Words,
    name: &'a Words,
    types: &'a str,
    /// Without anything that may be called.
    alone: bool,
}

/// Words that a request which is called as a subtask is may have beside the subtask's own.
const UNTAUGHT_MOST: usize = 2;

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
    "should",
    "so",
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
    "you",
    // What is done with a result.
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
    "write",
    // How people ask.
    "i",
    "must",
    "need",
    "please",
    "todo",
    "user",
    "want",
    "we",
];

/// Turns of speech that shape a sentence, though their words alone may change a task ("any number", "the same ones").
/// They are read as what stands beside them; in descriptions alone, since names are not sentences.
const SPEECH: &[(&str, &str)] = &[
    ("in the same way", ""),
    ("in the same manner", ""),
    ("for any other", "for other"),
    ("some number of", "number of"),
    ("stands for", "for"),
    ("stand for", "for"),
    ("stands in", "in"),
    ("stands before", "before"),
    ("stands after", "after"),
    ("stands between", "between"),
    ("becomes", "is"),
    ("become", "be"),
    ("was", "is"),
    ("were", "are"),
    ("been", "is"),
    ("are taken", "are"),
    ("is taken", "is"),
];

/// The same at the end of a clause: "if there are any spaces" asks for them.
const CLOSING: &[&str] = &["if there is one", "if there is any", "if there are any"];

/// Words of a name that say nothing of the task.
const PLAIN_NAMES: &[&str] = &[
    "answer", "bar", "baz", "calc", "data", "demo", "example", "exercise", "foo", "fn", "fun",
    "func", "handle", "helper", "impl", "main", "my", "new", "perform", "problem", "process",
    "run", "sample", "solution", "solve", "step", "task", "test", "thing", "tmp", "util", "utils",
];

/// Words that make another task of one: in a name they have to be of the names, or of those of what is called,
/// whatever the phrasings say.
const TURNS: &[&str] = &[
    "above", "after", "all", "any", "before", "below", "but", "down", "each", "even", "every",
    "except", "first", "last", "left", "lower", "max", "min", "negative", "next", "no", "non",
    "not", "odd", "off", "only", "or", "other", "out", "over", "positive", "previous", "right",
    "second", "some", "third", "un", "under", "up", "upper",
];

/// A task with one of these in its name is not asked for by who says only the other.
const OPPOSITES: &[(&str, &str)] = &[
    ("keep", "drop"),
    ("keep", "remove"),
    ("keep", "out"),
    ("take", "drop"),
    ("add", "remove"),
    ("positive", "negative"),
    ("over", "under"),
    ("highest", "lowest"),
    ("largest", "smallest"),
    ("longest", "shortest"),
    ("start", "end"),
    ("prefix", "suffix"),
    ("prefix", "end"),
    ("leading", "trailing"),
    ("ascending", "descending"),
    ("increasing", "decreasing"),
    ("upper", "lower"),
    ("uppercase", "lowercase"),
    ("row", "column"),
    ("set", "clear"),
    ("most", "least"),
    ("first", "last"),
    ("left", "right"),
];

static SHAPE_STEMS: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| SHAPE.iter().map(|word| porter(word)).collect());
static TURN_STEMS: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| TURNS.iter().map(|word| stem(word)).collect());
static OPPOSITE_STEMS: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let both = |(a, b): &(&str, &str)| [(stem(a), stem(b)), (stem(b), stem(a))];
    OPPOSITES.iter().flat_map(both).collect()
});

impl Scope {
    /// Whether one subtask of these types has all words of the description, and a name that says as much; or, for a
    /// function that calls others, whether the words of what it calls and of how subtasks are joined cover the
    /// description.
    ///
    /// Gives the words of the description that no phrasing has, where the name and two examples say the rest: what is
    /// written then may be right, and is not to be believed for the votes ("count the capitalised words" is called
    /// `count_words`, too).
    ///
    /// # Errors
    /// What the closest subtask lacks.
    pub fn covers(&self, function: &FunctionSpec, uses: &[Used]) -> Result<Vec<String>, Outside> {
        self.covers_shown(function, uses, shows_a_difference(function))
    }

    /// The same of a part of something whose examples show what it does with the part: they speak for the words of
    /// what the part calls, as its own would.
    ///
    /// # Errors
    /// What the closest subtask lacks.
    pub fn covers_part(
        &self,
        function: &FunctionSpec,
        uses: &[Used],
    ) -> Result<Vec<String>, Outside> {
        self.covers_shown(function, uses, true)
    }

    fn covers_shown(
        &self,
        function: &FunctionSpec,
        uses: &[Used],
        shown: bool,
    ) -> Result<Vec<String>, Outside> {
        let name = named(function);
        let plain = !self.names.is_empty() && name.is_empty();
        if plain && uses.is_empty() && function.examples.is_empty() {
            return Err(Outside { nameless: true, ..Outside::default() });
        }
        let words = self.content(function, false);
        let types = types_of(function);
        let asked = Asked { words: &words, name: &name, types: &types, alone: uses.is_empty() };
        // By its name it may be one that was only taught over others, whatever other words let it in.
        if asked.alone && self.is_calling(&asked) {
            return Err(Outside { calling: true, ..Outside::default() });
        }
        let Err(lacking) = self.lacking(&asked) else { return Ok(Vec::new()) };
        if asked.alone && self.lacking(&Asked { alone: false, ..asked }).is_ok() {
            return Err(Outside { calling: true, ..Outside::default() });
        }
        let nearly = self.nearly(&asked);
        let own = self.content(function, true);
        let mut closest = lacking;
        if !uses.is_empty() && !own.is_empty() {
            let said = |used: &Used| self.content(&used.function, true).into_keys().collect();
            let composed = self.composed(&own, &name, uses, &said);
            // Not all words of the subtasks behind them, if not for examples: two unions say more than either means.
            let known = |used: &Used| self.behind(used);
            if composed.count() == 0 {
                return Ok(Vec::new());
            }
            if shown && self.composed(&own, &name, uses, &known).count() == 0 {
                // What only the name says is no less strange.
                return Ok(composed.words.into_iter().chain(composed.name).collect());
            }
            if composed.count() <= closest.count() {
                closest = composed;
            }
        }
        match nearly {
            Some(untaught) if shows_a_difference(function) => Ok(untaught),
            nearly => Err(Outside { examples: nearly.is_some(), ..closest }),
        }
    }

    /// Whether a request for parts is in words that the model knows at all: parts may be of any subtasks, so that all of
    /// their words count, and those of the ways to join; as many as a third may be others.
    ///
    /// # Errors
    /// The words that it does not know, if they are more.
    pub fn reads(&self, function: &FunctionSpec) -> Result<(), Outside> {
        let known: BTreeSet<String> = self
            .subtasks
            .iter()
            .chain(&self.names)
            .chain(&self.joins)
            .flat_map(|it| stems(it))
            .collect();
        let own = self.content(function, true);
        let words = outside(&own, &known);
        if 3 * words.len() > own.len() || own.is_empty() {
            return Err(Outside { words, ..Outside::default() });
        }
        Ok(())
    }

    /// The few words that the closest subtask lacks which is called in no other words than these, and that turn
    /// nothing as far as can be told.
    fn nearly(&self, asked: &Asked<'_>) -> Option<Vec<String>> {
        let Asked { words, name, .. } = *asked;
        let harmless = |stem: &String| {
            let turns = TURN_STEMS.contains(stem)
                || OPPOSITE_STEMS.iter().any(|(one, other)| one == stem || other == stem);
            stem.chars().all(char::is_alphabetic) && !turns
        };
        let untaught = self.taught_for(asked).filter_map(|at| {
            let called = stems(self.names.get(at)?);
            let known = self.known(at);
            let lacking: Words = words
                .iter()
                .filter(|(stem, _)| !known.contains(*stem))
                .map(|(stem, word)| (stem.clone(), word.clone()))
                .collect();
            let fits = !name.is_empty()
                && !words.is_empty()
                && name.keys().all(|stem| called.contains(stem))
                && self.strange(at, &known, words, name).is_empty()
                && lacking.len() <= UNTAUGHT_MOST.min(words.len() / 3)
                && lacking.keys().all(harmless);
            fits.then(|| lacking.into_values().collect::<Vec<String>>())
        });
        untaught.min_by_key(Vec::len)
    }

    /// What a function that calls others lacks: its words have to be of what it calls and of one way to join.
    fn composed(
        &self,
        own: &Words,
        name: &Words,
        uses: &[Used],
        words_of: &dyn Fn(&Used) -> BTreeSet<String>,
    ) -> Outside {
        let mut called: BTreeSet<String> = uses.iter().flat_map(words_of).collect();
        let left = outside(own, &called);
        let ways = self.joins.iter().map(|way| {
            let way = stems(way);
            left.iter().filter(|word| !way.contains(&stem(word))).cloned().collect()
        });
        let words: Vec<String> =
            ways.min_by_key(|left: &Vec<String>| left.len()).unwrap_or_else(|| left.clone());
        called.extend(uses.iter().flat_map(|used| named(&used.function).into_keys()));
        let turns = name.iter().filter(|(stem, _)| {
            !self.names.is_empty() && TURN_STEMS.contains(*stem) && !called.contains(*stem)
        });
        let name = turns.map(|(_, word)| word.clone()).collect();
        Outside { words, name, ..Outside::default() }
    }

    /// All words of the subtasks that a called function may mean, or its own where it means none; and those behind what
    /// it calls in turn.
    fn behind(&self, used: &Used) -> BTreeSet<String> {
        let (words, name) = (self.content(&used.function, true), named(&used.function));
        let near = self.covering(&words, &types_of(&used.function)).into_iter();
        let known = near.map(|at| (at, self.known(at)));
        let meant = known.filter(|(at, known)| self.strange(*at, known, &words, &name).is_empty());
        let below = used.uses.iter().flat_map(|deeper| self.behind(deeper));
        meant.flat_map(|(_, known)| known).chain(words.keys().cloned()).chain(below).collect()
    }

    /// Whether a sentence that says what a function does means a subtask that its description and name may mean, too;
    /// `None` where the words of one of them lie outside of all subtasks of these types.
    pub fn agrees(&self, function: &FunctionSpec, sentence: &str) -> Option<bool> {
        let types = types_of(function);
        let (words, name) = (self.content(function, false), named(function));
        let near = self.covering(&words, &types);
        let called = |at: &&usize| self.strange(**at, &self.known(**at), &words, &name).is_empty();
        let named: BTreeSet<usize> = near.iter().filter(called).copied().collect();
        let asked = if named.is_empty() { near } else { named };
        let described = FunctionSpec { description: sentence.to_owned(), ..function.clone() };
        let said = self.covering(&self.content(&described, false), &types);
        (!asked.is_empty() && !said.is_empty()).then(|| said.iter().any(|one| asked.contains(one)))
    }

    /// The subtasks of these types that cover all words.
    fn covering(&self, words: &Words, types: &str) -> BTreeSet<usize> {
        let of = self.of_types(types).filter(|at| outside(words, &self.known(*at)).is_empty());
        if words.is_empty() { BTreeSet::new() } else { of.collect() }
    }

    /// What takes or gives something else is another task, whatever words it shares.
    fn of_types<'a>(&'a self, types: &'a str) -> impl Iterator<Item = usize> + 'a {
        (0..self.subtasks.len()).filter(move |at| self.types.get(*at).is_none_or(|it| it == types))
    }

    /// The same, without those that were not taught to be written alone where that is asked for.
    fn taught_for<'a>(&'a self, asked: &Asked<'a>) -> impl Iterator<Item = usize> + 'a {
        let alone = asked.alone;
        self.of_types(asked.types).filter(move |at| !(alone && self.calling.contains(at)))
    }

    /// Whether a subtask that was only taught over others covers the words and has all words of the name, and no
    /// other subtask that covers the words has.
    fn is_calling(&self, asked: &Asked<'_>) -> bool {
        let Asked { words, name, types, .. } = *asked;
        let covering = self.covering(words, types);
        let has_all = |at: &usize| {
            let called = self.names.get(*at).map(|names| stems(names)).unwrap_or_default();
            name.keys().all(|stem| called.contains(stem))
        };
        let (calling, others): (Vec<usize>, Vec<usize>) =
            covering.into_iter().filter(has_all).partition(|at| self.calling.contains(at));
        !name.is_empty() && !calling.is_empty() && others.is_empty()
    }

    /// Nothing where a subtask of these types covers words and name, or what the closest one lacks.
    fn lacking(&self, asked: &Asked<'_>) -> Result<(), Outside> {
        let Asked { words, name, types, .. } = *asked;
        let mut closest: Option<Outside> = None;
        for at in self.taught_for(asked) {
            let known = self.known(at);
            let lacking = Outside {
                words: outside(words, &known),
                name: self.strange(at, &known, words, name),
                ..Outside::default()
            };
            if lacking.count() == 0 && !words.is_empty() {
                return Ok(());
            }
            let far = |it: &Outside| (it.words.len(), it.name.len());
            if closest.as_ref().is_none_or(|best| far(&lacking) < far(best)) {
                closest = Some(lacking);
            }
        }
        let none = || Outside { words: vec![types.to_owned()], ..Outside::default() };
        Err(closest.unwrap_or_else(none))
    }

    /// The words of a name that speak against a subtask. One of them has to be one of its names': a
    /// `clear_bit` that is to "switch off the bit" is no `toggle_bit`, whose phrasings have all words of the
    /// description. The others may be of its phrasings, if they turn nothing ("off"). And who says the opposite of
    /// its name, there or in the description, asks for something else.
    fn strange(
        &self,
        at: usize,
        known: &BTreeSet<String>,
        words: &Words,
        name: &Words,
    ) -> Vec<String> {
        let Some(names) = self.names.get(at) else { return Vec::new() };
        let called = stems(names);
        let shared = name.keys().any(|stem| called.contains(stem));
        let strange = name.iter().filter(|(stem, _)| {
            let turns = TURN_STEMS.contains(*stem) && !called.contains(*stem);
            !shared || turns || !known.contains(*stem)
        });
        let mut strange: Vec<String> = strange.map(|(_, word)| word.clone()).collect();
        let asked = |stem: &String| words.get(stem).or_else(|| name.get(stem));
        for (own, other) in OPPOSITE_STEMS.iter() {
            if called.contains(own)
                && !called.contains(other)
                && asked(own).is_none()
                && let Some(word) = asked(other)
                && !strange.contains(word)
            {
                strange.push(word.clone());
            }
        }
        strange
    }

    /// The stems of a subtask's phrasings and names.
    fn known(&self, at: usize) -> BTreeSet<String> {
        let mut known = stems(&self.subtasks[at]);
        known.extend(self.names.get(at).into_iter().flat_map(|names| stems(names)));
        known
    }

    /// The words of a description that say what is to be done, or what is done beside what is called. Where names are
    /// compared, the function's own is one of them, unless it is one of code (`clear_bit`).
    fn content(&self, function: &FunctionSpec, calls: bool) -> Words {
        let mut names: BTreeSet<String> =
            function.params.iter().map(|(name, _)| name.to_lowercase()).collect();
        if calls {
            names.extend(function.depends_on.iter().map(|name| name.to_lowercase()));
        }
        if self.names.is_empty() || function.name.contains('_') {
            names.insert(function.name.to_lowercase());
        }
        let description = plainly(&function.description);
        let signs = signs::signs(&function.description);
        let mut before = "";
        let words = tokens(&description).filter(|word| {
            // "Find out" is how one asks; "filter out" is not.
            let asks = *word == "out" && ["find", "work", "figur"].contains(&&*porter(before));
            before = *word;
            !asks && !names.contains(*word)
        });
        by_stem(words.chain(signs.iter().map(String::as_str)))
    }
}

impl Outside {
    fn count(&self) -> usize {
        self.words.len() + self.name.len()
    }
}

/// Whether two examples give different results: what always gives the same meets all others.
pub(crate) fn shows_a_difference(function: &FunctionSpec) -> bool {
    let mut outcomes = function.examples.iter().map(|example| &example.expected);
    outcomes.next().is_some_and(|first| outcomes.any(|other| other != first))
}

/// A description in lower case without turns of [`SPEECH`] and [`CLOSING`].
fn plainly(description: &str) -> String {
    let words: Vec<&str> = description.split_whitespace().collect();
    let mut text = words.join(" ").to_lowercase();
    let closing = CLOSING.iter().map(|said| (*said, "", true));
    let turns = SPEECH.iter().map(|(said, read)| (*said, *read, false)).chain(closing);
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '`';
    for (said, read, closes) in turns {
        let found: Vec<usize> = text.match_indices(said).map(|(at, _)| at).collect();
        for at in found.into_iter().rev() {
            let end = at + said.len();
            let (before, behind) = (text.get(..at), text.get(end..));
            let begins = before.is_some_and(|it| !it.ends_with(is_part));
            let ends = behind.is_some_and(|it| {
                !it.starts_with(is_part)
                    && (!closes || !it.trim_start().starts_with(char::is_alphanumeric))
            });
            if begins && ends {
                text.replace_range(at..end, read);
            }
        }
    }
    text
}

/// Words of a description by their stems.
type Words = BTreeMap<String, String>;

/// The words whose stems are not known, as they are written.
fn outside(words: &Words, known: &BTreeSet<String>) -> Vec<String> {
    words.iter().filter(|(stem, _)| !known.contains(*stem)).map(|(_, word)| word.clone()).collect()
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

/// Words and signs of comparison: "all >= 0" is not "all > 0".
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let kind = |c: char| match c {
        '_' => 1,
        '<' | '>' | '=' | '≤' | '≥' | '∪' | '∩' | '△' | '⊆' => 2,
        _ => u8::from(c.is_alphanumeric()),
    };
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c| kind(c) == 0);
        let first = kind(rest.chars().next()?);
        let end = rest.find(|c| kind(c) != first).unwrap_or(rest.len());
        let token;
        (token, rest) = rest.split_at(end);
        Some(token)
    })
}

/// The words of a function's name that say what is to be done: `parseURL2` and `parse_url` say the same.
fn named(function: &FunctionSpec) -> Words {
    let chars: Vec<char> = function.name.chars().collect();
    let mut name = String::new();
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| chars[at]);
        let begins = c.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || chars.get(at + 1).is_some_and(|next| next.is_lowercase())
            });
        name.extend(begins.then_some(' '));
        name.extend(c.to_lowercase());
    }
    let says = |word: &&str| word.chars().count() > 1 && !PLAIN_NAMES.contains(word);
    let words: Vec<&str> = name.split(|c: char| !c.is_alphabetic()).filter(says).collect();
    // What is called like a parameter says something where nothing else does (`day_of_year(day, year)`), or
    // where it turns a task (`pad_left(text, left)`).
    let param = |word: &&str| {
        !TURNS.contains(word)
            && function.params.iter().any(|(param, _)| param.to_lowercase() == **word)
    };
    let others = by_stem(words.iter().filter(|word| !param(word)).copied());
    if others.is_empty() { by_stem(words.into_iter()) } else { others }
}

/// The stems of words parted by spaces.
fn stems(words: &str) -> BTreeSet<String> {
    by_stem(words.split(' ')).into_keys().collect()
}

/// Words by their stems, without those that only shape a sentence.
fn by_stem<'a>(words: impl Iterator<Item = &'a str>) -> Words {
    words
        // Not by `stem`, to which "off" is "of".
        .filter(|word| {
            !word.is_empty() && !SHAPE.contains(word) && !SHAPE_STEMS.contains(&porter(word))
        })
        .map(|word| (stem(word), word.to_owned()))
        .collect()
}

/// "joins", "joined" and "joining" are one word (Porter's second stemmer); "positions" and "positive" are not.
fn porter(word: &str) -> String {
    match word {
        "position" | "positions" => "position".to_owned(),
        "seconds" => word.to_owned(),
        _ => Stemmer::create(Algorithm::English).stem(word).into_owned(),
    }
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
