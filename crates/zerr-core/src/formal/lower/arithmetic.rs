//! Operators on numbers, and where they stop.

use num_bigint::BigInt;
use zerr_syntax::loop_free::{BinaryOp, Scalar};

use super::super::term::{BitOp, Division, Id, SHIFT_MAX, Term, Worth};
use super::{Lowered, Lowering, Ty, Typed};
use crate::value::IntRange as _;

impl Lowering<'_> {
    pub(super) fn binary(
        &mut self,
        op: BinaryOp,
        a: Typed,
        b: Typed,
        line: usize,
    ) -> Lowered<Typed> {
        if matches!(op, BinaryOp::Shl | BinaryOp::Shr) {
            return self.shift(op == BinaryOp::Shl, a, b, line);
        }
        if op == BinaryOp::Pow {
            return self.power(a, b, line);
        }
        let ty = self.unify(a.ty, b.ty, line)?;
        if ty == Ty::Bool {
            let id = match op {
                BinaryOp::BitAnd => self.terms.and(a.id, b.id),
                BinaryOp::BitOr => self.terms.or(a.id, b.id),
                BinaryOp::BitXor => {
                    let equal = self.terms.add(Term::Eq(a.id, b.id));
                    self.terms.not(equal)
                }
                _ => return Err(("a truth value as a number".to_owned(), line)),
            };
            return Ok(Typed { id, ty });
        }
        let term = match op {
            BinaryOp::Add => Term::Add(a.id, b.id),
            BinaryOp::Sub => Term::Sub(a.id, b.id),
            BinaryOp::Mul => Term::Mul(a.id, b.id),
            BinaryOp::BitAnd => Term::Bits(BitOp::And, a.id, b.id),
            BinaryOp::BitOr => Term::Bits(BitOp::Or, a.id, b.id),
            BinaryOp::BitXor => Term::Bits(BitOp::Xor, a.id, b.id),
            BinaryOp::TruncDiv => return self.divided(Division::Trunc, a, b, line),
            BinaryOp::TruncRem => return self.divided(Division::TruncRem, a, b, line),
            BinaryOp::FloorDiv => return self.divided(Division::Floor, a, b, line),
            BinaryOp::FloorRem => return self.divided(Division::FloorRem, a, b, line),
            BinaryOp::Shl | BinaryOp::Shr | BinaryOp::Pow => {
                return Err(("this operator".to_owned(), line));
            }
        };
        let value = Typed { id: self.terms.add(term), ty };
        // Of bits that fit, the result fits.
        if matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul) {
            self.checked(value, line)
        } else {
            Ok(value)
        }
    }

    /// A division stops by zero, and where its quotient does not fit: the smallest number by -1,
    /// also of `%`, whose result would fit.
    pub(super) fn divided(
        &mut self,
        division: Division,
        a: Typed,
        b: Typed,
        line: usize,
    ) -> Lowered<Typed> {
        let ty = self.unify(a.ty, b.ty, line)?;
        self.not_zero(b.id, line);
        if let Some((low, _)) = self.kind(a, line)?.range().filter(|(low, _)| *low != BigInt::ZERO)
        {
            let (low, minus_one) = (self.terms.int(low), self.terms.int(-1));
            let is_lowest = self.terms.add(Term::Eq(a.id, low));
            let by_minus_one = self.terms.add(Term::Eq(b.id, minus_one));
            let overflows = self.terms.and(is_lowest, by_minus_one);
            let holds = self.terms.not(overflows);
            self.oblige(holds, "can-overflow", line);
        }
        Ok(Typed { id: self.terms.add(Term::Divide(division, a.id, b.id)), ty })
    }

    pub(super) fn shift(
        &mut self,
        is_left: bool,
        a: Typed,
        by: Typed,
        line: usize,
    ) -> Lowered<Typed> {
        let kind = self.kind(a, line)?;
        self.kind(by, line)?;
        let Some((low, high)) = kind.range() else {
            // Python: any power of two, but only plain ones are translated.
            let small = match self.terms.constant(by.id) {
                Some(Worth::Int(by)) => u32::try_from(by).is_ok_and(|by| by <= SHIFT_MAX),
                _ => false,
            };
            if !small {
                return Err(("a shift by this".to_owned(), line));
            }
            let term = if is_left { Term::Shl(a.id, by.id) } else { Term::Shr(a.id, by.id) };
            return Ok(Typed { id: self.terms.add(term), ..a });
        };
        let bits = self.terms.int((high - low).bits());
        let zero = self.terms.int(0);
        let above = self.terms.add(Term::Le(zero, by.id));
        let below = self.terms.add(Term::Lt(by.id, bits));
        let holds = self.terms.and(above, below);
        self.oblige(holds, "can-overflow", line);
        let id = if is_left {
            let shifted = self.terms.add(Term::Shl(a.id, by.id));
            self.terms.add(Term::Wrap(kind, shifted))
        } else {
            self.terms.add(Term::Shr(a.id, by.id))
        };
        Ok(Typed { id, ..a })
    }

    /// Whether steps in between overflow as well makes no difference: none is larger than the
    /// result.
    pub(super) fn power(&mut self, a: Typed, by: Typed, line: usize) -> Lowered<Typed> {
        const EXPONENT_MAX: u32 = 32;
        self.kind(a, line)?;
        let exponent = match self.terms.constant(by.id) {
            Some(Worth::Int(by)) => u32::try_from(by).ok().filter(|by| *by <= EXPONENT_MAX),
            _ => None,
        };
        let exponent = exponent.ok_or_else(|| ("a power with this exponent".to_owned(), line))?;
        let mut id = self.terms.int(1);
        for _ in 0..exponent {
            id = self.terms.add(Term::Mul(id, a.id));
        }
        self.checked(Typed { id, ..a }, line)
    }

    pub(super) fn cast(
        &mut self,
        inner: Typed,
        scalar: Scalar,
        is_literal: bool,
        line: usize,
    ) -> Lowered<Typed> {
        let Scalar::Int(kind) = scalar else {
            return match self.follow(inner.ty) {
                Ty::Bool => Ok(inner),
                _ => Err(("a cast to a truth value".to_owned(), line)),
            };
        };
        let ty = Ty::Int(kind);
        match self.follow(inner.ty) {
            Ty::Bool => {
                let (one, zero) = (self.terms.int(1), self.terms.int(0));
                Ok(Typed { id: self.terms.choose(inner.id, one, zero), ty })
            }
            // A literal takes the type that it is cast to.
            Ty::Open(_) if is_literal => self.as_type(inner, ty, line),
            Ty::Open(_) | Ty::Int(_) => {
                Ok(Typed { id: self.terms.add(Term::Wrap(kind, inner.id)), ty })
            }
            Ty::Unit => Err(("a cast of nothing".to_owned(), line)),
        }
    }

    /// The result must be held by the value's own kind.
    pub(super) fn checked(&mut self, value: Typed, line: usize) -> Lowered<Typed> {
        let kind = self.kind(value, line)?;
        let holds = self.terms.within(kind, value.id);
        self.oblige(holds, "can-overflow", line);
        Ok(value)
    }

    pub(super) fn not_zero(&mut self, value: Id, line: usize) {
        let zero = self.terms.int(0);
        let is_zero = self.terms.add(Term::Eq(value, zero));
        let holds = self.terms.not(is_zero);
        self.oblige(holds, "can-divide-by-zero", line);
    }
}
