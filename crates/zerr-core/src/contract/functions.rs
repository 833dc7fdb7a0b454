//! The functions that a contract may call: [`FUNCTIONS`], and the types that they take and give.

use zerr_syntax::Span;

use super::ContractError;
use super::check::Checker;
use super::tree::Expr;
use super::ty::Ty;

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

impl Checker<'_> {
    pub(super) fn call(
        &mut self,
        name: &str,
        args: &[Expr],
        span: Span,
    ) -> Result<Ty, ContractError> {
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
