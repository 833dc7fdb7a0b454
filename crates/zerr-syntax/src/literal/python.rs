//! Python constants, read by tree-sitter.

use tree_sitter::Node;

use super::digits::decimal;
use super::{Literal, LiteralError, LiteralKind, REPEAT_MAX};
use crate::tree::{self, named_children, preorder, span};
use crate::{Language, Span};

const PLAIN: &str = "write a plain value, such as `3`, `\"text\"` or `[1, 2]`";

pub(super) fn parse(text: &str) -> Result<Literal, LiteralError> {
    let offset = text.len() - text.trim_start().len();
    let inner = text.trim();
    read_text(inner)
        .map(|literal| shifted(literal, offset))
        .map_err(|error| LiteralError { span: error.span.shifted(offset), ..error })
}

/// Moves every span; values are as deep as their tree, which was judged.
fn shifted(mut literal: Literal, offset: usize) -> Literal {
    if offset == 0 {
        return literal;
    }
    literal.span = literal.span.shifted(offset);
    let all = |items: Vec<Literal>| items.into_iter().map(|it| shifted(it, offset)).collect();
    let boxed = |inner: Box<Literal>| Box::new(shifted(*inner, offset));
    literal.kind = match literal.kind {
        LiteralKind::Tuple(items) => LiteralKind::Tuple(all(items)),
        LiteralKind::List(items) => LiteralKind::List(all(items)),
        LiteralKind::Set(items) => LiteralKind::Set(all(items)),
        LiteralKind::Map(pairs) => LiteralKind::Map(
            pairs.into_iter().map(|(k, v)| (shifted(k, offset), shifted(v, offset))).collect(),
        ),
        LiteralKind::Some(inner) => LiteralKind::Some(boxed(inner)),
        LiteralKind::Ok(inner) => LiteralKind::Ok(boxed(inner)),
        LiteralKind::Err(inner) => LiteralKind::Err(boxed(inner)),
        LiteralKind::Neg(inner) => LiteralKind::Neg(boxed(inner)),
        LiteralKind::Call { name, args, fields } => LiteralKind::Call {
            name,
            args: all(args),
            fields: fields.into_iter().map(|(name, it)| (name, shifted(it, offset))).collect(),
        },
        plain => plain,
    };
    literal
}

fn read_text(text: &str) -> Result<Literal, LiteralError> {
    let whole = Span::new(0, text.len());
    let Some(tree) = tree::parse(Language::Python, text) else {
        return Err(LiteralError::new("cannot be read", whole, PLAIN));
    };
    let root = tree.root_node();
    if let Some(span) = tree::depth_exceeds(root) {
        return Err(LiteralError::new("the value is nested too deeply", span, ""));
    }
    if let Some((message, span)) = tree::first_error(root, text) {
        return Err(LiteralError::new(message, span, PLAIN));
    }
    let statements = named_children(root);
    let [statement] = statements.as_slice() else {
        return Err(LiteralError::new("not one value", whole, PLAIN));
    };
    if statement.kind() != "expression_statement" {
        return Err(no_constant(*statement));
    }
    let reader = Reader { text };
    match named_children(*statement).as_slice() {
        [only] if statement.child_count() == 1 => reader.read(*only),
        // `1, 2` is a tuple.
        items if !items.is_empty() => {
            Ok(Literal::new(LiteralKind::Tuple(reader.all(items)?), span(*statement)))
        }
        _ => Err(no_constant(*statement)),
    }
}

fn no_constant(node: Node<'_>) -> LiteralError {
    LiteralError::new("not a constant", span(node), PLAIN)
}

struct Reader<'a> {
    text: &'a str,
}

impl Reader<'_> {
    fn all(&self, nodes: &[Node<'_>]) -> Result<Vec<Literal>, LiteralError> {
        nodes.iter().map(|node| self.read(*node)).collect()
    }

    fn read(&self, node: Node<'_>) -> Result<Literal, LiteralError> {
        let shown = tree::text(node, self.text);
        let items = || self.all(&named_children(node));
        let kind = match node.kind() {
            "integer" => LiteralKind::Int {
                digits: decimal(shown).ok_or_else(|| no_constant(node))?,
                suffix: None,
            },
            "float" => {
                let text: String = shown.chars().filter(|c| *c != '_').collect();
                if text.parse::<f64>().is_err() {
                    return Err(no_constant(node));
                }
                LiteralKind::Float { text, suffix: None }
            }
            "true" => LiteralKind::Bool(true),
            "false" => LiteralKind::Bool(false),
            "none" => LiteralKind::None,
            "string" => string(node, self.text)?,
            "concatenated_string" => self.concatenated(node)?,
            "parenthesized_expression" => match named_children(node).as_slice() {
                [inner] => return self.read(*inner),
                _ => return Err(no_constant(node)),
            },
            "tuple" | "expression_list" => LiteralKind::Tuple(items()?),
            "list" => LiteralKind::List(items()?),
            "set" => LiteralKind::Set(items()?),
            "dictionary" => self.dictionary(node)?,
            "unary_operator" => {
                let Some(inner) = node.child_by_field_name("argument") else {
                    return Err(no_constant(node));
                };
                let inner = self.read(inner)?;
                let is_number = matches!(
                    inner.kind,
                    LiteralKind::Int { .. } | LiteralKind::Float { .. } | LiteralKind::Neg(_)
                );
                match shown.chars().next() {
                    Some('-') if is_number => LiteralKind::Neg(Box::new(inner)),
                    Some('+') if is_number => inner.kind,
                    _ => return Err(no_constant(node)),
                }
            }
            "binary_operator" => return self.binary(node),
            "call" => self.call(node)?,
            "attribute" => match shown {
                "math.inf" => float("inf"),
                "math.nan" => float("nan"),
                "math.pi" => float("3.141592653589793"),
                "math.e" => float("2.718281828459045"),
                name if is_declared(name) => LiteralKind::Call {
                    name: name.to_owned(),
                    args: Vec::new(),
                    fields: Vec::new(),
                },
                _ => return Err(no_constant(node)),
            },
            _ => return Err(no_constant(node)),
        };
        Ok(Literal::new(kind, span(node)))
    }

    fn concatenated(&self, node: Node<'_>) -> Result<LiteralKind, LiteralError> {
        let mut whole: Option<LiteralKind> = None;
        for part in named_children(node) {
            let part_kind = string(part, self.text)?;
            whole = Some(match (whole, part_kind) {
                (None, part) => part,
                (Some(LiteralKind::Str(a)), LiteralKind::Str(b)) => LiteralKind::Str(a + &b),
                (Some(LiteralKind::Bytes(a)), LiteralKind::Bytes(b)) => {
                    LiteralKind::Bytes([a, b].concat())
                }
                _ => return Err(no_constant(part)),
            });
        }
        whole.ok_or_else(|| no_constant(node))
    }

    fn dictionary(&self, node: Node<'_>) -> Result<LiteralKind, LiteralError> {
        let mut pairs = Vec::new();
        for pair in named_children(node) {
            let (Some(key), Some(value)) =
                (pair.child_by_field_name("key"), pair.child_by_field_name("value"))
            else {
                return Err(no_constant(pair));
            };
            pairs.push((self.read(key)?, self.read(value)?));
        }
        Ok(LiteralKind::Map(pairs))
    }

    fn binary(&self, node: Node<'_>) -> Result<Literal, LiteralError> {
        let field = |name| node.child_by_field_name(name).ok_or_else(|| no_constant(node));
        let (left, right) = (self.read(field("left")?)?, self.read(field("right")?)?);
        let operator = field("operator")?.kind();
        if let (Some(a), Some(b)) = (left.as_int(), right.as_int()) {
            let value = match operator {
                "+" => a.checked_add(b),
                "-" => a.checked_sub(b),
                "*" => a.checked_mul(b),
                "**" => u32::try_from(b).ok().and_then(|exponent| a.checked_pow(exponent)),
                _ => return Err(no_constant(node)),
            };
            return match value {
                Some(value) => Ok(Literal::of_int(value, None, span(node))),
                None => Err(LiteralError::new(
                    "the number is too large to compute",
                    span(node),
                    "write its digits",
                )),
            };
        }
        let too_long = || LiteralError::new("the value is too long", span(node), PLAIN);
        let count = |literal: &Literal, length: usize| {
            let count = literal.as_int().ok_or_else(|| no_constant(node))?;
            let count = usize::try_from(count).unwrap_or(if count < 0 { 0 } else { usize::MAX });
            if length.saturating_mul(count) > REPEAT_MAX { Err(too_long()) } else { Ok(count) }
        };
        let kind = match (operator, left.kind) {
            ("*", LiteralKind::Str(text)) => {
                LiteralKind::Str(text.repeat(count(&right, text.len().max(1))?))
            }
            ("*", LiteralKind::List(items)) => {
                let leaves = items.iter().map(Literal::leaves).sum::<usize>();
                let count = count(&right, leaves.max(1))?;
                LiteralKind::List(std::iter::repeat_n(items, count).flatten().collect())
            }
            _ => return Err(no_constant(node)),
        };
        Ok(Literal::new(kind, span(node)))
    }

    fn call(&self, node: Node<'_>) -> Result<LiteralKind, LiteralError> {
        let (Some(function), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return Err(no_constant(node));
        };
        if arguments.kind() != "argument_list" {
            return Err(no_constant(node));
        }
        let mut args = Vec::new();
        let mut fields = Vec::new();
        for argument in named_children(arguments) {
            match (argument.child_by_field_name("name"), argument.child_by_field_name("value")) {
                (Some(name), Some(value)) if argument.kind() == "keyword_argument" => {
                    fields.push((tree::text(name, self.text).to_owned(), self.read(value)?));
                }
                _ => args.push(self.read(argument)?),
            }
        }
        let name = tree::text(function, self.text);
        if is_declared(name) {
            return Ok(LiteralKind::Call { name: name.to_owned(), args, fields });
        }
        if !fields.is_empty() {
            return Err(no_constant(node));
        }
        let mut args = args.into_iter();
        let (first, second) = (args.next().map(|it| it.kind), args.next());
        let items = |kind: Option<LiteralKind>| match kind {
            None => Some(Vec::new()),
            Some(
                LiteralKind::List(items) | LiteralKind::Tuple(items) | LiteralKind::Set(items),
            ) => Some(items),
            Some(_) => None,
        };
        let made = match (name, second) {
            ("float", None) => match first {
                Some(LiteralKind::Str(text)) => float_text(&text),
                Some(LiteralKind::Int { digits, .. }) => Some(float(&digits)),
                Some(kind @ LiteralKind::Float { .. }) => Some(kind),
                _ => None,
            },
            ("set" | "frozenset", None) => items(first).map(LiteralKind::Set),
            ("list", None) => items(first).map(LiteralKind::List),
            ("tuple", None) => items(first).map(LiteralKind::Tuple),
            ("dict", None) if first.is_none() => Some(LiteralKind::Map(Vec::new())),
            ("str", None) if first.is_none() => Some(LiteralKind::Str(String::new())),
            ("bytes", None) if first.is_none() => Some(LiteralKind::Bytes(Vec::new())),
            _ => None,
        };
        made.ok_or_else(|| no_constant(node))
    }
}

/// Classes start with a capital letter: `Point`, `Color.RED`.
fn is_declared(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))
}

fn float(text: &str) -> LiteralKind {
    LiteralKind::Float { text: text.to_owned(), suffix: None }
}

fn float_text(text: &str) -> Option<LiteralKind> {
    let lower = text.trim().to_ascii_lowercase();
    let (negative, plain) = match lower.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, lower.strip_prefix('+').unwrap_or(&lower)),
    };
    let plain = match plain {
        "inf" | "infinity" => "inf",
        "nan" => "nan",
        digits if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {
            digits.parse::<f64>().ok()?;
            digits
        }
        _ => return None,
    };
    let literal = float(plain);
    // Where the minus stands does not matter for a value.
    Some(if negative {
        LiteralKind::Neg(Box::new(Literal::new(literal, Span::default())))
    } else {
        literal
    })
}

/// The value of one `string` node.
fn string(node: Node<'_>, source: &str) -> Result<LiteralKind, LiteralError> {
    let shown = tree::text(node, source);
    let quote_at = shown.find(['"', '\'']).ok_or_else(|| no_constant(node))?;
    let prefix = shown.get(..quote_at).unwrap_or("").to_ascii_lowercase();
    if prefix.contains('f') || preorder(node).any(|part| part.kind() == "interpolation") {
        return Err(no_constant(node));
    }
    let rest = shown.get(quote_at..).unwrap_or("");
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let content = quotes
        .iter()
        .find_map(|quote| rest.strip_prefix(quote)?.strip_suffix(quote))
        .ok_or_else(|| no_constant(node))?;
    let is_bytes = prefix.contains('b');
    let bad = |what: &str| LiteralError::new(what, span(node), "write the character itself");
    if is_bytes {
        if !content.is_ascii() {
            return Err(bad("bytes hold ASCII only"));
        }
        if prefix.contains('r') {
            return Ok(LiteralKind::Bytes(content.as_bytes().to_vec()));
        }
        let points = unescape(content, true).ok_or_else(|| bad("unknown escape"))?;
        let bytes = points.into_iter().map(|point| u8::try_from(point & 0xff).unwrap_or(0));
        return Ok(LiteralKind::Bytes(bytes.collect()));
    }
    if prefix.contains('r') {
        return Ok(LiteralKind::Str(content.to_owned()));
    }
    let points = unescape(content, false).ok_or_else(|| bad("unknown escape"))?;
    let text: Option<String> = points.into_iter().map(char::from_u32).collect();
    text.map(LiteralKind::Str).ok_or_else(|| bad("half of a surrogate pair is no character"))
}

/// The code points that Python's escapes stand for; `None` for an escape that is not known here.
fn unescape(content: &str, is_bytes: bool) -> Option<Vec<u32>> {
    let mut out = Vec::new();
    let mut chars = content.chars().peekable();
    while let Some(character) = chars.next() {
        if character != '\\' {
            out.push(u32::from(character));
            continue;
        }
        let escape = chars.next()?;
        let mut hex = |count: usize| {
            let digits: String = chars.by_ref().take(count).collect();
            (digits.len() == count).then(|| u32::from_str_radix(&digits, 16).ok()).flatten()
        };
        match escape {
            '\n' => {}
            '\\' | '\'' | '"' => out.push(u32::from(escape)),
            'a' => out.push(7),
            'b' => out.push(8),
            'f' => out.push(12),
            'n' => out.push(10),
            'r' => out.push(13),
            't' => out.push(9),
            'v' => out.push(11),
            'x' => out.push(hex(2)?),
            'u' if !is_bytes => out.push(hex(4)?),
            'U' if !is_bytes => out.push(hex(8)?),
            'N' if !is_bytes => return None,
            '0'..='7' => {
                let mut value = escape.to_digit(8)?;
                for _ in 0..2 {
                    let Some(digit) = chars.peek().and_then(|next| next.to_digit(8)) else { break };
                    value = value * 8 + digit;
                    chars.next();
                }
                out.push(value);
            }
            other => out.extend([u32::from('\\'), u32::from(other)]),
        }
    }
    Some(out)
}
