//! Whether a contract makes sense: [`check`] gives every expression a type, or says what is wrong
//! and where.

use zerr_syntax::{Language, Span};

use super::tree::{Each, Expr, Node, Op};
use super::ty::Ty;
use super::{ContractError, Scope};

pub(super) fn check(expr: &Expr, scope: &Scope) -> Result<(), ContractError> {
    check_with(expr, Checker { scope, own: None, bound: Vec::new(), in_old: false })
}

/// The same for an expression that may call the function `own` of the scope's parameters and result.
pub(super) fn check_property(expr: &Expr, scope: &Scope, own: &str) -> Result<(), ContractError> {
    check_with(expr, Checker { scope, own: Some(own), bound: Vec::new(), in_old: false })
}

/// The same for an expression that is a number instead.
pub(super) fn check_budget(expr: &Expr, scope: &Scope) -> Result<(), ContractError> {
    Checker { scope, own: None, bound: Vec::new(), in_old: false }.want_int(expr)
}

fn check_with(expr: &Expr, mut checker: Checker<'_>) -> Result<(), ContractError> {
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

pub(super) struct Checker<'a> {
    scope: &'a Scope,
    /// The function that a property is about.
    own: Option<&'a str>,
    bound: Vec<(String, Ty)>,
    in_old: bool,
}

impl Checker<'_> {
    pub(super) fn ty(&mut self, expr: &Expr) -> Result<Ty, ContractError> {
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
            Node::Call(name, args) if self.own == Some(name.as_str()) => {
                self.own_call(name, args, expr.span)
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

    fn own_call(&mut self, name: &str, args: &[Expr], span: Span) -> Result<Ty, ContractError> {
        let params = &self.scope.params;
        if args.len() != params.len() {
            let message = format!("`{name}` takes {} values, not {}", params.len(), args.len());
            return Err(ContractError::new(message, span, None));
        }
        for (arg, (param, ty)) in args.iter().zip(params) {
            let (given, wanted) = (self.ty(arg)?, Ty::from(ty));
            // What is inside of an optional parameter may stand for it.
            let inside = match &wanted {
                Ty::Option(item) => given.meets(item),
                _ => false,
            };
            if !inside && !given.meets(&wanted) {
                let message = format!("{given} for `{param}` of `{name}`, which takes {wanted}");
                return Err(ContractError::new(message, arg.span, None));
            }
        }
        Ok(self.scope.result.as_ref().map_or(Ty::Any, Ty::from))
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

    pub(super) fn want_bool(&mut self, expr: &Expr) -> Result<(), ContractError> {
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

    pub(super) fn want_number(&mut self, expr: &Expr) -> Result<Ty, ContractError> {
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

    pub(super) fn want_int(&mut self, expr: &Expr) -> Result<(), ContractError> {
        match self.want_number(expr)? {
            Ty::Int | Ty::Any => Ok(()),
            ty => {
                Err(ContractError::new(format!("{ty} where an integer is wanted"), expr.span, None))
            }
        }
    }

    pub(super) fn want_str(&mut self, expr: &Expr) -> Result<(), ContractError> {
        match self.ty(expr)? {
            Ty::Str | Ty::Any => Ok(()),
            ty => Err(ContractError::new(format!("{ty} where a text is wanted"), expr.span, None)),
        }
    }

    pub(super) fn want_items(&mut self, expr: &Expr) -> Result<Ty, ContractError> {
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
                    // Tuples go behind each other in Python.
                    (Ty::Tuple(parts), Ty::Tuple(more))
                        if self.scope.language == Language::Python =>
                    {
                        return Ok(Ty::Tuple([parts.as_slice(), more].concat()));
                    }
                    (Ty::Any, Ty::Tuple(_) | Ty::Unit) | (Ty::Tuple(_) | Ty::Unit, Ty::Any)
                        if self.scope.language == Language::Python =>
                    {
                        return Ok(Ty::Any);
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
