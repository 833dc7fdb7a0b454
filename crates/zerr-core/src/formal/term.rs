//! Terms over mathematical integers and truth values: [`Terms`], an arena of [`Term`]s, and what
//! they are worth ([`Terms::evaluate`]).
//!
//! A machine's arithmetic is spelled out in terms of these: `a.wrapping_add(b)` on `i32` is
//! `Wrap(I32, Add(a, b))`, and that `a + b` overflows is `not Within(I32, Add(a, b))`. Contracts
//! calculate with unbounded integers anyway, so nothing has to be converted between them and the
//! code, and there is one meaning to test.
//!
//! # Invariants
//! - A term refers to earlier ones only, so that walking all of them needs no recursion, and what
//!   is shared is walked once.
//! - Every term has a value for all values of the variables: division by zero gives zero, a shift
//!   that is too far gives zero. Whether the program gets there is an obligation's business.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_traits::{Signed as _, ToPrimitive as _, Zero as _};

use crate::value::{IntKind, IntRange as _};

/// More terms than this are not built.
pub(crate) const TERMS_MAX: usize = 20_000;

/// An integer longer than this ends an evaluation.
const BITS_MAX: u64 = 20_000;

/// A term's place in its arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(usize);

impl Id {
    pub(crate) fn index(self) -> usize {
        self.0
    }
}

/// A constant, and what a term is worth.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Worth {
    Bool(bool),
    Int(BigInt),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Term {
    Const(Worth),
    /// The variable of that number.
    Var(usize),
    Not(Id),
    And(Id, Id),
    Or(Id, Id),
    /// Of two integers or two truth values.
    Eq(Id, Id),
    Lt(Id, Id),
    Le(Id, Id),
    If(Id, Id, Id),
    Neg(Id),
    Add(Id, Id),
    Sub(Id, Id),
    Mul(Id, Id),
    Divide(Division, Id, Id),
    /// The value of the kind that is congruent modulo two to its bits.
    Wrap(IntKind, Id),
    /// In two's complement with as many bits as it takes.
    Bits(BitOp, Id, Id),
    /// Times two to a power from 0 to 127; for other powers it is zero.
    Shl(Id, Id),
    /// Divided by that, rounded down.
    Shr(Id, Id),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Division {
    /// Rounded towards zero.
    Trunc,
    TruncRem,
    /// Rounded down.
    Floor,
    FloorRem,
    /// The remainder is never negative.
    Euclid,
    EuclidRem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum BitOp {
    And,
    Or,
    Xor,
}

/// Powers of two by which is shifted.
pub(crate) const SHIFT_MAX: u32 = 127;

/// Variables and terms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    /// `None` for a truth value.
    vars: Vec<Option<IntKind>>,
    all: Vec<Term>,
    is_bool: Vec<bool>,
    known: BTreeMap<Term, Id>,
}

impl Terms {
    /// With one variable a parameter.
    pub(crate) fn new(vars: Vec<Option<IntKind>>) -> Self {
        Self { vars, ..Self::default() }
    }

    pub(crate) fn vars(&self) -> &[Option<IntKind>] {
        &self.vars
    }

    pub(crate) fn all(&self) -> &[Term] {
        &self.all
    }

    pub(crate) fn each(&self) -> impl Iterator<Item = (Id, &Term)> {
        self.all.iter().enumerate().map(|(at, term)| (Id(at), term))
    }

    pub(crate) fn is_full(&self) -> bool {
        self.all.len() > TERMS_MAX
    }

    pub(crate) fn is_bool(&self, id: Id) -> bool {
        self.is_bool.get(id.0).copied().unwrap_or_default()
    }

    /// The term's constant, if it is one.
    pub(crate) fn constant(&self, id: Id) -> Option<&Worth> {
        match self.all.get(id.0) {
            Some(Term::Const(worth)) => Some(worth),
            _ => None,
        }
    }

    pub(crate) fn is_true(&self, id: Id) -> bool {
        self.constant(id) == Some(&Worth::Bool(true))
    }

    pub(crate) fn is_false(&self, id: Id) -> bool {
        self.constant(id) == Some(&Worth::Bool(false))
    }

    /// The term, an equal one that is there already, or the constant that it always is.
    pub(crate) fn add(&mut self, term: Term) -> Id {
        let term = self.folded(term);
        if let Some(id) = self.known.get(&term) {
            return *id;
        }
        let id = Id(self.all.len());
        self.is_bool.push(match &term {
            Term::Const(worth) => matches!(worth, Worth::Bool(_)),
            Term::Var(var) => self.vars.get(*var).is_some_and(Option::is_none),
            Term::Not(_)
            | Term::And(..)
            | Term::Or(..)
            | Term::Eq(..)
            | Term::Lt(..)
            | Term::Le(..) => true,
            Term::If(_, yes, _) => self.is_bool(*yes),
            _ => false,
        });
        self.all.push(term.clone());
        self.known.insert(term, id);
        id
    }

    fn folded(&self, term: Term) -> Term {
        let worth = |id: Id| self.constant(id).cloned();
        if !matches!(term, Term::Const(_) | Term::Var(_))
            && let Some(Ok(worth)) = value_of(&term, worth)
        {
            return Term::Const(worth);
        }
        term
    }

    pub(crate) fn bool(&mut self, truth: bool) -> Id {
        self.add(Term::Const(Worth::Bool(truth)))
    }

    pub(crate) fn int(&mut self, number: impl Into<BigInt>) -> Id {
        self.add(Term::Const(Worth::Int(number.into())))
    }

    pub(crate) fn not(&mut self, a: Id) -> Id {
        match self.all.get(a.0) {
            Some(Term::Not(inner)) => *inner,
            _ => self.add(Term::Not(a)),
        }
    }

    pub(crate) fn and(&mut self, a: Id, b: Id) -> Id {
        if self.is_true(a) || self.is_false(b) || a == b {
            return b;
        }
        if self.is_true(b) || self.is_false(a) {
            return a;
        }
        self.add(Term::And(a, b))
    }

    pub(crate) fn or(&mut self, a: Id, b: Id) -> Id {
        if self.is_false(a) || self.is_true(b) || a == b {
            return b;
        }
        if self.is_false(b) || self.is_true(a) {
            return a;
        }
        self.add(Term::Or(a, b))
    }

    pub(crate) fn implies(&mut self, a: Id, b: Id) -> Id {
        let not = self.not(a);
        self.or(not, b)
    }

    pub(crate) fn choose(&mut self, condition: Id, yes: Id, no: Id) -> Id {
        if self.is_true(condition) || yes == no {
            return yes;
        }
        if self.is_false(condition) {
            return no;
        }
        self.add(Term::If(condition, yes, no))
    }

    /// Whether the value can be held by the kind.
    pub(crate) fn within(&mut self, kind: IntKind, a: Id) -> Id {
        let Some((low, high)) = kind.range() else { return self.bool(true) };
        let (low, high) = (self.int(low), self.int(high));
        let above = self.add(Term::Le(low, a));
        let below = self.add(Term::Le(a, high));
        self.and(above, below)
    }

    /// The larger one, or the smaller one.
    pub(crate) fn extreme(&mut self, largest: bool, a: Id, b: Id) -> Id {
        let a_first = self.add(Term::Le(a, b));
        if largest { self.choose(a_first, b, a) } else { self.choose(a_first, a, b) }
    }

    pub(crate) fn abs(&mut self, a: Id) -> Id {
        let zero = self.int(0);
        let negative = self.add(Term::Lt(a, zero));
        let opposite = self.add(Term::Neg(a));
        self.choose(negative, opposite, a)
    }

    /// What every term is worth for these values of the variables; `None` where an integer grows
    /// out of all proportion.
    pub(crate) fn evaluate(&self, vars: &[Worth]) -> Option<Vec<Worth>> {
        let mut values: Vec<Worth> = Vec::with_capacity(self.all.len());
        for term in &self.all {
            let worth = match term {
                Term::Const(worth) => worth.clone(),
                Term::Var(var) => vars.get(*var)?.clone(),
                term => value_of(term, |id| values.get(id.0).cloned())?.ok()?,
            };
            values.push(worth);
        }
        Some(values)
    }
}

/// Too large to go on.
struct TooLarge;

/// What a term is worth, when what it refers to is known; `None` when it is not.
fn value_of(term: &Term, worth: impl Fn(Id) -> Option<Worth>) -> Option<Result<Worth, TooLarge>> {
    let int = |id: Id| match worth(id) {
        Some(Worth::Int(number)) => Some(number),
        _ => None,
    };
    let truth = |id: Id| match worth(id) {
        Some(Worth::Bool(truth)) => Some(truth),
        _ => None,
    };
    let number = match term {
        Term::Const(_) | Term::Var(_) => return None,
        Term::Not(a) => return Some(Ok(Worth::Bool(!truth(*a)?))),
        Term::And(a, b) => return Some(Ok(Worth::Bool(truth(*a)? && truth(*b)?))),
        Term::Or(a, b) => return Some(Ok(Worth::Bool(truth(*a)? || truth(*b)?))),
        Term::Eq(a, b) => return Some(Ok(Worth::Bool(worth(*a)? == worth(*b)?))),
        Term::Lt(a, b) => return Some(Ok(Worth::Bool(int(*a)? < int(*b)?))),
        Term::Le(a, b) => return Some(Ok(Worth::Bool(int(*a)? <= int(*b)?))),
        Term::If(c, yes, no) => {
            return worth(if truth(*c)? { *yes } else { *no }).map(Ok);
        }
        Term::Neg(a) => -int(*a)?,
        Term::Add(a, b) => int(*a)? + int(*b)?,
        Term::Sub(a, b) => int(*a)? - int(*b)?,
        Term::Mul(a, b) => {
            let (a, b) = (int(*a)?, int(*b)?);
            if a.bits() + b.bits() > BITS_MAX {
                return Some(Err(TooLarge));
            }
            a * b
        }
        Term::Divide(division, a, b) => divided(*division, &int(*a)?, &int(*b)?),
        Term::Wrap(kind, a) => wrapped(*kind, int(*a)?),
        Term::Bits(BitOp::And, a, b) => int(*a)? & int(*b)?,
        Term::Bits(BitOp::Or, a, b) => int(*a)? | int(*b)?,
        Term::Bits(BitOp::Xor, a, b) => int(*a)? ^ int(*b)?,
        Term::Shl(a, by) => match power(&int(*by)?) {
            Some(power) => int(*a)? << power,
            None => BigInt::zero(),
        },
        Term::Shr(a, by) => match power(&int(*by)?) {
            // Of negative numbers, too, `BigInt` rounds down.
            Some(power) => int(*a)? >> power,
            None => BigInt::zero(),
        },
    };
    Some(if number.bits() > BITS_MAX { Err(TooLarge) } else { Ok(Worth::Int(number)) })
}

fn power(by: &BigInt) -> Option<u32> {
    by.to_u32().filter(|power| *power <= SHIFT_MAX)
}

fn divided(division: Division, a: &BigInt, b: &BigInt) -> BigInt {
    if b.is_zero() {
        return BigInt::zero();
    }
    let (quotient, remainder) = (a / b, a % b);
    match division {
        Division::Trunc => quotient,
        Division::TruncRem => remainder,
        Division::Floor | Division::FloorRem => {
            let is_off = !remainder.is_zero() && remainder.is_negative() != b.is_negative();
            match (division == Division::Floor, is_off) {
                (true, true) => quotient - 1,
                (true, false) => quotient,
                (false, true) => remainder + b,
                (false, false) => remainder,
            }
        }
        Division::Euclid | Division::EuclidRem => {
            let remainder = if remainder.is_negative() { remainder + b.abs() } else { remainder };
            if division == Division::Euclid { (a - &remainder) / b } else { remainder }
        }
    }
}

fn wrapped(kind: IntKind, a: BigInt) -> BigInt {
    let Some((low, high)) = kind.range() else { return a };
    let count = &high - &low + 1;
    divided(Division::EuclidRem, &(a - &low), &count) + low
}
