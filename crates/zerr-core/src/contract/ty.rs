//! Types as contracts see them, [`Ty`], and which of them go together.

use std::fmt;

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
            // Any: a tuple of any length is looked at like a list and compared like a tuple.
            Type::Tuples(_) | Type::Union(_) | Type::Named(_) | Type::Opaque(_) => Self::Any,
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
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Any)
    }

    /// Whether the two can be asked for equality.
    pub(super) fn meets(&self, other: &Self) -> bool {
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
    pub(super) fn is_ordered_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Tuple(a), Self::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_ordered_with(b))
            }
            (Self::List(a), Self::List(b)) => a.is_ordered_with(b),
            (Self::Str, Self::Str) | (Self::Any, _) | (_, Self::Any) => true,
            (a, b) => a.is_number() && b.is_number(),
        }
    }

    pub(super) fn join(&self, other: &Self) -> Option<Self> {
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

    pub(super) fn items(&self) -> Option<Self> {
        match self {
            Self::List(item) | Self::Set(item) | Self::Map(item, _) => Some((**item).clone()),
            Self::Str => Some(Self::Str),
            Self::Any => Some(Self::Any),
            _ => None,
        }
    }
}
