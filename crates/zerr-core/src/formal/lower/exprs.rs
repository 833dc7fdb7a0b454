//! What expressions are worth.

use num_bigint::BigInt;
use zerr_syntax::Language;
use zerr_syntax::loop_free::{CompareOp, Expr, Limit, Node};

use super::super::term::{Id, Term};
use super::{Lowered, Lowering, Ty, Typed};
use crate::value::{IntKind, IntRange as _};

impl Lowering<'_> {
    /// The value; nothing for what has none (`if` without `else`, a block that never ends).
    pub(super) fn any(&mut self, expr: &Expr) -> Lowered<Option<Typed>> {
        if self.terms.is_full() {
            return Err(("a function of this size".to_owned(), expr.line));
        }
        match &expr.node {
            Node::If(condition, yes, no) => {
                let condition = self.truth(condition)?;
                let branches =
                    self.branch(condition, |this| this.block(yes), |this| this.block(no))?;
                self.worth(condition, branches, expr.line)
            }
            Node::Block(block) => self.block(block),
            Node::Match(of, arms) => {
                let of = self.value(of)?;
                self.arms(of, arms, expr.line)
            }
            _ => self.value(expr).map(Some),
        }
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Lowered<Typed> {
        let line = expr.line;
        match &expr.node {
            Node::Int(digits, kind) => self.literal(digits, *kind, false, line),
            Node::Bool(truth) => Ok(Typed { id: self.terms.bool(*truth), ty: Ty::Bool }),
            Node::Name(name) => {
                let found = self.scope.iter().rev().find(|variable| variable.name == *name);
                match found.map(|variable| (variable.id, variable.ty)) {
                    Some((Some(id), Some(ty))) => Ok(Typed { id, ty }),
                    Some(_) => Err((format!("`{name}`, which may have no value,"), line)),
                    None => Err((format!("`{name}`"), line)),
                }
            }
            Node::Not(inner) => {
                if self.language == Language::Python {
                    let truth = self.truth(inner)?;
                    return Ok(Typed { id: self.terms.not(truth), ty: Ty::Bool });
                }
                let inner = self.value(inner)?;
                if self.follow(inner.ty) == Ty::Bool {
                    return Ok(Typed { id: self.terms.not(inner.id), ty: Ty::Bool });
                }
                let top = match self.kind(inner, line)?.range() {
                    // All bits of an unsigned number set, or -1.
                    Some((low, high)) if low == BigInt::ZERO => self.terms.int(high),
                    _ => self.terms.int(-1),
                };
                Ok(Typed { id: self.terms.add(Term::Sub(top, inner.id)), ..inner })
            }
            Node::Invert(inner) => {
                let inner = self.int(inner)?;
                let minus_one = self.terms.int(-1);
                Ok(Typed { id: self.terms.add(Term::Sub(minus_one, inner.id)), ..inner })
            }
            Node::Neg(inner) => {
                // `-128_i8` is a constant, though `128_i8` is none.
                if let Node::Int(digits, kind) = &inner.node {
                    return self.literal(digits, *kind, true, line);
                }
                let inner = self.int(inner)?;
                let negated = Typed { id: self.terms.add(Term::Neg(inner.id)), ..inner };
                self.checked(negated, line)
            }
            Node::Binary(op, a, b) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                self.binary(*op, a, b, line)
            }
            Node::Compare(first, rest) => {
                let first = self.value(first)?;
                self.compare(first, rest, line)
            }
            Node::And(a, b) | Node::Or(a, b) => {
                let is_and = matches!(expr.node, Node::And(..));
                let a = self.value(a)?;
                let b = self.short_circuit(a, is_and, |this| this.value(b), line)?;
                Ok(Typed { id: b, ty: Ty::Bool })
            }
            Node::If(..) | Node::Match(..) | Node::Block(_) => match self.any(expr)? {
                Some(value) => Ok(value),
                None => Err(("a branch without a value".to_owned(), line)),
            },
            Node::Cast(inner, scalar) => {
                let is_literal = matches!(inner.node, Node::Int(_, None));
                let inner = self.value(inner)?;
                self.cast(inner, *scalar, is_literal, line)
            }
            Node::Limit(kind, limit) => {
                let Some((low, high)) = kind.range() else {
                    return Err(("a limit".to_owned(), line));
                };
                let (number, ty) = match limit {
                    Limit::Min => (low, Ty::Int(*kind)),
                    Limit::Max => (high, Ty::Int(*kind)),
                    Limit::Bits => ((high - low).bits().into(), Ty::Int(IntKind::U32)),
                };
                Ok(Typed { id: self.terms.int(number), ty })
            }
            Node::Call(name, args) => self.call(name, args, line),
            Node::Method(of, name, args) => self.method(of, name, args, line),
        }
    }

    pub(super) fn literal(
        &mut self,
        digits: &str,
        kind: Option<IntKind>,
        is_negative: bool,
        line: usize,
    ) -> Lowered<Typed> {
        let too_large = || ("a constant of this size".to_owned(), line);
        let number = digits.parse::<BigInt>().ok().filter(|_| digits.len() < 1_000);
        let number = number.ok_or_else(too_large)?;
        let number = if is_negative { -number } else { number };
        let ty = kind.map_or_else(|| self.open(), Ty::Int);
        // In the first walk nothing is known yet of an open kind.
        if let Ty::Int(kind) = ty
            && !kind.holds(&number)
        {
            return Err(too_large());
        }
        Ok(Typed { id: self.terms.int(number), ty })
    }

    pub(super) fn int(&mut self, expr: &Expr) -> Lowered<Typed> {
        let value = self.value(expr)?;
        self.kind(value, expr.line)?;
        Ok(value)
    }

    /// What a condition says; in Python a number says whether it is other than zero.
    pub(super) fn truth(&mut self, expr: &Expr) -> Lowered<Id> {
        if let (Node::And(a, b) | Node::Or(a, b), Language::Python) = (&expr.node, self.language) {
            let is_and = matches!(expr.node, Node::And(..));
            let a = Typed { id: self.truth(a)?, ty: Ty::Bool };
            let right = |this: &mut Self| Ok(Typed { id: this.truth(b)?, ty: Ty::Bool });
            return self.short_circuit(a, is_and, right, expr.line);
        }
        let value = self.value(expr)?;
        self.truth_of(value, expr.line)
    }

    pub(super) fn truth_of(&mut self, value: Typed, line: usize) -> Lowered<Id> {
        match self.follow(value.ty) {
            Ty::Bool => Ok(value.id),
            Ty::Int(_) if self.language == Language::Python => {
                let zero = self.terms.int(0);
                let is_zero = self.terms.add(Term::Eq(value.id, zero));
                Ok(self.terms.not(is_zero))
            }
            _ => Err(("a number where a truth value is wanted".to_owned(), line)),
        }
    }

    pub(super) fn compare(
        &mut self,
        a: Typed,
        rest: &[(CompareOp, Expr)],
        line: usize,
    ) -> Lowered<Typed> {
        let Some(((op, b), more)) = rest.split_first() else {
            return Ok(Typed { id: self.terms.bool(true), ty: Ty::Bool });
        };
        let b = self.value(b)?;
        let ty = self.unify(a.ty, b.ty, line)?;
        if ty == Ty::Bool && !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            return Err(("an order of truth values".to_owned(), line));
        }
        let term = match op {
            CompareOp::Eq | CompareOp::Ne => Term::Eq(a.id, b.id),
            CompareOp::Lt => Term::Lt(a.id, b.id),
            CompareOp::Le => Term::Le(a.id, b.id),
            CompareOp::Gt => Term::Lt(b.id, a.id),
            CompareOp::Ge => Term::Le(b.id, a.id),
        };
        let mut id = self.terms.add(term);
        if *op == CompareOp::Ne {
            id = self.terms.not(id);
        }
        if !more.is_empty() {
            let first = Typed { id, ty: Ty::Bool };
            id = self.short_circuit(first, true, |this| this.compare(b, more, line), line)?;
        }
        Ok(Typed { id, ty: Ty::Bool })
    }
}
