//! Rust tokens, judged for depth before a recursive parser sees them: [`with_tokens`].
//!
//! # Invariants
//! - `syn` is only ever given tokens that passed [`nesting`]: its parser, visitor and
//!   destructors recurse, and a stack overflow would take the whole process down.
//! - No `proc_macro2` span outlives the closure it was made for: the source map is a thread-local
//!   that only grows, and is emptied at the end.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

use crate::Span;

/// Most tokens that may stand, counted from the start of their statement and along all groups
/// around them, before another one. A long expression nests at most once a token.
const CHAIN_MAX: usize = 1200;
/// A group costs a recursive parser about this many plain tokens of stack.
const GROUP_COST: usize = 12;

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
    [('(', ')'), ('[', ']'), ('{', '}')].into_iter().any(|(open, close)| {
        text.matches(open).count() != text.matches(close).count()
    })
}

/// The place where the tokens nest deeper than a recursive parser should follow.
fn nesting(stream: &TokenStream) -> Option<Span> {
    struct Level {
        tokens: proc_macro2::token_stream::IntoIter,
        /// Cost of everything around this group.
        base: usize,
        /// Tokens since the last `;` or `,`.
        chain: usize,
        /// `<` and `|` since the last `;`: generics and closures nest across commas.
        held: usize,
    }
    let level = |stream: TokenStream, base| Level {
        tokens: stream.into_iter(),
        base,
        chain: 0,
        held: 0,
    };
    let mut stack = vec![level(stream.clone(), 0)];
    while let Some(top) = stack.last_mut() {
        let Some(token) = top.tokens.next() else {
            stack.pop();
            continue;
        };
        top.chain += 1;
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                ';' => (top.chain, top.held) = (0, 0),
                ',' => top.chain = 0,
                '<' | '|' => top.held += 1,
                _ => {}
            }
        }
        let cost = top.base + top.chain + top.held;
        if cost > CHAIN_MAX {
            return Some(Span::from(token.span().byte_range()));
        }
        if let TokenTree::Group(group) = token {
            let inner = level(group.stream(), cost + GROUP_COST);
            stack.push(inner);
        }
    }
    None
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
                joint = false;
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
