//! Rust constants, read by `syn`.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::{BinOp, Expr, Lit, UnOp};

use super::{Literal, LiteralError, LiteralKind, REPEAT_MAX};
use crate::Span;
use crate::signature::IntKind;
use crate::tokens::{TokenFailure, with_tokens};

const PLAIN: &str = "write a plain value, such as `3`, `\"text\"` or `vec![1, 2]`";

pub(super) fn parse(text: &str) -> Result<Literal, LiteralError> {
    let read = with_tokens(text, |tokens| {
        syn::parse2::<Expr>(tokens)
            .map_err(|error| LiteralError::new(error.to_string(), error.span().byte_range(), PLAIN))
            .and_then(|expr| read(&expr))
    });
    match read {
        Ok(result) => result,
        Err(TokenFailure::Lex { message, span }) => Err(LiteralError::new(message, span, PLAIN)),
        Err(TokenFailure::TooDeep { span }) => {
            Err(LiteralError::new("the value is nested too deeply", span, ""))
        }
    }
}

fn span_of(node: &impl Spanned) -> Span {
    Span::from(node.span().byte_range())
}

fn no_constant(node: &impl Spanned) -> LiteralError {
    LiteralError::new("not a constant", span_of(node), PLAIN)
}

fn read(expr: &Expr) -> Result<Literal, LiteralError> {
    let span = span_of(expr);
    let made = |kind| Ok(Literal::new(kind, span));
    match expr {
        Expr::Lit(lit) => read_lit(&lit.lit, span),
        Expr::Paren(inner) => read(&inner.expr),
        Expr::Group(inner) => read(&inner.expr),
        Expr::Reference(inner) => read(&inner.expr),
        Expr::Unary(unary) => match unary.op {
            UnOp::Neg(_) => made(LiteralKind::Neg(Box::new(read(&unary.expr)?))),
            _ => Err(no_constant(expr)),
        },
        Expr::Tuple(tuple) if tuple.elems.is_empty() => made(LiteralKind::Unit),
        Expr::Tuple(tuple) => made(LiteralKind::Tuple(read_all(&tuple.elems)?)),
        Expr::Array(array) => made(LiteralKind::List(read_all(&array.elems)?)),
        Expr::Repeat(repeat) => {
            let item = read(&repeat.expr)?;
            let count = read(&repeat.len)?;
            let count = count
                .as_int()
                .and_then(|count| usize::try_from(count).ok())
                .filter(|count| item.leaves().saturating_mul(*count) <= REPEAT_MAX)
                .ok_or_else(|| {
                    let most = format!("repeat at most {REPEAT_MAX} times");
                    LiteralError::new("no number of items", span_of(&repeat.len), most)
                })?;
            made(LiteralKind::List(vec![item; count]))
        }
        Expr::Macro(mac) if mac.mac.path.is_ident("vec") => {
            // `vec![…]` holds what an array holds.
            let group = Group::new(Delimiter::Bracket, mac.mac.tokens.clone());
            let array = syn::parse2::<Expr>(TokenStream::from(TokenTree::Group(group)))
                .map_err(|_| no_constant(expr))?;
            Ok(Literal { span, ..read(&array)? })
        }
        // `x[..]` is all of `x`.
        Expr::Index(index) => match &*index.index {
            Expr::Range(range) if range.start.is_none() && range.end.is_none() => read(&index.expr),
            _ => Err(no_constant(expr)),
        },
        Expr::Path(path) if path.qself.is_none() => read_path(&path.path, span),
        Expr::Call(call) => read_call(call, span),
        Expr::MethodCall(call) => read_method(call, span),
        Expr::Struct(literal) if literal.rest.is_none() => {
            let mut fields = Vec::new();
            for field in &literal.fields {
                let syn::Member::Named(name) = &field.member else {
                    return Err(no_constant(field));
                };
                fields.push((name.to_string(), read(&field.expr)?));
            }
            made(LiteralKind::Call { name: path_text(&literal.path), args: Vec::new(), fields })
        }
        Expr::Binary(binary) => read_binary(binary, span),
        Expr::Cast(cast) => read_cast(cast, span),
        _ => Err(no_constant(expr)),
    }
}

fn read_all<'a>(items: impl IntoIterator<Item = &'a Expr>) -> Result<Vec<Literal>, LiteralError> {
    items.into_iter().map(read).collect()
}

fn read_lit(lit: &Lit, span: Span) -> Result<Literal, LiteralError> {
    let suffix = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let kind = match lit {
        Lit::Int(int) if matches!(int.suffix(), "f32" | "f64") => LiteralKind::Float {
            text: int.base10_digits().to_owned(),
            suffix: suffix(int.suffix()),
        },
        Lit::Int(int) => LiteralKind::Int {
            digits: int.base10_digits().to_owned(),
            suffix: suffix(int.suffix()),
        },
        Lit::Float(float) => LiteralKind::Float {
            text: float.base10_digits().to_owned(),
            suffix: suffix(float.suffix()),
        },
        Lit::Str(text) => LiteralKind::Str(text.value()),
        Lit::Char(character) => LiteralKind::Char(character.value()),
        Lit::Byte(byte) => {
            LiteralKind::Int { digits: byte.value().to_string(), suffix: Some("u8".to_owned()) }
        }
        Lit::ByteStr(bytes) => LiteralKind::Bytes(bytes.value()),
        Lit::Bool(value) => LiteralKind::Bool(value.value),
        _ => return Err(LiteralError::new("not a value zerr knows", span, PLAIN)),
    };
    Ok(Literal::new(kind, span))
}

fn path_text(path: &syn::Path) -> String {
    let names: Vec<String> =
        path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    names.join("::")
}

fn read_path(path: &syn::Path, span: Span) -> Result<Literal, LiteralError> {
    let text = path_text(path);
    let name = text.strip_prefix("std::").or_else(|| text.strip_prefix("core::")).unwrap_or(&text);
    if matches!(name, "None" | "Option::None" | "option::Option::None") {
        return Ok(Literal::new(LiteralKind::None, span));
    }
    if let Some((ty, constant)) = name.split_once("::") {
        if let Some(kind) = IntKind::from_rust_name(ty) {
            return int_constant(kind, constant, span).ok_or_else(|| unknown(&text, span));
        }
        if matches!(ty, "f32" | "f64") {
            return float_constant(ty, constant, span).ok_or_else(|| unknown(&text, span));
        }
    }
    let last = name.rsplit("::").next().unwrap_or("");
    if last.starts_with(|c: char| c.is_ascii_uppercase()) {
        let kind = LiteralKind::Call { name: text, args: Vec::new(), fields: Vec::new() };
        return Ok(Literal::new(kind, span));
    }
    Err(unknown(&text, span))
}

fn unknown(text: &str, span: Span) -> LiteralError {
    LiteralError::new(format!("`{text}` is no constant zerr knows"), span, PLAIN)
}

fn int_constant(kind: IntKind, constant: &str, span: Span) -> Option<Literal> {
    let name = kind.name();
    // The machines zerr runs on have 64-bit pointers.
    let bits: u32 = match name.get(1..)? {
        "size" => 64,
        digits => digits.parse().ok()?,
    };
    let suffix = Some(name.to_owned());
    let unsigned = name.starts_with('u');
    let top: u128 = match (unsigned, bits) {
        (true, 128) => u128::MAX,
        (true, bits) => (1 << bits) - 1,
        (false, bits) => (1 << (bits - 1)) - 1,
    };
    let int = |value: u128| LiteralKind::Int { digits: value.to_string(), suffix: suffix.clone() };
    let kind = match constant {
        "MAX" => int(top),
        "MIN" if unsigned => int(0),
        "MIN" => LiteralKind::Neg(Box::new(Literal::new(int(top + 1), span))),
        "BITS" => int(u128::from(bits)),
        _ => return None,
    };
    Some(Literal::new(kind, span))
}

fn float_constant(ty: &str, constant: &str, span: Span) -> Option<Literal> {
    use std::f64::consts;
    let is_f32 = ty == "f32";
    let either = |narrow: f32, wide: f64| {
        if is_f32 { format!("{narrow:?}") } else { format!("{wide:?}") }
    };
    let text = match constant {
        "NAN" => "nan".to_owned(),
        "INFINITY" | "NEG_INFINITY" => "inf".to_owned(),
        "MAX" | "MIN" => either(f32::MAX, f64::MAX),
        "MIN_POSITIVE" => either(f32::MIN_POSITIVE, f64::MIN_POSITIVE),
        "EPSILON" => either(f32::EPSILON, f64::EPSILON),
        "consts::PI" => either(std::f32::consts::PI, consts::PI),
        "consts::E" => either(std::f32::consts::E, consts::E),
        "consts::TAU" => either(std::f32::consts::TAU, consts::TAU),
        "consts::SQRT_2" => either(std::f32::consts::SQRT_2, consts::SQRT_2),
        _ => return None,
    };
    let plain = LiteralKind::Float { text, suffix: Some(ty.to_owned()) };
    let literal = Literal::new(plain, span);
    Some(match constant {
        "MIN" | "NEG_INFINITY" => Literal::new(LiteralKind::Neg(Box::new(literal)), span),
        _ => literal,
    })
}

fn read_call(call: &syn::ExprCall, span: Span) -> Result<Literal, LiteralError> {
    let Expr::Path(path) = &*call.func else { return Err(no_constant(call)) };
    let text = path_text(&path.path);
    let mut names: Vec<&str> = text.split("::").collect();
    let last = names.pop().unwrap_or("");
    let owner = names.last().copied().unwrap_or("");
    let args = read_all(&call.args)?;
    let list = |items: Vec<Literal>| match owner {
        "HashMap" | "BTreeMap" => pairs(items, span).map(LiteralKind::Map),
        "HashSet" | "BTreeSet" => Ok(LiteralKind::Set(items)),
        _ => Ok(LiteralKind::List(items)),
    };
    let kind = match (owner, last, <[Literal; 1]>::try_from(args)) {
        ("" | "Option", "Some", Ok([inner])) => LiteralKind::Some(Box::new(inner)),
        ("" | "Result", "Ok", Ok([inner])) => LiteralKind::Ok(Box::new(inner)),
        ("" | "Result", "Err", Ok([inner])) => LiteralKind::Err(Box::new(inner)),
        ("Box", "new", Ok([inner])) => return Ok(inner),
        ("String", "from", Ok([inner])) => text_of(inner)?,
        ("String", "new", Err(_)) => LiteralKind::Str(String::new()),
        (
            "Vec" | "VecDeque" | "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet",
            "from" | "from_iter",
            Ok([Literal { kind: LiteralKind::List(items), .. }]),
        ) => list(items)?,
        (
            "Vec" | "VecDeque" | "HashMap" | "BTreeMap" | "HashSet" | "BTreeSet",
            "new" | "default",
            Err(none),
        ) if none.is_empty() => list(Vec::new())?,
        (_, name, args) if name.starts_with(|c: char| c.is_ascii_uppercase()) => {
            let args = args.map_or_else(|several| several, Vec::from);
            LiteralKind::Call { name: text.clone(), args, fields: Vec::new() }
        }
        _ => return Err(LiteralError::new(format!("`{text}` is no constant"), span, PLAIN)),
    };
    Ok(Literal::new(kind, span))
}

fn pairs(items: Vec<Literal>, span: Span) -> Result<Vec<(Literal, Literal)>, LiteralError> {
    items
        .into_iter()
        .map(|item| match item.kind {
            LiteralKind::Tuple(pair) => <[Literal; 2]>::try_from(pair).ok().map(Into::into),
            _ => None,
        })
        .collect::<Option<_>>()
        .ok_or_else(|| LiteralError::new("a map is made of pairs", span, "write `(key, value)`"))
}

/// What `to_string()` makes of a constant.
fn text_of(literal: Literal) -> Result<LiteralKind, LiteralError> {
    match literal.kind {
        LiteralKind::Str(text) => Ok(LiteralKind::Str(text)),
        LiteralKind::Char(character) => Ok(LiteralKind::Str(character.to_string())),
        LiteralKind::Int { digits, .. } => Ok(LiteralKind::Str(digits)),
        _ => Err(LiteralError::new("not a text", literal.span, "write the text itself")),
    }
}

fn read_method(call: &syn::ExprMethodCall, span: Span) -> Result<Literal, LiteralError> {
    let receiver = read(&call.receiver)?;
    let args = read_all(&call.args)?;
    let name = call.method.to_string();
    let kind = match (name.as_str(), args.as_slice()) {
        ("to_string", []) => text_of(receiver)?,
        (
            "to_owned" | "into" | "to_vec" | "clone" | "as_str" | "as_slice" | "as_ref" | "iter"
            | "into_iter" | "cloned" | "copied" | "collect" | "as_mut_slice",
            [],
        ) => receiver.kind,
        ("as_bytes" | "into_bytes", []) => match receiver.kind {
            LiteralKind::Str(text) => LiteralKind::Bytes(text.into_bytes()),
            _ => return Err(no_constant(call)),
        },
        ("repeat", [count]) => match (receiver.kind, count.as_int()) {
            (LiteralKind::Str(text), Some(count)) => {
                let count = usize::try_from(count).unwrap_or(usize::MAX);
                if text.len().saturating_mul(count) > REPEAT_MAX {
                    return Err(LiteralError::new("the text is too long", span, PLAIN));
                }
                LiteralKind::Str(text.repeat(count))
            }
            _ => return Err(no_constant(call)),
        },
        _ => return Err(no_constant(call)),
    };
    Ok(Literal::new(kind, span))
}

fn read_binary(binary: &syn::ExprBinary, span: Span) -> Result<Literal, LiteralError> {
    let (left, right) = (read(&binary.left)?, read(&binary.right)?);
    let suffix = match &left.kind {
        LiteralKind::Int { suffix, .. } => suffix.clone(),
        _ => None,
    };
    let (Some(a), Some(b)) = (left.as_int(), right.as_int()) else {
        return Err(no_constant(binary));
    };
    let value = match binary.op {
        BinOp::Add(_) => a.checked_add(b),
        BinOp::Sub(_) => a.checked_sub(b),
        BinOp::Mul(_) => a.checked_mul(b),
        BinOp::Shl(_) => u32::try_from(b)
            .ok()
            .filter(|shift| *shift < 127)
            .and_then(|shift| a.checked_mul(1 << shift)),
        _ => return Err(no_constant(binary)),
    };
    match value {
        Some(value) => Ok(Literal::of_int(value, suffix, span)),
        None => Err(LiteralError::new("the number is too large to compute", span, PLAIN)),
    }
}

fn read_cast(cast: &syn::ExprCast, span: Span) -> Result<Literal, LiteralError> {
    let inner = read(&cast.expr)?;
    let syn::Type::Path(ty) = &*cast.ty else { return Err(no_constant(cast)) };
    let name = path_text(&ty.path);
    let Some(value) = inner.as_int() else { return Err(no_constant(cast)) };
    if matches!(name.as_str(), "f32" | "f64") {
        let text = value.unsigned_abs().to_string();
        let plain = Literal::new(LiteralKind::Float { text, suffix: Some(name) }, span);
        return Ok(if value < 0 {
            Literal::new(LiteralKind::Neg(Box::new(plain)), span)
        } else {
            plain
        });
    }
    let Some(kind) = IntKind::from_rust_name(&name) else { return Err(no_constant(cast)) };
    // A cast that wraps means another number than it shows.
    let bound = |constant| int_constant(kind, constant, span).and_then(|it| it.as_int());
    let fits =
        bound("MIN").is_none_or(|min| min <= value) && bound("MAX").is_none_or(|max| value <= max);
    if !fits {
        let message = format!("the number does not fit `{name}`");
        return Err(LiteralError::new(message, span, "write the number that is meant"));
    }
    Ok(Literal::of_int(value, Some(name), span))
}
