//! The signs of a description: what it quotes, and what stands between its words. Main function: [`signs`].
//!
//! "Join the words with ';'" has the words of "join the words with ', '". Which texts a phrasing of the curriculum has
//! is read in the same way by `export.py`, which writes the card.
//!
//! # Non-goals
//! Letters and digits in quotes: they are words.

/// Signs that mean something wherever they stand.
const ANYWHERE: &str = "+*%^|&~@$#\\";

/// Stands for a space in a quoted text without words.
const SPACE: char = '␣';

/// A quoted text without words as it is, each sign of one with words, and what stands alone between words or is an
/// operator. In their order, and as often as they occur.
pub(super) fn signs(description: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut around = String::new();
    // As a Python docstring may write a quote.
    let unescaped = description.replace("\\\"", "\"");
    let mut rest = unescaped.as_str();
    while let Some(c) = rest.chars().next() {
        let Some((inner, behind)) = quoted(rest, around.chars().next_back()) else {
            around.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        };
        if !inner.contains(char::is_alphanumeric) {
            let spaced = |c: char| if c.is_whitespace() { SPACE } else { c };
            found.push(inner.chars().map(spaced).collect());
        } else if c != '`' {
            // Signs of comparison are words.
            let is_sign = |c: &char| {
                !c.is_alphanumeric() && !c.is_whitespace() && !matches!(c, '_' | '<' | '>' | '=')
            };
            found.extend(inner.chars().filter(is_sign).map(String::from));
        }
        // What was quoted stands for a word, so that "`a`, `b`" has no comma of its own.
        around.push('p');
        rest = behind;
    }
    found.extend(around.chars().filter(|c| ANYWHERE.contains(*c)).map(String::from));
    let alone = |word: &&str| word.chars().all(|c| matches!(c, ';' | ':' | ',' | '/'));
    found.extend(around.split_whitespace().filter(alone).map(str::to_owned));
    found
}

/// A quoted text at the beginning and what is behind it. An apostrophe inside a word quotes nothing.
fn quoted(text: &str, before: Option<char>) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let close = match open {
        '"' | '`' => open,
        '“' => '”',
        '\'' if !before.is_some_and(char::is_alphanumeric) => open,
        _ => return None,
    };
    let inner = text.get(open.len_utf8()..)?;
    let ends = inner.match_indices(close).map(|(at, _)| at).find(|at| {
        let behind = inner.get(at + close.len_utf8()..).unwrap_or_default();
        open != '\'' || !behind.starts_with(char::is_alphanumeric)
    })?;
    let behind = inner.get(ends + close.len_utf8()..)?;
    (ends > 0).then(|| (inner.get(..ends).unwrap_or_default(), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(description: &str, expected: &[&str]) {
        assert_eq!(signs(description), expected, "{description}");
    }

    #[test]
    fn what_is_quoted_without_words_is_one_sign() {
        check("join the words with \", \"", &[",␣"]);
        check("join the words with ';' or `|` or “--”", &[";", "|", "--"]);
        check(r#"print \"*** \" in front"#, &["***␣"]);
        check("a blank \" \" and a quote '\"'", &["␣", "\""]);
    }

    #[test]
    fn signs_beside_quoted_words_stand_for_themselves() {
        check("a price like \"$7.25\", in \"a < b\"", &["$", "."]);
        check("a web color like \"#00ff7f\"", &["#"]);
    }

    #[test]
    fn operators_and_signs_between_words_are_signs_and_punctuation_is_none() {
        check("compute `a` * `b` / c", &["*", "/"]);
        check("split at ; and return x, y and/or z; nothing else: the rest.", &[";"]);
        check("the words of `a`, `b`", &[]);
    }

    #[test]
    fn an_apostrophe_quotes_nothing() {
        check("the players' names don't hold a player's 'x-y'", &["-"]);
        check("what is never closed ' ; or \"", &[";"]);
        check("nothing is in \"\" or ''", &[]);
    }
}
