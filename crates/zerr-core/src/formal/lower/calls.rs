//! Functions of the same file, builtins of Python, and the methods of Rust's integers.

use zerr_syntax::Language;
use zerr_syntax::loop_free::Expr;

use super::super::term::{Division, Id, Term};
use super::{Lowered, Lowering, Ty, Typed};
use crate::value::{IntKind, IntRange as _};

impl Lowering<'_> {
    pub(super) fn call(&mut self, name: &str, args: &[Expr], line: usize) -> Lowered<Typed> {
        let args = args.iter().map(|arg| self.value(arg)).collect::<Lowered<Vec<_>>>()?;
        if self.inside.contains(name) {
            return Err(("a recursive call".to_owned(), line));
        }
        let is_hidden = self.scope.iter().any(|variable| variable.name == name);
        let context = self.context;
        if let Some(function) =
            context.functions.iter().find(|known| known.name == name && !is_hidden)
        {
            if function.params.len() != args.len() {
                return Err((format!("this call of `{name}`"), line));
            }
            return self.inlined(function, &args).map(|(value, _)| value);
        }
        if self.language == Language::Rust || is_hidden || context.names.contains(name) {
            return Err((format!("a call of `{name}`"), line));
        }
        match (name, args.as_slice()) {
            ("abs", [x]) if self.is_int(*x) => Ok(Typed { id: self.terms.abs(x.id), ..*x }),
            ("min" | "max", [first, _, ..]) => {
                let mut best = *first;
                self.kind(best, line)?;
                for next in args.iter().skip(1) {
                    let ty = self.unify(best.ty, next.ty, line)?;
                    best = Typed { id: self.terms.extreme(name == "max", best.id, next.id), ty };
                }
                Ok(best)
            }
            ("int", [x]) => match self.follow(x.ty) {
                Ty::Bool => {
                    let (one, zero) = (self.terms.int(1), self.terms.int(0));
                    let id = self.terms.choose(x.id, one, zero);
                    Ok(Typed { id, ty: Ty::Int(IntKind::Big) })
                }
                _ => Ok(*x),
            },
            ("bool", [x]) => Ok(Typed { id: self.truth_of(*x, line)?, ty: Ty::Bool }),
            ("pow", [x, by]) => self.power(*x, *by, line),
            _ => Err((format!("a call of `{name}`"), line)),
        }
    }

    /// A method of a Rust integer, as the standard library documents it.
    pub(super) fn method(
        &mut self,
        of: &Expr,
        name: &str,
        args: &[Expr],
        line: usize,
    ) -> Lowered<Typed> {
        let of = self.value(of)?;
        let args = args.iter().map(|arg| self.value(arg)).collect::<Lowered<Vec<_>>>()?;
        let refused = || (format!("`{name}`"), line);
        if self.language == Language::Python {
            return Err(refused());
        }
        let kind = self.kind(of, line)?;
        let (low, high) = kind.range().ok_or_else(refused)?;
        let is_signed = low != num_bigint::BigInt::ZERO;
        let a = of.id;
        let zero = self.terms.int(0);
        match (name, args.as_slice()) {
            ("abs", []) if is_signed => {
                let id = self.terms.abs(a);
                self.checked(Typed { id, ..of }, line)
            }
            ("unsigned_abs", []) if is_signed => {
                Ok(Typed { id: self.terms.abs(a), ty: Ty::Int(unsigned(kind)) })
            }
            ("signum", []) if is_signed => {
                let (one, minus_one) = (self.terms.int(1), self.terms.int(-1));
                let positive = self.terms.add(Term::Lt(zero, a));
                let negative = self.terms.add(Term::Lt(a, zero));
                let rest = self.terms.choose(negative, minus_one, zero);
                Ok(Typed { id: self.terms.choose(positive, one, rest), ..of })
            }
            ("is_positive", []) if is_signed => {
                Ok(Typed { id: self.terms.add(Term::Lt(zero, a)), ty: Ty::Bool })
            }
            ("is_negative", []) if is_signed => {
                Ok(Typed { id: self.terms.add(Term::Lt(a, zero)), ty: Ty::Bool })
            }
            ("wrapping_neg", []) => {
                let negated = self.terms.add(Term::Neg(a));
                Ok(Typed { id: self.terms.add(Term::Wrap(kind, negated)), ..of })
            }
            ("wrapping_abs", []) if is_signed => {
                let abs = self.terms.abs(a);
                Ok(Typed { id: self.terms.add(Term::Wrap(kind, abs)), ..of })
            }
            ("clamp", [from, to]) => {
                let from = self.as_type(*from, of.ty, line)?.id;
                let to = self.as_type(*to, of.ty, line)?.id;
                let in_order = self.terms.add(Term::Le(from, to));
                self.oblige(in_order, "can-stop", line);
                let above = self.terms.extreme(true, a, from);
                Ok(Typed { id: self.terms.extreme(false, above, to), ..of })
            }
            ("pow", [by]) => {
                self.as_type(*by, Ty::Int(IntKind::U32), line)?;
                self.power(of, *by, line)
            }
            (_, [b]) => {
                let b = self.as_type(*b, of.ty, line)?;
                self.two(of, name, b, (kind, low, high), line)
            }
            _ => Err(refused()),
        }
    }

    /// Methods that take one more value of the same kind.
    fn two(
        &mut self,
        of: Typed,
        name: &str,
        b: Typed,
        (kind, low, high): (IntKind, num_bigint::BigInt, num_bigint::BigInt),
        line: usize,
    ) -> Lowered<Typed> {
        let a = of.id;
        let term = match name.rsplit_once('_').map_or(name, |(_, operation)| operation) {
            "add" => Term::Add(a, b.id),
            "sub" => Term::Sub(a, b.id),
            "mul" => Term::Mul(a, b.id),
            _ => Term::Eq(a, b.id),
        };
        let id = match name {
            "min" => self.terms.extreme(false, a, b.id),
            "max" => self.terms.extreme(true, a, b.id),
            "abs_diff" => {
                let difference = self.terms.add(Term::Sub(a, b.id));
                let id = self.terms.abs(difference);
                return Ok(Typed { id, ty: Ty::Int(unsigned(kind)) });
            }
            "rem_euclid" => return self.divided(Division::EuclidRem, of, b, line),
            "div_euclid" => return self.divided(Division::Euclid, of, b, line),
            "wrapping_add" | "wrapping_sub" | "wrapping_mul" => {
                let exact = self.terms.add(term);
                self.terms.add(Term::Wrap(kind, exact))
            }
            "saturating_add" | "saturating_sub" | "saturating_mul" => {
                let exact = self.terms.add(term);
                self.within_limits(exact, low, high)
            }
            _ => return Err((format!("`{name}`"), line)),
        };
        Ok(Typed { id, ..of })
    }

    fn within_limits(
        &mut self,
        exact: Id,
        low: num_bigint::BigInt,
        high: num_bigint::BigInt,
    ) -> Id {
        let (low, high) = (self.terms.int(low), self.terms.int(high));
        let above = self.terms.extreme(true, exact, low);
        self.terms.extreme(false, above, high)
    }
}

/// The unsigned kind of the same width.
fn unsigned(kind: IntKind) -> IntKind {
    match kind {
        IntKind::I8 => IntKind::U8,
        IntKind::I16 => IntKind::U16,
        IntKind::I32 => IntKind::U32,
        IntKind::I64 => IntKind::U64,
        IntKind::I128 => IntKind::U128,
        IntKind::Isize => IntKind::Usize,
        other => other,
    }
}
