//! Whether a contract makes sense: [`check`] gives every expression a type, [`Ty`], or says what
//! is wrong and where.

use std::fmt;

use zerr_syntax::{Language, Span};

use super::tree::{Each, Expr, Node, Op};
use super::{ContractError, Scope};
use crate::value::Type;

/// The types that contracts draw a line between. Widths of integers and floats do not matter
/// here, a character is a text of length one, bytes are a list of integers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Ty {
    Bool,
    Int,
    Float,
    Str,
    Unit,
    None,
    Tuple(Vec<Ty>),
    List(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
    Set(Box<Ty>),
    Option(Box<Ty>),
    Result(Box<Ty>, Box<Ty>),
    /// Items of an empty list, the other half of `Ok(…)`.
    Any,
}

impl From<&Type> for Ty {
    fn from(ty: &Type) -> Self {
        let boxed = |ty: &Type| Box::new(Self::from(ty));
        match ty {
            Type::Unit => Self::Unit,
            Type::None => Self::None,
            Type::Bool => Self::Bool,
            Type::Int(_) => Self::Int,
            Type::Float(_) => Self::Float,
            Type::Char | Type::Str => Self::Str,
            Type::Bytes => Self::List(Box::new(Self::Int)),
            Type::Tuple(items) => Self::Tuple(items.iter().map(Self::from).collect()),
            Type::List { item, .. } => Self::List(boxed(item)),
            Type::Map(key, value) => Self::Map(boxed(key), boxed(value)),
            Type::Set(item) => Self::Set(boxed(item)),
            Type::Option(item) => Self::Option(boxed(item)),
            Type::Result(ok, err) => Self::Result(boxed(ok), boxed(err)),
            Type::Named(_) | Type::Opaque(_) => Self::Any,
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("a truth value"),
            Self::Int => f.write_str("an integer"),
            Self::Float => f.write_str("a float"),
            Self::Str => f.write_str("a text"),
            Self::Unit => f.write_str("`()`"),
            Self::None => f.write_str("`None`"),
            Self::Tuple(_) => f.write_str("a tuple"),
            Self::List(_) => f.write_str("a list"),
            Self::Map(..) => f.write_str("a map"),
            Self::Set(_) => f.write_str("a set"),
            Self::Option(_) => f.write_str("an optional value"),
            Self::Result(..) => f.write_str("a result"),
            Self::Any => f.write_str("a value"),
        }
    }
}

impl Ty {
    fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Any)
    }

    /// Whether the two can be asked for equality.
    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _)
            | (_, Self::Any)
            | (Self::Int, Self::Float)
            | (Self::Float, Self::Int)
            | (Self::None, Self::Option(_))
            | (Self::Option(_), Self::None) => true,
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.meets(b))
            }
            (Self::List(a), Self::List(b))
            | (Self::Set(a), Self::Set(b))
            | (Self::Option(a), Self::Option(b)) => a.meets(b),
            (Self::Map(a, b), Self::Map(c, d)) | (Self::Result(a, b), Self::Result(c, d)) => {
                a.meets(c) && b.meets(d)
            }
            // `result == 3` says what it means for an optional result, too.
            (Self::Option(a), b) | (b, Self::Option(a)) => a.meets(b),
            (a, b) => a == b,
        }
    }

    /// Whether `<` has a meaning between the two.
    fn is_ordered_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_ordered_with(b))
            }
            (Self::List(a), Self::List(b)) => a.is_ordered_with(b),
            (Self::Str, Self::Str) | (Self::Any, _) | (_, Self::Any) => true,
            (a, b) => a.is_number() && b.is_number(),
        }
    }

    fn join(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, ty) | (ty, Self::Any) => Some(ty.clone()),
            (Self::Int, Self::Float) | (Self::Float, Self::Int) => Some(Self::Float),
            (Self::None, Self::Option(_)) => Some(other.clone()),
            (Self::Option(_), Self::None) => Some(self.clone()),
            (Self::None, ty) | (ty, Self::None) if *ty != Self::None => {
                Some(Self::Option(Box::new(ty.clone())))
            }
            (a, b) => a.meets(b).then(|| a.clone()),
        }
    }

    fn items(&self) -> Option<Self> {
        match self {
            Self::List(item) | Self::Set(item) | Self::Map(item, _) => Some((**item).clone()),
            Self::Str => Some(Self::Str),
            Self::Any => Some(Self::Any),
            _ => None,
        }
    }
}

/// Every function with what it takes, for hints.
pub(super) const FUNCTIONS: &[(&str, &str)] = &[
    ("len", "len(x): characters of a text, items of a list, map or set"),
    ("abs", "abs(x)"),
    ("min", "min(a, b, …) or min(xs)"),
    ("max", "max(a, b, …) or max(xs)"),
    ("sum", "sum(xs) or sum(x in xs: value)"),
    ("count", "count(xs, value) or count(x in xs: condition)"),
    ("pow", "pow(x, n): n at least 0"),
    ("div", "div(a, b): rounded down"),
    ("mod", "mod(a, b): goes with div, has the sign of b"),
    ("quot", "quot(a, b): rounded towards zero"),
    ("rem", "rem(a, b): goes with quot, has the sign of a"),
    ("is_nan", "is_nan(x)"),
    ("is_finite", "is_finite(x)"),
    ("sorted", "sorted(xs): the items in ascending order"),
    ("is_sorted", "is_sorted(xs): ascending, equal neighbours allowed"),
    ("reversed", "reversed(xs): a list or text backwards"),
    ("first", "first(xs)"),
    ("last", "last(xs)"),
    ("keys", "keys(m): a list"),
    ("values", "values(m): a list"),
    ("lower", "lower(s)"),
    ("upper", "upper(s)"),
    ("trim", "trim(s): without white space at both ends"),
    ("starts_with", "starts_with(s, prefix)"),
    ("ends_with", "ends_with(s, suffix)"),
    ("contains", "contains(s, part) or contains(xs, item)"),
    ("Some", "Some(x)"),
    ("Ok", "Ok(x)"),
    ("Err", "Err(x)"),
    ("is_some", "is_some(x)"),
    ("is_none", "is_none(x)"),
    ("is_ok", "is_ok(x)"),
    ("is_err", "is_err(x)"),
    ("unwrap", "unwrap(x): what is in Some or Ok"),
    ("unwrap_err", "unwrap_err(x): what is in Err"),
    ("old", "old(x): x as it was before the call"),
];

pub(super) fn check(expr: &Expr, scope: &Scope) -> Result<(), ContractError> {
    let mut checker = Checker { scope, bound: Vec::new(), in_old: false };
    let ty = checker.ty(expr)?;
    if matches!(ty, Ty::Bool | Ty::Any) {
        Ok(())
    } else {
        Err(ContractError::new(
            format!("a contract is true or false, this is {ty}"),
            expr.span,
            Some("compare it with something, such as `… == 0`".to_owned()),
        ))
    }
}

struct Checker<'a> {
    scope: &'a Scope,
    bound: Vec<(String, Ty)>,
    in_old: bool,
}

impl Checker<'_> {
    fn ty(&mut self, expr: &Expr) -> Result<Ty, ContractError> {
        match &expr.node {
            Node::Bool(_) => Ok(Ty::Bool),
            Node::Int(_) => Ok(Ty::Int),
            Node::Float(_) => Ok(Ty::Float),
            Node::Str(_) => Ok(Ty::Str),
            Node::None => Ok(Ty::None),
            Node::Name(name) => self.name(name, expr.span),
            Node::List(items) => {
                let mut joined = Ty::Any;
                for item in items {
                    let ty = self.ty(item)?;
                    joined = joined.join(&ty).ok_or_else(|| {
                        ContractError::new(
                            format!("{ty} in a list of others"),
                            item.span,
                            Some("items of one list are of one type".to_owned()),
                        )
                    })?;
                }
                Ok(Ty::List(Box::new(joined)))
            }
            Node::Tuple(items) if items.is_empty() => Ok(Ty::Unit),
            Node::Tuple(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.ty(item)).collect();
                items.map(Ty::Tuple)
            }
            Node::Not(inner) => self.want_bool(inner).map(|()| Ty::Bool),
            Node::Neg(inner) => self.want_number(inner),
            Node::Binary(op, a, b) => self.binary(*op, a, b),
            Node::Index(of, index) => self.index(of, index),
            Node::If(condition, yes, no) => {
                self.want_bool(condition)?;
                let (yes_ty, no_ty) = (self.ty(yes)?, self.ty(no)?);
                yes_ty.join(&no_ty).ok_or_else(|| {
                    ContractError::new(
                        format!("`then` gives {yes_ty}, `else` gives {no_ty}"),
                        expr.span,
                        Some("both must be of one type".to_owned()),
                    )
                })
            }
            Node::Call(name, args) => self.call(name, args, expr.span),
            Node::Old(inner) => {
                if self.scope.result.is_none() {
                    return Err(ContractError::new(
                        "`old` is for `ensures`",
                        expr.span,
                        Some("before the call every value is the old one".to_owned()),
                    ));
                }
                let before = std::mem::replace(&mut self.in_old, true);
                let ty = self.ty(inner);
                self.in_old = before;
                ty
            }
            Node::Each(each, name, items, body) => self.each(*each, name, items, body),
            Node::Range { .. } => Err(ContractError::new(
                "a range stands only after `in`",
                expr.span,
                Some("write `x in a..b`".to_owned()),
            )),
        }
    }

    fn name(&self, name: &str, span: Span) -> Result<Ty, ContractError> {
        if let Some((_, ty)) = self.bound.iter().rev().find(|(bound, _)| bound == name) {
            return Ok(ty.clone());
        }
        if let Some((_, ty)) = self.scope.params.iter().find(|(param, _)| param == name) {
            return Ok(ty.into());
        }
        if name == "result" {
            return match &self.scope.result {
                Some(_) if self.in_old => Err(ContractError::new(
                    "there is no result before the call",
                    span,
                    Some("take `result` out of `old`".to_owned()),
                )),
                Some(ty) => Ok(ty.into()),
                None => Err(ContractError::new(
                    "`result` is not known before the call",
                    span,
                    Some("move this contract to `ensures`".to_owned()),
                )),
            };
        }
        let mut known: Vec<&str> =
            self.scope.params.iter().map(|(name, _)| name.as_str()).collect();
        known.extend(self.bound.iter().map(|(name, _)| name.as_str()));
        let params = match known.as_slice() {
            [] => "there are no parameters".to_owned(),
            names => format!("parameters are {}", names.join(", ")),
        };
        let hint = match name {
            "null" | "nil" => "write `None`".to_owned(),
            _ => params,
        };
        Err(ContractError::new(format!("unknown name `{name}`"), span, Some(hint)))
    }

    fn want_bool(&mut self, expr: &Expr) -> Result<(), ContractError> {
        match self.ty(expr)? {
            Ty::Bool | Ty::Any => Ok(()),
            ty => Err(ContractError::new(
                format!("{ty} where a truth value is wanted"),
                expr.span,
                Some(match ty {
                    Ty::Int | Ty::Float => "write `… != 0`".to_owned(),
                    Ty::Str | Ty::List(_) | Ty::Map(..) | Ty::Set(_) => {
                        "write `len(…) > 0`".to_owned()
                    }
                    Ty::Option(_) => "write `is_some(…)`".to_owned(),
                    Ty::Result(..) => "write `is_ok(…)`".to_owned(),
                    _ => "compare it with something".to_owned(),
                }),
            )),
        }
    }

    fn want_number(&mut self, expr: &Expr) -> Result<Ty, ContractError> {
        let ty = self.ty(expr)?;
        if ty.is_number() {
            return Ok(ty);
        }
        Err(ContractError::new(
            format!("{ty} where a number is wanted"),
            expr.span,
            match ty {
                Ty::Option(_) | Ty::Result(..) => Some("write `unwrap(…)`".to_owned()),
                Ty::Str | Ty::List(_) => Some("did you mean `len(…)`?".to_owned()),
                _ => None,
            },
        ))
    }

    fn want_int(&mut self, expr: &Expr) -> Result<(), ContractError> {
        match self.want_number(expr)? {
            Ty::Int | Ty::Any => Ok(()),
            ty => {
                Err(ContractError::new(format!("{ty} where an integer is wanted"), expr.span, None))
            }
        }
    }

    fn want_str(&mut self, expr: &Expr) -> Result<(), ContractError> {
        match self.ty(expr)? {
            Ty::Str | Ty::Any => Ok(()),
            ty => Err(ContractError::new(format!("{ty} where a text is wanted"), expr.span, None)),
        }
    }

    fn want_items(&mut self, expr: &Expr) -> Result<Ty, ContractError> {
        let ty = self.ty(expr)?;
        ty.items().ok_or_else(|| {
            ContractError::new(
                format!("{ty} where a list, map, set or text is wanted"),
                expr.span,
                None,
            )
        })
    }

    fn binary(&mut self, op: Op, a: &Expr, b: &Expr) -> Result<Ty, ContractError> {
        let both = Span::new(a.span.start, b.span.end);
        match op {
            Op::Implies | Op::Or | Op::And => {
                self.want_bool(a)?;
                self.want_bool(b)?;
                Ok(Ty::Bool)
            }
            Op::In | Op::NotIn => {
                let item = self.ty(a)?;
                if let Node::Range { from, to, .. } = &b.node {
                    self.want_number(a)?;
                    self.want_number(from)?;
                    self.want_number(to)?;
                    return Ok(Ty::Bool);
                }
                let items = self.want_items(b)?;
                if item.meets(&items) {
                    Ok(Ty::Bool)
                } else {
                    Err(ContractError::new(
                        format!("{item} is never among items that are each {items}"),
                        both,
                        None,
                    ))
                }
            }
            Op::Eq | Op::Ne => {
                let (left, right) = (self.ty(a)?, self.ty(b)?);
                if left.meets(&right) {
                    Ok(Ty::Bool)
                } else {
                    Err(ContractError::new(
                        format!("{left} is never equal to {right}"),
                        both,
                        compare_hint(&left, &right),
                    ))
                }
            }
            Op::Lt | Op::Le | Op::Gt | Op::Ge => {
                let (left, right) = (self.ty(a)?, self.ty(b)?);
                if left.is_ordered_with(&right) {
                    Ok(Ty::Bool)
                } else {
                    Err(ContractError::new(
                        format!("`{}` does not order {left} and {right}", op.text()),
                        both,
                        compare_hint(&left, &right),
                    ))
                }
            }
            Op::Add => {
                let (left, right) = (self.ty(a)?, self.ty(b)?);
                match (&left, &right) {
                    (Ty::Str, Ty::Str) => return Ok(Ty::Str),
                    (Ty::List(_), Ty::List(_)) => {
                        if let Some(joined) = left.join(&right) {
                            return Ok(joined);
                        }
                    }
                    _ => {}
                }
                self.arithmetic(a, b)
            }
            Op::Sub | Op::Mul | Op::Rem => self.arithmetic(a, b),
            Op::Div => {
                let ty = self.arithmetic(a, b)?;
                let is_true_division = self.scope.language == Language::Python;
                Ok(if is_true_division && ty == Ty::Int { Ty::Float } else { ty })
            }
            Op::FloorDiv => {
                self.want_int(a)?;
                self.want_int(b)?;
                Ok(Ty::Int)
            }
        }
    }

    fn arithmetic(&mut self, a: &Expr, b: &Expr) -> Result<Ty, ContractError> {
        let (left, right) = (self.want_number(a)?, self.want_number(b)?);
        Ok(left.join(&right).unwrap_or(Ty::Any))
    }

    fn index(&mut self, of: &Expr, index: &Expr) -> Result<Ty, ContractError> {
        match self.ty(of)? {
            Ty::List(item) => {
                self.want_int(index)?;
                Ok(*item)
            }
            Ty::Str => {
                self.want_int(index)?;
                Ok(Ty::Str)
            }
            Ty::Any => {
                self.ty(index)?;
                Ok(Ty::Any)
            }
            Ty::Map(key, value) => {
                let ty = self.ty(index)?;
                if ty.meets(&key) {
                    Ok(*value)
                } else {
                    Err(ContractError::new(
                        format!("{ty} is no key, each is {key}"),
                        index.span,
                        None,
                    ))
                }
            }
            Ty::Tuple(items) => match &index.node {
                Node::Int(position) => usize::try_from(position)
                    .ok()
                    .and_then(|position| items.get(position).cloned())
                    .ok_or_else(|| {
                        ContractError::new(
                            format!("a tuple of {} parts has no part {position}", items.len()),
                            index.span,
                            Some("parts are counted from 0".to_owned()),
                        )
                    }),
                _ => Err(ContractError::new(
                    "a part of a tuple is named by a plain number",
                    index.span,
                    None,
                )),
            },
            ty => Err(ContractError::new(
                format!("{ty} cannot be indexed"),
                of.span,
                matches!(ty, Ty::Option(_) | Ty::Result(..))
                    .then(|| "write `unwrap(…)` around it".to_owned()),
            )),
        }
    }

    fn each(
        &mut self,
        each: Each,
        name: &str,
        items: &Expr,
        body: &Expr,
    ) -> Result<Ty, ContractError> {
        if name == "result" || self.scope.params.iter().any(|(param, _)| param == name) {
            return Err(ContractError::new(
                format!("`{name}` has a meaning already"),
                items.span,
                Some("bind another name".to_owned()),
            ));
        }
        let item = if let Node::Range { from, to, .. } = &items.node {
            self.want_int(from)?;
            self.want_int(to)?;
            Ty::Int
        } else {
            self.want_items(items)?
        };
        self.bound.push((name.to_owned(), item));
        let ty = match each {
            Each::All | Each::Any => self.want_bool(body).map(|()| Ty::Bool),
            Each::Count => self.want_bool(body).map(|()| Ty::Int),
            Each::Sum => self.want_number(body),
        };
        self.bound.pop();
        ty
    }

    fn call(&mut self, name: &str, args: &[Expr], span: Span) -> Result<Ty, ContractError> {
        let Some((_, usage)) = FUNCTIONS.iter().find(|(known, _)| *known == name) else {
            let names = FUNCTIONS.iter().map(|(known, _)| *known);
            let hint = crate::spec::closest(name, names.clone()).map_or_else(
                || format!("known are {}", names.collect::<Vec<_>>().join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            return Err(ContractError::new(format!("unknown function `{name}`"), span, Some(hint)));
        };
        let wrong_count = || {
            ContractError::new(
                format!("`{name}` does not take {} values", args.len()),
                span,
                Some((*usage).to_owned()),
            )
        };
        match (name, args) {
            ("len", [x]) => {
                self.want_items(x)?;
                Ok(Ty::Int)
            }
            ("abs", [x]) => self.want_number(x),
            ("min" | "max" | "sum", [xs]) => {
                let item = self.want_items(xs)?;
                let suits =
                    if name == "sum" { item.is_number() } else { item.is_ordered_with(&item) };
                if suits {
                    Ok(item)
                } else {
                    Err(ContractError::new(
                        format!("`{name}` of items that are each {item}"),
                        xs.span,
                        Some((*usage).to_owned()),
                    ))
                }
            }
            ("min" | "max", [first, rest @ ..]) => {
                let mut joined = self.ty(first)?;
                for arg in rest {
                    let ty = self.ty(arg)?;
                    joined = joined
                        .join(&ty)
                        .filter(|joined| joined.is_ordered_with(&ty))
                        .ok_or_else(|| {
                            ContractError::new(
                                format!("`{name}` of {ty} among others"),
                                arg.span,
                                None,
                            )
                        })?;
                }
                Ok(joined)
            }
            ("count" | "contains", [xs, item]) => {
                let items = self.want_items(xs)?;
                let ty = self.ty(item)?;
                if !ty.meets(&items) {
                    return Err(ContractError::new(
                        format!("{ty} is never among items that are each {items}"),
                        item.span,
                        None,
                    ));
                }
                Ok(if name == "count" { Ty::Int } else { Ty::Bool })
            }
            ("pow", [x, n]) => {
                self.want_int(n)?;
                self.want_number(x)
            }
            ("div" | "mod" | "quot" | "rem", [a, b]) => {
                self.want_int(a)?;
                self.want_int(b)?;
                Ok(Ty::Int)
            }
            ("is_nan" | "is_finite", [x]) => self.want_number(x).map(|_| Ty::Bool),
            ("sorted" | "is_sorted", [xs]) => {
                let item = self.want_items(xs)?;
                if !item.is_ordered_with(&item) {
                    return Err(ContractError::new(
                        format!("items that are each {item} have no order"),
                        xs.span,
                        None,
                    ));
                }
                Ok(if name == "sorted" { Ty::List(Box::new(item)) } else { Ty::Bool })
            }
            ("reversed", [xs]) => match self.ty(xs)? {
                ty @ (Ty::Str | Ty::List(_) | Ty::Any) => Ok(ty),
                ty => Err(ContractError::new(format!("{ty} cannot be reversed"), xs.span, None)),
            },
            ("first" | "last", [xs]) => match self.ty(xs)? {
                Ty::Str => Ok(Ty::Str),
                Ty::List(item) => Ok(*item),
                Ty::Any => Ok(Ty::Any),
                ty => Err(ContractError::new(format!("{ty} has no {name} item"), xs.span, None)),
            },
            ("keys" | "values", [m]) => match self.ty(m)? {
                Ty::Map(key, value) => Ok(Ty::List(if name == "keys" { key } else { value })),
                Ty::Any => Ok(Ty::Any),
                ty => Err(ContractError::new(format!("{ty} is not a map"), m.span, None)),
            },
            ("lower" | "upper" | "trim", [s]) => self.want_str(s).map(|()| Ty::Str),
            ("starts_with" | "ends_with", [s, part]) => {
                self.want_str(s)?;
                self.want_str(part)?;
                Ok(Ty::Bool)
            }
            ("Some", [x]) => Ok(Ty::Option(Box::new(self.ty(x)?))),
            ("Ok", [x]) => Ok(Ty::Result(Box::new(self.ty(x)?), Box::new(Ty::Any))),
            ("Err", [x]) => Ok(Ty::Result(Box::new(Ty::Any), Box::new(self.ty(x)?))),
            ("is_some" | "is_none" | "is_ok" | "is_err" | "unwrap" | "unwrap_err", [x]) => {
                self.opened(name, x)
            }
            _ => Err(wrong_count()),
        }
    }

    /// The functions that look into an Option or Result.
    fn opened(&mut self, name: &str, x: &Expr) -> Result<Ty, ContractError> {
        let ty = self.ty(x)?;
        match (name, ty) {
            ("is_some" | "is_none", Ty::Option(_) | Ty::None | Ty::Any)
            | ("is_ok" | "is_err", Ty::Result(..) | Ty::Any) => Ok(Ty::Bool),
            ("unwrap", Ty::Option(inner) | Ty::Result(inner, _))
            | ("unwrap_err", Ty::Result(_, inner)) => Ok(*inner),
            ("unwrap" | "unwrap_err", Ty::Any) => Ok(Ty::Any),
            (_, ty) => {
                let wanted = match name {
                    "is_some" | "is_none" => "an optional value",
                    "unwrap" => "an optional value or a result",
                    _ => "a result",
                };
                Err(ContractError::new(format!("{ty} where {wanted} is wanted"), x.span, None))
            }
        }
    }
}

fn compare_hint(left: &Ty, right: &Ty) -> Option<String> {
    match (left, right) {
        (Ty::Option(_) | Ty::Result(..), _) | (_, Ty::Option(_) | Ty::Result(..)) => {
            Some("write `unwrap(…)` around it, after asking `is_some` or `is_ok`".to_owned())
        }
        (Ty::Str | Ty::List(_), Ty::Int) | (Ty::Int, Ty::Str | Ty::List(_)) => {
            Some("did you mean `len(…)`?".to_owned())
        }
        _ => None,
    }
}
