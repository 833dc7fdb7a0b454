//! Types that a documentation's words say: [`of_param`], [`of_result`].
//!
//! A guess for functions without annotations and without examples that show more; whoever uses it says
//! so.

/// Nouns and the type that they mean of one value; their plurals mean several.
const NOUNS: &[(&str, &str)] = &[
    ("integer", "int"),
    ("int", "int"),
    ("whole number", "int"),
    ("natural number", "int"),
    ("number", "int"),
    ("float", "float"),
    ("real number", "float"),
    ("decimal", "float"),
    ("string", "str"),
    ("text", "str"),
    ("sentence", "str"),
    ("word", "str"),
    ("boolean", "bool"),
];

/// Words before what a function is given.
const TAKES: &[&str] = &["given", "takes", "take", "accepts", "receives"];

/// How far behind such a word that stands.
const TAKEN_WITHIN: usize = 8;

/// Nouns that hold others.
const HOLDERS: &[&str] = &["list", "array", "sequence"];

/// What the words say of a parameter; `alone` where the function has no other one.
pub(super) fn of_param(name: &str, is_alone: bool, doc: &str) -> Option<String> {
    let text = plain(doc);
    let words: Vec<&str> = text.split_whitespace().collect();
    let name = name.to_lowercase();
    for (at, word) in words.iter().enumerate() {
        if *word != name || at == 0 {
            continue;
        }
        // `integer n`, `integers n and m`, `list of integers xs`, `n cars` says nothing.
        let before = words.get(at.saturating_sub(6)..at)?;
        if let Some(ty) = noun_at_end(before) {
            return Some(ty);
        }
        // `xs of integers`
        if let [Some("of"), Some(noun)] = [words.get(at + 1).copied(), words.get(at + 2).copied()]
            && let Some(ty) = plural(noun)
        {
            return Some(format!("list[{ty}]"));
        }
    }
    if !is_alone {
        return None;
    }
    // The first thing that it says to take.
    let taken = words.iter().position(|word| TAKES.contains(word))?;
    let behind = words.get(taken + 1..)?;
    (1..=behind.len().min(TAKEN_WITHIN)).find_map(|end| noun_at_end(behind.get(..end)?))
}

/// What the words say of the result.
pub(super) fn of_result(doc: &str) -> Option<String> {
    let text = plain(doc);
    let words: Vec<&str> = text.split_whitespace().collect();
    let verbs =
        ["return", "returns", "returned", "output", "outputs", "computes", "counts", "find"];
    for (at, word) in words.iter().enumerate() {
        if !verbs.contains(word) {
            continue;
        }
        if word.starts_with("count") {
            return Some("int".to_owned());
        }
        for next in words.get(at + 1..).unwrap_or_default().iter().take(4) {
            match *next {
                "true" | "false" => return Some("bool".to_owned()),
                "number" | "count" | "sum" | "total" | "product" | "length" | "index" => {
                    return Some("int".to_owned());
                }
                "string" => return Some("str".to_owned()),
                "list" | "array" | "tuple" | "dictionary" | "set" => return None,
                _ => {}
            }
        }
    }
    None
}

/// Whether the words say that there may be numbers that are none of the integers that the examples show:
/// `ignore numbers that are not integers`, `a list of integers and floats`.
pub(super) fn tells_of_fractions(doc: &str) -> bool {
    const LEFT_OUT: &[&str] = &["ignore", "ignores", "ignoring", "skip", "skips", "skipping"];
    const OTHERS: &[&str] = &[
        "not integers",
        "not an integer",
        "non integers",
        "non integer",
        "floats",
        "decimals",
        "fractions",
    ];
    const BESIDE: &[&str] =
        &["integers and floats", "integers or floats", "ints and floats", "ints or floats"];
    doc.split(['.', ';']).any(|sentence| {
        let words: Vec<String> = plain(sentence).split_whitespace().map(str::to_owned).collect();
        let text = format!(" {} ", words.join(" "));
        let has = |words: &&str| text.contains(&format!(" {words} "));
        let ignores = words.iter().any(|word| LEFT_OUT.contains(&word.as_str()));
        let denies = ["no", "without", "never"].iter().any(has);
        !denies && (BESIDE.iter().any(has) || (ignores && OTHERS.iter().any(has)))
    })
}

/// Lower case, without punctuation.
fn plain(doc: &str) -> String {
    let keep = |c: char| if c.is_alphanumeric() || c == '_' { c } else { ' ' };
    doc.to_lowercase().chars().map(keep).collect()
}

/// The type that the last words name: `a list of integers`, `two positive integers n and`.
fn noun_at_end(words: &[&str]) -> Option<String> {
    let mut words = words;
    // `integers n and m`: the other name and what joins them.
    if let [rest @ .., noun, _, "and"] = words
        && plural(noun).is_some()
    {
        words = words.get(..rest.len() + 1)?;
    }
    let (last, before) = words.split_last()?;
    if let Some(ty) = plural(last) {
        let holder = before.iter().rev().take(3).find(|word| HOLDERS.contains(word));
        let is_held = holder.is_some() && before.contains(&"of");
        return Some(if is_held { format!("list[{ty}]") } else { ty.to_owned() });
    }
    NOUNS.iter().find(|(noun, _)| noun == last).map(|(_, ty)| (*ty).to_owned())
}

fn plural(word: &str) -> Option<&'static str> {
    let noun = word.strip_suffix('s')?;
    NOUNS.iter().find(|(known, _)| *known == noun).map(|(_, ty)| *ty)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_before_a_name_say_its_type() {
        for (name, doc, expected) in [
            ("n", "Given a positive integer n, return the count.", Some("int")),
            ("m", "You are given two positive integers n and m, compute", Some("int")),
            ("s", "We are given two strings s and c, delete", Some("str")),
            ("arr", "We have an array 'arr' of N integers.", None),
            ("xs", "an array xs of integers", Some("list[int]")),
            ("arr", "Given a non-empty array of integers arr and an integer k", Some("list[int]")),
            ("n", "n cars are driving", None),
        ] {
            assert_eq!(of_param(name, false, doc).as_deref(), expected, "{doc}");
        }
        assert_eq!(of_param("q", true, "Takes a list of strings.").as_deref(), Some("list[str]"));
        assert_eq!(of_param("q", true, "Counts.").as_deref(), None);
        assert_eq!(of_param("s", true, "Return the number of vowels.").as_deref(), None);
    }

    #[test]
    fn words_tell_of_numbers_that_no_example_shows() {
        assert!(tells_of_fractions("Ignore numbers that are negative or not\n  integers."));
        assert!(tells_of_fractions("It takes integers and floats."));
        for none in [
            "Converts an integer from decimal to binary, not a float.",
            "Do not use floats.",
            "Takes no integers or floats.",
            "Rounds to so many decimals.",
            "Raises TypeError for what is not an integer. Ignore the rest.",
        ] {
            assert!(!tells_of_fractions(none), "{none}");
        }
    }

    #[test]
    fn what_is_returned_says_the_type_of_the_result() {
        for (doc, expected) in [
            ("it returns True if there are three", Some("bool")),
            ("This function outputs the number of such collisions.", Some("int")),
            ("Returns decoded string.", Some("str")),
            ("return a list of the numbers", None),
            ("Sorts.", None),
        ] {
            assert_eq!(of_result(doc).as_deref(), expected, "{doc}");
        }
    }
}
