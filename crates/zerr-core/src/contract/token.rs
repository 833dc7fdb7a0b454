//! Words of a contract, [`Token`], each with its place.

use zerr_syntax::Span;

use super::ContractError;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name or a word such as `and`.
    Word(String),
    /// Digits of an integer, without `_`.
    Int(String),
    /// A float as Rust reads it.
    Float(String),
    /// A text, decoded.
    Str(String),
    /// One or two characters of punctuation.
    Sign(&'static str),
    End,
}

/// Longest first, so that `==` is not read as two `=`.
const SIGNS: &[&str] = &[
    "..=", "==", "!=", "<=", ">=", "&&", "||", "=>", "->", "//", "**", "..", "<", ">", "=", "+",
    "-", "*", "/", "%", "!", "(", ")", "[", "]", ",", ":", ".", "&", "|", "^",
];

pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, ContractError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = if first.is_alphabetic() || first == '_' {
            let word: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let length = word.len();
            (Token::Word(word), length)
        } else if first.is_ascii_digit() {
            number(rest)
        } else if first == '"' || first == '\'' {
            quoted(rest, first, at)?
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            let span = Span::new(at, at + first.len_utf8());
            return Err(ContractError::new(format!("unexpected character `{first}`"), span, None));
        };
        found.push((token, Span::new(at, at + length)));
        at += length;
    }
    found.push((Token::End, Span::new(text.len(), text.len())));
    Ok(found)
}

fn number(rest: &str) -> (Token, usize) {
    let bytes = rest.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(|b| b.is_ascii_digit() || *b == b'_');
    let mut end = 0;
    while digit(end) {
        end += 1;
    }
    let mut is_float = false;
    // `1..5` is a range, `1.` is a float in neither language's habit.
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        is_float = true;
        end += 1;
        while digit(end) {
            end += 1;
        }
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let mut exponent = end + 1;
        if matches!(bytes.get(exponent), Some(b'-' | b'+')) {
            exponent += 1;
        }
        if bytes.get(exponent).is_some_and(u8::is_ascii_digit) {
            is_float = true;
            end = exponent;
            while digit(end) {
                end += 1;
            }
        }
    }
    let text: String = rest.chars().take(end).filter(|c| *c != '_').collect();
    (if is_float { Token::Float(text) } else { Token::Int(text) }, end)
}

fn quoted(rest: &str, quote: char, at: usize) -> Result<(Token, usize), ContractError> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    let unknown = |start: usize, end: usize| {
        ContractError::new(
            "unknown escape in a text",
            Span::new(at + start, at + end),
            Some(r#"\n, \t, \r, \0, \\, \", \' and \u{…} are known"#.to_owned()),
        )
    };
    while let Some((i, c)) = chars.next() {
        if c == quote {
            return Ok((Token::Str(text), i + 1));
        }
        if c == '\n' {
            break;
        }
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            Some((_, 'n')) => text.push('\n'),
            Some((_, 't')) => text.push('\t'),
            Some((_, 'r')) => text.push('\r'),
            Some((_, '0')) => text.push('\0'),
            Some((_, c @ ('\\' | '"' | '\''))) => text.push(c),
            Some((_, 'u')) => {
                let mut digits = String::new();
                let mut end = i + 2;
                for (j, c) in chars.by_ref() {
                    end = j + c.len_utf8();
                    match c {
                        '{' if digits.is_empty() => {}
                        '}' => break,
                        c if digits.len() < 6 => digits.push(c),
                        _ => return Err(unknown(i, end)),
                    }
                }
                match u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
                    Some(c) => text.push(c),
                    None => return Err(unknown(i, end)),
                }
            }
            Some((j, c)) => return Err(unknown(i, j + c.len_utf8())),
            None => break,
        }
    }
    Err(ContractError::new(
        "text without an end",
        Span::new(at, at + rest.len()),
        Some(format!("close it with {quote}")),
    ))
}
