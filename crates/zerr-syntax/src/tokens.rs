//! Rust tokens, judged for depth before a recursive parser sees them: [`with_tokens`].
//!
//! # Invariants
//! - `syn` is only ever given tokens that passed [`nesting`]: its parser, visitor and
//!   destructors recurse, and a stack overflow would take the whole process down.
//! - No `proc_macro2` span outlives the closure it was made for: the source map is a thread-local
//!   that only grows, and is emptied at the end.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::Span;

/// Stack that a recursive reader may need for one text, in quarters of a KiB. A thread has
/// 2 MiB as a rule; this is half of it. The costs below were measured on `syn` 3, optimised,
/// for parsing, visiting and dropping one more level of each kind.
const COST_MAX: usize = 4000;
const GROUP_COST: usize = 32;
const GENERIC_COST: usize = 28;
const PREFIX_COST: usize = 16;
const CHAIN_COST: usize = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenFailure {
    Lex { message: String, span: Span },
    TooDeep { span: Span },
}

/// Lexes and hands the tokens on. Nothing that holds a `proc_macro2` span may leave `read`.
pub(crate) fn with_tokens<T>(
    text: &str,
    read: impl FnOnce(TokenStream) -> T,
) -> Result<T, TokenFailure> {
    let result = lex(text).map(read);
    proc_macro2::extra::invalidate_current_thread_spans();
    result
}

fn lex(text: &str) -> Result<TokenStream, TokenFailure> {
    let stream: TokenStream = text.parse().map_err(|error: proc_macro2::LexError| {
        let span = Span::from(error.span().byte_range());
        let message = if unbalanced(text) {
            "brackets do not match".to_owned()
        } else {
            format!("`{}` is no Rust token", shown(span, text))
        };
        TokenFailure::Lex { message, span }
    })?;
    match nesting(&stream) {
        Some(span) => Err(TokenFailure::TooDeep { span }),
        None => Ok(stream),
    }
}

fn shown(span: Span, text: &str) -> String {
    text.get(span.start..)
        .and_then(|rest| rest.lines().next())
        .unwrap_or("")
        .chars()
        .take(20)
        .collect()
}

/// A rough reason for people only: counts brackets without regard to strings.
fn unbalanced(text: &str) -> bool {
    [('(', ')'), ('[', ']'), ('{', '}')]
        .into_iter()
        .any(|(open, close)| text.matches(open).count() != text.matches(close).count())
}

/// The place where the tokens nest deeper than a recursive parser should follow.
///
/// Every token is taken to nest in all those before it in its statement, so the sum along the
/// groups around a token bounds the depth there from above.
fn nesting(stream: &TokenStream) -> Option<Span> {
    let mut stack = vec![Level::new(stream.clone(), 0)];
    while let Some(top) = stack.last_mut() {
        let Some(token) = top.tokens.next() else {
            stack.pop();
            continue;
        };
        let cost = top.add(&token);
        if cost > COST_MAX {
            return Some(Span::from(token.span().byte_range()));
        }
        if let TokenTree::Group(group) = token {
            stack.push(Level::new(group.stream(), cost));
        }
    }
    None
}

struct Level {
    tokens: proc_macro2::token_stream::IntoIter,
    /// Cost of everything around this group.
    base: usize,
    /// Cost since the last `;` or `,`.
    chain: usize,
    /// Cost of `<` and `|` since the last `;`: generics and closures nest across commas.
    held: usize,
    /// The token before was an operand, so an operator here is no prefix.
    after_operand: bool,
}

impl Level {
    fn new(tokens: TokenStream, base: usize) -> Self {
        Self { tokens: tokens.into_iter(), base, chain: 0, held: 0, after_operand: false }
    }

    /// Counts one token and returns the cost of what may nest in it.
    fn add(&mut self, token: &TokenTree) -> usize {
        let after_operand = std::mem::replace(&mut self.after_operand, true);
        match token {
            TokenTree::Group(_) => self.chain += GROUP_COST,
            TokenTree::Literal(_) => self.chain += 1,
            TokenTree::Ident(ident) => {
                let nests = NESTING_WORDS.iter().any(|word| ident == word);
                self.after_operand = !nests;
                self.chain += if nests { PREFIX_COST } else { 1 };
            }
            TokenTree::Punct(punct) => {
                self.after_operand = matches!(punct.as_char(), '?' | '>');
                match punct.as_char() {
                    ';' => (self.chain, self.held) = (0, 0),
                    ',' => self.chain = 0,
                    '<' => self.held += GENERIC_COST,
                    '|' => self.held += CHAIN_COST,
                    '=' | '@' => self.chain += CHAIN_COST,
                    '!' | '-' | '&' | '*' if !after_operand => self.chain += PREFIX_COST,
                    _ => self.chain += 1,
                }
            }
        }
        self.base + self.chain + self.held
    }
}

/// Words that may stand before an expression, pattern or type any number of times.
const NESTING_WORDS: &[&str] = &[
    "async", "become", "box", "break", "const", "do", "dyn", "fn", "for", "impl", "in", "let",
    "move", "mut", "raw", "ref", "return", "static", "try", "unsafe", "yield",
];

/// One token of a text whose groups are laid flat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flat {
    pub(crate) kind: FlatKind,
    pub(crate) span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FlatKind {
    /// An identifier or keyword, without `r#`.
    Word(String),
    /// One character of punctuation, and whether the next one belongs to it.
    Punct(char, Spacing),
    Literal(String),
    Open(char),
    Close(char),
}

impl Flat {
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.kind {
            FlatKind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(crate) fn is_punct(&self, character: char) -> bool {
        matches!(&self.kind, FlatKind::Punct(found, _) if *found == character)
    }
}

/// All tokens in order of appearance, groups as their brackets.
pub(crate) fn flatten(stream: &TokenStream) -> Vec<Flat> {
    let mut flat = Vec::new();
    let mut stack: Vec<(proc_macro2::token_stream::IntoIter, Option<Flat>)> =
        vec![(stream.clone().into_iter(), None)];
    while let Some((tokens, close)) = stack.last_mut() {
        let Some(token) = tokens.next() else {
            flat.extend(close.take());
            stack.pop();
            continue;
        };
        let span = Span::from(token.span().byte_range());
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::Brace | Delimiter::None => ('{', '}'),
                };
                let at = |group: proc_macro2::Span| Span::from(group.byte_range());
                flat.push(Flat { kind: FlatKind::Open(open), span: at(group.span_open()) });
                let close = Flat { kind: FlatKind::Close(close), span: at(group.span_close()) };
                stack.push((group.stream().into_iter(), Some(close)));
            }
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                let word = word.strip_prefix("r#").unwrap_or(&word).to_owned();
                flat.push(Flat { kind: FlatKind::Word(word), span });
            }
            TokenTree::Punct(punct) => {
                flat.push(Flat { kind: FlatKind::Punct(punct.as_char(), punct.spacing()), span });
            }
            TokenTree::Literal(literal) => {
                flat.push(Flat { kind: FlatKind::Literal(literal.to_string()), span });
            }
        }
    }
    flat
}

/// The tokens in one line, spaced as rustfmt spaces types.
pub(crate) fn render(stream: TokenStream) -> String {
    let mut out = String::new();
    render_into(stream, &mut out);
    out
}

/// Only for tokens whose depth [`nesting`] has judged.
fn render_into(stream: TokenStream, out: &mut String) {
    let mut after_word = false;
    let mut joint = false;
    for token in stream {
        let was_word = std::mem::replace(&mut after_word, false);
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => {
                        if out.ends_with(['\'']) || was_word {
                            out.push(' ');
                        }
                        ("[", "]")
                    }
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                out.push_str(open);
                render_into(group.stream(), out);
                out.push_str(close);
            }
            TokenTree::Ident(ident) => {
                if was_word {
                    out.push(' ');
                }
                out.push_str(&ident.to_string());
                after_word = true;
            }
            TokenTree::Literal(literal) => {
                if was_word {
                    out.push(' ');
                }
                out.push_str(&literal.to_string());
                after_word = true;
            }
            TokenTree::Punct(punct) => {
                let character = punct.as_char();
                match character {
                    '\'' => {
                        if was_word {
                            out.push(' ');
                        }
                        out.push('\'');
                    }
                    ',' | ';' => {
                        out.push(character);
                        out.push(' ');
                    }
                    '+' => out.push_str(" + "),
                    '=' => out.push_str(" = "),
                    '-' if punct.spacing() == Spacing::Joint => out.push_str(" -"),
                    '>' if joint && out.ends_with('-') => out.push_str("> "),
                    ':' if !joint && punct.spacing() == Spacing::Alone => out.push_str(": "),
                    '&' | '*' if was_word => {
                        out.push(' ');
                        out.push(character);
                    }
                    _ => out.push(character),
                }
                joint = punct.spacing() == Spacing::Joint;
                continue;
            }
        }
        joint = false;
    }
    if out.ends_with(", ") || out.ends_with("; ") {
        out.truncate(out.len() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests run on threads of 2 MiB, which is what this is about.
    #[test]
    fn nothing_that_passes_the_judge_overflows_the_parser() {
        let nests = [
            ("!", "x", ""),
            ("-", "1", ""),
            ("&", "x", ""),
            ("*", "x", ""),
            ("|| ", "x", ""),
            ("|a, b| ", "x", ""),
            ("return ", "1", ""),
            ("break ", "1", ""),
            ("let a = ", "b", ""),
            ("", "x", ".a"),
            ("", "x", "?"),
            ("", "x", " as i32"),
            ("", "1", "+1"),
            ("x=", "x", ""),
            ("if a {} else ", "{}", ""),
            ("", "x", ".f()"),
            ("&raw const ", "x", ""),
            ("(", "x", ")"),
            ("[", "x", "]"),
            ("{", "x", "}"),
            ("f(", "x", ")"),
            ("if a {", "x", "}"),
            ("match x {_=>", "x", "}"),
            ("S{a:", "x", "}"),
            ("'a: loop {", "", "}"),
            ("move || {", "1", "}"),
            ("x.f(|a| ", "1", ")"),
            ("<", "T", " as U>::a"),
            ("x as V<", "i32", ">"),
            ("x as V<i32, ", "i32", ">"),
            ("x as fn()->", "i32", ""),
            ("x as &", "i32", ""),
            ("x as *const ", "i32", ""),
            ("{ let ref a@", "x", " = 1; }"),
            ("{ fn f() {", "x", "} }"),
        ];
        for (open, core, close) in nests {
            for count in [30, 50, 90, 120, 160, 220, 300, 500, 1000, 4000, 16000] {
                let body = format!("{}{core}{}", open.repeat(count), close.repeat(count));
                let text = format!("fn f() {{ let q = {body}; }}");
                let outcome =
                    with_tokens(&text, |tokens| syn::parse2::<syn::ItemFn>(tokens).is_ok());
                // That the process is still there is the point; shallow text must also parse.
                assert!(count > 30 || outcome.is_ok(), "{open} {outcome:?}");
            }
        }
    }

    #[test]
    fn ordinary_nesting_passes() {
        let nested = format!("fn f() {{ {}x{} }}", "if a { b(".repeat(25), "); }".repeat(25));
        assert_eq!(with_tokens(&nested, |_| ()), Ok(()));
        let branches = format!("fn f() {{ {} {{}} }}", "if a == 1 { b() } else ".repeat(60));
        assert_eq!(with_tokens(&branches, |_| ()), Ok(()));
    }

    #[test]
    fn brackets_without_end_are_a_failure_and_not_a_crash() {
        for text in ["(".repeat(100_000), "(((".repeat(2000) + &")))".repeat(2000)] {
            assert!(with_tokens(&text, |_| ()).is_err());
        }
    }
}
