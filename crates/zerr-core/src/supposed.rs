//! What a description says of the arguments in passing ("given a non-empty list of positive integers"), as
//! contracts: [`supposed`].
//!
//! Calls that break them are no inputs (`inputs`): candidates that are right by the description may do anything
//! there, and votes would part where nothing was asked for. Nobody signed these contracts, so the report says of
//! each what it was read from.
//!
//! # Invariants
//! To read too little costs votes, to read too much hides a mistake. So a few forms of sentences are read, to the
//! end or not at all, and nothing where
//! - the author states conditions as such, or the result has a place for what is refused (a truth value, `Option`,
//!   `Result`): then the condition may be what the function is to find out;
//! - the description has a word of what is outside ("negative", "empty", "otherwise", "error");
//! - an example is outside.
//!
//! # Non-goals
//! Understanding: statements in sentences of their own ("the list is never empty") are as often about the result,
//! or what a predicate asks for.

use crate::contract::{self, Contract, Judgement};
use crate::spec::FunctionSpec;
use crate::value::{Type, Value};

/// A contract that the description implies.
#[derive(Clone, Debug, PartialEq)]
pub struct Supposed {
    /// What is supposed of the arguments.
    pub contract: Contract,
    /// The words that it was read from.
    pub said: String,
}

impl Supposed {
    /// Whether the description speaks of this call.
    pub fn holds(&self, args: &[Value]) -> bool {
        self.contract.check(args, None, None) == Judgement::Holds
    }
}

/// What the description of `function` supposes, in the order of its words. Each fits the parameters' types and is
/// met by all examples.
pub fn supposed(function: &FunctionSpec) -> Vec<Supposed> {
    let is_stated = !function.requires.is_empty()
        || !function.ensures.is_empty()
        || !function.properties.is_empty();
    let may_refuse = matches!(function.returns, Type::Bool | Type::Option(_) | Type::Result(..));
    if function.in_project.is_some() || is_stated || may_refuse {
        return Vec::new();
    }
    // Two words for one, and words that a line's end stands between.
    let text = function.description.to_lowercase().replace('’', "'");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace("non negative", "non-negative").replace("non empty", "non-empty");
    if speaks_of(&text, ELSEWHERE) {
        return Vec::new();
    }
    let mut found: Vec<Supposed> = Vec::new();
    for Said { kind, text: of, words } in read(function) {
        let is_of_number = matches!(kind, Kind::Positive | Kind::NotNegative);
        if kind.outside().iter().any(|words| speaks_of(&text, words))
            || is_of_number && has_negative_number(&text)
        {
            continue;
        }
        let Ok(contract) = contract::parse(&of, &function.scope_before()) else { continue };
        let supposed = Supposed { contract, said: words };
        let is_known = found.iter().any(|other| other.contract.text == supposed.contract.text);
        if !is_known && function.examples.iter().all(|example| supposed.holds(&example.args)) {
            found.push(supposed);
        }
    }
    found
}

/// Whether a text has one of these words. What ends in `*` begins a word; what has other signs than letters and
/// hyphens may stand anywhere.
fn speaks_of(text: &str, wanted: &[&str]) -> bool {
    let words = || text.split(|c: char| !c.is_alphanumeric() && c != '-');
    wanted.iter().any(|wanted| match wanted.strip_suffix('*') {
        Some(start) => words().any(|word| word.starts_with(start)),
        None if wanted.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
            words().any(|word| word == *wanted)
        }
        None => text.contains(wanted),
    })
}

/// `-5`: an example in prose, or what is given back elsewhere.
fn has_negative_number(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars.windows(2).enumerate().any(|(at, pair)| {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        matches!(pair, ['-' | '−', digit] if digit.is_ascii_digit())
            && before.is_none_or(|c| !c.is_alphanumeric())
    })
}

/// Words for what happens where something does not hold.
const ELSEWHERE: &[&str] = &[
    "rais*",
    "error*",
    "valueerror",
    "typeerror",
    "invalid",
    "panic*",
    "err",
    "exception*",
    "throw*",
    "thrown",
    "reject*",
    "fail*",
    "illegal",
    "else",
    "otherwise",
    "elsewhere",
    "anything",
    "any other",
    "all other",
    "others",
    "out of range",
    "unless",
    "whatever",
    "not",
    "n't",
    "rest",
    "remaining",
    "nan",
    "null",
    "default*",
    "optional*",
];

/// Words for numbers that are less than another, or less than zero.
const SMALLER: &[&str] = &[
    "negative*",
    "minus",
    "<",
    "≤",
    "less*",
    "lower",
    "below",
    "under",
    "smaller",
    "at most",
    "more than",
    "sign",
];
/// Words for zero, and for what is not positive.
const NOT_POSITIVE: &[&str] = &["zero*", "0", "0s", "non-positive", "nonpositive", "non positive"];
/// Words for nothing, and for few.
const EMPTY: &[&str] = &[
    "empty",
    "[]",
    "\"\"",
    "''",
    "{}",
    "(())",
    "== 0",
    "no",
    "none",
    "without",
    "nothing",
    "blank",
    "missing",
    "length 0",
    "length zero",
    "zero",
    "0",
    "fewer",
    "less*",
    "shorter",
    "at most",
    "<",
    "≤",
];

/// What is said of a number, or of how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Positive,
    NotNegative,
    NotEmpty,
    /// Behind "Constraints:".
    Constraint,
}

impl Kind {
    fn of(word: &str) -> Option<Self> {
        match word {
            "positive" => Some(Self::Positive),
            "non-negative" | "nonnegative" | "natural" => Some(Self::NotNegative),
            "non-empty" | "nonempty" => Some(Self::NotEmpty),
            _ => None,
        }
    }

    /// Words for arguments of which it does not hold: where the description has one, they count.
    fn outside(self) -> [&'static [&'static str]; 2] {
        match self {
            Self::Positive => [SMALLER, NOT_POSITIVE],
            Self::NotNegative => [SMALLER, &[]],
            Self::NotEmpty => [EMPTY, &[]],
            Self::Constraint => [&[], &[]],
        }
    }

    fn contract(self, of: &str) -> String {
        match self {
            Self::Positive => format!("{of} > 0"),
            Self::NotNegative => format!("{of} >= 0"),
            Self::NotEmpty | Self::Constraint => format!("len({of}) > 0"),
        }
    }
}

/// What a noun names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noun {
    Number,
    List,
    Text,
    Map,
}

impl Noun {
    /// With whether it is one of several.
    fn of(word: &str) -> Option<(Self, bool)> {
        let is = |one: &str| word == one;
        let (singular, plural) = match word.strip_suffix('s') {
            Some(singular) => (singular, true),
            None => (word, false),
        };
        let noun = match singular {
            "integer" | "int" | "number" | "float" => Self::Number,
            "list" | "array" | "sequence" | "slice" | "vector" | "vec" | "tuple" => Self::List,
            "string" | "text" => Self::Text,
            "dict" | "map" | "dictionary" => Self::Map,
            _ if is("dictionaries") => return Some((Self::Map, true)),
            _ => return None,
        };
        Some((noun, plural))
    }

    fn fits(self, ty: &Type) -> bool {
        match self {
            Self::Number => matches!(ty, Type::Int(_) | Type::Float(_)),
            Self::List => matches!(ty, Type::List { .. } | Type::Tuples(_)),
            Self::Text => matches!(ty, Type::Str),
            Self::Map => matches!(ty, Type::Map(..)),
        }
    }
}

/// Words between an article and a noun that change nothing of what is supposed.
const PLAIN: &[&str] = &[
    "integer",
    "int",
    "whole",
    "real",
    "single",
    "floating",
    "point",
    "decimal",
    "floating-point",
    "sorted",
    "unsorted",
    "input",
    "finite",
    "distinct",
    "unique",
    "odd",
    "even",
    "large",
    "small",
    "lowercase",
    "uppercase",
    "strictly",
    "random",
    "numeric",
];

/// Words behind a thing that take something back.
const LOOSE: &[&str] = &[
    "or",
    "possibly",
    "but",
    "not",
    "if",
    "maybe",
    "perhaps",
    "usually",
    "typically",
    "sometimes",
    "/",
];

/// Not "the": "takes the positive numbers of xs" chooses them.
const ARTICLES: &[&str] = &["a", "an", "two", "three", "four", "one"];

/// A condition, as a contract, and the words it was read from.
struct Said {
    kind: Kind,
    text: String,
    words: String,
}

fn read(function: &FunctionSpec) -> Vec<Said> {
    let mut found = Vec::new();
    let (prose, constraints) =
        function.description.split_once("Constraints:").unwrap_or((&function.description, ""));
    for (number, sentence) in sentences(prose).into_iter().enumerate() {
        let words: Vec<&str> = words(&sentence);
        let is_begin = words.first().is_some_and(|word| word.starts_with(char::is_uppercase));
        if number > 0 && !is_begin {
            continue;
        }
        let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let reader = Reader { function, words: &words, lower: &lower };
        if let Some((begin, start)) = reader.begins() {
            reader.nouns(begin, start, &mut found);
        }
    }
    found.extend(least(function, constraints));
    found
}

/// What is at least 0 or 1 of `1 <= n <= 10` and `1 <= xs.length`, first on its line. Upper bounds are not read:
/// `2 * 104` is a power that lost its sign.
fn least(function: &FunctionSpec, constraints: &str) -> Vec<Said> {
    constraints.lines().filter_map(|line| at_least(function, line)).collect()
}

fn at_least(function: &FunctionSpec, line: &str) -> Option<Said> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_item = |word: &str| {
        let number = word.strip_suffix(['.', ')']);
        matches!(word, "*" | "-" | "•") || number.is_some_and(|n| n.parse::<u32>().is_ok())
    };
    let is_bound = |word: &str| matches!(word, "<=" | "≤" | "<");
    let rest = match words.as_slice() {
        [sign, rest @ ..] if is_item(sign) => rest,
        rest => rest,
    };
    let [low @ ("0" | "1"), "<=" | "≤", of, after @ ..] = rest else { return None };
    let has_more = after.iter().any(|word| {
        matches!(
            word.trim_matches([',', '(', ')']),
            "or" | "if" | "when" | "where" | "except" | "for"
        )
    });
    let ends = after.first().is_none_or(|word| is_bound(word)) && !has_more;
    let of = of.trim_matches(['`', ',', ';']).trim_end_matches('.').replace(".length", ".len()");
    let is_known = function.params.iter().any(|(name, _)| {
        of == *name || of == format!("len({name})") || of == format!("{name}.len()")
    });
    let words = rest.get(..3)?.join(" ");
    let text = format!("{of} >= {low}");
    (ends && is_known).then_some(Said { kind: Kind::Constraint, text, words })
}

/// Ends with a full stop that no abbreviation or number of a list has.
fn sentences(prose: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let chars: Vec<char> = prose.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let last = all.last().map_or("", String::as_str);
        let word = last.rsplit(char::is_whitespace).next().unwrap_or("").trim_start_matches('(');
        let is_inner = word.parse::<u32>().is_ok()
            || matches!(word.to_lowercase().as_str(), "i.e" | "e.g" | "etc" | "vs" | "cf" | "resp");
        let ends = matches!(c, '!' | '?')
            || (*c == '.'
                && !is_inner
                && chars.get(at + 1).is_none_or(|next| next.is_whitespace()));
        if ends {
            all.push(String::new());
        } else if let Some(last) = all.last_mut() {
            last.push(*c);
        }
    }
    all
}

/// Words and signs, each on its own.
fn words(sentence: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for piece in sentence.split_whitespace() {
        let mut rest = piece;
        while let Some(first) = rest.chars().next() {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '\'');
            let end = if is_part(first) {
                rest.find(|c| !is_part(c)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (word, after) = rest.split_at(end);
            if word != "`" {
                found.push(word);
            }
            rest = after;
        }
    }
    found
}

struct Reader<'a> {
    function: &'a FunctionSpec,
    words: &'a [&'a str],
    lower: &'a [&'a str],
}

/// A thing that is given, with what is said of it.
struct Given {
    noun: Noun,
    plural: bool,
    kinds: Vec<Kind>,
    names: Vec<String>,
    items: Option<Kind>,
    end: usize,
}

impl Reader<'_> {
    fn at(&self, at: usize) -> &str {
        self.lower.get(at).copied().unwrap_or("")
    }

    /// Where the words that say that something is given begin, and where that is: "Given …", "You are given …",
    /// "Takes …", "Write a function that takes …".
    fn begins(&self) -> Option<(usize, usize)> {
        let is = |at: usize, words: &[&str]| {
            words.iter().enumerate().all(|(n, word)| self.at(at + n) == *word)
        };
        for opening in [
            &["given"][..],
            &["you", "are", "given"],
            &["you're", "given"],
            &["you", "will", "be", "given"],
            &["takes", "in"],
            &["takes"],
        ] {
            if is(0, opening) {
                return Some((0, opening.len()));
            }
        }
        if matches!(self.at(0), "this" | "the" | "your") && is(1, &["function", "takes"]) {
            return Some((2, 3));
        }
        let asks =
            matches!(self.at(0), "implement" | "write" | "create" | "define" | "complete" | "a");
        let at = (1..4).find(|at| is(*at, &["function", "that", "takes"]))?;
        asks.then_some((at + 2, at + 3))
    }

    /// All things that are listed from `at` on.
    fn nouns(&self, begin: usize, mut at: usize, found: &mut Vec<Said>) {
        let mut given = Vec::new();
        while let Some(noun) = self.noun(at) {
            at = noun.end;
            given.push(noun);
            at += match (self.at(at), self.at(at + 1)) {
                (",", "and") => 2,
                ("," | "and", _) => 1,
                _ => break,
            };
        }
        for noun in given {
            let next = (self.at(noun.end), self.at(noun.end + 1));
            // "a positive integer or zero", "(or zero)", ", or zero", "a positive integer as a string".
            let ends = match next {
                ("" | ":", _) => true,
                // "Given a positive integer, its root is …" says what a root is.
                (",", "its" | "the" | "their" | "we" | "let" | "a" | "an") => {
                    !noun.names.is_empty()
                }
                ("," | "(" | "and", after) => !LOOSE.contains(&after),
                (after, _) => {
                    !noun.names.is_empty()
                        && matches!(after, "representing" | "that" | "which" | "find" | "return")
                }
            };
            // "a positive integer n and k" says nothing of k.
            if ends && (noun.plural || noun.names.len() < 2) {
                let said = self.words.get(begin..noun.end).unwrap_or_default();
                self.bind(&noun, &said.join(" ").replace(" ,", ","), found);
            }
        }
    }

    /// One thing: `a non-empty list xs of positive integers`, `two positive integers n and m`.
    fn noun(&self, begin: usize) -> Option<Given> {
        let mut at = begin;
        while ARTICLES.contains(&self.at(at)) {
            at += 1;
        }
        let mut kinds = Vec::new();
        let (noun, plural) = loop {
            let word = self.at(at);
            if let Some(kind) = Kind::of(word) {
                kinds.push(kind);
            } else if word == "non" && matches!(self.at(at + 1), "negative" | "empty") {
                kinds.extend(Kind::of(&format!("non-{}", self.at(at + 1))));
                at += 1;
            } else if let Some(noun) = Noun::of(word)
                && !(PLAIN.contains(&word) && Noun::of(self.at(at + 1)).is_some())
            {
                break noun;
            } else if !PLAIN.contains(&word) {
                return None;
            }
            at += 1;
        };
        at += 1;
        let mut names = self.names(&mut at);
        let mut items = None;
        if self.at(at) == "of" && noun == Noun::List {
            let inner = self.noun(at + 1).filter(|inner| inner.items.is_none())?;
            items = inner.kinds.first().copied().filter(|_| inner.noun == Noun::Number);
            at = inner.end;
            // "a list of positive integers k" is no list of that name elsewhere.
            names.extend(inner.names);
        }
        Some(Given { noun, plural, kinds, names, items, end: at })
    }

    /// Parameters' names in a row.
    fn names(&self, at: &mut usize) -> Vec<String> {
        let is_name = |at: usize| {
            let word = self.words.get(at)?;
            let next = self.at(at + 1);
            // "a positive integer b and a non-negative integer a".
            let is_article = ARTICLES.contains(word)
                && (Kind::of(next).is_some() || PLAIN.contains(&next) || Noun::of(next).is_some());
            let mut params = self.function.params.iter();
            params.find(|(name, _)| name == word && !is_article).map(|(name, _)| name.clone())
        };
        let mut names = Vec::new();
        let Some(first) = is_name(*at) else { return names };
        names.push(first);
        *at += 1;
        loop {
            let joined = match (self.at(*at), self.at(*at + 1)) {
                (",", "and") => 2,
                ("," | "and", _) => 1,
                _ => return names,
            };
            let Some(next) = is_name(*at + joined) else { return names };
            names.push(next);
            *at += joined + 1;
        }
    }

    /// Says it of the parameters that are named, or of the only one that can be meant.
    fn bind(&self, given: &Given, said: &str, found: &mut Vec<Said>) {
        let params = &self.function.params;
        let fitting: Vec<&str> = params
            .iter()
            .filter(|(_, ty)| given.noun.fits(ty))
            .map(|(name, _)| name.as_str())
            .collect();
        let named: Vec<&str> = given.names.iter().map(String::as_str).collect();
        let meant: &[&str] = match (named.as_slice(), fitting.as_slice()) {
            ([], [_]) if !given.plural => &fitting,
            (named, _) => named,
        };
        let mut say = |kind, text| found.push(Said { kind, text, words: said.to_owned() });
        for name in meant.iter().filter(|name| fitting.contains(name)) {
            for kind in &given.kinds {
                if (given.noun == Noun::Number) != (*kind == Kind::NotEmpty) {
                    say(*kind, kind.contract(name));
                }
            }
            if let Some(kind) = given.items.filter(|kind| *kind != Kind::NotEmpty) {
                let is_taken = params.iter().any(|(name, _)| name == "v");
                let v = if is_taken { "item" } else { "v" };
                say(kind, format!("all({v} in {name}: {})", kind.contract(v)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec;

    fn of(signature: &str, description: &str, more: &[&str]) -> String {
        let language = if signature.starts_with("def") { "python" } else { "rust" };
        let more = more.iter().fold(String::new(), |text, line| text + "    " + line + "\n");
        let text = format!(
            "name: t\nlanguage: {language}\nfunctions:\n  - name: f\n    signature: \"{signature}\"\n    \
             description: |\n      {}\n{more}",
            description.replace('\n', "\n      ")
        );
        let specs = spec::parse(text.as_bytes(), "t").unwrap_or_else(|errors| panic!("{errors:?}"));
        let found = supposed(&specs[0].functions[0]);
        found.into_iter().map(|one| one.contract.text).collect::<Vec<_>>().join("; ")
    }

    const ONE: &str = "def f(n: int) -> int";
    const LIST: &str = "def f(xs: list[int]) -> int";

    #[test]
    fn what_is_given_is_read() {
        let rows = [
            (ONE, "Given a positive integer n, return the number of its digits.", "n > 0"),
            (ONE, "You are given a non negative integer. Count its bits.", "n >= 0"),
            (ONE, "This function takes a natural number and doubles it.", "n >= 0"),
            (
                ONE,
                "Implement a function that takes an non-negative integer and returns its square.",
                "n >= 0",
            ),
            ("def f(x: float) -> float", "Takes a positive floating point number `x`.", "x > 0"),
            (
                LIST,
                "You are given a non-empty list of positive integers. Find it.",
                "len(xs) > 0; all(v in xs: v > 0)",
            ),
            (
                LIST,
                "Given an array of non-negative integers, return a copy.",
                "all(v in xs: v >= 0)",
            ),
            (LIST, "Takes in a non-empty array xs of numbers.", "len(xs) > 0"),
            (
                LIST,
                "Sums it.\nConstraints:\n* 1 <= xs.length <= 100\n* every one is odd",
                "xs.len() >= 1",
            ),
            (
                "def f(n: int, m: int) -> int",
                "You are given two positive integers n and m, and your task is their sum.",
                "n > 0; m > 0",
            ),
            (
                "def f(xs: list[int], k: int) -> int",
                "Given an array xs of integers and a positive integer k, sum.",
                "k > 0",
            ),
            (
                "def f(xs: list[int], k: int) -> int",
                "Adds. Constraints: 1. 1 ≤ len(xs) ≤ 100 2. 1 ≤ k ≤ len(xs)",
                "len(xs) >= 1",
            ),
            (
                "def f(a: int, b: int) -> int",
                "Given a positive integer b and a non-negative integer a, return a mod b.",
                "b > 0; a >= 0",
            ),
            (
                "def f(v: list[int]) -> int",
                "Given a list of positive integers, add.",
                "all(item in v: item > 0)",
            ),
            (
                "fn f(s: &str, n: i64) -> i64",
                "Given a non-empty string s and a natural number n, count.",
                "len(s) > 0; n >= 0",
            ),
        ];
        for (signature, description, expected) in rows {
            assert_eq!(of(signature, description, &[]), expected, "{description}");
        }
    }

    #[test]
    fn what_only_looks_like_it_is_not() {
        let rows = [
            (ONE, "Given a positive or negative integer n, return its sign."),
            (ONE, "Given a positive integer or zero, return its root."),
            (ONE, "Given a positive integer n (or zero), return its root."),
            (ONE, "Given a positive integer n, or null, return its root."),
            (ONE, "Given a positive integer n, return it. If n is negative, return 5."),
            (ONE, "Given a positive integer n, return it. Anything else is invalid."),
            (ONE, "Given a positive integer n, return its root, and -1 for any other n."),
            (ONE, "Given a positive integer n, return its root. If n is less than 1, return -1."),
            (ONE, "Given a positive integer n, return its root, or -1 if n < 1."),
            (
                ONE,
                "Given a positive integer n, return its root. If it is not a positive integer, return -1.",
            ),
            (ONE, "Given a positive integer n, its root. Throws where that is too large."),
            (
                ONE,
                "Given a non-negative integer n, return its root. Negatives are treated by their value.",
            ),
            (ONE, "Given a non-negative integer n, return its root, or -1 below that."),
            (ONE, "Return whether n is a positive integer."),
            (ONE, "Tell whether, given a positive integer, it is odd."),
            (ONE, "If you are given a positive integer, double it."),
            (ONE, "n is a positive integer."),
            (ONE, "Verifies that n is a positive integer."),
            (ONE, "To be lucky, n must be positive and divisible by 7."),
            (ONE, "Return a positive integer."),
            (ONE, "Count the positive integers up to n."),
            (ONE, "Takes the positive integers up to n and adds them."),
            (ONE, "Given the positive integers up to n, add them."),
            (ONE, "It takes a positive number of steps."),
            (ONE, "The score is given as a positive integer."),
            (ONE, "Applies g, which takes a positive integer, to n."),
            (ONE, "Given a positive integer as a digit, double it."),
            (LIST, "Given a list of integers, return the sum of the positive integers."),
            (LIST, "Given a list of integers, return a non-empty list of positive integers."),
            (LIST, "Given a non-empty list, sum it. An empty list gives 5."),
            (LIST, "Given a non-empty list, its maximum, or -1 if there is nothing in it."),
            (LIST, "Given a non-empty list, its maximum (-1 for [])."),
            (LIST, "Given a possibly non-empty list, sum it."),
            (LIST, "You are not given a non-empty list."),
            (LIST, "The list is never empty."),
            (LIST, "Given a list of positive integers and zeros, count."),
            ("def f(n: int, m: int) -> int", "Given a positive integer, add the other."),
            ("def f(n: int, m: int) -> int", "Given two positive integers, add them."),
            ("def f(n: str) -> int", "Given a positive integer n, read it."),
            ("def f(n: int) -> bool", "Given a positive integer n, tell whether it is prime."),
            ("def f(xs: list[int]) -> int | None", "Given a non-empty list, find it."),
            ("fn f(xs: &[i32]) -> Result<i32, String>", "Given a non-empty slice, find it."),
            (
                "def f(words: list[str], sep: str) -> str",
                "Given a non-empty string list and a separator, join.",
            ),
            (
                "def f(num: str, k: int) -> str",
                "Given a non-negative integer represented as a string, drop k digits.",
            ),
            (
                "def f(xs: list[int], k: int) -> int",
                "Takes the positive numbers of xs and multiplies each by k.",
            ),
            (ONE, "Double it. Constraints: -231 <= n <= 231 - 1"),
            (ONE, "Double it. Constraints: n <= 2 * 104"),
            ("def f(a: int, b: int) -> int", "Add. Constraints: 1 <= a + b <= 100"),
            (ONE, "Double it. Constraints: for 1 <= n double it"),
            (ONE, "Keep it in the constraints: 1 <= n <= 12"),
            (
                "def f(n: int, edges: list[list[int]]) -> int",
                "Count. Constraints: n - 1 <= edges.length <= 4 * 104",
            ),
            ("def f(a: int, b: int) -> int", "Count. Constraints: 0 <= a * b <= 100"),
            ("def f(r: int, l: int) -> int", "Count. Constraints: * 1 <= r - l <= 100"),
            (
                "def f(n: int, k: int) -> int",
                "Given a positive integer n and k, rotate the bits of n left by k.",
            ),
            (
                "def f(s: str, t: str) -> int",
                "Given a non-empty string s and t, count how often t occurs in s.",
            ),
            (
                ONE,
                "Given a positive integer n, return its bit count. If n is less\nthan 1, return 1.",
            ),
            (ONE, "Given a positive integer n, return its bit count. If it isn’t, return 1."),
            (ONE, "Given a positive integer n, return its digit sum: f(-5) is 5."),
            (
                "def f(xs: list[int], k: int) -> int",
                "Given a list of integers xs and a positive integer k (default 7), sum.",
            ),
            (
                ONE,
                "Given a positive integer n, return the n-th number. If n is at most 2, return 1.",
            ),
            (ONE, "Given a non-negative integer, return its factorial (1 if n <= 1)."),
            (ONE, "Given a positive integer n, double it. For non positive n return 1."),
            (
                LIST,
                "Given a non-empty list of numbers, return the second largest, or 9 where there are fewer than two.",
            ),
            (
                ONE,
                "Given a positive integer, its digital root is what is left. Return the sum of the digital roots of 1 to n.",
            ),
            (
                ONE,
                "Sums the digit sums (i.e. given a positive integer, the sum of its digits) of all numbers up to n.",
            ),
            (
                "def f(xs: list[int], k: int) -> int",
                "Given a list xs and a positive integer k (if any), take k.",
            ),
            (ONE, "Double. Constraints: - 1 <= n <= 100, or n = -1 for all"),
        ];
        for (signature, description) in rows {
            assert_eq!(of(signature, description, &[]), "", "{description}");
        }
    }

    #[test]
    fn an_example_outside_takes_it_back() {
        let said = "Given a positive integer n, return its double.";
        assert_eq!(of(ONE, said, &["examples:", "  - {args: [2], returns: 4}"]), "n > 0");
        assert_eq!(
            of(
                ONE,
                said,
                &["examples:", "  - {args: [2], returns: 4}", "  - {args: [0], returns: 0}"]
            ),
            ""
        );
        assert_eq!(
            of(ONE, said, &["requires:", "  - n >= 0"]),
            "",
            "who states conditions states them all"
        );
        assert_eq!(of(ONE, said, &["ensures:", "  - n > 0 or result == 0"]), "");
    }
}
