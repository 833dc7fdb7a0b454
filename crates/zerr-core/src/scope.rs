//! What a model says that it knows, and whether a request lies inside. Main type: [`Scope`].
//!
//! A small model answers a near miss ("the second largest") with what it was taught ("the
//! largest"), every sample agrees, and examples that do not show the difference pass. Agreement
//! means nothing there, so such a request is not sampled at all.
//!
//! # Non-goals
//! Understanding: words and types are compared, not meanings. Inside is where votes may count, not where
//! they are right.

mod signs;

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
    /// The words of each way to join subtasks to larger ones, parted by spaces.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

    fn lacking(scope: &Scope, words: &str) -> Result<(), Outside> {
        let (words, name) = (by_stem(tokens(words)), Words::new());
        scope.lacking(&Asked { words: &words, name: &name, types: "", alone: true })
    }

    /// What is lacking of a description.
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
        let scope = Scope {
            subtasks: owned(&taught),
            types: owned(&types),
            names: Vec::new(),
            joins: owned(&["first"]),
            calling: BTreeSet::new(),
        };
        scope.covers(&specs[0].functions[0], &[]).map(drop).map_err(|outside| outside.words)
    }

    #[test]
    fn a_description_agrees_with_what_may_mean_the_same() {
        let text = "name: t\nlanguage: python\nfunctions:\n  - name: top\n    signature: \
                    \"def top(values: list[int]) -> int\"\n    description: the largest number\n";
        let function = spec::parse(text.as_bytes(), "t.yaml").unwrap()[0].functions[0].clone();
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let taught = ["largest list number", "smallest number", "largest number"];
        let types = ["[int] -> int", "[int] -> int", "[str] -> int"];
        let mut scope =
            Scope { subtasks: owned(&taught), types: owned(&types), ..Scope::default() };
        assert_eq!(scope.agrees(&function, "Find the largest of the list."), Some(true));
        assert_eq!(scope.agrees(&function, "Give the smallest of `values`."), Some(false));
        assert_eq!(scope.agrees(&function, "Give the number."), Some(true), "it may mean either");
        assert_eq!(scope.agrees(&function, "Give the second largest."), None);
        assert_eq!(scope.agrees(&function, ""), None);
        // A name tells what a description leaves open.
        let number = FunctionSpec {
            description: "a number of the list".to_owned(),
            name: "greatest".to_owned(),
            ..function
        };
        scope.subtasks = owned(&["largest list number", "smallest list number"]);
        assert_eq!(scope.agrees(&number, "Give the smallest number."), Some(true));
        scope.names = owned(&["greatest largest", "least smallest"]);
        assert_eq!(scope.agrees(&number, "Give the smallest number."), Some(false));
        assert_eq!(scope.agrees(&number, "Give the largest number."), Some(true));
        let strange = FunctionSpec { name: "middle".to_owned(), ..number };
        assert_eq!(scope.agrees(&strange, "Give the smallest number."), Some(true), "words alone");
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

    fn used(function: &FunctionSpec, uses: Vec<Used>) -> Used {
        Used { function: Arc::new(function.clone()), uses }
    }

    #[test]
    fn what_is_called_may_call_others_in_turn() {
        let text = "name: t\nlanguage: python\nfunctions:\n  - {name: a, signature: \"def a(values: \
                    list[int]) -> list[int]\", description: keep the even numbers}\n  - {name: b, signature: \
                    \"def b(values: list[int]) -> int\", description: return the largest number}\n  - {name: \
                    inner, signature: \"def inner(values: list[int]) -> int\", description: first keep the \
                    even numbers and return the largest number}\n  - {name: top, signature: \"def top(values: \
                    list[int]) -> int\", description: first pick the even ones and return the biggest \
                    number, examples: [{args: [[2]], returns: 2}, {args: [[4]], returns: 4}]}\n";
        let functions = spec::parse(text.as_bytes(), "t").unwrap().remove(0).functions;
        let scope = Scope {
            subtasks: ["keep pick even number one", "largest biggest number"]
                .map(str::to_owned)
                .to_vec(),
            types: ["[int] -> [int]", "[int] -> int"].map(str::to_owned).to_vec(),
            joins: vec!["first".to_owned()],
            ..Scope::default()
        };
        let [a, b, inner, top] = &functions[..] else { panic!("four functions") };
        let below = vec![used(a, Vec::new()), used(b, Vec::new())];
        assert!(scope.covers(top, &[used(inner, below)]).is_ok());
        let outside = scope.covers(top, &[used(inner, vec![used(b, Vec::new())])]).unwrap_err();
        assert_eq!(outside.words, ["biggest", "ones", "pick"]);
        // A part shows nothing itself; what is behind it does.
        let below = [used(a, Vec::new()), used(b, Vec::new())];
        let part = FunctionSpec { examples: Vec::new(), ..top.clone() };
        assert_eq!(scope.covers(&part, &below).unwrap_err().words, outside.words);
        assert_eq!(scope.covers_part(&part, &below), Ok(outside.words));
        assert!(scope.covers_part(&part, &below[1..]).is_err());
    }

    /// `words` of a description and of a name that a scope with one subtask lacks.
    fn lacks(name: &str, description: &str, examples: &str) -> (Vec<String>, Vec<String>) {
        let text = format!(
            "name: t\nlanguage: python\nfunctions:\n  - name: {name}\n    signature: \"def \
             {name}(n: int, bit: int) -> int\"\n    description: {description}\n{examples}"
        );
        let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
        let scope = Scope {
            subtasks: vec!["change of switch the turn off on index to other".to_owned()],
            names: vec!["flip invert switch toggle url".to_owned()],
            ..Scope::default()
        };
        let lacks = scope.covers(&specs[0].functions[0], &[]).err().unwrap_or_default();
        let name = if lacks.nameless { vec!["says nothing".to_owned()] } else { lacks.name };
        (lacks.words, name)
    }

    #[test]
    fn a_name_says_what_is_asked_as_the_description_does() {
        let off = "switch off the bit with the given index";
        let strange = |name: &str| {
            let (words, name) = lacks(name, off, "");
            assert_eq!(words, [""; 0]);
            name
        };
        assert_eq!(strange("clear_bit"), ["clear"]);
        for name in ["toggle_bit", "flipped", "toggles_of_bit", "toggleBit", "change_by_flip"] {
            assert_eq!(strange(name), [""; 0], "{name}");
        }
        for name in ["switchURL", "URLSwitch", "switchURL2"] {
            assert_eq!(strange(name), [""; 0], "{name}");
        }
        assert_eq!(strange("change_bit"), ["change"], "no word of its names'");
        // What turns a task has to be of the names.
        assert_eq!(strange("switch_off"), ["off"]);
        // What is called so is described so.
        assert_eq!(lacks("toggle_bit", "invert the bit", "").0, [""; 0]);
        assert_eq!(lacks("toggle_bit", "clear the bit", "").0, ["clear"]);
        assert_eq!(lacks("invert", "invert the bit", ""), (Vec::new(), Vec::new()));
    }

    #[test]
    fn what_was_only_taught_over_others_is_not_asked_for_alone() {
        let parsed = |name: &str, description: &str| -> FunctionSpec {
            let json = serde_json::json!({"name": "t", "language": "rust", "functions": [
                {"name": name, "signature": format!("fn {name}(text: &str) -> String"), "description": description},
            ]});
            spec::parse(json.to_string().as_bytes(), "t").unwrap().remove(0).functions.remove(0)
        };
        let scope = Scope {
            subtasks: vec!["escape json text quotes around".to_owned(); 2],
            types: vec!["str -> str".to_owned(); 2],
            names: vec!["json quote".to_owned(), "json escape".to_owned()],
            calling: BTreeSet::from([0]),
            ..Scope::default()
        };
        let quote = parsed("json_quote", "Put quotes around the escaped text.");
        let escape = parsed("json_escape", "Escape a text for JSON.");
        assert!(scope.covers(&quote, &[]).is_err_and(|lacking| lacking.calling));
        assert_eq!(scope.covers(&quote, &[used(&escape, Vec::new())]), Ok(Vec::new()));
        assert_eq!(scope.covers(&escape, &[]), Ok(Vec::new()));
    }

    #[test]
    fn a_name_that_says_nothing_needs_an_example() {
        let example = "    examples:\n      - { args: [4, 2], returns: 0 }\n";
        assert_eq!(
            lacks("bit2", "switch the bit", example).1,
            ["bit"],
            "it is called for a parameter"
        );
        for name in ["f", "n3", "my_func", "solve"] {
            assert_eq!(lacks(name, "switch the bit", "").1, ["says nothing"]);
            assert_eq!(lacks(name, "switch the bit", example), (Vec::new(), Vec::new()), "{name}");
        }
    }

    #[test]
    fn words_that_were_not_taught_need_a_known_name_and_two_examples() {
        let covers = |name: &str, description: &str, results: &[i64]| {
            let example = |(at, it)| format!("      - {{ args: [{at}, 2], returns: {it} }}\n");
            let examples: String = results.iter().enumerate().map(example).collect();
            let text = format!(
                "name: t\nlanguage: python\nfunctions:\n  - name: {name}\n    signature: \"def \
                 {name}(n: int, bit: int) -> int\"\n    description: {description}\n    \
                 examples:\n{examples}"
            );
            let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
            let scope = Scope {
                subtasks: vec!["switch the lamp on index to other".to_owned()],
                names: vec!["toggle flip lamp".to_owned()],
                ..Scope::default()
            };
            scope.covers(&specs[0].functions[0], &[])
        };
        let swap = "swap the lamp on that index";
        assert_eq!(covers("toggle_lamp", swap, &[0, 1]), Ok(vec!["swap".to_owned()]));
        // Where examples would help, that is told.
        for results in [&[0, 0][..], &[1]] {
            let outside = covers("toggle_lamp", swap, results).unwrap_err();
            assert_eq!((outside.words, outside.examples), (vec!["swap".to_owned()], true));
        }
        let none = |name: &str, description: &str| {
            let outside = covers(name, description, &[0, 1]).unwrap_err();
            assert!(!outside.examples && !outside.words.is_empty(), "{description}: {outside:?}");
        };
        none("toggle_swap", swap);
        none("switch", "swap the lamp on that index");
        for word in ["second", "not", "clear", "12", ">=", "swap each"] {
            none("toggle_lamp", &format!("switch the lamp on the {word} index"));
        }
        none("toggle_lamp", "exchange, swap, replace the lamp on that index");
        none("toggle_lamp", "swap the lamp");
        assert!(covers("toggle_lamp", "''", &[0, 1]).is_err());
    }

    #[test]
    fn who_says_the_opposite_of_its_name_asks_for_something_else() {
        let covers = |name: &str, description: &str| {
            let text = format!(
                "name: t\nlanguage: python\nfunctions:\n  - name: {name}\n    signature: \"def \
                 {name}(values: list[int]) -> list[int]\"\n    description: {description}\n"
            );
            let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
            let scope = Scope {
                subtasks: vec!["drop all keep negative number positive > 0 filter out".to_owned()],
                names: vec!["filter keep positive".to_owned()],
                ..Scope::default()
            };
            scope.covers(&specs[0].functions[0], &[]).map(drop).map_err(|outside| outside.name)
        };
        assert_eq!(
            covers("keep_positive", "keep the positive numbers, drop negative ones"),
            Err(vec![])
        );
        assert_eq!(covers("keep_positive", "drop all negative numbers, keep positive"), Ok(()));
        assert_eq!(covers("keep_negative", "keep the negative numbers").unwrap_err(), ["negative"]);
        assert_eq!(covers("filtered", "keep the negative numbers").unwrap_err(), ["negative"]);
        assert_eq!(covers("filtered", "filter out all positive numbers").unwrap_err(), ["out"]);
        assert_eq!(covers("filtered", "find out positive numbers"), Ok(()));
        // What is compared is said by signs, too.
        assert_eq!(covers("positive", "keep numbers > 0"), Ok(()));
        assert_eq!(covers("positive", "keep numbers >= 0"), Err(vec![]), "a word is lacking");
    }

    #[test]
    fn a_word_that_is_nearly_one_of_shape_is_a_word() {
        assert_eq!(check("the largest number off the list").unwrap_err(), ["off"]);
        // Nor does a phrasing that has "of" know it.
        let of = Scope { subtasks: vec!["turn of to bit".to_owned()], ..Scope::default() };
        assert!(lacking(&of, "turn the bit").is_ok());
        assert!(lacking(&of, "turn off the bit").is_err());
        assert_ne!(stem("positions"), stem("positive"));
    }

    #[test]
    fn parts_are_not_asked_for_in_words_that_the_model_does_not_know() {
        let reads = |description: &str| {
            let text = format!(
                "name: t\nlanguage: python\nfunctions:\n  - name: top\n    signature: \"def top(values: \
                 list[int]) -> int\"\n    description: {description}\n"
            );
            let specs = spec::parse(text.as_bytes(), "t.yaml").unwrap();
            let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
            let scope = Scope {
                subtasks: owned(&["largest number", "even list"]),
                joins: owned(&["first then"]),
                calling: BTreeSet::new(),
                ..Scope::default()
            };
            scope.reads(&specs[0].functions[0]).map_err(|outside| outside.words)
        };
        assert_eq!(reads("first the even numbers, then the largest splendid one"), Ok(()));
        assert_eq!(reads("erst die geraden Zahlen").unwrap_err().len(), 4);
        assert_eq!(reads("''"), Err(vec![]));
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
    fn turns_of_speech_do_not_matter_and_their_words_do() {
        assert_eq!(
            check("the largest of the numbers that were in the list, if there  is one"),
            Ok(())
        );
        assert_eq!(check("the number that stands for the largest, in the same way"), Ok(()));
        assert_eq!(check("the largest in the same list").unwrap_err(), ["same"]);
        assert_eq!(check("the number that stands largest").unwrap_err(), ["stands"]);
        assert_eq!(check("the largest if there is oneness").unwrap_err(), ["oneness"]);
        assert_eq!(check("whether even, if there are any numbers").unwrap_err(), ["any"]);
        assert_eq!(check("the largest of `been` and the `wases`").unwrap_err(), ["been", "wases"]);
    }

    #[test]
    fn words_of_two_subtasks_are_not_mixed() {
        assert_eq!(check("add up the largest even numbers"), Err(vec!["largest".to_owned()]));
    }

    #[test]
    fn other_signs_make_another_task() {
        let of = |signs: &str| Scope {
            subtasks: vec![format!("join texts between {signs}")],
            ..Scope::default()
        };
        let asked = |description: &str| {
            let text = format!(
                "name: t\nlanguage: python\nfunctions:\n  - name: glue\n    signature: \"def glue(texts: \
                 list[str]) -> str\"\n    description: join the texts with {description} between them\n"
            );
            spec::parse(text.as_bytes(), "t.yaml").unwrap()[0].functions[0].clone()
        };
        let covers = |signs: &str, description: &str| {
            of(signs).covers(&asked(description), &[]).map_err(|outside| outside.words)
        };
        assert_eq!(covers(",␣ ;", "\", \""), Ok(Vec::new()));
        assert_eq!(covers(",␣ ;", "\",\""), Err(vec![",".to_owned()]));
        assert_eq!(covers(",␣", "';'"), Err(vec![";".to_owned()]));
        assert_eq!(covers(",␣ ;", "`;`"), Ok(Vec::new()));
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
        let mut scope = Scope {
            subtasks: taught.map(str::to_owned).to_vec(),
            joins: ["first of to", "first then each of to", "drop fail"]
                .map(str::to_owned)
                .to_vec(),
            ..Scope::default()
        };
        let covers_by = |scope: &Scope, name: &str, description: &str, uses: &[usize]| {
            let text = text.replace("DESCRIPTION", description).replace("top", name);
            let functions = spec::parse(text.as_bytes(), "t").unwrap().remove(0).functions;
            let uses: Vec<Used> = uses.iter().map(|at| used(&functions[*at], Vec::new())).collect();
            scope.covers(&functions[2], &uses)
        };
        let covers = |description: &str, uses: &[usize]| {
            covers_by(&scope, "top", description, uses).map(drop).map_err(|outside| outside.words)
        };
        let both = "first add up the even values. Then return the largest of each number";
        assert_eq!(covers(both, &[0, 1]), Ok(()));
        assert!(covers(both, &[0]).is_err());
        assert!(covers(both, &[]).is_err());
        // Words that only other phrasings of the called functions have are none of theirs, but for examples.
        let others = "first add up all even values. Then the largest";
        assert!(covers(others, &[0, 1]).is_err());
        let two = "examples: [{args: [[2]], returns: 2}, {args: [[1]], returns: 0}]";
        assert_eq!(covers(&format!("{others}, {two}"), &[0, 1]), Ok(()));
        assert!(covers(&format!("{others} number of three, {two}"), &[0, 1]).is_err());
        assert_eq!(covers("first add up the second largest", &[0, 1]).unwrap_err(), ["second"]);
        assert!(covers("first add up the even values off the largest", &[0, 1]).is_err());
        // It is called as its writer likes, as long as the name turns nothing.
        scope.names = vec!["largest".to_owned(), "sum even".to_owned()];
        assert_eq!(covers_by(&scope, "report", both, &[0, 1]), Ok(Vec::new()));
        for turn in ["second", "first"] {
            let turned = covers_by(&scope, &format!("{turn}_report"), both, &[0, 1]).unwrap_err();
            assert_eq!(turned.name, [turn], "though \"first\" joins");
        }
        // A turn that only phrasings behind it have is not forgotten.
        scope.subtasks[0].push_str(" second");
        let turned = covers_by(&scope, "second_report", &format!("{both}, {two}"), &[0, 1]);
        assert_eq!(turned, Ok(vec!["second".to_owned()]));
        // Ways to join are not mixed, and what is called is said by calling it only where it is called.
        let mixed = "first the largest. Drop the even values";
        assert_eq!(covers_by(&scope, "report", mixed, &[0, 1]).unwrap_err().words, ["drop"]);
        assert!(covers_by(&scope, "largest", "the b of the largest number", &[]).is_err());
    }
}
