//! What a description suggests to try: texts that it quotes, numbers that it names, and values of the kinds
//! that it speaks of. Main function: [`said`].
//!
//! Nothing here is a claim about the function: a suggestion that is beside the point costs one call.

use num_bigint::BigInt;

/// Quoted texts longer than this, in characters, are sentences.
const QUOTED_MAX: usize = 16;

/// Quoted texts that are tried.
const KEPT: usize = 48;

/// Numbers with more digits say nothing of what to try.
const DIGITS_MAX: usize = 9;

/// What to try.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Said {
    /// Texts that are quoted: a call may hold them anywhere.
    pub(super) quoted: Vec<String>,
    /// Texts of a kind, to be tried as they are.
    pub(super) texts: Vec<&'static str>,
    /// Numbers that are named, and those of a kind.
    pub(super) ints: Vec<BigInt>,
}

/// Texts of the kinds that words speak of; each word is the beginning of those that mean the same.
const TEXTS: [(&[&str], &[&str]); 18] = [
    (&["bracket", "parenthes"], &["()", "(()", "())", ")(", "(()())", "[]", "([)]", "{}", "<>"]),
    (&["palindrom", "revers"], &["a", "aa", "ab", "aba", "abba", "Aba", "ab a", "12"]),
    (&["vowel", "consonant"], &["aeiou", "AEIOU", "y", "yay", "xyz", "bcd", "e"]),
    (&["roman numeral"], &["I", "IV", "IX", "XL", "MCMXCIV", "IIII", "iv"]),
    (
        &["date", "month", "leap year"],
        &[
            "2024-02-29",
            "2023-02-29",
            "02-30-2020",
            "12-31-1999",
            "1-1-2000",
            "00-01-2000",
            "06/04/2020",
        ],
    ),
    (&["binary", "bits"], &["0", "1", "101", "0001", "1111", "102", "0b101"]),
    (&["hexadecimal"], &["0", "F", "ff", "1B", "0x1f", "G", "AB"]),
    (&["anagram"], &["ab", "ba", "aab", "abb", "Ab", "a b"]),
    (&["email", "e-mail"], &["a@b.c", "@", "a@", "a@b", "a@@b.c", "a b@c.d"]),
    (&["url", "query string", "path"], &["/", "a=1&b=2", "a=&b", "//", "/a/b/", "?a=1", "a%20b"]),
    (
        &["file name", "filename", "extension"],
        &["a.txt", ".txt", "a.b.txt", "a", "a.", "1.txt", "a.TXT"],
    ),
    (&["sentence"], &["A. B! C?", "I am.", "I", "a.b", "Is it? I am.", "a.  b"]),
    (&["word"], &["a b", "a  b", " a", "a ", "a, b", "it's", "a-b", "aa bb aa"]),
    (
        &["uppercase", "upper case", "lowercase", "lower case", "capital"],
        &["aB", "AB", "ab", "aB1", "É", "ß"],
    ),
    (&["digit", "numeric"], &["0", "12", "a1b2", "-1", "1.5", "007", "１"]),
    (&["space", "whitespace"], &[" ", "  ", "a b", " a", "a   b", "\t", "a\nb"]),
    (&["comma"], &[",", "a,b", "a, b", "a,,b", ",a"]),
    (&["duplicate", "distinct", "unique", "repeat"], &["aa", "aba", "aAa", "abcabc"]),
];

/// Numbers of the kinds that words speak of.
const INTS: [(&[&str], &[i64]); 8] = [
    (&["prime", "factor", "divisor"], &[1, 2, 3, 4, 9, 12, 25, 49, 97, 101]),
    (&["perfect square", "square root", "square number"], &[0, 1, 2, 4, 15, 16, 25, 26]),
    (&["cube"], &[0, 1, 8, 9, 27, 64, 65, -8]),
    (&["power of"], &[0, 1, 2, 3, 8, 9, 16, 81]),
    (&["leap year", "year"], &[1900, 2000, 2023, 2024]),
    (&["fibonacci", "factorial"], &[0, 1, 2, 3, 5, 8, 10]),
    (&["digit"], &[0, 9, 10, 11, 99, 100, 101, 1234]),
    (&["even", "odd"], &[0, 1, 2, 3, -1, -2]),
];

/// What a description suggests to try; `is_name` tells the names of the function and its parameters, which are
/// quoted for another reason.
pub(super) fn said(description: &str, is_name: &dyn Fn(&str) -> bool) -> Said {
    let mut said = Said { quoted: quoted(description, is_name), ..Said::default() };
    let text = description.to_lowercase();
    let speaks_of = |words: &[&str]| words.iter().any(|word| begins_a_word(&text, word));
    for (_, texts) in TEXTS.iter().filter(|(words, _)| speaks_of(words)) {
        said.texts.extend(*texts);
    }
    said.ints = numbers(description);
    for (_, ints) in INTS.iter().filter(|(words, _)| speaks_of(words)) {
        said.ints.extend(ints.iter().map(|int| BigInt::from(*int)));
    }
    said
}

fn begins_a_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        text.get(..at).is_some_and(|before| !before.ends_with(char::is_alphanumeric))
    })
}

/// What stands between two quotes of one kind, as long as it is short and no name.
fn quoted(text: &str, is_name: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for quote in ['"', '\'', '`'] {
        let mut rest = text;
        while let Some(open) = rest.find(quote) {
            let (before, after) = rest.split_at(open);
            let after = after.get(1..).unwrap_or_default();
            // An apostrophe stands in or behind a word.
            if before.ends_with(char::is_alphanumeric) {
                rest = after;
                continue;
            }
            let Some(close) = after.find(quote) else { break };
            let (inside, behind) = after.split_at(close);
            rest = behind.get(1..).unwrap_or_default();
            let is_short = (1..=QUOTED_MAX).contains(&inside.chars().count());
            if is_short
                && found.len() < KEPT
                && !is_name(inside)
                && !found.iter().any(|one| one == inside)
            {
                found.push(inside.to_owned());
            }
        }
    }
    found
}

/// Integers that stand by themselves, or before a word (3-digit), and both ends of ranges (1-10).
fn numbers(text: &str) -> Vec<BigInt> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ',' | '-' | '\'');
    let words = text.split(|c: char| !is_part(c)).flat_map(|word| {
        let bare = word.trim_end_matches(['.', ',', '\'', '-']).trim_start_matches('\'');
        match bare.split_once('-') {
            Some(("", _)) | None => vec![bare],
            Some((first, rest)) if rest.starts_with(char::is_alphabetic) => vec![first],
            Some((first, rest)) => vec![first, rest],
        }
    });
    let digits = |word: &str| word.strip_prefix('-').unwrap_or(word).len();
    words
        .filter(|word| (1..=DIGITS_MAX).contains(&digits(word)))
        .filter_map(|word| word.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Said {
        said(text, &|name| name == "xs")
    }

    #[test]
    fn what_is_quoted_is_tried_and_names_and_apostrophes_are_not() {
        let found = of(
            "It's joined by ', ' or \"--\"; don't change `xs`, `db` ends it, 'a long sentence is none'",
        );
        assert_eq!(found.quoted, ["--", ", ", "db"]);
    }

    #[test]
    fn numbers_that_stand_alone_are_tried() {
        let found = numbers("Up to 100, or -5. A 3-digit x2 v1.5 12345678901 (7), 1-10");
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["100", "-5", "3", "7", "1", "10"]);
    }

    #[test]
    fn kinds_are_found_by_their_words() {
        assert!(of("Check that parentheses match.").texts.contains(&"(()"));
        assert!(of("Count vowels").texts.contains(&"y"));
        assert!(of("the largest prime factor").ints.contains(&BigInt::from(49)));
        assert_eq!(of("Subtract one."), Said::default());
        assert!(of("a swordfish").texts.is_empty(), "no word begins so");
    }
}
