//! From a contract's text to its tree: [`tree`].
//!
//! Loosest first: `if … then … else …`, `implies` (to the right), `or`, `and`, `not`, one
//! comparison, `+ -`, `* / // %`, unary `-` and `!`, then `x[i]`, `f(x)`, `x.f(y)`.

use zerr_syntax::Span;

use super::ContractError;
use super::token::{Token, tokens};
use super::tree::{DEPTH_MAX, Each, Expr, Node, Op};

/// Longer contracts are not read, in bytes.
pub(super) const TEXT_BYTES_MAX: usize = 4_000;

pub(super) fn tree(text: &str) -> Result<Expr, ContractError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(ContractError::new(
            format!("longer than {TEXT_BYTES_MAX} bytes"),
            Span::new(0, text.len()),
            Some("write several contracts".to_owned()),
        ));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, nesting: 0 };
    if parser.token() == &Token::End {
        return Err(ContractError::new("empty contract", Span::new(0, text.len()), None));
    }
    let expr = parser.expression()?;
    match parser.token() {
        Token::End => Ok(expr),
        _ => Err(parser.unexpected("the end")),
    }
}

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    nesting: usize,
}

impl Parser {
    fn token(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    fn after(&self, steps: usize) -> &Token {
        self.tokens.get(self.at + steps).map_or(&Token::End, |(token, _)| token)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(Span::default(), |(_, span)| *span)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.token(), Token::Word(found) if found == word)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.token(), Token::Sign(found) if *found == sign)
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn expect_sign(&mut self, sign: &'static str) -> Result<(), ContractError> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    fn expect_word(&mut self, word: &'static str) -> Result<(), ContractError> {
        if self.take_word(word) { Ok(()) } else { Err(self.unexpected(&format!("`{word}`"))) }
    }

    fn unexpected(&self, wanted: &str) -> ContractError {
        let (found, hint) = match self.token() {
            Token::End => ("the end of the contract".to_owned(), None),
            Token::Word(word) => (format!("`{word}`"), None),
            Token::Int(text) | Token::Float(text) => (format!("`{text}`"), None),
            Token::Str(text) => (format!("{text:?}"), None),
            Token::Sign(sign) => {
                let hint = match *sign {
                    "=" => Some("write `==` to compare"),
                    "=>" => Some("write `>=` to compare, `implies` for a consequence"),
                    "->" => Some("write `implies`"),
                    "&" => Some("write `and`"),
                    "|" => Some("write `or`"),
                    "^" | "**" => Some("write `pow(x, n)` for powers"),
                    _ => None,
                };
                (format!("`{sign}`"), hint)
            }
        };
        ContractError::new(
            format!("expected {wanted}, found {found}"),
            self.span(),
            hint.map(str::to_owned),
        )
    }

    /// Runs `inner` one level deeper.
    fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ContractError>,
    ) -> Result<T, ContractError> {
        if self.nesting >= DEPTH_MAX {
            return Err(too_deep(self.span()));
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    fn expression(&mut self) -> Result<Expr, ContractError> {
        self.nested(|parser| parser.binary(1))
    }

    fn if_then_else(&mut self) -> Result<Expr, ContractError> {
        let start = self.span().start;
        self.at += 1;
        let condition = self.expression()?;
        self.expect_word("then")?;
        let yes = self.expression()?;
        self.expect_word("else")?;
        let no = self.expression()?;
        let end = no.span.end;
        node(Node::If(Box::new(condition), Box::new(yes), Box::new(no)), Span::new(start, end))
    }

    fn operator(&self) -> Option<(Op, usize)> {
        let op = match self.token() {
            Token::Word(word) => match word.as_str() {
                "implies" => Op::Implies,
                "or" => Op::Or,
                "and" => Op::And,
                "in" => Op::In,
                "not" if matches!(self.after(1), Token::Word(word) if word == "in") => {
                    return Some((Op::NotIn, 2));
                }
                _ => return None,
            },
            Token::Sign(sign) => match *sign {
                "||" => Op::Or,
                "&&" => Op::And,
                "==" => Op::Eq,
                "!=" => Op::Ne,
                "<" => Op::Lt,
                "<=" => Op::Le,
                ">" => Op::Gt,
                ">=" => Op::Ge,
                "+" => Op::Add,
                "-" => Op::Sub,
                "*" => Op::Mul,
                "/" => Op::Div,
                "//" => Op::FloorDiv,
                "%" => Op::Rem,
                _ => return None,
            },
            _ => return None,
        };
        Some((op, 1))
    }

    fn binary(&mut self, weakest: u8) -> Result<Expr, ContractError> {
        let mut left = self.prefix(weakest)?;
        // A comparison made by this very loop; one in parentheses comes from `prefix`.
        let mut compared: Option<Op> = None;
        while let Some((op, length)) = self.operator() {
            let strength = op.strength();
            if strength < weakest {
                break;
            }
            if op.is_comparison()
                && let Some(before) = compared
            {
                return Err(ContractError::new(
                    "comparisons cannot be chained",
                    self.span(),
                    Some(format!("write `a {} b and b {} c`", before.text(), op.text())),
                ));
            }
            self.at += length;
            let right = if op == Op::Implies {
                self.nested(|parser| parser.binary(strength))?
            } else if matches!(op, Op::In | Op::NotIn) {
                self.nested(Self::domain)?
            } else {
                self.nested(|parser| parser.binary(strength + 1))?
            };
            compared = op.is_comparison().then_some(op);
            let span = Span::new(left.span.start, right.span.end);
            left = node(Node::Binary(op, Box::new(left), Box::new(right)), span)?;
        }
        Ok(left)
    }

    fn prefix(&mut self, weakest: u8) -> Result<Expr, ContractError> {
        let start = self.span().start;
        if self.is_word("if") {
            return self.nested(Self::if_then_else);
        }
        if self.is_word("not") && weakest <= 4 {
            self.at += 1;
            let inner = self.nested(|parser| parser.binary(4))?;
            let span = Span::new(start, inner.span.end);
            return node(Node::Not(Box::new(inner)), span);
        }
        if self.take_sign("!") {
            let inner = self.nested(|parser| parser.prefix(8))?;
            let span = Span::new(start, inner.span.end);
            return node(Node::Not(Box::new(inner)), span);
        }
        if self.take_sign("-") {
            let inner = self.nested(|parser| parser.prefix(8))?;
            let span = Span::new(start, inner.span.end);
            return node(Node::Neg(Box::new(inner)), span);
        }
        self.postfix()
    }

    fn postfix(&mut self) -> Result<Expr, ContractError> {
        let mut expr = self.primary()?;
        loop {
            let start = expr.span.start;
            if self.take_sign("[") {
                let index = self.expression()?;
                let end = self.span().end;
                self.expect_sign("]")?;
                let span = Span::new(start, end);
                expr = node(Node::Index(Box::new(expr), Box::new(index)), span)?;
            } else if self.is_sign(".") {
                let (Token::Word(name), Token::Sign("(")) = (self.after(1), self.after(2)) else {
                    self.at += 1;
                    return Err(self.unexpected("a function's name and `(`"));
                };
                let name = name.clone();
                self.at += 3;
                let mut args = vec![expr];
                let end = self.arguments(&mut args, ")")?;
                expr = node(Node::Call(name, args), Span::new(start, end))?;
            } else {
                return Ok(expr);
            }
        }
    }

    /// Reads `a, b)` up to and with the closing sign; returns where that ends.
    fn arguments(
        &mut self,
        args: &mut Vec<Expr>,
        close: &'static str,
    ) -> Result<usize, ContractError> {
        loop {
            let end = self.span().end;
            if self.take_sign(close) {
                return Ok(end);
            }
            args.push(self.expression()?);
            let end = self.span().end;
            if self.take_sign(close) {
                return Ok(end);
            }
            if !self.take_sign(",") {
                return Err(self.unexpected(&format!("`,` or `{close}`")));
            }
        }
    }

    fn primary(&mut self) -> Result<Expr, ContractError> {
        let span = self.span();
        let token = self.token().clone();
        let leaf = |value: Node| node(value, span);
        match token {
            Token::Int(digits) => {
                self.at += 1;
                match digits.parse() {
                    Ok(number) => leaf(Node::Int(number)),
                    Err(_) => Err(ContractError::new("not an integer", span, None)),
                }
            }
            Token::Float(text) => {
                self.at += 1;
                match text.parse::<f64>() {
                    Ok(float) if float.is_finite() => leaf(Node::Float(float)),
                    _ => Err(ContractError::new("not a float that f64 holds", span, None)),
                }
            }
            Token::Str(text) => {
                self.at += 1;
                leaf(Node::Str(text))
            }
            Token::Sign("(") => {
                self.at += 1;
                if self.take_sign(")") {
                    return leaf(Node::Tuple(Vec::new()));
                }
                let first = self.expression()?;
                let end = self.span().end;
                if self.take_sign(")") {
                    // The parentheses belong to what is shown when it is wrong.
                    return Ok(Expr { span: Span::new(span.start, end), ..first });
                }
                self.expect_sign(",")?;
                let mut items = vec![first];
                let end = self.arguments(&mut items, ")")?;
                node(Node::Tuple(items), Span::new(span.start, end))
            }
            Token::Sign("[") => {
                self.at += 1;
                let mut items = Vec::new();
                let end = self.arguments(&mut items, "]")?;
                node(Node::List(items), Span::new(span.start, end))
            }
            Token::Word(word) => {
                self.at += 1;
                match word.as_str() {
                    "true" | "True" => leaf(Node::Bool(true)),
                    "false" | "False" => leaf(Node::Bool(false)),
                    "None" => leaf(Node::None),
                    "and" | "or" | "in" | "implies" | "then" | "else" | "not" => {
                        self.at -= 1;
                        Err(self.unexpected("a value"))
                    }
                    _ if self.take_sign("(") => self.call(word, span),
                    _ => leaf(Node::Name(word)),
                }
            }
            Token::Sign(_) | Token::End => Err(self.unexpected("a value")),
        }
    }

    fn call(&mut self, name: String, at: Span) -> Result<Expr, ContractError> {
        let each = match name.as_str() {
            "all" | "forall" => Some(Each::All),
            "any" | "exists" => Some(Each::Any),
            "count" => Some(Each::Count),
            "sum" => Some(Each::Sum),
            _ => None,
        };
        if let (Some(each), Token::Word(bound), Token::Word(word)) =
            (each, self.token().clone(), self.after(1))
            && word == "in"
        {
            let begin = self.at;
            self.at += 2;
            let items = self.nested(Self::domain)?;
            if self.take_sign(":") {
                let body = self.expression()?;
                let end = self.span().end;
                self.expect_sign(")")?;
                let span = Span::new(at.start, end);
                return node(Node::Each(each, bound, Box::new(items), Box::new(body)), span);
            }
            if matches!(each, Each::All | Each::Any) {
                return Err(self.unexpected("`:`"));
            }
            self.at = begin;
        }
        if matches!(each, Some(Each::All | Each::Any)) {
            return Err(ContractError::new(
                format!("`{name}` binds a name"),
                at,
                Some(format!(
                    "write `{name}(i in 0..len(xs): xs[i] > 0)` or `{name}(x in xs: x > 0)`"
                )),
            ));
        }
        let mut args = Vec::new();
        let end = self.arguments(&mut args, ")")?;
        let span = Span::new(at.start, end);
        if name == "old" {
            let mut args = args.into_iter();
            return match (args.next(), args.next()) {
                (Some(inner), None) => node(Node::Old(Box::new(inner)), span),
                _ => Err(ContractError::new("`old` takes one value", span, None)),
            };
        }
        node(Node::Call(name, args), span)
    }

    /// What a name ranges over: `a..b`, `a..=b` or a value.
    fn domain(&mut self) -> Result<Expr, ContractError> {
        let from = self.binary(6)?;
        let inclusive = self.is_sign("..=");
        if !inclusive && !self.is_sign("..") {
            return Ok(from);
        }
        self.at += 1;
        let to = self.binary(6)?;
        let span = Span::new(from.span.start, to.span.end);
        node(Node::Range { from: Box::new(from), to: Box::new(to), inclusive }, span)
    }
}

fn node(node: Node, span: Span) -> Result<Expr, ContractError> {
    let depth = 1 + node.children().iter().map(|child| child.depth).max().unwrap_or(0);
    if depth > DEPTH_MAX { Err(too_deep(span)) } else { Ok(Expr { node, span, depth }) }
}

fn too_deep(span: Span) -> ContractError {
    ContractError::new(
        format!("nested deeper than {DEPTH_MAX} levels"),
        span,
        Some("write several contracts".to_owned()),
    )
}
