//! Lines that are examples to a reader and name something else: [`meant`].
//!
//! The documentation of `sorted_list_sum` says `list_sort(["aa", "a"]) => ["aa"]`, that of `is_happy` says
//! `is_happy(abcd) => True`. What is meant is somebody's to say; where nobody is there to be asked, a text
//! can be [`reworded`].

use std::collections::BTreeSet;

use super::{DOC_BYTES_MAX, closing, constant_word, find, find_all, split_top};
use crate::Language;

/// Calls without quotes that have to be there for their words to be taken for texts and not for variables,
/// and as many different words.
const BARE_MIN: usize = 3;

/// Letters of a word that two names have to share to be taken for names of one function. `get` says
/// nothing.
const SHARED_LETTERS_MIN: usize = 4;

/// What stands in a documentation and what is meant by it, for a function without examples of its own:
/// another name that all examples call, or texts without quotes. Empty where there is nothing of the
/// kind, or more than one way to read it.
pub(crate) fn meant(
    language: Language,
    name: &str,
    params: &[&str],
    doc: &str,
) -> Vec<(String, String)> {
    let has_none = || find_all(language, name, params, doc).is_empty();
    if name.is_empty() || params.is_empty() || doc.len() > DOC_BYTES_MAX || !has_none() {
        return Vec::new();
    }
    let calls: Vec<Call<'_>> = doc.lines().filter_map(Call::on).collect();
    if calls.iter().any(|call| call.name == name) {
        return bare_texts(language, name, params, &calls);
    }
    let names: BTreeSet<&str> = calls.iter().map(|call| call.name).collect();
    let (Some(other), 1) = (names.first(), names.len()) else { return Vec::new() };
    let found = find(language, other, doc);
    let fits = |count: usize| count == params.len();
    if found.is_empty()
        || !found.iter().all(|example| fits(example.args_text.len()))
        // One word is a function that everybody knows: `sum`, `sorted`.
        || !other.contains('_')
        || !shares_a_word(name, other)
    {
        return Vec::new();
    }
    vec![(format!("{other}("), format!("{name}("))]
}

/// Calls with words for texts, such as `is_happy(abcd) => True`, and the same with quotes.
fn bare_texts(
    language: Language,
    name: &str,
    params: &[&str],
    calls: &[Call<'_>],
) -> Vec<(String, String)> {
    let mut words: BTreeSet<&str> = BTreeSet::new();
    let mut pairs: Vec<(String, String)> = Vec::new();
    for call in calls {
        let is_text = |arg: &String| {
            arg.chars().all(|c| c.is_ascii_alphabetic())
                && !params.contains(&arg.as_str())
                && constant_word(language, arg).is_none()
        };
        let args = split_top(call.inside, ',');
        let quoted: Vec<String> = args.iter().map(|arg| format!("\"{arg}\"")).collect();
        let reworded = format!("{name}({})", quoted.join(", "));
        let line = format!("{reworded}{}", call.rest.trim_end());
        // Nothing but the value follows.
        let is_whole = find(language, name, &line).iter().any(|one| one.span.end == line.len());
        if call.name != name || args.len() != params.len() || !args.iter().all(is_text) || !is_whole
        {
            return Vec::new();
        }
        words.extend(call.inside.split(',').map(str::trim));
        let pair = (format!("{name}({})", call.inside), reworded);
        if !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    if words.len().min(pairs.len()) < BARE_MIN { Vec::new() } else { pairs }
}

/// A text with what is meant in place of what is written; `None` where that is the same.
pub(crate) fn reworded(text: &str, pairs: &[(String, String)]) -> Option<String> {
    let mut found = text.to_owned();
    for (written, meant) in pairs {
        let (mut done, mut rest) = (String::new(), found.as_str());
        while let Some((before, after)) = rest.split_once(written.as_str()) {
            done.push_str(before);
            let goes_on = done.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.'));
            done.push_str(if goes_on { written } else { meant });
            rest = after;
        }
        done.push_str(rest);
        found = done;
    }
    (found != text).then_some(found)
}

/// A call that a line begins with, perhaps behind what announces an example.
struct Call<'a> {
    name: &'a str,
    inside: &'a str,
    rest: &'a str,
}

impl<'a> Call<'a> {
    fn on(line: &'a str) -> Option<Self> {
        let mut text = line.trim_start_matches(|c: char| {
            c.is_whitespace() || c.is_ascii_digit() || "-*.>`".contains(c)
        });
        for word in ["assert_eq!(", "assert!(", "assert "] {
            text = text.strip_prefix(word).unwrap_or(text);
        }
        let open = text.find('(')?;
        let name = text.get(..open)?;
        let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let is_name = begins && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let close = closing(text, open).filter(|_| is_name)?;
        Some(Self { name, inside: text.get(open + 1..close)?, rest: text.get(close + 1..)? })
    }
}

/// Whether two names have a word in common, as `list_sort` and `sorted_list_sum` have.
fn shares_a_word(one: &str, other: &str) -> bool {
    let words = |name: &str| -> BTreeSet<String> {
        name.split('_')
            .filter(|word| word.len() >= SHARED_LETTERS_MIN)
            .map(str::to_ascii_lowercase)
            .collect()
    };
    !words(one).is_disjoint(&words(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, params: &[&str], doc: &str) -> Vec<(String, String)> {
        meant(Language::Python, name, params, doc)
    }

    #[test]
    fn another_name_that_all_examples_call_is_told() {
        let doc = "Sorts by length. For example:\nassert list_sort([\"aa\", \"a\"]) => [\"aa\"]\nassert list_sort([]) => []";
        let pair = ("list_sort(".to_owned(), "sorted_list_sum(".to_owned());
        assert_eq!(of("sorted_list_sum", &["lst"], doc), [pair]);
        for (name, params, doc) in [
            // An example of its own.
            ("sorted_list", vec!["xs"], "list_sort([1]) => [1]\nsorted_list([2]) => [2]"),
            // Two of them.
            ("sorted_list", vec!["xs"], "list_sort([1]) => [1]\nlist_cut([2]) => [2]"),
            // Nothing in common, or next to nothing.
            ("sorted_list", vec!["xs"], "len([1]) => 1"),
            ("get_max", vec!["xs"], "get_min([1, 2]) => 1"),
            ("sort_words", vec!["xs"], "sort([1, 2]) => [1, 2]"),
            ("sorted_list", vec!["xs", "k"], "list_sort([1]) => [1]"),
            // In a sentence it is a comparison.
            ("sorted_list", vec!["xs"], "Unlike list_sort([1]) => [1] it goes down."),
            ("sorted_list", vec!["xs"], "list_sort(xs) sorts, too."),
        ] {
            assert!(of(name, &params, doc).is_empty(), "{doc}");
        }
    }

    #[test]
    fn texts_without_quotes_are_told() {
        let doc = "Happy:\nis_happy(a) => False\nis_happy(abcd) => True\n- is_happy(xyy) => False";
        let found = of("is_happy", &["s"], doc);
        assert_eq!(found.len(), 3);
        assert_eq!(found[1], ("is_happy(abcd)".to_owned(), "is_happy(\"abcd\")".to_owned()));
        for doc in [
            // The parameter itself, too few calls, a number among them, truth values, sentences.
            "is_happy(s) => False\nis_happy(abcd) => True\nis_happy(xyy) => False",
            "is_happy(a) => False\nis_happy(abcd) => True",
            "is_happy(a) => False\nis_happy(abcd) => True\nis_happy(2) => False",
            "is_happy(true) => False\nis_happy(false) => True\nis_happy(null) => False\nis_happy(a) => True",
            "is_happy(a) => False when it is short\nis_happy(abcd) => True\nis_happy(xyy) => False",
            "is_happy(a) is it\nis_happy(abcd) is, too\nis_happy(xyy) is not",
        ] {
            assert!(of("is_happy", &["s"], doc).is_empty(), "{doc}");
        }
    }

    #[test]
    fn a_text_says_what_is_meant() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        let text = "def is_prime_sum(n):\n    prime_sum(3) => 5, xs.prime_sum(3)";
        let meant = reworded(text, &[pair("prime_sum(", "is_prime_sum(")]);
        assert_eq!(
            meant.as_deref(),
            Some("def is_prime_sum(n):\n    is_prime_sum(3) => 5, xs.prime_sum(3)")
        );
        assert_eq!(reworded(text, &[pair("other(", "is_prime_sum(")]), None);
    }
}
